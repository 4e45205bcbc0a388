"""Settings come from the environment, typed; a wrong one is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import env

NAME = "ANJUAN_TEST_VALUE"


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        ("yes", lambda: env.boolean(NAME, False), True),
        ("OFF", lambda: env.boolean(NAME, True), False),
        ("17", lambda: env.integer(NAME, 1), 17),
        ("b", lambda: env.choice(NAME, "a", ["a", "b"]), "b"),
        (" a, ,b ", lambda: env.words(NAME), ["a", "b"]),
        ("https://s3.example", lambda: env.url(NAME), "https://s3.example"),
        ("postgresql:///x?host=/tmp", lambda: env.url(NAME, schemes=["postgresql"]), "postgresql:///x?host=/tmp"),
        ("/srv/安卷", lambda: env.folder(NAME, Path("/x")), Path("/srv/安卷")),
        ("", lambda: env.integer(NAME, 5), 5),
    ],
)
def test_values_are_typed(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], Any], expected: object
) -> None:
    monkeypatch.setenv(NAME, value)
    assert read() == expected


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("perhaps", lambda: env.boolean(NAME, False)),
        ("ten", lambda: env.integer(NAME, 1)),
        ("99", lambda: env.integer(NAME, 1, most=9)),
        ("c", lambda: env.choice(NAME, "a", ["a", "b"])),
        ("ftp://x", lambda: env.url(NAME)),
        ("http://", lambda: env.url(NAME)),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], Any]
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(env.BadSetting, match=NAME):
        read()


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("绝密\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.text(NAME) == "绝密"


def test_a_secret_given_twice_or_unreadable_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "absent"))
    with pytest.raises(env.BadSetting, match=f"{NAME}_FILE"):
        env.text(NAME)
    monkeypatch.setenv(NAME, "x")
    with pytest.raises(env.BadSetting, match="keep one"):
        env.text(NAME)


def test_a_required_setting_is_named_when_it_is_missing() -> None:
    with pytest.raises(env.BadSetting, match=f"{NAME}: is required"):
        env.text(NAME)
