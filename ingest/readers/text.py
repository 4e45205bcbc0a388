"""Plain text and tables in text (CSV): read in pieces that can be cited, whatever the charset."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from ingest.readers import subtitles
from ingest.readers.charset import Decoded, decode

MAX_BYTES = 64 << 20  # of one text file that is read for search; the original stays whole
PIECE = 4000  # characters of a unit of plain text
ROWS_PER_UNIT = 200
MAX_ROWS = 200_000


def extract(path: str) -> dict[str, Any]:
    """Text of a plain file as units of about `PIECE` characters, cut between lines; subtitles as timed segments."""
    decoded, notices = _decoded(path)
    if cues := subtitles.parse(decoded.text):
        return {"units": subtitles.units(cues), "notices": notices, "technical": {"charset": decoded.charset}}
    units = [
        {"kind": "part", "number": number, "text": piece, "source": "plain", "label": ""}
        for number, piece in enumerate(pieces(decoded.text), 1)
    ]
    return {"units": units, "notices": notices, "technical": {"charset": decoded.charset}}


def extract_csv(path: str) -> dict[str, Any]:
    """A table in text. Rows of another width than the head are kept and named in a notice."""
    decoded, notices = _decoded(path)
    rows, bad = _rows(decoded.text)
    if bad:
        shown = "、".join(map(str, bad[:10]))
        notices.append({"code": "csv-bad-rows", "data": {"rows": shown, "count": len(bad)}})
    if len(rows) >= MAX_ROWS:
        notices.append({"code": "rows-cut", "data": {"limit": MAX_ROWS}})
    units = [
        {
            "kind": "part",
            "number": start // ROWS_PER_UNIT + 1,
            "text": "\n".join("\t".join(row) for row in rows[start : start + ROWS_PER_UNIT]),
            "source": "plain",
            "label": f"{start + 1}–{min(start + ROWS_PER_UNIT, len(rows))}",
        }
        for start in range(0, len(rows), ROWS_PER_UNIT)
    ]
    technical = {"charset": decoded.charset, "rows": len(rows), "columns": max(map(len, rows), default=0)}
    return {"units": units, "notices": notices, "technical": technical}


def pieces(text: str, size: int = PIECE) -> list[str]:
    """Text cut at line ends (endless lines: hard) into pieces of at most `size` characters, none of them blank."""
    found: list[str] = []
    current: list[str] = []
    length = 0
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), size):
            part = line[start : start + size]
            if length + len(part) > size and current:
                found.append("".join(current))
                current, length = [], 0
            current.append(part)
            length += len(part)
    found.append("".join(current))
    return [cleaned for piece in found if (cleaned := piece.replace("\0", "").strip())]


def delimiter(text: str) -> str:
    """The character that divides the columns of a table in text, or "" when it is none."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    if len(lines) < 2:
        return ""
    for mark in (",", "\t", ";", "|", "，"):
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count)
        if usual and counts.count(usual) * 10 >= len(counts) * 7:
            return mark
    return ""


def _decoded(path: str) -> tuple[Decoded, list[dict[str, Any]]]:
    with Path(path).open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    decoded = decode(data[:MAX_BYTES])
    notices: list[dict[str, Any]] = []
    if len(data) > MAX_BYTES:
        notices.append({"code": "text-cut", "data": {"limit": MAX_BYTES >> 20}})
    if decoded.bad:
        notices.append({"code": "bad-characters", "data": {"count": decoded.bad, "charset": decoded.charset.upper()}})
    return decoded, notices


def _rows(text: str) -> tuple[list[list[str]], list[int]]:
    """Rows with the numbers (from 1) of those that do not fit the head or hold unreadable characters."""
    csv.field_size_limit(1 << 20)
    mark = delimiter(text)
    rows: list[list[str]] = []
    bad: list[int] = []
    reader = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=mark or ",")
    while len(rows) < MAX_ROWS:
        try:
            row = next(reader, None)
        except csv.Error:
            bad.append(len(rows) + 1)
            rows.append([])
            continue
        if row is None:
            break
        rows.append(row)
        if row and (len(row) != len(rows[0]) or any("\ufffd" in cell for cell in row)):
            bad.append(len(rows))
    return rows, bad if mark else []
