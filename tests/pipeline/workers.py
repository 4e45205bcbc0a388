"""Starting real worker processes on the live database of this test, and waiting for what they do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

from django.db import connection

from ingest.models import Intake

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """The database that the test's own connection uses, as an address."""
    place = connection.settings_dict
    user = f"{place['USER']}:{place['PASSWORD']}" if place["PASSWORD"] else place["USER"]
    host = str(place["HOST"])
    if host.startswith("/"):
        return f"postgresql://{user}@/{place['NAME']}?host={host}"
    return f"postgresql://{user}@{host}:{place['PORT']}/{place['NAME']}"


def run(*argv: str, environment: dict[str, str] | None = None, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    """Run a Python module of ours to its end."""
    ours = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    env = os.environ | ours | (environment or {})
    return subprocess.run(
        [sys.executable, "-m", *argv], cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds, check=False
    )


def work(**environment: str) -> None:
    """Let a worker do everything that is due now."""
    done = run("config", "worker", "--lane", "all", "--once", environment=environment)
    assert done.returncode == 0, done.stderr[-3000:]


def heartbeat_stops() -> None:
    """Make every worker look dead since ten minutes, as it is after kill -9 and some waiting."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes'")


def due_now() -> None:
    """Make jobs that wait for their back-off due."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


def settled(intake_id: UUID, *, rounds: int = 6, **environment: str) -> Intake:
    """Work until nothing is owed for this file; gives its row."""
    for _ in range(rounds):
        intake = Intake.objects.get(pk=intake_id)
        if not intake.owed:
            return intake
        due_now()
        work(**environment)
        time.sleep(0.05)
    return Intake.objects.get(pk=intake_id)
