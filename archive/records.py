"""Records: registering, describing, linking, and what tools and people add to them.

Every change goes the same way: lock the row, change it, append custody, `touch` (index mark, next vault version).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from archive import access, custody, errors, snapshot, states, vault, vocabulary
from archive.models import IndexMark, Link, Original, Record, TextUnit
from archive.types import Actor, Secrecy

M5 = states.Machine(
    kind="record",
    source="domain.md M5",
    moves={
        ("STORING", "register"): "REGISTERED",
        ("REGISTERED", "capture"): "CAPTURED",
        ("REGISTERED", "quarantine"): "QUARANTINED",
        ("CAPTURED", "quarantine"): "QUARANTINED",
        ("QUARANTINED", "release"): "REGISTERED",
    },
)


@dataclass(frozen=True)
class Details:
    """What people say of a record; None leaves a field as it is."""

    title: str | None = None
    doc_type: str | None = None
    date: date | None = None
    maker: str | None = None
    place: str | None = None
    methods: tuple[str, ...] | None = None
    contents: tuple[str, ...] | None = None
    secrecy: str | None = None


@dataclass(frozen=True)
class NewRecord:
    """All that is needed to open a record whose bytes wait in the incoming bucket."""

    id: UUID
    number: str
    file_name: str
    incoming_key: str
    size: int
    sha512: str
    sm3: str
    sha256: str
    facts: Mapping[str, Any]
    details: Details
    declared: Mapping[str, Any]
    created_by_id: UUID | None


def check_details(details: Details) -> None:
    """Refuse codes that the vocabularies do not have. Raises `BadInput`."""
    if details.doc_type and details.doc_type not in vocabulary.DOC_TYPES:
        raise errors.BadInput(
            "unknown-doc-type", words=_("There is no document type %(value)s."), value=details.doc_type
        )
    for value, known, code in (
        (details.methods, vocabulary.METHODS, "unknown-method"),
        (details.contents, vocabulary.CONTENTS, "unknown-content"),
    ):
        unknown = [item for item in value or () if item not in known]
        if unknown:
            raise errors.BadInput(code, words=_("Unknown code: %(value)s."), value=", ".join(unknown))
    if details.secrecy is not None and details.secrecy not in set(Secrecy):
        raise errors.BadInput(
            "secrecy-refused",
            words=_("This archive is not approved for material marked %(value)s."),
            advice=_("State secrets must not be entered here (Secrets Law art. 31). Keep them on an approved system."),
            value=details.secrecy,
        )


def open_record(new: NewRecord, *, actor: Actor) -> Record:
    """Make the rows of a record in state STORING and owe its first vault version, inside the caller's transaction.

    Nobody is in its audience yet, so nobody sees it before its bytes are stored and `register` is called. Raises
    IntegrityError when the same bytes are claimed by another record.
    """
    now = datetime.now(UTC)
    told = {name: value for name, value in asdict(new.details).items() if value is not None}
    told["title"] = told.get("title") or title_from(new.file_name)
    for name in ("methods", "contents"):
        told[name] = list(told.get(name) or ())
    record = Record.objects.create(
        id=new.id,
        number=new.number,
        declared=dict(new.declared),
        created_at=now,
        created_by_id=new.created_by_id,
        **told,
        **{name: value for name, value in new.facts.items() if name in FACT_FIELDS and value is not None},
    )
    Original.objects.create(
        record=record,
        key=vault.content_key(new.id, 1, vault.ORIGINAL),
        file_name=new.file_name[:1000],
        size=new.size,
        sha512=new.sha512,
        sm3=new.sm3,
        sha256=new.sha256,
        stored_at=now,
    )
    data = {"number": new.number, "file_name": new.file_name, "size": new.size, "sha512": new.sha512, "sm3": new.sm3}
    custody.append("accession", subject=("record", record.pk), actor=actor, data=data)
    where = {
        "bucket": "incoming",
        "key": new.incoming_key,
        "size": new.size,
        "sha512": new.sha512,
        "sha256": new.sha256,
    }
    vault.owe(
        record.pk,
        files=snapshot.metadata_files(record),
        message="accession",
        agent=actor.name,
        content={vault.ORIGINAL: where},
    )
    return record


def register(record: Record, *, actor: Actor) -> None:
    """The bytes are in the vault and were read back: the record exists for others from now on."""
    states.move(record, "register", actor=actor)
    mark_changed(record)


FACT_FIELDS = frozenset(
    {"mime", "format_name", "format_version", "medium", "condition", "page_count", "duration_ms", "width", "height"}
)


def title_from(file_name: str) -> str:
    """A title from a file name: its stem, at most 500 characters."""
    stem = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    head, dot, tail = stem.rpartition(".")
    return (head if dot and head and len(tail) <= 5 else stem)[:500] or "—"


def lock(record_id: UUID) -> Record:
    """The record's row, held until the transaction ends."""
    return Record.objects.select_for_update().get(pk=record_id)


def mark_changed(record: Record) -> None:
    """The index owes this record a visit; called in the transaction of the change."""
    now = datetime.now(UTC)
    IndexMark.objects.update_or_create(
        record_id=record.pk,
        defaults={"version": record.version, "tries": 0, "error": ""},
        create_defaults={"version": record.version, "since": now},
    )


def touch(record: Record, *, message: str, actor: Actor) -> None:
    """Close a change: next version number, index mark, next vault version. The caller holds the row."""
    Record.objects.filter(pk=record.pk).update(version=F("version") + 1)
    record.refresh_from_db()
    mark_changed(record)
    owe_version(record, message=message, actor=actor)


def owe_version(record: Record, *, message: str, actor: Actor) -> None:
    """Owe the vault a version with the record as it is now. The caller holds the row."""
    vault.owe(record.pk, files=snapshot.metadata_files(record), message=message, agent=actor.name)


@transaction.atomic
def describe(record_id: UUID, details: Details, *, actor: Actor, reason: str = "") -> Record:
    """Change what people say of a record; the old values stay in custody and in the older vault version (R28)."""
    access.record_for(actor, record_id, "record.describe")
    check_details(details)
    record = lock(record_id)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for item in fields(details):
        value = getattr(details, item.name)
        if value is None:
            continue
        value = list(value) if isinstance(value, tuple) else value
        if getattr(record, item.name) != value:
            before[item.name], after[item.name] = getattr(record, item.name), value
    if not after:
        return record
    Record.objects.filter(pk=record.pk).update(**after)
    record.refresh_from_db()
    data = {"before": before, "after": after, "reason": reason}
    custody.append("metadata modification", subject=("record", record.pk), actor=actor, data=data)
    touch(record, message="metadata modification", actor=actor)
    return record


def add_link(
    record: Record,
    kind: str,
    subject_id: UUID,
    *,
    actor: Actor,
    doc_type: str = "",
    given_name: str = "",
    note: str = "",
) -> Link:
    """Link a record to what it proves; an existing live link is given back. The caller holds the row."""
    link, made = Link.objects.get_or_create(
        record=record,
        subject_kind=kind,
        subject_id=subject_id,
        ended_at=None,
        defaults={
            "doc_type": doc_type,
            "given_name": given_name[:1000],
            "note": note,
            "made_by": actor.id,
            "made_at": datetime.now(UTC),
        },
    )
    if made:
        data = {"kind": kind, "subject": subject_id, "doc_type": doc_type}
        custody.append("link", subject=("record", record.pk), actor=actor, data=data)
        custody.append("link", subject=(kind, subject_id), actor=actor, data={"record": record.pk} | data)
    return link


def end_link(link: Link, *, actor: Actor, reason: str) -> None:
    """End a link; it stays readable with who ended it and why. The caller holds the record's row."""
    if not reason.strip():
        raise errors.BadInput("reason-missing", words=_("Say why this link is ended."))
    done = Link.objects.filter(pk=link.pk, ended_at=None).update(
        ended_at=datetime.now(UTC), ended_by=actor.id, end_reason=reason
    )
    if done != 1:
        raise errors.Conflict("link-ended", words=_("This link has been ended already."))
    data = {"kind": link.subject_kind, "subject": link.subject_id, "reason": reason}
    custody.append("link ended", subject=("record", link.record_id), actor=actor, data=data)
    custody.append("link ended", subject=(link.subject_kind, link.subject_id), actor=actor, data=data)


def text_of(record: Record) -> Iterable[TextUnit]:
    """The text units in force, in reading order."""
    return record.units.filter(current=True).order_by("kind", "number", "start_ms")


@transaction.atomic
def correct_page(
    record_id: UUID, number: int, text: str, *, actor: Actor, kind: str = "page", expected: UUID | None = None
) -> TextUnit:
    """A person's reading of a page replaces the machine's in search; both are kept (checklist 27, 31).

    `expected` is the unit the person was shown: if another is in force by now, `Conflict` is raised. The corrected
    text goes into the vault as a version of its own, with its author.
    """
    access.record_for(actor, record_id, "record.correct")
    record = lock(record_id)
    old = record.units.filter(kind=kind, number=number, current=True).order_by("-created_at").first()
    if expected is not None and (old is None or old.pk != expected):
        raise errors.Conflict("page-changed", words=_("Somebody has changed this page since you opened it."))
    record.units.filter(kind=kind, number=number, current=True).update(current=False)
    unit = TextUnit.objects.create(
        record=record,
        stage="person",
        kind=kind,
        number=number,
        label=old.label if old else "",
        text=text,
        source="person",
        width=old.width if old else None,
        height=old.height if old else None,
        confidence=1.0,
        start_ms=old.start_ms if old else None,
        end_ms=old.end_ms if old else None,
        words=old.words if old else None,
        made_by_id=actor.id,
        created_at=datetime.now(UTC),
    )
    data = {"kind": kind, "number": number, "replaces": old.pk if old else None, "characters": len(text)}
    custody.append("text correction", subject=("record", record.pk), actor=actor, data=data)
    touch(record, message=f"text correction, {kind} {number}", actor=actor)
    return unit
