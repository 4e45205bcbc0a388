"""The watched folder. Owns: the round that takes complete files in and moves them away after their receipt.

Layout: `<folder>/<inspection number>/…/file` is linked to that inspection; a file at the top to none. Received files
go to `已收/<receipt>/`; refused ones stay, with the reason in a text file beside them, until they are changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from archive.types import Actor
from archive.words import both
from ingest.folders import Settling, files_in
from ingest.handin import HandIn
from ingest.journal import REFUSED, Journal
from ingest.lookups import inspection_named, today
from ingest.models import Delivery
from ingest.receive import close_delivery, open_delivery
from ingest.types import Description

DONE = "已收"
REASON = ".原因.txt"
LONGEST_NAME = 255  # bytes, on every file system that counts


@dataclass(frozen=True)
class Seen:
    """What one round did with one file."""

    path: Path
    receipt: str = ""
    error: ArchiveError | None = None


class Watcher:
    """Takes in what comes to rest in `folder`. One watcher a folder at a time."""

    def __init__(self, folder: Path, *, actor: Actor, journal: Journal, seconds: float = 5.0) -> None:
        self._folder = folder
        self._done = folder / DONE
        self._settling = Settling(seconds)
        self._journal = journal
        self._handin = HandIn(journal, actor, "folder")
        self._actor = actor
        self._title = f"{folder.name} {today().isoformat()}"

    def round(self, *, now: float | None = None) -> Iterator[Seen]:
        """One look at the folder. Raises `Unavailable` when a service is down: nothing is lost, come back later."""
        self._close_past_days()
        paths = [path for path in files_in(self._folder, without=[self._done]) if not path.name.endswith(REASON)]
        for path in self._settling.complete(paths, now=time.monotonic() if now is None else now):
            seen = self._take(path)
            if seen is not None:
                yield seen

    def _take(self, path: Path) -> Seen | None:
        try:
            found = path.lstat()
            entry = self._journal.last(path, found)
            if entry is not None and entry.what == REFUSED and reason_beside(path).exists():
                return None  # told already; tried again when the file changes or the reason is deleted
            taken = self._handin.take(path, self._described(path), self._delivery)
        except FileNotFoundError:
            return None  # taken away meanwhile
        except (errors.Unavailable, errors.Conflict) as exc:
            if isinstance(exc, errors.Unavailable):
                raise
            return Seen(path, error=exc)  # still changing: the next round sees it anew
        except ArchiveError as exc:
            return self._refuse(path, found, exc)
        except OSError as exc:
            words = _("The file cannot be read: %(reason)s")
            return self._refuse(path, found, errors.BadInput("unreadable", words=words, reason=str(exc.strerror)))
        self._move(path, taken.number)
        return Seen(path, receipt=taken.number)

    def _described(self, path: Path) -> Description:
        inside = path.relative_to(self._folder)
        if len(inside.parts) < 2:
            return Description()
        return Description(inspection_id=inspection_named(self._actor, inside.parts[0]).pk, path=str(inside))

    def _move(self, path: Path, receipt: str) -> None:
        """After the receipt only. A kill before this leaves the file; the journal then knows it, and it moves."""
        target = self._done / receipt
        target.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(target / path.name)
        except OSError:  # 已收 may be another file system
            shutil.copy2(path, target / path.name, follow_symlinks=False)
            path.unlink()
        reason_beside(path).unlink(missing_ok=True)
        self._drop_empty(path.parent)

    def _drop_empty(self, folder: Path) -> None:
        """Empty folders below the inspection's own go; that one stays, for the next files."""
        while len(folder.relative_to(self._folder).parts) > 1:
            with contextlib.suppress(OSError):
                folder.rmdir()
                folder = folder.parent
                continue
            return

    def _refuse(self, path: Path, found: os.stat_result, error: ArchiveError) -> Seen:
        words, advice = both(error.words, error.data), both(error.advice, error.data)
        again = both(_("Delete this note to have the file tried again."))
        lines = [words["zh"], advice["zh"], again["zh"], words["en"], advice["en"], again["en"], f"[{error.code}]"]
        reason_beside(path).write_text("\n".join(filter(None, lines)) + "\n", encoding="utf-8")
        self._journal.note(REFUSED, path, found, detail=error.code)
        return Seen(path, error=error)

    def _delivery(self) -> UUID:
        """One delivery a day, found again after a restart."""
        self._title = f"{self._folder.name} {today().isoformat()}"
        mine = Delivery.objects.filter(door="folder", actor_name=self._actor.name, closed_at=None)
        found = mine.filter(title=self._title).first()
        return (found or open_delivery(self._actor, "folder", self._title)).pk

    def _close_past_days(self) -> None:
        title = f"{self._folder.name} {today().isoformat()}"
        if title == self._title:
            return
        mine = Delivery.objects.filter(door="folder", actor_name=self._actor.name, closed_at=None)
        for delivery in mine.filter(title=self._title):
            close_delivery(delivery.pk, actor=self._actor)
        self._title = title


def reason_beside(path: Path) -> Path:
    """Where the reason for refusing `path` is told; the name is cut when the file system could not hold it."""
    name = path.name + REASON
    if len(os.fsencode(name)) > LONGEST_NAME:
        mark = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]
        room = LONGEST_NAME - len(os.fsencode(REASON)) - len(mark) - 1
        head = os.fsencode(path.name)[:room].decode(errors="ignore")
        name = f"{head}~{mark}{REASON}"
    return path.with_name(name)


def run(watcher: Watcher, *, tell: Callable[[Seen | ArchiveError], None], stop: Callable[[float], bool]) -> None:
    """Rounds until `stop(seconds)` says so; it waits that long. A service that is down is waited for."""
    wait = 1.0
    while True:
        try:
            for seen in watcher.round():
                tell(seen)
            wait = 1.0
        except (errors.Unavailable, DatabaseError) as exc:
            tell(exc if isinstance(exc, errors.Unavailable) else errors.Unavailable("database-down"))
            wait = min(wait * 2, 60.0)
        if stop(wait):
            return
