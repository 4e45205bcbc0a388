"""Finding what people name in words: inspections and issues by number, accounts by user name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from archive import access, errors
from archive.models import Account
from archive.numbers import LOCAL
from archive.types import Actor
from ingest.listcheck import Lookups
from inspections.models import Inspection, Issue, OrgUnit


def inspection_named(actor: Actor, number: str) -> Inspection:
    """The inspection of this number. Raises `NotFound` when it is absent or hidden."""
    found = access.visible(Inspection.objects.all(), actor).filter(number__iexact=number.strip()).first()
    if found is None:
        raise errors.NotFound(
            "no-such-inspection", words=_("There is no inspection “%(number)s” that you may see."), number=number
        )
    return found


def issue_named(actor: Actor, number: str, inspection_id: UUID | None = None) -> Issue:
    """The issue of this number, of that inspection if one is given. Raises `NotFound`."""
    found = access.visible(Issue.objects.all(), actor).filter(number__iexact=number.strip())
    if inspection_id is not None:
        found = found.filter(inspection_id=inspection_id)
    one = found.first()
    if one is None:
        raise errors.NotFound(
            "no-such-issue", words=_("There is no issue “%(number)s” that you may see."), number=number
        )
    return one


def actor_named(username: str) -> Actor:
    """The account of this user name as an actor. Raises `NotFound` when it is absent or closed."""
    account = Account.objects.filter(username=username, is_active=True).first()
    if account is None:
        raise errors.NotFound("no-such-account", words=_("There is no active account “%(name)s”."), name=username)
    return access.actor_for(account)


def today() -> date:
    """The day it is where the archive stands."""
    return datetime.now(UTC).astimezone(LOCAL).date()


def lookups_for(actor: Actor) -> Lookups:
    """How the cells of a list become things, as far as this actor may see them."""

    def inspection(number: str) -> str | None:
        try:
            return str(inspection_named(actor, number).pk)
        except errors.NotFound:
            return None

    def issue(number: str, inspection_id: str | None) -> str | None:
        try:
            return str(issue_named(actor, number, UUID(inspection_id) if inspection_id else None).pk)
        except errors.NotFound:
            return None

    return Lookups(inspection=inspection, issue=issue, today=today())


def known_places() -> list[str]:
    """Names of units, which are the places that file names speak of."""
    return list(OrgUnit.objects.values_list("name", flat=True)[:5000])


def known_inspections(actor: Actor) -> dict[str, Inspection]:
    """The newest inspections that the actor may see, by number."""
    found = access.visible(Inspection.objects.select_related("unit"), actor).order_by("-created_at")[:500]
    return {inspection.number: inspection for inspection in found}
