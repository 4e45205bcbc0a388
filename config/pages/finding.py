"""Where the words of a query stand in one record: on which page, in which boxes. Folding and matching are search's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from archive.models import Record
from config.pages.viewing import PAGED
from ingest.results import read_words
from search import highlight, parse
from search.types import Match

MOST_UNITS = 3000
MOST_HITS = 1000
Box = tuple[float, float, float, float]
Span = tuple[int, int]


@dataclass(frozen=True)
class Hit:
    """One find: its page, its boxes as fractions of the upright page, and its running number on the page's text."""

    page: int
    boxes: tuple[Box, ...]

    def plain(self) -> dict[str, Any]:
        return {"page": self.page, "boxes": self.boxes}


def matches_of(query: str) -> tuple[Match, ...]:
    """What is to be marked for a query; nothing for an empty or malformed one."""
    try:
        return parse.positive(parse.parse(query)) if query.strip() else ()
    except parse.QueryError:
        return ()


def hits(record: Record, query: str) -> list[Hit]:
    """All finds in the pages of a record, in reading order."""
    wanted = matches_of(query)
    if not wanted:
        return []
    units = record.units.filter(current=True, kind__in=PAGED).exclude(text="").select_related("words")
    cache: dict[UUID, dict[str, Any]] = {}
    found: list[Hit] = []
    for unit in units.order_by("number")[:MOST_UNITS]:
        if len(found) >= MOST_HITS:
            break
        in_text = highlight.spans(unit.text, wanted)
        words = read_words(unit.words, cache).get(str(unit.number), []) if unit.words and in_text else []
        placed = on_page(words, wanted)
        if placed:
            found += [Hit(unit.number, boxes) for boxes in placed]
        elif in_text:
            found.append(Hit(unit.number, ()))
    return found[:MOST_HITS]


def on_page(words: list[Any], wanted: tuple[Match, ...]) -> list[tuple[Box, ...]]:
    """Boxes of every find over the words of a page, also across words; [text, left, top, right, bottom, …] each."""
    joined = " ".join(str(word[0]) for word in words)
    starts: list[int] = []
    at = 0
    for word in words:
        starts.append(at)
        at += len(str(word[0])) + 1
    found = []
    for start, end in highlight.spans(joined, wanted):
        boxes = [
            part_of(word, max(0, start - begin), min(len(str(word[0])), end - begin))
            for word, begin in zip(words, starts, strict=True)
            if begin < end and begin + len(str(word[0])) > start
        ]
        found.append(tuple(joined_up(boxes)))
    return found


def joined_up(boxes: list[Box]) -> list[Box]:
    """Boxes that follow each other on one line as one: OCR may give every character its own."""
    made: list[Box] = []
    for box in boxes:
        last = made[-1] if made else None
        if last and _follows(last, box):
            made[-1] = (last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            made.append(box)
    return made


def _follows(last: Box, box: Box) -> bool:
    shared = min(last[3], box[3]) - max(last[1], box[1])
    lower = min(last[3] - last[1], box[3] - box[1])
    return shared > 0.6 * lower and last[0] <= box[0] and box[0] - last[2] < 0.03


def part_of(word: Any, start: int, end: int) -> Box:
    """The part of a word's box that holds characters start…end: a whole line may be one box in Chinese."""
    text, left, top, right, bottom = str(word[0]), *(float(edge) for edge in word[1:5])
    widths = [0.55 if character < "\u2e80" else 1.0 for character in text]
    total = sum(widths) or 1.0
    first, last = sum(widths[:start]) / total, sum(widths[:end]) / total
    if len(text) > 1 and bottom - top > 2.5 * (right - left):  # written downwards
        return (left, top + (bottom - top) * first, right, top + (bottom - top) * last)
    return (left + (right - left) * first, top, left + (right - left) * last, bottom)


def marks(text: str, query: str) -> list[Span]:
    """Where the words stand in a text, in characters (code points)."""
    wanted = matches_of(query)
    return highlight.spans(text, wanted) if wanted else []


def marked(text: str, query: str) -> SafeString:
    """A text as HTML with its finds marked."""
    pieces, at = [], 0
    for start, end in marks(text, query):
        pieces += [("", text[at:start], ""), ("<mark>", text[start:end], "</mark>")]
        at = end
    pieces.append(("", text[at:], ""))
    return mark_safe("".join(before + escape(piece) + after for before, piece, after in pieces))
