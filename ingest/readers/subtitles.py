"""Subtitles and transcripts with times: SubRip, WebVTT, ASS/SSA, LRC → cues in milliseconds. Pure functions."""

from __future__ import annotations

import html
import re
from typing import Any

MAX_CUES = 50_000
_LAST_LINE_MS = 5000  # how long the last line of an LRC is taken to stand
_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_ARROW = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_LRC = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_ASS_CODES, _TAGS = re.compile(r"\{[^}]*\}"), re.compile(r"</?[a-zA-Z][^>]*>|<\d[\d:.]*>")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
Cue = dict[str, Any]


def kind_of(text: str) -> str:
    """srt, vtt, ass, lrc, or "" for a text that is none of them. Told from the content, not from a name."""
    head = text.lstrip("\ufeff \r\n\t")[:20_000]
    if head.startswith("WEBVTT"):
        return "vtt"
    if "[Script Info]" in head or re.search(r"^Dialogue:\s*\d", head, re.M):
        return "ass"
    if any("-->" in line and _ARROW.match(line) for line in head.splitlines()[:200]):
        return "srt"
    lines = [line for line in head.splitlines() if line.strip()][:50]
    timed = sum(bool(_LRC.match(line.strip())) for line in lines)
    return "lrc" if timed >= 2 and timed > len(lines) * 0.5 else ""


def parse(text: str, kind: str = "") -> list[Cue]:
    """Cues as {"start_ms", "end_ms", "text"}, by start. Broken cues are passed over; a text of no kind has none."""
    kind = kind or kind_of(text)
    if kind in ("srt", "vtt"):
        cues = _arrows(text)
    elif kind == "ass":
        cues = _dialogue(text)
    else:
        cues = _lyrics(text) if kind == "lrc" else []
    cues = [cue for cue in cues if cue["text"] and cue["end_ms"] >= cue["start_ms"]]
    return sorted(cues, key=lambda cue: (cue["start_ms"], cue["end_ms"]))[:MAX_CUES]


def units(cues: list[Cue]) -> list[dict[str, Any]]:
    """Cues as text units of kind segment."""
    return [
        {"kind": "segment", "number": number, "source": "subtitle", **cue} for number, cue in enumerate(cues, start=1)
    ]


def _arrows(text: str) -> list[Cue]:
    """SubRip and WebVTT share their cues: a line with an arrow, then the words up to an empty line."""
    cues: list[Cue] = []
    words: list[str] | None = None
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        match = _ARROW.match(line)
        if match:
            words = []
            parts = match.groups()
            cues.append({"start_ms": _ms(parts[:4]), "end_ms": _ms(parts[4:]), "text": "", "words": words})
        elif not line.strip():
            words = None
        elif words is not None:
            words.append(line)
    for cue in cues:
        cue["text"] = _plain(" ".join(cue.pop("words")))
    return cues


def _dialogue(text: str) -> list[Cue]:
    columns = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    cues: list[Cue] = []
    in_events = False
    for line in text.splitlines():
        key, _, rest = line.strip().partition(":")
        if line.strip().startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif key == "Format" and in_events:
            columns = [name.strip().lower() for name in rest.split(",")]
        elif key == "Dialogue":
            values = dict(zip(columns, rest.strip().split(",", len(columns) - 1), strict=False))
            start, end = (_ass_ms(values.get(name, "")) for name in ("start", "end"))
            if start is None or end is None:
                continue
            words = _ASS_CODES.sub("", values.get("text", "")).replace("\\N", " ").replace("\\n", " ")
            said = _plain(words.replace("\\h", " "))
            who = values.get("name", "").strip()
            cues.append({"start_ms": start, "end_ms": end, "text": f"{who}：{said}" if who and said else said})
    return cues


def _lyrics(text: str) -> list[Cue]:
    """LRC gives only starts: a line stands until the next one begins. One line may carry several times."""
    starts: list[tuple[int, str]] = []
    offset = 0
    for line in text.lstrip("\ufeff").splitlines():
        rest = line.strip()
        if match := re.match(r"\[offset:\s*([+-]?\d+)\]", rest, re.I):
            offset = int(match[1])
        times = []
        while match := _LRC.match(rest):
            times.append(_ms((None, match[1], match[2], match[3] or "0")))
            rest = rest[match.end() :].strip()
        starts += [(max(0, moment - offset), _plain(rest)) for moment in times]
    starts.sort(key=lambda item: item[0])
    ends = [start for start, _ in starts[1:]] + ([starts[-1][0] + _LAST_LINE_MS] if starts else [])
    return [{"start_ms": start, "end_ms": end, "text": said} for (start, said), end in zip(starts, ends, strict=True)]


def _ms(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, fraction = parts
    return ((int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * 1000 + int(
        (fraction or "0").ljust(3, "0")
    )


def _ass_ms(text: str) -> int | None:
    match = re.fullmatch(r"\s*(\d+):(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*", text)
    return _ms(match.groups()) if match else None


def _plain(words: str) -> str:
    """Without markup; the speaker of a WebVTT voice span stays, as in 张三：…"""
    words = _VOICE.sub(lambda match: f"{match[1].strip()}：", words)
    return re.sub(r"\s+", " ", html.unescape(_TAGS.sub("", words))).strip()
