"""PDF: text of each page with the place of every word, the document's own data, attachments.

A page counts as textless when it shows a picture and no usable text: none at all, or the junk that some scanners'
hidden text layers hold. Those are OCR's work.
"""

from __future__ import annotations

import contextlib
import ctypes
import unicodedata
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

MAX_PAGES = 5000  # read for search; the original stays whole
MAX_CHARACTERS = 200_000  # of one page
MAX_WORDS_IN_ANSWER = 400_000
_JUNK = 0.3  # share of characters no reader can use, from which on a text layer is useless


def extract(path: str) -> dict[str, Any]:
    """`units` with `words`, `page_count`, `textless_pages`, `technical`, `notices`.

    Raises PdfiumError when the file cannot be opened.
    """
    with contextlib.closing(pdfium.PdfDocument(path)) as document:
        count = len(document)
        units, textless, junk, broken = [], [], [], []
        words = 0
        for index in range(min(count, MAX_PAGES)):
            try:
                unit, state = _page(document, index, with_words=words < MAX_WORDS_IN_ANSWER)
            except (pdfium.PdfiumError, ValueError):
                broken.append(index + 1)
                continue
            words += len(unit["words"])
            if state in ("textless", "junk"):
                textless.append(index + 1)
            if state == "junk":
                junk.append(index + 1)
            elif unit["text"]:
                units.append(unit)
        return {
            "units": units,
            "page_count": count,
            "textless_pages": textless,
            "technical": _information(document),
            "notices": _notices(count, junk, broken, _attachments(document)),
        }


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
        solid = sum(not char.isspace() for char in text)
        covered = _picture_share(page, width, height) if solid < 60 else 0.0
        return unit, "text" if solid and covered < 0.5 else ("blank" if not solid and not _draws(page) else "textless")


def _cleaned(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\0", "").replace("\ufffe", "").splitlines())
    return "\n".join(lines).strip()


def _is_junk(text: str) -> bool:
    """Private-use glyph codes, control characters and replacement marks in place of letters."""
    solid = [char for char in text if not char.isspace()]
    if not solid:
        return False
    useless = sum(
        unicodedata.category(char) in ("Co", "Cn", "Cc", "Cs") or char == "\ufffd" or _is_swapped(char)
        for char in solid
    )
    return useless > len(solid) * _JUNK


def _is_swapped(char: str) -> bool:
    """A letter whose two bytes were exchanged ("A" as U+4100): some producers write such ToUnicode tables."""
    return ord(char) >= 0x2000 and not ord(char) & 0xFF


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
    """Words with boxes on the upright page. Han text has no spaces: a run of it on one line is one word."""
    upright = _Upright(page)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    current: list[str] = []
    box: list[float] = []
    for index in range(characters):
        code = raw.FPDFText_GetUnicode(textpage, index)
        char = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "
        if char.isspace() or char == "\ufffe":
            if current:
                yield upright.word("".join(current), box)
            current, box = [], []
            continue
        if not raw.FPDFText_GetCharBox(textpage, index, left, right, bottom, top):
            continue
        here = [left.value, bottom.value, right.value, top.value]
        if current and _breaks(box, here):
            yield upright.word("".join(current), box)
            current, box = [], []
        current.append(char)
        box = _joined(box, here)
    if current:
        yield upright.word("".join(current), box)


def _breaks(box: list[float], here: list[float]) -> bool:
    """A new line, or a gap wider than a character, ends a word even without a space between."""
    size = max(here[3] - here[1], here[2] - here[0], 1.0)
    apart = max(here[0] - box[2], box[0] - here[2], here[1] - box[3], box[1] - here[3])
    return apart > size


def _joined(box: list[float], here: list[float]) -> list[float]:
    if not box:
        return here
    return [min(box[0], here[0]), min(box[1], here[1]), max(box[2], here[2]), max(box[3], here[3])]


class _Upright:
    """Page coordinates (points from the crop box's lower left, unrotated) → fractions of the page as shown."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._rotation = page.get_rotation()
        left, bottom, right, top = page.get_cropbox()
        self._left, self._bottom = min(left, right), min(bottom, top)
        self._width, self._height = max(1.0, abs(right - left)), max(1.0, abs(top - bottom))

    def word(self, text: str, box: list[float]) -> dict[str, Any]:
        """Text and box (left, top, right, bottom) from 0 to 1."""
        corners = [self._turned(box[0], box[1]), self._turned(box[2], box[3])]
        xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
        return {"text": text, "box": [round(min(1.0, max(0.0, v)), 5) for v in (xs[0], ys[0], xs[1], ys[1])]}

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
