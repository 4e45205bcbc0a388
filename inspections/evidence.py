"""Linking records to inspections and issues: the record gains a purpose, the case gains its proof."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from archive import access, errors, records
from archive.models import Link, Record
from archive.types import Actor
from inspections import audience
from inspections.models import Inspection, Issue


def subject_for(actor: Actor, kind: str, subject_id: UUID) -> Inspection | Issue:
    """The inspection or issue, if the actor may see it. Raises `NotFound`."""
    if kind == "inspection":
        return access.thing_for(actor, Inspection.objects.select_related("unit"), subject_id, "inspection.view")
    if kind == "issue":
        return access.thing_for(actor, Issue.objects.select_related("inspection__unit"), subject_id, "issue.view")
    raise errors.BadInput("unknown-subject", words=_("A record is linked to an inspection or an issue."), value=kind)


@transaction.atomic
def link(record_id: UUID, kind: str, subject_id: UUID, *, actor: Actor, doc_type: str = "", note: str = "") -> Link:
    """Link a record that the actor sees to a case that the actor sees."""
    access.record_for(actor, record_id, "record.link")
    subject_for_upload(actor, kind, subject_id)
    record = records.lock(record_id)
    made = attach(record, kind, subject_id, actor=actor, doc_type=doc_type or record.doc_type, note=note)
    records.touch(record, message=f"link to {kind}", actor=actor)
    return made


def attach(
    record: Record,
    kind: str,
    subject_id: UUID,
    *,
    actor: Actor,
    doc_type: str = "",
    given_name: str = "",
    note: str = "",
) -> Link:
    """Make the link and widen the audience by it; the caller holds the record's row and closes the change."""
    made = records.add_link(record, kind, subject_id, actor=actor, doc_type=doc_type, given_name=given_name, note=note)
    audience.refresh_record(record)
    return made


@transaction.atomic
def unlink(link_id: UUID, *, actor: Actor, reason: str) -> None:
    """End a link with a reason; the record's audience narrows by it."""
    row = Link.objects.filter(pk=link_id).first()
    if row is None:
        raise errors.NotFound()
    access.record_for(actor, row.record_id, "record.link")
    record = records.lock(row.record_id)
    records.end_link(row, actor=actor, reason=reason)
    audience.refresh_record(record)
    records.touch(record, message=f"link to {row.subject_kind} ended", actor=actor)


def subject_for_upload(actor: Actor, kind: str, subject_id: UUID) -> None:
    """Refuse to hang evidence on a case that the actor may not see. The program's own parts may hang it anywhere."""
    if actor.is_system:
        things = Inspection.objects if kind == "inspection" else Issue.objects
        if not things.filter(pk=subject_id).exists():
            raise errors.NotFound()
        return
    subject_for(actor, kind, subject_id)


def records_of(kind: str, subject_id: UUID, actor: Actor) -> QuerySet[Record]:
    """The records that prove something about an inspection or issue, as far as the actor may see them.

    For an inspection, records of its issues count as well.
    """
    ids = [subject_id]
    kinds = [kind]
    if kind == "inspection":
        ids += list(Issue.objects.filter(inspection_id=subject_id).values_list("pk", flat=True))
        kinds.append("issue")
    live = Link.objects.filter(subject_kind__in=kinds, subject_id__in=ids, ended_at=None)
    found = Record.objects.filter(pk__in=live.values("record_id")).select_related("original")
    return access.visible(found, actor).order_by("doc_type", "date", "number")
