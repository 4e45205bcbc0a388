"""PDF: text of each page with the place of every word, the document's own data, attachments.

A page counts as textless when it shows a picture and no usable text: none at all, or the junk that some scanners'
hidden text layers hold. Those are OCR's work.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw

MAX_PAGES = 5000  # read for search; the original stays whole
MAX_CHARACTERS = 200_000  # of one page
MAX_WORDS_IN_ANSWER = 400_000
# "A" as U+4100: some producers write such tables; in honest text few characters end in a zero byte
_SWAPPED = "".join(map(chr, range(0x2000, 0xD800, 0x100)))
_USELESS = re.compile(rf"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff{_SWAPPED}]")
_SOLID = re.compile(r"\S")
_BLANKS = frozenset({0xA0, 0x3000, 0x2028, 0x2029, 0xFFFE, *range(0x2000, 0x200C)})
_JUNK = 0.3  # share of characters no reader can use, from which on a text layer is useless


def extract(path: str) -> dict[str, Any]:
    """`units` with `words`, `page_count`, `textless_pages`, `technical`, `notices`.

    A file PDFium cannot open is read from a copy that qpdf put together again. Raises PdfiumError when neither can.
    """
    try:
        return _extract(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise
        descriptor, mended = tempfile.mkstemp(suffix=".pdf")
        os.close(descriptor)
        try:
            with warnings.catch_warnings(), pikepdf.open(path) as document:
                warnings.simplefilter("ignore")
                document.save(mended)
            found = _extract(mended)
        except pikepdf.PdfError:
            raise error from None
        finally:
            os.unlink(mended)
        found["notices"].append({"code": "pdf-mended", "data": {}})
        return found


def _extract(path: str) -> dict[str, Any]:
    with contextlib.closing(pdfium.PdfDocument(path)) as document:
        count = len(document)
        reading = _Reading()
        for index in range(min(count, MAX_PAGES)):
            reading.take(document, index)
        return {
            "units": reading.units,
            "page_count": count,
            "textless_pages": reading.textless,
            "technical": _information(document),
            "notices": _notices(count, reading.junk, reading.broken, _attachments(document)),
        }


@dataclass
class _Reading:
    """What was found on the pages so far; page numbers from 1."""

    units: list[dict[str, Any]] = field(default_factory=list)
    textless: list[int] = field(default_factory=list)
    junk: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    words: int = 0

    def take(self, document: pdfium.PdfDocument, index: int) -> None:
        """Read one page."""
        try:
            unit, state = _page(document, index, with_words=self.words < MAX_WORDS_IN_ANSWER)
        except (pdfium.PdfiumError, ValueError):
            self.broken.append(index + 1)
            return
        self.words += len(unit["words"])
        if state in ("textless", "junk"):
            self.textless.append(index + 1)
        if state == "junk":
            self.junk.append(index + 1)
        elif unit["text"]:
            self.units.append(unit)


def _notices(count: int, junk: list[int], broken: list[int], attachments: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if count > MAX_PAGES:
        found.append({"code": "pages-cut", "data": {"limit": MAX_PAGES, "count": count}})
    if junk:
        found.append({"code": "junk-text-layer", "data": {"pages": _listed(junk)}})
    if broken:
        found.append({"code": "broken-pages", "data": {"pages": _listed(broken)}})
    if attachments:
        found.append(
            {"code": "has-attachments", "data": {"names": "、".join(attachments[:20]), "count": len(attachments)}}
        )
    return found


def _page(document: pdfium.PdfDocument, index: int, *, with_words: bool) -> tuple[dict[str, Any], str]:
    with contextlib.closing(document[index]) as page, contextlib.closing(page.get_textpage()) as textpage:
        width, height = page.get_size()
        characters = min(raw.FPDFText_CountChars(textpage), MAX_CHARACTERS)
        text = textpage.get_text_range(0, characters) if characters > 0 else ""
        text = _cleaned(text)
        unit = {
            "kind": "page",
            "number": index + 1,
            "text": text,
            "source": "pdf-text",
            "width": round(width, 2),
            "height": round(height, 2),
            "words": list(_words(page, textpage, characters)) if with_words and text else [],
        }
        if _is_junk(text):
            return unit, "junk"
        solid = len(_SOLID.findall(text))
        covered = _picture_share(page, width, height) if solid < 60 else 0.0
        return unit, "text" if solid and covered < 0.5 else ("blank" if not solid and not _draws(page) else "textless")


def _cleaned(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\0", "").replace("\ufffe", "").splitlines())
    return "\n".join(lines).strip()


def _is_junk(text: str) -> bool:
    """Private-use glyph codes, control characters, replacement marks and letters with exchanged bytes."""
    return len(_USELESS.findall(text)) > len(_SOLID.findall(text)) * _JUNK


def _picture_share(page: pdfium.PdfPage, width: float, height: float) -> float:
    """Share of the page that its largest picture covers."""
    largest = 0.0
    for number, picture in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
        with contextlib.suppress(pdfium.PdfiumError):
            left, bottom, right, top = picture.get_bounds()
            largest = max(largest, abs((right - left) * (top - bottom)))
        if number > 200:
            break
    return largest / max(1.0, width * height)


def _draws(page: pdfium.PdfPage) -> bool:
    """Whether the page shows anything: a blank page needs no OCR."""
    return bool(raw.FPDFPage_CountObjects(page) > 0)


def _words(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage, characters: int) -> Iterator[dict[str, Any]]:
    """Words with boxes on the upright page. Han text has no spaces: a run of it on one line is one word.

    PDFium puts a blank between words and a line end between lines where the file has none, so blanks are enough to
    divide; and the boxes of a word's first and last character, drawn to the font's full height, hold the others.
    """
    upright, get_unicode = _Upright(page), raw.FPDFText_GetUnicode
    codes = [get_unicode(textpage, index) for index in range(characters)]
    start = 0
    for index, code in enumerate((*codes, 0x20)):
        if not (code <= 0x20 or code in _BLANKS):
            continue
        if start < index and (box := _box(textpage, start, index - 1)):
            text = "".join(map(_character, codes[start:index]))
            yield upright.word(text, box)
        start = index + 1


def _character(code: int) -> str:
    """Broken fonts give numbers that are no character."""
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _box(textpage: pdfium.PdfTextPage, first: int, last: int) -> list[float]:
    rectangle = raw.FS_RECTF()
    found: list[float] = []
    for index in {first, last}:
        if raw.FPDFText_GetLooseCharBox(textpage, index, rectangle):
            here = [rectangle.left, rectangle.bottom, rectangle.right, rectangle.top]
            found = [*map(min, found[:2], here[:2]), *map(max, found[2:], here[2:])] if found else here
    return found


class _Upright:
    """Page coordinates (points from the crop box's lower left, unrotated) → fractions of the page as shown."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._rotation = page.get_rotation()
        left, bottom, right, top = page.get_cropbox()
        self._left, self._bottom = min(left, right), min(bottom, top)
        self._width, self._height = max(1.0, abs(right - left)), max(1.0, abs(top - bottom))

    def word(self, text: str, box: list[float]) -> dict[str, Any]:
        """Text and box (left, top, right, bottom) from 0 to 1."""
        (x1, y1), (x2, y2) = self._turned(box[0], box[1]), self._turned(box[2], box[3])
        box = [min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)]
        if box[0] < 0 or box[1] < 0 or box[2] > 1 or box[3] > 1:
            box = [min(1.0, max(0.0, edge)) for edge in box]
        return {"text": text, "box": box}

    def _turned(self, x: float, y: float) -> tuple[float, float]:
        across, down = (x - self._left) / self._width, 1 - (y - self._bottom) / self._height
        match self._rotation:
            case 90:
                return 1 - down, across
            case 180:
                return 1 - across, 1 - down
            case 270:
                return down, 1 - across
            case _:
                return across, down


def _information(document: pdfium.PdfDocument) -> dict[str, Any]:
    info = {key.lower(): value.strip("\0 ")[:500] for key, value in document.get_metadata_dict(skip_empty=True).items()}
    version = document.get_version()
    return info | ({"pdf_version": f"{version // 10}.{version % 10}"} if version else {})


def _attachments(document: pdfium.PdfDocument) -> list[str]:
    names = []
    for index in range(min(document.count_attachments(), 200)):
        with contextlib.suppress(pdfium.PdfiumError):
            names.append(document.get_attachment(index).get_name()[:200])
    return names


def _listed(numbers: list[int]) -> str:
    return "、".join(map(str, numbers[:20])) + ("…" if len(numbers) > 20 else "")
