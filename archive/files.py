"""Derivatives as Django files (`django-storages`): caches in a bucket of their own, each with its recipe."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import storages

from archive import objects
from archive.ids import new_id
from archive.models import Derivative, Record

SUFFIX = {
    "image/webp": "webp",
    "image/png": "png",
    "image/jpeg": "jpg",
    "video/mp4": "mp4",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "application/pdf": "pdf",
    "application/json": "json",
    "application/gzip": "json.gz",
    "text/vtt": "vtt",
    "text/plain": "txt",
}


def put_file(record_id: UUID, kind: str, number: int, path: Path, mime: str) -> tuple[str, int, str]:
    """Put a local file into the derivatives bucket under a new key; gives key, size in bytes and SHA-256.

    Called before the transaction that names it in a row; an orphan left by a crash is only a cache.
    """
    suffix = SUFFIX.get(mime, "bin")
    key = f"{record_id}/{kind}/{number}-{new_id()}.{suffix}"
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        name = storages["default"].save(key, File(stream, name=key))
    return name, path.stat().st_size, digest


def add_row(
    record: Record,
    *,
    stage: str,
    kind: str,
    number: int,
    stored: tuple[str, int, str],
    mime: str,
    tool: str,
    tool_version: str,
    recipe: Mapping[str, Any],
    made_by_id: UUID | None = None,
) -> Derivative:
    """The row of a derivative that `put_file` has put."""
    key, size, sha256 = stored
    return Derivative.objects.create(
        record=record,
        stage=stage,
        kind=kind,
        number=number,
        key=key,
        mime=mime,
        size=size,
        sha256=sha256,
        tool=tool,
        tool_version=tool_version[:200],
        recipe=dict(recipe),
        made_by_id=made_by_id,
        created_at=datetime.now(UTC),
    )


def open_derivative(derivative: Derivative, offset: int = 0, length: int = 0) -> objects.ObjectStream:
    """The bytes of a derivative, or a range of them."""
    return objects.derivatives().open(derivative.key, offset, length)


def current(record: Record, kind: str) -> list[Derivative]:
    """The derivatives of a kind that are in force, by number."""
    return list(record.derivatives.filter(kind=kind, current=True).order_by("number", "created_at"))
