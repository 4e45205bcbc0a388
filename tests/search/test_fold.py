"""Folding and its way back to the original text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import fold, highlight
from search.types import Match

LETTERS = st.text(
    st.one_of(
        st.sampled_from(
            list("耒陽市隱患𠮷田㐂〇 　\n\t，。、；：:;,!?！？-/·〔〕（）ＧＢgbÅéﬁ①㎡ｶﾞ한\u0301\u200b\u00ad¶|0９")
        ),
        st.characters(exclude_categories=["Cs"]),
    )
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("GB/T 33000-2016", ["gb", "t", "33000", "2016"]),
        ("ＧＢ／Ｔ　３３０００－２０１６", ["gb", "t", "33000", "2016"]),
        ("〔2018〕21号", ["2018", "21", "号"]),
        ("3号楼", ["3", "号", "楼"]),
        ("臺灣熱力學", list("台湾热力学")),
        ("𠮷野家", list("𠮷野家")),
        ("安 全\n生　产", list("安全生产")),
        ("安全。生产", list("安全¶生产")),
        ("安全,生产 1,000", ["安", "全", "¶", "生", "产", "1", "000"]),
        ("张三、李四", list("张三¶李四")),
        ("《安全生产法》第三条", list("安全生产法第三条")),
        ("Café CAFE\u0301", ["cafe", "cafe"]),
        ("inspec\u00adtion", ["inspection"]),
        ("㎡①⼀", ["m21", "一"]),
        ("a" * 130, ["a" * 64, "a" * 64, "aa"]),
        ("", []),
        ("，。！", ["¶", "¶", "¶"]),
    ],
)
def test_text_becomes_these_tokens(text: str, tokens: list[str]) -> None:
    assert list(fold.words(text)) == tokens


@given(LETTERS)
def test_the_quick_way_and_the_way_with_places_agree(text: str) -> None:
    tokens = fold.tokenize(text)
    assert tuple(token.text for token in tokens) == fold.words(text)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert all(one.start <= two.start for one, two in pairwise(tokens))


@given(LETTERS)
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    once = fold.words(text)
    assert fold.words(" ".join(word for word in once if word != fold.BREAK)) == tuple(
        word for word in once if word != fold.BREAK
    )


@given(LETTERS, LETTERS, st.text(st.sampled_from("耒阳隱患𠮷a1"), min_size=1, max_size=5))
def test_what_was_put_into_a_text_is_marked_there(before: str, after: str, word: str) -> None:
    text = f"{before}。{word}。{after}"
    tokens = fold.phrase(word)
    start = len(before) + 1
    assert any(first <= start and last >= start + len(word) for first, last in highlight.spans(text, [Match(tokens)]))


def test_marks_of_characters_beyond_the_bmp_are_counted_in_code_points() -> None:
    assert highlight.spans("𠮷田𠮷野", [Match(("𠮷", "野"))]) == [(2, 4)]


def test_an_accent_apart_is_marked_with_its_letter() -> None:
    text = "cafe\u0301 bar"
    assert [text[start:end] for start, end in highlight.spans(text, [Match(("cafe",))])] == ["cafe\u0301"]


def test_overlapping_marks_become_one_and_neighbours_stay_two() -> None:
    assert highlight.spans("安全生产", [Match(("安", "全", "生")), Match(("全", "生", "产"))]) == [(0, 4)]
    assert highlight.spans("安全安全", [Match(("安", "全"))]) == [(0, 2), (2, 4)]


def test_a_snippet_shows_where_most_marks_stand() -> None:
    text = "隐患。" + "其他文字。" * 100 + "消防通道有隐患。" + "其他文字。" * 100
    pieces = highlight.snippet(text, [Match(("隐", "患")), Match(tuple("消防"))])
    assert [piece.text for piece in pieces if piece.mark] == ["消防", "隐患"]
    assert (pieces[0].text, pieces[-1].text) == ("…", "…")
    assert sum(len(piece.text) for piece in pieces) < 170


def test_a_mark_longer_than_the_snippet_is_shown_whole() -> None:
    text = "前" * 100 + "安全" * 200 + "后" * 100
    assert "安全" * 200 in "".join(piece.text for piece in highlight.snippet(text, [Match(tuple("安全" * 200))]))


def test_pairs_do_not_reach_over_a_break() -> None:
    assert fold.pairs(fold.words("安全。全生产a人")) == ("安全", "¶", "全生", "生产", "a")
    assert fold.joined(["甲乙", "", "丙"], 100) == ("甲", "乙", "¶", "¶", "丙")
    assert fold.joined(["甲乙", "丙丁"], 3) == ("甲", "乙", "¶", "丙")
