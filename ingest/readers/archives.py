"""What lies in an archive: a listing, for search and for the reader's eye. Nothing is unpacked.

ZIP names without the UTF-8 mark are in the writer's code page: GBK with Chinese Windows, Big5 in Taiwan and Hong Kong.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from ingest.readers import formats as f
from ingest.readers.charset import decode
from ingest.readers.text import pieces

MAX_ENTRIES = 20_000
_UTF8_NAME = 0x800
_RAW = 0x90000  # libarchive: one compressed file without a name


class Entry(NamedTuple):
    """One thing in an archive; size in bytes as claimed, -1 when it is not told."""

    name: str
    size: int


def extract(path: str, mime: str) -> dict[str, Any]:
    """`units` with the listing, `technical` with counts, `notices`."""
    notices: list[dict[str, Any]] = []
    entries: list[Entry] = []
    try:
        for entry in _LISTERS.get(mime, _by_libarchive)(path):
            entries.append(entry)
            if len(entries) >= MAX_ENTRIES:
                notices.append({"code": "listing-cut", "data": {"limit": MAX_ENTRIES}})
                break
    except (zipfile.BadZipFile, tarfile.TarError, OSError, ValueError, EOFError, NotImplementedError):
        notices.append({"code": "listing-broken", "data": {"count": len(entries)}})
    if any(".." in entry.name.replace("\\", "/").split("/") or entry.name.startswith("/") for entry in entries):
        notices.append({"code": "names-climb", "data": {}})
    text = "\n".join(entry.name for entry in entries)
    units = [
        {"kind": "part", "number": number, "text": piece, "source": "metadata", "label": "contents"}
        for number, piece in enumerate(pieces(text), 1)
    ]
    technical = {
        "entries": len(entries),
        "expanded_bytes": sum(max(0, entry.size) for entry in entries),
        "first_entries": [entry.name[:300] for entry in entries[:50]],
    }
    return {"units": units, "technical": technical, "notices": notices}


def _zip(path: str) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        raw = b"\n".join(_raw_name(info) for info in infos if not info.flag_bits & _UTF8_NAME)
        charset = decode(raw).charset  # from all names together: a single one may be too short to tell
        for info in infos:
            plain = info.flag_bits & _UTF8_NAME
            yield Entry(info.filename if plain else _raw_name(info).decode(charset, "replace"), info.file_size)


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """The bytes of a name, that zipfile took for code page 437."""
    return info.orig_filename.encode("cp437", "replace")


def _tar(path: str) -> Iterator[Entry]:
    with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            if member.isfile():
                yield Entry(_readable(member.name), member.size)


def _readable(name: str) -> str:
    return decode(name.encode("utf-8", "surrogateescape")).text


def _by_libarchive(path: str) -> Iterator[Entry]:
    """7-Zip, RAR, CAB, ISO and compressed TAR, where the machine has libarchive (Debian: with many programs).

    Raises OSError when it has not, or at the first entry that cannot be read.
    """
    found = ctypes.util.find_library("archive") or "libarchive.so.13"
    library = ctypes.CDLL(found)
    library.archive_read_new.restype = ctypes.c_void_p
    library.archive_entry_pathname_utf8.restype = ctypes.c_char_p
    library.archive_entry_pathname.restype = ctypes.c_char_p
    library.archive_entry_size.restype = ctypes.c_int64
    reader, entry = ctypes.c_void_p(library.archive_read_new()), ctypes.c_void_p()
    try:
        library.archive_read_support_filter_all(reader)
        library.archive_read_support_format_all(reader)
        library.archive_read_support_format_raw(reader)  # a single compressed file: its entry is called "data"
        if library.archive_read_open_filename(reader, path.encode(), 65536) != 0:
            raise OSError("archive cannot be opened")
        while (status := library.archive_read_next_header(reader, ctypes.byref(entry))) != 1:
            if status not in (0, -20):  # OK, or a warning such as a name that has no UTF-8 form
                raise OSError("archive cannot be read on")
            name = library.archive_entry_pathname_utf8(entry) or library.archive_entry_pathname(entry) or b""
            plain = library.archive_format(reader) != _RAW
            if not name.endswith(b"/") and plain:
                yield Entry(decode(name).text, library.archive_entry_size(entry))
    finally:
        library.archive_read_free(reader)


_LISTERS = {f.ZIP: _zip, f.TAR: _tar}
