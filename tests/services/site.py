"""The running product for tests: gunicorn and one worker for all lanes, as `make run` starts them."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.stack import ports, process

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def site(database_url: str, folder: Path) -> Iterator[str]:
    """A web server and a worker on a migrated database; gives the address. Both stop at the end."""
    port = ports.free_ports(1)[0]
    address = f"http://{ports.LOOPBACK}:{port}"
    env = os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    bind = ["--bind", f"{ports.LOOPBACK}:{port}", "--workers", "1", "--threads", "4"]
    web_argv = [sys.executable, "-m", "gunicorn", "config.wsgi:application", *bind, "--no-control-socket"]
    worker_argv = [sys.executable, "-m", "config", "worker", "--lane", "all"]
    web_log, worker_log = folder / "web.log", folder / "worker.log"
    worker = process.spawn("worker", worker_argv, log=worker_log, env=env, cwd=ROOT)
    web = process.spawn("web", web_argv, log=web_log, env=env, cwd=ROOT)
    try:
        if not ports.wait_until(lambda: not web.is_running() or _serves(address), 60):
            raise RuntimeError("the web server does not answer:\n" + web_log.read_text(errors="replace")[-3000:])
        for child, log in ((web, web_log), (worker, worker_log)):
            if not child.is_running():
                raise RuntimeError(f"{child.name} does not start:\n{log.read_text(errors='replace')[-3000:]}")
        yield address
    finally:
        web.stop(10)
        worker.stop(10)


def _serves(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
