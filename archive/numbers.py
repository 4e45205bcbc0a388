"""The archive's own numbers: receipts, inspections, issues. One row a series, counted up inside the transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from archive.models import Counter

LOCAL = ZoneInfo("Asia/Shanghai")


def next_number(series: str, prefix: str, year: int | None = None, *, width: int = 6) -> str:
    """The next number of a yearly series, e.g. `R2026-000123`. A transaction that fails leaves no gap."""
    year = year or datetime.now(UTC).astimezone(LOCAL).year
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Counter._meta.db_table} (name, value) VALUES (%s, 1) "
            f"ON CONFLICT (name) DO UPDATE SET value = {Counter._meta.db_table}.value + 1 RETURNING value",
            [f"{series}:{year}"],
        )
        value = cursor.fetchone()[0]
    return f"{prefix}{year}-{value:0{width}d}"
