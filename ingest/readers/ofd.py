"""OFD (GB/T 33190): text of each page with its place, from the container's XML."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.readers import xml

MAX_PAGES = 5000


def extract(path: str) -> dict[str, Any]:
    """`units` (kind page, with words), `page_count`, `technical`, `notices`."""
    units: list[dict[str, Any]] = []
    textless: list[int] = []
    technical: dict[str, Any] = {}
    with zipfile.ZipFile(path) as archive:
        root = xml.part(archive, "OFD.xml")
        if root is None:
            raise ValueError("no OFD.xml")
        technical = {
            xml.local(e).lower(): (e.text or "")[:500]
            for e in root.iter()
            if xml.local(e) in ("Title", "Author", "CreationDate", "ModDate", "Creator", "Subject") and e.text
        }
        pages = list(_pages(archive, root))[:MAX_PAGES]
        for number, (name, size) in enumerate(pages, 1):
            unit = _page(archive, name, size, number)
            if unit["text"]:
                units.append(unit)
            else:
                textless.append(number)
    notices: list[dict[str, Any]] = [{"code": "ofd-text-only", "data": {}}]
    if textless:  # nothing here draws OFD pages, so OCR cannot read them
        notices.append({"code": "ofd-pictures", "data": {"pages": "、".join(map(str, textless[:20]))}})
    return {
        "units": units,
        "page_count": len(pages),
        "technical": technical,
        "notices": notices,
    }


def _pages(archive: zipfile.ZipFile, root: xml.Element) -> Iterator[tuple[str, list[float]]]:
    for entry in _texts(root, "DocRoot"):
        document_name = entry.lstrip("/")
        document = xml.part(archive, document_name)
        if document is None:
            continue
        size = _numbers(next(iter(_texts(document, "PhysicalBox")), ""))
        folder = posixpath.dirname(document_name)
        for page in (e for e in document.iter() if xml.local(e) == "Page" and e.get("BaseLoc")):
            location = str(page.get("BaseLoc"))
            yield (location[1:] if location.startswith("/") else posixpath.normpath(f"{folder}/{location}")), size


def _page(archive: zipfile.ZipFile, name: str, size: list[float], number: int) -> dict[str, Any]:
    root = xml.part(archive, name)
    words: list[dict[str, Any]] = []
    lines: list[str] = []
    if root is not None:
        size = _numbers(next(iter(_texts(root, "PhysicalBox")), "")) or size
        for element in (e for e in root.iter() if xml.local(e) == "TextObject"):
            text = "".join(_texts(element, "TextCode")).strip()
            if text:
                lines.append(text)
                words.append({"text": text, "box": _box(_numbers(str(element.get("Boundary", ""))), size)})
    width, height = (size[2], size[3]) if len(size) == 4 else (None, None)
    text = "\n".join(lines)
    common = {"kind": "page", "number": number, "text": text, "source": "office", "width": width, "height": height}
    return common | {"words": [word for word in words if word["box"]]}


def _box(boundary: list[float], size: list[float]) -> list[float]:
    if len(boundary) != 4 or len(size) != 4 or not size[2] or not size[3]:
        return []
    left, top, width, height = boundary
    values = (left / size[2], top / size[3], (left + width) / size[2], (top + height) / size[3])
    return [round(min(1.0, max(0.0, value)), 5) for value in values]


def _texts(root: xml.Element, name: str) -> list[str]:
    return [element.text for element in root.iter() if xml.local(element) == name and element.text]


def _numbers(text: str) -> list[float]:
    try:
        return [float(value) for value in text.split()]
    except ValueError:
        return []
