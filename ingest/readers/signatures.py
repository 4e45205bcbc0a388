"""Which format the first bytes stand for. Reads heads only; the name of the file plays no part."""

from __future__ import annotations

import re

import magic

from ingest.readers import charset, text
from ingest.readers import formats as f

HEAD = 64 << 10

_FIXED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\0\0\0\x0cjP  \r\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/jp2"),
    (0, b"AT&TFORM", "image/vnd.djvu"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"7z\xbc\xaf\x27\x1c", f.SEVEN_ZIP),
    (0, b"Rar!\x1a\x07", f.RAR),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"MSCF", "application/vnd.ms-cab-compressed"),
    (257, b"ustar", f.TAR),
    (32769, b"CD001", "application/x-iso9660-image"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"fLaC", "audio/flac"),
    (0, b"MThd", "audio/midi"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"\0\0\x01\xb3", "video/mpeg"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\x7fELF", "application/x-executable"),
)
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"jp2 ": "image/jp2",
}
_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_EML_HEADER = re.compile(
    rb"^(from|to|subject|date|received|return-path|message-id|mime-version|delivered-to|content-type|x-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_MAGIC_NAMES = {
    "application/x-rar": f.RAR,
    "application/x-dosexec": "application/vnd.microsoft.portable-executable",
    "application/x-pie-executable": "application/x-executable",
    "application/x-sharedlib": "application/x-executable",
    "audio/x-wav": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-aiff": "audio/aiff",
    "video/x-m4v": "video/mp4",
    "image/x-ms-bmp": "image/bmp",
    "text/rtf": "application/rtf",
    "application/CDFV2": f.OLE,
    "application/x-bzip": "application/x-bzip2",
}


def sniff(head: bytes, path: str) -> str:
    """MIME type by the head; ZIP and OLE2 containers are told as such, for `containers` to look into."""
    if head.startswith(b"ID3"):
        return _behind_id3(head)
    for offset, mark, mime in _FIXED:
        if head[offset : offset + len(mark)] == mark:
            return mime
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return f.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return f.OLE
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    return _media(head) or _textual(head) or _by_libmagic(head, path)


def _behind_id3(head: bytes) -> str:
    """ID3 stands before MP3, and now and then before AAC; its length is four times seven bits."""
    length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
    sync = head[10 + length : 12 + length]
    return "audio/aac" if len(sync) == 2 and sync[0] == 0xFF and sync[1] & 0xF6 == 0xF0 else "audio/mpeg"


def _media(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand) or ("video/3gpp" if brand.startswith(b"3g") else "video/mp4")
    if head[4:8] in _ATOMS and int.from_bytes(head[:4], "big") < 1 << 31:
        return "video/quicktime"
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo", b"WEBP": "image/webp"}.get(head[8:12], "")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:128] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:512] else "audio/ogg"
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if len(head) > 752 and all(head[at] == 0x47 for at in (0, 188, 376, 564, 752)):
        return "video/mp2t"
    return ""


def _textual(head: bytes) -> str:
    if not charset.looks_like_text(head):
        return ""
    decoded = charset.decode(head).text.lstrip("\ufeff \t\r\n")
    start = decoded[:8192].lower()
    if mime := _marked_up(start):
        return mime
    if decoded.startswith("From ") and "\n" in decoded and ":" in decoded.split("\n", 2)[1]:
        return f.MBOX
    if _is_mail(head):
        return f.EML
    if decoded.startswith("WEBVTT"):
        return "text/vtt"
    if re.match(r"\d+\s*\n\d\d:\d\d:\d\d[,.]\d{3} --> ", decoded):
        return "application/x-subrip"
    if re.match(r'[\[{]\s*(["\[{}\]\d]|true|false|null)', decoded) and decoded[:2] != "[[":
        return "application/json" if not re.match(r"\[\d", decoded) else "text/plain"
    return "text/csv" if text.delimiter(decoded.rpartition("\n")[0] or decoded) in (",", "\t", ";") else "text/plain"


def _marked_up(start: str) -> str:
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "text/html"
    if start.startswith(("<?xml", "<!doctype", "<!--", "<svg")):
        if "<svg" in start:
            return "image/svg+xml"
        for kind, mime in (("text", f.FODT), ("spreadsheet", f.FODS), ("presentation", f.FODP)):
            if f'office:mimetype="application/vnd.oasis.opendocument.{kind}"' in start:
                return mime
        return "text/html" if "<html" in start else "text/xml"
    return "text/html" if re.match(r"<(div|table|meta|p|title|script|style)\b", start) else ""


def _is_mail(head: bytes) -> bool:
    """At least two headers that mail has, before the first blank line, and nothing else there."""
    block = head.lstrip(b"\r\n").replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    names = {match.lower() for match in _EML_HEADER.findall(block)}
    lines = block.split(b"\n")
    shaped = sum(bool(re.match(rb"[!-9;-~]+:|[ \t]", line)) for line in lines)
    return (
        len(names) >= 2 and names & {b"from", b"received", b"message-id", b"subject"} != set() and shaped == len(lines)
    )


def _by_libmagic(head: bytes, path: str) -> str:
    try:
        mime = magic.from_file(path, mime=True)
    except (magic.MagicException, OSError, UnicodeDecodeError):
        return f.UNKNOWN
    if mime.startswith("text/") or mime in ("application/x-empty", "inode/x-empty"):
        return f.UNKNOWN if head else f.EMPTY
    return _MAGIC_NAMES.get(mime, mime)
