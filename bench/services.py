"""PostgreSQL and S3 of one benchmark, as `make run` starts them: flushed writes, nothing tuned."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.stack import ports, postgres, seaweed


@contextmanager
def running() -> Iterator[Path]:
    """Starts both, sets the environment for Django, migrates, makes the buckets. Gives the folder; all goes at the end.

    Import Django's models only inside.
    """
    folder = Path(tempfile.mkdtemp(prefix="anjuan-bench-"))
    folder.chmod(0o711)
    server = postgres.Postgres.at(folder / "pg", folder / "postgres.log")
    numbers = dict(zip(seaweed.PORTS, ports.free_ports(len(seaweed.PORTS)), strict=True))
    key, secret = secrets.token_hex(8), secrets.token_hex(20)
    store = seaweed.Seaweed(folder / "s3", folder / "s3.log", key, secret, numbers)
    children = []
    try:
        children.append(store.begin())
        server.make()
        children.append(server.start())
        server.prepare("anjuan")
        store.await_ready(children[0])
        (folder / "data").mkdir()
        os.environ |= {
            "ANJUAN_MODE": "local",
            "ANJUAN_SECRET_KEY": secrets.token_hex(32),
            "ANJUAN_DATA": str(folder / "data"),
            "DATABASE_URL": server.address(postgres.OWNER, "anjuan"),
            "ANJUAN_S3_ENDPOINT": store.endpoint,
            "ANJUAN_S3_KEY": key,
            "ANJUAN_S3_SECRET": secret,
            "ANJUAN_BUCKET_PREFIX": "bench",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        _prepare()
        yield folder
    finally:
        for child in reversed(children):
            child.stop(10)
        shutil.rmtree(folder, ignore_errors=True)


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    from archive import buckets

    call_command("migrate", verbosity=0, interactive=False)
    buckets.ensure()
