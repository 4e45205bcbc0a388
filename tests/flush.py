"""Lets the test database be emptied between tests, although its ledger refuses TRUNCATE. Tests only.

The owner switches triggers off for the one statement that flushes; the tests of the triggers themselves run with
them on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def flush_without_triggers(django_db_setup: None) -> None:
    """Wrap the statement that empties the tables."""
    from django.db import connection

    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def wrapped(self: Any, sql_list: Sequence[str]) -> None:
        off, on = "SET session_replication_role = replica", "SET session_replication_role = origin"
        flush(self, [off, *sql_list, on])

    operations.execute_sql_flush = wrapped
