"""Correcting what a machine read badly: the queue, and picture and text side by side."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from archive import access, errors, records
from archive.access import actor_of
from archive.models import Record, TextUnit
from archive.types import Actor
from config.pages import viewing
from config.pages.home import LOW
from config.pages.record import page_unit

PAGE = 50


def badly_read(actor: Actor) -> QuerySet[TextUnit]:
    """Pages that a machine read with little confidence and nobody has corrected, worst first."""
    seen = access.visible(Record.objects.all(), actor).values("pk")
    units = TextUnit.objects.filter(current=True, source="ocr", confidence__lt=LOW, record__in=seen)
    return units.select_related("record").order_by("confidence", "pk")


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The queue."""
    actor = actor_of(request)
    access.require(actor, "record.correct")
    found = badly_read(actor)
    context = {"units": found[:PAGE], "total": found.count(), "low": LOW}
    return render(request, "record/corrections.html", context)


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, record_id: UUID, number: int) -> HttpResponse:
    """Picture and text of a page; saving makes a new reading with its author, the machine's stays kept."""
    actor = actor_of(request)
    one = access.record_for(actor, record_id, "record.correct")
    unit = page_unit(one, number)
    if unit is None:
        raise errors.NotFound()
    if request.method == "POST":
        return _save(request, one, unit, actor)
    return _editor(request, one, unit, unit.text)


def _editor(request: HttpRequest, one: Record, unit: TextUnit, text: str, status: int = 200) -> HttpResponse:
    view = viewing.viewing_of(one)
    older = one.units.filter(kind=unit.kind, number=unit.number).exclude(pk=unit.pk).order_by("-created_at")[:10]
    context = {"record": one, "unit": unit, "text": text, "view": view, "older": older, "page": unit.number}
    return render(request, "record/correct.html", context, status=status)


def _save(request: HttpRequest, one: Record, unit: TextUnit, actor: Actor) -> HttpResponse:
    text = request.POST.get("text", "").replace("\r\n", "\n").replace("\x00", "")
    try:
        expected = UUID(request.POST.get("expected", ""))
        records.correct_page(one.pk, unit.number, text, actor=actor, kind=unit.kind, expected=expected)
    except ValueError as exc:
        raise errors.BadInput() from exc
    except errors.Conflict as exc:
        messages.error(request, str(exc))
        return _editor(request, one, unit, text, status=409)
    messages.success(request, _("The correction was saved under your name. The machine's reading is kept as well."))
    following = badly_read(actor).first() if request.POST.get("next") else None
    if following is not None:
        return redirect("correction", following.record_id, following.number)
    return redirect(f"{reverse('record', args=[one.pk])}?page={unit.number}")
