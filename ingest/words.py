"""Words of this app's pages that code needs: states, stages, outcomes, doors, and what the uploader says."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

STAGES = {
    "identify": _("Identify"),
    "store": _("Store"),
    "scan": _("Virus scan"),
    "extract": _("Read text"),
    "ocr": _("OCR"),
    "probe": _("Read media data"),
    "derive": _("Make views"),
    "speech": _("Transcribe speech"),
    "index": _("Index"),
}

OUTCOMES = {
    "waiting": _("waiting"),
    "none": _("not needed"),
    "running": _("running"),
    "done": _("done"),
    "skipped": _("skipped"),
    "refused": _("could not be done"),
    "retrying": _("will be tried again"),
    "failed": _("failed"),
    "lost": _("interrupted"),
    "noticed": _("notice"),
}

TONES = {
    "running": "run",
    "retrying": "warn",
    "done": "good",
    "refused": "bad",
    "failed": "bad",
    "lost": "warn",
    "noticed": "warn",
}

STATES = {"RECEIVED": _("Received"), "STORED": _("Stored"), "DUPLICATE": _("Kept already")}

DOORS = {
    "page": _("Upload page"),
    "api": _("API"),
    "shell": _("Command line"),
    "folder": _("Watched folder"),
    "demo": _("Demonstration"),
}

PROGRESS = {
    "open": _("under way"),
    "settled": _("finished"),
    "trouble": _("with exceptions"),
    "stuck": _("needs a person"),
}


def filters() -> dict[str, Any]:
    """Choices of the list of arrivals."""
    return {"doors": DOORS.items(), "states": STATES.items(), "progresses": PROGRESS.items()}


def for_uploader() -> dict[str, str]:
    """Everything that the uploader says, in the language of the page; %(name)s is filled in there."""
    told = {
        "waiting": _("Waiting"),
        "sending": _("Sending, %(percent)s %%"),
        "checking": _("Sent. Checking size and digests"),
        "paused": _("Paused at %(percent)s %%"),
        "received": _("Received"),
        "refused": _("Refused"),
        "cancelled": _("Cancelled"),
        "lost": _("Connection lost. It goes on by itself."),
        "gone": _("The unfinished upload is gone. Choose the file again."),
        "unreadable": _("The file was changed or can no longer be read."),
        "pickAgain": _("Choose it again."),
        "receipt": _("Receipt %(number)s"),
        "duplicate": _("The same content is kept already."),
        "first": _("It is here: %(title)s"),
        "firstHidden": _("It is kept once and linked again."),
        "sums": _("%(over)s of %(files)s files, %(percent)s %%; %(left)s of %(total)s left; %(refused)s refused"),
        "added": _("%(count)s files added."),
        "leftOut": _("%(count)s system files left out."),
    }
    return {name: str(text).replace("%%", "%") for name, text in told.items()}
