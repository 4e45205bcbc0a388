"""OCFL 1.1 as pure functions: where an object lies, what its inventory says. No I/O, no rows.

Storage layout: extension 0004-hashed-n-tuple-storage-layout with SHA-256, three tuples of three characters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

ROOT_NAMASTE = ("0=ocfl_1.1", b"ocfl_1.1\n")
OBJECT_NAMASTE = ("0=ocfl_object_1.1", b"ocfl_object_1.1\n")
LAYOUT = "0004-hashed-n-tuple-storage-layout"
LAYOUT_CONFIG: dict[str, Any] = {
    "extensionName": LAYOUT,
    "digestAlgorithm": "sha256",
    "tupleSize": 3,
    "numberOfTuples": 3,
    "shortObjectRoot": False,
}


@dataclass(frozen=True)
class Version:
    """One version as it goes into the inventory."""

    number: int
    created: datetime
    message: str
    agent: str
    state: Mapping[str, str]  # logical path → SHA-512


def object_id(record_id: UUID) -> str:
    """The id of a record's object: a URN, constant for ever."""
    return f"urn:uuid:{record_id}"


def object_root(record_id: UUID) -> str:
    """The folder of a record's object, by the storage layout."""
    digest = hashlib.sha256(object_id(record_id).encode()).hexdigest()
    return f"{digest[0:3]}/{digest[3:6]}/{digest[6:9]}/{digest}"


def root_files() -> dict[str, bytes]:
    """The files that make a bucket an OCFL storage root."""
    layout = {"extension": LAYOUT, "description": "Hashed n-tuple layout of Anjuan records"}
    return {
        ROOT_NAMASTE[0]: ROOT_NAMASTE[1],
        "ocfl_layout.json": to_json(layout),
        f"extensions/{LAYOUT}/config.json": to_json(LAYOUT_CONFIG),
    }


def to_json(value: object) -> bytes:
    """JSON whose bytes depend on the value only: sorted keys, two spaces, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def sha512(body: bytes) -> str:
    return hashlib.sha512(body).hexdigest()


def inventory(
    record_id: UUID, versions: list[Version], manifest: Mapping[str, list[str]], fixity: Mapping[str, Any]
) -> bytes:
    """The inventory of an object whose newest version is the last of `versions` (OCFL 1.1 §3.5)."""
    told = {
        f"v{version.number}": {
            "created": version.created.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "message": version.message,
            "user": {"name": version.agent},
            "state": _by_digest(version.state),
        }
        for version in versions
    }
    value: dict[str, Any] = {
        "id": object_id(record_id),
        "type": "https://ocfl.io/1.1/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": f"v{versions[-1].number}",
        "manifest": {digest: sorted(paths) for digest, paths in manifest.items()},
        "versions": told,
    }
    if fixity:
        value["fixity"] = fixity
    return to_json(value)


def _by_digest(state: Mapping[str, str]) -> dict[str, list[str]]:
    turned: dict[str, list[str]] = {}
    for path, digest in sorted(state.items()):
        turned.setdefault(digest, []).append(path)
    return turned


def sidecar(inventory_bytes: bytes) -> bytes:
    """The digest file beside an inventory."""
    return f"{sha512(inventory_bytes)} inventory.json\n".encode()
