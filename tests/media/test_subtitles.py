"""Transcripts that come along as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers import document, subtitles

SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<b>耒阳市</b>应急管理局\r\n第二行\r\n\r\n"
    "2\r\n00:01:00,0 --> 00:01:02,000\r\n𠮷某：到会\r\n"
)
VTT = "WEBVTT - 会议\n\nNOTE 校对过\n\nid1\n00:01.000 --> 00:02.500 align:start\n<v 张三>现在开会 &amp; 点名\n"
ASS = """[Script Info]
Title: x
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,李某,0,0,0,,{\\an8}发现隐患，共7处\\N限期整改
Dialogue: broken
"""
LRC = "[ti:座谈会]\n[00:01.00]第一句\n[00:05.50][00:20.00]重复的一句\n"


@pytest.mark.parametrize(
    ("text", "kind", "cues"),
    [
        (SRT, "srt", [(1000, 2500, "耒阳市应急管理局 第二行"), (60000, 62000, "𠮷某：到会")]),
        (VTT, "vtt", [(1000, 2500, "张三：现在开会 & 点名")]),
        (ASS, "ass", [(1000, 2500, "李某：发现隐患，共7处 限期整改")]),
        (LRC, "lrc", [(1000, 5500, "第一句"), (5500, 20000, "重复的一句"), (20000, 25000, "重复的一句")]),
        ("时间：2026年3月18日 --> 下午\n普通文本", "", []),
        ("", "", []),
    ],
)
def test_cues_are_read_with_their_times(text: str, kind: str, cues: list[tuple[int, int, str]]) -> None:
    assert subtitles.kind_of(text) == kind
    assert [(cue["start_ms"], cue["end_ms"], cue["text"]) for cue in subtitles.parse(text)] == cues


def test_a_subtitle_file_in_gb18030_becomes_timed_segments(tmp_path: Path) -> None:
    path = tmp_path / "座谈会.srt"
    path.write_bytes(SRT.lstrip("\ufeff").encode("gb18030"))
    answer = document.read(str(path), "application/x-subrip")
    assert [(unit["kind"], unit["start_ms"], unit["source"]) for unit in answer["units"]] == [
        ("segment", 1000, "subtitle"),
        ("segment", 60000, "subtitle"),
    ]
