"""Pages of arriving files: the upload page, the list of arrivals, one arrival with its stages."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from archive import access
from archive.access import actor_of
from archive.errors import ArchiveError, BadInput
from ingest import arrivals, pipeline, words
from ingest.formfiles import check_room
from ingest.forms import DescriptionForm
from ingest.models import Delivery, Upload
from ingest.receive import open_delivery, receive
from ingest.types import Arrival

PAGE = 50


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The upload page. POST is the way without JavaScript: one plain form with files."""
    actor = actor_of(request)
    access.require(actor, "record.upload")
    form = DescriptionForm(request.POST or None, actor=actor, initial=_preset(request))
    if request.method == "POST" and form.is_valid():
        return _receive_plain(request, form)
    mine = Upload.objects.filter(account=actor.id, state="OPEN").order_by("-created_at")[:50]
    delivery = Delivery.objects.filter(account=actor.id, door="page", closed_at=None).order_by("-created_at").first()
    context = {
        "form": form,
        "unfinished": mine,
        "delivery": delivery,
        "small": settings.UPLOAD_DIRECT_FROM,
        "words": words.for_uploader(),
    }
    return render(request, "ingest/upload.html", context)


def _preset(request: HttpRequest) -> dict[str, str]:
    """Links like /upload?inspection_id=… fill the form."""
    return {name: request.GET[name] for name in ("inspection_id", "issue_id", "doc_type") if name in request.GET}


def _receive_plain(request: HttpRequest, form: DescriptionForm) -> HttpResponse:
    check_room(request)
    actor, files = actor_of(request), request.FILES.getlist("files")
    if not files:
        raise BadInput("file-missing", words=_("No file was chosen."))
    delivery = open_delivery(actor, "page")
    for file in files:
        try:
            receive(
                Arrival(
                    actor=actor,
                    door="page",
                    file_name=file.name or "",
                    stream=file,
                    declared=form.described(),
                    size=file.size,
                    delivery_id=delivery.pk,
                )
            )
        except BadInput as exc:
            messages.error(request, f"{file.name}: {exc}")
    return redirect("delivery", delivery.pk)


@require_GET
def intakes(request: HttpRequest) -> HttpResponse:
    """The list of arrivals with its filters, newest first."""
    actor = actor_of(request)
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "door", "state", "progress")}
    found = arrivals.narrowed(arrivals.visible_intakes(actor), filters).order_by("-pk")
    before = request.GET.get("before", "")
    if before:
        found = found.filter(pk__lt=_uuid(before))
    items = list(found[: PAGE + 1])
    more = items[PAGE - 1].pk if len(items) > PAGE else None
    deliveries = arrivals.visible_deliveries(actor).order_by("-created_at")[:8]
    context = {"arrivals": items[:PAGE], "more": more, "filters": filters, "deliveries": deliveries}
    return render(request, "ingest/intakes.html", context | words.filters())


@require_GET
def intake(request: HttpRequest, intake_id: UUID) -> HttpResponse:
    """One arrival: receipt, digests, every stage; htmx asks for the part that changes until all is settled."""
    actor = actor_of(request)
    one = arrivals.intake_for(actor, intake_id)
    context = {
        "intake": one,
        "steps": arrivals.steps_of(one),
        "runs": one.runs.order_by("-started_at", "-pk")[:100],
        "record": arrivals.record_of(one, actor),
        "first": arrivals.first_of(one, actor),
        "may_rerun": access.may(actor, "record.rerun"),
        "engines": ("rapidocr", "tesseract"),
    }
    template = "ingest/_stages.html" if request.headers.get("HX-Request") else "ingest/intake.html"
    return render(request, template, context)


@require_POST
def rerun(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Run a stage again, with another OCR engine if one is chosen."""
    actor = actor_of(request)
    engine = request.POST.get("ocr_engine", "")
    options = {"ocr_engine": engine} if engine in ("rapidocr", "tesseract") else {}
    try:
        ordered = pipeline.rerun(record_id, request.POST.get("stage", ""), actor=actor, options=options)
    except ArchiveError as exc:
        messages.error(request, str(exc))
        return redirect("record", record_id)
    messages.success(request, _("The stage will run again."))
    return redirect("intake", ordered.pk)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise BadInput() from exc
