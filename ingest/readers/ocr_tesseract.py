"""Tesseract through pytesseract, simplified Chinese and English together. Runs in the jail."""

from __future__ import annotations

import contextlib
import functools
import os
from collections import defaultdict
from typing import Any

import numpy as np
import pytesseract
from PIL import Image

from ingest.readers.ocr_layout import Line, Token, is_han

LANGUAGES = "chi_sim+eng"
_SURE_OF_TURN = 2.0  # tesseract's orientation confidence below which the page stays as it is
_SKEW_STEPS = np.arange(-8.0, 8.01, 0.5)  # degrees


class LanguageMissing(Exception):
    """Tesseract is there, but not its data for Chinese."""


class TesseractEngine:
    """`ingest.readers.ocr.Engine` with Tesseract."""

    name = "tesseract"
    dpi = 200  # measured: 250 and 300 cost half as much again and read no better

    def __init__(self, threads: int) -> None:
        missing = set(LANGUAGES.split("+")) - set(pytesseract.get_languages())
        if missing:
            raise LanguageMissing(", ".join(sorted(missing)))
        os.environ["OMP_THREAD_LIMIT"] = str(max(1, threads))
        self.version = f"{pytesseract.get_tesseract_version()} {LANGUAGES}"

    def read(self, image: Image.Image) -> tuple[list[Line], int]:
        """See `ingest.readers.ocr.Engine.read`."""
        turn = self._turn(image)
        upright = image.rotate(-turn, expand=True) if turn else image
        angle = skew(upright)
        level = upright.rotate(angle, fillcolor="white", resample=Image.Resampling.BICUBIC) if angle else upright
        data = pytesseract.image_to_data(
            level, lang=LANGUAGES, config=f"--psm 3 --dpi {self.dpi}", output_type=pytesseract.Output.DICT
        )
        return _lines(data, level.size, angle), turn

    def _turn(self, image: Image.Image) -> int:
        with contextlib.suppress(pytesseract.TesseractError):  # too few characters to tell
            seen = pytesseract.image_to_osd(image, output_type=pytesseract.Output.DICT)
            if seen["orientation_conf"] >= _SURE_OF_TURN:
                return int(seen["rotate"])
        return 0


@functools.cache
def engine(threads: int) -> TesseractEngine:
    """One engine per process."""
    return TesseractEngine(threads)


def skew(image: Image.Image) -> float:
    """Degrees counter-clockwise that bring the lines level: where the rows of ink are most unlike each other."""
    small = image.convert("L")
    small.thumbnail((1000, 1000))
    ink = Image.fromarray((np.asarray(small) < 140).astype(np.uint8) * 255)
    if not np.asarray(ink).any():
        return 0.0

    def contrast(angle: float) -> float:
        rows = np.asarray(ink.rotate(angle)).sum(axis=1, dtype=np.float64)
        return float(np.square(np.diff(rows)).sum())

    best = max((float(step) for step in _SKEW_STEPS), key=contrast)
    fine = max((best + part * 0.1 for part in range(-4, 5)), key=contrast)
    return round(fine, 2) if contrast(fine) > 1.1 * contrast(0.0) else 0.0


def _lines(data: dict[str, list[Any]], size: tuple[int, int], angle: float) -> list[Line]:
    groups: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for n, text in enumerate(data["text"]):
        if text.strip() and float(data["conf"][n]) >= 0:
            groups[data["block_num"][n], data["par_num"][n], data["line_num"][n]].append(n)
    lines = []
    for members in groups.values():
        tokens: list[Token] = []
        for n in members:
            box = (
                data["left"][n],
                data["top"][n],
                data["left"][n] + data["width"][n],
                data["top"][n] + data["height"][n],
            )
            tokens += _characters(data["text"][n].strip(), box, float(data["conf"][n]) / 100, bool(tokens))
        level = _hull([token.box for token in tokens])
        tilted = tuple(
            Token(token.text, _tilted(token.box, size, angle), token.confidence, token.spaced) for token in tokens
        )
        lines.append(Line(tilted, level))
    return lines


def _characters(text: str, box: tuple[float, ...], confidence: float, follows: bool) -> list[Token]:
    """A word of Han characters is cut into them, in equal parts of its box."""
    if not any(is_han(char) for char in text):
        return [Token(text, (box[0], box[1], box[2], box[3]), confidence, follows)]
    step = (box[2] - box[0]) / len(text)
    return [
        Token(char, (box[0] + n * step, box[1], box[0] + (n + 1) * step, box[3]), confidence, follows and n == 0)
        for n, char in enumerate(text)
    ]


def _hull(boxes: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _tilted(
    box: tuple[float, float, float, float], size: tuple[int, int], angle: float
) -> tuple[float, float, float, float]:
    """A box of the levelled page where it stands on the page as it is."""
    if not angle:
        return box
    radians = np.deg2rad(angle)
    cosine, sine = float(np.cos(radians)), float(np.sin(radians))
    middle_x, middle_y = size[0] / 2, size[1] / 2
    x, y = (box[0] + box[2]) / 2 - middle_x, (box[1] + box[3]) / 2 - middle_y
    at_x, at_y = x * cosine - y * sine + middle_x, x * sine + y * cosine + middle_y
    half_w, half_h = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    return at_x - half_w, at_y - half_h, at_x + half_w, at_y + half_h
