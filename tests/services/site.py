"""The running product for tests: gunicorn and one worker for all lanes, as `make run` starts them."""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path

from config.stack import ports, process

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """A web server and a worker on a migrated database. The worker can rest: a test with workers of its own on the
    same database would lose its jobs to it.
    """

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = ports.free_ports(1)[0]
        self.address = f"http://{ports.LOOPBACK}:{self.port}"
        self._env = os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        self._folder = folder
        self._web: process.Child | None = None
        self._worker: process.Child | None = None

    def start(self) -> None:
        """Start what does not run, and wait until it answers. Raises RuntimeError with the log of what does not."""
        if self._worker is None:
            self._worker = self._spawn("worker", "-m", "config", "worker", "--lane", "all")
        if self._web is None:
            bind = ["--bind", f"{ports.LOOPBACK}:{self.port}", "--workers", "1", "--threads", "4"]
            self._web = self._spawn("web", "-m", "gunicorn", "config.wsgi:application", *bind, "--no-control-socket")
            web = self._web
            ports.wait_until(lambda: not web.is_running() or _serves(self.address), 60)
        for child in (self._web, self._worker):
            if not child.is_running():
                log = (self._folder / f"{child.name}.log").read_text(errors="replace")
                raise RuntimeError(f"{child.name} does not start:\n{log[-3000:]}")

    def rest(self) -> None:
        """Stop the worker until the next `start`."""
        if self._worker is not None:
            self._worker.stop(10)
            self._worker = None

    def stop(self) -> None:
        self.rest()
        if self._web is not None:
            self._web.stop(10)
            self._web = None

    def _spawn(self, name: str, *argv: str) -> process.Child:
        log = self._folder / f"{name}.log"
        return process.spawn(name, [sys.executable, *argv], log=log, env=self._env, cwd=ROOT)


def _serves(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
