"""What must be done with Django before the site is served, in one process: `python -m config.stack.prepare`.

Runs as the role that owns the tables. Writes one JSON line for each step that did something; the supervisor shows it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import sys
import urllib.request
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from config import messages
from config.stack import ports, postgres


def main() -> int:
    """All steps; 1 when a check refuses."""
    messages.compile_all()
    django.setup()
    from archive import buckets
    from config import grants

    executor = MigrationExecutor(connection)
    owed = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if owed:
        call_command("migrate", verbosity=0, interactive=False)
        _tell("done", f"数据库已更新（{len(owed)} 步）", f"database migrated, {len(owed)} steps")
    grants.apply(postgres.APPLICATION)
    connection.close()
    connection.settings_dict["USER"] = postgres.APPLICATION  # the checks ask what the site itself may do
    if not ports.wait_until(_s3_answers, 60):
        _tell("trouble", "对象存储没有应答。", "The object storage does not answer.")
        return 1
    buckets.ensure()
    _tell("done", "存储桶就绪（锁定与版本）", "buckets ready, with lock and versions")
    if _collect_static():
        _tell("done", "页面资源就绪", "page assets ready")
    return _check()


def _s3_answers() -> bool:
    try:
        urllib.request.urlopen(f"{settings.S3_ENDPOINT}/healthz", timeout=2).close()
    except OSError:
        return False
    return True


def _collect_static() -> bool:
    """Gather page assets where the web server reads them, when they changed. False when nothing was to do."""
    root = Path(settings.STATIC_ROOT)
    total = hashlib.sha256()
    for folder in [*settings.STATICFILES_DIRS, *(Path(app.path) / "static" for app in apps.get_app_configs())]:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                total.update(f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}".encode())
    total.update(importlib.metadata.version("whitenoise").encode())
    stamp = root / ".made-from"
    if stamp.is_file() and stamp.read_text() == total.hexdigest():
        return False
    shutil.rmtree(root, ignore_errors=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    root.mkdir(parents=True, exist_ok=True)
    stamp.write_text(total.hexdigest())
    return True


def _check() -> int:
    """The numbered start-up checks. Errors end the start, warnings are told."""
    told = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told.append(checks.run_checks(tags=["anjuan"], include_deployment_checks=True))
    refused = False
    for zh, en in zip(*told, strict=True):
        serious = zh.level >= checks.ERROR
        refused |= serious
        _tell("trouble" if serious else "note", f"{zh.id} {zh.msg}{zh.hint or ''}", f"{en.id} {en.msg} {en.hint or ''}")
    return 1 if refused else 0


def _tell(kind: str, zh: str, en: str) -> None:
    sys.stdout.write(json.dumps({"kind": kind, "zh": zh, "en": en}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
