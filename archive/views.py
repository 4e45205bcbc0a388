"""The bytes of records: originals and what was made from them. Hidden looks exactly like absent."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from archive import access, custody, errors, files, objects, streaming
from archive.access import actor_of
from archive.models import Derivative, Record

KEEP = 3600
"""Seconds for which a person's own browser may keep a derivative: its address never gets other bytes."""


@require_safe
def original(request: HttpRequest, record_id: UUID) -> HttpResponseBase:
    """The bytes as received; `?inline=1` for the viewer. Handing them out is a custody event."""
    actor = actor_of(request)
    record = access.record_for(actor, record_id, "record.download")
    if record.state == "QUARANTINED":
        access.require(actor, "record.release")
    inline = request.GET.get("inline") == "1" and record.state != "QUARANTINED"
    kept = record.original
    if request.method == "GET" and streaming.begins(request):
        event = "view" if inline else "dissemination"
        data = {"what": "original", "sha512": kept.sha512, "size": kept.size}
        custody.note(event, subject=("record", record.pk), actor=actor, data=data)
    body = streaming.Body(
        size=kept.size,
        mime=record.mime or "application/octet-stream",
        tag=kept.sha256,
        name=kept.file_name.replace("\\", "/").rsplit("/", 1)[-1] or record.number,
        open=lambda offset, length: objects.records().open(kept.key, offset, length),
    )
    return streaming.answer(request, body, inline=inline)


@require_safe
def derivative(request: HttpRequest, record_id: UUID, derivative_id: UUID) -> HttpResponseBase:
    """One derivative, whole or a range of it. Small pictures of lists are not told in custody, the rest is."""
    actor = actor_of(request)
    record = access.record_for(actor, record_id, "record.view")
    found = record.derivatives.filter(pk=derivative_id).first()
    if found is None:
        raise errors.NotFound()
    return _give(request, record, found, download=request.GET.get("download") == "1")


@require_safe
def page_image(request: HttpRequest, record_id: UUID, number: int, suffix: str) -> HttpResponseBase:
    """The picture of a page that the pipeline made. `NotFound` where there is none: the viewer draws it itself."""
    record = access.record_for(actor_of(request), record_id, "record.view")
    found = record.derivatives.filter(kind="page-image", number=number, current=True).order_by("-created_at").first()
    if found is None or files.SUFFIX.get(found.mime) != suffix:
        raise errors.NotFound()
    return _give(request, record, found, download=False)


def _give(request: HttpRequest, record: Record, found: Derivative, *, download: bool) -> HttpResponseBase:
    actor = actor_of(request)
    if record.state == "QUARANTINED":
        access.require(actor, "record.release")
    if download and request.method == "GET" and streaming.begins(request):
        data = {"what": found.kind, "number": found.number, "derivative": found.pk}
        custody.note("download", subject=("record", record.pk), actor=actor, data=data)
    suffix = files.SUFFIX.get(found.mime, "bin")
    body = streaming.Body(
        size=found.size,
        mime=found.mime,
        tag=found.sha256,
        name=f"{record.number}-{found.kind}-{found.number}.{suffix}",
        open=lambda offset, length: files.open_derivative(found, offset, length),
    )
    return streaming.answer(request, body, inline=not download, seconds=KEEP)
