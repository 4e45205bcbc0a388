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
_BLOCKS = {
    *("p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "caption", "pre", "blockquote", "form", "fieldset", "figure"),
    *("figcaption", "address", "hr", "br", "option", "textarea", "title"),
}


def extract(path: str) -> dict[str, Any]:
    """Visible text in units, with the title."""
    title, text, charset = visible(_bytes(path))
    technical = {key: value for key, value in (("title", title), ("charset", charset)) if value}
    return {"units": _units(text), "notices": [], "technical": technical}


def extract_xml(path: str) -> dict[str, Any]:
    """The text between the tags of XML or SVG."""
    return {"units": _units(_xml_text(_bytes(path))), "notices": [], "technical": {}}


def _bytes(path: str) -> bytes:
    with Path(path).open("rb") as stream:
        return stream.read(MAX_BYTES)


def _units(text: str) -> list[dict[str, Any]]:
    return [
        {"kind": "part", "number": number, "text": piece, "source": "html", "label": ""}
        for number, piece in enumerate(pieces(text), 1)
    ]


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
    found: list[str] = []
    for event, element in xml.walk(root):
        text = element.tail if event == "end" and element is not root else None
        if event == "start" and xml.local(element):  # entities that stay unresolved and comments have no name
            text = element.text
        if text and text.strip():
            found.append(text.strip())
    return "\n".join(found)


def _declared(data: bytes) -> str:
    match = re.search(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", data[:4096], re.IGNORECASE)
    return match[1].decode("ascii") if match else ""
