"""The services of the tests themselves: real, separate for each worker, shared as the fixtures say."""

from __future__ import annotations

import json
import os
import urllib.request

import pytest
from django.conf import settings
from django.db import connection

from archive import objects
from archive.models import Record


@pytest.mark.django_db
def test_database_is_postgresql_and_belongs_to_this_worker() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), current_database()")
        version, name = cursor.fetchone()
    assert "PostgreSQL 18" in version
    assert name.startswith("test_anjuan")
    assert name.endswith(os.environ.get("PYTEST_XDIST_WORKER", ""))


def test_s3_puts_once_and_locks(buckets: None) -> None:
    bucket = objects.records()
    bucket.put_once("config/耒阳.txt", "安全生产".encode())
    bucket.put_once("config/耒阳.txt", "安全生产".encode())
    with pytest.raises(objects.ObjectExists):
        bucket.put_once("config/耒阳.txt", b"other bytes")
    assert bucket.name.startswith(settings.BUCKET_PREFIX)


def test_elasticsearch_answers(elasticsearch: str) -> None:
    with urllib.request.urlopen(f"{elasticsearch}/_cluster/health", timeout=10) as answer:
        assert json.load(answer)["number_of_nodes"] == 1


def test_committed_rows_are_seen_by_the_running_site(live_site: str) -> None:
    with urllib.request.urlopen(f"{live_site}/healthz", timeout=10) as answer:
        assert answer.status == 200
    assert Record.objects.count() >= 0


def test_chromium_shows_the_sign_in_page(live_site: str, chromium: object) -> None:
    page = chromium.new_page()  # type: ignore[attr-defined]
    page.goto(f"{live_site}/healthz")
    assert "ok" in page.content()
    page.close()
