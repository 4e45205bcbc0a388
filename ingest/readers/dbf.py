"""dBase tables (DBF), which statistics and old enterprise systems still export; in GBK as a rule."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from ingest.readers.charset import decode, guess
from ingest.readers.text import MAX_BYTES, pieces

_HEAD, _FIELD = 32, 32
_CODE_PAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}


def extract(path: str) -> dict[str, Any]:
    """Rows as lines, fields divided by tabs; deleted rows stay out. Raises ValueError on a broken head."""
    with Path(path).open("rb") as stream:
        data = stream.read(MAX_BYTES)
    if len(data) < _HEAD + 1:
        raise ValueError("dBase head is cut short")
    count, start, width = struct.unpack_from("<IHH", data, 4)
    fields = []
    for at in range(_HEAD, min(start, len(data)) - 1, _FIELD):
        if data[at] == 0x0D:
            break
        fields.append((data[at : at + 11].split(b"\0")[0], chr(data[at + 11]), data[at + 16]))
    if not fields or not width or start < _HEAD:
        raise ValueError("dBase head is broken")
    body = data[start : start + count * width]
    names = b"\t".join(name for name, _kind, _size in fields)
    charset = _CODE_PAGES.get(data[29]) or guess(names + body[: 1 << 20])
    lines = [decode(names, charset).text]
    for at in range(0, len(body) - width + 1, width):
        if body[at : at + 1] != b"*":
            lines.append("\t".join(_cells(body[at + 1 : at + width], fields, charset)))
    units = [
        {"kind": "part", "number": number, "text": piece, "source": "plain", "label": ""}
        for number, piece in enumerate(pieces("\n".join(lines)), 1)
    ]
    technical = {"charset": charset, "rows": len(lines) - 1, "columns": len(fields)}
    short = len(body) < count * width
    return {"units": units, "technical": technical, "notices": [{"code": "document-cut", "data": {}}] if short else []}


def _cells(row: bytes, fields: list[tuple[bytes, str, int]], charset: str) -> list[str]:
    cells, at = [], 0
    for _name, kind, size in fields:
        cell = row[at : at + size].decode(charset, "replace").strip("\0 ")
        if kind == "D" and len(cell) == 8 and cell.isdigit():
            cell = f"{cell[:4]}-{cell[4:6]}-{cell[6:]}"
        cells.append(cell)
        at += size
    return cells
