"""Which files of a folder count, and when one is complete."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archive.errors import BadInput
from ingest import folders
from ingest.journal import BEGUN, RECEIVED, Journal


@pytest.mark.parametrize(
    "name",
    [
        "~$报告.docx",
        ".~lock.表.ods#",
        ".hidden",
        "录像.mp4.part",
        "a.crdownload",
        "b.TMP",
        "c.swp",
        "视频.baiduyun.p.downloading",
    ],
)
def test_names_of_files_still_being_written_are_known(name: str) -> None:
    assert folders.is_temporary(name)


@pytest.mark.parametrize("name", ["座谈会记录.pdf", "参会人员.part2.docx", "𠮷.tmp.pdf", "temp.jpg"])
def test_ordinary_names_are_not_taken_for_temporary_ones(name: str) -> None:
    assert not folders.is_temporary(name)


def test_links_and_system_files_are_left_out_of_a_walk(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x").write_text("x")
    root = tmp_path / "root"
    (root / "子夹").mkdir(parents=True)
    (root / "子夹" / "一.pdf").write_text("1")
    (root / "Thumbs.db").write_text("")
    (root / "link").symlink_to(secret / "x")
    (root / "linked").symlink_to(secret)
    assert list(folders.files_in(root)) == [root / "子夹" / "一.pdf"]
    assert list(folders.files_in(root, without=[root / "子夹"])) == []


def test_a_link_or_a_pipe_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="symbolic|链接"):
        folders.open_regular(tmp_path / "link")
    with pytest.raises(BadInput, match="regular|普通"):
        folders.open_regular(tmp_path / "pipe")


def test_a_file_is_complete_only_when_it_rests_and_nobody_writes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "视频.mp4"
    path.write_bytes(b"1")
    settling = folders.Settling(3)
    assert settling.complete([path], now=0) == []
    assert settling.complete([path], now=2.9) == []
    assert settling.complete([path], now=3) == [path]
    path.write_bytes(b"12")
    assert settling.complete([path], now=4) == []
    assert settling.complete([path], now=7) == [path]
    with path.open("ab"):
        assert settling.complete([path], now=9) == []
    assert settling.complete([path], now=9) == [path]


def test_a_file_that_went_away_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    settling = folders.Settling(1)
    settling.complete([path], now=0)
    path.unlink()
    assert settling.complete([path], now=5) == []
    path.write_bytes(b"1")
    assert settling.complete([path], now=6) == []


def test_the_journal_remembers_over_restarts_and_survives_a_cut_line(tmp_path: Path) -> None:
    file = tmp_path / "耒阳.pdf"
    file.write_bytes(b"1")
    place = tmp_path / "j" / "journal.jsonl"
    journal = Journal(place)
    journal.note(BEGUN, file, file.stat())
    journal.note(RECEIVED, file, file.stat(), receipt="R2026-000001")
    with place.open("ab") as out:
        out.write(b'{"path": "cut')
    again = Journal(place)
    entry = again.last(file, file.stat())
    assert entry is not None
    assert (entry.what, entry.receipt) == (RECEIVED, "R2026-000001")
    other = tmp_path / "b"
    other.write_bytes(b"2")
    again.note(BEGUN, other, other.stat())
    reread = Journal(place).last(other, other.stat())
    assert reread is not None and reread.what == BEGUN


def test_a_changed_file_is_a_new_file_to_the_journal(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"1")
    journal = Journal(tmp_path / "journal.jsonl")
    journal.note(RECEIVED, file, file.stat(), receipt="R1")
    file.write_bytes(b"22")
    assert journal.last(file, file.stat()) is None
