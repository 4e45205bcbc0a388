"""The record page: viewer, description, what it proves, history, stages, digests; and the acts on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from archive import access, custody, errors, records
from archive.access import actor_of
from archive.models import Link, Record, TextUnit
from archive.types import Actor
from config.pages import finding, history, viewing
from config.pages.forms import DescribeForm
from ingest import arrivals
from ingest.models import Intake
from ingest.results import read_words
from inspections import evidence
from inspections.models import Inspection, Issue

UNITS_AT_ONCE = 200
ENGINES = ("rapidocr", "tesseract")


@require_GET
def record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """The page of one record. Looking at it is a custody event."""
    actor = actor_of(request)
    one = access.record_for(actor, record_id, "record.view")
    custody.note("view", subject=("record", one.pk), actor=actor)
    view = viewing.viewing_of(one)
    context = {
        "record": one,
        "view": view,
        "notices": one.notices.order_by("pk"),
        "links": links_of(one, actor),
        "history": history.lines("record", one.pk),
        "derivatives": one.derivatives.filter(current=True).select_related("made_by").order_by("kind", "number"),
        "technical": one.technical,
        "query": request.GET.get("q", "")[:400],
        "page": request.GET.get("page", ""),
        "time": request.GET.get("t", ""),
        "digests": (
            ("SHA-512", one.original.sha512),
            ("SM3", one.original.sm3),
            ("SHA-256", one.original.sha256),
        ),
        "engines": ENGINES,
    }
    _mark_segments(view, context["query"])
    return render(request, "record/record.html", context | _texts(request, one, view) | _stages(one))


def _mark_segments(view: viewing.Viewing, query: str) -> None:
    for segment in view.data.get("segments", ()):
        segment["marked"] = finding.marked(segment["text"], query)


def _texts(request: HttpRequest, one: Record, view: viewing.Viewing) -> dict[str, Any]:
    """The pieces of text that the viewer does not show by itself."""
    units = records.text_of(one).exclude(text="")  # type: ignore[attr-defined]
    if view.kind == "pages":
        units = units.exclude(kind__in=viewing.PAGED)
    if view.kind in ("sound", "film"):
        units = units.exclude(kind="segment")
    start = request.GET.get("from", "0")
    first = int(start) if start.isdecimal() and len(start) < 7 else 0
    wanted = request.GET.get("page", "")
    if view.kind == "none" and wanted.isdecimal() and len(wanted) < 7 and not first:
        before = units.filter(number__lt=int(wanted)).count()
        first = before - before % UNITS_AT_ONCE
    found = list(units[first : first + UNITS_AT_ONCE + 1])
    more = first + UNITS_AT_ONCE if len(found) > UNITS_AT_ONCE else None
    query = request.GET.get("q", "")[:400]
    pieces = [(unit, _table(unit, query), finding.marked(unit.text, query)) for unit in found[:UNITS_AT_ONCE]]
    return {"units": pieces, "more_units": more, "from": first}


def _table(unit: TextUnit, query: str) -> list[list[SafeString]]:
    """Rows and cells of a sheet's text, to be shown as a table."""
    if unit.kind != "sheet" or "\t" not in unit.text:
        return []
    return [[finding.marked(cell, query) for cell in line.split("\t")] for line in unit.text.splitlines()[:1000]]


def _stages(one: Record) -> dict[str, Any]:
    intake = Intake.objects.filter(record_id=one.pk).exclude(state="DUPLICATE").order_by("pk").first()
    return {"intake": intake, "steps": arrivals.steps_of(intake) if intake else []}


@require_GET
def stages(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """The part of the record page that changes while the file is being worked on."""
    one = access.record_for(actor_of(request), record_id, "record.view")
    context: dict[str, Any] = {"record": one, "engines": ENGINES, "alone": True}
    return render(request, "record/_stages.html", context | _stages(one))


def links_of(one: Record, actor: Actor) -> list[tuple[Link, Inspection | Issue]]:
    """The live links whose other end the actor may see."""
    rows = list(one.links.filter(ended_at=None).order_by("made_at"))
    cases = access.visible(Inspection.objects.select_related("unit", "batch"), actor)
    issues = access.visible(Issue.objects.select_related("inspection__unit"), actor)
    found: dict[tuple[str, UUID], Inspection | Issue] = {}
    found |= {("inspection", case.pk): case for case in cases.filter(pk__in=[row.subject_id for row in rows])}
    found |= {("issue", issue.pk): issue for issue in issues.filter(pk__in=[row.subject_id for row in rows])}
    pairs = [(row, found.get((row.subject_kind, row.subject_id))) for row in rows]
    return [(row, subject) for row, subject in pairs if subject is not None]


@require_http_methods(["GET", "POST"])
def describe(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Change what people say of a record. What it said before stays in its history."""
    actor = actor_of(request)
    one = access.record_for(actor, record_id, "record.describe")
    form = DescribeForm(request.POST or None, initial=DescribeForm.of(one))
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["version"] != one.version:
            form.add_error(None, _("Somebody has changed this record since you opened the form. Load it again."))
        else:
            records.describe(one.pk, form.details(), actor=actor, reason=form.cleaned_data["reason"])
            messages.success(request, _("The description was saved."))
            return redirect("record", one.pk)
    status = 200 if request.method == "GET" else 422
    return render(request, "record/describe.html", {"record": one, "form": form}, status=status)


@require_POST
def attach(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Link the record to an inspection or issue by its number."""
    actor = actor_of(request)
    access.record_for(actor, record_id, "record.link")
    number = request.POST.get("number", "").strip().split(" ")[0].upper()
    try:
        kind, subject_id = case_by_number(number, actor)
        evidence.link(record_id, kind, subject_id, actor=actor, note=request.POST.get("note", "").strip()[:1000])
        messages.success(request, _("Linked to %(number)s.") % {"number": number})
    except errors.ArchiveError as exc:
        messages.error(request, str(exc))
    return redirect("record", record_id)


def case_by_number(number: str, actor: Actor) -> tuple[str, UUID]:
    """Kind and id of the inspection or issue with this number, as far as the actor may see it."""
    case = access.visible(Inspection.objects.all(), actor).filter(number=number).first()
    if case is not None:
        return "inspection", case.pk
    issue = access.visible(Issue.objects.all(), actor).filter(number=number).first()
    if issue is not None:
        return "issue", issue.pk
    raise errors.NotFound(
        "case-not-found",
        words=_("There is no inspection or issue with the number %(number)s that you may see.") % {"number": number},
        advice=_("Check the number; if it is right, ask the archivist for access."),
    )


@require_POST
def detach(request: HttpRequest, record_id: UUID, link_id: UUID) -> HttpResponse:
    """End a link, with a reason."""
    actor = actor_of(request)
    one = access.record_for(actor, record_id, "record.link")
    if not any(link.pk == link_id for link, _case in links_of(one, actor)):
        raise errors.NotFound()
    try:
        evidence.unlink(link_id, actor=actor, reason=request.POST.get("reason", ""))
        messages.success(request, _("The link was ended; it stays in the history."))
    except errors.ArchiveError as exc:
        messages.error(request, str(exc))
    seen = access.may_see(actor, "record", record_id)
    return redirect("record", record_id) if seen else redirect("home")


@require_GET
def page_words(request: HttpRequest, record_id: UUID, number: int) -> JsonResponse:
    """The words of one page with their boxes as fractions of the upright page, and who read them."""
    one = access.record_for(actor_of(request), record_id, "record.view")
    unit = page_unit(one, number)
    if unit is None:
        return JsonResponse({"page": number, "text": "", "words": [], "source": ""})
    words = read_words(unit.words, {}).get(str(number), []) if unit.words else []
    answer = {
        "page": number,
        "text": unit.text,
        "words": words,
        "source": unit.source,
        "engine": f"{unit.engine} {unit.engine_version}".strip(),
        "confidence": unit.confidence,
        "label": unit.label,
        "width": unit.width,
        "height": unit.height,
        "marks": finding.marks(unit.text, request.GET.get("q", "")[:400]),
    }
    return JsonResponse(answer, headers={"Cache-Control": "private, no-cache"})


def page_unit(one: Record, number: int) -> TextUnit | None:
    """The reading of a page that is in force: a person's before a machine's, the fuller one of two."""
    units = one.units.filter(current=True, kind__in=viewing.PAGED, number=number).select_related("words")
    return max(units, key=lambda unit: (unit.stage == "person", len(unit.text), unit.created_at), default=None)


@require_GET
def find(request: HttpRequest, record_id: UUID) -> JsonResponse:
    """Every place of the words on the pages of the record, with boxes where they are known."""
    one = access.record_for(actor_of(request), record_id, "record.view")
    found = finding.hits(one, request.GET.get("q", "")[:400])
    return JsonResponse({"hits": [hit.plain() for hit in found]}, headers={"Cache-Control": "private, no-cache"})
