"""The only door to outside tools and to code that opens files from outside.

`run` starts a program, `call` runs a reader function in a resident child; both shut in (no network, a file tree of
their own with one writable folder, cleared environment) and under limits. `kind()` tells how far this machine can.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from ingest.tools import jail_box, jail_pool
from ingest.tools.jail_box import kind
from ingest.tools.jail_types import Completed, Limits, ToolFailure
from ingest.tools.jail_watch import Watch, end

__all__ = ["Completed", "Limits", "ToolFailure", "call", "close", "kind", "run"]

OUTPUT_MIB = 64  # of stdout and of stderr; more belongs in a file


def run(
    argv: Sequence[str | Path], *, work: Path, limits: Limits = Limits(), readable: tuple[Path, ...] = ()
) -> Completed:
    """Run a program in `work`, the only folder it can write; `readable` paths keep their place, read-only.

    Under root, `work` changes owner to the jail's user and `readable` files must be readable by all.

    Raises ToolFailure: tool-missing, -timeout, -memory, -limit, -refused (exit status not 0), -crashed (by a signal).
    """
    arguments = [str(a) for a in argv]
    tool = Path(arguments[0]).name
    if shutil.which(arguments[0], path=jail_box.SEARCH_PATH) is None:
        raise ToolFailure("tool-missing", tool)
    uid = jail_box.take_uid()
    jail_box.hand_over(work, uid)
    command = jail_box.wrap(
        arguments,
        uid=uid,
        limits=limits,
        writable=[(work, str(work))],
        readable=[(path, str(path)) for path in readable],
        cpu_seconds=round(limits.seconds * (os.cpu_count() or 1)) + 1,
    )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        status, seconds = _run_watched(command, tool, work, limits, out, err)
        if status:
            raise _failure_of(status, tool, limits, _tail(err))
        out.seek(0)
        err.seek(0)
        return Completed(out.read(), err.read(), seconds)


def call(
    function: str,
    *,
    work: Path,
    limits: Limits = Limits(),
    readable: tuple[Path, ...] = (),
    code: tuple[Path, ...] = (),
    **kwargs: Any,
) -> Any:
    """Run `package.module:function(**kwargs)` in a resident jailed child; arguments and result are plain JSON.

    The child sees the files of `work` that an argument names (a named folder with all below it), the files in
    `readable`, and folders in `readable` where they lie. What it writes in a folder of `work` is moved there when it
    returns. `code` adds folders to import from. Raises ToolFailure; -refused when the function raised.
    """
    order = jail_pool.Order(function, work, limits, readable, code, kwargs)
    return jail_pool.call(order)


def close() -> None:
    """End all idle resident children."""
    jail_pool.close()


def _run_watched(
    command: list[str], tool: str, work: Path, limits: Limits, out: IO[bytes], err: IO[bytes]
) -> tuple[int, float]:
    gone, alive = os.pipe()  # bubblewrap's inner process keeps `alive` open until all inside have ended
    command = [command[0], "--sync-fd", str(alive), *command[1:]] if kind() == "bubblewrap" else command
    scratch = "/tmp" if kind() == "bubblewrap" else str(work)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        cwd=work,
        env=jail_box.environment(scratch),
        start_new_session=True,
        pass_fds=(alive,) if kind() == "bubblewrap" else (),
    )
    os.close(alive)
    watch = Watch(process.pid, tool, limits, work)
    try:
        while True:
            try:
                return process.wait(watch.remaining()), watch.seconds
            except subprocess.TimeoutExpired:
                watch.check()
                if max(os.fstat(out.fileno()).st_size, os.fstat(err.fileno()).st_size) > OUTPUT_MIB << 20:
                    raise ToolFailure("tool-limit", tool, limit="output") from None
    except ToolFailure as failure:
        failure.data["stderr"] = _tail(err).decode("utf-8", "replace")
        raise
    finally:
        end(process)
        os.read(gone, 1)
        os.close(gone)


def _failure_of(status: int, tool: str, limits: Limits, stderr: bytes) -> ToolFailure:
    number = -status if status < 0 else status - 128  # bubblewrap and prlimit's shell convention: 128 + signal
    if number == signal.SIGXFSZ:
        return ToolFailure("tool-limit", tool, stderr=stderr, limit="file size")
    if number == signal.SIGXCPU:
        return ToolFailure("tool-timeout", tool, stderr=stderr, limit=round(limits.seconds))
    if 0 < number < signal.NSIG:
        return ToolFailure("tool-crashed", tool, stderr=stderr, signal=number)
    if any(words in stderr for words in (b"Cannot fork", b"Resource temporarily unavailable")):
        return ToolFailure("tool-limit", tool, stderr=stderr, limit="processes")
    if any(words in stderr for words in (b"MemoryError", b"bad_alloc", b"Cannot allocate memory")):
        return ToolFailure("tool-memory", tool, stderr=stderr, limit=limits.memory_mib)
    return ToolFailure("tool-refused", tool, stderr=stderr, status=status)


def _tail(stream: IO[bytes]) -> bytes:
    stream.seek(max(0, os.fstat(stream.fileno()).st_size - 2000))
    return stream.read()
