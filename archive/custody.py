"""The one writer of custody events (`domain.md` D5, checklist 34, 35, 57).

An event is written in the transaction of the act it tells, with a digest over all its fields. Chaining is done
outside that transaction by `archive.ledger`, so that writers do not wait for each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from archive.ids import new_id
from archive.models import CustodyEvent
from archive.types import Actor

Subject = tuple[str, UUID | str]


def digest_of(event: CustodyEvent) -> str:
    """SHA-256 over the canonical JSON of every field but the digest itself."""
    fields = {
        "id": str(event.id),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": event.event,
        "subject": [event.subject_kind, event.subject_id],
        "actor": [event.actor_kind, str(event.actor_id or ""), event.actor_name, event.address],
        "data": event.data,
    }
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def append(event: str, *, subject: Subject, actor: Actor, data: Mapping[str, Any] | None = None) -> CustodyEvent:
    """Write one event. Must be called inside the transaction of the act that it tells."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("custody.append outside a transaction: the act and its event could part")
    kind, subject_id = subject
    row = CustodyEvent(
        id=new_id(),
        at=datetime.now(UTC),
        event=event,
        subject_kind=kind,
        subject_id=str(subject_id),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:100],
        address=actor.address[:45],
        data=json.loads(json.dumps(dict(data or {}), default=str)),
    )
    row.digest = digest_of(row)
    row.save(force_insert=True)
    return row


def note(event: str, *, subject: Subject, actor: Actor, data: Mapping[str, Any] | None = None) -> CustodyEvent:
    """Write an act that changes nothing else (a view, a search, a download), in a transaction of its own."""
    with transaction.atomic():
        return append(event, subject=subject, actor=actor, data=data)


def history(kind: str, subject_id: UUID | str, *, limit: int = 500) -> list[CustodyEvent]:
    """The newest events of one thing, newest first."""
    rows = CustodyEvent.objects.filter(subject_kind=kind, subject_id=str(subject_id)).order_by("-at", "-id")
    return list(rows[:limit])
