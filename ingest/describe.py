"""Describing many records at once. Owns: one record after the other, each in its own transaction; a failure is told
and stops no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from archive import access, errors, records
from archive.errors import ArchiveError
from archive.models import Record
from archive.records import Details
from archive.types import Actor
from ingest.models import Intake
from ingest.suggest import Suggestions
from inspections import evidence

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Outcome:
    """What became of one record; `error` is None when it was changed (or had nothing to change)."""

    name: str
    error: ArchiveError | None = None


class NotStoredYet(errors.Conflict):
    code = "not-stored-yet"
    words = _("The file is received, but not stored yet.")
    advice = _("Try again in a moment.")


def describe_many(
    ids: Sequence[UUID], details: Details, links: Iterable[tuple[str, UUID]], *, actor: Actor, reason: str = ""
) -> list[Outcome]:
    """Give these records the same details and links. At most 500 at once.

    Raises:
        BadInput: there are more.
    """
    if len(ids) > MOST_AT_ONCE:
        raise errors.BadInput("too-many", words=_("At most 500 records can be changed at once."))
    pairs = list(links)
    return [_one(record_id, details, pairs, actor=actor, reason=reason) for record_id in ids]


def _one(record_id: UUID, details: Details, links: Sequence[tuple[str, UUID]], *, actor: Actor, reason: str) -> Outcome:
    record = access.visible(Record.objects.filter(pk=record_id), actor).first()
    name = record.title if record else str(record_id)
    try:
        with transaction.atomic():
            records.describe(record_id, details, actor=actor, reason=reason)
            for kind, subject_id in links:
                evidence.link(record_id, kind, subject_id, actor=actor, doc_type=details.doc_type or "")
    except ArchiveError as exc:
        return Outcome(name, exc)
    return Outcome(name)


def fill_gaps(record: Record, found: Suggestions, *, actor: Actor) -> Outcome:
    """Let suggestions stand where the record says nothing yet."""
    hints = {name: hint["value"] for name, hint in found.as_dict().items()}
    values: dict[str, Any] = {
        name: hints[name] for name in ("doc_type", "maker", "place") if name in hints and not getattr(record, name)
    }
    if record.date is None and "date" in hints:
        values["date"] = date.fromisoformat(hints["date"])
    return _one(record.pk, Details(**values), [], actor=actor, reason="suggestion accepted")


def apply_rows(rows: Iterable[Mapping[str, Any]], *, actor: Actor, reason: str) -> list[Outcome]:
    """Apply rows of a list: each has `name`, `intake` and `values` as JSON."""
    return [_row(row, actor=actor, reason=reason) for row in rows]


def _row(row: Mapping[str, Any], *, actor: Actor, reason: str) -> Outcome:
    values = dict(row["values"])
    links = [(kind, UUID(values.pop(kind))) for kind in ("inspection", "issue") if kind in values]
    if "date" in values:
        values["date"] = date.fromisoformat(values["date"])
    for name in ("methods", "contents"):
        if name in values:
            values[name] = tuple(values[name])
    intake = Intake.objects.filter(pk=row["intake"]).first()
    record_id = record_id_of(intake) if intake else None
    if record_id is None:
        return Outcome(str(row["name"]), NotStoredYet())
    done = _one(record_id, Details(**values), links, actor=actor, reason=reason)
    return Outcome(str(row["name"]), done.error)


def record_id_of(intake: Intake) -> UUID | None:
    """The record that an intake became, or whose bytes it met again; None until it stands."""
    return None if intake.state == "RECEIVED" else intake.record_id
