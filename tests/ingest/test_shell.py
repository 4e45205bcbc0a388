"""`anjuan ingest` and `anjuan watch`: exit codes, going on after a kill, what moves and what stays."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from archive.types import Actor, Role
from config.cli_ingest import ingest
from ingest import watch
from ingest.journal import BEGUN, Journal
from ingest.models import Delivery, Intake
from inspections import cases
from inspections.models import Inspection
from tests.make import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]
SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any) -> Path:
    """A data folder for this test: journals of others are not its own."""
    settings.DATA = tmp_path / "data"
    return tmp_path / "data"


@pytest.fixture
def inspection(db: None) -> Inspection:
    people = [make_account(Role.INSPECTOR)[0] for _ in range(3)]
    batch = cases.open_batch(2026, 1, "第一批", actor=SYSTEM)
    team = cases.open_team(batch, "巡查一组", leader=people[0], members=people[1:], actor=SYSTEM)
    unit = cases.open_unit("灶市街道", "street", actor=SYSTEM)
    return cases.open_inspection(unit, batch, team, actor=SYSTEM)


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[dict[str, Any]]]:
    code = ingest([*argv, "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, lines


def folder_of(tmp_path: Path, **files: bytes) -> Path:
    root = tmp_path / "材料"
    for name, body in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return root


def test_a_folder_is_received_with_its_links_and_a_second_run_skips_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], inspection: Inspection
) -> None:
    root = folder_of(tmp_path, 座谈会="一".encode(), 照片__𠮷=b"2", 空=b"")
    code, lines = run(capsys, str(root), "--inspection", inspection.number, "--type", "D10")
    assert code == 0
    assert [line["state"] for line in lines[:-1]] == ["received"] * 3
    assert lines[-1]["summary"] == {"received": 3, "skipped": 0, "refused": 0}
    intake = Intake.objects.get(file_name="𠮷")
    assert intake.declared["inspection_id"] == str(inspection.pk)
    assert intake.declared["path"] == "材料/照片/𠮷"
    assert Delivery.objects.get().closed_at is not None
    (root / "新").write_bytes(b"new")
    code, lines = run(capsys, str(root), "--inspection", inspection.number, "--type", "D10")
    assert (code, lines[-1]["summary"]) == (0, {"received": 1, "skipped": 3, "refused": 0})
    assert Intake.objects.count() == 4


def test_a_file_whose_receipt_was_lost_by_a_kill_is_not_handed_in_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    root = folder_of(tmp_path, a=b"1", b=b"2")
    run(capsys, str(root))
    place = data / "journal" / "shell.jsonl"
    lines = place.read_text().splitlines()
    place.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:20])  # the last receipt never reached the journal
    assert BEGUN in lines[-2]
    code, told = run(capsys, str(root))
    assert (code, told[-1]["summary"]["skipped"]) == (0, 2)
    assert Intake.objects.count() == 2


def test_a_person_is_told_in_words_and_a_bar_with_names_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder_of(tmp_path, a=b"1" * 3_000_000)
    (root / "[red]耒阳.txt").write_bytes(b"1")
    assert ingest([str(root)]) == 0
    told = capsys.readouterr().out
    assert "[red]耒阳.txt" in told
    assert "2 received, 0 received before, 0 refused" in told
    assert ingest([str(root), "--issue", "nothing"]) == 2
    assert "There is no issue “nothing”" in capsys.readouterr().out


def test_pipes_and_links_are_left_out_and_a_path_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder_of(tmp_path, a=b"1", z=b"2")
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to(root / "a")
    code, lines = run(capsys, str(root), str(root / "nothing"))
    assert (code, lines[0]["error"]["code"]) == (2, "no-such-path")
    code, lines = run(capsys, str(root))
    assert (code, lines[-1]["summary"]["received"]) == (0, 2)


@pytest.mark.parametrize(
    "argv", [["--inspection", "XC0000-000"], ["--issue", "nothing"], ["--user", "nobody"]], ids=lambda argv: argv[0]
)
def test_a_case_or_account_that_is_not_there_is_wrong_use_and_nothing_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    root = folder_of(tmp_path, a=b"1")
    code, lines = run(capsys, str(root), *argv)
    assert (code, len(lines)) == (2, 1)
    assert lines[0]["error"]["message"]
    assert not Intake.objects.exists()


def test_an_administrator_may_hand_in_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    account, _actor = make_account(Role.SYSTEM_ADMIN)
    code, lines = run(capsys, str(folder_of(tmp_path, a=b"1")), "--user", account.username)
    assert (code, lines[0]["code"]) == (1, "not-permitted")
    assert not Intake.objects.exists()


def test_a_list_gives_each_file_its_description_and_a_bad_row_stops_the_run_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder_of(tmp_path, 甲__1=b"1", 乙__1=b"2")
    table = root / "清单.csv"
    table.write_bytes("文件名,文种,地点\n甲/1,D10,灶市街道\n乙/1,D99,\n".encode("gb18030"))
    code, lines = run(capsys, str(root), "--list", str(table))
    assert (code, lines[0]["error"]["row"]) == (2, 3)
    assert not Intake.objects.exists()
    code, lines = run(capsys, str(root), "--list", str(table), "--skip-bad-rows", "--type", "D13")
    assert code == 0
    described = {row.declared["path"]: row.declared for row in Intake.objects.all()}
    assert described["材料/甲/1"]["doc_type"] == "D10"
    assert described["材料/甲/1"]["place"] == "灶市街道"
    assert described["材料/乙/1"]["doc_type"] == "D13"


@pytest.mark.xdist_group("s3-down")
def test_a_store_that_is_down_ends_the_run_with_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], s3_down: None
) -> None:
    code, lines = run(capsys, str(folder_of(tmp_path, a=b"1")))
    assert (code, lines[-1]["error"]["code"]) == (3, "store-unavailable")
    assert not Intake.objects.exists()


class Folder:
    """A watched folder with a clock that the test moves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.now = 0.0
        self.restart()

    def restart(self) -> None:
        journal = Journal(settings.DATA / "journal" / "folder.jsonl")
        self.watcher = watch.Watcher(self.root, actor=Actor.system("watch"), journal=journal, seconds=5)

    def after(self, seconds: float) -> list[watch.Seen]:
        self.now += seconds
        return list(self.watcher.round(now=self.now))

    def settled(self) -> list[watch.Seen]:
        return self.after(1) + self.after(5)


def test_the_folder_takes_complete_files_in_and_moves_them_under_their_receipt(
    tmp_path: Path, inspection: Inspection
) -> None:
    folder = Folder(tmp_path / "收件")
    inside = folder.root / inspection.number / "照片"
    inside.mkdir(parents=True)
    (inside / "耒阳.jpg").write_bytes(b"jpg")
    (folder.root / "未完.mp4.part").write_bytes(b"part")
    assert folder.after(1) == []
    (seen,) = folder.after(5)
    assert (folder.root / watch.DONE / seen.receipt / "耒阳.jpg").read_bytes() == b"jpg"
    assert not inside.exists()
    assert (folder.root / "未完.mp4.part").exists()
    intake = Intake.objects.get(number=seen.receipt)
    assert intake.declared["inspection_id"] == str(inspection.pk)
    assert folder.settled() == []


def test_a_refused_file_stays_with_its_reason_beside_until_it_changes_or_the_reason_is_deleted(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "收件")
    (folder.root / "没有这个巡查").mkdir()
    path = folder.root / "没有这个巡查" / "a.txt"
    path.write_bytes(b"1")
    (seen,) = folder.settled()
    assert seen.error is not None and seen.error.code == "no-such-inspection"
    reason = watch.reason_beside(path)
    assert "no-such-inspection" in reason.read_text()
    assert folder.settled() == []
    reason.unlink()
    assert len(folder.after(0)) == 1
    assert path.exists()
    assert not Intake.objects.exists()


def test_a_kill_between_receipt_and_move_is_made_good_by_the_next_start(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "收件")
    path = folder.root / "a.txt"
    path.write_bytes(b"1")
    (seen,) = folder.settled()
    (folder.root / watch.DONE / seen.receipt / "a.txt").rename(path)  # as if the move had not happened
    folder.restart()
    (again,) = folder.settled()
    assert again.receipt == seen.receipt
    assert Intake.objects.count() == 1
    assert not path.exists()


def test_links_in_the_folder_are_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    folder = Folder(tmp_path / "收件")
    (folder.root / "link.txt").symlink_to(secret)
    (folder.root / "dir").symlink_to(tmp_path)
    assert folder.settled() == []
    assert not Intake.objects.exists()


def test_the_files_of_a_day_are_one_delivery_also_over_a_restart(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "收件")
    (folder.root / "a.txt").write_bytes(b"1")
    folder.settled()
    folder.restart()
    (folder.root / "b.txt").write_bytes(b"2")
    folder.settled()
    assert Delivery.objects.get(door="folder").intakes.count() == 2


def test_the_reason_of_a_very_long_name_still_fits_into_the_file_system(tmp_path: Path) -> None:
    reason = watch.reason_beside(tmp_path / ("巡" * 85))
    assert len(os.fsencode(reason.name)) <= 255
    assert reason.name.endswith(watch.REASON)
