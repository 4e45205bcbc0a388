"""Operations on records: read, describe, link, read the text, download, run a stage again."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema, Status

from archive import access, records
from archive import views as keeping
from archive.models import Link, Record
from archive.records import Details
from config.api.auth import actor_of
from config.api.basics import page_of
from config.api.fields import Content, DocType, Limit, Line, LongText, Method, SecrecyCode
from config.api.problems import PROBLEMS
from config.api.shapes import LinkOut, RecordFull, RecordOut, RecordsPage, UnitOut, UnitsPage
from ingest import pipeline
from inspections import evidence
from inspections.models import Inspection, Issue

router = Router(tags=["records"])

_SAME = (
    "id", "number", "title", "doc_type", "medium", "date", "maker", "place", "methods", "contents", "secrecy", "state",
    "condition", "mime", "format_name", "page_count", "duration_ms", "created_at", "version",
)  # fmt: skip


def record_out(record: Record) -> dict[str, Any]:
    """A record as lists show it."""
    original = record.original
    return {
        **{name: getattr(record, name) for name in _SAME},
        "file_name": original.file_name,
        "size": original.size,
        "digests": {"sha512": original.sha512, "sm3": original.sm3, "sha256": original.sha256},
        "url": reverse("record", args=[record.pk]),
    }


def _full(request: HttpRequest, record: Record) -> dict[str, Any]:
    notices = [
        {"code": one.code, "level": one.level, "words": one.words, "advice": one.advice}
        for one in record.notices.order_by("pk")
    ]
    links = Link.objects.filter(record=record, ended_at=None).order_by("made_at")
    return record_out(record) | {
        "technical": record.technical,
        "declared": record.declared,
        "notices": notices,
        "links": [_link_out(request, link) for link in links],
        "original_url": reverse("original", args=[record.pk]),
    }


def _link_out(request: HttpRequest, link: Link) -> dict[str, Any]:
    told = {"id": link.pk, "kind": link.subject_kind, "doc_type": link.doc_type, "note": link.note}
    return told | {"made_at": link.made_at, "subject": _subject(request, link)}


def _subject(request: HttpRequest, link: Link) -> dict[str, Any] | None:
    actor = actor_of(request)
    one: Inspection | Issue | None
    if link.subject_kind == "inspection":
        one = access.visible(Inspection.objects.select_related("unit"), actor).filter(pk=link.subject_id).first()
    else:
        one = access.visible(Issue.objects.all(), actor).filter(pk=link.subject_id).first()
    if one is None:
        return None
    title = one.title if isinstance(one, Issue) else one.unit.name
    return {"id": one.pk, "number": one.number, "title": title, "url": reverse(link.subject_kind, args=[one.pk])}


class RecordFilters(Schema):
    doc_type: DocType = ""
    medium: Line = ""
    condition: Line = ""
    inspection_id: UUID | None = None
    issue_id: UUID | None = None
    before: UUID | None = None
    limit: Limit = 50


@router.get("", response={200: RecordsPage, **PROBLEMS})
def list_records(request: HttpRequest, filters: Query[RecordFilters]) -> dict[str, Any]:
    """Records that you may see, newest first. To find words, use /search."""
    actor = actor_of(request)
    access.require(actor, "record.view")
    found = access.visible(Record.objects.select_related("original"), actor)
    if filters.inspection_id is not None:
        found = evidence.records_of("inspection", filters.inspection_id, actor)
    if filters.issue_id is not None:
        found = found.filter(pk__in=evidence.records_of("issue", filters.issue_id, actor).values("pk"))
    for name in ("doc_type", "medium", "condition"):
        if value := getattr(filters, name):
            found = found.filter(**{name: value})
    items, more = page_of(found, filters.before, filters.limit)
    return {"items": [record_out(item) for item in items], "next": more}


@router.get("/{record_id}", response={200: RecordFull, **PROBLEMS})
def one_record(request: HttpRequest, record_id: UUID) -> dict[str, Any]:
    """One record with its notices and links."""
    return _full(request, access.record_for(actor_of(request), record_id))


class DescribeIn(Schema):
    """Fields to change; those left out stay as they are."""

    title: Line | None = None
    doc_type: DocType | None = None
    date: dt.date | None = None
    maker: Line | None = None
    place: Line | None = None
    methods: list[Method] | None = None
    contents: list[Content] | None = None
    secrecy: SecrecyCode | None = None
    reason: LongText = ""


@router.patch("/{record_id}", response={200: RecordFull, **PROBLEMS})
def describe(request: HttpRequest, record_id: UUID, payload: DescribeIn) -> dict[str, Any]:
    """Change the description; the old values stay in the history."""
    actor = actor_of(request)
    values = payload.dict(exclude={"reason"}, exclude_none=True)
    for name in ("methods", "contents"):
        if name in values:
            values[name] = tuple(values[name])
    values |= {name: values[name][:most] for name, most in (("maker", 200), ("place", 300)) if name in values}
    records.describe(record_id, Details(**values), actor=actor, reason=payload.reason)
    return _full(request, access.record_for(actor, record_id))


class LinkIn(Schema):
    kind: str  # inspection | issue
    subject_id: UUID
    doc_type: DocType = ""
    note: LongText = ""


@router.post("/{record_id}/links", response={201: LinkOut, **PROBLEMS})
def add_link(request: HttpRequest, record_id: UUID, payload: LinkIn) -> Status[Any]:
    """Link the record to an inspection or issue that it proves something about; a live link is given back."""
    made = evidence.link(
        record_id,
        payload.kind,
        payload.subject_id,
        actor=actor_of(request),
        doc_type=payload.doc_type,
        note=payload.note,
    )
    return Status(201, _link_out(request, made))


class EndLinkIn(Schema):
    reason: LongText


@router.post("/links/{link_id}/end", response={204: None, **PROBLEMS})
def end_link(request: HttpRequest, link_id: UUID, payload: EndLinkIn) -> Status[Any]:
    """End a link, with a reason. It stays in the history."""
    evidence.unlink(link_id, actor=actor_of(request), reason=payload.reason)
    return Status(204, None)


class UnitFilters(Schema):
    kind: Line = ""
    start: int = 1  # first number
    limit: Limit = 50


@router.get("/{record_id}/units", response={200: UnitsPage, **PROBLEMS})
def units(request: HttpRequest, record_id: UUID, filters: Query[UnitFilters]) -> dict[str, Any]:
    """The text in force, by page, sheet, part or segment, with its source and confidence."""
    record = access.record_for(actor_of(request), record_id)
    found = record.units.filter(current=True).order_by("kind", "number", "start_ms")
    if filters.kind:
        found = found.filter(kind=filters.kind)
    start = max(0, min(filters.start, 2**31 - 1))
    return {
        "items": [_unit_out(unit) for unit in found.filter(number__gte=start)[: filters.limit]],
        "total": found.count(),
    }


def _unit_out(unit: Any) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in UnitOut.model_fields}


@router.get("/{record_id}/original", response={200: bytes, 206: bytes, 304: None, 416: None, **PROBLEMS})
def original(request: HttpRequest, record_id: UUID) -> HttpResponseBase:
    """The bytes as received, with their digests in the headers; `Range` for a part of them."""
    answer = keeping.original(request, record_id)
    held = access.record_for(actor_of(request), record_id, "record.download").original
    encoded = {name: base64.b64encode(bytes.fromhex(getattr(held, name))).decode() for name in ("sha512", "sha256")}
    answer["Repr-Digest"] = f"sha-512=:{encoded['sha512']}:, sha-256=:{encoded['sha256']}:"  # RFC 9530
    answer["X-Digest-SM3"] = held.sm3
    return answer


class RerunIn(Schema):
    stage: Line
    ocr_engine: Line = ""


@router.post("/{record_id}/rerun", response={202: RecordOut, **PROBLEMS})
def rerun(request: HttpRequest, record_id: UUID, payload: RerunIn) -> Status[Any]:
    """Run a stage again, with another OCR engine if you like; what follows from it runs again too."""
    actor = actor_of(request)
    options = {"ocr_engine": payload.ocr_engine} if payload.ocr_engine else {}
    pipeline.rerun(record_id, payload.stage, actor=actor, options=options)
    return Status(202, record_out(access.record_for(actor, record_id)))
