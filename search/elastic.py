"""The engine on Elasticsearch 8.19 or newer, for a city's archive. Compiles a query and its scope; see
`elastic_index` for what is written and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from django.conf import settings
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.dsl import query as q

from archive.types import AccessScope
from search import elastic_index as store
from search import elastic_query as asking
from search.elastic_query import Compiler
from search.engine import EngineUnavailable
from search.ranking import passage_node
from search.types import NOTHING, Health, Passage, RecordDocument, SearchHit, SearchPage, SearchQuery

SECONDS = 20  # that an answer may take


def open_engine() -> ElasticEngine:
    """The engine at the address of this deployment."""
    return ElasticEngine(settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_PREFIX)


@contextmanager
def _told() -> Iterator[None]:
    """Outages as our own error; what Elasticsearch refuses because of us stays what it is."""
    try:
        yield
    except TransportError as exc:
        raise EngineUnavailable(reason=str(exc)[:300]) from exc
    except (store.Busy, store.Missing) as exc:
        raise EngineUnavailable(reason=str(exc)[:300]) from exc
    except ApiError as exc:
        if exc.status_code in store.BUSY or exc.status_code >= 500 or exc.status_code in {401, 403, 404}:
            raise EngineUnavailable(reason=str(exc)[:300]) from exc
        raise


class ElasticEngine:
    """One client a process; its connections are shared by the threads."""

    name = "elasticsearch"

    def __init__(self, url: str, prefix: str) -> None:
        self.client = Elasticsearch(url, request_timeout=SECONDS, max_retries=1, retry_on_timeout=False)
        self.at = store.Generations(self.client, prefix)

    @cached_property
    def _version(self) -> str:
        nodes = self.client.nodes.info(node_id="_local", filter_path="nodes.*.version")["nodes"]
        return str(next(iter(nodes.values()))["version"])

    @property
    def version(self) -> str:
        try:
            return self._version
        except (TransportError, ApiError):
            return ""

    # -- upkeep

    def ensure(self) -> None:
        with _told():
            self.at.ensure()

    def put(self, documents: Sequence[RecordDocument]) -> None:
        with _told():
            try:
                self._put(documents)
            except (NotFoundError, store.Missing):  # no index yet, or a rebuild was finished in this moment
                self.at.ensure()
                self._put(documents)

    def _put(self, documents: Sequence[RecordDocument]) -> None:
        store.write(self.client, self.at.current, documents)
        if self.at.of(self.at.building):
            store.write(self.client, self.at.building, documents)

    def remove(self, ids: Iterable[str]) -> None:
        gone = list(ids)
        with _told():
            self.at.ensure()
            for alias in (self.at.current, self.at.building):
                if self.at.of(alias):
                    store.erase(self.client, alias, gone)

    def refresh(self) -> None:
        with _told():
            self.client.indices.refresh(index=self.at.current, ignore_unavailable=True)

    def rebuild(self) -> ElasticRebuild:
        with _told():
            self.at.ensure()
            return ElasticRebuild(self.at, self.at.begin())

    def health(self) -> Health:
        with _told():
            self.at.ensure()
            records = int(self.client.count(index=self.at.current, query={"term": {"kind": "record"}})["count"])
            current, building = self.at.of(self.at.current), self.at.of(self.at.building)
        return Health(self.name, self.version, records, current[0], building[0] if building else "")

    def close(self) -> None:
        self.client.close()

    # -- reading

    def versions(self) -> Iterator[tuple[str, int]]:
        after: list[str] | None = None
        while True:
            with _told():
                self.at.ensure()
                answer = self.client.search(
                    index=self.at.current,
                    query={"term": {"kind": "record"}},
                    sort=[{"record": "asc"}],
                    size=5000,
                    source_includes=["revision"],
                    search_after=after,
                )
            hits = answer["hits"]["hits"]
            if not hits:
                return
            yield from ((hit["_id"], int(hit["_source"]["revision"])) for hit in hits)
            after = hits[-1]["sort"]

    def count(self, query: SearchQuery, scope: AccessScope) -> int:
        if not scope.tokens:
            return 0
        compiler = Compiler(scope)
        whole = q.Bool(filter=[compiler.records(query), *compiler.filters(query).values()])
        with _told():
            return int(self._ask_count(whole))

    def _ask_count(self, whole: q.Query) -> int:
        try:
            return int(self.client.count(index=self.at.current, query=whole.to_dict())["count"])
        except NotFoundError:
            self.at.ensure()
            return 0

    def search(self, query: SearchQuery, scope: AccessScope) -> SearchPage:
        if not scope.tokens:
            return NOTHING
        with _told():
            try:
                return self._search(query, Compiler(scope))
            except NotFoundError:
                self.at.ensure()
                return NOTHING

    def _search(self, query: SearchQuery, compiler: Compiler) -> SearchPage:
        asked = compiler.page(query)
        answer = self.client.search(index=self.at.current, **asked)
        hits = answer["hits"]["hits"]
        places, took = passage_node(query.node), float(answer["took"])
        passages: dict[str, tuple[Passage, ...]] = {}
        if hits and places is not None:
            versions = {hit["_id"]: hit["_source"]["version"] for hit in hits}
            more = self.client.search(index=self.at.current, **compiler.places(list(versions), places))
            passages, took = asking.passages(more.body, versions), took + float(more["took"])
        found = tuple(SearchHit(hit["_id"], hit["_source"]["data"], passages.get(hit["_id"], ())) for hit in hits)
        return SearchPage(int(answer["hits"]["total"]["value"]), found, asking.facets(answer.body), took)


class ElasticRebuild:
    """A generation that is filled beside the running one."""

    def __init__(self, at: store.Generations, generation: str) -> None:
        self.at = at
        self.generation = generation

    def put(self, documents: Sequence[RecordDocument]) -> None:
        with _told():
            store.write(self.at.client, self.at.building, documents)

    def finish(self) -> None:
        with _told():
            self.at.client.indices.refresh(index=self.generation)
            self.at.exchange(self.generation)

    def abandon(self) -> None:
        with _told():
            self.at.drop(self.generation)
