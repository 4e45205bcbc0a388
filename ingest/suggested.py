"""Suggestions with the archive's own names: units as places, inspections by number, codes in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from archive.models import Record
from archive.types import Actor
from archive.vocabulary import name_of
from ingest import suggest
from ingest.lookups import known_inspections, known_places, today
from ingest.suggest import Suggestions

SOURCES = {
    "name": _("from the name"),
    "folder": _("from the folder"),
    "content": _("from the file's own data"),
    "extension": _("from the kind of file"),
}


def for_paths(actor: Actor, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Per path: `fields` (value, source, and id for an inspection) and the same in words."""
    places = known_places()
    inspections = known_inspections(actor)
    day = today()
    told = []
    for path in paths:
        found = suggest.from_name(path, places=places, inspections=inspections, today=day)
        fields = found.as_dict()
        fields.pop("document_number", None)
        if hint := fields.pop("inspection", None):
            fields["inspection_id"] = hint | {"id": str(inspections[hint["value"]].pk)}
        told.append({"fields": fields, "words": in_words(fields)})
    return told


def in_words(fields: Mapping[str, Mapping[str, str]]) -> str:
    """`D10 座谈会记录 · 2026-03-12 · 灶市街道`, without the title, which is beside the name anyway."""
    shown = []
    for name, hint in fields.items():
        if name == "doc_type":
            shown.append(f"{hint['value']} {name_of(hint['value'])}")
        elif name != "title":
            shown.append(hint["value"])
    return " · ".join(shown)


def for_record(record: Record, *, places: list[str]) -> Suggestions:
    """What the record's file name and its own declared metadata hint at."""
    named = suggest.from_name(record.original.file_name, places=places, today=today())
    content = suggest.from_content(
        medium=record.medium, created=record.made_at or None, technical=record.technical, today=today()
    )
    return named.over(content)
