"""Handing in files that lie on this machine. Owns: once and only once, over kills, for shell and folder."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from archive.digests import digests_of
from archive.errors import Conflict
from archive.types import Actor
from ingest.folders import open_regular
from ingest.journal import BEGUN, RECEIVED, Journal
from ingest.models import Intake
from ingest.receive import receive
from ingest.types import Arrival, Description, Receipt


class FileChanged(Conflict):
    code = "file-changed"
    words = _("The file was changed while it was read.")
    advice = _("Nothing of it was kept. Wait until it is complete, then hand it in again.")


@dataclass(frozen=True)
class Taken:
    """A file that is received: now (`receipt` is set) or in an earlier run."""

    number: str
    receipt: Receipt | None = None


class Counted(io.RawIOBase):
    """A stream that tells how many bytes were read."""

    def __init__(self, stream: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._on_bytes(len(piece))
        return piece


@dataclass(frozen=True)
class HandIn:
    """One door on this machine, with its journal."""

    journal: Journal
    actor: Actor
    door: str

    def known(self, path: Path, found: os.stat_result) -> str | None:
        """The receipt of this very file, if it was received before; asks the archive, not only the journal."""
        entry = self.journal.last(path, found)
        if entry is None:
            return None
        if entry.what == RECEIVED and Intake.objects.filter(number=entry.receipt).exists():
            return entry.receipt
        return self._in_doubt(path, found) if entry.what == BEGUN else None

    def _in_doubt(self, path: Path, found: os.stat_result) -> str | None:
        """It was begun, and then something was killed: the archive knows by digest whether it is received."""
        stream, _now = open_regular(path)
        with stream:
            digests = digests_of(stream)
        same = Intake.objects.filter(sha512=digests.sha512, door=self.door, actor_name=self.actor.name)
        for number in same.filter(file_name=path.name).values_list("number", flat=True):
            if not self.journal.has_receipt(number):  # else it is of the same file in another folder
                self.journal.note(RECEIVED, path, found, receipt=number)
                return str(number)
        return None

    def take(
        self,
        path: Path,
        declared: Description,
        delivery: Callable[[], UUID],
        on_bytes: Callable[[int], None] = lambda _count: None,
    ) -> Taken:
        """Hand in one file, unless it is received already.

        Raises:
            ArchiveError: as `receive` does; `FileChanged` when somebody writes to it meanwhile.
            OSError: it cannot be read.
        """
        stream, found = open_regular(path)
        with stream:
            number = self.known(path, found)
            if number is not None:
                return Taken(number)
            self.journal.note(BEGUN, path, found)
            receipt = receive(
                Arrival(
                    actor=self.actor,
                    door=self.door,
                    file_name=path.name,
                    stream=_Unchanging(stream, found, on_bytes),
                    declared=replace(declared, path=_readable(declared.path)),
                    size=found.st_size,
                    delivery_id=delivery(),
                )
            )
        self.journal.note(RECEIVED, path, found, receipt=receipt.number)
        return Taken(receipt.number, receipt)


class _Unchanging(Counted):
    """A stream of a file that must stay as it is until its last byte is read."""

    def __init__(self, stream: BinaryIO, found: os.stat_result, on_bytes: Callable[[int], None]) -> None:
        super().__init__(stream, on_bytes)
        self._handle = stream.fileno()
        self._mark = (found.st_size, found.st_mtime_ns)

    def read(self, size: int = -1) -> bytes:
        piece = super().read(size)
        if not piece:
            now = os.fstat(self._handle)
            if (now.st_size, now.st_mtime_ns) != self._mark:
                raise FileChanged()
        return piece


def _readable(path: str) -> str:
    """A path whose bytes are no UTF-8 holds characters that no database keeps."""
    return "".join(char if char.isprintable() else "\ufffd" for char in path)
