"""What this machine handed in already. Owns: the journal that lets `anjuan ingest` and `anjuan watch` go on.

A line is written before a file is handed in ("begun") and after its receipt is durable ("received"), each flushed to
the disk. A file begun but not received is in doubt: its receipt may exist without the line. The caller then asks the
archive by digest, so that a kill between the two neither loses the file nor hands it in twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGUN, RECEIVED, REFUSED = "begun", "received", "refused"


@dataclass(frozen=True)
class Entry:
    """The last thing known of one path; it holds only while size and time of change stay the same."""

    what: str
    size: int
    mtime_ns: int
    receipt: str = ""
    detail: str = ""

    def is_of(self, found: os.stat_result) -> bool:
        """Whether the file at the path is still the one this entry speaks of."""
        return (self.size, self.mtime_ns) == (found.st_size, found.st_mtime_ns)


class Journal:
    """An append-only file of JSON lines. A last line cut by a crash is passed over."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._entries = _read(path)

    def last(self, path: Path, found: os.stat_result) -> Entry | None:
        """What is known of the file at `path`, None when it is new or was changed since."""
        entry = self._entries.get(str(path))
        return entry if entry is not None and entry.is_of(found) else None

    def has_receipt(self, number: str) -> bool:
        """Whether a line speaks of this receipt."""
        return any(entry.receipt == number for entry in self._entries.values())

    def note(self, what: str, path: Path, found: os.stat_result, *, receipt: str = "", detail: str = "") -> None:
        """Write a line and wait until it is on the disk."""
        entry = Entry(what, found.st_size, found.st_mtime_ns, receipt, detail)
        line = json.dumps({"path": str(path), **entry.__dict__}, ensure_ascii=True)
        with self._path.open("a", encoding="ascii") as out:
            out.write(f"{line}\n")
            out.flush()
            os.fsync(out.fileno())
        self._entries[str(path)] = entry


def _read(path: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    if not path.is_file():
        return entries
    _end_last_line(path)
    with path.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            values = _parsed(line)
            if values is not None:
                path_text = values.pop("path")
                entries[path_text] = Entry(**values)
    return entries


def _end_last_line(path: Path) -> None:
    """A crash may have cut the last line; the next one must not be glued to it."""
    with path.open("rb+") as out:
        if out.seek(0, os.SEEK_END) and (out.seek(-1, os.SEEK_END), out.read(1))[1] != b"\n":
            out.write(b"\n")


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    known = {"path", *Entry.__dataclass_fields__}
    return dict(values) if isinstance(values, Mapping) and set(values) == known else None
