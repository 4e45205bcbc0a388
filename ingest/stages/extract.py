"""extract: text with its place and declared metadata, without OCR. Office files also get a PDF for the browser.

A word processor's text is read from that PDF, page by page, so that a hit can be marked where it stands; a table's
from its cells. What the PDF does not show (speaker's notes, comments) is added from the file itself.
"""

from __future__ import annotations

import functools
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from ingest.readers import formats
from ingest.stages import words
from ingest.tools import jail, soffice
from ingest.types import DerivedFile, Done, Outcome, Refused, Retry, Skipped, TextUnit, Word, Work

LIMITS = jail.Limits(seconds=120, memory_mib=2048)
OFFICE_LIMITS = jail.Limits(seconds=120, memory_mib=2048, file_mib=1024, processes=128)
_UNSHOWN = ("notes", "comments")
_BREAKS = frozenset({"tool-crashed", "tool-refused"})  # failures that tell of the file, not of the machine


def run(work: Work) -> Outcome:
    """Text units, metadata, and the PDF preview of office files."""
    if work.facts.condition == "encrypted" and work.facts.medium != "archive":
        return Skipped("encrypted", _("The content is locked by a password and was not read."))
    failure: jail.ToolFailure | None = None
    found: dict[str, Any] = {"units": [], "facts": {}, "technical": {}, "notices": []}
    if formats.has_reader(work.facts.mime):
        try:
            found = _read(work, work.original, work.facts.mime)
        except jail.ToolFailure as caught:
            failure = caught
    if formats.is_office(work.facts.mime):
        return _office(work, found, failure)
    if failure is not None:
        return _refused(failure)
    return Done(
        _tool(work.facts.mime), _version(), _facts(found), _units(found), notices=words.notices(found["notices"])
    )


def applies(work: Work) -> bool:
    """Files whose text or metadata can be had without OCR and without playing them."""
    return formats.has_reader(work.facts.mime) or formats.is_office(work.facts.mime)


def _office(work: Work, found: dict[str, Any], failure: jail.ToolFailure | None) -> Outcome:
    if failure is not None and failure.code not in _BREAKS:
        return _refused(failure)  # what is too much for a reader of ours is too much for LibreOffice
    try:
        made = soffice.to_pdf(work.original, work.facts.mime, folder=work.folder, limits=OFFICE_LIMITS)
        shown = _read(work, made, "application/pdf")
    except jail.ToolFailure as caught:
        if not found["units"]:
            return _refused(failure or caught)
        without = words.notices([*found["notices"], {"code": "no-preview"}])
        return Done(_tool(work.facts.mime), _version(), _facts(found), _units(found), notices=without)
    pages = [unit | {"source": "office"} for unit in shown["units"]]
    if work.facts.medium == "table" and found["units"]:
        units = found["units"]  # cells can be searched as they are; the paper form cuts columns apart
    else:
        units = pages + [unit for unit in found["units"] if unit.get("label") in _UNSHOWN]
    facts = _facts(found) | {"page_count": shown["page_count"], "textless_pages": shown["textless_pages"]}
    recipe = {"program": "soffice", "to": "pdf"}
    preview = DerivedFile("preview-pdf", made, "application/pdf", recipe=recipe)
    tool_version = f"{soffice.version()}; {_version()}"
    told = words.notices(found["notices"])
    return Done("LibreOffice", tool_version, facts, _units({"units": units}), (preview,), told)


def _read(work: Work, path: Path, mime: str) -> dict[str, Any]:
    """A reader's answer, passed through a file, for it may be large. Raises ToolFailure."""
    answer = work.folder / f"read-{path.stem}.json"
    jail.call(
        "ingest.readers.document:read",
        work=work.folder,
        limits=LIMITS,
        readable=(path,),
        path=str(path),
        mime=mime,
        into=str(answer),
    )
    try:
        found: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise jail.ToolFailure("tool-crashed", "document:read", stderr=str(error)) from error
    answer.unlink()
    return found


def _facts(found: dict[str, Any]) -> dict[str, Any]:
    facts = dict(found["facts"])
    for name in ("page_count", "textless_pages"):
        if name in found:
            facts[name] = found[name]
    if found["technical"]:
        facts["technical"] = {"declared": found["technical"]}
    return facts


def _units(found: dict[str, Any]) -> tuple[TextUnit, ...]:
    return tuple(
        TextUnit(
            kind=unit["kind"],
            number=unit["number"],
            text=unit["text"],
            source=unit["source"],
            label=unit.get("label", ""),
            start_ms=unit.get("start_ms"),
            end_ms=unit.get("end_ms"),
            width=unit.get("width"),
            height=unit.get("height"),
            words=tuple(Word(word["text"], tuple(word["box"])) for word in unit.get("words", ())),
        )
        for unit in found["units"]
    )


def _refused(failure: jail.ToolFailure) -> Outcome:
    if failure.code == "tool-timeout":
        return Retry(failure.code, _("The file was not read within the time given to it."), 120)
    facts = {"condition": "unreadable"} if failure.code in _BREAKS else {}
    data = {key: value for key, value in failure.data.items() if value is not None}
    return Refused(
        failure.code,
        failure.words,
        failure.advice,
        facts,
        tool=failure.tool,
        tool_version=_version(),
        data=data,
    )


def _tool(mime: str) -> str:
    if mime == "application/pdf":
        return "PDFium"
    return "Pillow" if mime.startswith("image/") else "anjuan-readers"


@functools.cache
def _version() -> str:
    return f"pypdfium2 {metadata.version('pypdfium2')}"
