"""Somebody who tries to learn of what they may not see, on both engines: hits, counts, facets, snippets, words."""

from __future__ import annotations

import pytest

from archive.types import AccessScope
from search.engine import SearchEngine
from search.types import SearchQuery
from tests.search.documents import EVERYBODY, ask, document, facet, found, guarded, put

INSPECTOR = AccessScope(frozenset({"role:INSPECTOR", "account:1", "inspection:A"}))
SECRET = {"doc_type": ("D21",), "unit": ("秘密单位",), "year": ("2019",), "medium": ("audio",)}


@pytest.fixture
def mixed(engine: SearchEngine) -> SearchEngine:
    put(
        engine,
        document(
            "hidden", "举报人王某 隐患 绝密词", title="举报登记", acl=("role:OFFICE", "inspection:B"), facets=SECRET
        ),
        document("seen", "隐患 公开", acl=("role:INSPECTOR",), facets={"doc_type": ("D13",), "year": ("2026",)}),
        document("own", "隐患 本组", acl=("inspection:A", "role:OFFICE"), facets={"doc_type": ("D10",)}),
    )
    return engine


@pytest.mark.parametrize(
    "question",
    [
        "隐患",
        "绝密词",
        "隐患 OR 绝密词",
        "(公开 -没有) OR 举报登记",
        "-没有 王某",
        "隐患 -(公开 OR 本组)",
        "王某 OR (隐患 -公开)",
        "~举报人王某隐患绝密词",
        "",
    ],
)
@pytest.mark.parametrize("filters", [{}, {"doc_type": ("D21",)}, {"doc_type": ("D21", "D13")}, {"unit": ("秘密单位",)}])
def test_a_hidden_record_is_in_no_hit_count_facet_or_snippet(
    mixed: SearchEngine, question: str, filters: dict[str, tuple[str, ...]]
) -> None:
    page = ask(mixed, question, INSPECTOR, filters=filters)
    assert found(mixed, question, INSPECTOR, filters=filters) <= {"seen", "own"}
    values = {one.value for ones in page.facets.values() for one in ones}
    assert not values & {"D21", "秘密单位", "2019", "audio"}
    assert "绝密" not in repr(page)


@pytest.mark.parametrize("token", ["role:INSPECTOR", "inspection:A", "role:OFFICE", "inspection:B"])
def test_one_token_is_enough_to_find_what_it_opens(mixed: SearchEngine, token: str) -> None:
    opened = {
        "role:INSPECTOR": {"seen"},
        "inspection:A": {"own"},
        "role:OFFICE": {"hidden", "own"},
        "inspection:B": {"hidden"},
    }
    scope = AccessScope(frozenset({token}))
    assert found(mixed, "隐患", scope) == opened[token]
    assert sum(facet(ask(mixed, "隐患", scope), "doc_type").values()) == len(opened[token])


def test_low_rights_hide_none_of_many_visible_hits(engine: SearchEngine) -> None:
    many = [document(f"h{number:03d}", "隐患 " * 9, acl=("role:OFFICE",)) for number in range(150)]
    put(engine, *many, *(document(f"s{number:02d}", "隐患", acl=("inspection:A",)) for number in range(30)))
    pages = [ask(engine, "隐患", INSPECTOR, page=page) for page in (1, 2)]
    assert [(page.total, len(page.hits)) for page in pages] == [(30, 20), (30, 10)]
    assert {hit.id[0] for page in pages for hit in page.hits} == {"s"}


def test_a_narrower_audience_works_with_the_next_write(engine: SearchEngine) -> None:
    put(engine, document("a", "隐患", "第二页 隐患", acl=("inspection:A", "role:OFFICE"), version=1))
    assert found(engine, "隐患", INSPECTOR) == {"a"}
    put(engine, document("a", "隐患", "第二页 隐患", acl=("role:OFFICE",), version=2))
    assert found(engine, "隐患", INSPECTOR) == set()


def test_words_about_a_case_are_found_only_by_those_who_may_see_the_case(engine: SearchEngine) -> None:
    cases = (guarded("inspection:A", "XC2026-001 灶市街街道"), guarded("role:OFFICE", "XC2026-002 秘密调查对象"))
    put(engine, document("photo", acl=("inspection:A", "role:OFFICE"), cases=cases))
    assert found(engine, "灶市街街道", INSPECTOR) == {"photo"}
    assert found(engine, "XC2026-001", INSPECTOR) == {"photo"}
    for question in ("秘密调查对象", "秘", "XC2026-002", "OFFICE", "role", "灶市街街道 秘密", "role:OFFICE|秘"):
        assert found(engine, question, INSPECTOR) == set(), question
    assert found(engine, "灶市街街道 -秘密调查对象", INSPECTOR) == {"photo"}, "not even by what a NOT takes away"
    assert found(engine, "秘密调查对象", AccessScope(frozenset({"role:OFFICE"}))) == {"photo"}


def test_strange_tokens_open_nothing(engine: SearchEngine) -> None:
    put(engine, document("a", "隐患"))
    for token in ("*", "role:*", "role:ARCHIVIST*", "", "ROLE:ARCHIVIST", "role:ARCHIVIST OR x", "role"):
        assert engine.search(SearchQuery(), AccessScope(frozenset({token}))).total == 0
    assert found(engine, "", EVERYBODY) == {"a"}
