"""LibreOffice, in the jail: an office file → PDF, for reading in the browser and for text with its place."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

from ingest.readers import formats
from ingest.tools import jail

MAX_PAGES = 2000  # of the preview
MAX_TABLE_PAGES = 50  # a sheet on paper has no end


def to_pdf(original: Path, mime: str, *, folder: Path, limits: jail.Limits) -> Path:
    """A PDF of an office file, in a folder of its own below `folder`. Raises ToolFailure."""
    room = folder / "office"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    # the ending helps LibreOffice to choose its import filter; a copy, for what it runs in becomes its own
    source = room / f"source.{formats.office_ending(mime)}"
    shutil.copyfile(original, source)
    pages = MAX_TABLE_PAGES if formats.named(mime).medium == "table" else MAX_PAGES
    options = f'{{"PageRange":{{"type":"string","value":"1-{pages}"}}}}'
    done = jail.run(
        [*_soffice(room), "--convert-to", f"pdf:{_filter(mime)}:{options}", source], work=room, limits=limits
    )
    made = source.with_suffix(".pdf")
    if not made.is_file() or not made.stat().st_size:
        raise jail.ToolFailure("tool-refused", "soffice", stderr=done.stderr or done.stdout)
    source.unlink()
    return made


@functools.cache
def version() -> str:
    """Version of LibreOffice, or "" when there is none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = jail.run(["soffice", "--version"], work=Path(folder), limits=jail.Limits(seconds=30)).stdout
        except jail.ToolFailure:
            return ""
    words = told.decode("utf-8", "replace").split()
    return words[1] if len(words) > 1 else ""


def _soffice(room: Path) -> list[str]:
    profile = Path("/tmp/profile") if jail.kind() == "bubblewrap" else room / "profile"
    where = f"-env:UserInstallation={profile.as_uri()}"
    return ["soffice", "--headless", "--norestore", "--nologo", "--nolockcheck", where]


def _filter(mime: str) -> str:
    if formats.named(mime).medium == "table":
        return "calc_pdf_Export"
    if "presentation" in mime or "powerpoint" in mime:
        return "impress_pdf_Export"
    return "draw_pdf_Export" if "visio" in mime else "writer_pdf_Export"
