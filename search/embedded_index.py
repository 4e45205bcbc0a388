"""Where the embedded index lies and what is written into it.

One folder a generation; the file `current` names the one in use, `building` the one that a rebuild is filling.
tantivy takes one writer at a time, so the writers of all processes share a file lock; readers are free.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from search import fold
from search.ranking import MOST_BODY, by_date, guarded
from search.types import FACETS, RecordDocument

HEAP = 64_000_000  # bytes a writer may hold before it writes a segment
FORMAT = 2  # raise it when the schema changes: the index is then made anew
TEXTS = ("title", "one", "two", "passage_one", "passage_two", "cases")


def schema() -> Any:
    """Fields of both kinds of documents. Texts come folded, with spaces between the tokens."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("acl", tokenizer_name="raw", index_option="basic")
    for name in TEXTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in FACETS:
        builder.add_text_field(f"f_{name}", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("by_date", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("by_number", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("version", stored=True)
    builder.add_integer_field("revision", stored=True)
    builder.add_text_field("data", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def rows(document: RecordDocument) -> Iterator[Any]:
    """The record's own row and one for each passage."""
    record = _row(document, "record")
    _add(record, "title", " ".join(fold.words(document.title)))
    tokens = fold.joined(document.body, MOST_BODY)
    _add(record, "one", " ".join(tokens))
    _add(record, "two", " ".join(fold.pairs(tokens)))
    for text in guarded(document):
        _add(record, "cases", text)
    for name, values in document.facets.items():
        for value in values:
            record.add_text(f"f_{name}", value)
    record.add_text("by_date", by_date(document))
    record.add_text("by_number", document.number)
    record.add_integer("version", document.version)
    record.add_integer("revision", document.revision)
    _add(record, "data", json.dumps(dict(document.data), ensure_ascii=False))
    yield record
    for passage in document.passages:
        row = _row(document, "passage")
        tokens = fold.words(passage.text)
        _add(row, "passage_one", " ".join(tokens))
        _add(row, "passage_two", " ".join(fold.pairs(tokens)))
        _add(row, "data", json.dumps(vars(passage), ensure_ascii=False))
        yield row


def _row(document: RecordDocument, kind: str) -> Any:
    row = tantivy.Document()
    row.add_text("id", document.id)
    row.add_text("kind", kind)
    for token in document.acl:
        row.add_text("acl", token)
    return row


def _add(row: Any, field: str, text: str) -> None:
    row.add_text(field, text.encode("utf-8", "replace").decode())  # half a surrogate pair is no text


def write(index: Any, documents: Iterable[RecordDocument], *, gone: Iterable[str] = ()) -> None:
    """Put documents in place of what is there. The caller holds the writer's lock."""
    writer = index.writer(HEAP, 1)
    try:
        for record_id in gone:
            writer.delete_documents_by_term("id", record_id)
        for document in documents:
            writer.delete_documents_by_term("id", document.id)
            for row in rows(document):
                writer.add_document(row)
        writer.commit()
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()


def newest_of(index: Any, documents: Sequence[RecordDocument]) -> list[RecordDocument]:
    """Those documents that are not older than what the index holds, each record once."""
    index.reload()
    searcher = index.searcher()
    found: dict[str, RecordDocument] = {}
    for document in documents:
        if document.version >= max(_version_of(searcher, index, document.id), _of(found, document.id)):
            found[document.id] = document
    return list(found.values())


def _of(found: dict[str, RecordDocument], record_id: str) -> int:
    return found[record_id].version if record_id in found else 0


def _version_of(searcher: Any, index: Any, record_id: str) -> int:
    clauses = [
        (Occur.Must, Query.term_query(index.schema, "id", record_id)),
        (Occur.Must, Query.term_query(index.schema, "kind", "record")),
    ]
    hits = searcher.search(Query.boolean_query(clauses), 1, count=False).hits
    return int(searcher.doc(hits[0][1]).get_first("version")) if hits else 0


class Place:
    """The folder of the generations. Pointers are files, replaced in one step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def named(self, pointer: str) -> str:
        """The generation that `current` or `building` names; "" when there is none of this format."""
        try:
            name = (self.folder / pointer).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""
        return name if name.startswith(f"g{FORMAT}-") and (self.folder / name / "meta.json").exists() else ""

    def point(self, pointer: str, generation: str) -> None:
        fresh = self.folder / f"{pointer}.{os.getpid()}.{time.monotonic_ns()}"
        fresh.write_text(generation, encoding="utf-8")
        os.replace(fresh, self.folder / pointer)

    def drop(self, pointer: str) -> None:
        (self.folder / pointer).unlink(missing_ok=True)

    def make(self) -> str:
        """An empty generation that nothing points to yet."""
        generation = f"g{FORMAT}-{time.time_ns()}"
        path = self.folder / generation
        path.mkdir(parents=True)
        tantivy.Index(schema(), path=str(path))
        return generation

    def open(self, generation: str) -> Any:
        """The index of a generation. Raises when it is not there (any more)."""
        index = tantivy.Index.open(str(self.folder / generation))
        index.config_reader("Manual", 1)
        return index

    def sweep(self) -> None:
        """Remove generations that nothing names; readers keep what they hold open. The caller holds the lock."""
        kept = {self.named("current"), self.named("building")}
        for path in self.folder.glob("g*-*"):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer among all processes of this machine; a process that dies lets go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "writer.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
