"""Watches a jailed process tree from outside and ends it: time, resident memory, processes, bytes written.

rlimits count per process and are not enforced on root's processes; this counts the tree, whoever runs it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from ingest.tools.jail_types import Limits, ToolFailure

_PAGE = os.sysconf("SC_PAGE_SIZE")
_FIRST_TICK, _LAST_TICK = 0.02, 0.25  # seconds between looks: close together at first, when memory grows fastest


class Watch:
    """Limits of one call on one process tree. `check()` raises ToolFailure after having killed nothing: callers do."""

    def __init__(self, pid: int, tool: str, limits: Limits, folder: Path) -> None:
        self._pid, self._tool, self._limits, self._folder = pid, tool, limits, folder
        self._started = time.monotonic()
        self._disk_checked = self._started
        self._before = bytes_beneath(folder)  # what the tool was given does not count against it
        self.tick = _FIRST_TICK

    @property
    def seconds(self) -> float:
        """Wall time since the call began."""
        return time.monotonic() - self._started

    def remaining(self) -> float:
        """Seconds until the next look, at least 1 ms."""
        self.tick = min(self.tick * 1.5, _LAST_TICK)
        return max(0.001, min(self.tick, self._limits.seconds - self.seconds))

    def check(self) -> None:
        """Raises ToolFailure when a limit is passed."""
        if self.seconds >= self._limits.seconds:
            raise ToolFailure("tool-timeout", self._tool, limit=round(self._limits.seconds))
        tree = descendants(self._pid)
        if len(tree) > self._limits.processes:
            raise ToolFailure("tool-limit", self._tool, limit="processes")
        if sum(map(resident_bytes, tree)) > self._limits.memory_mib << 20:
            raise ToolFailure("tool-memory", self._tool, limit=self._limits.memory_mib)
        if time.monotonic() - self._disk_checked > 1:
            self._disk_checked = time.monotonic()
            if bytes_beneath(self._folder) - self._before > self._limits.file_mib << 20:
                raise ToolFailure("tool-limit", self._tool, limit="disk")


def descendants(pid: int) -> list[int]:
    """`pid` and all processes below it, as the kernel lists them now."""
    found, queue = [], [pid]
    while queue:
        current = queue.pop()
        found.append(current)
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{current}/task"):
                queue += map(int, Path(f"/proc/{current}/task/{task}/children").read_text().split())
    return found


def resident_bytes(pid: int) -> int:
    """Resident memory of one process, without pages shared with others; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return max(0, int(fields[1]) - int(fields[2])) * _PAGE


def bytes_beneath(folder: Path) -> int:
    """Bytes on disk of the files in a folder, links not followed."""
    total = 0
    for top, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(top, name)).st_blocks * 512
    return total


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole tree and reap the process. Children that left the group are found through the tree."""
    tree = descendants(process.pid)
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in tree[1:]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
