"""Speech to text with faster-whisper and a model that lies in a folder. Runs in the jail, which has no network; the
library is told not to look for one either.
"""

from __future__ import annotations

import functools
import json
import os
import wave
from pathlib import Path
from typing import Any

import numpy as np

RATE = 16_000  # samples a second, as Whisper wants them
NEEDED = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARY = ("vocabulary.json", "vocabulary.txt")
MAX_SEGMENTS = 50_000
_NO_SPEECH, _LEAST_LOGPROB = 0.8, -1.2  # beyond both a segment is noise that the model made words of


def missing_from(folder: str) -> list[str]:
    """Files that a CTranslate2 Whisper model needs and the folder lacks. Empty: it looks complete.

    tokenizer.json counts as needed: without it the library would fetch one from the network.
    """
    present = set(os.listdir(folder)) if os.path.isdir(folder) else set()
    missing = [name for name in NEEDED if name not in present]
    return missing if present & set(_VOCABULARY) else [*missing, _VOCABULARY[0]]


def transcribe(path: str, model: str, into: str, threads: int, language: str = "") -> dict[str, Any]:
    """Transcribe 16 kHz mono 16-bit WAV; writes JSON {"segments", "language", "version"} to `into`.

    A segment: `start_ms`, `end_ms`, `text`, `confidence` (mean probability of its tokens, 0..1).
    """
    import faster_whisper

    segments, info = _model(model, threads).transcribe(
        _samples(path),
        language=language or None,
        beam_size=5,
        vad_filter=True,  # silence is where Whisper invents words
        condition_on_previous_text=False,  # else one error repeats itself to the end
        initial_prompt="以下是普通话的句子。" if language == "zh" else None,  # for simplified characters
    )
    found: list[dict[str, Any]] = []
    for segment in segments:
        if segment.no_speech_prob > _NO_SPEECH and segment.avg_logprob < _LEAST_LOGPROB:
            continue
        if segment.text.strip() and len(found) < MAX_SEGMENTS:
            found.append(_segment(segment))
    answer = {"segments": found, "language": info.language, "version": faster_whisper.__version__}
    Path(into).write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
    return {"segments": len(found)}


def _segment(segment: Any) -> dict[str, Any]:
    return {
        "start_ms": max(0, round(segment.start * 1000)),
        "end_ms": max(0, round(segment.end * 1000)),
        "text": segment.text.strip(),
        "confidence": round(float(np.exp(min(0.0, segment.avg_logprob))), 4),
    }


@functools.cache
def _model(folder: str, threads: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import faster_whisper

    return faster_whisper.WhisperModel(
        folder, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )


def _samples(path: str) -> Any:
    with wave.open(path, "rb") as sound:
        if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (RATE, 1, 2):
            raise ValueError("not 16 kHz mono 16-bit")
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(np.float32) / 32768
