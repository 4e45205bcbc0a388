"""Text in a video: a few frames are read, for what a recorder writes into the picture and for papers held up to it."""

from __future__ import annotations

import difflib
import json
import shutil
from pathlib import Path
from typing import Any

from ingest.readers import av
from ingest.stages.media_words import notice
from ingest.tools import ffmpeg, jail
from ingest.types import Done, Outcome, Refused, TextUnit, Work

FRAMES = 4
_SIDE = 1600
_SURE, _LEAST_CHARACTERS = 0.85, 4  # below these it is pattern, not writing
_ALIKE = 0.8
_LONG_SECONDS = 60
DRAW = jail.Limits(seconds=300, memory_mib=2048, file_mib=256)


def run(work: Work, engine: str, threads: int, limits: jail.Limits) -> Outcome:
    """Segments with the text of frames, each text once."""
    try:
        frames = _frames(work)
    except jail.ToolFailure as failure:
        return Refused(failure.code, failure.words, failure.advice, tool="ffmpeg")
    units: list[TextUnit] = []
    version = ""
    for frame in frames:
        page = _read(work, frame, engine, threads, limits)
        version = page.get("version", version)
        text = page.get("text", "")
        sure = page.get("confidence") or 0.0
        if len(text) < _LEAST_CHARACTERS or sure < _SURE or _known(text, units):
            continue
        moment = int(frame.stem)
        units.append(
            TextUnit(
                kind="segment",
                number=len(units) + 1,
                text=text,
                source="ocr",
                start_ms=moment,
                end_ms=moment,
                confidence=sure,
                engine=engine,
                engine_version=version,
            )
        )
    told = () if units else (notice("ocr-no-text"),)
    return Done(
        engine, version, {"technical": {"ocr": {"engine": engine, "frames": len(frames)}}}, tuple(units), (), told
    )


def _known(text: str, units: list[TextUnit]) -> bool:
    """Whether nearly the same was read before: a clock that ran on, a character misread."""
    return any(difflib.SequenceMatcher(None, unit.text, text, autojunk=False).ratio() > _ALIKE for unit in units)


def _frames(work: Work) -> list[Path]:
    room = work.folder / "ocr-frames"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    seconds = max(1.0, (work.facts.duration_ms or 1000) / 1000)
    argv = av.frames_args(
        work.original,
        room / "%d.webp",
        every=max(1.0, seconds / FRAMES),
        apart=max(1.0, seconds / FRAMES),
        key_only=seconds > _LONG_SECONDS,
        side=_SIDE,
    )
    ffmpeg.run(argv, work.original, work.folder, DRAW)
    return sorted(room.glob("*.webp"), key=lambda path: int(path.stem))[:FRAMES]


def _read(work: Work, frame: Path, engine: str, threads: int, limits: jail.Limits) -> dict[str, Any]:
    into = work.folder / "frame.json"
    try:
        answer = jail.call(
            "ingest.readers.ocr:read_page",
            work=work.folder,
            limits=limits,
            path=str(frame),
            mime="image/webp",
            number=1,
            engine_name=engine,
            threads=threads,
            image=str(work.folder / "frame.webp"),
            into=str(into),
        )
        page: dict[str, Any] = {} if "fault" in answer else json.loads(into.read_text("utf-8"))
    except (jail.ToolFailure, OSError, ValueError):
        return {}
    return page
