"""Pages, recordings and orders for stages, made by the tests themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ingest.types import Facts, Work

SERIF = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
SANS = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"

MINUTES = (
    "耒阳市安全生产巡查工作座谈会记录",
    "时间：2026年3月18日上午9时30分",
    "地点：哲桥镇人民政府三楼会议室",
    "一、烟花爆竹生产企业的隐患排查情况。",
    "危险品中转库超量储存，当日库存黑火药126公斤，",
    "超过核定存药量50公斤的规定；避雷接地电阻实测",
    "值为12.6欧姆，不符合GB 50161-2022的要求。",
    "二、關於非煤礦山的問題。露天採石場邊坡高度",
    "超過設計值15米，未設置安全平臺。",
    "Report No. LY-2026-0317 was not signed.",
    "会议要求：立即停产整改，举一反三。",
)


def page(lines: tuple[str, ...] = MINUTES, *, dpi: int = 200, points: float = 14, font: str = SERIF) -> Image.Image:
    """A sheet of A4 across half its height, black on nearly white."""
    image = Image.new("RGB", (round(8.27 * dpi), round(5.8 * dpi)), (250, 249, 245))
    draw = ImageDraw.Draw(image)
    size = round(points * dpi / 72)
    face = ImageFont.truetype(font, size)
    for number, line in enumerate(lines):
        draw.text((0.8 * dpi, 0.5 * dpi + number * size * 1.7), line, font=face, fill=(25, 25, 30))
    return image


def worn(image: Image.Image, *, tilt: float = 1.5, noise: float = 16, blur: float = 0.6) -> Image.Image:
    """As a bad scanner gives it: tilted, noisy, soft."""
    tilted = image.rotate(tilt, fillcolor=(250, 249, 245), resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(tilted).astype(np.int16)
    pixels = pixels + np.random.default_rng(7).normal(0, noise, pixels.shape).astype(np.int16)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur))


def stamped(image: Image.Image, words: str = "耒阳市应急管理局") -> Image.Image:
    """A red round seal over the text, half transparent as ink is."""
    seal = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(seal)
    x, y, r = image.width * 0.62, image.height * 0.55, image.height * 0.2
    draw.ellipse((x - r, y - r, x + r, y + r), outline=(200, 20, 20, 150), width=8)
    face = ImageFont.truetype(SANS, round(r * 0.24))
    draw.text((x - r * 0.95, y - r * 0.2), words, font=face, fill=(200, 20, 20, 150))
    return Image.alpha_composite(image.convert("RGBA"), seal).convert("RGB")


def error_rate(truth: str, found: str) -> float:
    """Characters to change, leave out or put in, over those of the truth; spaces don't count."""
    a, b = (re.sub(r"\s", "", text) for text in (truth, found))
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        now = [i]
        for j, y in enumerate(b, 1):
            now.append(min(before[j] + 1, now[-1] + 1, before[j - 1] + (x != y)))
        before = now
    return before[-1] / len(a)


def scan(folder: Path, images: list[Image.Image], *, dpi: int = 200) -> Path:
    """A PDF of images only."""
    path = folder / "scan.pdf"
    images[0].save(path, "PDF", save_all=True, append_images=images[1:], resolution=dpi)
    return path


def run(*argv: str | Path) -> None:
    subprocess.run([str(word) for word in argv], check=True, capture_output=True, timeout=60)


def speech(folder: Path, words: str = "哲桥镇安全生产座谈会现在开始") -> Path:
    """Mandarin by espeak-ng."""
    path = folder / "speech.wav"
    run("espeak-ng", "-v", "cmn", "-w", path, words)
    return path


def video(folder: Path, *options: str, seconds: int = 8, size: str = "640x360", name: str = "video.mp4") -> Path:
    """Moving test picture with speech, and what a camera declares."""
    path = folder / name
    tags = ["creation_time=2026-03-18T01:30:00Z", "location=+26.4221+112.8596+083.1/", "make=DSJ", "model=执法记录仪"]
    declared = [word for tag in tags for word in ("-metadata", tag)]
    picture = f"testsrc2=size={size}:rate=25:duration={seconds}"
    sound = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"]
    moov = ["-movflags", "use_metadata_tags+faststart" if "faststart" in options else "use_metadata_tags"]
    more = [option for option in options if option != "faststart"]
    run("ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", picture, *sound, *coded, *declared, *moov, *more, path)
    return path


def order(
    folder: Path, source: Path, medium: str, mime: str, *, options: dict[str, str] | None = None, **facts: Any
) -> Work:
    """A stage's order on a copy of `source`, as the pipeline lays it out."""
    room = folder / f"order-{uuid4()}"
    (room / "work").mkdir(parents=True)
    room.chmod(0o755)
    original = room / "original"
    shutil.copyfile(source, original)
    original.chmod(0o444)
    return Work(
        intake_id=uuid4(),
        record_id=uuid4(),
        file_name=source.name,
        size=os.path.getsize(source),
        original=original,
        folder=room / "work",
        facts=Facts(mime=mime, medium=medium, **facts),
        options=options or {},
    )
