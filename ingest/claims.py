"""Claims: which worker may write what it found about a file.

A worker that seemed dead may still be alive. Each run begins by raising `Intake.attempt`; what it found is written
only while that number still stands.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from archive import errors
from ingest.models import Intake, StageRun


class StaleClaim(errors.Conflict):
    """A newer run has taken this file over."""

    code = "stale-claim"


def take(intake_id: UUID) -> int:
    """Begin a run: gives its number. Attempts of earlier runs that are still open are marked lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Intake._meta.db_table} SET attempt = attempt + 1 WHERE id = %s RETURNING attempt", [intake_id]
        )
        number: int = cursor.fetchone()[0]
    StageRun.objects.filter(intake_id=intake_id, outcome="running").update(outcome="lost")
    return number


def hold(intake_id: UUID, attempt: int) -> Intake:
    """The file's row, held until the transaction ends. Raises `StaleClaim` when a newer run exists."""
    intake = Intake.objects.select_for_update().get(pk=intake_id)
    if intake.attempt != attempt:
        raise StaleClaim(attempt=attempt, newer=intake.attempt)
    return intake
