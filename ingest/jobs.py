"""Putting jobs into the queue. They are deferred on the caller's connection, so they exist only if it commits."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

PRIORITY = {"quick": 10, "slow": 0}


def defer_advance(intake_id: UUID, lane: str, *, after_seconds: int = 0) -> None:
    """Let a worker bring this file further."""
    app.configure_task(
        "ingest.advance",
        queue=lane,
        priority=PRIORITY[lane],
        schedule_in={"seconds": after_seconds} if after_seconds else None,
    ).defer(intake_id=str(intake_id), lane=lane)


def defer_upload(upload_id: UUID, *, after_seconds: int = 0) -> None:
    """Let a worker read an uploaded object for its digests."""
    later = {"seconds": after_seconds} if after_seconds else None
    task = app.configure_task("ingest.check_upload", queue="quick", priority=20, schedule_in=later)
    task.defer(upload_id=str(upload_id))


def defer_keep(record_id: UUID) -> None:
    """Let a worker put owed versions of a record into the vault."""
    app.configure_task("ingest.keep", queue="quick", priority=5).defer(record_id=str(record_id))
