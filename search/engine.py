"""The protocol that both engines keep, and the choice between them. No search exists without a scope."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol, cast

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.types import AccessScope
from search.types import Health, RecordDocument, SearchPage, SearchQuery


class EngineUnavailable(errors.Unavailable):
    code = "search-unavailable"
    words = _("The search engine does not answer.")
    advice = _("Records are safe and can be opened by number. The search catches up by itself when the engine is back.")


class Rebuild(Protocol):
    """An index being made beside the running one, unseen before `finish`. What is put meanwhile goes to both."""

    def put(self, documents: Sequence[RecordDocument]) -> None: ...

    def finish(self) -> None:
        """Exchange the running index for this one, in one step."""

    def abandon(self) -> None: ...


class SearchEngine(Protocol):
    """All raise `EngineUnavailable` when the engine does not answer."""

    name: str

    @property
    def version(self) -> str:
        """Of the engine, as it tells; "" when it does not answer."""

    def ensure(self) -> None:
        """Make the index when it is missing."""

    def put(self, documents: Sequence[RecordDocument]) -> None:
        """Index records; a document older than what is there changes nothing. All or, after an error, any part."""

    def remove(self, ids: Iterable[str]) -> None:
        """Take records and their passages out."""

    def refresh(self) -> None:
        """Make what was put visible now, not only within two seconds."""

    def search(self, query: SearchQuery, scope: AccessScope) -> SearchPage:
        """Search as far as the scope sees; an empty scope finds nothing."""

    def count(self, query: SearchQuery, scope: AccessScope) -> int:
        """How many records a search finds, as far as the scope sees."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """Every record in the index with its revision, for comparing."""

    def health(self) -> Health: ...

    def rebuild(self) -> Rebuild:
        """Begin an index beside the running one; one that was begun before and never finished goes."""

    def close(self) -> None: ...


ADAPTERS = {"embedded": "search.embedded:open_engine", "elasticsearch": "search.elastic:open_engine"}


@lru_cache(maxsize=1)
def get_engine() -> SearchEngine:
    """The engine of this deployment (ANJUAN_SEARCH_ENGINE)."""
    module, _colon, function = ADAPTERS[settings.SEARCH_ENGINE].partition(":")
    engine = getattr(importlib.import_module(module), function)()
    return cast(SearchEngine, engine)
