"""Documents for the tests of both engines, and what a search tells in short."""

from __future__ import annotations

from typing import Any

from archive.types import AccessScope
from search import highlight, parse
from search.engine import SearchEngine
from search.types import GuardedText, PassageDocument, RecordDocument, SearchHit, SearchPage, SearchQuery

EVERYBODY = AccessScope(frozenset({"role:ARCHIVIST"}))


def document(name: str, *pages: str, title: str = "", version: int = 1, **more: Any) -> RecordDocument:
    """A record with its pages; `name` is its id and number."""
    title = title or f"记录{name}"
    told: dict[str, Any] = {
        "acl": ("role:ARCHIVIST",),
        "facets": {"medium": ("document",), "condition": ("sound",)},
        "date": 20_000,
        "number": name,
        "body": (title, " ".join(pages)),
        "passages": tuple(PassageDocument("page", number, text) for number, text in enumerate(pages, start=1)),
        "data": {"number": name},
        "revision": version,
    }
    return RecordDocument(id=name, version=version, title=title, **told | more)


def guarded(token: str, text: str) -> GuardedText:
    return GuardedText((token,), text)


def put(engine: SearchEngine, *documents: RecordDocument) -> None:
    engine.put(documents)
    engine.refresh()


def ask(engine: SearchEngine, text: str = "", scope: AccessScope = EVERYBODY, **more: Any) -> SearchPage:
    return engine.search(SearchQuery(node=parse.parse(text), **more), scope)


def found(engine: SearchEngine, text: str = "", scope: AccessScope = EVERYBODY, **more: Any) -> set[str]:
    """The ids of what is found; the count must agree with them."""
    page = ask(engine, text, scope, **more)
    ids = {hit.id for hit in page.hits}
    assert page.total == len(ids) == engine.count(SearchQuery(node=parse.parse(text), **more), scope)
    return ids


def marks(hit: SearchHit, text: str) -> list[tuple[int, str]]:
    """Page and marked words of every place of a hit."""
    matches = parse.positive(parse.parse(text))
    return [
        (passage.number, piece.text)
        for passage in hit.passages
        for piece in highlight.snippet(passage.text, matches)
        if piece.mark
    ]


def facet(page: SearchPage, name: str) -> dict[str, int]:
    return {one.value: one.count for one in page.facets[name]}
