"""`anjuan <command>`: Django's commands, `ingest` and `watch`, and the one mapping of errors to exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import django
from django.core.management import execute_from_command_line
from django.db import DatabaseError, OperationalError, connection
from django.utils import translation

from archive import errors
from config import env

BAD_USE = 2
SERVICE_DOWN = 3
BAD_SETTING = 8
EXIT_CODES: dict[type[errors.ArchiveError], int] = {
    errors.BadInput: BAD_USE,
    errors.Unavailable: SERVICE_DOWN,
    errors.NotPermitted: 4,
    errors.NotFound: 5,
    errors.Conflict: 6,
    errors.GateClosed: 6,
    errors.IntegrityFailure: 7,
}


def exit_code_of(error: errors.ArchiveError) -> int:
    """The exit code of an error: that of the nearest class in the tree, 1 for none."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        return _run(words)
    except env.BadSetting as exc:
        return _say(f"设置有误 · wrong setting: {exc}", BAD_SETTING)
    except errors.ArchiveError as exc:
        with translation.override("en"):
            return _say(f"{exc} [{exc.code}]", exit_code_of(exc))
    except OperationalError as exc:
        return _say(f"数据库不可用 · the database does not answer: {_first_line(exc)}", SERVICE_DOWN)
    except BrokenPipeError:
        return 0


def _run(words: list[str]) -> int:
    command = words[0] if words else "help"
    if command == "migrate":
        return _migrate(words)
    door = _doors().get(command)
    if door is not None:
        django.setup()
        return door()(words[1:])
    execute_from_command_line(["anjuan", *words])
    return 0


def _doors() -> dict[str, Callable[[], Callable[[Sequence[str]], int]]]:
    """Commands that are no Django commands; imported after `django.setup()`, as they import models."""

    def ingest() -> Callable[[Sequence[str]], int]:
        from config.cli_ingest import ingest as run

        return run

    def watch() -> Callable[[Sequence[str]], int]:
        from config.cli_watch import watch_folder as run

        return run

    return {"ingest": ingest, "watch": watch}


def _migrate(words: list[str]) -> int:
    """Migrate as the role that owns the tables, then give the application its rights."""
    owner = env.raw("ANJUAN_OWNER_DATABASE_URL") or _local_owner()
    if owner:
        os.environ["DATABASE_URL"] = owner
        os.environ.pop("DATABASE_URL_FILE", None)
    execute_from_command_line(["anjuan", *words])
    role = os.environ.get("ANJUAN_DATABASE_ROLE", "anjuan_app")
    if owner:
        from config import grants

        try:
            grants.apply(role)
        except DatabaseError as exc:
            connection.close()
            return _say(f"role {role}: {_first_line(exc)}", SERVICE_DOWN)
    return 0


def _local_owner() -> str | None:
    """In local mode, what `make run` wrote beside `stack.env`."""
    from config.stack.folder import read_env

    base = Path(__file__).resolve().parent.parent
    data = env.folder("ANJUAN_DATA", base / "data")
    local = env.choice("ANJUAN_MODE", "local", ["local", "production"]) == "local"
    return read_env(data / "owner.env").get("ANJUAN_OWNER_DATABASE_URL") if local else None


def _first_line(exc: Exception) -> str:
    return next(iter(str(exc).strip().splitlines()), type(exc).__name__)


def _say(line: str, code: int) -> int:
    sys.stderr.write(line + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
