"""Tags and filters of every page: navigation by role, names of codes, states as badges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive import access, vocabulary
from archive.words import in_current
from config.pages import names

register = template.Library()

ITEMS = (
    ("search", "search", _("Search"), ("search",)),
    ("inspections", "inspection.view", _("Inspections"), ("inspections", "inspection", "issue")),
    ("records", "record.view", _("Records"), ("records", "record")),
    ("intakes", "record.upload", _("Arrivals"), ("intakes", "intake", "delivery")),
    ("upload", "record.upload", _("Hand in files"), ("upload",)),
    ("corrections", "record.correct", _("Corrections"), ("corrections", "correction")),
)
"""Address name, the action that a person must be allowed, the words, and the addresses that belong to it."""


@dataclass(frozen=True)
class Item:
    """One entry of the main navigation."""

    url: str
    label: str
    current: bool
    exact: bool


def url_or_none(name: str) -> str:
    """The address of a page, "" when this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def nav(context: dict[str, Any]) -> list[Item]:
    """The main navigation for the roles of the person."""
    request: HttpRequest = context["request"]
    actor = access.actor_of(request)
    here = request.resolver_match.url_name if request.resolver_match else ""
    items = []
    for name, action, label, family in ITEMS:
        url = url_or_none(name)
        if url and access.may(actor, action):
            items.append(Item(url, str(label), here in family, here == name))
    return items


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], action: str) -> bool:
    """Whether the person may do this kind of thing at all."""
    return access.may(access.actor_of(context["request"]), action)


@register.simple_tag
def page_url(name: str) -> str:
    """The address of a page that may not exist yet."""
    return url_or_none(name)


@register.simple_tag(takes_context=True)
def role_names(context: dict[str, Any]) -> list[str]:
    """The person's roles in words."""
    actor = access.actor_of(context["request"])
    return [str(label) for role, label in names.ROLES.items() if role in actor.roles]


@register.simple_tag
def state(kind: str, code: str) -> SafeString:
    """A state as a badge: a sign, a colour and the word, so that colour is never alone."""
    label, tone = names.state(kind, code)
    return format_html('<span class="state state-{}">{}</span>', tone, label)


@register.filter
def term(code: str) -> str:
    """A code of the vocabularies with its name."""
    return f"{code} {vocabulary.name_of(code)}" if code else ""


@register.filter
def name_of(code: str) -> str:
    """The name of a code without the code."""
    return vocabulary.name_of(code)


@register.filter
def medium_name(code: str) -> str:
    """What kind of material a record is, in words."""
    return str(names.MEDIA.get(code, code))


@register.filter
def told(row: dict[str, str] | None) -> str:
    """A row's words in the language of the page."""
    return in_current(row) if row else ""


@register.filter
def clock(milliseconds: int | None) -> str:
    """1:02:03 or 2:03."""
    if milliseconds is None:
        return ""
    seconds = int(milliseconds // 1000)
    hours, rest = divmod(seconds, 3600)
    tail = f"{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return f"{hours}:{tail}" if hours else tail


@register.filter
def percent(share: float | None) -> str:
    """0.973 → 97 %."""
    return "" if share is None else f"{share * 100:.0f} %"


@register.simple_tag
def state_word(kind: str, code: str) -> str:
    """A state as a plain word."""
    return str(names.state(kind, code)[0])


@register.filter
def team_role(code: str) -> str:
    """A role in a team, in words."""
    return str(names.TEAM_ROLES.get(code, code))


@register.filter
def kind_name(code: str) -> str:
    """A kind of derivative, in words."""
    return str(names.DERIVATIVES.get(code, code))


@register.filter
def unit_name(code: str) -> str:
    """A kind of text unit, in words."""
    return str(names.UNITS.get(code, code))


@register.filter
def source_name(code: str) -> str:
    """Where a text comes from, in words."""
    return str(names.SOURCES.get(code, code))


@register.filter
def compact(value: Any) -> str:
    """A recipe as compact JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""


@register.filter
def pretty(value: Any) -> str:
    """Data of a tool as indented JSON, cut where it grows long."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)[:20000]
