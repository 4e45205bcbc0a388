"""Marking what matched, in the original text, by the same folding that found it: equal on both engines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search import fold
from search.types import Match

SNIPPET = 160  # characters around the first mark


@dataclass(frozen=True)
class Piece:
    """A run of the original text; `mark` when it is what matched."""

    text: str
    mark: bool


def spans(text: str, matches: Iterable[Match]) -> list[tuple[int, int]]:
    """Where the matches stand in the text: (start, end) in characters, in order, not overlapping."""
    tokens = fold.tokenize(text)
    words = [token.text for token in tokens]
    places: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        places.setdefault(word, []).append(index)
    found: set[tuple[int, int]] = set()
    for match in matches:
        exact = _runs(words, places, match.tokens)
        if not exact and match.loose:
            exact = [run for pair in _pairs(match.tokens) for run in _runs(words, places, pair)]
        found |= {(tokens[first].start, tokens[last].end) for first, last in exact}
    return _merged(found)


def _runs(words: list[str], places: dict[str, list[int]], wanted: tuple[str, ...]) -> list[tuple[int, int]]:
    size = len(wanted)
    starts = places.get(wanted[0], [])
    return [(at, at + size - 1) for at in starts if tuple(words[at : at + size]) == wanted]


def _pairs(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [tokens[index : index + 2] for index in range(len(tokens) - 1)]


def _merged(found: set[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def snippet(text: str, matches: Iterable[Match], length: int = SNIPPET) -> list[Piece]:
    """A part of the text around the first mark, cut into marked and unmarked pieces."""
    marks = spans(text, matches)
    start = max(0, marks[0][0] - length // 3) if marks else 0
    end = min(len(text), start + length)
    pieces = [Piece("…", False)] if start else []
    at = start
    for first, last in marks:
        if first >= end:
            break
        pieces.append(Piece(text[at:first], False))
        pieces.append(Piece(text[first : min(last, end)], True))
        at = min(last, end)
    pieces.append(Piece(text[at:end], False))
    if end < len(text):
        pieces.append(Piece("…", False))
    return [piece for piece in pieces if piece.text]
