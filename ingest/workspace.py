"""A folder on this machine for one file under work: a verified copy of the original and room for the tools."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from archive import errors, objects
from archive.digests import PIECE, Hasher
from archive.models import Original
from ingest.models import Intake


class NoRoom(errors.Unavailable):
    code = "work-disk-full"
    words = _("The worker has no room on its disk for this file.")
    advice = _("Nothing is lost. Free space on the worker's disk; the work then goes on by itself.")


@contextmanager
def opened(intake: Intake) -> Iterator[Path]:
    """A folder for the work on one file; removed at the end, whatever happens."""
    name = f"{intake.pk}-{threading.get_ident()}"
    folder = Path(settings.DATA) / "work" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fetch(intake: Intake, folder: Path) -> Path:
    """The original as a read-only local file, its digest compared with the one given at receipt.

    Raises `IntegrityFailure` when the store gives other bytes, `NoRoom` when the disk is too small.
    """
    target = folder / "original"
    if target.exists():
        return target
    if shutil.disk_usage(folder).free < intake.size + 256 * 2**20:
        raise NoRoom(size=intake.size)
    bucket, key = _where(intake)
    with bucket.open(key) as stream, target.open("wb") as out, Hasher() as hasher:
        while piece := stream.read(PIECE):
            hasher.update(piece)
            out.write(piece)
        digests = hasher.result()
    if digests.sha512 != intake.sha512:
        raise errors.IntegrityFailure("stored-bytes-differ", key=key, expected=intake.sha512, found=digests.sha512)
    target.chmod(0o444)
    return target


def _where(intake: Intake) -> tuple[objects.Bucket, str]:
    """In the vault once it is stored there, else where it arrived."""
    original = Original.objects.filter(record_id=intake.record_id).exclude(record__state="STORING").first()
    if original is not None:
        return objects.records(), original.key
    return objects.incoming(), intake.key
