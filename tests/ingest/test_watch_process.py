"""`anjuan watch` as a process: it is killed, started again, and ends cleanly when asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from ingest.models import Intake
from ingest.watch import DONE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


def database_url() -> str:
    """The address of the database that this test looks at."""
    place = connection.settings_dict
    user = f"{place['USER']}:{place['PASSWORD']}" if place["PASSWORD"] else str(place["USER"])
    if str(place["HOST"]).startswith("/"):
        return f"postgresql://{user}@/{place['NAME']}?host={place['HOST']}"
    port = f":{place['PORT']}" if place["PORT"] else ""
    return f"postgresql://{user}@{place['HOST']}{port}/{place['NAME']}"


def watching(folder: Path, data: Path) -> subprocess.Popen[bytes]:
    env = os.environ | {"DATABASE_URL": database_url(), "ANJUAN_DATA": str(data)}
    argv = [sys.executable, "-m", "config", "watch", str(folder), "--seconds", "1", "--json"]
    return subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def eventually(what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise AssertionError((process.stdout.read() if process.stdout else b"").decode()[-3000:])
        time.sleep(0.2)


@pytest.mark.usefixtures("live_db")
def test_the_watch_survives_a_kill_takes_each_file_once_and_ends_when_asked(tmp_path: Path) -> None:
    folder, data = tmp_path / "收件", tmp_path / "data"
    folder.mkdir()
    names = [f"{name}-{os.urandom(4).hex()}.txt" for name in ("甲", "乙")]
    done = folder / DONE
    (folder / names[0]).write_bytes(os.urandom(100))
    process = watching(folder, data)
    eventually(lambda: any(done.glob(f"*/{names[0]}")), process)
    second = watching(folder, data)
    assert second.wait(PATIENCE) == 2  # one watch a folder
    process.kill()
    process.wait()
    (folder / names[1]).write_bytes(os.urandom(100))
    process = watching(folder, data)
    eventually(lambda: any(done.glob(f"*/{names[1]}")), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert Intake.objects.filter(file_name__in=names).count() == 2
