"""What both engines rank and show by. Figures that were chosen, each in one place."""

from __future__ import annotations

from search.types import And, Match, Node, Or

TITLE_BOOST = 2.0
PASSAGES_SHOWN = 3  # places of a record in a list of results
LOOSE_SHARE = 0.6  # of a sentence's character pairs must be there: about every fifth character may be misread


def passage_node(node: Node | None) -> Node | None:
    """What a place must hold to be shown: any of the words that the record was found by."""
    found = _positive(node)
    if not found:
        return None
    return found[0] if len(found) == 1 else Or(tuple(found))


def _positive(node: Node | None) -> list[Match]:
    match node:
        case Match():
            return [node]
        case And(parts) | Or(parts):
            return [found for part in parts for found in _positive(part)]
        case _:
            return []
