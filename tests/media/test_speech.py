"""Speech with a real faster-whisper on a tiny model of random numbers: loading, running, times, and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers import speech as reader
from ingest.stages import speech
from ingest.types import Done, Retry, Skipped
from tests.media import samples, tiny_whisper


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_whisper.make(tmp_path_factory.mktemp("models") / "tiny-random")
    for path in (folder, *folder.parents):
        if path.is_relative_to(tmp_path_factory.getbasetemp()):
            path.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


def test_a_model_in_a_folder_is_loaded_and_run_in_the_jail_without_a_network(tmp_path: Path, model: Path) -> None:
    sound = samples.speech(tmp_path)
    outcome = speech.run(samples.order(tmp_path, sound, "audio", "audio/wav", options={"speech_model": str(model)}))
    assert isinstance(outcome, Done)
    assert outcome.tool == "faster-whisper" and outcome.tool_version.endswith("tiny-random")
    assert outcome.notices[0].code in {"speech-made", "speech-none"}
    for unit in outcome.units:
        assert unit.kind == "segment" and unit.source == "speech"
        assert unit.start_ms is not None and unit.end_ms is not None and unit.start_ms <= unit.end_ms


def test_a_folder_that_lacks_files_is_named_with_them_and_tried_again_later(tmp_path: Path, model: Path) -> None:
    assert reader.missing_from(str(model)) == []
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"x")
    assert reader.missing_from(str(folder)) == ["config.json", "tokenizer.json", "vocabulary.json"]
    sound = samples.speech(tmp_path)
    outcome = speech.run(samples.order(tmp_path, sound, "audio", "audio/wav", options={"speech_model": str(folder)}))
    assert isinstance(outcome, Retry)
    assert "tokenizer.json" in str(outcome.words)


def test_a_video_without_sound_is_passed_over_in_words(tmp_path: Path, model: Path) -> None:
    silent = samples.video(tmp_path, "-an", seconds=1)
    outcome = speech.run(samples.order(tmp_path, silent, "video", "video/mp4", options={"speech_model": str(model)}))
    assert isinstance(outcome, Skipped)
    assert outcome.code == "no-sound"


def test_segments_become_a_transcript_in_webvtt() -> None:
    segments = [{"start_ms": 3_723_004, "end_ms": 3_725_500, "text": "耒阳 --> 𠮷"}]
    assert speech._vtt(segments) == "WEBVTT\n\n01:02:03.004 --> 01:02:05.500\n耒阳 → 𠮷\n"
