"""Searching over the API: the engine's own filters and scope; nothing is filtered afterwards."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import Field

from archive import access, custody
from archive.models import Record
from config.api.auth import actor_of
from config.api.fields import Line
from config.api.problems import PROBLEMS
from search import highlight, parse
from search.engine import get_engine
from search.types import FACETS, Match, Passage, SearchQuery

router = Router(tags=["search"])
Values = Annotated[list[Line], Field(max_length=50)]


class SearchIn(Schema):
    """Words (all of them), “phrases”, -not, OR, brackets; and filters, each with any of its values."""

    q: Line = ""
    sort: Literal["relevance", "newest", "oldest", "number"] = "relevance"
    page: Annotated[int, Field(ge=1, le=200)] = 1
    size: Annotated[int, Field(ge=1, le=50)] = 20
    inspection: Values = []
    unit: Values = []
    issue: Values = []
    issue_state: Values = []
    doc_type: Values = []
    year: Values = []
    medium: Values = []
    condition: Values = []


class PieceOut(Schema):
    text: str
    mark: bool  # it is what matched


class PassageOut(Schema):
    """A place in a record; `url` opens the record there."""

    kind: str
    number: int
    label: str
    start_ms: int | None
    end_ms: int | None
    source: str
    snippet: list[PieceOut]
    url: str


class HitOut(Schema):
    id: UUID
    number: str
    title: str
    doc_type: str
    medium: str
    condition: str
    url: str
    passages: list[PassageOut]


class FacetOut(Schema):
    value: str
    count: int


class SearchOut(Schema):
    total: int
    items: list[HitOut]
    facets: dict[str, list[FacetOut]]
    engine_ms: float


@router.get("/search", response={200: SearchOut, **PROBLEMS})
def find(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, Any]:
    """Find words in records, pages and segments that you may see; exact counts per facet."""
    actor = actor_of(request)
    access.require(actor, "search")
    node = parse.parse(asked.q)
    filters = {name: tuple(getattr(asked, name)) for name in FACETS if getattr(asked, name)}
    query = SearchQuery(node=node, filters=filters, sort=asked.sort, page=asked.page, size=asked.size)
    found = get_engine().search(query, access.scope_of(actor))
    custody.note("search", subject=("account", str(actor.id)), actor=actor, data={"q": asked.q, "total": found.total})
    shown = access.visible(Record.objects.filter(pk__in=[hit.id for hit in found.hits]), actor).in_bulk()
    marks = parse.positive(node)
    items = [_hit_out(shown[UUID(hit.id)], hit.passages, marks, asked.q) for hit in found.hits if UUID(hit.id) in shown]
    facets = {
        name: [{"value": one.value, "count": one.count} for one in values] for name, values in found.facets.items()
    }
    return {"total": found.total, "items": items, "facets": facets, "engine_ms": found.engine_ms}


def _hit_out(record: Record, passages: tuple[Passage, ...], marks: tuple[Match, ...], text: str) -> dict[str, Any]:
    url = reverse("record", args=[record.pk])
    told = {name: getattr(record, name) for name in ("id", "number", "title", "doc_type", "medium", "condition")}
    return told | {"url": url, "passages": [_passage_out(one, marks, url, text) for one in passages]}


def _passage_out(passage: Passage, marks: tuple[Match, ...], url: str, text: str) -> dict[str, Any]:
    place: dict[str, float | str] = (
        {"page": passage.number} if passage.start_ms is None else {"t": passage.start_ms / 1000}
    )
    pieces = [{"text": piece.text, "mark": piece.mark} for piece in highlight.snippet(passage.text, marks)]
    names = ("kind", "number", "label", "start_ms", "end_ms", "source")
    told = {name: getattr(passage, name) for name in names}
    return told | {"snippet": pieces, "url": f"{url}?{urlencode(place | {'q': text})}"}
