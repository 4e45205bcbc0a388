"""Folding: one normal form of text for the index and for queries, on both engines, with the way back.

Full width becomes half width and compatibility forms and accents their plain ones (NFKD), traditional becomes
simplified, upper becomes lower case. Tokens are single Han characters, and runs of other letters and digits. Spaces
and line ends between Han characters do not part a word, since OCR puts them anywhere; punctuation of a sentence does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

LONGEST = 64  # characters of one token; longer runs (digests, base64) are cut
BREAK = "¶"  # stands where a phrase ends; no letter folds to it
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"

_BREAKS = frozenset("。，、；：！？…\t\x0b\x0c\u2028\u2029")
_TOKEN = re.compile(
    rf"[{HAN}]|[^\W_{HAN}]{{1,{LONGEST}}}|{BREAK}|(?<=[{HAN}])[,;:!?]|[,;:!?](?=[{HAN}])",
)


@dataclass(frozen=True)
class Token:
    """A folded token and where it stands in the original text, in code points (end exclusive)."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("t2s")


class _Table(dict[int, str]):
    """Folded forms by code point, worked out when first met: `str.translate` does the rest."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


_TABLE = _Table()


def _fold_character(character: str) -> str:
    if character in _BREAKS:
        return BREAK
    if character == BREAK or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return " " if character == BREAK else ""
    parts = unicodedata.normalize("NFKD", character)
    plain = "".join(part for part in parts if not unicodedata.category(part).startswith("M"))
    if any(is_han(part) for part in plain):
        plain = _converter().convert(plain)
    return unicodedata.normalize("NFKD", plain.lower())


def fold_character(character: str) -> str:
    """The folded form of one character; may be longer than one, or empty."""
    return _TABLE[ord(character)]


def is_han(character: str) -> bool:
    """Whether a character is an ideograph, of any plane; 〇 counts as one."""
    code = ord(character)
    return 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x323AF or code == 0x3007


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order, each with its place in the original."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for index, character in enumerate(text):
        parts = _TABLE[ord(character)]
        if not parts and ends:
            ends[-1] = index + 1  # an accent belongs to the letter before it
        for part in parts:
            folded.append(part)
            starts.append(index)
            ends.append(index + 1)
    return [
        Token(_token(found.group()), starts[found.start()], ends[found.end() - 1])
        for found in _TOKEN.finditer("".join(folded))
    ]


def words(text: str) -> tuple[str, ...]:
    """The folded tokens of a text, without places: the same as `tokenize` gives, several times faster."""
    return tuple(_token(found) for found in _TOKEN.findall(text.translate(_TABLE)))


def _token(found: str) -> str:
    return BREAK if found in ",;:!?" else found


def phrase(text: str) -> tuple[str, ...]:
    """The tokens of something asked for: no breaks at its ends. Empty when there is nothing but punctuation."""
    tokens = words(text)
    first, last = 0, len(tokens)
    while first < last and tokens[first] == BREAK:
        first += 1
    while first < last and tokens[last - 1] == BREAK:
        last -= 1
    return tokens[first:last]


def pairs(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Pairs of neighbouring Han characters, and the other tokens as they are: what the pair field holds."""
    found: list[str] = []
    before = ""
    for token in tokens:
        if not is_han(token[0]):
            found.append(token)
            before = ""
            continue
        if before:
            found.append(before + token)
        before = token
    return tuple(found)


def all_han(tokens: Iterable[str]) -> bool:
    """Whether every token is a Han character."""
    return all(is_han(token[0]) for token in tokens)


def joined(texts: Iterable[str], most: int) -> tuple[str, ...]:
    """The tokens of several texts with a break between them, of `most` characters together."""
    found: list[str] = []
    left = most
    for text in texts:
        if left <= 0:
            break
        found += [BREAK, *words(text[:left])] if found else words(text[:left])
        left -= len(text)
    return tuple(found)
