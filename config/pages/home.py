"""The home page: what each role comes for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from archive import access, thumbs
from archive.access import actor_of
from archive.models import Link, Record, TextUnit
from archive.types import ADMIN_ROLES, Actor, Role
from ingest import arrivals
from inspections.models import Inspection, Issue

LOW = 0.8
"""Pages read by machine with less confidence than this should be looked at by a person."""

OPEN_ISSUES = ("FOUND", "LISTED", "DIAGNOSED", "DISPOSED", "SUPERVISED", "RECTIFIED")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each role finds its own work; the three administrators see no content at all."""
    actor = actor_of(request)
    if actor.roles & ADMIN_ROLES or not actor.roles:
        return render(request, "home/admin.html", {"has_role": bool(actor.roles)})
    context: dict[str, Any] = {"hide_search": True}
    if access.may(actor, "record.upload"):
        context |= _arrivals(actor)
    if Role.DISCIPLINE in actor.roles and len(actor.roles) == 1:
        context |= {"granted": thumbs.with_thumbs(access.visible(Record.objects.all(), actor).order_by("-date")[:50])}
        context["cases"] = access.visible(Issue.objects.select_related("inspection__unit"), actor)[:50]
        return render(request, "home/discipline.html", context)
    context |= _cases(actor)
    if actor.roles & {Role.ARCHIVIST, Role.OFFICE}:
        context["attention"] = _attention(actor)
    context["archivist"] = Role.ARCHIVIST in actor.roles
    return render(request, "home/home.html", context)


def _arrivals(actor: Actor) -> dict[str, Any]:
    intakes = list(arrivals.visible_intakes(actor).order_by("-pk")[:8])
    seen = set(
        access.visible(Record.objects.filter(pk__in=[one.record_id for one in intakes]), actor).values_list(
            "pk", flat=True
        )
    )
    return {"intakes": [(one, one.record_id in seen) for one in intakes]}


def _cases(actor: Actor) -> dict[str, Any]:
    inspections = access.visible(Inspection.objects.select_related("unit", "team", "batch"), actor)
    mine = inspections.filter(team__memberships__account__in=[actor.id]).distinct()
    shown = mine if Role.INSPECTOR in actor.roles and mine.exists() else inspections
    issues = access.visible(Issue.objects.select_related("inspection__unit"), actor).filter(state__in=OPEN_ISSUES)
    if shown is mine:
        issues = issues.filter(inspection__in=mine.values("pk"))
    return {
        "mine": shown is mine,
        "inspections": shown.order_by("-year", "-number")[:6],
        "issues": issues.order_by("-created_at")[:6],
        "issue_count": issues.count(),
        "inspection_count": shown.count(),
        "record_count": access.visible(Record.objects.all(), actor).count(),
    }


def _attention(actor: Actor) -> dict[str, int]:
    records = access.visible(Record.objects.all(), actor)
    linked = Link.objects.filter(ended_at=None).values("record_id")
    low = TextUnit.objects.filter(current=True, source="ocr", confidence__lt=LOW, record__in=records.values("pk"))
    return {
        "stuck": arrivals.visible_intakes(actor).filter(stuck=True).count(),
        "unsound": records.exclude(condition="sound").count(),
        "untyped": records.filter(doc_type="").count(),
        "unlinked": records.exclude(pk__in=linked).count(),
        "low": low.count(),
    }
