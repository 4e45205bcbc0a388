"""A record as it goes into its OCFL object: `record.json` (all that we know) and `premis.json` (what was done).

The files are complete enough to make the rows again from the bucket alone (`architecture.md`, Where truth lives).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from archive import access
from archive.models import CustodyEvent, Record

SCHEMA = "anjuan/record/1"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def to_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=_plain) + "\n"


def metadata_files(record: Record) -> dict[str, str]:
    """Logical path → text of the metadata files of the next version."""
    return {
        "metadata/record.json": to_text(record_value(record)),
        "metadata/premis.json": to_text(premis_value(record)),
    }


_FIELDS = (
    "number",
    "title",
    "doc_type",
    "medium",
    "date",
    "maker",
    "place",
    "methods",
    "contents",
    "secrecy",
    "state",
    "condition",
    "mime",
    "format_name",
    "format_version",
    "page_count",
    "duration_ms",
    "width",
    "height",
    "made_at",
    "technical",
    "declared",
    "created_at",
    "version",
    "confidence",
)


def record_value(record: Record) -> dict[str, Any]:
    """Everything of a record that cannot be made again by a tool."""
    original = record.original
    return {
        "schema": SCHEMA,
        "id": record.pk,
        **{name: getattr(record, name) for name in _FIELDS},
        "created_by": record.created_by_id,
        "original": {
            "file_name": original.file_name,
            "size": original.size,
            "digests": {"sha512": original.sha512, "sm3": original.sm3, "sha256": original.sha256},
            "stored_at": original.stored_at,
        },
        "audience": access.audience_of("record", record.pk),
        "links": list(
            record.links.order_by("made_at").values(
                "id",
                "subject_kind",
                "subject_id",
                "doc_type",
                "given_name",
                "note",
                "made_by",
                "made_at",
                "ended_at",
                "ended_by",
                "end_reason",
            )
        ),
        "notices": list(record.notices.order_by("id").values("stage", "code", "level", "words", "advice", "data")),
        "corrections": list(
            record.units.filter(stage="person")
            .order_by("created_at")
            .values("id", "kind", "number", "label", "text", "start_ms", "end_ms", "made_by", "created_at", "current")
        ),
    }


def premis_value(record: Record) -> dict[str, Any]:
    """PREMIS 3: the file as object, and the events of its custody with their agents."""
    original = record.original
    events = CustodyEvent.objects.filter(subject_kind="record", subject_id=str(record.pk)).exclude(event="view")
    return {
        "premis": "3.0",
        "object": {
            "objectIdentifier": str(record.pk),
            "objectCategory": "file",
            "objectCharacteristics": {
                "fixity": [
                    {"messageDigestAlgorithm": name, "messageDigest": value}
                    for name, value in (
                        ("SHA-512", original.sha512),
                        ("SM3", original.sm3),
                        ("SHA-256", original.sha256),
                    )
                ],
                "size": original.size,
                "format": {"formatName": record.format_name or record.mime, "formatVersion": record.format_version},
            },
            "originalName": original.file_name,
        },
        "events": [_event(event) for event in events.order_by("at", "id")],
    }


def _event(event: CustodyEvent) -> dict[str, Any]:
    return {
        "eventIdentifier": str(event.pk),
        "eventType": event.event,
        "eventDateTime": event.at,
        "eventDetail": event.data,
        "linkingAgent": {"type": event.actor_kind, "id": event.actor_id, "name": event.actor_name},
        "digest": event.digest,
    }
