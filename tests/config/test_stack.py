"""`make run`: comes up, says what is wrong in one line, loses nothing to kill -9, leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack import ports
from tests.config.stack import Stack

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]

KEEP = """
from archive import objects
from archive.models import Counter
Counter.objects.update_or_create(name='{name}', defaults={{'value': 7}})
objects.records().put_once('tests/{name}.txt', '耒阳'.encode())
"""
LOOK = """
from archive import objects
from archive.models import Counter
print(Counter.objects.get(name='{name}').value, objects.records().read('tests/{name}.txt').decode())
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One running product for the tests of this module; each leaves it running.

    Not below pytest's own folder: every other run closes that one to the account of the database.
    """
    place = Path(tempfile.mkdtemp(prefix="anjuan-stack-"))
    running = Stack(place / "data")
    running.start_and_wait()
    sys.stderr.write(f"\nmake run, first start: {running.seconds:.1f} s\n")
    yield running
    if running.runs():
        running.stop()
    assert running.processes() == []
    shutil.rmtree(place)


def test_secrets_are_readable_by_their_owner_only(stack: Stack) -> None:
    for name in ("stack.env", "owner.env"):
        assert (stack.data / name).stat().st_mode & 0o777 == 0o600


def test_the_site_answers_and_its_role_cannot_change_the_ledger(stack: Stack) -> None:
    assert stack.serves()
    code = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user, has_table_privilege('archive_custodyevent', 'INSERT'),"
                   " has_table_privilege('archive_custodyevent', 'UPDATE'),"
                   " has_table_privilege('archive_record', 'UPDATE'), current_setting('fsync')")
    print(cursor.fetchone())
"""
    assert stack.shell(code) == "('anjuan_app', True, False, True, 'on')"


def test_a_second_run_in_the_same_folder_is_refused(stack: Stack) -> None:
    second = Stack(stack.data)
    second.start()
    assert second.ended() == 1
    assert "is running already in this folder" in stack.said()
    assert stack.serves()


def test_a_taken_port_is_one_line(stack: Stack, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        late = Stack(tmp_path / "data", port=other.getsockname()[1])
        late.start()
        assert late.ended() == 1
    assert f"端口 {late.port} 已被占用" in late.said()
    assert f"Port {late.port} is taken" in late.said()
    assert "Traceback" not in late.said()


@pytest.mark.parametrize("name", ["web", "worker-quick", "worker-1", "watch", "postgres", "seaweedfs"])
def test_a_killed_child_is_started_again_and_nothing_is_lost(stack: Stack, name: str) -> None:
    stack.shell(KEEP.format(name=f"one-{name}"))
    before = stack.children()[name]
    told = stack.said().count(f"{name} runs again")
    os.kill(before, signal.SIGKILL)
    assert ports.wait_until(lambda: stack.said().count(f"{name} runs again") > told, 60), stack.said()
    assert stack.children()[name] != before
    assert ports.wait_until(stack.serves, 30)
    assert stack.shell(LOOK.format(name=f"one-{name}")) == "7 耒阳"


def test_after_kill_9_of_all_the_next_start_comes_up_with_everything(stack: Stack) -> None:
    stack.shell(KEEP.format(name="all"))
    stack.kill_all()
    stack.start_and_wait()
    sys.stderr.write(f"\nmake run, start after kill -9 of all: {stack.seconds:.1f} s\n")
    assert stack.serves()
    assert stack.shell(LOOK.format(name="all")) == "7 耒阳"


def test_after_kill_9_of_the_supervisor_its_children_go_and_the_next_start_comes_up(stack: Stack) -> None:
    stack.shell(KEEP.format(name="supervisor"))
    assert stack.process is not None
    stack.process.kill()
    stack.process.wait()
    stack.start_and_wait()
    assert stack.shell(LOOK.format(name="supervisor")) == "7 耒阳"


def test_ctrl_c_stops_every_process_and_the_second_start_serves(stack: Stack) -> None:
    assert stack.stop() == 0
    assert stack.processes() == []
    stack.start_and_wait()
    sys.stderr.write(f"\nmake run, second start: {stack.seconds:.1f} s\n")
    assert stack.serves()


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "x")
    stack.start(ANJUAN_DATA="/sys/anjuan")
    assert stack.ended() == 1
    assert "Cannot be written: /sys/anjuan" in stack.said()
    assert "没有写入权限" in stack.said()


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    small = ["bwrap", "--dev-bind", "/", "/", "--size", str(64 << 20), "--tmpfs", str(tmp_path / "small")]
    (tmp_path / "small").mkdir()
    stack.start(*small, ANJUAN_DATA=str(tmp_path / "small" / "data"))
    assert stack.ended() == 1
    assert "The disk is full" in stack.said()


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    stack.start(ANJUAN_PORT="eighty")
    assert stack.ended() == 1
    assert "ANJUAN_PORT: must be a whole number, not 'eighty'" in stack.said()
