"""XML of office containers, read without entities, network or memory to lose."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

MAX_PART = 256 << 20  # bytes of one XML part

# lxml has no types: an element is whatever it says it is
Element: TypeAlias = Any


def parse(data: bytes) -> Element:
    """The root of a document; broken XML is read as far as it goes. Raises ValueError when nothing can be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    root = etree.fromstring(data, parser)
    if root is None:
        raise ValueError("no XML")
    return root


def part(archive: zipfile.ZipFile, name: str) -> Element | None:
    """A part of a container, or None when it is not there, too large or unreadable."""
    try:
        info = archive.getinfo(name)
        return parse(archive.read(info)) if info.file_size <= MAX_PART else None
    except (KeyError, ValueError, zipfile.BadZipFile, etree.XMLSyntaxError):
        return None


def local(element: Element) -> str:
    """The tag without its namespace; "" for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute by its local name, whatever its namespace."""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")


def walk(element: Element, skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, Element]]:
    """("start"|"end", element) in order of the document; of the elements in `skip` only the end is told."""
    stack: list[tuple[str, Element]] = [("start", element)]
    while stack:
        event, current = stack.pop()
        yield event, current
        if event == "start":
            stack.append(("end", current))
            stack += [("end" if local(child) in skip else "start", child) for child in reversed(current)]
