"""The one door: who may do what, and who may see what. Deny by default; hidden looks like absent.

An action needs a role (`ACTIONS`). A thing is seen when its audience holds one of the actor's tokens; the search
engines are given the same tokens (`scope_of`). Higher layers write audience rows and grants; nothing here asks them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from archive import errors
from archive.models import AccessGrant, Account, Audience, Record
from archive.types import AccessScope, Actor, Role

M = TypeVar("M", bound=Model)

_ARCHIVIST = frozenset({Role.ARCHIVIST})
_KEEPERS = frozenset({Role.ARCHIVIST, Role.OFFICE})
_WORKERS = frozenset({Role.ARCHIVIST, Role.OFFICE, Role.INSPECTOR})
_READERS = _WORKERS | {Role.DISCIPLINE}

ACTIONS: dict[str, frozenset[Role]] = {
    "record.view": _READERS,
    "record.download": _READERS,
    "record.upload": _WORKERS,
    "record.describe": _WORKERS,
    "record.link": _WORKERS,
    "record.correct": _WORKERS,
    "record.rerun": _KEEPERS,
    "record.release": _ARCHIVIST,
    "search": _READERS,
    "inspection.view": _READERS,
    "inspection.edit": _KEEPERS,
    "issue.view": _READERS,
    "issue.edit": _WORKERS,
    "system.view": frozenset({Role.SYSTEM_ADMIN}),
    "account.manage": frozenset({Role.SYSTEM_ADMIN}),
    "grant.manage": frozenset({Role.SECRECY_ADMIN}),
    "audit.view": frozenset({Role.AUDIT_ADMIN}),
}
"""Action → roles that may do it at all. An action that is not here may be done by nobody."""

SYSTEM_ACTIONS = frozenset({"record.view", "record.upload", "record.link", "record.describe", "record.rerun"})
"""What parts of the program (worker, watched folder, demonstration) may do on their own account."""

ROLE_TOKENS = frozenset({Role.ARCHIVIST, Role.OFFICE, Role.INSPECTOR})
"""Roles that carry a token. A disciplinary reader sees by grant only; administrators see no content (B10)."""


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request; without roles when nobody is signed in. Read once a request."""
    known: Actor | None = getattr(request, "anjuan_actor", None)
    if known is None:
        account = getattr(request, "user", None)
        address = request.META.get("REMOTE_ADDR", "")
        if isinstance(account, Account) and account.is_active:
            known = actor_for(account, address=address)
        else:
            known = Actor(id=None, name="", kind="person", address=address)
        request.anjuan_actor = known  # type: ignore[attr-defined]
    return known


def actor_for(account: Account, *, address: str = "") -> Actor:
    """An account as an actor, with the roles it holds now."""
    roles = frozenset(Role(row.role) for row in account.role_rows.all())
    kind = "service" if account.is_service else "person"
    return Actor(id=account.pk, name=account.name or account.username, roles=roles, kind=kind, address=address)


def may(actor: Actor, action: str) -> bool:
    """Whether the actor may do this kind of thing at all."""
    if actor.is_system:
        return action in SYSTEM_ACTIONS
    return bool(actor.roles & ACTIONS.get(action, frozenset()))


def require(actor: Actor, action: str) -> None:
    """Raise `NotPermitted` unless `may`."""
    if not may(actor, action):
        raise errors.NotPermitted(action=action)


def scope_of(actor: Actor) -> AccessScope:
    """The tokens an actor holds now. The empty scope sees nothing."""
    if actor.id is None:
        return AccessScope()
    if not actor.roles & _READERS:
        return AccessScope()  # administrators and accounts without a role read no content, whatever they were granted
    tokens = {f"role:{role}" for role in actor.roles & ROLE_TOKENS}
    tokens.add(f"account:{actor.id}")
    now = datetime.now(UTC)
    grants = AccessGrant.objects.filter(account_id=actor.id, starts__lte=now).filter(Q(ends=None) | Q(ends__gt=now))
    tokens.update(grants.values_list("token", flat=True))
    return AccessScope(frozenset(tokens))


def kind_of(model: type[Model]) -> str:
    """The audience kind of a model: its name in lower case."""
    return model.__name__.lower()


def visible(things: QuerySet[M], actor: Actor) -> QuerySet[M]:
    """Narrow a query to what the actor may see. The condition is part of the query, never applied after it."""
    if actor.is_system:
        return things
    tokens = scope_of(actor).tokens
    allowed = Audience.objects.filter(kind=kind_of(things.model), subject_id=OuterRef("pk"), token__in=tokens)
    return things.filter(Exists(allowed))


def record_for(actor: Actor, record_id: UUID, action: str = "record.view") -> Record:
    """The record, if the actor may do `action` on it. Raises `NotFound` for hidden and for absent alike."""
    return thing_for(actor, Record.objects.select_related("original"), record_id, action)


def thing_for(actor: Actor, things: QuerySet[M], thing_id: UUID, action: str) -> M:
    """One thing out of a query, by the same rule for every kind."""
    thing = visible(things, actor).filter(pk=thing_id).first()
    if thing is None:
        raise errors.NotFound()
    require(actor, action)
    return thing


def may_see(actor: Actor, kind: str, subject_id: UUID) -> bool:
    """Whether a thing of this kind is visible to the actor."""
    if actor.is_system:
        return True
    return Audience.objects.filter(kind=kind, subject_id=subject_id, token__in=scope_of(actor).tokens).exists()


def set_audience(kind: str, subject_id: UUID, tokens: Iterable[str]) -> bool:
    """Make the audience of a thing exactly these tokens; says whether anything changed."""
    wanted = set(tokens)
    rows = Audience.objects.filter(kind=kind, subject_id=subject_id)
    present = set(rows.values_list("token", flat=True))
    rows.filter(token__in=present - wanted).delete()
    new = [Audience(kind=kind, subject_id=subject_id, token=token) for token in sorted(wanted - present)]
    Audience.objects.bulk_create(new, ignore_conflicts=True)
    return present != wanted


def audience_of(kind: str, subject_id: UUID) -> tuple[str, ...]:
    """The tokens that open a thing, sorted; they go into the index with it."""
    rows = Audience.objects.filter(kind=kind, subject_id=subject_id)
    return tuple(sorted(rows.values_list("token", flat=True)))


def request_summary(request: HttpRequest) -> dict[str, Any]:
    """What of a request belongs into a custody event."""
    return {"method": request.method, "path": request.path}
