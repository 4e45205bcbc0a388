"""From what a person types to a query tree. Plain words (all of them), "phrases", -not, OR, brackets, ~about.

A word matches as a phrase: its characters next to each other. `~` lets a long run of Han characters match although
some were misread; nothing is widened unasked. Errors tell the place. A colon parts words: `field:value` is free to be
given a meaning.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive import errors
from search import fold
from search.types import And, Match, Node, Not, Or

LONGEST_QUERY = 500
DEEPEST = 20
LOOSE_FROM = 5  # Han characters; fewer would match nearly everything when some may be wrong

_OPERATORS = {"OR": "or", "|": "or", "或者": "or", "AND": "and", "&": "and", "并且": "and", "NOT": "minus"}
_ITEM = re.compile(
    r"""(?P<space>\s+)
      | ["“”„＂](?P<phrase>[^"“”„＂]*)(?P<close>["“”„＂]|$)
      | (?P<open>[(（])
      | (?P<shut>[)）])
      | (?P<minus>[-－−](?=[^\s-]))
      | [~～](?P<about>[^\s"“”„＂()（）]+)
      | (?P<word>[^\s"“”„＂()（）]+)""",
    re.VERBOSE,
)


class QueryError(errors.BadInput):
    """The query cannot be read; `data["position"]` counts characters from 1."""

    code = "query-error"
    words = _("The search cannot be read at character %(position)s.")


@dataclass(frozen=True)
class _Item:
    kind: str  # phrase word about open shut minus or and
    text: str
    position: int  # counted from 1


def parse(text: str) -> Node | None:
    """The tree of a query, None for an empty one. Raises `QueryError`."""
    if not text.strip():
        return None
    if len(text) > LONGEST_QUERY:
        raise QueryError(
            "query-too-long",
            words=_("A search may have %(most)s characters at most."),
            advice=_("Search for fewer words, or for a part of the sentence."),
            most=LONGEST_QUERY,
            position=LONGEST_QUERY,
        )
    reader = _Reader(_items(text))
    node = reader.either()
    if reader.kind() == "shut":
        words = _("The closing bracket at character %(position)s has no opening one.")
        raise QueryError(words=words, advice=_("Remove it, or put the opening bracket."), position=reader.place())
    if node is None:
        words = _("There is no letter, digit or Chinese character in this search.")
        raise QueryError("no-words", words=words, advice=_("Punctuation alone is not searched."), position=1)
    if not _has_positive(node):
        words = _("The search only says what must not be found.")
        advice = _("Add at least one word that must be found, on each side of an OR.")
        raise QueryError("only-not", words=words, advice=advice, position=1)
    return node


def _items(text: str) -> list[_Item]:
    items = []
    for found in _ITEM.finditer(text):
        kind, position = found.lastgroup or "", found.start() + 1
        if kind == "space":
            continue
        if found.group("phrase") is not None:
            if not found.group("close"):
                raise _unclosed(_("The quotation mark at character %(position)s is not closed."), position)
            items.append(_Item("phrase", found.group("phrase"), position))
        elif kind == "word":
            plain = unicodedata.normalize("NFKC", found.group())
            items.append(_Item(_OPERATORS.get(plain, "word"), found.group(), position))
        else:
            items.append(_Item(kind, found.group("about") or found.group(), position))
    return items


def _unclosed(words: Promise, position: int) -> QueryError:
    return QueryError(words=words, advice=_("Close it, or remove it."), position=position)


class _Reader:
    """Reads items from left to right: either → every → one."""

    def __init__(self, items: list[_Item]) -> None:
        self.items = items
        self.at = 0
        self.depth = 0

    def kind(self) -> str:
        return self.items[self.at].kind if self.at < len(self.items) else ""

    def place(self) -> int:
        return self.items[self.at].position

    def either(self) -> Node | None:
        """Alternatives between ORs."""
        parts = [self.every()]
        while self.kind() == "or":
            self.at += 1
            parts.append(self.every())
        found = tuple(part for part in parts if part is not None)
        return Or(found) if len(found) > 1 else (found[0] if found else None)

    def every(self) -> Node | None:
        """What stands side by side: all of it."""
        parts: list[Node] = []
        while self.kind() not in {"", "or", "shut"}:
            part = self.one()
            if part is not None:
                parts.append(part)
        return And(tuple(parts)) if len(parts) > 1 else (parts[0] if parts else None)

    def one(self) -> Node | None:
        """A word, a phrase, a bracket; with the minus signs before it. None when nothing of it can be searched."""
        negative = False
        while self.kind() in {"minus", "and"}:
            negative ^= self.kind() == "minus"
            self.at += 1
        if self.kind() in {"", "or", "shut"}:
            return None
        item = self.items[self.at]
        self.at += 1
        node = self.bracket(item) if item.kind == "open" else _match(item)
        return Not(node) if negative and node is not None else node

    def bracket(self, opening: _Item) -> Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            words = _("There are too many brackets inside each other at character %(position)s.")
            raise QueryError(words=words, advice=_("Search in simpler words."), position=opening.position)
        node = self.either()
        if self.kind() != "shut":
            raise _unclosed(_("The bracket at character %(position)s is not closed."), opening.position)
        self.at += 1
        self.depth -= 1
        return node


def _match(item: _Item) -> Node | None:
    tokens = fold.phrase(item.text)
    if not tokens:
        return None
    return Match(tokens, loose=item.kind == "about" and can_be_loose(tokens))


def can_be_loose(tokens: tuple[str, ...]) -> bool:
    """Whether a run is long enough to be told from others although some of it is misread."""
    return sum(fold.is_han(token[0]) for token in tokens) >= LOOSE_FROM


def loosened(text: str) -> str:
    """The same query with `~` before every run that is long enough; "" when that changes nothing. Never raises."""
    pieces: list[str] = []
    changed = False
    for found in _ITEM.finditer(text):
        word = found.group("word") or found.group("phrase") or ""
        if can_be_loose(fold.phrase(word)) and not (pieces and pieces[-1] in {"-", "－", "−"}):
            pieces.append(f"~{''.join(word.split())}")
            changed = True
        else:
            pieces.append(found.group())
    return "".join(pieces) if changed else ""


def _has_positive(node: Node) -> bool:
    match node:
        case Match():
            return True
        case Not():
            return False
        case And(parts):
            return any(_has_positive(part) for part in parts)
        case Or(parts):
            return all(_has_positive(part) for part in parts)


def positive(node: Node | None) -> tuple[Match, ...]:
    """The matches that a hit is shown for: all that do not stand under a NOT, each once."""
    match node:
        case Match():
            return (node,)
        case And(parts) | Or(parts):
            return tuple(dict.fromkeys(found for part in parts for found in positive(part)))
        case _:
            return ()
