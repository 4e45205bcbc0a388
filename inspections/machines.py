"""The state machines of the loop, `domain.md` A4. Their gates (which document each arrow needs) are issue 4's."""

from __future__ import annotations

from archive import states
from archive.models import Record
from archive.records import M5
from inspections.models import Inspection, Issue

M1 = states.Machine(
    kind="inspection",
    source="domain.md M1",
    moves={
        ("DRAFT", "plan"): "PLANNED",
        ("PLANNED", "notify"): "NOTIFIED",
        ("NOTIFIED", "enter"): "ON_SITE",
        ("ON_SITE", "leave"): "FIELD_DONE",
        ("FIELD_DONE", "report"): "REPORTED",
        ("REPORTED", "return"): "FIELD_DONE",
        ("REPORTED", "approve"): "APPROVED",
        ("APPROVED", "feed-back"): "FED_BACK",
        ("FED_BACK", "rectify"): "RECTIFYING",
        ("RECTIFYING", "report-rectification"): "RECT_REPORTED",
        ("RECT_REPORTED", "use-results"): "RESULTS_USED",
        ("RESULTS_USED", "close"): "CLOSED",
        ("CLOSED", "archive"): "ARCHIVED",
        ("DRAFT", "exclude"): "EXCLUDED",
        ("PLANNED", "exclude"): "EXCLUDED",
        ("DRAFT", "abort"): "ABORTED",
        ("PLANNED", "abort"): "ABORTED",
        ("NOTIFIED", "abort"): "ABORTED",
        ("ON_SITE", "abort"): "ABORTED",
    },
)

M2 = states.Machine(
    kind="issue",
    source="domain.md M2",
    moves={
        ("FOUND", "list"): "LISTED",
        ("LISTED", "diagnose"): "DIAGNOSED",
        ("DIAGNOSED", "dispose"): "DISPOSED",
        ("DISPOSED", "supervise"): "SUPERVISED",
        ("SUPERVISED", "rectify"): "RECTIFIED",
        ("RECTIFIED", "send-back"): "SUPERVISED",
        ("RECTIFIED", "close"): "CLOSED",
    },
)

PAST = frozenset({"FED_BACK", "RECTIFYING", "RECT_REPORTED", "RESULTS_USED", "CLOSED", "ARCHIVED"})
"""States from which an inspection's findings are past findings, to be searched by every inspector."""


def register() -> None:
    """Make the machines known to `archive.states`."""
    states.register(Record, M5)
    states.register(Inspection, M1)
    states.register(Issue, M2)
