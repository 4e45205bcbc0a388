"""What both engines rank and show by. Figures that were chosen, each in one place."""

from __future__ import annotations

import math
from collections.abc import Iterator

from search import fold
from search.parse import positive
from search.types import Match, Node, Or, RecordDocument

TITLE_BOOST = 2.0
EXACT_BOOST = 4.0  # of the exact run where a loose one was asked for
PASSAGES_SHOWN = 3  # places of a record in a list of results
LOOSE_SHARE = 0.6  # of a run's character pairs must be there: about every fifth character may be misread
MOST_VALUES = 100  # of one facet
MOST_BODY = 4_000_000  # characters of one record that are searched


def passage_node(node: Node | None) -> Node | None:
    """What a place must hold to be shown: any of the words that the record was found by."""
    found = positive(node)
    if not found:
        return None
    return found[0] if len(found) == 1 else Or(found)


def loose_terms(match: Match) -> tuple[list[str], int]:
    """The pairs of a loose match and how many of them must be there."""
    wanted = sorted(set(fold.pairs(match.tokens)) - {fold.BREAK})
    return wanted, math.ceil(len(wanted) * LOOSE_SHARE)


def by_pairs(tokens: tuple[str, ...]) -> bool:
    """Whether a run is matched by pairs of characters: quicker than single ones, and the same finds."""
    return len(tokens) > 1 and fold.all_han(tokens)


def guarded(document: RecordDocument) -> Iterator[str]:
    """Words about the record's cases, each with the token that opens it, as one run a token."""
    for case in document.cases:
        words = fold.words(case.text)
        for token in case.acl:
            yield " ".join(f"{token}|{word}" for word in words)


def guarded_tokens(match: Match, token: str) -> tuple[str, ...]:
    """A match as somebody holding `token` may find it in words about cases."""
    return tuple(f"{token}|{word}" for word in match.tokens)


def by_date(document: RecordDocument) -> str:
    """Sorts by date, then by number; a text, since one engine sorts by one field only."""
    return f"{document.date + 1_000_000:08d}|{document.number}"
