"""What the application's database role may do. Applied by the owner after every `migrate`.

Web and workers connect as a role that owns nothing: it cannot drop a trigger, empty a table or change what the ledger
says, whatever is sent to it. Tables whose trigger `refuse_change` guards them are append-only for it by right, too.
"""

from __future__ import annotations

from django.db import connection, transaction
from psycopg import sql

READ_ONLY = ("django_migrations",)
_APPEND_ONLY = """
    SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname = 'refuse_change' AND NOT t.tgisinternal ORDER BY 1
"""


def append_only_tables() -> list[str]:
    """The tables whose rows never change, as the migrations declared them by their trigger."""
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_ONLY)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def apply(role: str) -> None:
    """Give `role` its rights on all tables and sequences of the connected database, and no others."""
    name = sql.Identifier(role)
    statements = [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    parts = [sql.SQL(text).format(role=name) for text in statements]
    for table in append_only_tables():
        parts.append(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name))
    for table in READ_ONLY:
        parts.append(sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name))
    with connection.cursor() as cursor:
        for part in parts:
            cursor.execute(part.as_string(None))
