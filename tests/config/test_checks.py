"""The numbered start-up checks, against real services and a real wrong setting each."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings

from archive import objects
from config import checks, checks_services, grants


def numbers(found: object) -> list[str]:
    return [finding.id for finding in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "check", "number"),
    [
        ({"LOCAL": False, "SECRET_KEY": "short"}, checks.secret_key_is_secret, "anjuan.E001"),
        ({"ALLOWED_HOSTS": []}, checks.hosts_are_named, "anjuan.E003"),
        ({"ALLOWED_HOSTS": ["*"]}, checks.hosts_are_named, "anjuan.E003"),
        ({"USE_TZ": False}, checks.inside_is_utc, "anjuan.E004"),
        ({"SPEECH_MODEL": "/nowhere/模型"}, checks.speech_model_is_there, "anjuan.W007"),
        ({"CLAMAV": "tcp://127.0.0.1:1"}, checks_services.scanner_answers, "anjuan.W031"),
    ],
)
def test_a_wrong_setting_is_found(settings: Settings, values: dict[str, object], check: object, number: str) -> None:
    assert numbers(check()) == []  # type: ignore[operator]
    for name, value in values.items():
        setattr(settings, name, value)
    assert numbers(check()) == [number]  # type: ignore[operator]


def test_a_missing_tool_is_named_with_what_is_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = checks.tools_are_there()
    assert set(numbers(found)) == {"anjuan.W006"}
    assert any("tesseract" in finding.msg for finding in found)


def test_sm3_is_there() -> None:
    assert checks.sm3_is_there() == []


@pytest.mark.django_db
def test_a_database_that_does_not_flush_is_refused() -> None:
    found = numbers(checks_services.database_is_durable())
    assert "anjuan.E012" in found  # the throw-away cluster of the tests gives durability up
    assert "anjuan.E010" not in found


@pytest.mark.django_db
def test_the_applications_role_can_add_to_the_ledger_but_not_change_it() -> None:
    assert grants.append_only_tables() >= ["archive_custodyevent", "archive_ledgerentry", "archive_ledgersegment"]
    grants.apply("anjuan_app")
    with connection.cursor() as cursor:
        for table in grants.append_only_tables():
            for right, held in (("SELECT", True), ("INSERT", True), ("UPDATE", False), ("DELETE", False)):
                cursor.execute("SELECT has_table_privilege('anjuan_app', %s, %s)", [table, right])
                assert cursor.fetchone()[0] is held, (table, right)
        cursor.execute("SELECT has_table_privilege('anjuan_app', 'archive_record', 'UPDATE')")
        assert cursor.fetchone()[0] is True
        cursor.execute("SELECT has_table_privilege('anjuan_app', 'archive_record', 'TRUNCATE')")
        assert cursor.fetchone()[0] is False


def test_storage_with_lock_versions_and_put_once_passes(buckets: None) -> None:
    assert checks_services.storage_keeps_and_refuses() == []


def test_storage_without_our_buckets_is_refused(s3: str, settings: Settings) -> None:
    settings.BUCKET_PREFIX = "nobody-made-these"
    assert set(numbers(checks_services.storage_keeps_and_refuses())) == {"anjuan.E021"}


def test_storage_that_is_away_is_refused(settings: Settings) -> None:
    settings.S3_ENDPOINT = "http://127.0.0.1:1"
    objects.client.cache_clear()
    try:
        assert numbers(checks_services.storage_keeps_and_refuses()) == ["anjuan.E020"]
    finally:
        objects.client.cache_clear()


@pytest.mark.django_db
def test_all_checks_are_registered_and_numbered(buckets: None) -> None:
    found = run_checks(tags=["anjuan"], include_deployment_checks=True)
    assert all((finding.id or "").startswith("anjuan.") for finding in found)
