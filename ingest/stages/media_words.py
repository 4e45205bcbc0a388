"""What the notices of the stages probe, ocr, derive and speech mean, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from archive.errors import Words
from ingest.types import Notice

_FRESH = _("Ask whoever sent it for a fresh copy; what arrived is kept as it is.")

NOTICES: dict[str, tuple[str, Words, Words]] = {
    "ocr-no-text": ("info", _("OCR found no text in it."), ""),
    "ocr-pages-failed": (
        "warning",
        _("Pages %(pages)s could not be read by OCR (%(reason)s)."),
        _("The other pages were read. Run OCR again for this record, or with the other engine."),
    ),
    "ocr-pages-cut": (
        "warning",
        _("OCR stopped at its time limit; pages %(pages)s were not read."),
        _("Run OCR again for this record when the machine has less to do, or hand the document in in parts."),
    ),
    "ocr-turned": ("info", _("Pages %(pages)s lay on their side or upside down and were turned for reading."), ""),
    "media-cut": (
        "error",
        _("The recording claims to last %(claimed)s seconds, but only %(found)s seconds are there: it was cut off."),
        _("What is there may still play. Ask for the whole recording, straight from the device if possible."),
    ),
    "media-no-index": (
        "error",
        _("The recording cannot be opened: its index is missing, as when a recording is cut off before its end."),
        _("Keep the device and its memory card: a specialist may recover the recording from there."),
    ),
    "media-errors": (
        "warning",
        _("The recording has damaged places (%(count)s errors while playing it through)."),
        _FRESH,
    ),
    "media-no-sound": ("info", _("The video has no sound."), ""),
    "media-cover-only": ("info", _("The file holds no sound or moving picture that could be played."), ""),
    "subtitles-found": ("info", _("%(count)s subtitles inside the recording can be searched."), ""),
    "speech-none": ("info", _("Speech recognition heard no words in it."), ""),
    "speech-made": (
        "info",
        _("The transcript was made by a machine."),
        _("Listen to the recording before you quote it."),
    ),
    "derive-part-failed": (
        "warning",
        _("A view of this file could not be made: %(part)s."),
        _("The original is kept and can be downloaded. Run this step again if the file is sound."),
    ),
}


def notice(code: str, **data: str | int) -> Notice:
    """A notice with its words."""
    level, words, advice = NOTICES[code]
    return Notice(code, words, advice, level, data)


def listed(numbers: list[int]) -> str:
    """Page numbers for a sentence: 2、3、7…"""
    return "、".join(map(str, numbers[:20])) + ("…" if len(numbers) > 20 else "")
