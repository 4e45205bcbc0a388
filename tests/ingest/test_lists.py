"""Lists that bring metadata for a whole folder."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from archive.errors import BadInput
from ingest import lists
from ingest.listcheck import Checked, Lookups, Targets, check
from ingest.readers import listfile

INSPECTION = "018f0000-0000-7000-8000-000000000001"
LOOKUPS = Lookups(
    inspection={"LY-2026-003": INSPECTION}.get,
    issue=lambda number, inspection: f"{inspection}/{number}" if number == "3" else None,
    today=date(2026, 11, 24),
)
TARGETS = Targets.of(
    [("材料/座谈会记录.pdf", "a"), ("材料/照片/IMG_1.jpg", "b"), ("别处/IMG_1.jpg", "c"), ("𠮷.docx", "d")]
)


def checked(text: str, encoding: str = "utf-8") -> Checked:
    return check(lists.read_list(io.BytesIO(text.encode(encoding)), "清单.csv"), TARGETS, LOOKUPS)


def told(result: Checked) -> list[tuple[int, str, str]]:
    return [(fault.number, fault.column, fault.code) for fault in result.faults]


def test_a_gbk_list_with_one_bad_row_names_row_column_and_reason_and_keeps_the_good_row() -> None:
    result = checked("文件名,文种,日期\n座谈会记录.pdf,座谈会记录,2026年3月12日\n𠮷.docx,会议,昨天\n", "gb18030")
    assert result.table.encoding == "gb18030"
    assert [(row.target, row.values) for row in result.good] == [("a", {"doc_type": "D10", "date": date(2026, 3, 12)})]
    assert told(result) == [(3, "文种", "unknown-code"), (3, "日期", "no-date")]
    assert str(result.faults[0].words)
    assert result.bad_rows == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_the_delimiter_is_guessed(delimiter: str) -> None:
    result = checked(
        delimiter.join(["文件名", "题名", "地点"]) + "\n" + delimiter.join(["𠮷.docx", "耒阳", "灶市街道"])
    )
    assert result.good[0].values == {"title": "耒阳", "place": "灶市街道"}


def test_one_byte_that_is_in_no_encoding_spoils_its_own_row_only() -> None:
    data = "文件名,题名\n座谈会记录.pdf,好\n𠮷.docx,".encode() + b"\xff\xfe\xff" + "坏\n".encode()
    result = check(lists.read_list(io.BytesIO(data), "x.csv"), TARGETS, LOOKUPS)
    assert [row.target for row in result.good] == ["a"]
    assert told(result) == [(3, "", "undecodable")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("IMG_1.jpg,,", "name-ambiguous"),
        ("没有.pdf,,", "no-such-file"),
        (",D10,", "no-name"),
        ("𠮷.docx,D10,2027-01-01", "date-in-future"),
        ("𠮷.docx,D10,2026-01-01,多余", "too-many-cells"),
    ],
)
def test_each_kind_of_bad_row_has_its_reason(row: str, code: str) -> None:
    result = checked(f"文件名,文种,日期\n{row}\n")
    assert [fault.code for fault in result.faults] == [code]
    assert not result.good


def test_a_folder_tells_files_of_the_same_name_apart_and_a_name_given_twice_is_bad_both_times() -> None:
    assert [row.target for row in checked("文件名\n照片\\IMG_1.jpg\n").good] == ["b"]
    assert told(checked("文件名\n𠮷.docx\n𠮷.DOCX\n")) == [(2, "文件名", "name-twice"), (3, "文件名", "name-twice")]


def test_codes_may_be_several_full_width_or_names_and_issues_are_looked_up_in_their_inspection() -> None:
    text = "问题编号;巡查编号;文件名;巡查方式;巡查内容;密级\n3;LY-2026-003;𠮷.docx;Ｗ４、W5;C1 C5;内部\n"
    values = checked(text).good[0].values
    assert values["methods"] == ("W4", "W5")
    assert values["contents"] == ("C1", "C5")
    assert values["secrecy"] == "INTERNAL"
    assert values["issue"] == f"{INSPECTION}/3"


def test_an_inspection_that_may_not_be_seen_is_a_bad_row() -> None:
    assert told(checked("文件名,巡查编号\n𠮷.docx,LY-2026-999\n")) == [(2, "巡查编号", "not-found")]


def test_an_xlsx_list_reads_dates_as_dates_and_numbers_rows_as_the_sheet_does() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["文件名", "日期", "题名", "备注"])
    sheet.append([])
    sheet.append(["𠮷.docx", date(2026, 3, 12), 2026, "x"])
    sheet.append(["座谈会记录.pdf", "三月", "", ""])
    out = io.BytesIO()
    book.save(out)
    result = check(lists.read_list(io.BytesIO(out.getvalue()), "清单.xlsx"), TARGETS, LOOKUPS)
    assert result.table.unknown == ("备注",)
    assert result.good[0].values == {"date": date(2026, 3, 12), "title": "2026"}
    assert told(result) == [(4, "日期", "no-date")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "list-empty"),
        (b"\xd0\xcf\x11\xe0rest", "list-old-excel"),
        (b"PK\x03\x04 not a book", "list-damaged"),
        (b"a\x00\x01\x02", "list-not-text"),
        ("题名,日期\nx,y\n".encode(), "list-without-names"),
        (b"a," * 100, "list-too-wide"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data: bytes, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        lists.read_list(io.BytesIO(data), "x")
    assert caught.value.code == code
    assert caught.value.message()
    assert caught.value.help()


def test_what_goes_out_runs_as_no_formula_and_comes_back_as_it_was(tmp_path: Path) -> None:
    out = lists.to_csv(["文件名", "题名"], [["𠮷.docx", "=cmd|' /C calc'!A0"], ["座谈会记录.pdf", "-1"]])
    path = tmp_path / "out.csv"
    path.write_bytes(out)
    cells = [row["cells"][1] for row in listfile.read(str(path))["rows"]]
    assert cells == ["'=cmd|' /C calc'!A0", "'-1"]
    back = check(lists.read_list(io.BytesIO(out), "out.csv"), TARGETS, LOOKUPS)
    assert [row.values["title"] for row in back.good] == ["=cmd|' /C calc'!A0", "-1"]


def test_the_template_is_itself_a_good_list() -> None:
    table = lists.read_list(io.BytesIO(lists.template()), "模板.csv")
    assert set(table.columns) == set(lists.COLUMNS)
    assert check(table, Targets.of([("座谈会记录.pdf", "a")]), LOOKUPS).faults == ()
