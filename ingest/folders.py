"""Files in folders of this machine. Owns: which files count, which are complete, and opening them safely.

Symbolic links are never followed, neither to files nor to folders: a link in a shared folder could name any file
that the service may read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from archive.errors import BadInput

_SYSTEM = re.compile(r"^(\.ds_store|\._.*|thumbs\.db|desktop\.ini)$", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"^(~\$|\.~lock\.|\.|~.*\.tmp$)|(\.(tmp|temp|part|partial|crdownload|download|filepart|swp|swx|lck|!qb|td|baiduyun\.p\.downloading)|~)$",
    re.IGNORECASE,
)


def is_system(name: str) -> bool:
    """Files that desktop systems leave in every folder."""
    return bool(_SYSTEM.match(name))


def is_temporary(name: str) -> bool:
    """Names that programs give to files they are still writing, and hidden ones."""
    return bool(_TEMPORARY.search(name))


def files_in(root: Path, *, without: Iterable[Path] = ()) -> Iterator[Path]:
    """All regular files at or below `root` in a stable order, symbolic links left out. Folders of `without` too."""
    left_out = set(without)
    if root.is_symlink():
        return
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root, followlinks=False):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if here / name not in left_out)
        for name in sorted(names):
            path = here / name
            if not is_system(name) and not path.is_symlink() and path.is_file():
                yield path


def open_regular(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """The file, opened without following a link, and what it is now.

    Raises:
        BadInput: it is a link, a device or a pipe.
        OSError: it cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if path.is_symlink():
            raise BadInput("symbolic-link", words=_("This is a symbolic link, which is not followed.")) from exc
        raise
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise BadInput("no-regular-file", words=_("This is no regular file."))
    return os.fdopen(handle, "rb"), found


def written_now() -> set[tuple[int, int]]:
    """(device, inode) of files that some process holds open for writing, as far as /proc lets us see."""
    found: set[tuple[int, int]] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            handles = list((process / "fd").iterdir())
        except OSError:
            continue
        found.update(filter(None, map(_if_written, handles)))
    return found


def _if_written(handle: Path) -> tuple[int, int] | None:
    try:
        about = handle.stat()
        if not stat.S_ISREG(about.st_mode):
            return None
        info = (handle.parent.parent / "fdinfo" / handle.name).read_text()
    except OSError:
        return None
    flags = next((line.split()[1] for line in info.splitlines() if line.startswith("flags:")), "0")
    return (about.st_dev, about.st_ino) if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY else None


class Settling:
    """Tells when a file is complete: unchanged in size and time for `seconds`, and nobody is writing to it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[Path, tuple[tuple[int, int], float]] = {}

    def complete(self, paths: Iterable[Path], *, now: float) -> list[Path]:
        """Of the files that are there now, those that are complete. `now` is a monotonic time in seconds."""
        before, self._seen = self._seen, {}
        still: list[tuple[Path, os.stat_result]] = []
        for path in paths:
            try:
                about = path.lstat()
            except OSError:
                continue  # moved or removed meanwhile
            mark = (about.st_size, about.st_mtime_ns)
            known, since = before.get(path, (mark, now))
            self._seen[path] = (mark, since if known == mark else now)
            if now - self._seen[path][1] >= self._seconds and not is_temporary(path.name):
                still.append((path, about))
        written = written_now() if still else set()
        return [path for path, about in still if (about.st_dev, about.st_ino) not in written]
