"""HTML and XML: the text a reader would see. Scripts, styles and what is hidden stay out; nothing is fetched."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import lxml.html
from lxml import etree

from ingest.readers import xml
from ingest.readers.charset import decode
from ingest.readers.text import MAX_BYTES, pieces

MAX_CHAPTERS = 2000
_UNSEEN = frozenset({"script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math"})
_BLOCKS = frozenset(
    "p div section article header footer main aside nav h1 h2 h3 h4 h5 h6 li ul ol dl dt dd table tr caption pre "
    "blockquote form fieldset figure figcaption address hr br option textarea title".split()
)


def extract(path: str, mime: str = "text/html") -> dict[str, Any]:
    """Visible text in units, with the title; XML gives the text between its tags."""
    with Path(path).open("rb") as stream:
        data = stream.read(MAX_BYTES)
    if mime in ("text/xml", "image/svg+xml"):
        title, text, charset = "", _xml_text(data), ""
    else:
        title, text, charset = visible(data)
    units = [
        {"kind": "part", "number": number, "text": piece, "source": "html", "label": ""}
        for number, piece in enumerate(pieces(text), 1)
    ]
    technical = {key: value for key, value in (("title", title), ("charset", charset)) if value}
    return {"units": units, "notices": [], "technical": technical}


def extract_epub(path: str) -> dict[str, Any]:
    """The pages of a book in the order of its container."""
    units: list[dict[str, Any]] = []
    with zipfile.ZipFile(path) as archive:
        pages = [info for info in archive.infolist() if info.filename.lower().endswith((".xhtml", ".html", ".htm"))]
        for info in pages[:MAX_CHAPTERS]:
            title, text, _charset = visible(archive.read(info)[:MAX_BYTES])
            units += [
                {"kind": "part", "number": len(units) + number, "text": piece, "source": "html", "label": title}
                for number, piece in enumerate(pieces(text), 1)
            ]
    return {"units": units, "notices": [], "technical": {"chapters": len(pages)}}


def visible(data: bytes, declared: str = "") -> tuple[str, str, str]:
    """(title, text, charset) of a page."""
    declared = declared or _declared(data)
    decoded = decode(data, declared)
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", decoded.text.replace("\0", ""))  # lxml refuses a declaration in str
    try:
        root = lxml.html.document_fromstring(source, parser=lxml.html.HTMLParser(huge_tree=False, no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return "", "", decoded.charset
    title = next((element.text or "" for element in root.iter("title")), "")
    return title.strip()[:300], _text(root), decoded.charset


def _text(root: Any) -> str:
    found: list[str] = []
    for event, element in xml.walk(root, _UNSEEN):
        name = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if name in _BLOCKS:
                found.append("\n")
            if name and element.text:
                found.append(re.sub(r"\s+", " ", element.text) if name != "pre" else element.text)
        else:
            if name in _BLOCKS:
                found.append("\n")
            elif name in ("td", "th"):
                found.append("\t")
            if element.tail:
                found.append(re.sub(r"\s+", " ", element.tail))
    lines = (line.strip() for line in "".join(found).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _xml_text(data: bytes) -> str:
    try:
        root = xml.parse(data)
    except (ValueError, etree.XMLSyntaxError):
        return decode(data).text
    return "\n".join(text.strip() for text in root.itertext(with_tail=True) if isinstance(text, str) and text.strip())


def _declared(data: bytes) -> str:
    match = re.search(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", data[:4096], re.IGNORECASE)
    return match[1].decode("ascii") if match else ""
