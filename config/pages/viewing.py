"""What the viewer is told about a record: which way to show it, and where each piece lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from archive import files
from archive.models import Derivative, Record
from config.pages import names

SHOWN_BY_BROWSERS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif"})
PLAYED_BY_BROWSERS = frozenset(
    {"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/x-wav", "audio/flac", "video/mp4", "video/webm"}
)
PAGED = ("page", "slide")
MOST_PAGES = 5000


@dataclass(frozen=True)
class Viewing:
    """`kind` is pages, sound, film or none; `data` goes to the script."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


def viewing_of(record: Record) -> Viewing:
    """How to show a record. What is quarantined is not shown at all."""
    if record.state == "QUARANTINED" or record.condition in {"infected", "bomb", "empty"}:
        return Viewing("none")
    made: dict[str, list[Derivative]] = {}
    for row in record.derivatives.filter(current=True).order_by("number", "-created_at"):
        made.setdefault(row.kind, []).append(row)
    if record.medium in ("audio", "video"):
        return _playing(record, made)
    return _pages(record, made)


def address(record: Record, row: Derivative) -> str:
    """Where a derivative lies."""
    return reverse("derivative", args=[record.pk, row.pk])


def _inline(record: Record) -> str:
    return reverse("original", args=[record.pk]) + "?inline=1"


def _pages(record: Record, made: dict[str, list[Derivative]]) -> Viewing:
    images = {
        str(row.number or 1): reverse("page-image", args=[record.pk, row.number, files.SUFFIX.get(row.mime, "bin")])
        for row in reversed(made.get("page-image", []))
    }
    pdf = address(record, made["preview-pdf"][0]) if made.get("preview-pdf") else ""
    if record.mime == "application/pdf" and record.condition != "encrypted":
        pdf = _inline(record)
    if not images and not pdf and record.mime in SHOWN_BY_BROWSERS:
        images = {"1": _inline(record)}
    if not images and not pdf and record.medium == "image" and made.get("thumbnail"):
        images = {"1": address(record, made["thumbnail"][0])}
    if not images and not pdf:
        return Viewing("none")
    pages = _page_rows(record, images, known=not pdf)
    data = {"pages": pages, "images": images, "pdf": pdf, "words": page_address(record.pk), "tools": tools()}
    data["turned"] = record.technical.get("ocr", {}).get("turned", {})  # pages that lie on their side in the file
    return Viewing("pages", data | {"strings": strings(), "zoomable": record.medium == "image"})


def page_address(record_id: UUID) -> str:
    """The address of a page's words with `0` for the number."""
    return reverse("page-words", args=[record_id, 0])


def tools() -> dict[str, str]:
    """Where the PDF library and its data lie."""
    return {
        "library": static("pdf/pdf.mjs"),
        "worker": static("pdf/pdf.worker.mjs"),
        "cmaps": static("pdf/cmaps/"),
        "fonts": static("pdf/standard_fonts/"),
        "wasm": static("pdf/wasm/"),
    }


def _page_rows(record: Record, images: dict[str, str], *, known: bool) -> list[dict[str, Any]]:
    """One entry a page: number, proportions, confidence, whether it has text."""
    units = record.units.filter(current=True, kind__in=PAGED)
    last = units.aggregate(last=Max("number"))["last"] or 0
    count = max(record.page_count or 0, last, *(int(number) for number in images), 1)
    if record.medium == "image" and known:
        count = max(len(images), 1)
    found: dict[int, dict[str, Any]] = {n: {"n": n} for n in range(1, min(count, MOST_PAGES) + 1)}
    for unit in units.only("number", "width", "height", "confidence", "source"):
        page = found.get(unit.number)
        if page is not None:
            page["text"] = True
            if unit.width and unit.height:
                page["ratio"] = round(unit.height / unit.width, 4)
            if unit.confidence is not None and unit.source == "ocr":
                page["conf"] = round(unit.confidence, 3)
    first = found.get(1)
    if first is not None and "ratio" not in first and record.width and record.height and record.medium == "image":
        first["ratio"] = round(record.height / record.width, 4)
    return list(found.values())


def _playing(record: Record, made: dict[str, list[Derivative]]) -> Viewing:
    film = record.medium == "video"
    proxies = made.get("proxy-video" if film else "proxy-audio") or made.get("proxy-audio") or []
    source = address(record, proxies[0]) if proxies else ""
    if not source and record.mime in PLAYED_BY_BROWSERS:
        source = _inline(record)
    segments = [
        {"start": unit.start_ms or 0, "end": unit.end_ms, "text": unit.text, "label": unit.label, "source": unit.source}
        for unit in record.units.filter(current=True, kind="segment").order_by("start_ms", "number")[:20000]
    ]
    frames = [{"at": row.number, "url": address(record, row)} for row in made.get("key-frame", [])[:200]]
    wave = made.get("waveform")
    data = {
        "source": source,
        "mime": proxies[0].mime if proxies else record.mime,
        "duration": record.duration_ms,
        "wave": address(record, wave[0]) if wave else "",
        "strings": strings(),
    }
    stills = made.get("thumbnail") or made.get("key-frame") or []
    poster = address(record, stills[0]) if stills else ""
    told: dict[str, Any] = {"script": data, "segments": segments, "frames": frames, "poster": poster}
    told["transcript_source"] = segments[0]["source"] if segments else ""
    return Viewing("film" if film else "sound", told)


def strings() -> dict[str, str]:
    """Everything that the viewer says, in the language of the page; {name} is filled in there."""
    told = {
        "page": _("Page {n}"),
        "pageOf": _("Page {n} of {all}"),
        "hit": _("Hit {n} of {all}"),
        "noHit": _("No hit on the pages"),
        "searching": _("Looking for the words …"),
        "hits": _("{n} hits"),
        "failed": _("This page could not be shown. The original can be downloaded."),
        "noText": _("No text was found on this page."),
        "unplaced": _("The words stand in the text of this page; their place on the picture is not known."),
        "confidence": _("confidence {share} %"),
        "machine": _("Read by machine ({engine}); check it against the picture."),
        "zoom": _("{share} %"),
        "noPlay": _("The browser cannot play this file. The original can be downloaded."),
    }
    sources = {f"source-{code}": str(name) for code, name in names.SOURCES.items()}
    return told | sources
