"""Chaining of custody events and their flush to the records bucket (`domain.md` checklist 34).

One sealer, under an advisory lock, gives each committed event its place and the chain value
`SHA-256(previous chain + digest)`; segments of the chain are put into the bucket, where a lock keeps them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from django.db import connection, transaction

from archive import objects
from archive.custody import digest_of
from archive.models import CustodyEvent, LedgerEntry, LedgerSegment

GENESIS = hashlib.sha256(b"anjuan ledger").hexdigest()
BATCH = 2000
_LOCK = 0x5EA1


def link(previous: str, digest: str) -> str:
    """The chain value that follows `previous` for an event with `digest`."""
    return hashlib.sha256(f"{previous}{digest}".encode()).hexdigest()


@transaction.atomic
def seal() -> int:
    """Chain the events that are not chained yet, oldest first; gives how many. A second sealer does nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = LedgerEntry.objects.order_by("-position").first()
    position, chain = (last.position, last.chain) if last else (0, GENESIS)
    events = CustodyEvent.objects.filter(entry=None).order_by("at", "id")[:BATCH]
    rows = []
    for event in events:
        position += 1
        chain = link(chain, event.digest)
        rows.append(LedgerEntry(position=position, event=event, chain=chain))
    LedgerEntry.objects.bulk_create(rows)
    return len(rows)


def flush() -> LedgerSegment | None:
    """Put the sealed events that are not in the bucket yet as one segment; None when there are none."""
    newest = LedgerSegment.objects.order_by("-last").first()
    first = newest.last + 1 if newest else 1
    entries = list(
        LedgerEntry.objects.select_related("event").filter(position__gte=first).order_by("position")[: BATCH * 5]
    )
    if not entries:
        return None
    last = entries[-1]
    body = "".join(_line(entry) for entry in entries).encode()
    # The chain value in the name: a database that was set back cannot write over what an older one has told
    key = f"ledger/{first:012d}-{last.position:012d}-{last.chain[:12]}.jsonl"
    objects.ledger().put_once(key, body, "application/jsonl")
    return LedgerSegment.objects.create(
        first=first,
        last=last.position,
        key=key,
        chain=last.chain,
        sha512=hashlib.sha512(body).hexdigest(),
        flushed_at=datetime.now(UTC),
    )


def _line(entry: LedgerEntry) -> str:
    event = entry.event
    value = {
        "position": entry.position,
        "chain": entry.chain,
        "digest": event.digest,
        "id": str(event.id),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": event.event,
        "subject": [event.subject_kind, event.subject_id],
        "actor": [event.actor_kind, str(event.actor_id or ""), event.actor_name, event.address],
        "data": event.data,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def first_fault() -> int | None:
    """The position where the chain or a digest does not agree with the events, None when all do."""
    chain = GENESIS
    expected = 1
    for entry in LedgerEntry.objects.select_related("event").order_by("position").iterator(chunk_size=BATCH):
        chain = link(chain, entry.event.digest)
        if entry.position != expected or entry.chain != chain or digest_of(entry.event) != entry.event.digest:
            return entry.position
        expected += 1
    return None
