"""Pictures of pages with known places of their words, and generated recordings."""

from __future__ import annotations

import io
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from archive.ids import new_id

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
SIZE = (1240, 1754)
LINES = (
    ("耒阳市安全生产巡查", "座谈会记录"),
    (
        "时间：2026年3月18日上午",
        "地点：耒阳市五里牌街道办事处三楼会议室",
        "经查，该企业特种作业人员未持证上岗，",
        "动火作业未办理审批手续，现场无人监护。",
        "Hot work permit No. 𠮷-２０２６ 缺失。",
    ),
    (
        "巡查组要求：一、立即停止动火作业；",
        "二、限期十五日内完成整改并提交佐证材料；",
        "三、舉一反三，全面排查同類隱患。",
    ),
)
"""Text of three pages; the third holds traditional forms."""


@lru_cache(maxsize=8)
def draw_page(lines: tuple[str, ...], number: int) -> tuple[Image.Image, list[list[Any]]]:
    """A page as a picture, and its words: one box a line, as OCR gives it, fractions of the page."""
    picture = Image.new("RGB", SIZE, "#fdfcf8")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONT, 48, index=2)
    words: list[list[Any]] = []
    top = 240
    for line in lines:
        left, up, right, down = pen.textbbox((150, top), line, font=font)
        pen.text((150, top), line, font=font, fill="#222")
        box = [left / SIZE[0], up / SIZE[1], right / SIZE[0], down / SIZE[1]]
        words.append([line, *box, 0.97 if number != 3 else 0.58])
        top += 110
    pen.text((600, 1650), f"— {number} —", font=font, fill="#666")
    return picture, words


@lru_cache(maxsize=8)
def webp(lines: tuple[str, ...], number: int, *, small: bool = False) -> bytes:
    """A page's picture, encoded once a run."""
    picture = draw_page(lines, number)[0]
    return encoded(picture.resize((320, 453)) if small else picture, "WEBP")


def encoded(picture: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


def pdf(images: list[Image.Image]) -> bytes:
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=150, title=str(new_id()))
    return out.getvalue()


def make_media(argv: list[str], suffix: str) -> bytes:
    """Bytes of a generated recording."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out.{suffix}"
        meta = ["-metadata", f"title={new_id()}"]
        subprocess.run(["ffmpeg", "-v", "error", *argv, *meta, str(path)], check=True)
        return path.read_bytes()


SOUND = ["-f", "lavfi", "-i", "sine=frequency=330:duration=20", "-b:a", "48k"]
FILM = [
    "-f",
    "lavfi",
    "-i",
    "testsrc=size=640x360:rate=10:duration=12",
    "-pix_fmt",
    "yuv420p",
    "-movflags",
    "faststart",
]
