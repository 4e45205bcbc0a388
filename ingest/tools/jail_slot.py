"""The folder a resident child sees for one call: files linked in by name, results moved out.

Owns: translation of paths between outside and inside. What comes out is distrusted: only plain files and folders pass.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_numbers = itertools.count(1)


class Layout:
    """One call's folder `here` (outside) = `inside` (as the child names it), standing for `work`."""

    def __init__(self, here: Path, inside: str, work: Path, readable: tuple[Path, ...]) -> None:
        self.here, self.inside, self._work = here, inside, work
        self._readable = {str(path): f"@{number}" for number, path in enumerate(readable) if path.is_file()}
        self._linked: dict[Path, int] = {}

    def enter(self, value: Any, uid: int | None) -> Any:
        """The arguments with paths as they are inside; files they name are linked in.

        Folders and copies become the jail's user's own; a linked file keeps its owner, so the child cannot write it.
        """
        entered = _replaced(value, self._enter_path)
        if uid is not None:
            os.chown(self.here, uid, uid)
            for _, folders, names, directory in os.fwalk(self.here):
                for name in (*folders, *names):
                    if os.stat(name, dir_fd=directory).st_nlink == 1 or name in folders:
                        os.chown(name, uid, uid, dir_fd=directory)
        return entered

    def leave(self, value: Any) -> Any:
        """The result with paths as they are outside."""
        return _replaced(value, self._leave_path)

    def collect(self) -> None:
        """Move what the call wrote to the place in `work` that it stands for."""
        for top, _, names, directory in os.fwalk(
            self.here
        ):  # by descriptors: a hostile child may swap folders for links
            target = self._work / Path(top).relative_to(self.here)
            for name in names:
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode) or self._linked.get(Path(top, name)) == status.st_ino:
                    continue
                target.mkdir(parents=True, exist_ok=True)
                os.replace(name, target / name, src_dir_fd=directory)
                if not stat.S_ISREG((target / name).lstat().st_mode):
                    (target / name).unlink()

    def _enter_path(self, text: str) -> str:
        if text in self._readable:
            place = self.here / ".readable" / self._readable[text] / Path(text).name
            self._link(Path(text), place)
            return f"{self.inside}/{place.relative_to(self.here)}"
        path = Path(text) if text.startswith("/") else None
        if path is None or not path.is_relative_to(self._work):
            return text
        relative = path.relative_to(self._work)
        place = self.here / relative
        if path.is_dir():
            for top, _, names in os.walk(path):
                folder = place / Path(top).relative_to(path)
                folder.mkdir(parents=True, exist_ok=True)
                for name in names:
                    self._link(Path(top, name), folder / name)
        elif path.is_file():
            self._link(path, place)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
        return str(Path(self.inside, relative))

    def _leave_path(self, text: str) -> str:
        if text == self.inside or text.startswith(self.inside + "/"):
            return str(self._work) + text[len(self.inside) :]
        return text

    def _link(self, source: Path, place: Path) -> None:
        if place in self._linked:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if not source.stat().st_mode & stat.S_IROTH:
                raise PermissionError
            os.link(source, place, follow_symlinks=True)
        except OSError:  # another device, links forbidden, or not readable for the jail's user
            shutil.copyfile(source, place)
        self._linked[place] = place.stat().st_ino


@contextlib.contextmanager
def laid_out(slot: Path, inside: str, work: Path, readable: tuple[Path, ...]) -> Iterator[Layout]:
    """A fresh folder in the slot for one call, removed afterwards."""
    name = f"c{next(_numbers)}"
    here = slot / name
    here.mkdir()
    try:
        yield Layout(here, f"{inside}/{name}", work, readable)
    finally:
        shutil.rmtree(here, ignore_errors=True)


def _replaced(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_replaced(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, change) for key, item in value.items()}
    return value
