"""From a query tree and a scope to what tantivy is asked, and from its answers to a page of hits."""

from __future__ import annotations

import json
import time
from typing import Any

import tantivy
from tantivy import Occur, Query

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
    passage_node,
)
from search.types import FACETS, And, FacetValue, Match, Node, Not, Or, Passage, SearchHit, SearchPage, SearchQuery

_ORDER = {
    "newest": ("by_date", tantivy.Order.Desc),
    "oldest": ("by_date", tantivy.Order.Asc),
    "number": ("by_number", tantivy.Order.Asc),
}


def versions(searcher: Any, compiler: Compiler) -> list[tuple[str, int]]:
    query, found = compiler.kind("record"), []
    for start in range(0, searcher.search(query, 1).count or 0, 5000):
        for _key, address in searcher.search(query, 5000, count=False, offset=start, order_by_field="id").hits:
            document = searcher.doc(address)
            found.append((str(document.get_first("id")), int(document.get_first("revision"))))
    return found


def page(searcher: Any, compiler: Compiler, query: SearchQuery) -> SearchPage:
    began = time.perf_counter()
    field, order = _ORDER.get(query.sort, ("", None)) if query.node or query.sort != "relevance" else _ORDER["newest"]
    sorting = {"order_by_field": field, "order": order} if field else {}
    offset = (query.page - 1) * query.size
    found = searcher.search(compiler.records(query), query.size, offset=offset, **sorting)
    documents = [searcher.doc(address) for _key, address in found.hits]
    facets = _facets(searcher, compiler, query)
    places = passage_node(query.node)
    hits = []
    for document in documents:
        record_id = str(document.get_first("id"))
        passages = _passages(searcher, compiler, record_id, places) if places is not None else ()
        hits.append(SearchHit(record_id, json.loads(document.get_first("data")), passages))
    return SearchPage(found.count or 0, tuple(hits), facets, (time.perf_counter() - began) * 1000)


def _facets(searcher: Any, compiler: Compiler, query: SearchQuery) -> dict[str, tuple[FacetValue, ...]]:
    """Counts over all hits. A chosen facet is counted without its own filter, so that more of it can be chosen."""
    chosen = [name for name in FACETS if query.filters.get(name)]
    rest = [name for name in FACETS if name not in chosen]
    told = _aggregate(searcher, compiler.records(query), rest)
    for name in chosen:
        told |= _aggregate(searcher, compiler.records(query, without=name), [name])
    return {name: told[name] for name in FACETS}


def _aggregate(searcher: Any, query: Any, names: list[str]) -> dict[str, tuple[FacetValue, ...]]:
    wanted = {name: {"terms": {"field": f"f_{name}", "size": MOST_VALUES}} for name in names}
    answer = searcher.aggregate(query, wanted)
    told = json.loads(answer) if isinstance(answer, str) else answer
    counted = {
        name: [FacetValue(str(one["key"]), int(one["doc_count"])) for one in told[name]["buckets"]] for name in names
    }
    return {name: tuple(sorted(ones, key=lambda one: (-one.count, one.value))) for name, ones in counted.items()}


def _passages(searcher: Any, compiler: Compiler, record_id: str, node: Node) -> tuple[Passage, ...]:
    hits = searcher.search(compiler.passages(record_id, node), PASSAGES_SHOWN, count=False).hits
    found = [Passage(**json.loads(searcher.doc(address).get_first("data"))) for _score, address in hits]
    return tuple(sorted(found, key=lambda one: (one.number, one.start_ms or 0)))


class Compiler:
    """Turns our query tree and the scope into tantivy's query. Decides nothing."""

    def __init__(self, schema: Any, scope: AccessScope) -> None:
        self.schema = schema
        self.tokens = sorted(scope.tokens)

    def kind(self, kind: str) -> Any:
        return Query.term_query(self.schema, "kind", kind)

    def records(self, query: SearchQuery, *, without: str = "") -> Any:
        """Records that match, within the scope and the filters (but for the facet `without`)."""
        clauses = [self._filter("kind", ["record"]), self._filter("acl", self.tokens)]
        for name, values in query.filters.items():
            if values and name != without:
                clauses.append(self._filter(f"f_{name}", list(values)))
        if query.node is not None:
            clauses.append((Occur.Must, self.node(query.node, "")))
            for match in positive(query.node):
                clauses.append((Occur.Should, Query.boost_query(self._phrase("title", match.tokens), TITLE_BOOST)))
        return Query.boolean_query(clauses)

    def passages(self, record_id: str, node: Node) -> Any:
        """The places of one record, within the scope."""
        clauses = [self._filter("kind", ["passage"]), self._filter("id", [record_id]), self._filter("acl", self.tokens)]
        return Query.boolean_query([*clauses, (Occur.Must, self.node(node, "passage_"))])

    def _filter(self, field: str, values: list[str]) -> tuple[Any, Any]:
        return Occur.Must, Query.const_score_query(Query.term_set_query(self.schema, field, values), 0.0)

    def node(self, node: Node, kind: str) -> Any:
        match node:
            case Match():
                return self._match(node, kind)
            case Or(parts):
                return Query.boolean_query([(Occur.Should, self.node(part, kind)) for part in parts])
            case And(parts):
                return Query.boolean_query([self._clause(part, kind) for part in parts] + self._all(parts))
            case Not():
                return Query.boolean_query([self._clause(node, kind), *self._all((node,))])

    def _clause(self, part: Node, kind: str) -> tuple[Any, Any]:
        if isinstance(part, Not):
            return Occur.MustNot, self.node(part.part, kind)
        return Occur.Must, self.node(part, kind)

    def _all(self, parts: tuple[Node, ...]) -> list[tuple[Any, Any]]:
        """A query of NOTs only needs something to take away from."""
        only_not = all(isinstance(part, Not) for part in parts)
        return [(Occur.Must, Query.const_score_query(Query.all_query(), 0.0))] if only_not else []

    def _match(self, match: Match, kind: str) -> Any:
        found = [self._loose(match, kind) if match.loose else self._adjacent(match.tokens, kind)]
        if not kind:
            found += [
                Query.const_score_query(self._phrase("cases", guarded_tokens(match, token)), 1.0)
                for token in self.tokens
            ]
        return found[0] if len(found) == 1 else Query.boolean_query([(Occur.Should, one) for one in found])

    def _adjacent(self, tokens: tuple[str, ...], kind: str) -> Any:
        if by_pairs(tokens):
            return self._phrase(f"{kind}two", fold.pairs(tokens))
        return self._phrase(f"{kind}one", tokens)

    def _loose(self, match: Match, kind: str) -> Any:
        terms, least = loose_terms(match)
        some = [(Occur.Should, Query.term_query(self.schema, f"{kind}two", term)) for term in terms]
        exact = Query.boost_query(self._adjacent(match.tokens, kind), EXACT_BOOST)
        return Query.boolean_query([(Occur.Must, Query.boolean_query(some, least)), (Occur.Should, exact)])

    def _phrase(self, field: str, tokens: tuple[str, ...]) -> Any:
        if len(tokens) == 1:
            return Query.term_query(self.schema, field, tokens[0])
        return Query.phrase_query(self.schema, field, list(tokens))
