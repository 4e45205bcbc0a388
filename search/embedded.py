"""The embedded engine, on tantivy: for an office without a search server. The only importer of `tantivy`.

One folder a generation, `current` names the one in use. tantivy takes one writer at a time, so writers of all
processes share a file lock; readers are free and see what was committed.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy
from django.conf import settings
from tantivy import Occur, Query

from archive.types import AccessScope
from search import fold
from search.ranking import LOOSE_SHARE, PASSAGES_SHOWN, TITLE_BOOST, passage_node
from search.types import (
    FACETS,
    And,
    FacetValue,
    Match,
    Node,
    Not,
    Or,
    Passage,
    RecordDocument,
    SearchHit,
    SearchPage,
    SearchQuery,
)

HEAP = 64_000_000
FORMAT = 1  # raise it when the schema changes: the index is then made anew


def open_engine() -> EmbeddedEngine:
    """The engine in the data folder of this deployment."""
    return EmbeddedEngine(Path(settings.DATA) / "index")


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("acl", tokenizer_name="raw", index_option="basic")
    for name in ("title", "one", "two"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in FACETS:
        builder.add_text_field(f"f_{name}", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("date", fast=True)
    builder.add_text_field("number", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("version", stored=True, fast=True)
    builder.add_text_field("data", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class EmbeddedEngine:
    name = "tantivy"
    version = str(getattr(tantivy, "__version__", "")).split(",")[0].removeprefix("tantivy ").strip()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._open: tuple[str, Any] | None = None

    # -- generations

    def ensure(self) -> None:
        self._index()

    def _index(self) -> Any:
        """The index in use; follows the `current` file when a rebuild has replaced it."""
        generation = self._generation()
        with self._lock:
            if self._open is None or self._open[0] != generation:
                path = self.folder / generation
                path.mkdir(parents=True, exist_ok=True)
                index = tantivy.Index(_schema(), path=str(path))
                index.config_reader("Manual", 1)
                self._open = (generation, index)
            return self._open[1]

    def _generation(self) -> str:
        pointer = self.folder / "current"
        try:
            named = pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            named = ""
        if named.startswith(f"g{FORMAT}-"):
            return named
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._writing():
            if not pointer.exists() or not pointer.read_text(encoding="utf-8").startswith(f"g{FORMAT}-"):
                self._point(f"g{FORMAT}-{time.time_ns()}")
        return pointer.read_text(encoding="utf-8").strip()

    def _point(self, generation: str) -> None:
        fresh = self.folder / f"current.{os.getpid()}"
        fresh.write_text(generation, encoding="utf-8")
        os.replace(fresh, self.folder / "current")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer among all processes of this machine."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "writer.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    # -- writing

    def put(self, documents: Sequence[RecordDocument]) -> None:
        with self._writing():
            index = self._index()
            index.reload()
            searcher = index.searcher()
            fresh = [document for document in documents if document.version >= self._known(searcher, document.id)]
            if fresh:
                _write(index, fresh)

    def _known(self, searcher: Any, record_id: str) -> int:
        query = Query.boolean_query(
            [
                (Occur.Must, Query.term_query(searcher_schema(self), "id", record_id)),
                (Occur.Must, Query.term_query(searcher_schema(self), "kind", "record")),
            ]
        )
        hits = searcher.search(query, 1, count=False).hits
        return int(searcher.doc(hits[0][1]).get_first("version")) if hits else 0

    def remove(self, ids: Iterable[str]) -> None:
        with self._writing():
            index = self._index()
            writer = index.writer(HEAP, 1)
            for record_id in ids:
                writer.delete_documents_by_term("id", record_id)
            writer.commit()
            writer.wait_merging_threads()

    def refresh(self) -> None:
        self._index().reload()

    def rebuild(self) -> EmbeddedRebuild:
        return EmbeddedRebuild(self, f"g{FORMAT}-{time.time_ns()}")

    # -- reading

    def versions(self) -> Iterator[tuple[str, int]]:
        index = self._index()
        index.reload()
        searcher = index.searcher()
        query = Query.term_query(index.schema, "kind", "record")
        total = searcher.search(query, 1).count or 0
        for start in range(0, total, 5000):
            for _key, address in searcher.search(query, 5000, count=False, offset=start, order_by_field="id").hits:
                document = searcher.doc(address)
                yield str(document.get_first("id")), int(document.get_first("version"))

    def search(self, query: SearchQuery, scope: AccessScope) -> SearchPage:
        if not scope.tokens:
            return SearchPage(0, (), {})
        index = self._index()
        index.reload()
        searcher = index.searcher()
        compiler = Compiler(index.schema)
        began = time.perf_counter()
        whole = compiler.records(query, scope)
        offset = (query.page - 1) * query.size
        found = searcher.search(whole, query.size, offset=offset, **_order(query.sort))
        documents = [searcher.doc(address) for _key, address in found.hits]
        facets = {name: _facet(searcher, compiler, query, scope, name) for name in FACETS}
        places = passage_node(query.node)
        raw = {
            str(document.get_first("id")): _passages(searcher, compiler, str(document.get_first("id")), places, scope)
            for document in documents
            if places is not None
        }
        took = (time.perf_counter() - began) * 1000
        hits = tuple(_hit(document, raw) for document in documents)
        return SearchPage(found.count or 0, hits, facets, took)


def searcher_schema(engine: EmbeddedEngine) -> Any:
    return engine._index().schema


class EmbeddedRebuild:
    """A new generation, filled beside the running one."""

    def __init__(self, engine: EmbeddedEngine, generation: str) -> None:
        self._engine = engine
        self._generation = generation
        self._path = engine.folder / generation
        self._path.mkdir(parents=True)
        self._index = tantivy.Index(_schema(), path=str(self._path))

    def put(self, documents: Sequence[RecordDocument]) -> None:
        if documents:
            _write(self._index, documents)

    def finish(self) -> None:
        with self._engine._writing():
            old = self._engine._generation() if (self._engine.folder / "current").exists() else ""
            self._engine._point(self._generation)
        # Readers of the old generation hold its files open; the folder may go
        if old and old != self._generation:
            shutil.rmtree(self._engine.folder / old, ignore_errors=True)

    def abandon(self) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def _write(index: Any, documents: Sequence[RecordDocument]) -> None:
    writer = index.writer(HEAP, 1)
    for document in documents:
        writer.delete_documents_by_term("id", document.id)
        for row in _rows(document):
            writer.add_document(row)
    writer.commit()
    writer.wait_merging_threads()


def _rows(document: RecordDocument) -> Iterator[Any]:
    record = tantivy.Document()
    record.add_text("id", document.id)
    record.add_text("kind", "record")
    for token in document.acl:
        record.add_text("acl", token)
    record.add_text("title", " ".join(fold.words(document.title)))
    for text in document.body:
        _add_text(record, text)
    for name, values in document.facets.items():
        for value in values:
            record.add_text(f"f_{name}", value)
    record.add_integer("date", document.date)
    record.add_text("number", document.number)
    record.add_integer("version", document.version)
    record.add_text("data", json.dumps(dict(document.data), ensure_ascii=False))
    yield record
    for passage in document.passages:
        row = tantivy.Document()
        row.add_text("id", document.id)
        row.add_text("kind", "passage")
        for token in document.acl:
            row.add_text("acl", token)
        _add_text(row, passage.text)
        row.add_integer("date", passage.number)
        row.add_text("data", json.dumps(vars(passage), ensure_ascii=False))
        yield row


def _add_text(row: Any, text: str) -> None:
    tokens = fold.words(text)
    row.add_text("one", " ".join(tokens))
    row.add_text("two", " ".join(fold.pairs(tokens)))


class Compiler:
    """Turns our query tree into tantivy's. Decides nothing."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def records(self, query: SearchQuery, scope: AccessScope, *, without: str = "") -> Any:
        """Records that match, within the scope and the filters (but for the facet `without`)."""
        clauses = [
            (Occur.Must, self._constant(Query.term_query(self.schema, "kind", "record"))),
            (Occur.Must, self.allowed(scope)),
        ]
        for name, values in query.filters.items():
            if values and name != without:
                chosen = Query.term_set_query(self.schema, f"f_{name}", list(values))
                clauses.append((Occur.Must, self._constant(chosen)))
        if query.node is not None:
            clauses.append((Occur.Must, self.node(query.node)))
            titles = [self.title(match) for match in _matches(query.node)]
            clauses += [(Occur.Should, Query.boost_query(title, TITLE_BOOST)) for title in titles]
        return Query.boolean_query(clauses)

    def allowed(self, scope: AccessScope) -> Any:
        return self._constant(Query.term_set_query(self.schema, "acl", sorted(scope.tokens)))

    def _constant(self, query: Any) -> Any:
        return Query.const_score_query(query, 0.0)

    def node(self, node: Node) -> Any:
        match node:
            case Match():
                return self.match(node)
            case Or(parts):
                return Query.boolean_query([(Occur.Should, self.node(part)) for part in parts])
            case And(parts):
                return Query.boolean_query([self._clause(part) for part in parts])
            case Not():
                return Query.boolean_query([(Occur.Must, Query.all_query()), self._clause(node)])

    def _clause(self, part: Node) -> tuple[Any, Any]:
        if isinstance(part, Not):
            return Occur.MustNot, self.node(part.part)
        return Occur.Must, self.node(part)

    def match(self, match: Match) -> Any:
        if not match.loose:
            return self.adjacent(match.tokens)
        return Query.boolean_query(
            [
                (Occur.Must, self.most_of(match.tokens)),
                (Occur.Should, Query.boost_query(self.adjacent(match.tokens), 4.0)),
            ]
        )

    def adjacent(self, tokens: tuple[str, ...]) -> Any:
        """The tokens next to each other: by pairs where all are Han, else by single tokens."""
        if len(tokens) > 1 and fold.all_han(tokens):
            return self._phrase("two", fold.pairs(tokens))
        return self._phrase("one", tokens)

    def most_of(self, tokens: tuple[str, ...]) -> Any:
        wanted = sorted(set(fold.pairs(tokens)))
        clauses = [(Occur.Should, Query.term_query(self.schema, "two", pair)) for pair in wanted]
        return Query.boolean_query(clauses, math.ceil(len(wanted) * LOOSE_SHARE))

    def title(self, match: Match) -> Any:
        return self._phrase("title", match.tokens)

    def _phrase(self, field: str, tokens: tuple[str, ...]) -> Any:
        if len(tokens) == 1:
            return Query.term_query(self.schema, field, tokens[0])
        return Query.phrase_query(self.schema, field, list(tokens))


def _matches(node: Node) -> list[Match]:
    match node:
        case Match():
            return [node]
        case And(parts) | Or(parts):
            return [found for part in parts for found in _matches(part)]
        case _:
            return []


def _order(sort: str) -> dict[str, Any]:
    if sort == "newest":
        return {"order_by_field": "date", "order": tantivy.Order.Desc}
    if sort == "oldest":
        return {"order_by_field": "date", "order": tantivy.Order.Asc}
    if sort == "number":
        return {"order_by_field": "number", "order": tantivy.Order.Asc}
    return {}


def _facet(
    searcher: Any, compiler: Compiler, query: SearchQuery, scope: AccessScope, name: str
) -> tuple[FacetValue, ...]:
    """Counts of one facet over all hits; its own filter is left out, so that other values can be chosen as well."""
    whole = compiler.records(query, scope, without=name)
    answer = searcher.aggregate(whole, {"values": {"terms": {"field": f"f_{name}", "size": 100}}})
    told = json.loads(answer) if isinstance(answer, str) else answer
    return tuple(FacetValue(str(item["key"]), int(item["doc_count"])) for item in told["values"]["buckets"])


def _passages(searcher: Any, compiler: Compiler, record_id: str, node: Node, scope: AccessScope) -> list[str]:
    query = Query.boolean_query(
        [
            (Occur.Must, compiler._constant(Query.term_query(compiler.schema, "kind", "passage"))),
            (Occur.Must, compiler._constant(Query.term_query(compiler.schema, "id", record_id))),
            (Occur.Must, compiler.allowed(scope)),
            (Occur.Must, compiler.node(node)),
        ]
    )
    hits = searcher.search(query, PASSAGES_SHOWN, count=False).hits
    return [str(searcher.doc(address).get_first("data")) for _key, address in hits]


def _hit(document: Any, raw: dict[str, list[str]]) -> SearchHit:
    record_id = str(document.get_first("id"))
    passages = [Passage(**json.loads(text)) for text in raw.get(record_id, [])]
    passages.sort(key=lambda passage: (passage.kind, passage.number, passage.start_ms or 0))
    return SearchHit(record_id, json.loads(document.get_first("data")), tuple(passages))
