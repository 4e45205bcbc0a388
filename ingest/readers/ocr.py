"""OCR: one protocol, two engines. `read_page` draws a page, reads it and leaves a smaller image for reading.

Runs in the jail; returns plain values. Boxes are fractions of the upright page, as the image left behind shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from ingest.readers import ocr_layout, ocr_rapid, ocr_tesseract, render
from ingest.readers.ocr_layout import Line, Token

ENGINES = ("rapidocr", "tesseract")


class Engine(Protocol):
    """What reads an image. `dpi` is the resolution at which it reads best for its time (docs/bench-pipeline.md)."""

    name: str
    version: str
    dpi: int

    def read(self, image: Image.Image) -> tuple[list[Line], int]:
        """Lines of a page, boxes in pixels of the upright page; and by how many degrees clockwise the image must be
        turned to be upright: 0, 90, 180 or 270."""
        ...


def engine(name: str, threads: int) -> Engine:
    """The engine of that name, with its models loaded. Raises ModelsMissing, LanguageMissing, ValueError."""
    if name == "rapidocr":
        return ocr_rapid.engine(threads)
    if name == "tesseract":
        return ocr_tesseract.engine(threads)
    raise ValueError(f"no such OCR engine: {name}")


def check(name: str) -> dict[str, str]:
    """Version of an engine, or `fault` in words when it cannot be used on this machine."""
    try:
        return {"version": engine(name, 1).version}
    except Exception as error:  # whatever a broken installation raises is what the administrator must hear
        return {"fault": f"{type(error).__name__}: {error}"[:500]}


def count_pages(path: str, mime: str) -> int:
    """Pages that can be read. 0 when the file cannot be drawn."""
    try:
        return render.page_count(path, mime)
    except render.NotDrawable:
        return 0


def read_page(
    path: str, mime: str, number: int, engine_name: str, threads: int, image: str, into: str
) -> dict[str, Any]:
    """Read one page; the WebP for reading goes to `image`, the answer as JSON to `into`.

    The answer: `text`, `words` [[text, l, t, r, b, confidence]], `confidence` (None without words), `turn`, `width`
    and `height` in pixels of the page image, `engine`, `version`. Or `fault` when the page cannot be drawn.
    """
    reader = engine(engine_name, threads)
    try:
        drawn = render.page(path, mime, number, reader.dpi)
    except render.NotDrawable as error:
        return {"fault": str(error)}
    lines, turn = reader.read(drawn)
    upright = drawn.rotate(-turn, expand=True) if turn else drawn
    shown = render.for_reading(upright, reader.dpi)
    render.save_webp(shown.convert("L") if render.is_grey(shown) else shown, image)
    answer = page_of(lines, upright.size) | {"turn": turn, "width": shown.width, "height": shown.height}
    answer |= {"engine": reader.name, "version": reader.version, "dpi": reader.dpi}
    Path(into).write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
    return {"into": into}


def page_of(lines: list[Line], size: tuple[int, int]) -> dict[str, Any]:
    """Text, words as fractions and mean confidence of lines on a page of `size` pixels."""
    rows = ocr_layout.in_order(lines)
    tokens = [token for row in rows for line in row for token in line.tokens]
    return {
        "text": ocr_layout.page_text(rows),
        "words": [_word(token, size) for token in tokens],
        "confidence": _mean(tokens),
    }


def _word(token: Token, size: tuple[int, int]) -> list[Any]:
    width, height = size
    left, top, right, bottom = token.box
    box = (left / width, top / height, right / width, bottom / height)
    return [token.text, *(round(min(1.0, max(0.0, edge)), 5) for edge in box), round(token.confidence, 3)]


def _mean(tokens: Iterable[Token]) -> float | None:
    """Mean confidence by character."""
    total = weight = 0.0
    for token in tokens:
        total += token.confidence * len(token.text)
        weight += len(token.text)
    return round(total / weight, 4) if weight else None
