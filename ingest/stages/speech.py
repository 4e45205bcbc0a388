"""speech: what is said in a recording, as segments with times. Off where no model lies in a folder, and saying so."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ingest.readers import av, speech
from ingest.stages.media_words import notice
from ingest.tools import ffmpeg, jail
from ingest.types import DerivedFile, Done, Outcome, Retry, Skipped, TextUnit, Work

_SECONDS_A_SECOND = 6  # of work for one of sound, at the slowest


def run(work: Work) -> Outcome:
    """Segments of speech, and the transcript as a file."""
    model = work.options.get("speech_model", "")
    if off := _off(model):
        return off
    try:
        found = ffmpeg.probe(work.original, work.folder)
    except jail.ToolFailure:
        return Skipped("not-playable", _("The recording cannot be opened, so nothing in it can be heard."))
    if not found["audio"]:
        return Skipped("no-sound", _("The recording has no sound."))
    seconds = (found["duration_ms"] or work.facts.duration_ms or 0) / 1000
    limits = jail.Limits(seconds=min(14_000, 300 + seconds * _SECONDS_A_SECOND), memory_mib=6144, file_mib=8192)
    sound, into = work.folder / "speech.wav", work.folder / "speech.json"
    argv = av.speech_args(work.original, sound, speech.RATE)
    ffmpeg.run(argv, work.original, work.folder, limits)
    jail.call(
        "ingest.readers.speech:transcribe",
        work=work.folder,
        limits=limits,
        readable=(Path(model),),
        path=str(sound),
        model=model,
        into=str(into),
        threads=min(4, os.cpu_count() or 1),
        language=work.options.get("speech_language", "zh"),
    )
    answer = json.loads(into.read_text("utf-8"))
    return _done(work, answer, Path(model).name)


def applies(work: Work) -> bool:
    """Recordings, also where speech recognition is off: then the record says so."""
    return work.facts.medium in {"audio", "video"}


def _off(model: str) -> Outcome | None:
    if not model:
        return Skipped("speech-off", _("Speech was not transcribed: no speech model is set up here."))
    if importlib.util.find_spec("faster_whisper") is None:
        return Skipped("speech-off", _("Speech was not transcribed: the package faster-whisper is not installed."))
    missing = speech.missing_from(model)
    if missing:
        words = _("The folder of the speech model lacks {files}.")
        return Retry("speech-model-broken", format_lazy(words, files=", ".join(missing)), 300)
    return None


def _done(work: Work, answer: dict[str, Any], model: str) -> Outcome:
    version = f"{answer['version']} {model}"[:200]
    if not answer["segments"]:
        return Done("faster-whisper", version, notices=(notice("speech-none"),))
    units = tuple(
        TextUnit(
            kind="segment",
            number=number,
            text=segment["text"],
            source="speech",
            start_ms=segment["start_ms"],
            end_ms=segment["end_ms"],
            confidence=segment["confidence"],
            engine="faster-whisper",
            engine_version=version,
        )
        for number, segment in enumerate(answer["segments"], 1)
    )
    transcript = work.folder / "transcript.vtt"
    transcript.write_text(_vtt(answer["segments"]), "utf-8")
    recipe = {"model": model, "language": answer["language"]}
    derived = (DerivedFile("transcript", transcript, "text/vtt", 0, recipe),)
    facts = {"technical": {"speech": recipe | {"segments": len(units)}}}
    return Done("faster-whisper", version, facts, units, derived, (notice("speech-made"),))


def _vtt(segments: list[dict[str, Any]]) -> str:
    cues = (
        f"{_clock(segment['start_ms'])} --> {_clock(segment['end_ms'])}\n{segment['text'].replace('-->', '→')}\n"
        for segment in segments
    )
    return "WEBVTT\n\n" + "\n".join(cues)


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
