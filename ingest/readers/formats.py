"""The formats we know by name: MIME type → what people call it, what kind of material it is, how its files end."""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """`name` is the English name of the format, shown as it is in both languages; `endings` without the dot."""

    name: str
    medium: str
    endings: tuple[str, ...]


_OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = _OOXML + "wordprocessingml.document"
XLSX = _OOXML + "spreadsheetml.sheet"
PPTX = _OOXML + "presentationml.presentation"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
_ODF = "application/vnd.oasis.opendocument."
ODT, ODS, ODP = _ODF + "text", _ODF + "spreadsheet", _ODF + "presentation"
FODT, FODS, FODP = ODT + "-flat-xml", ODS + "-flat-xml", ODP + "-flat-xml"
OFD = "application/ofd"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
MSG, EML, MBOX = "application/vnd.ms-outlook", "message/rfc822", "application/mbox"
ZIP, SEVEN_ZIP, RAR, TAR = "application/zip", "application/x-7z-compressed", "application/vnd.rar", "application/x-tar"
OLE = "application/x-ole-storage"
UNKNOWN = "application/octet-stream"
EMPTY = "application/x-empty"

FORMATS: dict[str, Format] = {
    "application/pdf": Format("PDF", "document", ("pdf", "ai")),
    DOCX: Format("Word (OOXML)", "document", ("docx", "docm", "dotx", "dotm", "wps")),
    XLSX: Format("Excel (OOXML)", "table", ("xlsx", "xlsm", "xltx", "xltm", "et")),
    XLSB: Format("Excel (binary)", "table", ("xlsb",)),
    PPTX: Format("PowerPoint (OOXML)", "document", ("pptx", "pptm", "ppsx", "potx", "dps")),
    DOC: Format("Word 97–2003", "document", ("doc", "dot", "wps", "wpt")),
    XLS: Format("Excel 97–2003", "table", ("xls", "xlt", "et", "ett")),
    PPT: Format("PowerPoint 97–2003", "document", ("ppt", "pps", "pot", "dps", "dpt")),
    ODT: Format("OpenDocument text", "document", ("odt", "ott")),
    ODS: Format("OpenDocument spreadsheet", "table", ("ods", "ots")),
    ODP: Format("OpenDocument presentation", "document", ("odp", "otp")),
    FODT: Format("OpenDocument text (flat)", "document", ("fodt", "xml")),
    FODS: Format("OpenDocument spreadsheet (flat)", "table", ("fods", "xml")),
    FODP: Format("OpenDocument presentation (flat)", "document", ("fodp", "xml")),
    "application/x-dbf": Format("dBase", "table", ("dbf",)),
    "application/vnd.wordperfect": Format("WordPerfect", "document", ("wpd", "wp", "wp5", "wp6", "doc")),
    "application/vnd.lotus-1-2-3": Format(
        "Lotus 1-2-3 or Quattro", "table", ("wk1", "wks", "wb1", "wb2", "wq1", "wq2", "123")
    ),
    OFD: Format("OFD", "document", ("ofd",)),
    "application/rtf": Format("RTF", "document", ("rtf", "doc")),
    "application/epub+zip": Format("EPUB", "document", ("epub",)),
    "application/vnd.visio": Format("Visio", "document", ("vsd", "vsdx", "vss")),
    "application/postscript": Format("PostScript", "document", ("ps", "eps", "ai")),
    "text/plain": Format(
        "Plain text", "document", ("txt", "text", "log", "md", "ini", "conf", "yaml", "yml", "srt", "lrc")
    ),
    "text/csv": Format("CSV", "table", ("csv", "tsv", "txt")),
    "text/html": Format("HTML", "document", ("html", "htm", "xhtml", "mht")),
    "text/xml": Format("XML", "document", ("xml", "xsd", "xsl", "kml", "gpx", "rels")),
    "text/vtt": Format("WebVTT", "document", ("vtt",)),
    "application/x-subrip": Format("SubRip subtitles", "document", ("srt",)),
    "application/json": Format("JSON", "document", ("json", "geojson", "jsonl")),
    EML: Format("E-mail", "mail", ("eml", "mht", "mhtml")),
    MBOX: Format("Mailbox", "mail", ("mbox", "mbx")),
    MSG: Format("Outlook message", "mail", ("msg",)),
    "image/jpeg": Format("JPEG", "image", ("jpg", "jpeg", "jpe", "jfif", "mpo")),
    "image/png": Format("PNG", "image", ("png", "apng")),
    "image/gif": Format("GIF", "image", ("gif",)),
    "image/tiff": Format("TIFF", "image", ("tif", "tiff", "dng", "nef", "cr2", "arw")),
    "image/bmp": Format("BMP", "image", ("bmp", "dib")),
    "image/webp": Format("WebP", "image", ("webp",)),
    "image/heic": Format("HEIC", "image", ("heic", "heif", "hif")),
    "image/avif": Format("AVIF", "image", ("avif",)),
    "image/jp2": Format("JPEG 2000", "image", ("jp2", "j2k", "jpx", "jpf")),
    "image/svg+xml": Format("SVG", "image", ("svg",)),
    "image/vnd.adobe.photoshop": Format("Photoshop", "image", ("psd",)),
    "image/vnd.djvu": Format("DjVu", "document", ("djvu", "djv")),
    "audio/mpeg": Format("MP3", "audio", ("mp3", "mp2", "mpga")),
    "audio/wav": Format("WAV", "audio", ("wav", "wave")),
    "audio/flac": Format("FLAC", "audio", ("flac",)),
    "audio/ogg": Format("Ogg audio", "audio", ("ogg", "oga", "opus", "spx")),
    "audio/mp4": Format("MPEG-4 audio", "audio", ("m4a", "m4b", "mp4", "3gp", "aac")),
    "audio/amr": Format("AMR", "audio", ("amr", "awb")),
    "audio/aac": Format("AAC", "audio", ("aac",)),
    "audio/aiff": Format("AIFF", "audio", ("aif", "aiff", "aifc")),
    "audio/midi": Format("MIDI", "audio", ("mid", "midi")),
    "video/mp4": Format("MP4", "video", ("mp4", "m4v", "mov", "f4v")),
    "video/quicktime": Format("QuickTime", "video", ("mov", "qt", "mp4")),
    "video/3gpp": Format("3GP", "video", ("3gp", "3g2", "3gpp", "mp4")),
    "video/x-matroska": Format("Matroska", "video", ("mkv", "mka", "mks")),
    "video/webm": Format("WebM", "video", ("webm", "mkv")),
    "video/x-msvideo": Format("AVI", "video", ("avi",)),
    "video/x-ms-asf": Format("Windows Media", "video", ("wmv", "wma", "asf")),
    "video/mpeg": Format("MPEG", "video", ("mpg", "mpeg", "vob", "m2v", "dat")),
    "video/mp2t": Format("MPEG transport stream", "video", ("ts", "mts", "m2ts")),
    "video/x-flv": Format("Flash video", "video", ("flv",)),
    "video/ogg": Format("Ogg video", "video", ("ogv", "ogg")),
    ZIP: Format("ZIP", "archive", ("zip", "jar", "war", "apk", "kmz", "cbz", "docx", "xps")),
    SEVEN_ZIP: Format("7-Zip", "archive", ("7z",)),
    RAR: Format("RAR", "archive", ("rar", "cbr")),
    TAR: Format("TAR", "archive", ("tar",)),
    "application/gzip": Format("gzip", "archive", ("gz", "tgz", "svgz")),
    "application/x-bzip2": Format("bzip2", "archive", ("bz2", "tbz2")),
    "application/x-xz": Format("xz", "archive", ("xz", "txz")),
    "application/x-iso9660-image": Format("ISO image", "archive", ("iso",)),
    "application/vnd.ms-cab-compressed": Format("CAB", "archive", ("cab",)),
    OLE: Format("OLE2 container", "other", ()),
    "application/vnd.microsoft.portable-executable": Format("Windows program", "other", ("exe", "dll", "sys", "scr")),
    "application/x-executable": Format("Program", "other", ("so", "o")),
    "application/vnd.sqlite3": Format("SQLite", "other", ("sqlite", "sqlite3")),
}

_ENDINGS: dict[str, set[str]] = {}
for _mime, _format in FORMATS.items():
    for _ending in _format.endings:
        _ENDINGS.setdefault(_ending, set()).add(_mime)
_TEXTUAL = {mime for mime in FORMATS if mime.startswith("text/")} | {
    "application/json",
    "application/x-subrip",
    EML,
    MBOX,
}
_IN_OLE = {DOC, XLS, PPT, MSG, "application/vnd.visio"}
_IN_ZIP = {DOCX, XLSX, XLSB, PPTX, ODT, ODS, ODP, OFD, "application/epub+zip", "application/vnd.visio"}


def expected(name: str) -> set[str]:
    """MIME types that the ending of a file name stands for; empty when it is no ending we know."""
    return _ENDINGS.get(name.rpartition(".")[2].lower(), set()) if "." in name else set()


def agrees(name: str, mime: str) -> bool:
    """Whether a name may stand on bytes of this type. Any text may call itself by any ending of text."""
    wanted = expected(name)
    if mime in (OLE, ZIP) and wanted & (_IN_OLE if mime == OLE else _IN_ZIP):
        return True  # a container whose content could not be made out may well be what its name says
    return not wanted or mime in wanted or (mime in _TEXTUAL and bool(wanted & _TEXTUAL))


def named(mime: str) -> Format:
    """The format of a MIME type; an unknown one is put by its main type."""
    if mime in FORMATS:
        return FORMATS[mime]
    main = mime.partition("/")[0]
    return Format(mime.partition("/")[2], main if main in {"image", "audio", "video"} else "other", ())


_CONVERTED = {  # read by way of LibreOffice only; the ending helps it to choose its import filter
    XLSB: "xlsb",
    DOC: "doc",
    PPT: "ppt",
    FODT: "fodt",
    FODS: "fods",
    FODP: "fodp",
    "application/rtf": "rtf",
    "application/vnd.visio": "vsd",
    "application/vnd.wordperfect": "wpd",
    "application/vnd.lotus-1-2-3": "wk1",
}
_OFFICE = _CONVERTED | {DOCX: "docx", XLSX: "xlsx", PPTX: "pptx", XLS: "xls", ODT: "odt", ODS: "ods", ODP: "odp"}
_PLAIN = (
    "application/pdf",
    "application/json",
    "application/x-subrip",
    "application/epub+zip",
    "application/x-dbf",
    OFD,
    EML,
    MBOX,
    MSG,
)


def is_office(mime: str) -> bool:
    """Whether LibreOffice makes a PDF of it, for reading in the browser."""
    return mime in _OFFICE


def office_ending(mime: str) -> str:
    """The ending LibreOffice knows a type by."""
    return _OFFICE[mime]


def has_reader(mime: str) -> bool:
    """Whether a reader of ours gets text or metadata out of this type without another program."""
    if mime in _CONVERTED:
        return False
    known = mime in _OFFICE or mime in _PLAIN or mime.startswith(("text/", "image/"))
    return known or named(mime).medium == "archive"
