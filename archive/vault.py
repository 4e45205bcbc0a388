"""The records bucket as an OCFL 1.1 storage root: one object a record, one version a change.

A version is owed as a row first (`owe`), in the transaction of the change, with the exact bytes of its metadata
files; `keep` puts what is owed. Every put is of known bytes under a known key, so that a retry after a crash puts
the same again. Order: content, `vN/inventory.json` (the commit point), its sidecar, then the root inventory.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from archive import errors, objects, ocfl
from archive.digests import digests_of
from archive.models import VaultVersion
from archive.types import Digests

ORIGINAL = "original/bytes"

_PUTTERS = ThreadPoolExecutor(max_workers=3, thread_name_prefix="vault")  # the store's round trips overlap

ReadBack = Callable[[io.RawIOBase], Digests]


def prepare_root() -> None:
    """Make the records bucket an OCFL storage root. Safe to repeat."""
    bucket = objects.records()
    for key, body in ocfl.root_files().items():
        if bucket.stat(key) is None:
            bucket.put_once(key, body)


def content_key(record_id: UUID, number: int, logical: str) -> str:
    """Where the bytes of a logical path of version `number` lie."""
    return f"{ocfl.object_root(record_id)}/v{number}/content/{logical}"


def owe(
    record_id: UUID, *, files: Mapping[str, str], message: str, agent: str, content: Mapping[str, Any] | None = None
) -> VaultVersion:
    """Owe the next version. The caller holds the record's row, so numbers cannot clash."""
    newest = VaultVersion.objects.filter(record_id=record_id).order_by("-number").first()
    return VaultVersion.objects.create(
        record_id=record_id,
        number=newest.number + 1 if newest else 1,
        created_at=datetime.now(UTC),
        message=message[:300],
        agent=agent[:100],
        files=dict(files),
        content=dict(content or {}),
    )


def keep(record_id: UUID, *, read_back: ReadBack = digests_of) -> int:
    """Put every version that is owed; gives how many. Raises `Unavailable` or `IntegrityFailure`.

    `read_back` reads content after it was copied and gives its digests; the pipeline passes one that also keeps a
    local copy, so that the bytes come out of the store only once.
    """
    with _only_one(record_id):
        versions = list(VaultVersion.objects.filter(record_id=record_id).order_by("number"))
        owed = [version for version in versions if version.kept_at is None]
        for version in owed:
            _put_version(record_id, versions[: version.number], read_back)
            VaultVersion.objects.filter(pk=version.pk).update(kept_at=datetime.now(UTC))
        return len(owed)


@contextmanager
def _only_one(record_id: UUID) -> Iterator[None]:
    """One keeper a record at a time: two could let the root inventory fall back to an older version."""
    number = zlib.crc32(record_id.bytes) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x0CF1, number])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [0x0CF1, number])


def _put_version(record_id: UUID, versions: list[VaultVersion], read_back: ReadBack) -> None:
    bucket = objects.records()
    root = ocfl.object_root(record_id)
    newest = versions[-1]
    told, manifest, fixity, bodies = _describe(versions)
    for logical, content in newest.content.items():
        _put_content(content_key(record_id, newest.number, logical), content, read_back)
    bodies[ocfl.OBJECT_NAMASTE[0]] = ocfl.OBJECT_NAMASTE[1]
    list(_PUTTERS.map(lambda item: bucket.put_once(f"{root}/{item[0]}", item[1]), bodies.items()))
    inventory = ocfl.inventory(record_id, told, manifest, fixity)
    side = ocfl.sidecar(inventory)
    bucket.put_once(f"{root}/v{newest.number}/inventory.json", inventory, "application/json")
    after = (
        lambda: bucket.put_once(f"{root}/v{newest.number}/inventory.json.sha512", side, "text/plain"),
        lambda: bucket.put(f"{root}/inventory.json", inventory, "application/json"),
        lambda: bucket.put(f"{root}/inventory.json.sha512", side, "text/plain"),
    )
    list(_PUTTERS.map(lambda put: put(), after))


def _describe(
    versions: list[VaultVersion],
) -> tuple[list[ocfl.Version], dict[str, list[str]], dict[str, Any], dict[str, bytes]]:
    """Versions, manifest and fixity for the inventory, and the metadata bodies that the newest version brings."""
    manifest: dict[str, list[str]] = {}
    sha256: dict[str, list[str]] = {}
    state: dict[str, str] = {}
    told: list[ocfl.Version] = []
    bodies: dict[str, bytes] = {}
    for version in versions:
        bodies = {}
        for logical, content in version.content.items():
            path = f"v{version.number}/content/{logical}"
            manifest[content["sha512"]] = [path]
            sha256.setdefault(content["sha256"], []).append(path)
            state[logical] = content["sha512"]
        for logical, text in version.files.items():
            body = text.encode("utf-8", "backslashreplace")
            digest = ocfl.sha512(body)
            if digest not in manifest:
                path = f"v{version.number}/content/{logical}"
                manifest[digest] = [path]
                bodies[path] = body
            state[logical] = digest
        told.append(ocfl.Version(version.number, version.created_at, version.message, version.agent, dict(state)))
    fixity = {"sha256": sha256} if sha256 else {}
    return told, manifest, fixity, bodies


def _put_content(key: str, content: Mapping[str, Any], read_back: ReadBack) -> None:
    """Bring bytes in from where they wait, unless they lie there already, and read them back."""
    bucket = objects.records()
    found = bucket.stat(key)
    if found is None:
        source = objects.incoming() if content["bucket"] == "incoming" else objects.derivatives()
        bucket.copy_from(source, content["key"], key, content["size"])
    with bucket.open(key) as stream:
        digests = read_back(stream)
    if digests.sha512 != content["sha512"] or digests.size != content["size"]:
        raise errors.IntegrityFailure(
            "stored-bytes-differ", key=key, expected=content["sha512"], found=digests.sha512, size=digests.size
        )
