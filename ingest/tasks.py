"""Jobs of the queue (Procrastinate). Each only names what is to be done; the work is in the modules it calls."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.manager import JobManager

from archive import ledger, objects, vault
from archive.models import VaultVersion
from ingest import pipeline, uploads
from ingest.models import Intake, Upload
from search import sync

log = logging.getLogger(__name__)

STALLED_SECONDS = 45  # a worker whose heartbeat is older is taken for dead
ABANDONED_AFTER = timedelta(days=7)


@app.task(name="ingest.advance")
def advance(intake_id: str, lane: str) -> None:
    """Bring one file further."""
    close_old_connections()
    pipeline.advance(UUID(intake_id), lane)


@app.task(name="ingest.check_upload")
def check_upload(upload_id: str) -> None:
    """Read an uploaded object once for its digests, and receive it."""
    close_old_connections()
    uploads.check(UUID(upload_id))


@app.task(name="ingest.keep")
def keep(record_id: str) -> None:
    """Put owed versions of one record into the vault."""
    close_old_connections()
    vault.keep(UUID(record_id))


@app.periodic(cron="*/1 * * * * */20")
@app.task(name="ingest.tidy", queue="quick", queueing_lock="ingest.tidy", lock="ingest.tidy", pass_context=True)
def tidy(context: JobContext, timestamp: int) -> None:
    """Every 20 seconds: what is owed to vault, ledger and index; jobs whose worker died."""
    close_old_connections()
    ledger.seal()
    ledger.flush()
    for record_id in VaultVersion.objects.filter(kept_at=None).values_list("record_id", flat=True).distinct()[:500]:
        vault.keep(record_id)
    sync.drain()


@app.periodic(cron="*/1 * * * * */15")
@app.task(name="ingest.rescue", queue="quick", queueing_lock="ingest.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Give the jobs of dead workers back to the queue."""
    await give_back(context.app.job_manager)


async def give_back(manager: JobManager) -> int:
    """Queue the jobs again whose worker has not been heard of; gives how many. Their stages are idempotent."""
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        await manager.retry_job(job)
    return len(stalled)


@app.periodic(cron="17 * * * *")
@app.task(name="ingest.sweep", queue="quick", queueing_lock="ingest.sweep")
def sweep(timestamp: int) -> None:
    """Hourly: drop uploads nobody came back for, and bytes in `incoming` that no row waits for."""
    close_old_connections()
    uploads.abandon_older_than(datetime.now(UTC) - ABANDONED_AFTER)
    cut = datetime.now(UTC) - ABANDONED_AFTER
    waiting = set(Intake.objects.filter(state="RECEIVED").values_list("key", flat=True))
    waiting |= set(Upload.objects.filter(state__in=["OPEN", "CHECKING"]).values_list("key", flat=True))
    bucket = objects.incoming()
    for key in bucket.list_keys():
        found = bucket.stat(key)
        if key not in waiting and found and found.modified and found.modified < cut:
            bucket.remove(key)
