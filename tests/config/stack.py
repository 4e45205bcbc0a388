"""The product as `make run` starts it, for tests: in a folder and on a port of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from config.stack import ports

ROOT = Path(__file__).resolve().parents[2]
OURS = ("ANJUAN_", "DATABASE_URL", "DJANGO_", "PYTEST_")


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what the tests' own services put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | more


@dataclass
class Stack:
    """One `python -m config.stack` and what it wrote to its console."""

    data: Path
    port: int = field(default_factory=lambda: ports.free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None
    seconds: float = 0.0

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment(ANJUAN_DATA=str(self.data), ANJUAN_PORT=str(self.port), ANJUAN_DEMO="off")

    @property
    def console(self) -> Path:
        return self.data.with_suffix(".console")

    def start(self, *before: str, **more: str) -> None:
        """Start it without waiting."""
        with self.console.open("ab") as out:
            argv = [*before, sys.executable, "-m", "config.stack"]
            env = self.environment | {"ANJUAN_WORKERS": "1"} | more
            self.process = subprocess.Popen(
                argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def start_and_wait(self) -> None:
        """Start it and wait until the address has been told."""
        before = self.said().count("Ctrl-C")
        began = time.monotonic()
        self.start()
        assert ports.wait_until(lambda: self.said().count("Ctrl-C") > before or not self.runs(), 90), self.said()
        assert self.runs(), self.said()
        self.seconds = time.monotonic() - began

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def ended(self, seconds: float = 60) -> int:
        """Wait for its end; gives the exit code."""
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Ctrl-C."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def children(self) -> dict[str, int]:
        """Name → pid of the direct children, by what the supervisor wrote down."""
        rows = json.loads((self.data / "run" / "children.json").read_text())
        return {row["name"]: row["pid"] for row in rows}

    def processes(self) -> list[int]:
        """All processes that belong to this data folder."""
        mark = f"ANJUAN_DATA={self.data}\0".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                belongs = str(self.data).encode() in (place / "cmdline").read_bytes()
                if belongs or mark in (place / "environ").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
        return found

    def serves(self) -> bool:
        """Whether the sign-in page comes."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def shell(self, code: str) -> str:
        """Run Python with the product's own settings, as `anjuan shell -c` does on that machine."""
        argv = [sys.executable, "-m", "config", "shell", "-v", "0", "-c", code]
        done = subprocess.run(argv, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kill_all(self) -> None:
        """kill -9 of everything at once; what was running cannot close anything."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if self.process is not None:
            self.process.wait()
