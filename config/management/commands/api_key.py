"""`anjuan api_key USER --name NAME`: a key for the API, shown once; only its digest is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from archive import errors, people
from archive.models import Account, ApiToken
from archive.types import Actor


class Command(BaseCommand):
    help = "Issue a key for the API to an account, or revoke one by its name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name of the account")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument("--days", type=int, default=365, help="days until it expires")
        parser.add_argument("--revoke", action="store_true", help="revoke the keys of this name instead")

    def handle(self, *args: Any, user: str, name: str, days: int, revoke: bool, **options: Any) -> None:
        """Print the key, or how many were revoked. Raises `NotFound` when there is no such account."""
        account = Account.objects.filter(username=user, is_active=True).first()
        if account is None:
            raise errors.NotFound("no-such-account")
        now = datetime.now(UTC)
        if revoke:
            count = ApiToken.objects.filter(account=account, name=name, revoked_at=None).update(revoked_at=now)
            self.stdout.write(f"{count} revoked")
            return
        expires = now + timedelta(days=days)
        self.stdout.write(people.new_api_token(account, name=name, actor=Actor.system("shell"), expires_at=expires))
