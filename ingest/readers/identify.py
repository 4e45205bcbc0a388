"""What a file is and whether it is sound, from its bytes alone. The name serves one purpose: to be compared with them.

Runs in the jail. Returns plain values; the words for the notice codes are in `ingest.stages.words`.
"""

from __future__ import annotations

import os
from typing import Any

from ingest.readers import containers, formats, signatures, soundness
from ingest.readers.containers import Look

# When a file has several faults, its condition is the first of these; every fault becomes a notice.
GRAVITY = ("empty", "encrypted", "bomb", "truncated", "damaged", "mislabelled", "unknown-type", "sound")


def identify(path: str, name: str) -> dict[str, Any]:
    """`mime`, `format_name`, `format_version`, `medium`, `condition`, `notices` of one file."""
    if os.stat(path).st_size == 0:
        return _answer(Look(formats.EMPTY, faults=[("empty", "empty", {})]), "")
    with open(path, "rb") as stream:
        head = stream.read(signatures.HEAD)
    look = Look(signatures.sniff(head, path))
    if look.mime == formats.ZIP:
        look = containers.look_in_zip(path)
    elif look.mime == formats.OLE:
        look = containers.look_in_ole(path)
    else:
        soundness.check(path, look)
    _compare_name(look, name, head)
    return _answer(look, name)


def _compare_name(look: Look, name: str, head: bytes) -> None:
    ending = name.rpartition(".")[2][:16] if "." in name else ""
    if look.mime == formats.UNKNOWN:
        code = "zero-filled" if not head.strip(b"\0") else "unknown-type"
        look.fault("damaged" if code == "zero-filled" else "unknown-type", code)
    elif look.mime == formats.OLE and any(condition == "encrypted" for condition, _, _ in look.faults):
        return  # what is inside cannot be told, so the name cannot be wrong
    if formats.expected(name) and not formats.agrees(name, look.mime):
        found = formats.named(look.mime).name if look.mime != formats.UNKNOWN else "?"
        condition = "mislabelled" if look.mime != formats.UNKNOWN else "unknown-type"
        look.fault(
            condition, "mislabelled" if condition == "mislabelled" else "not-as-named", ending=ending, found=found
        )


def _answer(look: Look, name: str) -> dict[str, Any]:
    known = formats.named(look.mime)
    found = {condition for condition, _, _ in look.faults}
    notices = [{"code": code, "data": data} for _, code, data in look.faults]
    notices += [{"code": code, "data": data} for code, data in look.notices]
    if look.mime in ("application/vnd.microsoft.portable-executable", "application/x-executable"):
        notices.append({"code": "program", "data": {}})
    locked_office = look.mime == formats.OLE and "encrypted" in found
    return {
        "mime": look.mime,
        "format_name": "Office (encrypted)" if locked_office else known.name,
        "format_version": look.version,
        "medium": "document" if locked_office else known.medium,
        "condition": next(condition for condition in GRAVITY if condition in found or condition == "sound"),
        "notices": notices,
    }
