"""Values of search: what is indexed, what is asked, what is found. Frozen and without any engine in them.

The unit of result is the record. A record's document holds all its text, so that words on different pages meet, and
gives exact counts and facets; its passages (pages, sheets, segments) carry the same audience and give the places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FACETS = ("inspection", "unit", "issue", "issue_state", "doc_type", "year", "medium", "condition")
SORTS = ("relevance", "newest", "oldest", "number")
DEEPEST_HIT = 10_000  # hits that can be paged through; counts and facets go over all


@dataclass(frozen=True)
class PassageDocument:
    """A piece of a record's text with its place."""

    kind: str  # page sheet slide part segment
    number: int
    text: str
    label: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    source: str = ""


@dataclass(frozen=True)
class GuardedText:
    """Words about a case that the record proves: found by those who may see the case, not by all who see the record."""

    acl: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class RecordDocument:
    """A record as the index knows it. `data` is shown with a hit and never searched."""

    id: str
    version: int  # orders writes: an older one never replaces a newer one
    acl: tuple[str, ...]
    title: str
    body: tuple[str, ...]  # title, numbers, names, every text of the record
    facets: Mapping[str, tuple[str, ...]]
    date: int  # days since 1970-01-01, of the document or else of its arrival
    number: str
    passages: tuple[PassageDocument, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 0  # of the record itself, for comparing
    cases: tuple[GuardedText, ...] = ()


# -- what is asked


@dataclass(frozen=True)
class Match:
    """Words that must stand next to each other. A loose one also matches with some characters misread."""

    tokens: tuple[str, ...]
    loose: bool = False


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    part: Node


Node = Match | And | Or | Not


@dataclass(frozen=True)
class SearchQuery:
    """A search: `node` None means everything that the filters leave."""

    node: Node | None = None
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # facet → any of these values
    sort: str = "relevance"
    page: int = 1
    size: int = 20


# -- what is found


@dataclass(frozen=True)
class Passage:
    """A place in a record: the original text of the piece; `search.highlight` marks what matched."""

    kind: str
    number: int
    text: str
    label: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    source: str = ""


@dataclass(frozen=True)
class SearchHit:
    id: str
    data: Mapping[str, Any]
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class FacetValue:
    value: str
    count: int


@dataclass(frozen=True)
class SearchPage:
    """One page of records, with exact counts over all of them. `engine_ms` is what the engine itself took."""

    total: int
    hits: tuple[SearchHit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    engine_ms: float = 0.0


NOTHING = SearchPage(0, (), dict.fromkeys(FACETS, ()))


@dataclass(frozen=True)
class Health:
    """How the engine is. `records` counts what it holds, whoever may see it."""

    engine: str
    version: str
    records: int
    generation: str
    building: str = ""  # the generation that a rebuild is filling
