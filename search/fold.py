"""Folding: one normal form of text for the index and for queries, on both engines, with the way back.

Full width becomes half width and compatibility forms their plain ones (NFKC), traditional becomes simplified, upper
becomes lower case. Tokens are single Han characters, and runs of other letters and digits; everything else only
parts them, so that spaces, line ends and stray marks that OCR put between Han characters do not hide a word.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

LONGEST = 64  # characters of one token; longer runs (digests, base64) are cut


@dataclass(frozen=True)
class Token:
    """A folded token and where it stands in the original text (end exclusive)."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=65536)
def fold_character(character: str) -> str:
    """The folded form of one character; may be longer than one, or empty."""
    if character < "\x80":
        return character.lower()
    plain = unicodedata.normalize("NFKC", character)
    if any(is_han(part) for part in plain):
        plain = _converter().convert(plain)
    return plain.lower()


def is_han(character: str) -> bool:
    """Whether a character is an ideograph, of any plane; 〇 counts as one."""
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x323AF
        or 0xF900 <= code <= 0xFAFF
        or code == 0x3007
    )


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order."""
    tokens: list[Token] = []
    run: list[str] = []
    began = 0
    for index, character in enumerate(text):
        for part in fold_character(character):
            if is_han(part):
                _close(tokens, run, began, index)
                tokens.append(Token(part, index, index + 1))
            elif part.isalnum():
                if not run:
                    began = index
                run.append(part)
                if len(run) >= LONGEST:
                    _close(tokens, run, began, index + 1)
            elif not unicodedata.category(part).startswith("M"):
                _close(tokens, run, began, index)
    _close(tokens, run, began, len(text))
    return tokens


def _close(tokens: list[Token], run: list[str], began: int, end: int) -> None:
    if run:
        tokens.append(Token("".join(run), began, end))
        run.clear()


def words(text: str) -> tuple[str, ...]:
    """The folded tokens of a text, without places."""
    return tuple(token.text for token in tokenize(text))


def pairs(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Pairs of neighbouring Han characters, and the other tokens as they are: what the pair field holds."""
    found: list[str] = []
    for index, token in enumerate(tokens):
        if not is_han(token[0]):
            found.append(token)
        elif index + 1 < len(tokens) and is_han(tokens[index + 1][0]):
            found.append(token + tokens[index + 1])
    return tuple(found)


def all_han(tokens: tuple[str, ...]) -> bool:
    return all(is_han(token[0]) for token in tokens)
