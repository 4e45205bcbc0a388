"""What the readers' notice codes mean, and what to do: the words a person reads beside a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from archive.errors import Words
from ingest.tools.jail import ToolFailure
from ingest.types import Notice


class Told(NamedTuple):
    """Level, words and advice of a notice code."""

    level: str
    words: Words
    advice: Words


_FRESH = _("Ask whoever sent it for a fresh copy; what arrived is kept as it is.")
_HARM = _("It is kept and will not be opened by any program here. Find out where it comes from before you open it.")
_UNLOCK = _("Ask for the password or for an unlocked copy, and hand that copy in as well.")

NOTICES: dict[str, Told] = {
    # identify: conditions
    "empty": Told("error", _("The file holds no bytes at all."), _FRESH),
    "zero-filled": Told("error", _("The file holds nothing but zero bytes: copying it probably failed."), _FRESH),
    "unknown-type": Told(
        "info", _("The type of this file is not known."), _("It is kept. Note in its description what opens it.")
    ),
    "not-as-named": Told(
        "warning",
        _("The name ends in .%(ending)s, but the content is not of that kind, nor of any known kind."),
        _FRESH,
    ),
    "mislabelled": Told(
        "warning",
        _("The name ends in .%(ending)s, but the content is %(found)s."),
        _("It is treated as what it is. The name is kept as it was given."),
    ),
    "program": Told(
        "warning", _("This is a program, not a document."), _("Don't start it. Ask why it was handed in as evidence.")
    ),
    "has-macros": Told(
        "warning",
        _("The document holds macros (programs)."),
        _("They are never run here. Don't enable them elsewhere."),
    ),
    "odd-structure": Told("info", _("The container is built in an unusual way."), ""),
    "pdf-encrypted": Told("error", _("The PDF is locked by a password and cannot be read."), _UNLOCK),
    "pdf-locked": Told("error", _("The PDF is locked in a way that is not supported here."), _UNLOCK),
    "pdf-restricted": Told("info", _("The PDF can be read, but its author restricted what may be done with it."), ""),
    "pdf-cut": Told("error", _("The PDF stops before its end; %(pages)s pages can still be opened."), _FRESH),
    "pdf-damaged": Told("error", _("The PDF is damaged and cannot be opened."), _FRESH),
    "pdf-many-pages": Told("error", _("The PDF claims to have %(count)s pages: far more than any document."), _HARM),
    "image-cut": Told("error", _("The picture stops before its end; part of it is missing."), _FRESH),
    "image-damaged": Told("error", _("The picture is damaged and cannot be shown whole."), _FRESH),
    "image-not-shown": Told(
        "info",
        _("The picture is of a kind that cannot be shown here, such as a camera's raw data."),
        _("The original is kept. Hand in a JPEG of it as well."),
    ),
    "image-huge": Told(
        "error", _("The picture claims %(width)s × %(height)s pixels: opening it could stop a computer."), _HARM
    ),
    "media-cut": Told(
        "error",
        _("The recording was cut off: %(missing)s bytes are missing at its end."),
        _("What is there may still play. Ask for the whole recording, straight from the device if possible."),
    ),
    "media-no-index": Told(
        "error",
        _("The recording has no index, so it cannot be played: it was cut off before it was finished."),
        _("Keep the device and its memory card: a specialist may recover the recording from there."),
    ),
    "media-damaged": Told("error", _("The recording is damaged."), _FRESH),
    "document-cut": Told("error", _("The document stops before its end."), _FRESH),
    "office-encrypted": Told("error", _("The document is locked by a password and cannot be read."), _UNLOCK),
    "ole-cut": Told("error", _("The document stops before its end."), _FRESH),
    "ole-damaged": Told("error", _("The document is damaged inside."), _FRESH),
    "zip-encrypted": Told("error", _("The archive, or part of it, is locked by a password."), _UNLOCK),
    "zip-part": Told(
        "error",
        _("This is one part of an archive that was split; by itself it cannot be opened."),
        _("Hand in the other parts too, or better the files themselves."),
    ),
    "zip-cut": Told("error", _("The file stops before its end: its table of contents is missing."), _FRESH),
    "zip-damaged": Told(
        "error", _("The file is damaged inside: a checksum or its table of contents is wrong."), _FRESH
    ),
    "zip-bomb": Told(
        "error", _("The file claims to grow to %(expanded)s MiB when unpacked, out of all proportion."), _HARM
    ),
    "zip-many-entries": Told("error", _("The archive claims to hold %(count)s files: out of all proportion."), _HARM),
    "zip-nested": Told("error", _("The archive holds archives within archives, %(depth)s deep and more."), _HARM),
    "archive-encrypted": Told("error", _("The archive, or part of it, is locked by a password."), _UNLOCK),
    "archive-cut": Told("error", _("The archive stops before its end."), _FRESH),
    "archive-damaged": Told("error", _("The archive is damaged."), _FRESH),
    "archive-bomb": Told(
        "error", _("The file grows to more than %(expanded)s MiB when unpacked, out of all proportion."), _HARM
    ),
    "xml-entities": Told("error", _("The document defines texts that multiply without measure when opened."), _HARM),
    "xml-external": Told("info", _("The document refers to files outside itself. They are never fetched."), ""),
    # scan
    "infected": Told("error", _("The virus scanner found %(virus)s in this file."), _HARM),
    # extract
    "bad-characters": Told(
        "warning",
        _("%(count)s characters could not be read as %(charset)s and are shown as �."),
        _("The rest can be searched. The original is kept as it is."),
    ),
    "csv-bad-rows": Told(
        "warning",
        _("%(count)s rows of the table do not fit its head or cannot be read: %(rows)s."),
        _("They are kept and can be searched. Compare them with the source."),
    ),
    "text-cut": Told("info", _("Only the first %(limit)s MiB were read for search."), ""),
    "rows-cut": Told("info", _("Only the first %(limit)s rows of a sheet were read for search."), ""),
    "pages-cut": Told("info", _("Only the first %(limit)s of %(count)s pages were read for search."), ""),
    "messages-cut": Told("info", _("Only the first %(limit)s messages of the mailbox were read for search."), ""),
    "listing-cut": Told("info", _("Only the first %(limit)s names of the archive were read for search."), ""),
    "listing-broken": Told("warning", _("The list of contents could be read only in part (%(count)s names)."), ""),
    "names-climb": Told(
        "warning",
        _("Names in the archive point outside of it."),
        _("Don't unpack it with a tool that follows such names."),
    ),
    "hidden-sheet": Told("info", _("The sheet “%(name)s” is hidden in the file; its text was read too."), ""),
    "junk-text-layer": Told(
        "info", _("The text stored in pages %(pages)s is unusable; they are read by OCR instead."), ""
    ),
    "pdf-mended": Told(
        "warning",
        _("The PDF is damaged; its text was read from a copy that was put together again."),
        _("The original is kept as it is. Parts may be missing: compare it with the source."),
    ),
    "ofd-pictures": Told(
        "info",
        _("Pages %(pages)s show pictures without text; what is written in the pictures was not read."),
        _("Hand in a PDF or scan of these pages as well, so that they can be searched."),
    ),
    "broken-pages": Told("warning", _("Pages %(pages)s are damaged and could not be read."), _FRESH),
    "has-attachments": Told(
        "info",
        _("Inside the PDF lie %(count)s files: %(names)s."),
        _("Hand them in by themselves if they matter as evidence."),
    ),
    "mail-attachments": Told(
        "info",
        _("%(count)s files are attached to the message; their text was read where possible."),
        _("Hand them in by themselves if they matter as evidence."),
    ),
    "ofd-text-only": Told("info", _("The text of the OFD was read; its pages cannot be drawn here yet."), ""),
    "no-preview": Told(
        "warning",
        _("No preview for the browser could be made of this document."),
        _("Its text was read. To see it as it looks, download the original."),
    ),
}


def notices(found: Iterable[Mapping[str, Any]]) -> tuple[Notice, ...]:
    """A reader's notices with words. Each code once, however often it was found: the first one speaks."""
    told: dict[str, Notice] = {}
    for item in found:
        code = str(item["code"])
        known = NOTICES[code]
        data = {key: value if isinstance(value, int) else str(value) for key, value in item.get("data", {}).items()}
        told.setdefault(code, Notice(code, known.words, known.advice, known.level, data))
    return tuple(told.values())


def failure_notice(failure: ToolFailure) -> Notice:
    """A tool's failure as something to know of the file."""
    data = {key: value for key, value in failure.data.items() if key != "stderr" and value is not None}
    return Notice(failure.code, failure.words, failure.advice, "error", data)
