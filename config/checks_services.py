"""Start-up checks that ask the services: database, object storage, search engine, virus scanner.

They run with `anjuan check --deploy` and at every `make run`, not before every small command.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from archive import buckets, errors, objects
from archive.ids import new_id
from config import grants
from ingest.tools import clamav
from search.engine import get_engine

OLDEST_POSTGRES = 15
CLOCKS_APART = 5.0  # seconds
FLUSHED = ("fsync", "synchronous_commit", "full_page_writes")


def database_is_durable(**_options: Any) -> list[CheckMessage]:
    """anjuan.E010 it answers, E011 its version, E012 it flushes each commit, E013 rights, W014 its clock."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [[*FLUSHED]])
            lost = sorted(name for name, value in cursor.fetchall() if value == "off")
            cursor.execute("SELECT current_setting('server_version_num')::int, clock_timestamp()")
            version, now = cursor.fetchone()
            apart = abs((datetime.now(UTC) - now).total_seconds())
    except DatabaseError as exc:
        words = _("The database does not answer: %(reason)s") % {"reason": str(exc).split("\n", 1)[0]}
        return [Error(words, hint=_("Start it, or correct DATABASE_URL."), id="anjuan.E010")]
    found: list[CheckMessage] = []
    if version < OLDEST_POSTGRES * 10000:
        found.append(Error(_("PostgreSQL 15 or newer is needed."), id="anjuan.E011"))
    if lost:
        words = _("The database may lose acknowledged files at a power failure: %(names)s is off.")
        hint = _("Switch it on in postgresql.conf.")
        found.append(Error(words % {"names": ", ".join(lost)}, hint=hint, id="anjuan.E012"))
    if apart > CLOCKS_APART:
        words = _("The clocks of this machine and the database are %(seconds)s seconds apart.")
        found.append(Warning(words % {"seconds": int(apart)}, hint=_("Run a time service on both."), id="anjuan.W014"))
    return found + _role_is_bounded()


def _role_is_bounded() -> list[CheckMessage]:
    with connection.cursor() as cursor:
        tables = grants.append_only_tables()
        cursor.execute(
            "SELECT t FROM unnest(%s::text[]) AS t WHERE has_table_privilege(t, 'UPDATE, DELETE, TRUNCATE')", [tables]
        )
        open_tables = [row[0] for row in cursor.fetchall()]
    if not open_tables:
        return []
    words = _("The application's database role may change what must never change: %(tables)s.")
    hint = _("Connect as a role that owns nothing: run `anjuan migrate` with ANJUAN_OWNER_DATABASE_URL set.")
    kind = Warning if settings.LOCAL else Error
    number = "anjuan.W013" if settings.LOCAL else "anjuan.E013"
    return [kind(words % {"tables": ", ".join(open_tables)}, hint=hint, id=number)]


def storage_keeps_and_refuses(**_options: Any) -> list[CheckMessage]:
    """anjuan.E020 it answers, E021 lock and versions, E022 the buckets differ, E023 put-once is refused twice."""
    names = [bucket.name for bucket in (objects.records(), objects.ledger(), objects.incoming(), objects.derivatives())]
    if len(set(names)) != len(names):
        return [Error(_("The buckets must be different ones."), id="anjuan.E022")]
    try:
        objects.records().stat("0=ocfl_1.1")
        found: list[CheckMessage] = []
        for fault in buckets.faults():
            words = _("A bucket of the archive lacks what keeps its objects: %(fault)s") % {"fault": fault}
            hint = _("Lock and versions are given when a bucket is made. Name a new ANJUAN_BUCKET_PREFIX.")
            found.append(Error(words, hint=hint, id="anjuan.E021"))
        if not found and not _puts_once():
            words = _("The object storage writes over an object although it was told not to.")
            hint = _("Use a store that honours If-None-Match on PUT (SeaweedFS 4, MinIO, Ceph, S3).")
            found.append(Error(words, hint=hint, id="anjuan.E023"))
        return found
    except errors.ArchiveError as exc:
        words = _("The object storage does not answer: %(reason)s") % {"reason": exc.code}
        hint = _("Start it, or correct ANJUAN_S3_ENDPOINT, ANJUAN_S3_KEY and ANJUAN_S3_SECRET.")
        return [Error(words, hint=hint, id="anjuan.E020")]


def _puts_once() -> bool:
    bucket = objects.incoming()
    key = f"checks/{new_id()}"
    bucket.put_once(key, b"first")
    try:
        bucket.put_once(key, b"second")
    except objects.ObjectExists:
        return True
    finally:
        bucket.remove(key)
    return False


def engine_answers(**_options: Any) -> list[CheckMessage]:
    """anjuan.W030: without it nothing is lost; pages say that the search is behind."""
    try:
        get_engine().ensure()
    except errors.ArchiveError as exc:
        return [Warning(exc.message(), hint=exc.help(), id="anjuan.W030")]
    return []


def scanner_answers(**_options: Any) -> list[CheckMessage]:
    """anjuan.W031, when a scanner is set: without its answer files are kept and marked as not scanned."""
    if settings.CLAMAV == "off":
        return []
    try:
        clamav.version(settings.CLAMAV, seconds=5)
    except errors.ArchiveError as exc:
        return [Warning(exc.message(), hint=exc.help(), id="anjuan.W031")]
    return []


def register() -> None:
    """Called once, by the app registry."""
    for check in (database_is_durable, storage_keeps_and_refuses, engine_answers, scanner_answers):
        checks.register(check, "anjuan", deploy=True)
