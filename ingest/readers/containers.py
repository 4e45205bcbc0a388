"""What a ZIP or OLE2 container holds, and whether it is locked, cut short or made to burst."""

from __future__ import annotations

import io
import itertools
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import olefile

from ingest.readers import formats as f

MAX_ENTRIES = 100_000
MAX_EXPANDED = 1 << 40  # bytes that nested containers may claim before the count stops
MAX_RATIO = 250  # expanded to packed; honest office files stay below 100
RATIO_MATTERS = 512 << 20  # bytes below which any ratio is harmless
MAX_DEPTH = 4  # containers in containers
MAX_CRC_BYTES = 512 << 20  # read at most this much to compare checksums
# of olefile's complaints those that mean lost content; wrong sizes and flags occur in files that open everywhere
_OLE_BREAKS = ("out of range", "name length", "referenced twice", "unhandled", "not in fat")
_NESTED_BYTES = 64 << 20


@dataclass
class Look:
    """What was seen. `faults` are (condition, notice code, data), the gravest not necessarily first."""

    mime: str
    version: str = ""
    faults: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    notices: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def fault(self, condition: str, code: str, **data: Any) -> None:
        self.faults.append((condition, code, data))


def look_in_zip(path: str) -> Look:
    """Type and soundness of a ZIP container; OOXML, ODF, OFD, EPUB are told by their inner marks."""
    look = Look(f.ZIP)
    if (count := _claimed_entries(path)) > MAX_ENTRIES:
        look.fault("bomb", "zip-many-entries", count=count)
        return look
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            look.mime = _zip_type(archive, names)
            if "word/vbaProject.bin" in names or "xl/vbaProject.bin" in names or "ppt/vbaProject.bin" in names:
                look.notices.append(("has-macros", {}))
            if any(info.flag_bits & 1 for info in archive.infolist()) or _odf_is_locked(archive):
                look.fault("encrypted", "zip-encrypted" if look.mime == f.ZIP else "office-encrypted")
            if any(info.volume for info in archive.infolist()):
                look.fault("truncated", "zip-part")
            elif not _bursts(archive, look):
                _compare_checksums(archive, look)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error, EOFError):
        _without_directory(path, look)
    return look


def look_in_ole(path: str) -> Look:
    """Type and soundness of an OLE2 container: old Office, WPS, Outlook, or an encrypted OOXML file."""
    look = Look(f.OLE)
    try:
        with olefile.OleFileIO(path) as ole:
            streams = {"/".join(entry).lower() for entry in ole.listdir()}
            look.mime = _ole_type(streams)
            if {"encryptedpackage", "encryptioninfo"} <= streams:
                look.mime, look.version = f.OLE, "ECMA-376"
                look.fault("encrypted", "office-encrypted")
            elif _ole_is_locked(ole, streams):
                look.fault("encrypted", "office-encrypted")
            if any("vba" in name.split("/") for name in streams):
                look.notices.append(("has-macros", {}))
            told = " ".join(str(message) for _kind, message in ole.parsing_issues).lower()
            if any(words in told for words in ("incomplete", *_OLE_BREAKS)):
                look.fault(*_ole_break(path, told))
            elif told:
                look.notices.append(("odd-structure", {}))
    except Exception as error:  # olefile raises whatever the bytes provoke; each of them means the same
        look.fault(*_ole_break(path, str(error).lower()))
    return look


def _ole_break(path: str, told: str) -> tuple[str, str]:
    """A container is made of blocks of 512 bytes: one that is not has lost its end."""
    size = Path(path).stat().st_size
    short = "incomplete" in told or size % 512 or size < 1536
    return ("truncated", "ole-cut") if short else ("damaged", "ole-damaged")


def _zip_type(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        declared = archive.read("mimetype").decode("ascii", "replace").strip().removesuffix("-template")
        if declared in f.FORMATS:
            return declared
    if "OFD.xml" in names:
        return f.OFD
    if "xl/workbook.bin" in names:
        return f.XLSB
    if "[Content_Types].xml" in names:
        for folder, mime in (("word/", f.DOCX), ("xl/", f.XLSX), ("ppt/", f.PPTX), ("visio/", "application/vnd.visio")):
            if any(name.startswith(folder) for name in names):
                return mime
    return f.ZIP


def _odf_is_locked(archive: zipfile.ZipFile) -> bool:
    """OpenDocument encrypts its parts by itself and says so in the manifest."""
    try:
        with archive.open("META-INF/manifest.xml") as stream:
            return b"encryption-data" in stream.read(1 << 20)
    except (KeyError, NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, OSError):
        return False


def _bursts(archive: zipfile.ZipFile, look: Look) -> bool:
    infos = archive.infolist()
    expanded = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    nested, deep = _nested(archive, 1)
    total = expanded + nested
    if _overlap(infos) or (total > RATIO_MATTERS and total / packed > MAX_RATIO):
        look.fault("bomb", "zip-bomb", expanded=total >> 20)
    elif deep > MAX_DEPTH:
        look.fault("bomb", "zip-nested", depth=deep)
    elif look.mime != f.ZIP and (name := _entity_declaration(archive)):
        look.fault("bomb", "xml-entities", part=name)
    else:
        return False
    return True


def _overlap(infos: list[zipfile.ZipInfo]) -> bool:
    """Members that share bytes: the trick of bombs without nesting."""
    places = sorted((info.header_offset, info.compress_size) for info in infos)
    return any(start + size > following for (start, size), (following, _) in itertools.pairwise(places))


def _claimed_entries(path: str) -> int:
    """Members the end record claims, without reading the directory, which may be made to fill the memory."""
    with Path(path).open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - 66000))
        tail = stream.read()
    at, wide = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    if 0 <= wide <= len(tail) - 40:
        return int(struct.unpack_from("<Q", tail, wide + 32)[0])
    return int(struct.unpack_from("<H", tail, at + 10)[0]) if 0 <= at <= len(tail) - 12 else 0


def _nested(archive: zipfile.ZipFile, depth: int) -> tuple[int, int]:
    """Bytes that containers within claim to hold, and how deep they lie; looks no deeper than needed to refuse."""
    total, deepest = 0, depth
    for info in archive.infolist()[:1000]:
        if not info.filename.lower().endswith((".zip", ".docx", ".xlsx", ".pptx", ".jar")):
            continue
        if info.file_size > _NESTED_BYTES or info.flag_bits & 1 or depth > MAX_DEPTH:
            deepest = max(deepest, depth + 1)
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(archive.read(info))) as inner:
                below, deep = _nested(inner, depth + 1)
                total += below + sum(entry.file_size for entry in inner.infolist())
                deepest = max(deepest, deep)
        except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError, EOFError, zlib.error):
            continue
        if total > MAX_EXPANDED:
            break
    return total, deepest


def _entity_declaration(archive: zipfile.ZipFile) -> str:
    """Office formats never declare entities; who does, means harm."""
    for info in archive.infolist()[:2000]:
        if info.filename.endswith((".xml", ".rels", ".opf", ".xhtml")) and not info.flag_bits & 1:
            try:
                with archive.open(info) as stream:
                    if b"<!ENTITY" in stream.read(4096):
                        return info.filename[:200]
            except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, EOFError, zlib.error):
                continue
    return ""


def _compare_checksums(archive: zipfile.ZipFile, look: Look) -> None:
    read = 0
    for info in archive.infolist():
        if info.flag_bits & 1 or (read := read + info.file_size) > MAX_CRC_BYTES:
            continue
        try:
            with archive.open(info) as stream:
                _drain(stream, info.file_size)
        except NotImplementedError:  # an old or rare compression: cannot be compared, so nothing is claimed
            continue
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError, zlib.error):
            look.fault("damaged", "zip-damaged", part=info.filename[:200])
            return


def _drain(stream: IO[bytes], claimed: int) -> None:
    total = 0
    while piece := stream.read(1 << 20):
        total += len(piece)
        if total > claimed:
            raise zipfile.BadZipFile


def _without_directory(path: str, look: Look) -> None:
    """A ZIP whose directory cannot be read is cut short when its end mark is missing, else damaged."""
    with Path(path).open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 66000))
        tail = stream.read()
        stream.seek(0)
        head = stream.read(8192)
    cut = b"PK\x05\x06" not in tail
    look.fault("truncated" if cut else "damaged", "zip-cut" if cut else "zip-damaged", part="")
    for mark, mime in ((b"word/", f.DOCX), (b"xl/", f.XLSX), (b"ppt/", f.PPTX), (b"OFD.xml", f.OFD)):
        if mark in head:
            look.mime = mime
            return


def _ole_type(streams: set[str]) -> str:
    for name, mime in (
        ("__properties_version1.0", f.MSG),
        ("worddocument", f.DOC),
        ("workbook", f.XLS),
        ("book", f.XLS),
        ("powerpoint document", f.PPT),
        ("visiodocument", "application/vnd.visio"),
    ):
        if name in streams:
            return mime
    return f.OLE


def _ole_is_locked(ole: olefile.OleFileIO, streams: set[str]) -> bool:
    """Word: FIB flag fEncrypted; Excel: a FilePass record before the sheets; PowerPoint: the token of CurrentUser."""
    if "worddocument" in streams:
        head = ole.openstream("worddocument").read(12)
        return len(head) == 12 and bool(head[11] & 0x01)
    for name in ("workbook", "book"):
        if name in streams:
            return _has_filepass(ole.openstream(name).read(4096))
    if "current user" in streams:
        head = ole.openstream("current user").read(16)
        return bool(head[12:16] == b"\xdf\xc4\xd1\xf3")
    return False


def _has_filepass(head: bytes) -> bool:
    at = 0
    while at + 4 <= len(head):
        kind, length = struct.unpack_from("<HH", head, at)
        if kind == 0x2F:
            return True
        if kind in (0x0A, 0x85):  # end of the globals, first sheet
            return False
        at += 4 + length
    return False
