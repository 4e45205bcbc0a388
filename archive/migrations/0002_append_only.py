"""What was told stays told: the database itself refuses to change the ledger and the digests of originals."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION anjuan_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""
TABLES = ("archive_custodyevent", "archive_ledgerentry", "archive_ledgersegment", "archive_original")

for _table in TABLES:
    FORWARD += f"""
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {_table}
    FOR EACH ROW EXECUTE FUNCTION anjuan_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {_table}
    FOR EACH STATEMENT EXECUTE FUNCTION anjuan_refuse_change();
"""

BACK = (
    "".join(f"DROP TRIGGER refuse_change ON {table}; DROP TRIGGER refuse_truncate ON {table};" for table in TABLES)
    + "DROP FUNCTION anjuan_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
