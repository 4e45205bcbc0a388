"""Text, places of words, declared metadata and previews: through the stages, in the jail."""

from __future__ import annotations

import dataclasses
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.words import both
from ingest.stages import extract, identify
from ingest.tools import jail
from ingest.types import Done, Facts, Outcome, Refused, Skipped, Work

from . import samples

Read = Callable[[bytes, str], Outcome]
Identified = Callable[[bytes, str], Work]


@pytest.fixture
def identified(tmp_path: Path) -> Identified:
    def run_identify(data: bytes, name: str) -> Work:
        space = tmp_path / str(uuid.uuid4())
        (space / "work").mkdir(parents=True)
        original = space / "original"
        original.write_bytes(data)
        original.chmod(0o444)
        work = Work(uuid.uuid4(), uuid.uuid4(), name, len(data), original, space / "work", Facts())
        outcome = identify.run(work)
        assert isinstance(outcome, Done)
        return dataclasses.replace(work, facts=Facts(**outcome.facts))

    return run_identify


@pytest.fixture
def read(identified: Identified) -> Read:
    def run_extract(data: bytes, name: str) -> Outcome:
        work = identified(data, name)
        assert extract.applies(work)
        return extract.run(work)

    return run_extract


def text_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Done), outcome
    return "\n".join(unit.text for unit in outcome.units)


def codes_of(outcome: Outcome) -> set[str]:
    assert isinstance(outcome, Done), outcome
    for notice in outcome.notices:
        told = both(notice.words, notice.data)
        assert told["zh"] != told["en"], notice.code
    return {notice.code for notice in outcome.notices}


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (samples.pdf(), "记录.pdf", "耒阳市安全生产巡查第三组"),
        (samples.word(), "记录.docx", "𠮷野家 繁體字巡查 ＡＢＣ１２３"),
        (samples.word(), "记录.docx", "批注：请复查"),
        (samples.excel(), "台账.xlsx", "1\t灶市街道\t2026-03-12\t12.5"),
        (samples.slides(), "汇报.pptx", "讲稿：先说隐患"),
        (samples.odt(), "记录.odt", samples.LINE),
        (samples.rtf(), "记录.rtf", "耒阳巡查"),
        (samples.ofd(), "通报.ofd", "耒阳市安全生产\n巡查通报"),
        (samples.mail(), "通报.eml", "正文：请于三日内整改。"),
        (samples.mail(), "通报.eml", "附件里的文字：𠮷"),
        (samples.mail(), "通报.eml", "灶市街道"),
        (samples.mail_in_gbk(), "通知.eml", "Subject: 安全检查通知"),
        (samples.mail_in_gbk(), "通知.eml", "现将巡查情况通报如下"),
        (samples.LINE.encode("gb18030"), "笔记.txt", samples.LINE),
        ("安全生產巡查記錄，發現隱患三處。".encode("big5"), "筆記.txt", "安全生產巡查記錄"),
        (samples.RARE.encode("gb18030"), "罕见.txt", "𠮷野家"),
        ("Prüfung für Müller".encode("cp1252"), "german.txt", "Prüfung für Müller"),
        (samples.RARE.encode("utf-16"), "笔记.txt", "繁體字"),
        ("<html><meta charset=gbk><script>坏</script><p>巡查<b>记录</b>".encode("gbk"), "页.html", "巡查记录"),
        (samples.zipped_in_gbk(["证据照片.jpg", "座谈会记录.doc"]), "证据.zip", "座谈会记录.doc"),
        (samples.tar(), "证据.tar", "证据/照片.txt"),
    ],
)
def test_gets_the_text(read: Read, data: bytes, name: str, expected: str) -> None:
    assert expected in text_of(read(data, name))


def test_text_in_script_tags_stays_out(read: Read) -> None:
    page = "<html><script>不要</script><style>不要</style><p>要<!--不要--></p><noscript>不要</noscript>后"
    assert text_of(read(page.encode(), "页.html")) == "要\n后"


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_words_have_their_place_on_the_upright_page(read: Read, rotation: int) -> None:
    outcome = read(samples.pdf(1, rotation=rotation), "记录.pdf")
    assert isinstance(outcome, Done)
    left, top, right, bottom = outcome.units[0].words[0].box
    corner = {
        0: (left, top),
        90: (1 - right, top),
        180: (1 - right, 1 - bottom),
        270: (left, 1 - bottom),
    }[rotation]
    assert all(0.03 < edge < 0.13 for edge in corner), (left, top, right, bottom)
    upright = outcome.units[0].width, outcome.units[0].height
    assert upright == ((595, 842) if rotation in (0, 180) else (842, 595))


def test_a_scanned_page_is_left_to_ocr(read: Read) -> None:
    outcome = read(samples.scanned_pdf(), "扫描.pdf")
    assert isinstance(outcome, Done)
    assert outcome.facts["textless_pages"] == [1]
    assert not outcome.units


def test_a_text_layer_of_a_scan_is_used(read: Read) -> None:
    outcome = read(
        samples.scanned_pdf("a hidden layer of text that OCR software made, long enough to be used, truly"), "扫.pdf"
    )
    assert isinstance(outcome, Done)
    assert outcome.facts["textless_pages"] == []


def test_declared_metadata_of_a_pdf(read: Read) -> None:
    outcome = read(samples.pdf(attach=True), "记录.pdf")
    assert isinstance(outcome, Done)
    assert outcome.facts["page_count"] == 2
    assert outcome.facts["technical"]["declared"]["author"] == "巡查三组"
    assert outcome.facts["created"].startswith("20")
    assert codes_of(outcome) == {"has-attachments"}


def test_declared_metadata_of_a_photo(read: Read) -> None:
    outcome = read(samples.photo(), "现场.jpg")
    assert isinstance(outcome, Done)
    declared = outcome.facts["technical"]["declared"]
    assert (declared["make"], declared["model"]) == ("HUAWEI", "P60")
    assert declared["gps"] == {"latitude": 26.42, "longitude": 112.86, "altitude": 71.5}
    assert outcome.facts["created"] == "2026-03-12T09:41:07+08:00"
    assert (outcome.facts["width"], outcome.facts["height"]) == (90, 160)


@pytest.mark.parametrize(("data", "name"), [(samples.word(), "记录.docx"), (samples.excel(), "台账.xlsx")])
def test_office_files_get_a_pdf_for_the_browser(read: Read, data: bytes, name: str) -> None:
    outcome = read(data, name)
    assert isinstance(outcome, Done)
    assert [file.kind for file in outcome.derived] == ["preview-pdf"]
    assert outcome.derived[0].path.read_bytes().startswith(b"%PDF-")
    assert outcome.facts["page_count"] == 1


def test_words_of_an_office_file_have_their_place_in_the_preview(read: Read) -> None:
    outcome = read(samples.word(), "记录.docx")
    assert isinstance(outcome, Done)
    page = next(unit for unit in outcome.units if unit.kind == "page")
    assert page.source == "office"
    assert any("耒阳市" in word.text for word in page.words)


def test_a_hidden_sheet_is_read_and_told(read: Read) -> None:
    outcome = read(samples.excel(), "台账.xlsx")
    assert {unit.label for unit in outcome.units} == {"台账", "底稿"} if isinstance(outcome, Done) else False
    assert codes_of(outcome) == {"hidden-sheet"}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("1\r\n00:01:23,500 --> 00:01:26,000\r\n井下通风不足\r\n\r\n".encode("gb18030"), "字幕.srt"),
        ("WEBVTT\n\n01:23.500 --> 01:26.000\n井下通风不足\n".encode(), "字幕.vtt"),
        ("[01:23.50]井下通风不足\n[01:26.00]请整改\n".encode(), "录音.lrc"),
    ],
)
def test_subtitles_become_segments_with_their_time(read: Read, data: bytes, name: str) -> None:
    outcome = read(data, name)
    assert isinstance(outcome, Done)
    first = outcome.units[0]
    assert (first.kind, first.source, first.text, first.start_ms) == ("segment", "subtitle", "井下通风不足", 83500)


def test_pictures_pasted_into_an_office_file_are_left_to_ocr(read: Read) -> None:
    outcome = read(samples.word_of_scans(), "扫描件.docx")
    assert isinstance(outcome, Done)
    assert outcome.facts["textless_pages"] == [1]


def test_a_bad_row_is_named_and_the_others_are_read(read: Read) -> None:
    outcome = read(samples.csv_with_bad_row(), "台账.csv")
    assert "水东江街道" in text_of(outcome)
    assert "csv-bad-rows" in codes_of(outcome)
    assert isinstance(outcome, Done)
    notice = next(notice for notice in outcome.notices if notice.code == "csv-bad-rows")
    assert dict(notice.data) == {"rows": "4", "count": 1}


def test_names_in_gbk_are_readable_and_climbing_names_are_told(read: Read) -> None:
    outcome = read(samples.zipped({"../../etc/passwd": b"x", "好/文件.txt": b"y"}), "证据.zip")
    assert "好/文件.txt" in text_of(outcome)
    assert codes_of(outcome) == {"names-climb"}


def test_an_encrypted_file_is_not_read_and_says_so(read: Read) -> None:
    outcome = read(samples.pdf(encrypt="密码"), "加密.pdf")
    assert isinstance(outcome, Skipped)
    assert outcome.code == "encrypted"


def test_a_broken_office_file_is_refused_in_words(read: Read) -> None:
    outcome = read(samples.word()[:-600], "半份.docx")
    assert isinstance(outcome, Refused)
    told = both(outcome.words, outcome.data)
    assert told["zh"] != told["en"]
    assert both(outcome.advice, outcome.data)["zh"]


def test_half_a_pdf_gives_what_can_be_read(read: Read) -> None:
    data = samples.pdf(5)
    outcome = read(data[: data.rindex(b"startxref")], "半份.pdf")
    assert samples.LINE[:8] in text_of(outcome)


def test_a_page_of_xml_never_fetches_or_multiplies(read: Read, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("案情")
    data = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "{secret.as_uri()}">]><x>公开&f;</x>'
    assert text_of(read(data.encode(), "x.xml")) == "公开"


def test_the_original_stays_as_it_was(identified: Identified) -> None:
    work = identified(samples.word(), "记录.docx")
    before = work.original.read_bytes(), work.original.stat().st_mode
    extract.run(work)
    assert (work.original.read_bytes(), work.original.stat().st_mode) == before
    shutil.rmtree(work.folder)


@pytest.mark.parametrize(
    ("modern", "kind", "ending", "expected"),
    [
        (samples.word(), "docx", "doc", "𠮷野家"),
        (samples.excel(), "xlsx", "xls", "灶市街道\t2026-03-12"),
        (samples.slides(), "pptx", "ppt", "巡查汇报"),
    ],
)
def test_office_files_of_the_nineties(
    read: Read, identified: Identified, tmp_path: Path, modern: bytes, kind: str, ending: str, expected: str
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / f"source.{kind}").write_bytes(modern)
    profile = "-env:UserInstallation=file:///tmp/profile"
    argv: list[str | Path] = [
        "soffice",
        "--headless",
        profile,
        "--convert-to",
        ending,
        "--outdir",
        room,
        room / f"source.{kind}",
    ]
    done = jail.run(argv, work=room, limits=extract.OFFICE_LIMITS)
    assert (room / f"source.{ending}").exists(), done
    data = (room / f"source.{ending}").read_bytes()
    assert expected in text_of(read(data, f"旧.{ending}"))
    assert identified(data[:-700], f"半份.{ending}").facts.condition == "truncated"
