"""Accounts and roles: opening them, giving roles and grants, keys for the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from archive import custody, errors
from archive.models import AccessGrant, Account, AccountRole, ApiToken
from archive.types import ADMIN_ROLES, Actor, Role


class RolesClash(errors.BadInput):
    """三员分立: nobody holds two of the three administrators, nor one together with a role that reads content."""

    code = "roles-clash"
    words = _("These roles may not be held by one person.")
    advice = _("Give each of the three administrator roles to a person who holds no other role.")


def check_roles(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles, if one person may hold them together (`domain.md` B10). Raises `RolesClash`."""
    wanted = frozenset(roles)
    if wanted & ADMIN_ROLES and len(wanted) > 1:
        raise RolesClash(roles=", ".join(sorted(wanted)))
    return wanted


@transaction.atomic
def open_account(
    username: str, *, name: str, roles: Iterable[Role], password: str, actor: Actor, unit_name: str = ""
) -> Account:
    """Open an account with its roles. Raises `RolesClash`."""
    wanted = check_roles(roles)
    account = Account(username=username, name=name, unit_name=unit_name)
    account.set_password(password)
    account.save(force_insert=True)
    AccountRole.objects.bulk_create(AccountRole(account=account, role=role) for role in sorted(wanted))
    data = {"username": username, "roles": sorted(wanted)}
    custody.append("account opened", subject=("account", account.pk), actor=actor, data=data)
    return account


@transaction.atomic
def grant(
    account: Account,
    token: str,
    *,
    reason: str,
    actor: Actor,
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> AccessGrant:
    """Give a token to a person for a time; what it opens shows at once."""
    row = AccessGrant(
        account=account,
        token=token,
        starts=starts or datetime.now(UTC),
        ends=ends,
        reason=reason,
        granted_by=actor.id,
    )
    row.save(force_insert=True)
    data = {"account": account.pk, "token": token, "ends": ends, "reason": reason}
    custody.append("policy assignment", subject=("account", account.pk), actor=actor, data=data)
    return row


@transaction.atomic
def end_grants(account_id: UUID, token: str, *, reason: str, actor: Actor) -> int:
    """End a person's live grants of one token; gives how many there were."""
    rows = AccessGrant.objects.filter(account_id=account_id, token=token, ends=None)
    count = rows.update(ends=datetime.now(UTC))
    data = {"token": token, "ended": count, "reason": reason}
    custody.append("policy assignment", subject=("account", account_id), actor=actor, data=data)
    return count


@transaction.atomic
def new_api_token(account: Account, *, name: str, actor: Actor, expires_at: datetime | None = None) -> str:
    """A key for the API. It is given once; only its digest is kept."""
    secret = f"anjuan_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    row = ApiToken(account=account, name=name, digest=digest, expires_at=expires_at)
    row.save(force_insert=True)
    custody.append("key issued", subject=("account", account.pk), actor=actor, data={"key": row.pk, "name": name})
    return secret


def account_of_token(secret: str) -> Account | None:
    """The active account behind a key, None for an unknown, revoked or expired one."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    row = ApiToken.objects.select_related("account").filter(digest=digest, revoked_at=None).first()
    if row is None or not row.account.is_active:
        return None
    if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
        return None
    return row.account
