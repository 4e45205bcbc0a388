"""What a file looks like: itself, or the PDF that `extract` made of an office file."""

from __future__ import annotations

from pathlib import Path

from archive import files
from archive.models import Record
from ingest.readers import formats
from ingest.types import Work


def as_shown(work: Work) -> tuple[Path | None, str]:
    """The file to draw pages from and its type; (None, "") for an office file of which no PDF could be made."""
    if not formats.is_office(work.facts.mime):
        return work.original, work.facts.mime
    preview = work.folder / "office" / "source.pdf"
    if preview.is_file():
        return preview, "application/pdf"
    record = Record.objects.filter(pk=work.record_id).first()
    found = files.current(record, "preview-pdf") if record else []
    if not found:
        return None, ""
    copy = work.folder / "preview.pdf"
    with files.open_derivative(found[-1]) as stream, copy.open("wb") as out:
        while piece := stream.read(1 << 20):
            out.write(piece)
    copy.chmod(0o444)
    return copy, "application/pdf"
