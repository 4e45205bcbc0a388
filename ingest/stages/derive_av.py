"""The views of a recording: proxy for the browser, waveform, key frames, poster. Each part stands by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.readers import av
from ingest.stages.media_words import notice
from ingest.tools import ffmpeg, jail
from ingest.types import DerivedFile, Notice, Work

MAX_FRAMES = 24
FRAME_SIDE = 1280
POINTS = 2000
_SAMPLE_RATE = 4000
_LONG_SECONDS = 180  # from here on only frames that stand by themselves are decoded for key frames
_SMALL = jail.Limits(seconds=300, memory_mib=1024, file_mib=64)

Part = tuple[str, Any]


def views(work: Work) -> tuple[list[DerivedFile], list[Notice], str]:
    """Files, notices, and the condition that playing it through showed."""
    found = ffmpeg.probe(work.original, work.folder)
    made: list[DerivedFile] = []
    notices: list[Notice] = []
    said = ""
    for name, make in _parts(found):
        try:
            files, complaints = make(work, found)
        except jail.ToolFailure as failure:
            notices.append(notice("derive-part-failed", part=f"{name}: {failure.code}"))
            continue
        made += files
        said = max(said, complaints, key=len)
    if said and work.facts.condition == "sound":
        notices.append(notice("media-errors", count=av.error_count(said)))
        return made, notices, "damaged"
    return made, notices, "sound"


def _parts(found: dict[str, Any]) -> Iterator[Part]:
    if found["video"]:
        yield "MP4", _video
        yield "WebP", _frames
    elif found["audio"]:
        yield "M4A", _audio
    if found["audio"]:
        yield "waveform.json", _waveform


def _limits(found: dict[str, Any]) -> jail.Limits:
    """Four times real time at the slowest, at least ten minutes, within the limit of the stage."""
    seconds = (found["duration_ms"] or 0) / 1000
    return jail.Limits(seconds=min(13_000, max(600, seconds * 4)), memory_mib=3072, file_mib=16_384)


def _video(work: Work, found: dict[str, Any]) -> tuple[list[DerivedFile], str]:
    into = work.folder / "proxy.mp4"
    copy = av.plays_as_it_is(found, work.size) and work.facts.condition == "sound"
    argv = av.proxy_video_args(work.original, into, copy=copy, has_sound=bool(found["audio"]))
    _progress, said = ffmpeg.run(argv, work.original, work.folder, _limits(found))
    return [_file("proxy-video", into, "video/mp4", 0, argv, work)], said


def _audio(work: Work, found: dict[str, Any]) -> tuple[list[DerivedFile], str]:
    into = work.folder / "proxy.m4a"
    copy = av.plays_as_it_is(found, work.size) and work.facts.condition == "sound"
    argv = av.proxy_audio_args(work.original, into, copy=copy)
    _progress, said = ffmpeg.run(argv, work.original, work.folder, _limits(found))
    return [_file("proxy-audio", into, "audio/mp4", 0, argv, work)], said


def _waveform(work: Work, found: dict[str, Any]) -> tuple[list[DerivedFile], str]:
    samples, into = work.folder / "samples.raw", work.folder / "waveform.json"
    argv = av.samples_args(work.original, samples, _SAMPLE_RATE)
    _progress, said = ffmpeg.run(argv, work.original, work.folder, _limits(found))
    jail.call(
        "ingest.readers.derive:waveform",
        work=work.folder,
        limits=_SMALL,
        path=str(samples),
        into=str(into),
        rate=_SAMPLE_RATE,
        points=POINTS,
    )
    samples.unlink()
    return [DerivedFile("waveform", into, "application/json", 0, {"rate": _SAMPLE_RATE, "points": POINTS})], said


def _frames(work: Work, found: dict[str, Any]) -> tuple[list[DerivedFile], str]:
    seconds = max(1.0, (found["duration_ms"] or 1000) / 1000)
    room = work.folder / "frames"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    argv = av.frames_args(
        work.original,
        room / "%d.webp",
        every=max(1.0, seconds / 12),
        apart=max(0.5, seconds / 48),
        key_only=seconds > _LONG_SECONDS,
        side=FRAME_SIDE,
    )
    _progress, said = ffmpeg.run(argv, work.original, work.folder, _limits(found))
    frames = _thinned(sorted(room.glob("*.webp"), key=lambda path: int(path.stem)))
    made = [_file("key-frame", path, "image/webp", int(path.stem), argv, work) for path in frames]
    if frames:
        poster = work.folder / "poster.webp"
        chosen = frames[min(len(frames) - 1, 1 if seconds > 10 else 0)]  # the very first frame is often black
        jail.call("ingest.readers.derive:shrink", work=work.folder, limits=_SMALL, path=str(chosen), into=str(poster))
        made.append(DerivedFile("thumbnail", poster, "image/webp", 0, {"from_ms": int(chosen.stem)}))
    return made, said


def _thinned(frames: list[Path]) -> list[Path]:
    if len(frames) <= MAX_FRAMES:
        return frames
    step = (len(frames) - 1) / (MAX_FRAMES - 1)
    return [frames[round(n * step)] for n in range(MAX_FRAMES)]


def _file(kind: str, path: Path, mime: str, number: int, argv: list[str], work: Work) -> DerivedFile:
    """The recipe is the command line, without the places that differ from run to run."""
    plain = [word.replace(str(work.original), "ORIGINAL").replace(str(work.folder), "WORK") for word in argv]
    return DerivedFile(kind, path, mime, number, {"command": plain})
