"""Pages of inspections and issues: what belongs together, and what proves it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from archive import access, errors, thumbs, vocabulary
from archive.access import actor_of
from archive.models import Link, Record
from archive.types import Actor
from inspections import cases, evidence
from inspections.forms import InspectionForm, IssueForm, batch_name, suggestions
from inspections.machines import M1, M2
from inspections.models import Inspection, Issue, Team

PAGE = 50


@require_GET
def inspections(request: HttpRequest) -> HttpResponse:
    """Inspections and the open issues in them."""
    actor = actor_of(request)
    access.require(actor, "inspection.view")
    filters = {name: request.GET.get(name, "").strip().replace("\x00", "")[:100] for name in ("q", "year", "state")}
    seen = access.visible(Inspection.objects.select_related("unit", "batch", "team"), actor)
    years = sorted(set(seen.values_list("year", flat=True)), reverse=True)
    found = seen
    if filters["q"]:
        found = found.filter(unit__name__icontains=filters["q"]) | found.filter(number__iexact=filters["q"])
    if filters["year"].isdecimal():
        found = found.filter(year=int(filters["year"][:4]))
    if filters["state"] in M1.states:
        found = found.filter(state=filters["state"])
    issues = access.visible(Issue.objects.select_related("inspection__unit"), actor)
    if filters["q"]:
        issues = issues.filter(inspection__unit__name__icontains=filters["q"])
    context = {
        "inspections": found.order_by("-year", "-number")[:PAGE],
        "total": found.count(),
        "issues": with_proofs(issues.exclude(state="CLOSED").order_by("-created_at"))[:20],
        "filters": filters,
        "years": years,
        "states": sorted(set(seen.values_list("state", flat=True)), key=list(_order(M1)).index),
    }
    return render(request, "inspections/list.html", context)


def _order(machine: Any) -> dict[str, None]:
    """The states of a machine in the order of its table."""
    return {state: None for (before, _move), after in machine.moves.items() for state in (before, after)}


def with_proofs(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """The issues, each with `proofs`: how many records hang on it."""
    live = Link.objects.filter(subject_kind="issue", subject_id=OuterRef("pk"), ended_at=None).order_by()
    counted = live.values("subject_id").annotate(count=Count("pk")).values("count")
    return issues.annotate(proofs=Coalesce(Subquery(counted), 0))


def by_type(found: QuerySet[Record]) -> list[tuple[str, list[Record]]]:
    """Records with their pictures, by document type; those without a type last."""
    groups: dict[str, list[Record]] = {}
    for record in thumbs.with_thumbs(found[:500]):
        groups.setdefault(record.doc_type, []).append(record)
    return sorted(groups.items(), key=lambda pair: (not pair[0], pair[0]))


def _steps(machine: Any, state: str, shown: tuple[str, ...]) -> list[tuple[str, str]]:
    """The main line of a machine: each state with done, now or next."""
    at = shown.index(state) if state in shown else -1
    tones = ("done", "now", "next")
    return [(name, tones[(index >= at) + (index > at)] if at >= 0 else "next") for index, name in enumerate(shown)]


INSPECTION_LINE: tuple[str, ...] = (
    "DRAFT",
    "PLANNED",
    "NOTIFIED",
    "ON_SITE",
    "FIELD_DONE",
    "REPORTED",
    "APPROVED",
    "FED_BACK",
    "RECTIFYING",
    "RECT_REPORTED",
    "RESULTS_USED",
    "CLOSED",
)
ISSUE_LINE = ("FOUND", "LISTED", "DIAGNOSED", "DISPOSED", "SUPERVISED", "RECTIFIED", "CLOSED")


@require_GET
def inspection(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    """One inspection: state, team, issues, records by document type."""
    actor = actor_of(request)
    one = cases.inspection_for(actor, inspection_id)
    issues = access.visible(one.issues.select_related("inspection__unit"), actor)
    found = evidence.records_of("inspection", one.pk, actor)
    context = {
        "one": one,
        "line": _steps(M1, one.state, INSPECTION_LINE),
        "issues": with_proofs(issues).order_by("-created_at"),
        "groups": by_type(found),
        "total": found.count(),
        "team": one.team.memberships.select_related("account").order_by("role", "starts"),
        "may_attach": access.may(actor, "record.link"),
    }
    return render(request, "inspections/inspection.html", context)


@require_GET
def issue(request: HttpRequest, issue_id: UUID) -> HttpResponse:
    """One issue and what proves it."""
    actor = actor_of(request)
    things = Issue.objects.select_related("inspection__unit", "inspection__batch", "inspection__team")
    one = access.thing_for(actor, things, issue_id, "issue.view")
    found = evidence.records_of("issue", one.pk, actor)
    context = {
        "one": one,
        "line": _steps(M2, one.state, ISSUE_LINE),
        "contents": [vocabulary.CONTENTS[code] for code in one.contents if code in vocabulary.CONTENTS],
        "methods": [vocabulary.METHODS[code] for code in one.methods if code in vocabulary.METHODS],
        "groups": by_type(found),
        "total": found.count(),
        "may_attach": access.may(actor, "record.link"),
        "may_see_inspection": access.may_see(actor, "inspection", one.inspection_id),
    }
    return render(request, "inspections/issue.html", context)


@require_http_methods(["GET", "POST"])
def new_inspection(request: HttpRequest) -> HttpResponse:
    """Open an inspection; unit, batch and team may be new."""
    actor = actor_of(request)
    access.require(actor, "inspection.edit")
    form = InspectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("inspection", _open(form.cleaned_data, actor).pk)
        except errors.ArchiveError as exc:
            form.add_error(None, str(exc))
    status = 200 if request.method == "GET" else 422
    return render(request, "inspections/new_inspection.html", {"form": form} | suggestions(), status=status)


@transaction.atomic
def _open(told: dict[str, Any], actor: Actor) -> Inspection:
    unit = cases.open_unit(told["unit"].strip(), told["unit_kind"], actor=actor)
    batch = cases.open_batch(
        told["year"], told["batch_number"], batch_name(told["year"], told["batch_number"]), actor=actor
    )
    team: Team = told["team"] or cases.open_team(
        batch, told["team_name"], leader=told["leader"], members=list(told["members"]), actor=actor
    )
    return cases.open_inspection(
        unit, batch, team, actor=actor, starts=told["starts"], ends=told["ends"], purpose=told["purpose"]
    )


@require_http_methods(["GET", "POST"])
def new_issue(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    """Enter an issue of an inspection."""
    actor = actor_of(request)
    one = cases.inspection_for(actor, inspection_id)
    access.require(actor, "issue.edit")
    form = IssueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _raise(one.pk, form.cleaned_data, actor)
        messages.success(request, _("Issue %(number)s was entered.") % {"number": made.number})
        return redirect("issue", made.pk)
    status = 200 if request.method == "GET" else 422
    return render(request, "inspections/new_issue.html", {"form": form, "one": one}, status=status)


def _raise(inspection_id: UUID, told: dict[str, Any], actor: Actor) -> Issue:
    return cases.raise_issue(
        inspection_id,
        told["title"],
        actor=actor,
        level=told["level"],
        description=told["description"],
        place=told["place"],
        contents=tuple(told["contents"]),
        methods=tuple(told["methods"]),
        found_on=told["found_on"],
    )


@require_POST
def attach(request: HttpRequest, kind: str, subject_id: UUID) -> HttpResponse:
    """Hang a record on a case by the record's number."""
    actor = actor_of(request)
    evidence.subject_for(actor, kind, subject_id)
    number = request.POST.get("number", "").strip().split(" ")[0].upper()[:30]
    try:
        record = access.visible(Record.objects.all(), actor).filter(number=number).first()
        if record is None:
            raise errors.NotFound()
        evidence.link(record.pk, kind, subject_id, actor=actor)
        messages.success(request, _("Linked to %(number)s.") % {"number": number})
    except errors.ArchiveError as exc:
        messages.error(request, str(exc))
    return redirect(kind, subject_id)
