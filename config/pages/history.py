"""Custody events in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive import custody
from archive.models import CustodyEvent
from config.pages import names
from ingest import words as ingest_words

FIELDS = {
    "title": gettext_lazy("Title"),
    "doc_type": gettext_lazy("Document type"),
    "date": gettext_lazy("Date of making"),
    "maker": gettext_lazy("Maker"),
    "place": gettext_lazy("Place"),
    "methods": gettext_lazy("Methods"),
    "contents": gettext_lazy("Contents"),
    "secrecy": gettext_lazy("Secrecy"),
}


@dataclass(frozen=True)
class Line:
    """One event for the page."""

    at: datetime
    what: str
    detail: str
    who: str


def lines(kind: str, subject_id: UUID, *, limit: int = 200) -> list[Line]:
    """The newest events of a thing, in words, newest first; runs of equal views by one person stand once."""
    told: list[Line] = []
    for event in custody.history(kind, subject_id, limit=limit):
        line = Line(event.at, str(names.EVENTS.get(event.event, event.event)), _detail(event), _who(event))
        again = told and event.event == "view" and (told[-1].what, told[-1].who) == (line.what, line.who)
        if not again:
            told.append(line)
    return told


def _who(event: CustodyEvent) -> str:
    if event.actor_kind == "system":
        return _("the system (%(name)s)") % {"name": event.actor_name}
    return event.actor_name or "—"


def _detail(event: CustodyEvent) -> str:
    data: Mapping[str, Any] = event.data
    if event.event == "metadata modification":
        changed = data.get("after", {})
        before = data.get("before", {})
        parts = [f"{FIELDS.get(name, name)}: {_plain(before.get(name))} → {_plain(changed[name])}" for name in changed]
        return " · ".join([*parts, *([str(data["reason"])] if data.get("reason") else [])])
    if event.event == "state":
        before_name, _tone = names.state(event.subject_kind, str(data.get("from")))
        after_name, _tone = names.state(event.subject_kind, str(data.get("to")))
        return f"{before_name} → {after_name}"
    if "stage" in data:
        stage = str(ingest_words.STAGES.get(str(data["stage"]), data["stage"]))
        tool = " ".join(str(data[name]) for name in ("tool", "version") if data.get(name))
        outcome = str(names.state("outcome", str(data["outcome"]))[0]) if data.get("outcome") else ""
        return " · ".join(part for part in (stage, outcome, tool) if part)
    if event.event == "accession":
        return f"{data.get('file_name', '')}"
    if event.event == "text correction":
        return f"{names.UNITS.get(str(data.get('kind')), data.get('kind'))} {data.get('number')}"
    if event.event.startswith("link"):
        case = {"inspection": _("Inspection"), "issue": _("Issue")}.get(str(data.get("kind")), "")
        return " · ".join(part for part in (case, str(data.get("reason") or data.get("doc_type") or "")) if part)
    return str(data.get("reason") or data.get("number") or "")


def _plain(value: Any) -> str:
    if value is None or value == "" or value == []:
        return "—"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
