"""Lines that an engine found → words in the order of reading, and the text of the page.

Columns are read one after the other; the cells of a table row by row. Spaces between Han characters are none.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field

_HAN = r"\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])[ \t\u3000]+(?=[{_HAN}])")
_IS_HAN = re.compile(rf"[{_HAN}]")
_COLUMN_LINES = 4  # on each side, from which on two blocks side by side may be columns
_COLUMN_FILL = 0.62  # median share of its column that a line of running text fills; a table's cells fill less


@dataclass(frozen=True)
class Token:
    """A Han character or a run of others, with its box in pixels and the engine's confidence 0..1."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float
    spaced: bool = False  # a space stands before it in the line


@dataclass(frozen=True)
class Line:
    """One line of one block as the engine saw it. `level` is its box turned so that the page's lines lie level."""

    tokens: tuple[Token, ...]
    level: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0))

    @property
    def text(self) -> str:
        """The line's characters, with spaces only where they belong."""
        parts = (" " + token.text if token.spaced else token.text for token in self.tokens)
        return without_han_spaces("".join(parts).strip())

    @property
    def height(self) -> float:
        return self.level[3] - self.level[1]


def is_han(char: str) -> bool:
    """Whether a character is written without spaces around it: Han, kana, full-width forms, their punctuation."""
    return bool(_IS_HAN.match(char))


def without_han_spaces(text: str) -> str:
    """Spaces between two Han characters are an artefact of reading: 安 全 → 安全."""
    return _BETWEEN_HAN.sub("", text)


def in_order(lines: list[Line]) -> list[list[Line]]:
    """Rows of lines in the order of reading."""
    if not lines:
        return []
    unit = statistics.median(line.height for line in lines)
    return _ordered(lines, max(unit, 1.0), depth=0)


def page_text(rows: list[list[Line]]) -> str:
    """Text of the page: a row of cells on one line."""
    return "\n".join(" ".join(line.text for line in row) for row in rows).strip()


def _ordered(lines: list[Line], unit: float, depth: int) -> list[list[Line]]:
    gutter = _gutter(lines, unit) if depth < 3 else None
    if gutter is None:
        return _rows(lines)
    found: list[list[Line]] = []
    for band in _bands(lines, gutter):
        left = [line for line in band if line.level[2] <= gutter]
        right = [line for line in band if line.level[0] >= gutter]
        if min(len(left), len(right)) >= 2 and len(left) + len(right) == len(band):
            found += _ordered(left, unit, depth + 1) + _ordered(right, unit, depth + 1)
        else:
            found += _rows(band)
    return found


def _gutter(lines: list[Line], unit: float) -> float | None:
    """The x between two columns of running text, or None. Few lines may cross it: headings do."""
    left, right = min(line.level[0] for line in lines), max(line.level[2] for line in lines)
    edges = sorted({line.level[2] for line in lines})
    best: tuple[int, float] | None = None
    for edge in edges:
        x = edge + unit * 0.4
        if not left + (right - left) * 0.2 < x < right - (right - left) * 0.2:
            continue
        crossing = sum(line.level[0] < x + unit * 0.3 and line.level[2] > x for line in lines)
        if best is None or crossing < best[0]:
            best = (crossing, x)
    if best is None or best[0] > len(lines) * 0.2:
        return None
    return best[1] if _are_columns(lines, best[1]) else None


def _are_columns(lines: list[Line], x: float) -> bool:
    """Running text on both sides, not the cells of a table."""
    for side in (
        [line for line in lines if line.level[2] <= x],
        [line for line in lines if line.level[0] >= x],
    ):
        if len(side) < _COLUMN_LINES:
            return False
        width = max(line.level[2] for line in side) - min(line.level[0] for line in side)
        fill = statistics.median((line.level[2] - line.level[0]) / max(1.0, width) for line in side)
        if fill < _COLUMN_FILL:
            return False
    return True


def _bands(lines: list[Line], gutter: float) -> list[list[Line]]:
    """Cut the page across at lines that cross the gutter, from top to bottom."""
    crossing = sorted(
        (line for line in lines if line.level[0] < gutter < line.level[2]), key=lambda line: line.level[1]
    )
    rest = [line for line in lines if line not in crossing]
    bands: list[list[Line]] = []
    for heading in crossing:
        middle = (heading.level[1] + heading.level[3]) / 2
        above = [line for line in rest if (line.level[1] + line.level[3]) / 2 < middle]
        rest = [line for line in rest if line not in above]
        bands += [above, [heading]] if above else [[heading]]
    return [*bands, rest] if rest else bands


def _rows(lines: list[Line]) -> list[list[Line]]:
    """Lines at one height are one row, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.level[1] + line.level[3]) / 2):
        middle = (line.level[1] + line.level[3]) / 2
        if rows and _same_row(rows[-1], middle):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.level[0]) for row in rows]


def _same_row(row: list[Line], middle: float) -> bool:
    first = row[0]
    return abs((first.level[1] + first.level[3]) / 2 - middle) < 0.5 * min(line.height for line in row)
