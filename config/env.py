"""Typed readers of the environment. Owns: turning `ANJUAN_…` text into values. Must not import Django.

Every reader raises `BadSetting` that names the variable, so that a wrong one stops the program at start.
A variable `X` may also be given as `X_FILE`, a path whose content is the value (Docker and systemd secrets).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit


class BadSetting(Exception):
    """A setting is missing or is not of its form; `name` says which."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


def raw(name: str) -> str | None:
    """The text of a setting, from `name` or from the file that `name_FILE` points to; None when neither is set."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        if name in os.environ:
            raise BadSetting(name, f"set both as {name} and as {name}_FILE; keep one")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise BadSetting(f"{name}_FILE", f"cannot be read: {exc.strerror}") from exc
    value = os.environ.get(name)
    return value if value not in (None, "") else None


def text(name: str, default: str | None = None) -> str:
    """A text; required when there is no default."""
    value = raw(name)
    if value is not None:
        return value
    if default is None:
        raise BadSetting(name, "is required and is not set")
    return default


def boolean(name: str, default: bool) -> bool:
    """`1/true/yes/on` or `0/false/no/off`."""
    value = raw(name)
    if value is None:
        return default
    lowered = value.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(name, f"must be true or false, not {value!r}")


def integer(name: str, default: int, *, least: int = 0, most: int = 2**53) -> int:
    """A whole number within bounds."""
    value = raw(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError as exc:
        raise BadSetting(name, f"must be a whole number, not {value!r}") from exc
    if not least <= number <= most:
        raise BadSetting(name, f"must lie between {least} and {most}, not {number}")
    return number


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    """One of a few words."""
    value = text(name, default)
    if value not in allowed:
        raise BadSetting(name, f"must be one of {', '.join(allowed)}, not {value!r}")
    return value


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """A list of words, parted by commas."""
    value = raw(name)
    if value is None:
        return list(default)
    return [word.strip() for word in value.split(",") if word.strip()]


def url(name: str, default: str | None = None, *, schemes: Sequence[str] = ("http", "https")) -> str:
    """An address with one of `schemes` and a host (or, for PostgreSQL, a socket folder)."""
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        raise BadSetting(name, f"must begin with {' or '.join(s + '://' for s in schemes)}")
    if not parts.netloc and not parts.query:
        raise BadSetting(name, "names no host")
    return value


def folder(name: str, default: Path) -> Path:
    """A folder, as an absolute path; it need not exist yet."""
    value = raw(name)
    return (Path(value) if value else default).expanduser().resolve()
