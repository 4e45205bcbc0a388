"""What lies in Elasticsearch: mapping, documents, generations behind aliases. Only core analysis, no scripts.

One alias is searched, another names the generation that a rebuild is filling. Writes go through aliases with
`require_alias`, so that nothing ever makes an index by accident. One shard: facet counts are exact.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError, helpers
from elasticsearch.dsl import Mapping

from search import fold
from search.ranking import MOST_BODY, by_date, guarded
from search.types import FACETS, RecordDocument

FORMAT = 2  # raise it when the mapping changes: the index is then made anew
CHUNK = 8 * 2**20  # bytes of one bulk request; a larger document goes alone
CONFLICT = 409
BUSY = frozenset({429, 503})

SETTINGS = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    "refresh_interval": "1s",
}


class Rejected(RuntimeError):
    """The engine will not have a document: a fault of ours, not an outage."""


class Missing(RuntimeError):
    """The index that an alias named is gone, or was never made."""


class Busy(RuntimeError):
    """The engine has too much to do; the same may be put later."""


def mapping() -> Mapping:
    """Fields of both kinds of documents. Texts come folded, with spaces between the tokens, and are not kept."""
    made = Mapping()
    made.meta("dynamic", "strict")
    made.meta("_source", excludes=["title", "one", "two", "passage_one", "passage_two", "cases"])
    for name in ("kind", "record", "acl", "by_date", "by_number", *(f"f_{facet}" for facet in FACETS)):
        made.field(name, "keyword")
    for name in ("title", "one", "two", "passage_one", "passage_two", "cases"):
        made.field(name, "text", analyzer="whitespace")
    made.field("version", "long")
    made.field("revision", "long")
    made.field("places", "integer", index=False)
    made.field("ordinal", "integer")
    made.field("data", "object", enabled=False)
    return made


class Generations:
    """The indexes of this deployment, by the aliases that name them."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self.client = client
        self.current = f"{prefix}-{FORMAT}"
        self.building = f"{prefix}-{FORMAT}-building"

    def of(self, alias: str) -> list[str]:
        """The indexes behind an alias: one, or none."""
        try:
            return sorted(self.client.indices.get_alias(name=alias).body)
        except NotFoundError:
            return []

    def ensure(self) -> None:
        """Make the first generation when there is none; two processes at once make one."""
        if not self.of(self.current):
            self._create("first", self.current)

    def begin(self) -> str:
        """A new generation under the alias `building`; an unfinished one goes."""
        for index in self.of(self.building):
            self.client.indices.delete(index=index, ignore_unavailable=True)
        return self._create(str(time.time_ns()), self.building)

    def exchange(self, generation: str) -> None:
        """Let the current alias name this generation instead, in one step; then drop the old one."""
        old = self.of(self.current)
        actions: list[dict[str, Any]] = [{"remove": {"index": index, "alias": self.current}} for index in old]
        actions += [
            {"add": {"index": generation, "alias": self.current}},
            {"remove": {"index": generation, "alias": self.building}},
        ]
        self.client.indices.update_aliases(actions=actions)
        for index in old:
            self.client.indices.delete(index=index, ignore_unavailable=True)

    def drop(self, generation: str) -> None:
        self.client.indices.delete(index=generation, ignore_unavailable=True)

    def _create(self, suffix: str, alias: str) -> str:
        name = f"{self.current}-{suffix}"
        try:
            self.client.indices.create(index=name, settings=SETTINGS, mappings=mapping().to_dict(), aliases={alias: {}})
        except BadRequestError as exc:
            if exc.error != "resource_already_exists_exception":  # another process was quicker
                raise
        return name


def write(client: Elasticsearch, alias: str, documents: Sequence[RecordDocument]) -> None:
    """Put documents, each guarded by its version: an older one changes nothing."""
    known = _known(client, alias, {document.id for document in documents})
    fresh = [document for document in documents if document.version >= known.get(document.id, (0, 0))[0]]
    actions = (action for document in fresh for action in _actions(document, known.get(document.id, (0, 0))[1]))
    _bulk(client, alias, actions)


def erase(client: Elasticsearch, alias: str, ids: Iterable[str]) -> None:
    """Take out records with their passages."""
    known = _known(client, alias, set(ids))
    actions = (
        {"_op_type": "delete", "_id": name}
        for record_id, (_version, places) in known.items()
        for name in [record_id, *(f"{record_id}#{number}" for number in range(places))]
    )
    _bulk(client, alias, actions)


def _known(client: Elasticsearch, alias: str, ids: set[str]) -> dict[str, tuple[int, int]]:
    """Version and number of passages of what is there now; read from the shard itself, not from the last refresh."""
    if not ids:
        return {}
    answer = client.mget(index=alias, ids=sorted(ids), source_includes=["version", "places"])
    return {
        one["_id"]: (int(one["_source"]["version"]), int(one["_source"]["places"]))
        for one in answer["docs"]
        if one.get("found")
    }


def _bulk(client: Elasticsearch, alias: str, actions: Iterable[dict[str, Any]]) -> None:
    refused: list[str] = []
    for good, told in helpers.streaming_bulk(
        client, actions, index=alias, max_chunk_bytes=CHUNK, raise_on_error=False, require_alias=True
    ):
        kind, answer = next(iter(told.items()))
        absent = kind == "delete" and answer["status"] == 404 and "result" in answer
        if good or absent or answer["status"] == CONFLICT:
            continue
        if answer["status"] in BUSY:
            raise Busy(str(answer.get("error"))[:300])
        if answer["status"] == 404:
            raise Missing(str(answer.get("error"))[:300])
        refused.append(str(answer.get("error"))[:300])
    if refused:
        raise Rejected("; ".join(refused[:3]))


def _actions(document: RecordDocument, places: int) -> Iterator[dict[str, Any]]:
    guard = {"version": document.version, "version_type": "external_gte"}
    yield {"_op_type": "index", "_id": document.id, "_source": record_source(document)} | guard
    for number, source in enumerate(passage_sources(document)):
        yield {"_op_type": "index", "_id": f"{document.id}#{number}", "_source": source} | guard
    for number in range(len(document.passages), places):
        yield {"_op_type": "delete", "_id": f"{document.id}#{number}"} | guard


def record_source(document: RecordDocument) -> dict[str, Any]:
    """The record's own document."""
    tokens = fold.joined(document.body, MOST_BODY)
    return {
        "kind": "record",
        "record": document.id,
        "acl": list(document.acl),
        "title": " ".join(fold.words(document.title)),
        "one": _plain(" ".join(tokens)),
        "two": _plain(" ".join(fold.pairs(tokens))),
        "cases": list(guarded(document)),
        **{f"f_{name}": list(values) for name, values in document.facets.items()},
        "by_date": by_date(document),
        "by_number": document.number,
        "version": document.version,
        "revision": document.revision,
        "places": len(document.passages),
        "data": dict(document.data),
    }


def passage_sources(document: RecordDocument) -> Iterator[dict[str, Any]]:
    """A document for each passage, with the audience of its record."""
    for number, passage in enumerate(document.passages):
        tokens = fold.words(passage.text)
        yield {
            "kind": "passage",
            "record": document.id,
            "acl": list(document.acl),
            "version": document.version,
            "ordinal": number,
            "passage_one": _plain(" ".join(tokens)),
            "passage_two": _plain(" ".join(fold.pairs(tokens))),
            "data": vars(passage) | {"text": _plain(passage.text)},
        }


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
