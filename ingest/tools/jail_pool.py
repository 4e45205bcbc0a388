"""Resident jailed children: kept while idle, one call at a time each, ended after a fault, a time-out or many calls.

A child sees one folder of ours, its slot. For each call the named files are hard-linked into it and what the call
wrote is moved out again, so a child never sees the files of another call.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.tools import jail_box, jail_slot
from ingest.tools.jail_types import Limits, ToolFailure
from ingest.tools.jail_watch import Watch, descendants, end, resident_bytes

MAX_CALLS = 200  # then the child goes, and with it what its libraries leaked
MAX_IDLE = 8  # children kept waiting in one process of ours: there are that many kinds of calls in a pipeline
IDLE_SECONDS = 900  # after which a child that nobody called is ended when the next one comes back
_STALE_SECONDS = 3600  # after which the slot of a process that is gone is cleared away
_LIMIT_OF = {errno.EFBIG: "file size", errno.ENOSPC: "disk", errno.EAGAIN: "processes"}
MAX_ANSWER = 64 << 20  # bytes; larger results go through files


@dataclass(frozen=True)
class Order:
    """One call."""

    function: str
    work: Path
    limits: Limits
    readable: tuple[Path, ...]
    code: tuple[Path, ...]
    kwargs: dict[str, Any]

    @property
    def tool(self) -> str:
        return self.function.rpartition(".")[2]

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(path for path in self.readable if path.is_dir())

    @property
    def key(self) -> tuple[object, ...]:
        """Children with the same key are interchangeable. Hard links need the slot on the device of `work`."""
        limits = self.limits
        fixed = (limits.memory_mib, limits.file_mib, limits.processes)
        return (*fixed, self.folders, self.code, self.work.stat().st_dev)


@dataclass(eq=False)
class _Child:
    key: tuple[object, ...]
    process: subprocess.Popen[bytes]
    slot: Path
    stderr: Any
    uid: int | None
    calls: int = 0
    idle_since: float = 0.0

    def usable(self) -> bool:
        return self.process.poll() is None and self.slot.is_dir()

    def close(self) -> None:
        end(self.process)
        for stream in (self.process.stdin, self.process.stdout, self.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.slot, ignore_errors=True)


class _Pool:
    """Idle children of this process, newest last."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.idle: list[_Child] = []
        self.lock = threading.Lock()
        # bubblewrap dies with the thread that started it, so one long-lived thread starts them all
        self.spawner = ThreadPoolExecutor(1, thread_name_prefix="jail")

    def take(self, order: Order) -> _Child:
        key = order.key
        with self.lock:
            for child in reversed(self.idle):
                if child.key == key:
                    self.idle.remove(child)
                    if child.usable():
                        return child
                    child.close()
                    break
        return self.spawner.submit(_start, order).result()

    def give_back(self, child: _Child) -> None:
        child.idle_since = time.monotonic()
        with self.lock:
            self.idle.append(child)
            fresh = [old for old in self.idle if child.idle_since - old.idle_since < IDLE_SECONDS][-MAX_IDLE:]
            surplus = [old for old in self.idle if old not in fresh]
            self.idle = fresh
        for old in surplus:
            old.close()

    def close(self) -> None:
        with self.lock:
            children, self.idle = self.idle, []
        for child in children:
            child.close()


_pool = _Pool()


def _current() -> _Pool:
    global _pool
    if _pool.pid != os.getpid():
        _pool = _Pool()
    return _pool


def close() -> None:
    """End the idle children of this process."""
    _current().close()


atexit.register(close)


def call(order: Order) -> Any:
    """Run one call. Raises ToolFailure."""
    pool = _current()
    child = pool.take(order)
    try:
        answer = _exchange(child, order)
    except BaseException:
        child.close()
        raise
    child.calls += 1
    # a reader that raised is as fit as before; one that met a limit may hold what it was building
    strained = "memory" in answer or answer.get("errno") in _LIMIT_OF
    if strained or _worn(child, order.limits):
        child.close()
    else:
        pool.give_back(child)
    if "result" in answer:
        return answer["result"]
    raise _failure_of(answer, order)


def _worn(child: _Child, limits: Limits) -> bool:
    """Whether a child has served enough, kept too much memory or left processes running."""
    tree = descendants(child.process.pid)
    return (
        child.calls >= MAX_CALLS
        or len(tree) > 3  # bubblewrap outside, bubblewrap inside, the child
        or sum(map(resident_bytes, tree)) > limits.memory_mib << 19
    )


def _failure_of(answer: dict[str, Any], order: Order) -> ToolFailure:
    detail = answer.get("detail", "")
    if "memory" in answer:
        return ToolFailure("tool-memory", order.tool, limit=order.limits.memory_mib)
    if (code := answer.get("errno")) in _LIMIT_OF:
        return ToolFailure("tool-limit", order.tool, stderr=detail, limit=_LIMIT_OF[code])
    return ToolFailure("tool-refused", order.tool, stderr=detail, error=answer["error"])


def _start(order: Order) -> _Child:
    uid = jail_box.take_uid()
    slot = Path(tempfile.mkdtemp(prefix=f".jail-{os.getpid()}-", dir=_slots(order.work)))
    jail_box.hand_over(slot, uid)
    bubblewrap = jail_box.kind() == "bubblewrap"
    roots = [(jail_box.PACKAGE_ROOT / "ingest", f"{jail_box.CODE}/ingest")]
    roots += [(path, f"{jail_box.CODE}/{path.name}") for path in order.code]
    python_path = jail_box.CODE if bubblewrap else os.pathsep.join(str(path.parent) for path, _ in roots)
    folders = [(path, str(path)) for path in order.folders]
    command = jail_box.wrap(
        [sys.executable, "-m", "ingest.tools.jail_child"],
        uid=uid,
        limits=order.limits,
        writable=[(slot, jail_box.SLOT)],
        readable=[*jail_box.python_trees(), *roots, *folders],
    )
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd="/" if bubblewrap else slot,
        env=jail_box.environment("/tmp" if bubblewrap else str(slot), python_path),
        start_new_session=True,
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return _Child(order.key, process, slot, stderr, uid)


def _slots(work: Path) -> Path:
    """Where slots lie: beside the folders of the files under work, so that they outlive them, on the same device."""
    beside, above = work.parent, work.parent.parent
    stays = above != above.parent and os.access(above, os.W_OK) and above.stat().st_dev == work.stat().st_dev
    place = above if stays else beside
    for old in place.glob(".jail-*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(old.name.split("-")[1])
            if time.time() - old.stat().st_mtime > _STALE_SECONDS and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(old, ignore_errors=True)
    return place


def _exchange(child: _Child, order: Order) -> dict[str, Any]:
    inside = jail_box.SLOT if jail_box.kind() == "bubblewrap" else str(child.slot)
    with jail_slot.laid_out(child.slot, inside, order.work, order.readable) as layout:
        request = {
            "function": order.function,
            "folder": layout.inside,
            "kwargs": layout.enter(order.kwargs, child.uid),
            "cpu": round(order.limits.seconds * (os.cpu_count() or 1)),
        }
        watch = Watch(child.process.pid, order.tool, order.limits, child.slot)
        try:
            answer = json.loads(_converse(child, watch, json.dumps(request).encode() + b"\n"))
        except ToolFailure as failure:
            failure.data["stderr"] = _stderr_tail(child)
            raise
        except ValueError:
            raise ToolFailure("tool-crashed", order.tool, stderr=_stderr_tail(child)) from None
        if "result" in answer:  # what a failed call left behind is of no use
            layout.collect()
        return layout.leave(answer)  # type: ignore[no-any-return]


def _converse(child: _Child, watch: Watch, request: bytes) -> bytes:
    assert child.process.stdin is not None
    assert child.process.stdout is not None
    try:
        child.process.stdin.write(request)
        child.process.stdin.flush()
    except OSError:
        return b""
    received = bytearray()
    descriptor = child.process.stdout.fileno()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    while not received.endswith(b"\n"):
        if poll.poll(watch.remaining() * 1000):
            piece = os.read(descriptor, 1 << 20)
            if not piece or len(received) > MAX_ANSWER:
                return b""
            received += piece
        else:
            watch.check()
    return bytes(received)


def _stderr_tail(child: _Child) -> str:
    size = os.fstat(child.stderr.fileno()).st_size
    return os.pread(child.stderr.fileno(), 2000, max(0, size - 2000)).decode("utf-8", "replace")
