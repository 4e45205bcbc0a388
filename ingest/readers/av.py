"""Audio and video: command lines for ffprobe and ffmpeg, and what their answers mean. Nothing is run here.

Command lines are built with ffmpeg-python; `ingest.tools.ffmpeg` runs them in the jail. What a recording says of its
time, device and place is what it declares, not what is true.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import ffmpeg
from ffmpeg._utils import convert_kwargs_to_cmd_line_args

TEXT_SUBTITLES = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text", "microdvd", "sami"})
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error")
_CUT_SECONDS, _CUT_SHARE = 2.0, 0.03  # what a header may claim too much and still count as rounding
_CUT_WORDS = ("partial file", "file ended prematurely", "truncat", "end of file", "invalid data found")
_POSITION = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?(?:CRS\w+)?/?")
_DEVICE = {
    "make": ("com.apple.quicktime.make", "com.android.manufacturer", "make", "manufacturer"),
    "model": ("com.apple.quicktime.model", "com.android.model", "model", "device_model"),
    "software": ("com.apple.quicktime.software", "com.android.version", "encoder", "software"),
    "title": ("title", "com.apple.quicktime.title"),
    "artist": ("artist", "author"),
    "comment": ("comment", "description"),
}


def probe_args(path: Path) -> list[str]:
    """ffprobe: container, streams and chapters as JSON."""
    wanted = {"show_format": None, "show_streams": None, "show_chapters": None, "of": "json", "v": "error"}
    return ["ffprobe", *convert_kwargs_to_cmd_line_args(wanted), str(path)]


def walk_args(path: Path) -> list[str]:
    """ffmpeg: read every packet without decoding; progress tells how much is there, errors tell what is broken."""
    stream = ffmpeg.input(str(path)).output("-", format="null", c="copy", map="0:v?").global_args(*_QUIET)
    return _compiled(stream, "-map", "0:a?", "-progress", "pipe:1", "-nostats")


def proxy_video_args(path: Path, into: Path, *, copy: bool, has_sound: bool) -> list[str]:
    """H.264 and AAC in MP4 with its index in front, at most 720 lines; `copy` only changes the container."""
    if copy:
        options: dict[str, Any] = {"c": "copy", "sn": None, "dn": None}
    else:
        options = {
            "vcodec": "libx264",
            "preset": "veryfast",
            "crf": 26,
            "pix_fmt": "yuv420p",
            "vf": "scale='if(gte(iw,ih),-2,min(720,iw))':'if(gte(iw,ih),min(720,ih),-2)',format=yuv420p",
            "acodec": "aac",
            "audio_bitrate": "96k",
            "ac": 2,
            "g": 50,
        }
    options |= {"map_metadata": -1, "movflags": "+faststart", "format": "mp4", "max_muxing_queue_size": 4096}
    maps = ["-map", "0:V:0", *(["-map", "0:a:0"] if has_sound else [])]
    return _inserted(_writing(path, into, options), maps)


def proxy_audio_args(path: Path, into: Path, *, copy: bool) -> list[str]:
    """AAC in MP4 (m4a)."""
    options: dict[str, Any] = {"acodec": "copy"} if copy else {"acodec": "aac", "audio_bitrate": "96k", "ac": 2}
    options |= {"vn": None, "sn": None, "dn": None, "map_metadata": -1, "movflags": "+faststart", "format": "ipod"}
    return _inserted(_writing(path, into, options), ["-map", "0:a:0"])


def samples_args(path: Path, into: Path, rate: int) -> list[str]:
    """The sound as 16-bit mono samples without a header."""
    options = {"ac": 1, "ar": rate, "format": "s16le", "acodec": "pcm_s16le", "vn": None}
    return _inserted(_writing(path, into, options), ["-map", "0:a:0"])


def speech_args(path: Path, into: Path, rate: int) -> list[str]:
    """The sound as mono 16-bit WAV for speech recognition."""
    options = {"ac": 1, "ar": rate, "format": "wav", "acodec": "pcm_s16le", "vn": None}
    return _inserted(_writing(path, into, options), ["-map", "0:a:0"])


def frames_args(path: Path, pattern: Path, *, every: float, apart: float, key_only: bool, side: int) -> list[str]:
    """Frames at scene changes at least `apart` seconds apart and at least one `every` seconds, named by their
    milliseconds. `key_only` decodes only what stands by itself: a tenth of the work on long recordings."""
    choose = f"eq(n,0)+gt(scene,0.3)*gte(t-prev_selected_t,{apart:.3f})+gte(t-prev_selected_t,{every:.3f})"
    limit = f"scale='min({side},iw)':'min({side},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2"
    options: dict[str, Any] = {
        "vf": f"select='{choose}',settb=1/1000,{limit}",
        "fps_mode": "vfr",
        "frame_pts": 1,
        "enc_time_base": "1:1000",
        "vcodec": "libwebp",
        "quality": 70,
        "format": "image2",
        "an": None,
    }
    reading = {"skip_frame": "nokey"} if key_only else {}
    return _inserted(_writing(path, pattern, options, **reading), ["-map", "0:V:0"])


def subtitle_args(path: Path, index: int, into: Path) -> list[str]:
    """One subtitle stream (its number among all streams) as WebVTT."""
    return _inserted(_writing(path, into, {"format": "webvtt"}), ["-map", f"0:{index}"])


def described(answer: dict[str, Any]) -> dict[str, Any]:
    """ffprobe's answer in our words: `duration_ms`, `streams`, `created`, `device`, `gps`, sizes, `subtitles`."""
    container, streams = answer.get("format", {}), answer.get("streams", [])
    tags = {key.lower(): str(value) for stream in streams[::-1] for key, value in stream.get("tags", {}).items()}
    tags |= {key.lower(): str(value) for key, value in container.get("tags", {}).items()}
    video = next((s for s in streams if s.get("codec_type") == "video" and not _is_cover(s)), None)
    sound = next((s for s in streams if s.get("codec_type") == "audio"), None)
    found: dict[str, Any] = {
        "container": container.get("format_name", ""),
        "bit_rate": _whole(container.get("bit_rate")),
        "duration_ms": _duration_ms(container, streams),
        "streams": [_stream(stream) for stream in streams[:50]],
        "chapters": len(answer.get("chapters", [])),
        "video": _stream(video) if video else None,
        "audio": _stream(sound) if sound else None,
        "subtitles": [s["index"] for s in streams if s.get("codec_name") in TEXT_SUBTITLES][:10],
        "created": _created(tags),
        "device": {name: value for name, keys in _DEVICE.items() if (value := _first(tags, keys))},
        "gps": position(_first(tags, ("com.apple.quicktime.location.iso6709", "location", "location-eng"))),
    }
    return found


def position(text: str) -> dict[str, float]:
    """Degrees and metres of an ISO 6709 point such as +26.4221+112.8596+083.1/; empty when it is none."""
    match = _POSITION.match(text.strip())
    if not match:
        return {}
    latitude, longitude = float(match[1]), float(match[2])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or latitude == longitude == 0:
        return {}
    found = {"latitude": latitude, "longitude": longitude}
    return found | ({"altitude": round(float(match[3]), 2)} if match[3] else {})


def walked_ms(progress: str) -> int | None:
    """How far `walk_args` got, in milliseconds; None when it met no packet with a time."""
    times = re.findall(r"out_time_us=(\d+)", progress)
    return max(map(int, times)) // 1000 if times else None


def error_count(said: str) -> int:
    """Lines of errors; one line may stand for many equal ones."""
    repeats = sum(int(n) - 1 for n in re.findall(r"Last message repeated (\d+) times", said))
    return sum(bool(line.strip()) for line in said.splitlines()) + max(0, repeats)


def is_cut(claimed_ms: int | None, found_ms: int | None, said: str) -> bool:
    """Whether less is there than the header claims. A hint in the errors halves what is taken for rounding."""
    if not claimed_ms or found_ms is None:
        return False
    hinted = any(words in said.lower() for words in _CUT_WORDS)
    allowed = max(_CUT_SECONDS * 1000, claimed_ms * _CUT_SHARE) / (4 if hinted else 1)
    return claimed_ms - found_ms > allowed


def plays_as_it_is(found: dict[str, Any], size: int) -> bool:
    """Whether browsers play these streams and they are small enough to send: then only the container is changed."""
    video, sound = found["video"], found["audio"]
    if sound and sound["codec"] != "aac":
        return False
    seconds = max(1.0, (found["duration_ms"] or 1000) / 1000)
    if not video:
        return bool(sound) and size * 8 / seconds < 200_000
    shown = min(video["width"] or 9999, video["height"] or 9999)
    plain = video["codec"] == "h264" and video["pix_fmt"] in ("yuv420p", "yuvj420p") and not video["rotation"]
    return plain and shown <= 720 and size * 8 / seconds < 3_000_000


def _stream(stream: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"kind": stream.get("codec_type", ""), "codec": stream.get("codec_name", "")}
    if kept["kind"] == "video":
        turned = next((d["rotation"] for d in stream.get("side_data_list", []) if "rotation" in d), 0)
        width, height = stream.get("width"), stream.get("height")
        kept |= {"width": width, "height": height, "pix_fmt": stream.get("pix_fmt", ""), "rotation": int(turned) % 360}
        kept["rate"] = _ratio(stream.get("avg_frame_rate", ""))
    if kept["kind"] == "audio":
        kept |= {"rate": _whole(stream.get("sample_rate")), "channels": stream.get("channels")}
    if language := stream.get("tags", {}).get("language", ""):
        kept["language"] = language[:20]
    return kept


def _duration_ms(container: dict[str, Any], streams: list[dict[str, Any]]) -> int | None:
    values = [container.get("duration"), *(stream.get("duration") for stream in streams)]
    for value in values:
        try:
            if value is not None and 0 < float(value) < 10_000_000:
                return round(float(value) * 1000)
        except ValueError:
            continue
    return None


def _created(tags: dict[str, str]) -> str:
    """ISO 8601. Clocks that were never set (1904, 1970, 2000-01-01) tell nothing."""
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        try:
            moment = datetime.fromisoformat(tags.get(key, "").replace("Z", "+00:00"))
        except ValueError:
            continue
        if moment.year > 1990 and (moment.year, moment.month, moment.day) != (2000, 1, 1):
            return moment.isoformat(timespec="seconds")
    return ""


def _first(tags: dict[str, str], keys: tuple[str, ...]) -> str:
    values = (tags.get(key, "").strip()[:300] for key in keys)
    return next((value for value in values if value and not value.startswith(("Lavf", "Lavc"))), "")


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _whole(value: Any) -> int | None:
    return int(value) if str(value or "").isdigit() else None


def _ratio(text: str) -> float | None:
    above, _, below = text.partition("/")
    return round(int(above) / int(below), 3) if above.isdigit() and below.isdigit() and int(below) else None


def _writing(path: Path, into: Path, options: dict[str, Any], **reading: Any) -> list[str]:
    stream = ffmpeg.input(str(path), **reading).output(str(into), **options)
    return _compiled(stream.global_args(*_QUIET, "-progress", "pipe:1", "-nostats"))


def _compiled(stream: Any, *more: str) -> list[str]:
    argv: list[str] = ffmpeg.compile(stream, overwrite_output=True)
    return _inserted(argv, list(more))


def _inserted(argv: list[str], options: list[str]) -> list[str]:
    """Output options that ffmpeg-python has no word for, put before the first of them: right behind the input."""
    at = argv.index("-i") + 2
    return [*argv[:at], *options, *argv[at:]]
