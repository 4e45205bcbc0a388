"""Marking what matched, in the original text, by the same folding that found it: equal on both engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from search import fold
from search.types import Match

SNIPPET = 160  # characters around the marks
BEFORE = 40  # of them before the first mark

Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """A run of the original text; `mark` when it is what matched."""

    text: str
    mark: bool


def spans(text: str, matches: Iterable[Match]) -> list[Span]:
    """Where the matches stand in the text: (start, end) in code points, in order, not overlapping."""
    wanted = list(matches)
    words = fold.words(text)
    places: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        places.setdefault(word, []).append(index)
    runs = [run for match in wanted for run in _runs(words, places, match)]
    if not runs:
        return []  # most texts: their places are not needed
    tokens = fold.tokenize(text)
    return _merged((tokens[first].start, tokens[last].end) for first, last in runs)


def _runs(words: tuple[str, ...], places: dict[str, list[int]], match: Match) -> list[Span]:
    exact = list(_of(words, places, match.tokens))
    if exact or not match.loose:
        return exact
    pairs = [match.tokens[index : index + 2] for index in range(len(match.tokens) - 1)]
    return [run for pair in pairs if fold.all_han(pair) for run in _of(words, places, pair)]


def _of(words: tuple[str, ...], places: dict[str, list[int]], wanted: tuple[str, ...]) -> Iterator[Span]:
    rarest = min(range(len(wanted)), key=lambda index: len(places.get(wanted[index], ())))
    size = len(wanted)
    for place in places.get(wanted[rarest], ()):
        at = place - rarest
        if at >= 0 and words[at : at + size] == wanted:
            yield at, at + size - 1


def _merged(found: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def snippet(text: str, matches: Iterable[Match], length: int = SNIPPET) -> list[Piece]:
    """The part of the text with the most marks, cut into marked and unmarked pieces."""
    marks = spans(text, matches)
    start = _best(marks, length) if marks else 0
    end = min(len(text), max(start + length, next((last for first, last in marks if first >= start), 0)))
    pieces = [Piece("…", False)] if start else []
    pieces += _cut(text, [mark for mark in marks if start <= mark[0] < end], start, end)
    if end < len(text):
        pieces.append(Piece("…", False))
    return pieces


def _best(marks: list[Span], length: int) -> int:
    """Where a window begins that holds most marks; the first of equals."""
    best, most, last = 0, 0, 0
    for index, (start, _end) in enumerate(marks):
        while last < len(marks) and marks[last][1] <= start + length - BEFORE:
            last += 1
        if last - index > most:
            best, most = start, last - index
    return max(0, best - BEFORE)


def marked(text: str, matches: Iterable[Match]) -> list[Piece]:
    """The whole of a text, cut into marked and unmarked pieces."""
    return _cut(text, spans(text, matches), 0, len(text))


def _cut(text: str, marks: list[Span], start: int, end: int) -> list[Piece]:
    pieces: list[Piece] = []
    at = start
    for first, last in marks:
        pieces += [Piece(text[at:first], False), Piece(text[first : min(last, end)], True)]
        at = min(last, end)
    pieces.append(Piece(text[at:end], False))
    return [piece for piece in pieces if piece.text]
