"""Who calls the API. Owns: a session with its CSRF token, or a key as bearer token; both end in one `Actor`."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from archive import access, people
from archive.models import Account
from archive.types import Actor


class KeyAuth(HttpBearer):
    """`Authorization: Bearer anjuan_…`; only the digest of a key is kept (`archive.people`)."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        account = people.account_of_token(token)
        if account is None:
            return None
        actor = access.actor_for(account, address=request.META.get("REMOTE_ADDR", ""))
        request.anjuan_actor = actor  # type: ignore[attr-defined]
        return actor


class PageAuth(SessionAuth):
    """The session of a signed-in person; writing needs the page's CSRF token in `X-CSRFToken`."""

    def _get_key(self, request: HttpRequest) -> str | None:
        """The session's cookie after its CSRF check; a caller without a session is told to sign in, not of CSRF."""
        return super()._get_key(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        account = request.user
        if not isinstance(account, Account) or not account.is_active:
            return None
        return access.actor_of(request)


AUTH = [KeyAuth(), PageAuth()]


def actor_of(request: HttpRequest) -> Actor:
    """The actor that one of `AUTH` found."""
    actor = request.auth  # type: ignore[attr-defined]
    assert isinstance(actor, Actor)
    return actor
