"""The data folder of one installation: its lock, its files of secrets and addresses, what earlier runs left behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from config.stack import ports, postgres, process, seaweed
from config.stack.trouble import StackTrouble, from_os_error

ROOM_NEEDED = 1 << 30  # bytes free at start: a database and an object store that cannot write help nobody
FIRST_PORT = 18333  # where the embedded S3 listens unless somebody else does


@dataclass
class DataFolder:
    """Paths below ANJUAN_DATA. `open` must have been called before the rest."""

    path: Path
    _lock: TextIO | None = field(default=None, repr=False)

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def env_file(self) -> Path:
        """What every process of this installation reads in local mode."""
        return self.path / "stack.env"

    @property
    def owner_file(self) -> Path:
        """The address of the role that owns the tables; only `migrate` reads it."""
        return self.path / "owner.env"

    @property
    def children_file(self) -> Path:
        return self.path / "run" / "children.json"

    def open(self) -> None:
        """Make the folders, take the lock, check room. Raises `StackTrouble`."""
        try:
            for folder in (self.path, self.logs, self.path / "run", self.path / "watch"):
                folder.mkdir(parents=True, exist_ok=True)
            (self.path / "run" / "probe").write_bytes(b"can be written")
            (self.path / "run" / "probe").unlink()
            self._lock = (self.path / "run" / "lock").open("a+")
        except OSError as exc:
            raise from_os_error(exc, str(self.path)) from exc
        self._take_lock(self._lock)
        free = shutil.disk_usage(self.path).free
        if free < ROOM_NEEDED:
            raise StackTrouble(
                f"磁盘空间不足：{self.path} 仅剩 {free >> 20} MiB，至少需要 {ROOM_NEEDED >> 20} MiB。",
                f"The disk is full: {free >> 20} MiB left in {self.path}, at least {ROOM_NEEDED >> 20} MiB are needed.",
            )

    def _take_lock(self, lock: TextIO) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system gives it back even after kill -9
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip()
            raise StackTrouble(
                f"安卷已在此文件夹运行（进程 {pid}）：{self.path}。",
                f"Anjuan is running already in this folder (process {pid}): {self.path}.",
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()

    def end_leftovers(self) -> int:
        """End processes of an earlier run whose supervisor was killed; gives how many there were.

        A pid alone may belong to somebody else by now, so the time of its start must agree.
        """
        try:
            left = json.loads(self.children_file.read_text())
        except (OSError, ValueError):
            return 0
        alive = [row for row in left if process.started_at(row["pid"]) == row["started"]]
        for row in alive:
            patience = 20.0 if row["name"] == "postgres" else 2.0  # the database is let close its files
            process.kill_and_wait(row["pid"], signal.Signals(row["signal"]), patience)
        self.children_file.unlink()
        return len(alive)

    def remember(self, children: Iterable[process.Child]) -> None:
        """Write down who runs, for `end_leftovers` of the next start."""
        rows = [
            {"name": c.name, "pid": c.pid, "started": process.started_at(c.pid), "signal": int(c.stop_signal)}
            for c in children
            if c.is_running()
        ]
        draft = self.children_file.with_suffix(".new")
        with contextlib.suppress(OSError):  # a disk that is full stops nobody who runs; they die with us anyway
            draft.write_text(json.dumps(rows))
            draft.replace(self.children_file)

    def settle(self, server: postgres.Postgres) -> dict[str, str]:
        """The addresses and secrets of this installation: kept from the first start on, ports checked anew."""
        values = read_env(self.env_file)
        given = [int(part) for part in values.get("ANJUAN_STACK_PORTS", "").split(",") if part]
        chosen = given if len(given) == len(seaweed.PORTS) and all(map(ports.is_free, given)) else _choose_ports()
        values["ANJUAN_STACK_PORTS"] = ",".join(map(str, chosen))
        values.setdefault("ANJUAN_SECRET_KEY", secrets.token_urlsafe(48))
        values.setdefault("ANJUAN_S3_KEY", f"anjuan{secrets.token_hex(6)}")
        values.setdefault("ANJUAN_S3_SECRET", secrets.token_urlsafe(32))
        values.setdefault("ANJUAN_BUCKET_PREFIX", "anjuan")
        values["ANJUAN_S3_ENDPOINT"] = f"http://{ports.LOOPBACK}:{chosen[0]}"
        values["DATABASE_URL"] = server.address(postgres.APPLICATION, "anjuan")
        write_env(self.env_file, values)
        write_env(self.owner_file, {"ANJUAN_OWNER_DATABASE_URL": server.address(postgres.OWNER, "anjuan")})
        return values


def _choose_ports() -> list[int]:
    count = len(seaweed.PORTS)
    usual = list(range(FIRST_PORT, FIRST_PORT + count))
    return usual if all(map(ports.is_free, usual)) else ports.free_ports(count)


def read_env(path: Path) -> dict[str, str]:
    """`NAME=value` lines of a file; empty when there is none."""
    if not path.is_file():
        return {}
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: value for name, sep, value in pairs if sep}


def write_env(path: Path, values: dict[str, str]) -> None:
    """Replace the file in one step; only its owner may read it. Raises `StackTrouble`."""
    draft = path.with_suffix(".new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write("# Written by `make run`. Secrets: keep it to yourself.\n")
            out.writelines(f"{name}={value}\n" for name, value in values.items())
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError as exc:
        raise from_os_error(exc, str(path)) from exc
