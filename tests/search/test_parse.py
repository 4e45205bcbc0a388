"""From what a person types to a tree; whatever it is, never an error of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import parse
from search.types import And, Match, Node, Not, Or


def word(text: str, loose: bool = False) -> Match:
    return Match(tuple(text), loose)


A, B, C = word("甲"), word("乙"), word("丙")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \u3000", None),
        ("甲", A),
        ("甲 乙", And((A, B))),
        ("甲　乙", And((A, B))),
        ("甲 AND 乙", And((A, B))),
        ("甲 OR 乙 丙", Or((A, And((B, C))))),
        ("甲 或者 乙", Or((A, B))),
        ("甲 | 乙", Or((A, B))),
        ("甲 ＯＲ 乙", Or((A, B))),
        ("(甲 OR 乙) 丙", And((Or((A, B)), C))),
        ("（甲 OR 乙）丙", And((Or((A, B)), C))),
        ("甲 -乙", And((A, Not(B)))),
        ("甲 －乙", And((A, Not(B)))),
        ("甲 NOT 乙", And((A, Not(B)))),
        ("甲 NOT -乙", And((A, B))),
        ("甲 -(乙 丙)", And((A, Not(And((B, C)))))),
        ('"甲 乙"', word("甲乙")),
        ("“甲 乙” 丙", And((word("甲乙"), C))),
        ('甲 -"乙 丙"', And((A, Not(word("乙丙"))))),
        ("OR 甲", A),
        ("甲 OR", A),
        ("甲 -", A),
        ("甲 ，。 乙", And((A, B))),
        ("甲 () 乙", And((A, B))),
        ("甲-乙", word("甲乙")),
        ("单位:甲", Match(("单", "位", "¶", "甲"))),
        ("安全生产责任", word("安全生产责任")),
        ("~安全生产责任", word("安全生产责任", loose=True)),
        ("~甲乙", word("甲乙")),
        ("~ 甲", A),
    ],
)
def test_a_query_is_read_as(text: str, tree: Node | None) -> None:
    assert parse.parse(text) == tree


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ('甲 "乙', "query-error", 3),
        ("甲 ”乙", "query-error", 3),
        ("甲 (乙 OR", "query-error", 3),
        ("甲 乙) 丙", "query-error", 4),
        ("((甲)", "query-error", 1),
        ("-甲", "only-not", 1),
        ("甲 OR -乙", "only-not", 1),
        ("-甲 -乙", "only-not", 1),
        ("，。", "no-words", 1),
        ("()", "no-words", 1),
        ("~", "no-words", 1),
        ("(" * 60 + "甲" + ")" * 60, "query-error", 21),
        ("甲" * 501, "query-too-long", 500),
    ],
)
def test_an_error_tells_its_place_and_what_to_do(text: str, code: str, position: int) -> None:
    with pytest.raises(parse.QueryError) as told:
        parse.parse(text)
    assert (told.value.code, told.value.data["position"]) == (code, position)
    assert told.value.message()
    assert told.value.help()


@given(st.text(st.one_of(st.sampled_from(list('甲乙 "“()（）-－~|OR')), st.characters()), max_size=520))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    node, place = None, 1
    try:
        node = parse.parse(text)
    except parse.QueryError as told:
        place = int(told.data["position"] or 0)
    assert 1 <= place <= max(1, len(text))
    assert node is None or parse.positive(node)
    parse.loosened(text)


def test_what_a_hit_is_shown_for_leaves_out_what_must_not_be_there() -> None:
    assert parse.positive(parse.parse("甲 (乙 OR 甲) -丙")) == (A, B)


@pytest.mark.parametrize(
    ("text", "loosened"),
    [
        ("安全生产责任 甲", "~安全生产责任 甲"),
        ('"安全 生产责任"', "~安全生产责任"),
        ("甲 -安全生产责任", ""),
        ("甲乙", ""),
        ("~安全生产责任", ""),
        ("(安全生产责任 OR 甲)", "(~安全生产责任 OR 甲)"),
    ],
)
def test_a_query_can_be_loosened_where_it_is_long_enough(text: str, loosened: str) -> None:
    assert parse.loosened(text) == loosened
