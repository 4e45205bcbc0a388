"""Small makers for tests: rows that a test needs but is not about."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from archive import access, people
from archive.ids import new_id
from archive.models import Account, Original, Record, TextUnit
from archive.types import Actor, Role


def make_account(*roles: Role, name: str = "") -> tuple[Account, Actor]:
    """An account with these roles, and the actor it is."""
    username = name or f"user-{new_id()}"
    account = people.open_account(
        username, name=name or "某人", roles=roles, password="correct horse 安卷", actor=Actor.system("test")
    )
    return account, access.actor_for(account)


def make_record(
    title: str, *, text: str = "", state: str = "CAPTURED", body: bytes = b"", file_name: str = "", **fields: Any
) -> Record:
    """A record by rows only, for tests that do not look at bytes."""
    now = datetime.now(UTC)
    body = body or str(new_id()).encode()
    record = Record.objects.create(
        number=f"T{new_id()}"[:30],
        title=title,
        state=state,
        **{"medium": "document", "mime": "text/plain", "created_at": now} | fields,
    )
    Original.objects.create(
        record=record,
        key=f"test/{record.pk}",
        file_name=(file_name or f"{title}.txt")[:1000],
        size=len(body),
        stored_at=now,
        sha512=hashlib.sha512(body).hexdigest(),
        sm3="0" * 64,
        sha256=hashlib.sha256(body).hexdigest(),
    )
    if text:
        TextUnit.objects.create(
            record=record, stage="extract", kind="page", number=1, text=text, source="plain", created_at=now
        )
    return record
