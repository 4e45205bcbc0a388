"""From what a person types to a query tree. Plain words (all of them), "phrases", -not, OR, brackets.

`Word` pieces without spaces match as a phrase; a long run of Han characters is taken as a sentence and also matches
with a few characters misread by OCR. Errors tell the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from archive import errors
from search import fold
from search.types import And, Match, Node, Not, Or

LONGEST_QUERY = 500
LOOSE_FROM = 5  # a run of so many Han characters is a sentence, not a word

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | ["“”](?P<phrase>[^"“”]*)(?P<close>["“”]|$)
      | (?P<open>[(（])
      | (?P<shut>[)）])
      | (?P<minus>[-－](?=\S))
      | (?P<word>[^\s"“”()（）]+)""",
    re.VERBOSE,
)


class QueryError(errors.BadInput):
    """The query cannot be read; `data["position"]` counts characters from 1."""

    code = "query-error"
    words = _("The search cannot be read at character %(position)s.")


@dataclass(frozen=True)
class _Item:
    kind: str
    text: str
    position: int


def parse(text: str) -> Node | None:
    """The tree of a query, None for an empty one. Raises `QueryError`."""
    if len(text) > LONGEST_QUERY:
        raise QueryError(
            "query-too-long",
            words=_("A search may have %(most)s characters at most."),
            advice=_("Search for fewer words, or for a part of the sentence."),
            most=LONGEST_QUERY,
            position=LONGEST_QUERY,
        )
    items = _items(text)
    if not items:
        return None
    node, rest = _either(items, 0)
    if rest != len(items):
        raise QueryError(
            words=_("A closing bracket at character %(position)s has no opening one."),
            advice=_("Remove it, or put the opening bracket."),
            position=items[rest].position + 1,
        )
    if node is not None and not _has_positive(node):
        raise QueryError(
            "only-not",
            words=_("The search only says what must not be found."),
            advice=_("Add at least one word that must be found."),
            position=1,
        )
    return node


def _items(text: str) -> list[_Item]:
    items = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "space":
            continue
        if found.group("phrase") is not None:
            if not found.group("close"):
                raise QueryError(
                    words=_("The quotation mark at character %(position)s is not closed."),
                    advice=_("Close it, or remove it."),
                    position=found.start() + 1,
                )
            items.append(_Item("phrase", found.group("phrase"), found.start()))
        elif kind == "word" and found.group() in {"OR", "|", "或者"}:
            items.append(_Item("or", "", found.start()))
        elif kind == "word" and found.group() in {"AND", "并且"}:
            continue
        elif kind == "word" and found.group() == "NOT":
            items.append(_Item("minus", "", found.start()))
        else:
            items.append(_Item(kind, found.group(), found.start()))
    return items


def _either(items: list[_Item], at: int) -> tuple[Node | None, int]:
    parts: list[Node] = []
    while True:
        node, at = _all(items, at)
        if node is not None:
            parts.append(node)
        if at < len(items) and items[at].kind == "or":
            at += 1
            continue
        break
    if not parts:
        return None, at
    return (parts[0] if len(parts) == 1 else Or(tuple(parts))), at


def _all(items: list[_Item], at: int) -> tuple[Node | None, int]:
    parts: list[Node] = []
    while at < len(items) and items[at].kind not in {"or", "shut"}:
        node, at = _one(items, at)
        if node is not None:
            parts.append(node)
    if not parts:
        return None, at
    return (parts[0] if len(parts) == 1 else And(tuple(parts))), at


def _one(items: list[_Item], at: int) -> tuple[Node | None, int]:
    item = items[at]
    if item.kind == "minus":
        if at + 1 >= len(items) or items[at + 1].kind in {"or", "shut"}:
            return None, at + 1
        node, after = _one(items, at + 1)
        return (Not(node) if node is not None else None), after
    if item.kind == "open":
        node, after = _either(items, at + 1)
        if after >= len(items):
            raise QueryError(
                words=_("The bracket at character %(position)s is not closed."),
                advice=_("Close it, or remove it."),
                position=item.position + 1,
            )
        return node, after + 1
    tokens = fold.words(item.text)
    if not tokens:
        return None, at + 1  # nothing but punctuation: nothing that an index could hold
    return Match(tokens, loose=item.kind == "word" and is_sentence(tokens)), at + 1


def is_sentence(tokens: tuple[str, ...]) -> bool:
    """Whether a run is long enough to be matched although OCR may have misread some of it."""
    return len(tokens) >= LOOSE_FROM and sum(fold.is_han(token[0]) for token in tokens) >= LOOSE_FROM


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
    """The matches that a hit is shown for: all that do not stand under a NOT."""
    match node:
        case Match():
            return (node,)
        case And(parts) | Or(parts):
            return tuple(found for part in parts for found in positive(part))
        case _:
            return ()
