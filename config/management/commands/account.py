"""`anjuan account NAME --role ROLE…`: open an account from the shell, the first one of a deployment above all."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from archive import people
from archive.models import Account
from archive.types import Actor, Role


class Command(BaseCommand):
    help = "Open an account. The password is asked for, or read from standard input when that is no terminal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the person's name; without it, the name of the account")
        parser.add_argument("--unit", default="", help="the person's office")
        parser.add_argument("--role", action="append", required=True, choices=[role.value for role in Role])

    def handle(self, *args: Any, username: str, name: str, unit: str, role: list[str], **options: Any) -> None:
        password = getpass.getpass("口令 password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, Account(username=username))
            people.open_account(
                username,
                name=name or username,
                unit_name=unit,
                roles=[Role(value) for value in role],
                password=password,
                actor=Actor.system("shell"),
            )
        except ValidationError as exc:
            raise CommandError(" ".join(exc.messages)) from exc
        except IntegrityError as exc:
            raise CommandError(f"{username}: 该用户名已存在 · this name is taken") from exc
        self.stdout.write(f"{username}: {', '.join(role)}")
