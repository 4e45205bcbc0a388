"""The pytest plugin that starts the services and sets the environment before Django's settings load.

Loaded by `-p tests.services.plugin` in pyproject.toml. The first process of a run starts one keeper; the workers of
pytest-xdist find it through the environment. Each worker has its own database (pytest-django adds its name), its own
bucket prefix and its own data folder; each run has its own servers, so runs never meet.

To use running services instead: ANJUAN_TEST_DATABASE_URL (a role that may create databases), ANJUAN_TEST_S3_ENDPOINT
with ANJUAN_TEST_S3_KEY and ANJUAN_TEST_S3_SECRET, ANJUAN_TEST_ELASTICSEARCH_URL.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack import ports, postgres, seaweed
from tests.services.keeper import DATABASE

_keeper: subprocess.Popen[bytes] | None = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Runs before pytest-django reads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _start_keeper()
    tests_here = worker is not None or not getattr(early_config.known_args_namespace, "numprocesses", None)
    _give_worker_its_own(worker or "main", with_s3=tests_here)
    return (yield)


def pytest_unconfigure() -> None:
    """The end of the run, also after Ctrl-C: the keeper stops everything."""
    global _keeper
    if _keeper is not None and _keeper.stdin is not None:
        _keeper.stdin.close()
        _keeper.wait(60)
        _keeper = None


def _start_keeper() -> None:
    global _keeper
    folder = Path(tempfile.mkdtemp(prefix="anjuan-test-"))
    folder.chmod(0o711)  # the database's account walks through
    outside = os.environ.get("ANJUAN_TEST_S3_ENDPOINT")
    plan = {
        "own_postgres": "ANJUAN_TEST_DATABASE_URL" not in os.environ,
        "key": os.environ.get("ANJUAN_TEST_S3_KEY", secrets.token_hex(8)),
        "secret": os.environ.get("ANJUAN_TEST_S3_SECRET", secrets.token_hex(20)),
    }
    (folder / "plan.json").write_text(json.dumps(plan))
    server = postgres.Postgres.at(folder / "pg", folder / "postgres.log")
    os.environ |= {
        "ANJUAN_TEST_FOLDER": str(folder),
        "ANJUAN_TEST_RUN": secrets.token_hex(3),
        "ANJUAN_MODE": "local",
        "ANJUAN_SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": os.environ.get("ANJUAN_TEST_DATABASE_URL") or server.address(postgres.OWNER, DATABASE),
        "ANJUAN_S3_ENDPOINT": outside or "http://127.0.0.1:1",  # each worker puts its own here
        "ANJUAN_S3_KEY": str(plan["key"]),
        "ANJUAN_S3_SECRET": str(plan["secret"]),
    }
    argv = [sys.executable, "-m", "tests.services.keeper", str(folder)]
    root = Path(__file__).resolve().parents[2]
    env = os.environ | {"PYTHONPATH": str(root)}
    _keeper = subprocess.Popen(argv, stdin=subprocess.PIPE, cwd=root, env=env, start_new_session=True)


def _give_worker_its_own(worker: str, *, with_s3: bool) -> None:
    folder = Path(os.environ["ANJUAN_TEST_FOLDER"])
    data = folder / f"data-{worker}"
    data.mkdir(exist_ok=True)
    if with_s3 and "ANJUAN_TEST_S3_ENDPOINT" not in os.environ:
        chosen = dict(zip(seaweed.PORTS, ports.free_ports(len(seaweed.PORTS)), strict=True))
        draft = folder / f"s3-{worker}.draft"
        draft.write_text(json.dumps(chosen))
        draft.rename(folder / f"s3-{worker}.json")
        os.environ["ANJUAN_S3_ENDPOINT"] = f"http://{ports.LOOPBACK}:{chosen['s3']}"
    os.environ["ANJUAN_DATA"] = str(data)
    os.environ["ANJUAN_BUCKET_PREFIX"] = f"t{os.environ['ANJUAN_TEST_RUN']}{worker}"


def await_base() -> None:
    """Wait until PostgreSQL is up and the keeper answers. Ends the run with the reason when it cannot."""
    folder = Path(os.environ["ANJUAN_TEST_FOLDER"])
    until = time.monotonic() + 90
    while not (folder / "ready").exists():
        if (folder / "failed").exists():
            pytest.exit("the services do not start:\n" + (folder / "failed").read_text(), returncode=3)
        if time.monotonic() > until:
            pytest.exit(f"the services do not answer; logs in {folder}", returncode=3)
        time.sleep(0.05)


@pytest.fixture(scope="session", autouse=True)
def _remove_the_folder_of_this_worker() -> Iterator[None]:
    yield
    shutil.rmtree(os.environ["ANJUAN_DATA"], ignore_errors=True)
