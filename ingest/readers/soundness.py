"""Whether a file of a known type is whole: end marks, claimed lengths, locks, absurd claims."""

from __future__ import annotations

import contextlib
import mmap
import re
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.readers import formats as f
from ingest.readers.containers import MAX_RATIO, RATIO_MATTERS, Look
from ingest.readers.pictures import picture

MAX_PAGES = 20_000  # of a PDF whose bytes cannot hold them: more is no document that a person made
_PAGE_BYTES = 200  # the least that a page of its own takes
_COUNTED = 8 << 20  # bytes at either end of a PDF in which page trees are looked for
_ENTITY_BYTES = 10 << 20
_TAIL = 64 << 10

Check = Callable[[str, Look], None]


def check(path: str, look: Look) -> None:
    """Add what is wrong with the file to `look`. Types without a check of their own pass."""
    for mimes, function in _CHECKS:
        if look.mime in mimes:
            function(path, look)
            return


def pdf(path: str, look: Look) -> None:
    """Header version, end mark, lock, number of pages claimed and there."""
    with Path(path).open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if match := re.search(rb"%PDF-(\d\.\d)", data[:1024]):
            look.version = match[1].decode()
        tail = data[-_TAIL:]
        ended = b"%%EOF" in tail and b"startxref" in tail
        ends = (data[:_COUNTED], data[-_COUNTED:])
        claims = [int(number) for end in ends for number in re.findall(rb"/Count\s+(\d{5,12})", end)]
        size = len(data)
    claimed = max(claims, default=0)
    if _absurd(claimed, size):
        look.fault("bomb", "pdf-many-pages", count=claimed)
        return
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        _unopened_pdf(error, ended, look)
        return
    with contextlib.closing(document):
        pages = len(document)
        if _absurd(pages, size):
            look.fault("bomb", "pdf-many-pages", count=pages)
        elif not ended:
            look.fault("truncated", "pdf-cut", pages=pages)
        elif not pages:
            look.fault("damaged", "pdf-damaged")
        if pdfium_c.FPDF_GetSecurityHandlerRevision(document) > 0:
            look.notices.append(("pdf-restricted", {}))


def _absurd(pages: int, size: int) -> bool:
    return pages > MAX_PAGES and size < pages * _PAGE_BYTES


def _unopened_pdf(error: pdfium.PdfiumError, ended: bool, look: Look) -> None:
    if "password" in str(error).lower():
        look.fault("encrypted", "pdf-encrypted")
    elif "security" in str(error).lower():
        look.fault("encrypted", "pdf-locked")
    elif ended:
        look.fault("damaged", "pdf-damaged")
    else:
        look.fault("truncated", "pdf-cut", pages=0)


def boxes(path: str, look: Look) -> None:
    """MP4 and its relatives: without the `moov` box nothing can be played; a box may not reach beyond the file."""
    size = Path(path).stat().st_size
    kinds: set[bytes] = set()
    with Path(path).open("rb") as stream:
        at = 0
        while at + 8 <= size and len(kinds) < 10_000:
            stream.seek(at)
            head = stream.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1 and len(head) == 16:
                length = int.from_bytes(head[8:16], "big")
            kinds.add(kind)
            length = length or size - at
            if at + length > size:
                look.fault("truncated", "media-cut", missing=at + length - size)
                return
            if length < 8:
                look.fault("damaged", "media-damaged")
                return
            at += length
    if not kinds & {b"moov", b"meta", b"moof", b"styp"}:
        look.fault("truncated", "media-no-index")


def heif(path: str, look: Look) -> None:
    """HEIC and AVIF: the boxes first, since decoders don't say what is wrong."""
    boxes(path, look)
    if not look.faults:
        picture(path, look)


def riff(path: str, look: Look) -> None:
    """WAV and AVI: the claimed length against the file's."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as stream:
        head = stream.read(8)
    claimed = int.from_bytes(head[4:8], "little")
    if claimed not in (0, 0xFFFFFFFF) and claimed + 8 > size + 1 and head[:4] == b"RIFF":
        look.fault("truncated", "media-cut", missing=claimed + 8 - size)


def matroska(path: str, look: Look) -> None:
    """The first Segment's claimed size; an unknown size is legal (live recordings)."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as stream:
        head = stream.read(8192)
    at = head.find(b"\x18\x53\x80\x67")
    if at < 0 or at + 12 > len(head):
        look.fault("truncated" if size < len(head) else "damaged", "media-no-index")
        return
    first = head[at + 4]
    width = 9 - first.bit_length() if first else 8
    value = int.from_bytes(head[at + 4 : at + 4 + width], "big") & ((1 << (7 * width)) - 1)
    end = at + 4 + width + value
    if value != (1 << (7 * width)) - 1 and end > size:
        look.fault("truncated", "media-cut", missing=end - size)


def seven_zip(path: str, look: Look) -> None:
    """The header at the end, and the mark of AES in it."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            look.fault("truncated", "archive-cut")
            return
        offset, length = struct.unpack("<QQ", head[12:28])
        if 32 + offset + length > size:
            look.fault("truncated", "archive-cut")
            return
        stream.seek(32 + offset)
        header = stream.read(min(length, 1 << 20))
    if b"\x06\xf1\x07\x01" in header:
        look.fault("encrypted", "archive-encrypted")


def rar(path: str, look: Look) -> None:
    """RAR 5 has an encryption header; RAR 4 flags in the first headers."""
    with Path(path).open("rb") as stream:
        head = stream.read(64)
    if head[6:8] == b"\x01\0":
        look.version = "5"
        locked = (len(head) > 13 and head[13] == 4) or (len(head) > 14 and head[14] == 4)
    else:
        look.version = "4"
        locked = len(head) > 24 and (bool(head[10] & 0x80) or (head[22] == 0x74 and bool(head[23] & 0x04)))
    if locked:
        look.fault("encrypted", "archive-encrypted")


def gzip_stream(path: str, look: Look) -> None:
    """Decompress, keeping nothing, up to the limit of a bomb."""
    engine = zlib.decompressobj(wbits=31)
    read = made = 0
    try:
        with Path(path).open("rb") as stream:
            while (piece := stream.read(1 << 16)) and not engine.eof:
                read += len(piece)
                while piece and not engine.eof:
                    made += len(engine.decompress(piece, 1 << 20))
                    piece = engine.unconsumed_tail
                    if made > RATIO_MATTERS and made / read > MAX_RATIO:
                        look.fault("bomb", "archive-bomb", expanded=made >> 20)
                        return
                if made > 4 * RATIO_MATTERS:
                    return
    except zlib.error:
        look.fault("damaged", "archive-damaged")
        return
    if not engine.eof:
        look.fault("truncated", "archive-cut")


def tar(path: str, look: Look) -> None:
    """Walk the headers; a member may not reach beyond the file."""
    size = Path(path).stat().st_size
    try:
        with tarfile.open(path, "r:") as archive:
            for count, member in enumerate(archive):
                if member.isreg() and member.offset_data + member.size > size:
                    look.fault("truncated", "archive-cut")
                    return
                if count > 100_000:
                    look.fault("bomb", "zip-many-entries", count=count)
                    return
    except (tarfile.TarError, OSError, ValueError, EOFError):
        look.fault("truncated", "archive-cut")


def rtf(path: str, look: Look) -> None:
    """The outer brace must close."""
    with Path(path).open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - 4096))
        if b"}" not in stream.read().rstrip(b"\0 \r\n\t\x1a")[-16:]:
            look.fault("truncated", "document-cut")


def marked_up(path: str, look: Look) -> None:
    """XML whose entities grow beyond measure when resolved; nothing of ours resolves them."""
    with Path(path).open("rb") as stream:
        head = stream.read(256 << 10)
    declared = dict(re.findall(rb"<!ENTITY\s+(?:%\s+)?([\w.-]+)\s+[\"']([^\"']*)[\"']", head))
    if expansion(declared) > _ENTITY_BYTES:
        look.fault("bomb", "xml-entities", part="")
    elif re.search(rb"<!ENTITY[^>]+(SYSTEM|PUBLIC)", head):
        look.notices.append(("xml-external", {}))


def expansion(declared: dict[bytes, bytes]) -> int:
    """Bytes of the largest entity when all it refers to is put in; a circle counts as without end."""
    sizes: dict[bytes, int] = {}

    def size_of(name: bytes, above: frozenset[bytes]) -> int:
        if name in above or len(above) > 50:
            return _ENTITY_BYTES + 1
        if name not in sizes:
            inner = re.findall(rb"[&%]([\w.-]+);", declared[name])
            below = sum(size_of(part, above | {name}) for part in inner if part in declared)
            sizes[name] = len(declared[name]) + below
        return sizes[name]

    return max((size_of(name, frozenset()) for name in list(declared)[:1000]), default=0)


_PICTURES = {f"image/{kind}" for kind in ("jpeg", "png", "gif", "tiff", "bmp", "webp", "jp2", "vnd.adobe.photoshop")}
_CHECKS: tuple[tuple[set[str], Check], ...] = (
    ({"application/pdf"}, pdf),
    ({"image/heic", "image/avif"}, heif),
    (_PICTURES, picture),
    ({"video/mp4", "video/quicktime", "video/3gpp", "audio/mp4"}, boxes),
    ({"audio/wav", "video/x-msvideo"}, riff),
    ({"video/x-matroska", "video/webm"}, matroska),
    ({f.SEVEN_ZIP}, seven_zip),
    ({f.RAR}, rar),
    ({"application/gzip"}, gzip_stream),
    ({f.TAR}, tar),
    ({"application/rtf"}, rtf),
    ({"image/svg+xml", "text/xml", "text/html", f.FODT, f.FODS, f.FODP}, marked_up),
)
