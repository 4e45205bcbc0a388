"""Small pictures of a file: thumbnails of pages and photos, and the waveform of a sound. Runs in the jail."""

from __future__ import annotations

import array
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from ingest.readers import render

THUMBNAIL_SIDE = 480


def thumbnail(path: str, mime: str, into: str, turn: int = 0) -> dict[str, Any]:
    """WebP of the first page or the picture, at most THUMBNAIL_SIDE; or `fault`."""
    try:
        image = render.page(path, mime, 1, dpi=50 if mime == "application/pdf" else 60)
    except render.NotDrawable as error:
        return {"fault": str(error)}
    image = image.rotate(-turn, expand=True) if turn else image
    render.save_webp(render.fitted(image, THUMBNAIL_SIDE), into)
    return {"width": image.width, "height": image.height}


def shrink(path: str, into: str) -> dict[str, Any]:
    """Thumbnail of a key frame that ffmpeg wrote."""
    with Image.open(path) as image:
        render.save_webp(render.fitted(image.convert("RGB"), THUMBNAIL_SIDE), into)
    return {}


def waveform(path: str, into: str, rate: int, points: int) -> dict[str, Any]:
    """Peaks of 16-bit mono samples: JSON {"version", "duration_ms", "peaks"}, each peak 0..255, at most `points`.

    Returns the loudest peak: 0 is silence.
    """
    total = Path(path).stat().st_size // 2
    per_point = max(1, -(-total // points))
    peaks: list[int] = []
    with Path(path).open("rb") as stream:
        while piece := stream.read(per_point * 2):
            samples = array.array("h", piece[: len(piece) // 2 * 2])
            if sys.byteorder == "big":
                samples.byteswap()
            if samples:
                peaks.append(min(255, max(max(samples), -min(samples)) * 255 // 32767))
    answer = {"version": 1, "duration_ms": round(total * 1000 / rate), "peaks": peaks}
    Path(into).write_text(json.dumps(answer, separators=(",", ":")), "utf-8")
    return {"loudest": max(peaks, default=0), "points": len(peaks)}
