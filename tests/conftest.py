"""Fixtures that every test may ask for. The services behind them are real; see tests/services/plugin.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.services import client
from tests.services.plugin import await_base
from tests.services.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Give the worker a database of its own, and wait for PostgreSQL before pytest-django makes the test database."""
    await_base()


@pytest.fixture(autouse=True)
def _append_only_tables_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test with `transaction=True` Django empties all tables; the ledger's triggers refuse that. They rest
    for this one statement only: the test itself runs with them."""
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")) and "transactional_db" not in request.fixturenames:
        yield
        return
    from django.db import connection

    request.getfixturevalue("transactional_db")
    _set_triggers("origin")
    yield
    connection.close()
    _set_triggers("replica")


def _set_triggers(role: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('session_replication_role', %s, false)", [role])


@pytest.fixture(scope="session")
def s3() -> str:
    """The address of a running S3 with object lock, without our buckets."""
    client.ask("s3")
    return os.environ["ANJUAN_S3_ENDPOINT"]


@pytest.fixture(scope="session")
def buckets(s3: str) -> None:
    """S3 with the buckets of this worker, as `make run` makes them."""
    from archive import buckets as archive_buckets

    archive_buckets.ensure()


@pytest.fixture(scope="session")
def elasticsearch() -> str:
    """The address of a running Elasticsearch 8.19, shared by the workers: use index names of your own."""
    outside = os.environ.get("ANJUAN_TEST_ELASTICSEARCH_URL")
    return outside or client.ask("elasticsearch")["elasticsearch"]


@pytest.fixture
def s3_down(buckets: None) -> Iterator[None]:
    """The S3 of this worker is stopped while the test runs."""
    client.ask("stop-s3")
    yield
    client.ask("start-s3")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        path = os.environ.get("ANJUAN_TEST_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _live_database(django_db_setup: None, django_db_blocker: Any) -> str:
    """A second database of this worker whose transactions are committed: other processes see them."""
    from django.core.management import call_command
    from django.db import connection

    name = f"live_{connection.settings_dict['NAME']}"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        connection.settings_dict["NAME"] = before
    return name


@pytest.fixture
def _on_live_database(_live_database: str, buckets: None, django_db_blocker: Any) -> Iterator[None]:
    from django.db import connection

    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], _live_database
    with django_db_blocker.unblock():
        yield
        connection.close()
    connection.settings_dict["NAME"] = before


_sites: list[Site] = []


@pytest.fixture
def live_db(_on_live_database: None) -> None:
    """The database whose transactions are really committed; not with `db`. It is never emptied – the ledger refuses
    that – so make what you need and look only at that. No worker runs on it but those that the test starts."""
    for site in _sites:
        site.rest()


@pytest.fixture(scope="session")
def _live_site(_live_database: str, buckets: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from django.db import connection

    place = connection.settings_dict
    user = f"{place['USER']}:{place['PASSWORD']}" if place["PASSWORD"] else place["USER"]
    host, port = place["HOST"], place["PORT"]
    network = "" if str(host).startswith("/") else f"{host}:{port}" if port else str(host)
    socket = f"?host={host}" if str(host).startswith("/") else ""
    url = f"postgresql://{user}@{network}/{_live_database}{socket}"
    site = Site(url, Path(tmp_path_factory.mktemp("site")))
    _sites.append(site)
    yield site
    site.stop()


@pytest.fixture
def live_site(_live_site: Site, _on_live_database: None) -> str:
    """The address of the running product (web and worker); the test's own models see the same database."""
    _live_site.start()
    return _live_site.address
