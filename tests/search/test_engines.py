"""The contract that both engines keep: the same questions, the same finds, the same marks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archive.types import AccessScope
from search import parse
from search.engine import SearchEngine
from search.types import NOTHING, PassageDocument, SearchQuery
from tests.search.documents import EVERYBODY, ask, document, facet, found, marks, put

LIBRARY = {
    "minutes": "巡查组对耒阳市水东江街道开展安全生产巡查，发现热力学设备间存在重大隐患。",
    "traditional": "巡查組發現臺灣進口鍋爐的安全閥失靈，存在重大隱患。",
    "wide": "依据ＧＢ／Ｔ　３３０００－２０１６，耒安办〔２０１８〕２１号。",
    "spaced": "检 查 人 ： 张 建 国\n被 检 查 人 ： 欧 阳\n娜 ， 责 令 限 期 整 改 。",
    "scattered": "热水管线很旧，电力不足，学校停课。",
    "rare": "法定代表人𠮷田㐂一，经办人王𤋮。",
    "mixed": "3号楼配电箱型号XL-21，编号A-0037，电压380V。",
    "thirteen": "13号楼没有问题。",
    "latin": "The Fire Extinguisher café inspection is overdue.",
    "sentence": "未设置安全。生产区域已停用",
}
QUESTIONS = [
    # words, phrases, single characters, two-character names
    ("安全生产", {"minutes"}),
    ("热力学", {"minutes"}),
    ("热", {"minutes", "scattered"}),
    ("𠮷", {"rare"}),
    ("㐂一", {"rare"}),
    ("王𤋮", {"rare"}),
    ("耒", {"minutes", "wide"}),
    ("耒阳", {"minutes"}),
    # traditional and simplified, both ways; full and half width
    ("重大隐患", {"minutes", "traditional"}),
    ("重大隱患", {"minutes", "traditional"}),
    ("锅炉", {"traditional"}),
    ("GB/T 33000-2016", {"wide"}),
    ("ｇｂ/ｔ", {"wide"}),
    ('"GB/T 33000"', {"wide"}),
    ("〔2018〕21号", {"wide"}),
    ("２０１８ 21", {"wide"}),
    ("耒安办", {"wide"}),
    # names that OCR broke by spaces and line ends
    ("张建国", {"spaced"}),
    ("欧阳娜", {"spaced"}),
    ("限期整改", {"spaced"}),
    ("检查人", {"spaced"}),
    # punctuation of a sentence ends a phrase
    ("检查人张建国", set()),
    ("安全生产区域", set()),
    # mixed text
    ("3号楼", {"mixed"}),
    ("XL-21", {"mixed"}),
    ("xl 21", {"mixed"}),
    ("380v", {"mixed"}),
    ("A-0037", {"mixed"}),
    ("号楼", {"mixed", "thirteen"}),
    # other letters
    ("extinguisher", {"latin"}),
    ("CAFÉ", {"latin"}),
    ("cafe", {"latin"}),
    ("extinguish", set()),
    ('"fire extinguisher"', {"latin"}),
    ('"extinguisher fire"', set()),
    # operators bind Chinese words as they stand
    ("重大隐患 -锅炉", {"minutes"}),
    ("重大隐患 -热力学", {"traditional"}),
    ("隐患 NOT 安全阀", {"minutes"}),
    ("热力学 OR 锅炉", {"minutes", "traditional"}),
    ("(热力学 OR 锅炉) -安全阀", {"minutes"}),
    ("(热力学 -重大隐患) OR 张建国", {"spaced"}),
    ("热力学 OR (隐患 -热力学)", {"minutes", "traditional"}),
    ("号楼 -(3号楼 OR 电压)", {"thirteen"}),
    ("重大 隐患 耒阳", {"minutes"}),
    ("重大 没有", set()),
    ('"没有问题"', {"thirteen"}),
    # about: some characters misread, only where asked for
    ("安全主产巡查", set()),
    ("~安全主产巡查发现热力学设备", {"minutes"}),
]


@pytest.fixture(scope="module")
def library(make_engine: Callable[[], SearchEngine]) -> SearchEngine:
    made = make_engine()
    put(made, *(document(name, text) for name, text in LIBRARY.items()))
    return made


@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_the_table_of_chinese_questions(library: SearchEngine, question: str, expected: set[str]) -> None:
    assert found(library, question) == expected


@pytest.mark.parametrize(
    ("question", "name", "marked"),
    [
        ("隐患", "traditional", ["隱患"]),
        ("张建国", "spaced", ["张 建 国"]),
        ("欧阳娜", "spaced", ["欧 阳\n娜"]),
        ("33000-2016", "wide", ["３３０００－２０１６"]),
        ("𠮷田㐂一", "rare", ["𠮷田㐂一"]),
        ("cafe", "latin", ["café"]),
        ("热力学 隐患 -锅炉", "minutes", ["热力学", "隐患"]),
        ("安全 生产", "minutes", ["安全", "生产"]),
    ],
)
def test_the_marks_fall_on_the_original_text(
    library: SearchEngine, question: str, name: str, marked: list[str]
) -> None:
    hit = next(hit for hit in ask(library, question).hits if hit.id == name)
    assert [text for _page, text in marks(hit, question)] == marked


def test_words_on_different_pages_meet_in_their_record_and_each_place_is_shown(engine: SearchEngine) -> None:
    put(
        engine,
        document("a", "第一页 消防通道", "第二页", "第三页 堵塞"),
        document("b", "消防通道"),
        document("c", "堵塞"),
    )
    (hit,) = ask(engine, "消防通道 堵塞").hits
    assert marks(hit, "消防通道 堵塞") == [(1, "消防通道"), (3, "堵塞")]


def test_a_record_shows_its_three_best_places_in_reading_order(engine: SearchEngine) -> None:
    pages = ["堵塞"] + ["消防通道 堵塞 " + "其他" * 5] * 3 + ["其他"]
    put(engine, document("a", *pages))
    (hit,) = ask(engine, "消防通道 堵塞").hits
    assert [passage.number for passage in hit.passages] == [2, 3, 4]


def test_a_place_in_sound_tells_its_second(engine: SearchEngine) -> None:
    said = PassageDocument("segment", 7, "主任说灭火器过期", start_ms=83_500, end_ms=86_000, source="speech")
    put(engine, document("a", passages=(said,), body=("访谈", said.text)))
    (passage,) = ask(engine, "灭火器").hits[0].passages
    assert (passage.kind, passage.start_ms, passage.end_ms, passage.source) == ("segment", 83_500, 86_000, "speech")


def test_a_title_counts_more_than_text(engine: SearchEngine) -> None:
    put(engine, document("text", "其他内容 隐患台账"), document("title", "其他内容", title="隐患台账"))
    assert [hit.id for hit in ask(engine, "隐患台账").hits] == ["title", "text"]


def test_sorting_by_date_and_number_and_paging_through_all(engine: SearchEngine) -> None:
    dates = {"R3": 19_000, "R1": 20_500, "R4": -9_000, "R2": 19_000}
    put(engine, *(document(name, "隐患", date=date) for name, date in dates.items()))
    order = {sort: [hit.id for hit in ask(engine, "隐患", sort=sort).hits] for sort in ("newest", "oldest", "number")}
    assert order == {
        "newest": ["R1", "R3", "R2", "R4"],
        "oldest": ["R4", "R2", "R3", "R1"],
        "number": ["R1", "R2", "R3", "R4"],
    }
    assert [hit.id for hit in ask(engine).hits] == order["newest"], "without words the newest come first"
    pages = [ask(engine, "隐患", sort="number", page=page, size=3) for page in (1, 2, 3)]
    assert [[hit.id for hit in page.hits] for page in pages] == [["R1", "R2", "R3"], ["R4"], []]
    assert {page.total for page in pages} == {4}


def test_facets_count_all_hits_and_a_chosen_one_still_offers_its_other_values(engine: SearchEngine) -> None:
    for number, (doc_type, year, units) in enumerate(
        [("D13", "2025", ("水东江街道",)), ("D13", "2026", ("灶市街街道", "水东江街道")), ("D10", "2026", ())]
    ):
        engine.put([document(f"r{number}", "隐患", facets={"doc_type": (doc_type,), "year": (year,), "unit": units})])
    engine.refresh()
    page = ask(engine, "隐患", size=1)
    assert facet(page, "doc_type") == {"D13": 2, "D10": 1}
    assert facet(page, "unit") == {"水东江街道": 2, "灶市街街道": 1}
    narrowed = ask(engine, "隐患", filters={"doc_type": ("D13",)})
    assert (narrowed.total, facet(narrowed, "doc_type"), facet(narrowed, "year")) == (
        2,
        {"D13": 2, "D10": 1},
        {"2025": 1, "2026": 1},
    )
    both = {"doc_type": ("D13", "D10"), "year": ("2026",)}
    assert found(engine, "隐患", filters=both) == {"r1", "r2"}
    assert facet(ask(engine, "隐患", filters=both), "year") == {"2025": 1, "2026": 2}
    assert found(engine, filters={"unit": ("没有这个单位",)}) == set()


# -- writing


def test_an_older_document_never_replaces_a_newer_one(engine: SearchEngine) -> None:
    put(engine, document("a", "新的内容", version=5))
    put(engine, document("a", "旧的内容", "旧的第二页", version=4))
    assert (found(engine, "新的"), found(engine, "旧的")) == ({"a"}, set())
    put(engine, document("a", "同版再写", version=5))
    assert found(engine, "同版再写") == {"a"}
    put(engine, document("b", "先", version=2), document("b", "后", version=1))
    assert (found(engine, "先"), found(engine, "后")) == ({"b"}, set())


def test_pages_that_are_no_more_are_not_found_any_more(engine: SearchEngine) -> None:
    put(engine, document("a", "甲", "乙乙", "丙丙", version=1))
    engine.put([document("a", "丁丁", version=2)])  # at once, before the engine looked anew
    put(engine, document("a", "甲", "丁丁", version=3))
    assert (found(engine, "丙丙"), found(engine, "丁丁")) == (set(), {"a"})
    assert [passage.number for passage in ask(engine, "丁丁 OR 丙丙 OR 乙乙").hits[0].passages] == [2]


def test_what_is_removed_is_found_no_more(engine: SearchEngine) -> None:
    put(engine, document("a", "隐患"), document("b", "隐患"))
    engine.remove(["a", "never-there"])
    engine.refresh()
    assert found(engine, "隐患") == {"b"}
    assert dict(engine.versions()) == {"b": 1}


def test_a_text_of_a_million_characters_is_found_and_breaks_nothing(engine: SearchEngine) -> None:
    long = "安全生产巡查记录第三号楼" * 90_000 + "独一无二的结尾"
    word = "x" * 100_000
    put(engine, document("long", long), document("run", word, "﻿\x00\ud800 乱码"), document("small", "小记录 安全生产"))
    assert found(engine, "独一无二的结尾") == {"long"}
    assert found(engine, "安全生产") == {"long", "small"}
    assert found(engine, "乱码") == {"run"}
    assert found(engine, "x" * 384) == {"run"}
    (hit,) = ask(engine, "独一无二的结尾").hits
    assert marks(hit, "独一无二的结尾") == [(1, "独一无二的结尾")]


def test_empty_records_are_kept_and_listed(engine: SearchEngine) -> None:
    put(engine, document("a", body=(), title="…"), document("b", ""))
    assert found(engine) == {"a", "b"}


def test_the_versions_tell_the_revisions_of_all_records(engine: SearchEngine) -> None:
    put(engine, *(document(f"r{number}", version=number) for number in range(1, 8)))
    assert dict(engine.versions()) == {f"r{number}": number for number in range(1, 8)}
    health = engine.health()
    assert (health.records, health.building) == (7, "")
    assert health.version


# -- rebuilding, other processes


def test_a_rebuild_is_unseen_until_it_is_finished_and_then_is_all_there_is(
    engine: SearchEngine, second_process: SearchEngine
) -> None:
    put(engine, document("old", "隐患"), document("both", "隐患"))
    building = engine.rebuild()
    building.put([document("both", "隐患 改"), document("new", "隐患")])
    put(second_process, document("meanwhile", "隐患", version=3))
    building.put([document("meanwhile", "隐患 旧", version=2)])
    assert found(second_process, "隐患") == {"old", "both", "meanwhile"}
    assert engine.health().building
    building.finish()
    assert found(second_process, "隐患") == found(engine, "隐患") == {"both", "new", "meanwhile"}
    assert found(engine, "旧") == set(), "what was put meanwhile is newer than what the rebuild read"
    assert engine.health().building == ""
    put(second_process, document("later", "隐患"))
    assert "later" in found(engine, "隐患")


def test_searches_go_on_while_indexes_are_exchanged(engine: SearchEngine, second_process: SearchEngine) -> None:
    put(engine, document("a", "隐患"))
    for number in range(5):
        building = engine.rebuild()
        building.put([document("a", f"隐患 {number}", version=number + 2)])
        assert found(second_process, "隐患") == {"a"}
        building.finish()
        assert found(second_process, f"隐患 {number}") == {"a"}


def test_a_rebuild_that_was_given_up_or_died_leaves_nothing(engine: SearchEngine) -> None:
    put(engine, document("a", "隐患"))
    given_up = engine.rebuild()
    given_up.put([document("b", "隐患")])
    given_up.abandon()
    assert engine.health().building == ""
    died = engine.rebuild()
    died.put([document("c", "隐患")])
    put(engine, document("d", "隐患"))
    after = engine.rebuild()
    after.put([document("e", "隐患")])
    after.finish()
    assert found(engine, "隐患") == {"e"}


def test_two_processes_that_begin_together_make_one_index(
    make_engine: Callable[[], SearchEngine], engine: SearchEngine, second_process: SearchEngine
) -> None:
    second_process.ensure()
    engine.ensure()
    put(second_process, document("a", "隐患"))
    assert found(engine, "隐患") == {"a"}
    fresh = make_engine()
    assert fresh.search(SearchQuery(node=parse.parse("隐患")), EVERYBODY).total == 0, (
        "an index that nobody made is empty"
    )
    put(fresh, document("a", "隐患"))
    assert found(fresh, "隐患") == {"a"}


def test_an_empty_scope_finds_nothing(engine: SearchEngine) -> None:
    put(engine, document("a", "隐患"), document("nobody", "隐患", acl=()))
    assert ask(engine, "隐患", AccessScope()) == NOTHING
    assert engine.count(SearchQuery(), AccessScope()) == 0
    assert found(engine) == {"a"}
