"""The embedded engine, on tantivy: for an office without a search server. Compiles a query and its scope; see
`embedded_index` for what is written and where.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from archive.types import AccessScope
from search import embedded_index as store
from search import embedded_query as asking
from search.embedded_query import Compiler
from search.engine import EngineUnavailable
from search.types import NOTHING, Health, RecordDocument, SearchPage, SearchQuery

T = TypeVar("T")


def open_engine() -> EmbeddedEngine:
    """The engine in the data folder of this deployment."""
    return EmbeddedEngine(Path(settings.DATA) / "index")


@contextmanager
def _told() -> Iterator[None]:
    """What tantivy and the disk raise, as our own error."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as exc:
        raise EngineUnavailable(reason=f"{type(exc).__name__}: {exc}"[:300]) from exc


class EmbeddedEngine:
    """Safe in threads and processes: one writer at a time, any number of readers."""

    name = "tantivy"
    version = metadata.version("tantivy")

    def __init__(self, folder: Path) -> None:
        self.place = store.Place(folder)
        self._lock = threading.Lock()
        self._open: tuple[str, Any, object] | None = None  # generation, index, what meta.json looked like

    # -- upkeep

    def ensure(self) -> None:
        with _told():
            if not self.place.named("current"):
                with self.place.writing():
                    self._ensure()

    def _ensure(self) -> str:
        """The current generation, made when there is none. The caller holds the writer's lock."""
        if not self.place.named("current"):
            self.place.point("current", self.place.make())
        return self.place.named("current")

    def put(self, documents: Sequence[RecordDocument]) -> None:
        with _told(), self.place.writing():
            for generation in filter(None, (self._ensure(), self.place.named("building"))):
                index = self.place.open(generation)
                if fresh := store.newest_of(index, documents):
                    store.write(index, fresh)

    def remove(self, ids: Iterable[str]) -> None:
        gone = list(ids)
        with _told(), self.place.writing():
            for generation in filter(None, (self._ensure(), self.place.named("building"))):
                store.write(self.place.open(generation), (), gone=gone)

    def refresh(self) -> None:
        """Readers look at the index anew with every search."""

    def rebuild(self) -> EmbeddedRebuild:
        with _told(), self.place.writing():
            self.place.drop("building")
            self._ensure()
            self.place.sweep()
            generation = self.place.make()
            self.place.point("building", generation)
        return EmbeddedRebuild(self.place, generation)

    def health(self) -> Health:
        self.ensure()
        records = self._read(lambda searcher, compiler: searcher.search(compiler.kind("record"), 1).count or 0)
        return Health(self.name, self.version, records, self.place.named("current"), self.place.named("building"))

    def close(self) -> None:
        with self._lock:
            self._open = None

    # -- reading

    def _searcher(self) -> tuple[Any, Any]:
        """A searcher over what is committed now, and its schema."""
        self.ensure()
        generation = self.place.named("current")
        meta = (self.place.folder / generation / "meta.json").stat()
        stamp = (meta.st_ino, meta.st_mtime_ns, meta.st_size)
        with self._lock:
            if self._open is None or self._open[0] != generation:
                self._open = (generation, self.place.open(generation), None)
            index = self._open[1]
            if self._open[2] != stamp:
                index.reload()
                self._open = (generation, index, stamp)
            return index.searcher(), index.schema

    def _read(self, question: Callable[[Any, Compiler], T], scope: AccessScope = AccessScope()) -> T:
        """Ask; once more when a rebuild exchanged the index in this very moment."""
        with _told():
            try:
                searcher, schema = self._searcher()
                return question(searcher, Compiler(schema, scope))
            except (OSError, ValueError):
                self.close()
                searcher, schema = self._searcher()
                return question(searcher, Compiler(schema, scope))

    def versions(self) -> Iterator[tuple[str, int]]:
        yield from self._read(asking.versions)

    def count(self, query: SearchQuery, scope: AccessScope) -> int:
        if not scope.tokens:
            return 0
        found: int = self._read(lambda s, compiler: s.search(compiler.records(query), 1).count or 0, scope)
        return found

    def search(self, query: SearchQuery, scope: AccessScope) -> SearchPage:
        if not scope.tokens:
            return NOTHING
        return self._read(lambda searcher, compiler: asking.page(searcher, compiler, query), scope)


class EmbeddedRebuild:
    """A generation that is filled beside the running one."""

    def __init__(self, place: store.Place, generation: str) -> None:
        self.place = place
        self.generation = generation

    def put(self, documents: Sequence[RecordDocument]) -> None:
        with _told(), self.place.writing():
            index = self.place.open(self.generation)
            if fresh := store.newest_of(index, documents):
                store.write(index, fresh)

    def finish(self) -> None:
        with _told(), self.place.writing():
            self.place.point("current", self.generation)
            self.place.drop("building")
            self.place.sweep()

    def abandon(self) -> None:
        with _told(), self.place.writing():
            if self.place.named("building") == self.generation:
                self.place.drop("building")
            self.place.sweep()
