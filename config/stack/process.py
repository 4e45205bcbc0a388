"""Child processes that never outlive their parent. Owns: spawning, stopping and recognising them (Linux)."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.stack.trouble import StackTrouble

SERVICE_USER = "anjuan"  # PostgreSQL refuses to run as root; then it runs as this account

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # loaded here: nothing may be imported between fork and exec


@dataclass
class Child:
    """One started program. `stop_signal` asks it to end in its own clean way."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        """Whether it runs still; collects it when it ended."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal; a program that is gone already is fine."""
        if self.is_running():
            self.process.send_signal(self.stop_signal)

    def stop(self, seconds: float) -> bool:
        """Stop it and wait; after `seconds` it is killed. False when it had to be."""
        self.ask_to_stop()
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False


def _die_with(parent: int, death: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return prepare


def die_with_parent() -> None:
    """End this process, too, when its parent is gone (`make`, killed)."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def spawn(
    name: str,
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    death: signal.Signals | None = None,
) -> Child:
    """Start a program in a session of its own, so that Ctrl-C reaches only the parent, which stops it in order.

    When the parent dies in any way, the kernel sends `death`, or else `stop_signal`. Call from the
    main thread: the kernel takes the end of the starting thread for the end of the parent.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            **as_user(user),
            start_new_session=True,
            preexec_fn=_die_with(os.getpid(), death or stop_signal),
        )
    return Child(name, process, stop_signal)


def service_user() -> str | None:
    """The account for programs that refuse root; made when missing. None when we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError:
        done = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVICE_USER],
            capture_output=True,
            check=False,
        )
        if done.returncode not in (0, 9):  # 9: somebody else made it meanwhile
            raise StackTrouble(
                f"无法创建系统用户 {SERVICE_USER}；请不要用 root 运行，或先创建该用户。",
                f"Cannot create the system user {SERVICE_USER}; do not run as root, or create it first.",
            ) from None
    return SERVICE_USER


def as_user(user: str | None) -> dict[str, Any]:
    """The arguments that make a child that account and nothing else: its group too, and no further ones."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def open_the_way(path: Path) -> list[Path]:
    """Let the service account walk down to `path`: adds o+x, never o+r, where it lacks. Gives the changed folders."""
    changed = []
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
            changed.append(folder)
    return changed


def started_at(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none. With the pid it names a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def kill_and_wait(pid: int, ask: signal.Signals, seconds: float) -> None:
    """End a process that is not our child: ask, wait, kill."""
    born = started_at(pid)
    for number in (ask, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if born is None or started_at(pid) != born:
                return
            time.sleep(0.05)
