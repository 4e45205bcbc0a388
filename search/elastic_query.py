"""From a query tree and a scope to what Elasticsearch is asked, and from its answers to places and counts."""

from __future__ import annotations

from typing import Any

from elasticsearch.dsl import Search
from elasticsearch.dsl import query as q
from elasticsearch.dsl.query import Query

from archive.types import AccessScope
from search import fold
from search.parse import positive
from search.ranking import (
    EXACT_BOOST,
    MOST_VALUES,
    PASSAGES_SHOWN,
    TITLE_BOOST,
    by_pairs,
    guarded_tokens,
    loose_terms,
)
from search.types import FACETS, And, FacetValue, Match, Node, Not, Or, Passage, SearchQuery

_SORTS: dict[str, list[Any]] = {
    "relevance": [{"_score": "desc"}, {"by_date": "desc"}],
    "newest": [{"by_date": "desc"}],
    "oldest": [{"by_date": "asc"}],
    "number": [{"by_number": "asc"}],
}


class Compiler:
    """Turns our query tree and the scope into Elasticsearch's query. Decides nothing."""

    def __init__(self, scope: AccessScope) -> None:
        self.tokens = sorted(scope.tokens)

    def page(self, query: SearchQuery) -> dict[str, Any]:
        """The request for one page of records, with facets over all hits. A chosen facet is counted without its own
        filter, so that more of it can be chosen; hence filters stand behind the query."""
        chosen = self.filters(query)
        asked = Search().query(self.records(query))
        if chosen:
            asked = asked.post_filter(q.Bool(filter=list(chosen.values())))
        for name in FACETS:
            others = [one for other, one in chosen.items() if other != name]
            terms = {"field": f"f_{name}", "size": MOST_VALUES}
            if others:
                asked.aggs.bucket(name, "filter", q.Bool(filter=others)).bucket("values", "terms", **terms)
            else:
                asked.aggs.bucket(name, "terms", **terms)
        start = (query.page - 1) * query.size
        sort = "newest" if query.node is None and query.sort == "relevance" else query.sort
        asked = asked.extra(track_total_hits=True).source(["data", "version"]).sort(*_SORTS[sort])
        return _arguments(asked[start : start + query.size])

    def places(self, ids: list[str], node: Node) -> dict[str, Any]:
        """The request for the best places of the records of a page, within the scope."""
        within = [self._filter("kind", ["passage"]), self._filter("record", ids), self._filter("acl", self.tokens)]
        asked = Search().query(q.Bool(must=[self.node(node, "passage_")], filter=within))[0:0]
        best = {
            "size": PASSAGES_SHOWN,
            "_source": ["data", "version"],
            "sort": [{"_score": "desc"}, {"ordinal": "asc"}],
        }
        asked.aggs.bucket("records", "terms", field="record", size=len(ids)).metric("best", "top_hits", **best)
        return _arguments(asked.extra(track_total_hits=False))

    def records(self, query: SearchQuery) -> Query:
        """Records that match, within the scope; the filters of the facets are apart."""
        within = [self._filter("kind", ["record"]), self._filter("acl", self.tokens)]
        if query.node is None:
            return q.Bool(filter=within)
        titles = [self._phrase("title", match.tokens, TITLE_BOOST) for match in positive(query.node)]
        return q.Bool(must=[self.node(query.node, "")], should=titles, filter=within)

    def filters(self, query: SearchQuery) -> dict[str, Query]:
        return {name: self._filter(f"f_{name}", list(values)) for name, values in query.filters.items() if values}

    def _filter(self, field: str, values: list[str]) -> Query:
        return q.Q("terms", **{field: values})

    def node(self, node: Node, kind: str) -> Query:
        match node:
            case Match():
                return self._match(node, kind)
            case Or(parts):
                return q.Bool(should=[self.node(part, kind) for part in parts], minimum_should_match=1)
            case And(parts):
                return q.Bool(
                    must=[self.node(part, kind) for part in parts if not isinstance(part, Not)],
                    must_not=[self.node(part.part, kind) for part in parts if isinstance(part, Not)],
                )
            case Not(part):
                return q.Bool(must_not=[self.node(part, kind)])

    def _match(self, match: Match, kind: str) -> Query:
        found = [self._loose(match, kind) if match.loose else self._adjacent(match.tokens, kind)]
        if not kind:
            found += [
                q.ConstantScore(filter=self._phrase("cases", guarded_tokens(match, token)), boost=1.0)
                for token in self.tokens
            ]
        return found[0] if len(found) == 1 else q.Bool(should=found, minimum_should_match=1)

    def _adjacent(self, tokens: tuple[str, ...], kind: str, boost: float = 1.0) -> Query:
        if by_pairs(tokens):
            return self._phrase(f"{kind}two", fold.pairs(tokens), boost)
        return self._phrase(f"{kind}one", tokens, boost)

    def _loose(self, match: Match, kind: str) -> Query:
        terms, least = loose_terms(match)
        some = [q.Term(**{f"{kind}two": term}) for term in terms]
        exact = self._adjacent(match.tokens, kind, EXACT_BOOST)
        return q.Bool(must=[q.Bool(should=some, minimum_should_match=least)], should=[exact])

    def _phrase(self, field: str, tokens: tuple[str, ...], boost: float = 1.0) -> Query:
        if len(tokens) == 1:
            return q.Term(**{field: {"value": tokens[0], "boost": boost}})
        return q.MatchPhrase(**{field: {"query": " ".join(tokens), "boost": boost}})


def _arguments(asked: Any) -> dict[str, Any]:
    """A request of the DSL as the client's own arguments."""
    told: dict[str, Any] = asked.to_dict()
    renamed = {"from": "from_", "_source": "source"}
    return {renamed.get(name, name): value for name, value in told.items()}


def facets(answer: dict[str, Any]) -> dict[str, tuple[FacetValue, ...]]:
    counted = {}
    for name in FACETS:
        told = answer["aggregations"][name]
        buckets = told.get("values", told)["buckets"]
        values = [FacetValue(str(one["key"]), int(one["doc_count"])) for one in buckets]
        counted[name] = tuple(sorted(values, key=lambda one: (-one.count, one.value)))
    return counted


def passages(answer: dict[str, Any], versions: dict[str, int]) -> dict[str, tuple[Passage, ...]]:
    """The best places of each record. One left over from an older version of its record is not shown."""
    found: dict[str, tuple[Passage, ...]] = {}
    for bucket in answer["aggregations"]["records"]["buckets"]:
        sources = [hit["_source"] for hit in bucket["best"]["hits"]["hits"]]
        fresh = [Passage(**source["data"]) for source in sources if source["version"] == versions[bucket["key"]]]
        found[bucket["key"]] = tuple(sorted(fresh, key=lambda one: (one.number, one.start_ms or 0)))
    return found
