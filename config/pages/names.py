"""Words for codes that pages show: roles, states with their tone, media, kinds of derivatives and events."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from archive.types import Role

Words = str | Promise

ROLES: dict[Role, Words] = {
    Role.ARCHIVIST: _("Archivist"),
    Role.INSPECTOR: _("Inspector"),
    Role.OFFICE: _("Work Safety Office"),
    Role.DISCIPLINE: _("Disciplinary body"),
    Role.SYSTEM_ADMIN: _("System administrator"),
    Role.SECRECY_ADMIN: _("Security administrator"),
    Role.AUDIT_ADMIN: _("Audit administrator"),
}

STATES: dict[str, dict[str, tuple[Words, str]]] = {
    "record": {
        "STORING": (_("Being stored"), "run"),
        "REGISTERED": (_("Registered"), "run"),
        "CAPTURED": (_("Captured"), "good"),
        "QUARANTINED": (_("Quarantined"), "bad"),
    },
    "condition": {
        "sound": (_("Sound"), "good"),
        "empty": (_("Empty"), "bad"),
        "truncated": (_("Truncated"), "bad"),
        "encrypted": (_("Encrypted"), "warn"),
        "mislabelled": (_("Named as another type"), "warn"),
        "damaged": (_("Damaged"), "bad"),
        "bomb": (_("Unpacks without bounds"), "bad"),
        "infected": (_("Virus found"), "bad"),
        "unreadable": (_("Cannot be read"), "bad"),
        "unknown-type": (_("Unknown type"), "warn"),
    },
    "inspection": {
        "DRAFT": (_("Draft"), "none"),
        "PLANNED": (_("Planned"), "run"),
        "NOTIFIED": (_("Notified"), "run"),
        "ON_SITE": (_("On site"), "run"),
        "FIELD_DONE": (_("Field work done"), "run"),
        "REPORTED": (_("Reported"), "run"),
        "APPROVED": (_("Approved"), "run"),
        "FED_BACK": (_("Fed back"), "run"),
        "RECTIFYING": (_("Rectifying"), "warn"),
        "RECT_REPORTED": (_("Rectification reported"), "run"),
        "RESULTS_USED": (_("Results used"), "good"),
        "CLOSED": (pgettext_lazy("inspection", "Closed"), "good"),
        "ARCHIVED": (_("Archived"), "good"),
        "EXCLUDED": (_("Excluded"), "none"),
        "ABORTED": (_("Aborted"), "none"),
    },
    "issue": {
        "FOUND": (_("Found"), "warn"),
        "LISTED": (_("Listed"), "warn"),
        "DIAGNOSED": (_("Diagnosed"), "run"),
        "DISPOSED": (_("Disposed of"), "run"),
        "SUPERVISED": (_("Under supervision"), "warn"),
        "RECTIFIED": (_("Rectified"), "run"),
        "CLOSED": (pgettext_lazy("issue", "Closed"), "good"),
    },
    "level": {
        "ORDINARY": (_("Ordinary"), "none"),
        "IMPORTANT": (_("Important"), "warn"),
        "MAJOR": (_("Major"), "bad"),
    },
    "outcome": {
        "waiting": (_("waiting"), "none"),
        "none": (_("not needed"), "none"),
        "running": (_("running"), "run"),
        "done": (_("done"), "good"),
        "skipped": (_("skipped"), "none"),
        "refused": (_("could not be done"), "bad"),
        "retrying": (_("will be tried again"), "warn"),
        "failed": (_("failed"), "bad"),
        "lost": (_("interrupted"), "warn"),
    },
}

MEDIA: dict[str, Words] = {
    "document": _("Document"),
    "image": _("Image"),
    "audio": _("Audio"),
    "video": _("Video"),
    "mail": _("E-mail"),
    "table": _("Table"),
    "archive": _("File archive"),
    "other": _("Other"),
}

DERIVATIVES: dict[str, Words] = {
    "text-boxes": _("Word positions"),
    "page-image": _("Page image"),
    "thumbnail": _("Thumbnail"),
    "proxy-video": _("Video for the browser"),
    "proxy-audio": _("Sound for the browser"),
    "waveform": _("Waveform"),
    "key-frame": _("Key frame"),
    "pdfa": _("Searchable PDF/A"),
    "preview-pdf": _("PDF for reading"),
    "transcript": _("Transcript"),
    "correction": _("Correction"),
}

EVENTS: dict[str, Words] = {
    "accession": _("Received"),
    "state": _("State changed"),
    "metadata modification": _("Description changed"),
    "link": _("Linked"),
    "link ended": _("Link ended"),
    "text correction": _("Text corrected"),
    "stage ordered again": _("Stage ordered again"),
    "view": _("Viewed"),
    "dissemination": _("Original handed out"),
    "download": _("Derivative downloaded"),
    "format identification": _("Type identified"),
    "virus check": _("Virus check"),
    "ingestion": _("Stored"),
    "inspection opened": _("Inspection opened"),
    "extraction": _("Text read"),
    "metadata extraction": _("Metadata read"),
    "creation": _("Views made"),
    "issue raised": _("Issue entered"),
}

SOURCES: dict[str, Words] = {
    "pdf-text": _("Text of the PDF itself"),
    "ocr": _("Read by OCR"),
    "office": _("Text of the document"),
    "mail": _("Text of the e-mail"),
    "html": _("Text of the page"),
    "plain": _("Text of the file"),
    "subtitle": _("Subtitles that came along"),
    "speech": _("Speech recognition"),
    "person": _("Corrected by a person"),
    "metadata": _("Data in the file"),
}

UNITS: dict[str, Words] = {
    "page": _("Page"),
    "sheet": _("Sheet"),
    "slide": _("Slide"),
    "part": _("Part"),
    "segment": _("Segment"),
}

UNIT_KINDS: dict[str, Words] = {
    "township": _("Township"),
    "street": _("Street office"),
    "department": _("Department"),
    "village": _("Village"),
    "enterprise": _("Enterprise"),
}

TEAM_ROLES: dict[str, Words] = {"LEADER": _("Leader"), "MEMBER": _("Member"), "INVITEE": _("Invited")}


def state(kind: str, code: str) -> tuple[Words, str]:
    """The words of a state and its tone: good, warn, bad, run or none."""
    return STATES.get(kind, {}).get(code, (code, "none"))
