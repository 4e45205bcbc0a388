"""Recordings: what they declare, whether all of it is there, and views that a real browser plays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from ingest.readers import av
from ingest.stages import derive, ocr, probe, speech
from ingest.types import DerivedFile, Done, Refused, Skipped, Work
from tests.media import samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def probed(work: Work) -> Work:
    """The order with the facts that probe found, as the pipeline hands it on."""
    outcome = probe.run(work)
    assert isinstance(outcome, Done)
    facts = {key: outcome.facts[key] for key in ("condition", "technical", "duration_ms") if key in outcome.facts}
    return replace(work, facts=replace(work.facts, **facts))


def derived(work: Work) -> dict[str, list[DerivedFile]]:
    outcome = derive.run(probed(work))
    assert isinstance(outcome, Done)
    found: dict[str, list[DerivedFile]] = {}
    for item in outcome.derived:
        found.setdefault(item.kind, []).append(item)
    return found


def test_a_video_tells_time_device_and_place_as_declared(tmp_path: Path) -> None:
    outcome = probe.run(samples.order(tmp_path, samples.video(tmp_path, seconds=2), "video", "video/mp4"))
    assert isinstance(outcome, Done)
    facts = dict(outcome.facts)
    assert facts["condition"] == "sound"
    assert facts["duration_ms"] == pytest.approx(2000, abs=120)
    assert (facts["width"], facts["height"], facts["created"]) == (640, 360, "2026-03-18T01:30:00+00:00")
    declared = facts["technical"]["declared"]
    assert (declared["make"], declared["model"]) == ("DSJ", "执法记录仪")
    assert declared["gps"] == {"latitude": 26.4221, "longitude": 112.8596, "altitude": 83.1}
    assert [stream["codec"] for stream in facts["technical"]["av"]["streams"]] == ["h264", "aac"]


def test_a_video_cut_before_its_index_is_truncated_and_says_what_to_do(tmp_path: Path) -> None:
    whole = samples.video(tmp_path, seconds=2).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    outcome = probe.run(samples.order(tmp_path, cut, "video", "video/mp4"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.facts["condition"]) == ("media-no-index", "truncated")
    assert "memory card" in str(outcome.advice) or "存储卡" in str(outcome.advice)


def test_a_video_cut_in_the_middle_tells_how_much_is_left_and_that_part_still_plays(tmp_path: Path) -> None:
    whole = samples.video(tmp_path, "faststart", seconds=8).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    work = samples.order(tmp_path, cut, "video", "video/mp4")
    outcome = probe.run(work)
    assert isinstance(outcome, Done)
    assert outcome.facts["condition"] == "truncated"
    told = next(notice for notice in outcome.notices if notice.code == "media-cut")
    assert told.data["claimed"] == 8 and 2 <= int(told.data["found"]) <= 6
    assert {"proxy-video", "key-frame"} <= set(derived(work))


def test_damaged_streams_are_told(tmp_path: Path) -> None:
    data = bytearray(samples.video(tmp_path, seconds=4).read_bytes())
    for place in range(len(data) // 3, len(data) // 3 + 40_000):
        data[place] ^= 0x5A
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    work = samples.order(tmp_path, broken, "video", "video/mp4")
    outcome = probe.run(work)
    conditions = [outcome.facts.get("condition")] if isinstance(outcome, Done | Refused) else []
    later = derive.run(work)
    conditions += [later.facts.get("condition")] if isinstance(later, Done) else []
    assert "damaged" in conditions


def test_a_file_of_no_length_is_refused_in_words(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.write_bytes(b"")
    outcome = probe.run(samples.order(tmp_path, nothing, "video", "video/mp4"))
    assert isinstance(outcome, Refused)
    assert str(outcome.words)


def test_subtitles_inside_a_video_become_segments(tmp_path: Path) -> None:
    words = tmp_path / "s.srt"
    words.write_text(
        "1\n00:00:00,500 --> 00:00:01,500\n<i>耒阳市</i>巡查组\n\n2\n00:00:02,000 --> 00:00:03,000\n𠮷某发言\n"
    )
    plain, both = samples.video(tmp_path, seconds=4), tmp_path / "both.mp4"
    samples.run(
        "ffmpeg",
        "-v",
        "error",
        "-i",
        plain,
        "-i",
        words,
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-c:s",
        "mov_text",
        both,
    )
    outcome = probe.run(samples.order(tmp_path, both, "video", "video/mp4"))
    assert isinstance(outcome, Done)
    assert [(unit.text, unit.start_ms, unit.end_ms) for unit in outcome.units] == [
        ("耒阳市巡查组", 500, 1500),
        ("𠮷某发言", 2000, 3000),
    ]


def test_a_video_gets_a_proxy_key_frames_a_poster_and_a_waveform(tmp_path: Path) -> None:
    source = samples.video(tmp_path, "-c:v", "mpeg4", "-c:a", "mp2", seconds=6, size="1920x1080", name="v.avi")
    found = derived(samples.order(tmp_path, source, "video", "video/x-msvideo"))
    frames = [item.number for item in found["key-frame"]]
    assert frames == sorted(frames) and frames[0] == 0 and frames[-1] > 4000 and 4 <= len(frames) <= 24
    with Image.open(found["thumbnail"][0].path) as poster:
        assert (poster.format, max(poster.size)) == ("WEBP", 480)
    wave = json.loads(found["waveform"][0].path.read_text())
    assert wave["duration_ms"] == pytest.approx(6000, abs=200)
    assert 100 < len(wave["peaks"]) <= 2000 and max(wave["peaks"]) > 10
    assert found["waveform"][0].path.stat().st_size < 12_000
    assert "ORIGINAL" in found["proxy-video"][0].recipe["command"]


def test_what_browsers_play_already_is_not_coded_again(tmp_path: Path) -> None:
    small = derived(samples.order(tmp_path, samples.video(tmp_path, seconds=3), "video", "video/mp4"))
    assert "copy" in small["proxy-video"][0].recipe["command"]
    other = samples.video(tmp_path, "-c:v", "mpeg4", seconds=2, name="old.mp4")
    coded = derived(samples.order(tmp_path, other, "video", "video/mp4"))
    assert "libx264" in coded["proxy-video"][0].recipe["command"]


PLAY = """async ([tag, address]) => {
  const player = document.createElement(tag); player.muted = true; player.src = address;
  document.body.append(player);
  await new Promise((done, fail) => { player.onloadeddata = done; player.onerror = () => fail(player.error.message); });
  await player.play();
  await new Promise((done) => { player.ontimeupdate = () => player.currentTime > 0.3 && done(); });
  player.currentTime = 1.5;
  await new Promise((done) => { player.onseeked = done; });
  return {seconds: player.duration, width: player.videoWidth || 0, at: player.currentTime};
}"""


def test_chromium_plays_the_proxies_and_jumps_within_them(tmp_path: Path, chromium: Browser) -> None:
    source = samples.video(tmp_path, "-c:v", "mpeg4", "-c:a", "mp2", seconds=4, size="1280x1024", name="v.avi")
    picture = derived(samples.order(tmp_path, source, "video", "video/x-msvideo"))["proxy-video"][0]
    sound = derived(samples.order(tmp_path, samples.speech(tmp_path), "audio", "audio/wav"))["proxy-audio"][0]
    (tmp_path / "index.html").write_text("<!doctype html><title>t</title>")
    page = chromium.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    shown: dict[str, Any] = page.evaluate(PLAY, ["video", picture.path.as_uri()])
    assert shown["width"] == 900 and shown["at"] == pytest.approx(1.5, abs=0.1)
    heard: dict[str, Any] = page.evaluate(PLAY, ["audio", sound.path.as_uri()])
    assert heard["seconds"] > 2
    page.close()


def test_what_a_recorder_writes_into_the_picture_is_read_once_with_its_time(tmp_path: Path) -> None:
    still, film = tmp_path / "still.png", tmp_path / "film.mp4"
    samples.page(("执法记录仪 2026-03-18 09:30:12", "耒阳市应急管理局 编号 017"), dpi=110, points=20).save(still)
    samples.run(
        "ffmpeg",
        "-v",
        "error",
        "-loop",
        "1",
        "-t",
        "6",
        "-i",
        still,
        "-vf",
        "scale=1280:-2",
        "-pix_fmt",
        "yuv420p",
        film,
    )
    work = probed(samples.order(tmp_path, film, "video", "video/mp4"))
    assert ocr.applies(work)
    outcome = ocr.run(work)
    assert isinstance(outcome, Done)
    assert [(unit.kind, unit.start_ms) for unit in outcome.units] == [("segment", 0)]
    assert "耒阳市应急管理局" in outcome.units[0].text


def test_speech_is_off_without_a_model_and_the_record_says_so(tmp_path: Path) -> None:
    work = samples.order(tmp_path, samples.speech(tmp_path), "audio", "audio/wav")
    assert speech.applies(work)
    outcome = speech.run(work)
    assert isinstance(outcome, Skipped)
    assert outcome.code == "speech-off" and str(outcome.words)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("+26.4221+112.8596+083.1/", {"latitude": 26.4221, "longitude": 112.8596, "altitude": 83.1}),
        ("-12.5-077.03/", {"latitude": -12.5, "longitude": -77.03}),
        ("+00.0000+000.0000/", {}),
        ("+95.0+112.0/", {}),
        ("耒阳", {}),
    ],
)
def test_a_place_is_read_from_iso_6709_or_left_out(text: str, place: dict[str, float]) -> None:
    assert av.position(text) == place


def test_a_clock_that_was_never_set_tells_nothing() -> None:
    tags = {"creation_time": "1970-01-01T00:00:00.000000Z"}
    assert av.described({"format": {"tags": tags}, "streams": []})["created"] == ""
    apple = tags | {"com.apple.quicktime.creationdate": "2026-03-18T09:30:00+0800"}
    assert av.described({"format": {"tags": apple}, "streams": []})["created"] == "2026-03-18T09:30:00+08:00"
