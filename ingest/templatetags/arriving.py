"""Filters for the pages of arriving files: codes, durations and two-language rows as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from archive import vocabulary
from archive.words import in_current
from ingest import words

register = template.Library()


@register.filter
def stage_name(code: str) -> str:
    """A stage in words."""
    return str(words.STAGES.get(code, code))


@register.filter
def outcome_name(code: str) -> str:
    """An outcome in words."""
    return str(words.OUTCOMES.get(code, code))


@register.filter
def outcome_tone(code: str) -> str:
    """The colour and sign that go with an outcome, never without its word."""
    return words.TONES.get(code, "none")


@register.filter
def state_name(code: str) -> str:
    """An intake's state in words."""
    return str(words.STATES.get(code, code))


@register.filter
def door_name(code: str) -> str:
    """A door in words."""
    return str(words.DOORS.get(code, code))


@register.filter
def term(code: str) -> str:
    """A code of the vocabularies with its name."""
    return f"{code} {vocabulary.name_of(code)}" if code else ""


@register.filter
def told(row: Mapping[str, str]) -> str:
    """A row's words in the language of the page."""
    return in_current(row) if row else ""


@register.filter
def duration(milliseconds: int | str | None) -> str:
    """12 ms, 3.4 s, 2 min 5 s."""
    if not isinstance(milliseconds, int):  # no run yet
        return ""
    if milliseconds < 1000:
        return _("%(count)s ms") % {"count": milliseconds}
    seconds = milliseconds / 1000
    if seconds < 60:
        return _("%(count)s s") % {"count": f"{seconds:.1f}"}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": int(seconds // 60), "seconds": int(seconds % 60)}


@register.filter
def at(row: Mapping[str, Any], key: str) -> Any:
    """One value of a mapping, 0 when it has none."""
    return row.get(key, 0)
