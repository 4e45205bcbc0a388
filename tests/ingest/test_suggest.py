"""What file names and metadata hint at."""

from __future__ import annotations

from datetime import date

import pytest

from ingest import suggest


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "2026-03-12 灶市街道 座谈会记录.pdf",
            {"doc_type": "D10", "date": "2026-03-12", "place": "灶市街道", "title": "灶市街道 座谈会记录"},
        ),
        (
            "２０２６年３月１２日耒阳市𠮷水镇现场检查记录.docx",
            {"doc_type": "D13", "date": "2026-03-12", "place": "𠮷水镇"},
        ),
        ("二〇二六年三月二十一日 反馈意见.doc", {"doc_type": "D28", "date": "2026-03-21"}),
        ("IMG_20260312_101530.jpg", {"date": "2026-03-12", "title": None, "doc_type": None}),
        ("照片/IMG_0001.JPG", {"doc_type": "D17", "title": None}),
        ("VID_20260312.mp4", {"doc_type": "D15"}),
        ("耒安委办[2026]12号 整改情况报告.pdf", {"document_number": "耒安委办〔2026〕12号", "doc_type": "D29"}),
        ("LY-2026-003\\余庆街道\\录音\\001.wav", {"inspection": "LY-2026-003", "place": "余庆街道", "doc_type": "D16"}),
        ("20261345.pdf", {"date": None}),
        ("安全生产問題清單.xlsx", {"title": "安全生产問題清單"}),
        ("../../etc/passwd", {"date": None, "doc_type": None}),
        ("", {"title": None}),
    ],
)
def test_name_and_folder_hint_at_the_description(path: str, expected: dict[str, str | None]) -> None:
    found = suggest.from_name(path, inspections=["LY-2026-003"]).as_dict()
    assert {key: found.get(key, {}).get("value") for key in expected} == expected


def test_a_known_unit_wins_over_what_only_looks_like_a_place() -> None:
    found = suggest.from_name("关于大市镇的检查 水东江街道办.pdf", places=["水东江街道办"])
    assert found.place == suggest.Hint("水东江街道办", "name")


def test_the_name_counts_more_than_the_folder() -> None:
    found = suggest.from_name("2025-01-02 录音/2026-03-04 座谈会.mp3")
    assert found.date == suggest.Hint("2026-03-04", "name")
    assert found.doc_type == suggest.Hint("D10", "name")


def test_a_day_in_the_future_is_not_suggested() -> None:
    assert suggest.find_date("2026-03-12", today=date(2026, 3, 11)) is None


def test_declared_metadata_fills_what_the_name_leaves_open() -> None:
    content = suggest.from_content(
        medium="image",
        created="2026-03-12T10:15:30",
        technical={"exif": {"Make": "HUAWEI", "Model": "Mate 60"}, "pdf": {"Author": "李建国"}},
    )
    found = suggest.from_name("IMG_1.jpg").over(content).as_dict()
    assert found["doc_type"] == {"value": "D17", "source": "content"}
    assert found["date"]["value"] == "2026-03-12"
    assert found["maker"]["value"] == "李建国"
