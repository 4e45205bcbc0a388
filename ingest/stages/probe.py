"""probe: what a recording says of itself, whether all of it is there, and the subtitles inside it."""

from __future__ import annotations

from typing import Any

from ingest.readers import av, subtitles
from ingest.stages.media_words import notice
from ingest.tools import ffmpeg, jail
from ingest.types import Done, Notice, Outcome, Refused, TextUnit, Work

WALK = jail.Limits(seconds=90, memory_mib=1024, file_mib=64)
SUBTITLES = jail.Limits(seconds=60, memory_mib=1024, file_mib=64)
_KEPT = ("container", "bit_rate", "streams", "chapters", "device", "gps", "created")


def run(work: Work) -> Outcome:
    """Facts of the recording; segments of its subtitles."""
    try:
        found = ffmpeg.probe(work.original, work.folder)
    except jail.ToolFailure as failure:
        return _unopened(failure)
    claimed = found["duration_ms"]
    present, said, troubles = _walked(work)
    notices = list(troubles)
    condition = "sound"
    if av.is_cut(claimed, present, said):
        condition = "truncated"
        notices.append(notice("media-cut", claimed=_seconds(claimed), found=_seconds(present)))
    elif said:
        condition = "damaged"
        notices.append(notice("media-errors", count=av.error_count(said)))
    if work.facts.medium == "video" and found["video"] and not found["audio"]:
        notices.append(notice("media-no-sound"))
    if not found["video"] and not found["audio"]:
        notices.append(notice("media-cover-only"))
    units = _subtitles(work, found["subtitles"])
    if units:
        notices.append(notice("subtitles-found", count=len(units)))
    facts = _facts(found, present) | {"condition": condition}
    return Done("ffprobe", ffmpeg.version(), facts, units, notices=tuple(notices))


def applies(work: Work) -> bool:
    """Recordings, and files that only claim to be one thing but hold sound or moving pictures."""
    return work.facts.medium in {"audio", "video"}


def _unopened(failure: jail.ToolFailure) -> Outcome:
    """No index (moov atom) is how a recording looks that was cut off while it was made."""
    said = str(failure.data.get("stderr", "")).lower()
    if failure.code == "tool-missing":
        raise failure
    told = notice("media-no-index")
    if "moov atom not found" in said or "end of file" in said:
        return Refused(told.code, told.words, told.advice, {"condition": "truncated"}, tool="ffprobe")
    return Refused(failure.code, failure.words, failure.advice, {"condition": "damaged"}, tool="ffprobe")


def _walked(work: Work) -> tuple[int | None, str, tuple[Notice, ...]]:
    """Milliseconds that are really there, and what the demuxer complained of."""
    try:
        progress, said = ffmpeg.run(av.walk_args(work.original), work.original, work.folder, WALK)
    except jail.ToolFailure as failure:
        if failure.code == "tool-timeout":
            return None, "", ()
        return None, str(failure.data.get("stderr", "")) or failure.code, ()
    return av.walked_ms(progress), said.strip(), ()


def _facts(found: dict[str, Any], present: int | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"duration_ms": found["duration_ms"] or present}
    video = found["video"]
    if video and video["width"] and video["height"]:
        across, down = video["width"], video["height"]
        facts["width"], facts["height"] = (down, across) if video["rotation"] in (90, 270) else (across, down)
    if found["created"]:
        facts["created"] = found["created"]
    # the whole of it is under "av"; what suggestions and pages look for stands under "declared" as with photos
    declared = found["device"] | ({"gps": found["gps"]} if found["gps"] else {})
    if found["created"]:
        declared["taken"] = found["created"]
    facts["technical"] = {"av": {name: found[name] for name in _KEPT if found[name]}, "declared": declared}
    return facts


def _subtitles(work: Work, indices: list[int]) -> tuple[TextUnit, ...]:
    units: list[TextUnit] = []
    for index in indices:
        into = work.folder / f"subtitle-{index}.vtt"
        try:
            ffmpeg.run(av.subtitle_args(work.original, index, into), work.original, work.folder, SUBTITLES)
            cues = subtitles.parse(into.read_text("utf-8", "replace"), "vtt")
        except (jail.ToolFailure, OSError):
            continue  # a picture-like or broken track; the recording itself has been judged
        label = f"#{index}" if len(indices) > 1 else ""
        for cue in cues[: subtitles.MAX_CUES - len(units)]:
            units.append(
                TextUnit(
                    kind="segment",
                    number=len(units) + 1,
                    text=cue["text"],
                    source="subtitle",
                    label=label,
                    start_ms=cue["start_ms"],
                    end_ms=cue["end_ms"],
                )
            )
    return tuple(units)


def _seconds(milliseconds: int | None) -> int:
    return round((milliseconds or 0) / 1000)
