"""What a file says of itself: camera, place and time of a photo, dates and authors of documents. Declared, not true."""

from __future__ import annotations

import contextlib
import datetime
import re
import warnings
import zipfile
from typing import Any

from PIL import ExifTags, Image

from ingest.readers import formats as f
from ingest.readers import xml

_GPS, _EXIF = ExifTags.IFD.GPSInfo, ExifTags.IFD.Exif
_PDF_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*([Zz+-])?(?:(\d\d)'?(\d\d)?)?")
_CAMERA = {"Make": "make", "Model": "model", "Software": "software", "Artist": "artist", "ImageDescription": "title"}


def extract(path: str, mime: str) -> dict[str, Any]:
    """`facts` (width, height, created) and `technical` of an image or office container; empty for others."""
    if mime.startswith("image/") and mime != "image/svg+xml":
        return photo(path)
    if mime in (f.DOCX, f.XLSX, f.PPTX):
        return _ooxml(path)
    if mime in (f.ODT, f.ODS, f.ODP):
        return _odf(path)
    return {"facts": {}, "technical": {}}


def photo(path: str) -> dict[str, Any]:
    """EXIF of a picture. `width` and `height` are of the picture as shown, upright."""
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as image:
                return _of_image(image)
        except Exception:  # Pillow's plugins raise anything on broken headers; identify has told the condition
            return {"facts": {}, "technical": {}}


def _of_image(image: Image.Image) -> dict[str, Any]:
    width, height = image.size
    exif = image.getexif()
    detail, place = exif.get_ifd(_EXIF), exif.get_ifd(_GPS)
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    technical: dict[str, Any] = {"mode": image.mode, "frames": getattr(image, "n_frames", 1)}
    if orientation not in (1, None):
        technical["orientation"] = int(orientation) if isinstance(orientation, int) else 1
    for tag, key in _CAMERA.items():
        if value := _clean(exif.get(ExifTags.Base[tag])):
            technical[key] = value
    if dpi := image.info.get("dpi"):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            technical["dpi"] = [round(float(value)) for value in dpi[:2]]
    if position := gps(place):
        technical["gps"] = position
    facts: dict[str, Any] = {"width": width, "height": height}
    taken = detail.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    offset = detail.get(ExifTags.Base.OffsetTimeOriginal) or detail.get(ExifTags.Base.OffsetTime)
    if created := exif_time(_clean(taken), _clean(offset)):
        facts["created"] = technical["taken"] = created
    return {"facts": facts, "technical": technical}


def exif_time(value: str, offset: str) -> str:
    """ISO 8601 of an EXIF time. Without an offset no zone is claimed: the camera did not say."""
    match = re.fullmatch(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d).*", value)
    if not match:
        return ""
    zone = offset if re.fullmatch(r"[+-]\d\d:\d\d", offset) else ""
    return _iso([int(part) for part in match.groups()], zone)


def gps(place: dict[int, Any]) -> dict[str, float]:
    """Latitude and longitude in degrees (WGS 84 as declared), altitude in metres; empty when incomplete."""
    try:
        found = {
            "latitude": _degrees(place[2], str(place.get(1, "N"))),
            "longitude": _degrees(place[4], str(place.get(3, "E"))),
        }
        if not (-90 <= found["latitude"] <= 90 and -180 <= found["longitude"] <= 180):
            return {}
        if 6 in place:
            found["altitude"] = round(float(place[6]), 1) * (-1 if place.get(5) in (1, b"\x01") else 1)
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return {}
    return found


def _degrees(value: Any, side: str) -> float:
    degrees = float(value[0]) + float(value[1]) / 60 + float(value[2]) / 3600
    return round(-degrees if side.upper().startswith(("S", "W")) else degrees, 6)


def pdf_time(value: str) -> str:
    """ISO 8601 of a PDF date (ISO 32000-1 §7.9.4), or "" when it is none."""
    match = _PDF_DATE.match(value.strip())
    if not match:
        return ""
    parts = zip(match.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    numbers = [int(part) if part else default for part, default in parts]
    sign, hours, minutes = match.group(7, 8, 9)
    zone = "+00:00" if sign in ("Z", "z") else f"{sign}{hours}:{minutes or '00'}" if sign and hours else ""
    return _iso(numbers, zone)


def _ooxml(path: str) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        core, app = xml.part(archive, "docProps/core.xml"), xml.part(archive, "docProps/app.xml")
    wanted = {"title", "subject", "creator", "keywords", "lastModifiedBy", "created", "modified"}
    technical = {xml.local(e): e.text.strip()[:500] for e in _children(core) if xml.local(e) in wanted and _has_text(e)}
    technical |= {
        xml.local(e).lower(): e.text.strip()[:200]
        for e in _children(app)
        if xml.local(e) in ("Application", "Company", "Pages", "Slides") and _has_text(e)
    }
    return _with_created(technical, technical.get("created", ""))


def _odf(path: str) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        root = xml.part(archive, "meta.xml")
    names = {"title", "subject", "initial-creator", "creator", "creation-date", "date", "generator", "keyword"}
    elements = root.iter() if root is not None else ()
    technical = {xml.local(e): e.text.strip()[:500] for e in elements if xml.local(e) in names and _has_text(e)}
    return _with_created(technical, technical.get("creation-date", ""))


def _with_created(technical: dict[str, Any], created: str) -> dict[str, Any]:
    try:
        moment = datetime.datetime.fromisoformat(created) if created else None
    except ValueError:
        moment = None
    return {"facts": {"created": moment.isoformat()} if moment else {}, "technical": technical}


def _children(root: xml.Element | None) -> list[xml.Element]:
    return list(root) if root is not None else []


def _has_text(element: xml.Element) -> bool:
    return bool(element.text and element.text.strip())


def _clean(value: Any) -> str:
    """EXIF text: some cameras write GBK, most pad with NUL."""
    if isinstance(value, bytes):
        value = value.decode("gb18030", "replace")
    text = str(value).strip("\0 \t\r\n") if value is not None else ""
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode("gb18030") if not text.isascii() else text
    return "".join(char for char in text if char.isprintable())[:300]


def _iso(numbers: list[int], zone: str) -> str:
    year, month, day, hour, minute, second = numbers
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - zone follows as told
    except ValueError:
        return ""
    return moment.isoformat() + zone
