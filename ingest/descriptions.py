"""Descriptions as they travel: from a form, the API or a list into rows, and back. Checks them at the door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from archive import records
from archive.records import Details
from archive.types import Actor
from ingest.types import Description
from inspections import evidence


def to_json(description: Description) -> dict[str, Any]:
    """The fields that were given, as JSON values."""
    told: dict[str, Any] = {}
    for name, value in vars(description).items():
        if value in (None, "", ()):
            continue
        told[name] = list(value) if isinstance(value, tuple) else str(value) if not isinstance(value, str) else value
    return told


def from_json(value: Mapping[str, Any]) -> Description:
    """The description out of a row's JSON."""
    return Description(
        inspection_id=UUID(value["inspection_id"]) if value.get("inspection_id") else None,
        issue_id=UUID(value["issue_id"]) if value.get("issue_id") else None,
        doc_type=value.get("doc_type", ""),
        title=value.get("title", ""),
        date=date.fromisoformat(value["date"]) if value.get("date") else None,
        maker=value.get("maker", ""),
        place=value.get("place", ""),
        methods=tuple(value.get("methods", ())),
        contents=tuple(value.get("contents", ())),
        secrecy=value.get("secrecy", "INTERNAL"),
        ocr_engine=value.get("ocr_engine", ""),
        path=value.get("path", ""),
    )


def details_of(description: Description) -> Details:
    """What goes into the record's own fields."""
    return Details(
        title=description.title[:500] or None,
        doc_type=description.doc_type,
        date=description.date,
        maker=description.maker[:200],
        place=description.place[:300],
        methods=description.methods,
        contents=description.contents,
        secrecy=description.secrecy or "INTERNAL",
    )


def check(description: Description, *, actor: Actor) -> None:
    """Refuse unknown codes and cases the actor may not see, before any byte is read."""
    records.check_details(details_of(description))
    if description.inspection_id is not None:
        evidence.subject_for_upload(actor, "inspection", description.inspection_id)
    if description.issue_id is not None:
        evidence.subject_for_upload(actor, "issue", description.issue_id)
