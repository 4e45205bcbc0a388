"""ocr: words with boxes and confidence for pictures and for pages without text. Each page is a call of its own, so
that one that breaks the reader costs only itself.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ingest.readers.ocr import ENGINES
from ingest.stages import ocr_video
from ingest.stages.media_words import listed, notice
from ingest.stages.previews import as_shown
from ingest.tools import jail
from ingest.types import DerivedFile, Done, Notice, Outcome, Refused, Retry, Skipped, TextUnit, Word, Work

PAGE_SECONDS = 180  # one page; the first one loads the models too
STAGE_SECONDS = 7000  # within the limit of the stage in `pipeline.STAGES`
LIMITS = jail.Limits(seconds=PAGE_SECONDS, memory_mib=3072, file_mib=256)
_NO_DRAWING = frozenset({"image/svg+xml", "image/vnd.dwg", "image/vnd.dxf"})


@dataclass
class _Findings:
    units: list[TextUnit] = field(default_factory=list)
    images: list[DerivedFile] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    turned: dict[int, int] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    version: str = ""
    dpi: int = 0


def run(work: Work) -> Outcome:
    """Text units of kind page with words, and a page image for each page."""
    if work.facts.condition == "encrypted":
        return Skipped("encrypted", _("The content is locked by a password and was not read."))
    engine = work.options.get("ocr_engine") or ENGINES[0]
    if fault := _fault_of(engine, work):
        return fault
    if work.facts.medium == "video":
        return ocr_video.run(work, engine, _threads(work), LIMITS)
    source, mime = as_shown(work)
    if source is not None:
        work = replace(work, original=source, facts=replace(work.facts, mime=mime))
    pages = _pages(work) if source is not None else []
    if not pages:
        return Refused("not-drawable", _("The picture cannot be drawn here, so no text can be read from it."))
    found = _read(work, pages, engine)
    if len(found.failed) == len(pages):
        data = {"pages": listed(sorted(found.failed)), "reason": next(iter(found.failed.values()))}
        words = _("No page could be read by OCR (%(reason)s).")
        return Refused("ocr-failed", words, _("Run OCR again with the other engine."), tool=engine, data=data)
    facts: dict[str, Any] = {"technical": {"ocr": _technical(found, engine)}}
    if work.facts.medium == "image":
        facts["page_count"] = len(pages)
    return Done(engine, found.version, facts, tuple(found.units), tuple(found.images), _notices(found))


def applies(work: Work) -> bool:
    """Pictures, pages that hold no text of their own, and videos whose pictures can be had."""
    facts = work.facts
    if facts.medium == "video":
        return any(stream["kind"] == "video" for stream in facts.technical.get("av", {}).get("streams", ()))
    return (facts.medium == "image" and facts.mime not in _NO_DRAWING) or bool(facts.textless_pages)


def _fault_of(engine: str, work: Work) -> Outcome | None:
    """An engine that this machine lacks is a fault of the machine, not of the file."""
    if engine not in ENGINES:
        words = _("There is no OCR engine called %(name)s.")
        return Refused("unknown-engine", words, _("Choose another engine and run OCR again."), data={"name": engine})
    answer = jail.call("ingest.readers.ocr:check", work=work.folder, limits=LIMITS, name=engine)
    if "fault" in answer:
        fault = _("The OCR engine {name} does not work on this machine: {fault}")
        return Retry("engine-missing", format_lazy(fault, name=engine, fault=answer["fault"]), 300)
    return None


def _pages(work: Work) -> list[int]:
    if work.facts.medium != "image":
        return list(work.facts.textless_pages)
    count = jail.call(
        "ingest.readers.ocr:count_pages",
        work=work.folder,
        limits=LIMITS,
        readable=(work.original,),
        path=str(work.original),
        mime=work.facts.mime,
    )
    return list(range(1, count + 1))


def _read(work: Work, pages: list[int], engine: str) -> _Findings:
    found = _Findings()
    deadline = time.monotonic() + STAGE_SECONDS
    for number in pages:
        if time.monotonic() > deadline - PAGE_SECONDS:
            found.unread.append(number)
            continue
        try:
            _read_one(work, number, engine, found)
        except jail.ToolFailure as failure:
            found.failed[number] = failure.code
    return found


def _read_one(work: Work, number: int, engine: str, found: _Findings) -> None:
    image, into = work.folder / f"page-{number}.webp", work.folder / f"page-{number}.json"
    answer = jail.call(
        "ingest.readers.ocr:read_page",
        work=work.folder,
        limits=LIMITS,
        readable=(work.original,),
        path=str(work.original),
        mime=work.facts.mime,
        number=number,
        engine_name=engine,
        threads=_threads(work),
        image=str(image),
        into=str(into),
    )
    if "fault" in answer:
        found.failed[number] = str(answer["fault"])
        return
    page = _answer(into)
    found.version, found.dpi = page["version"], page["dpi"]
    recipe = {"page": number, "dpi": 150, "turn": page["turn"]}
    found.images.append(DerivedFile("page-image", image, "image/webp", number, recipe))
    if page["turn"]:
        found.turned[number] = page["turn"]
    found.units.append(_unit(number, page))


def _answer(path: Path) -> dict[str, Any]:
    try:
        page: dict[str, Any] = json.loads(path.read_text("utf-8"))
        path.unlink()
    except (OSError, ValueError) as error:
        raise jail.ToolFailure("tool-crashed", "ocr", stderr=str(error)) from error
    return page


def _unit(number: int, page: dict[str, Any]) -> TextUnit:
    return TextUnit(
        kind="page",
        number=number,
        text=page["text"],
        source="ocr",
        width=page["width"],
        height=page["height"],
        confidence=page["confidence"],
        engine=page["engine"],
        engine_version=page["version"],
        words=tuple(
            Word(text, (left, top, right, bottom), sure) for text, left, top, right, bottom, sure in page["words"]
        ),
    )


def _threads(work: Work) -> int:
    return int(work.options.get("ocr_threads") or min(4, os.cpu_count() or 1))


def _technical(found: _Findings, engine: str) -> dict[str, Any]:
    """`turned`: page → degrees clockwise that bring it upright; the words' boxes are on the page so turned."""
    return {
        "engine": engine,
        "dpi": found.dpi,
        "pages": len(found.units),
        "turned": {str(page): turn for page, turn in found.turned.items()},
    }


def _notices(found: _Findings) -> tuple[Notice, ...]:
    told = []
    if not any(unit.text for unit in found.units):
        told.append(notice("ocr-no-text"))
    if found.failed:
        reason = next(iter(found.failed.values()))
        told.append(notice("ocr-pages-failed", pages=listed(sorted(found.failed)), reason=reason))
    if found.unread:
        told.append(notice("ocr-pages-cut", pages=listed(found.unread)))
    if found.turned:
        told.append(notice("ocr-turned", pages=listed(sorted(found.turned))))
    return tuple(told)
