"""derive: what people look at and listen to instead of the original: thumbnails, proxies, key frames, waveforms, and
the searchable PDF/A copy of scans. All of it can be made again.
"""

from __future__ import annotations

import functools
import json
from importlib import metadata

from django.utils.translation import gettext_lazy as _

from ingest.readers import formats
from ingest.stages import derive_av
from ingest.stages.media_words import listed, notice
from ingest.stages.previews import as_shown
from ingest.tools import ffmpeg, jail
from ingest.types import DerivedFile, Done, Notice, Outcome, Skipped, Work

SMALL = jail.Limits(seconds=120, memory_mib=2048, file_mib=64)
PDFA_CHARACTERS = 30  # a picture with fewer is a photo, not a document
_SECONDS_A_PAGE = 20
_NO_PICTURE = frozenset({"image/svg+xml"})


def run(work: Work) -> Outcome:
    """Every view that this kind of file can have; one that fails is told and does not take the others along."""
    if work.facts.condition == "encrypted":
        return Skipped("encrypted", _("The content is locked by a password and was not read."))
    if work.facts.medium in {"audio", "video"}:
        if work.facts.condition in {"truncated", "damaged"} and not work.facts.technical.get("av"):
            return Skipped("not-playable", _("No view could be made, for the recording cannot be opened."))
        made, notices, condition = derive_av.views(work)
        facts = {"condition": condition} if condition != "sound" else {}
        return Done("ffmpeg", ffmpeg.version(), facts, derived=tuple(made), notices=tuple(notices))
    made, notices = [], []
    for part in (_thumbnail, _pdfa):
        files_made, told = part(work)
        made += files_made
        notices += told
    return Done("pikepdf" if len(made) > 1 else "Pillow", _version(), derived=tuple(made), notices=tuple(notices))


def applies(work: Work) -> bool:
    """Whatever can be seen or heard."""
    facts = work.facts
    if facts.medium in {"audio", "video"}:
        return True
    if facts.medium == "image":
        return facts.mime not in _NO_PICTURE
    return facts.mime == "application/pdf" or formats.is_office(facts.mime)


def _thumbnail(work: Work) -> tuple[list[DerivedFile], list[Notice]]:
    source, mime = as_shown(work)
    if source is None:
        return [], []
    into = work.folder / "thumbnail.webp"
    try:
        answer = jail.call(
            "ingest.readers.derive:thumbnail",
            work=work.folder,
            limits=SMALL,
            readable=(source,),
            path=str(source),
            mime=mime,
            into=str(into),
            turn=int(_turned(work).get("1", 0)),
        )
    except jail.ToolFailure as failure:
        answer = {"fault": failure.code}
    if "fault" in answer:
        return [], [notice("derive-part-failed", part=f"WebP: {answer['fault']}"[:300])]
    return [DerivedFile("thumbnail", into, "image/webp", 0, {"page": 1})], []


def _pdfa(work: Work) -> tuple[list[DerivedFile], list[Notice]]:
    """Only for scans with text: a born-digital PDF has its text, a photo is no document."""
    read = [unit for unit in work.units if unit.kind == "page" and unit.source in {"ocr", "person"} and unit.words]
    characters = sum(len(unit.text) for unit in read)
    photo = work.facts.medium == "image" and characters < PDFA_CHARACTERS
    if not read or photo or formats.is_office(work.facts.mime):
        return [], []
    count = work.facts.page_count or max(unit.number for unit in read)
    order, into = work.folder / "pages.json", work.folder / "searchable.pdf"
    words = {
        str(unit.number): [[word.text, *word.box] for word in unit.words]
        for unit in work.units
        if unit.kind == "page" and unit.words
    }
    order.write_text(json.dumps({"count": count, "turned": _turned(work), "words": words}, ensure_ascii=False), "utf-8")
    order.chmod(0o644)
    limits = jail.Limits(seconds=60 + _SECONDS_A_PAGE * count, memory_mib=3072, file_mib=8192)
    try:
        answer = jail.call(
            "ingest.readers.pdfa:build",
            work=work.folder,
            limits=limits,
            readable=(work.original,),
            path=str(work.original),
            mime=work.facts.mime,
            pages_file=str(order),
            into=str(into),
            title=work.file_name[:200],
        )
    except jail.ToolFailure as failure:
        return [], [notice("derive-part-failed", part=f"PDF/A: {failure.code}"[:300])]
    told = []
    if answer["broken"]:
        told.append(notice("derive-part-failed", part=f"PDF/A {listed(answer['broken'])}"))
    recipe = {"profile": "PDF/A-2b", "dpi": 200, "pages": answer["pages"], "text": read[0].engine}
    return [DerivedFile("pdfa", into, "application/pdf", 0, recipe)], told


def _turned(work: Work) -> dict[str, int]:
    turned: dict[str, int] = work.facts.technical.get("ocr", {}).get("turned", {})
    return turned


@functools.cache
def _version() -> str:
    names = ("pillow", "pypdfium2", "pikepdf")
    return "; ".join(f"{name} {metadata.version(name)}" for name in names)
