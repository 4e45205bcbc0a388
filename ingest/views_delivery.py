"""Pages of one delivery and of its records: counts, exceptions, batch editing, metadata lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from archive import access
from archive.access import actor_of
from archive.errors import ArchiveError, BadInput
from archive.models import Record
from archive.types import Actor
from ingest import arrivals, describe, listcheck, lists, pipeline, suggested, words
from ingest.formfiles import check_room
from ingest.forms import BatchForm, ListForm
from ingest.lookups import known_places, lookups_for
from ingest.models import Delivery, Intake
from ingest.receive import close_delivery

FILES_SHOWN = 200
RECORDS_SHOWN = 100
LIST_HOURS = 12  # for which a preview can be confirmed
SALT = "ingest.list"


@require_GET
def delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """A delivery with its counts per stage, kept for good, and its exceptions; htmx asks for the counts alone."""
    actor = actor_of(request)
    one = arrivals.delivery_for(actor, delivery_id)
    files = Intake.objects.filter(delivery=one).order_by("number")
    counts = arrivals.counts_of(one)
    context = {
        "delivery": one,
        "counts": counts,
        "stages": [(name, counts.stages[name]) for name in counts.stages],
        "exceptions": arrivals.exceptions_of(one),
        "files": files[:FILES_SHOWN],
        "more_files": counts.files - FILES_SHOWN,
        "list_form": ListForm(),
        "may_rerun": access.may(actor, "record.rerun"),
        "trouble": arrivals.TROUBLE,
        "may_describe": access.may(actor, "record.describe"),
        "mine": one.account_id == actor.id,
    }
    if not request.headers.get("HX-Request"):
        return render(request, "ingest/delivery.html", context)
    part = render(request, "ingest/_counts.html", context)
    if counts.settled == counts.files:
        part["HX-Refresh"] = "true"  # the lists below the counts have changed too
    return part


@require_POST
def close(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """The person who opened the delivery says that nothing more comes."""
    actor = actor_of(request)
    close_delivery(arrivals.delivery_for(actor, delivery_id).pk, actor=actor)
    return redirect("delivery", delivery_id)


@require_POST
def rerun_troubled(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Run every stage again that failed or could not be done, or only that of one file (`intake`)."""
    actor = actor_of(request)
    access.require(actor, "record.rerun")
    wanted = request.POST.get("intake", "")
    again = 0
    for item in arrivals.exceptions_of(arrivals.delivery_for(actor, delivery_id)):
        if item.outcome not in arrivals.TROUBLE or (wanted and str(item.intake.pk) != wanted):
            continue
        try:
            pipeline.rerun(item.intake.record_id, item.stage, actor=actor)
            again += 1
        except ArchiveError as exc:
            messages.error(request, f"{item.intake.file_name}: {exc}")
    messages.success(
        request,
        ngettext("%(count)s stage will run again.", "%(count)s stages will run again.", again) % {"count": again},
    )
    return redirect("delivery", delivery_id)


@require_GET
def files_csv(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """The list of a delivery's files with receipts and digests, for a spreadsheet."""
    one = arrivals.delivery_for(actor_of(request), delivery_id)
    header = [_("Receipt"), _("File name"), _("Size"), _("State"), "SHA-512", "SM3", _("Received"), _("Exceptions")]
    trouble: dict[UUID, list[str]] = {}
    for item in arrivals.exceptions_of(one):
        trouble.setdefault(item.intake.pk, []).append(item.code)
    rows = (
        [
            file.number,
            file.file_name,
            str(file.size),
            str(words.STATES.get(file.state, file.state)),
            file.sha512,
            file.sm3,
            file.received_at.isoformat(timespec="seconds"),
            " ".join(trouble.get(file.pk, [])),
        ]
        for file in Intake.objects.filter(delivery=one).order_by("number").iterator()
    )
    return _csv(lists.to_csv(header, rows), f"{one.number}.csv")


@require_GET
def list_template(request: HttpRequest) -> HttpResponse:
    """The template of a metadata list."""
    access.require(actor_of(request), "record.upload")
    return _csv(lists.template(), "anjuan-list.csv")


def _csv(body: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


@require_http_methods(["GET", "POST"])
def batch(request: HttpRequest) -> HttpResponse:
    """Describe many records at once; suggestions stand beside each and can be let stand where nothing is said."""
    actor = actor_of(request)
    access.require(actor, "record.describe")
    form = BatchForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        _apply_batch(request, form, actor)
        return redirect(f"{reverse('batch-edit')}?{request.GET.urlencode()}")
    chosen, title = _batch_records(request, actor)
    places = known_places()
    rows = []
    for record in chosen[:RECORDS_SHOWN]:
        hints = suggested.for_record(record, places=places).as_dict()
        rows.append({"record": record, "hint": suggested.in_words(_open_hints(record, hints))})
    context = {"form": form, "rows": rows, "title": title, "more": chosen.count() - len(rows)}
    return render(request, "ingest/batch.html", context)


def _batch_records(request: HttpRequest, actor: Actor) -> tuple[Any, str]:
    if request.GET.get("delivery"):
        one = arrivals.delivery_for(actor, _uuid(request.GET["delivery"]))
        return arrivals.records_of(one, actor), one.number
    ids = [_uuid(text) for text in request.GET.getlist("id")]
    found = access.visible(Record.objects.select_related("original"), actor)
    if ids:
        return found.filter(pk__in=ids).order_by("number"), ""
    return found.filter(doc_type="").order_by("-created_at"), ""


def _open_hints(record: Record, hints: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Suggestions for what the record does not say yet."""
    names = ("doc_type", "date", "place", "maker")
    return {name: hints[name] for name in names if name in hints and not getattr(record, name)}


def _apply_batch(request: HttpRequest, form: BatchForm, actor: Actor) -> None:
    ids = [_uuid(text) for text in request.POST.getlist("id")]
    if not ids:
        messages.error(request, _("No record was chosen."))
        return
    if "suggest" in request.POST:
        places = known_places()
        found = access.visible(Record.objects.select_related("original"), actor).filter(pk__in=ids)
        outcomes = [
            describe.fill_gaps(one, suggested.for_record(one, places=places), actor=actor)
            for one in found[: describe.MOST_AT_ONCE]
        ]
    else:
        reason = form.cleaned_data["reason"]
        outcomes = describe.describe_many(ids, form.details(), form.links(), actor=actor, reason=reason)
    _tell(request, outcomes)


def _tell(request: HttpRequest, outcomes: list[describe.Outcome]) -> None:
    good = sum(1 for one in outcomes if one.error is None)
    if good:
        text = ngettext("%(count)s record described.", "%(count)s records described.", good)
        messages.success(request, text % {"count": good})
    for one in outcomes:
        if one.error is not None:
            messages.error(request, f"{one.name}: {one.error}")


@require_POST
def import_list(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Look at a metadata list for a delivery: every bad row is named, nothing is changed yet."""
    actor = actor_of(request)
    access.require(actor, "record.describe")
    one = arrivals.delivery_for(actor, delivery_id)
    check_room(request)
    file = request.FILES.get("list")
    if not isinstance(file, UploadedFile):
        raise BadInput("file-missing", words=_("No file was chosen."))
    table = lists.read_list(file, file.name or "")
    targets = listcheck.Targets.of(arrivals.names_of(Intake.objects.filter(delivery=one)))
    checked = listcheck.check(table, targets, lookups_for(actor))
    context = {
        "delivery": one,
        "checked": checked,
        "file_name": file.name,
        "rows": _preview(table, checked),
        "payload": _packed(one, checked),
    }
    return render(request, "ingest/list.html", context)


def _preview(table: lists.Table, checked: listcheck.Checked) -> list[dict[str, Any]]:
    """Good rows with the cells as they stand in the list."""
    cells = {int(row["number"]): row["cells"] for row in table.rows}
    return [{"number": row.number, "cells": cells[row.number]} for row in checked.good]


def _packed(one: Delivery, checked: listcheck.Checked) -> str:
    """The good rows, signed, so that what is confirmed is what was shown."""
    rows = [
        {"number": row.number, "name": row.name, "intake": row.target, "values": _plain(row.values)}
        for row in checked.good
    ]
    return signing.dumps({"delivery": str(one.pk), "rows": rows}, salt=SALT, compress=True)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON has them."""
    told: dict[str, Any] = {}
    for name, value in values.items():
        told[name] = list(value) if isinstance(value, tuple) else value.isoformat() if name == "date" else value
    return told


@require_POST
def apply_list(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Apply the confirmed rows of a previewed list."""
    actor = actor_of(request)
    one = arrivals.delivery_for(actor, delivery_id)
    try:
        packed = signing.loads(request.POST.get("payload", ""), salt=SALT, max_age=LIST_HOURS * 3600)
    except signing.BadSignature as exc:
        raise BadInput(
            "preview-too-old", words=_("The preview is too old."), advice=_("Import the list again.")
        ) from exc
    chosen = set(request.POST.getlist("row"))
    rows = [row for row in packed["rows"] if str(row["number"]) in chosen and packed["delivery"] == str(one.pk)]
    _tell(request, describe.apply_rows(rows, actor=actor, reason="metadata list"))
    return redirect("delivery", delivery_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise BadInput() from exc
