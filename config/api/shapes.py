"""Shapes of what the API gives back. Owns: names and meaning of the fields; times are UTC, sizes in bytes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Schema


class Words(Schema):
    """A text in both languages."""

    zh: str = ""
    en: str = ""


class TermOut(Schema):
    code: str
    zh: str
    en: str


class MeOut(Schema):
    id: UUID | None
    name: str
    kind: str
    roles: list[str]


class Reference(Schema):
    """Something with a page of its own."""

    id: UUID
    number: str
    title: str
    url: str


class LinkOut(Schema):
    id: UUID
    kind: str  # inspection | issue
    subject: Reference | None  # null: linked to something you may not see
    doc_type: str
    note: str
    made_at: datetime


class DigestsOut(Schema):
    sha512: str
    sm3: str
    sha256: str


class NoticeOut(Schema):
    code: str
    level: str
    words: Words
    advice: Words


class RecordOut(Schema):
    id: UUID
    number: str
    title: str
    doc_type: str
    medium: str
    date: date | None
    maker: str
    place: str
    methods: list[str]
    contents: list[str]
    secrecy: str
    state: str
    condition: str
    mime: str
    format_name: str
    page_count: int | None
    duration_ms: int | None
    file_name: str
    size: int
    digests: DigestsOut
    created_at: datetime
    version: int
    url: str


class RecordFull(RecordOut):
    technical: dict[str, Any]
    declared: dict[str, Any]
    notices: list[NoticeOut]
    links: list[LinkOut]
    original_url: str


class RecordsPage(Schema):
    items: list[RecordOut]
    next: UUID | None  # give it as `before` to get the next page; null at the end


class UnitOut(Schema):
    id: UUID
    kind: str
    number: int
    label: str
    text: str
    source: str
    start_ms: int | None
    end_ms: int | None
    confidence: float | None
    engine: str
    engine_version: str


class UnitsPage(Schema):
    items: list[UnitOut]
    total: int


class InspectionOut(Schema):
    id: UUID
    number: str
    unit: str
    batch: str
    team: str
    year: int
    state: str
    starts: date | None
    ends: date | None
    purpose: str
    url: str


class InspectionsPage(Schema):
    items: list[InspectionOut]
    next: UUID | None


class IssueOut(Schema):
    id: UUID
    number: str
    inspection_id: UUID
    title: str
    description: str
    place: str
    level: str
    contents: list[str]
    methods: list[str]
    state: str
    found_on: date | None
    url: str


class IssuesPage(Schema):
    items: list[IssueOut]
    next: UUID | None


class StageOut(Schema):
    stage: str
    attempt: int
    outcome: str  # running done skipped refused retrying failed lost
    started_at: datetime
    milliseconds: int | None
    tool: str
    tool_version: str
    code: str
    words: Words
    advice: Words


class FirstOut(Schema):
    id: UUID
    title: str
    url: str


class IntakeOut(Schema):
    """One received file. It stands only when bytes, digests and row are durable."""

    id: UUID
    receipt: str
    state: str  # RECEIVED | STORED | DUPLICATE
    file_name: str
    size: int
    digests: DigestsOut
    door: str
    actor: str
    received_at: datetime
    settled: bool  # nothing is owed any more
    stuck: bool
    owed: list[str]
    delivery_id: UUID
    record_id: UUID | None  # null until the record stands, or when you may not see it
    duplicate: bool
    first: FirstOut | None  # the record that holds the same bytes, if you may see it
    url: str


class IntakeFull(IntakeOut):
    stages: list[StageOut]
    declared: dict[str, Any]


class IntakesPage(Schema):
    items: list[IntakeOut]
    next: UUID | None


class PartOut(Schema):
    number: int
    size: int


class UploadOut(Schema):
    """A file on its way. OPEN: send it; CHECKING: we read it; RECEIVED: `intake` is its receipt."""

    id: UUID
    state: str  # OPEN | CHECKING | RECEIVED | REFUSED | ABANDONED
    mode: str  # multipart: straight into the store; single: PUT …/content
    file_name: str
    size: int
    part_size: int
    parts: list[PartOut]  # that the store holds already
    delivery_id: UUID
    intake: IntakeOut | None
    error: dict[str, Any] | None  # code, message, advice when REFUSED


class SignedPart(Schema):
    number: int
    url: str


class SignedParts(Schema):
    parts: list[SignedPart]
    seconds: int  # for which the addresses are good


class StageCount(Schema):
    stage: str
    waiting: int
    running: int
    done: int
    skipped: int
    refused: int
    failed: int


class DeliveryOut(Schema):
    id: UUID
    number: str
    title: str
    door: str
    actor: str
    created_at: datetime
    closed_at: datetime | None
    files: int
    bytes: int
    stored: int
    duplicates: int
    settled: int
    stuck: int
    stages: list[StageCount]
    url: str


class DeliveriesPage(Schema):
    items: list[DeliveryOut]
    next: UUID | None


class ExceptionOut(Schema):
    """A file of a delivery that something should be known of."""

    intake_id: UUID
    receipt: str
    file_name: str
    stage: str
    outcome: str
    code: str
    words: Words
    advice: Words
    url: str


class ExceptionsOut(Schema):
    items: list[ExceptionOut]


class SuggestedOut(Schema):
    fields: dict[str, dict[str, str]]  # field → value, source, and id where it names a thing
    words: str  # the same for a person, in the language of the request


class SuggestionsOut(Schema):
    suggestions: list[SuggestedOut]
