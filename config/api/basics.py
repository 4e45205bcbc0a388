"""Operations that need little: who am I, the vocabularies, inspections and issues."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router
from pydantic import Field

from archive import access, errors
from archive.vocabulary import VOCABULARIES
from config.api.auth import actor_of
from config.api.fields import Limit, Line
from config.api.problems import PROBLEMS
from config.api.shapes import InspectionOut, InspectionsPage, IssueOut, IssuesPage, MeOut, TermOut
from inspections.models import Inspection, Issue

router = Router()


@router.get("/me", response={200: MeOut, **PROBLEMS}, tags=["me"])
def me(request: HttpRequest) -> dict[str, Any]:
    """The account behind this session or key, with the roles it holds now."""
    actor = actor_of(request)
    return {"id": actor.id, "name": actor.name, "kind": actor.kind, "roles": sorted(actor.roles)}


@router.get("/vocabularies", response={200: dict[str, list[TermOut]], **PROBLEMS}, tags=["vocabularies"])
def vocabularies(request: HttpRequest) -> dict[str, list[dict[str, str]]]:
    """Document types D01–D33, contents C1–C9, methods W1–W7 and levels of secrecy, in both languages."""
    return {
        name: [{"code": term.code, "zh": term.zh, "en": term.en} for term in terms.values()]
        for name, terms in VOCABULARIES.items()
    }


@router.get("/vocabularies/{name}", response={200: list[TermOut], **PROBLEMS}, tags=["vocabularies"])
def vocabulary(request: HttpRequest, name: str) -> list[dict[str, str]]:
    """One vocabulary: doc-types, contents, methods or secrecy."""
    if name not in VOCABULARIES:
        raise errors.NotFound()
    return vocabularies(request)[name]


def page_of(things: QuerySet[Any], before: UUID | None, limit: int) -> tuple[list[Any], UUID | None]:
    """The newest `limit` things older than `before`, and where to go on. Ids sort by time (UUIDv7)."""
    if before is not None:
        things = things.filter(pk__lt=before)
    found = list(things.order_by("-pk")[: limit + 1])
    more = found[limit - 1].pk if len(found) > limit else None
    return found[:limit], more


def inspection_out(inspection: Inspection) -> dict[str, Any]:
    """An inspection as the API shows it."""
    return {
        **{name: getattr(inspection, name) for name in ("id", "number", "year", "state", "starts", "ends", "purpose")},
        "unit": inspection.unit.name,
        "batch": inspection.batch.name,
        "team": inspection.team.name,
        "url": reverse("inspection", args=[inspection.pk]),
    }


_ISSUE_FIELDS = (
    "id", "number", "inspection_id", "title", "description", "place", "level", "contents", "methods", "state",
    "found_on",
)  # fmt: skip


def issue_out(issue: Issue) -> dict[str, Any]:
    """An issue as the API shows it."""
    return {name: getattr(issue, name) for name in _ISSUE_FIELDS} | {"url": reverse("issue", args=[issue.pk])}


@router.get("/inspections", response={200: InspectionsPage, **PROBLEMS}, tags=["inspections"])
def inspections(
    request: HttpRequest,
    q: Line = "",
    year: Annotated[int, Field(ge=1949, le=2200)] | None = None,
    before: UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Inspections that you may see, newest first; `q` is part of the number or of the unit's name."""
    actor = actor_of(request)
    access.require(actor, "inspection.view")
    found = access.visible(Inspection.objects.select_related("unit", "batch", "team"), actor)
    if q:
        found = found.filter(Q(number__icontains=q) | Q(unit__name__icontains=q))
    if year:
        found = found.filter(year=year)
    items, more = page_of(found, before, limit)
    return {"items": [inspection_out(item) for item in items], "next": more}


@router.get("/inspections/{inspection_id}", response={200: InspectionOut, **PROBLEMS}, tags=["inspections"])
def inspection(request: HttpRequest, inspection_id: UUID) -> dict[str, Any]:
    """One inspection."""
    things = Inspection.objects.select_related("unit", "batch", "team")
    return inspection_out(access.thing_for(actor_of(request), things, inspection_id, "inspection.view"))


@router.get("/issues", response={200: IssuesPage, **PROBLEMS}, tags=["issues"])
def issues(
    request: HttpRequest,
    inspection_id: UUID | None = None,
    q: Line = "",
    before: UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Issues that you may see, newest first, of one inspection if you like; `q` is part of the number or title."""
    actor = actor_of(request)
    access.require(actor, "issue.view")
    found = access.visible(Issue.objects.all(), actor)
    if inspection_id is not None:
        found = found.filter(inspection_id=inspection_id)
    if q:
        found = found.filter(Q(number__icontains=q) | Q(title__icontains=q))
    items, more = page_of(found, before, limit)
    return {"items": [issue_out(item) for item in items], "next": more}


@router.get("/issues/{issue_id}", response={200: IssueOut, **PROBLEMS}, tags=["issues"])
def issue(request: HttpRequest, issue_id: UUID) -> dict[str, Any]:
    """One issue."""
    return issue_out(access.thing_for(actor_of(request), Issue.objects.all(), issue_id, "issue.view"))
