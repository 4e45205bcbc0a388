"""Mixed documents of an inspection office for benchmarks: scans, born-digital PDFs, Office files, photos, a video.

`make(folder, n)` gives the same documents every time.
"""

from __future__ import annotations

import io
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from docx import Document
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
TOWNS = ("哲桥镇", "大市镇", "仁义镇", "南阳镇", "公平圩镇", "夏塘镇", "导子镇", "淝田镇", "长坪乡", "大和圩乡")
SENTENCES = (
    "巡查组现场检查发现危险品中转库超量储存，当日库存黑火药{}公斤。",
    "库房避雷接地电阻实测值为{}欧姆，不符合规定。",
    "企业年度应提取安全费用人民币{}万元，实际提取不足。",
    "露天采石场边坡高度超过设计值{}米，未设置安全平台。",
    "作业人员{}人未按规定穿戴防静电服，现场负责人未制止。",
    "会议要求立即停产整改，期限{}日，整改后申请复查。",
    "查阅安全生产会议记录{}份，未见主要负责人签字。",
    "瓦斯传感器{}只未按期校验，监测数据不能反映实际情况。",
)


def make(folder: Path, n: int) -> list[Path]:
    """`n` documents in `folder`: of 20, six scans, one photo, seven PDFs, four texts, two tables; a video in 50."""
    folder.mkdir(parents=True, exist_ok=True)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    kinds: tuple[tuple[Callable[[Path, random.Random], None], str], ...] = (
        *[(_scan, "pdf")] * 6,
        (_photo, "jpg"),
        *[(_born_digital, "pdf")] * 7,
        *[(_text, "docx")] * 4,
        *[(_table, "xlsx")] * 2,
    )
    paths = []
    for number in range(n):
        chance = random.Random(number)
        maker, ending = (_video, "mp4") if number % 50 == 25 else kinds[number * 7 % len(kinds)]
        path = folder / f"{number:04d}-{TOWNS[number % len(TOWNS)]}.{ending}"
        maker(path, chance)
        paths.append(path)
    return paths


def _lines(chance: random.Random, count: int) -> list[str]:
    return [f"{n}．{chance.choice(SENTENCES).format(chance.randint(2, 980))}" for n in range(1, count + 1)]


def _sheet(chance: random.Random) -> Image.Image:
    image = Image.new("L", (1654, 2339), 248)
    draw, face = ImageDraw.Draw(image), ImageFont.truetype(FONT, 36)
    draw.text((420, 130), f"{chance.choice(TOWNS)}安全生产座谈会记录", font=ImageFont.truetype(FONT, 52), fill=20)
    for number, line in enumerate(_lines(chance, 26)):
        draw.text((150, 260 + number * 74), line, font=face, fill=25)
    tilted = image.rotate(chance.uniform(-1.2, 1.2), fillcolor=248, resample=Image.Resampling.BICUBIC)
    noise = np.random.default_rng(chance.randint(0, 999)).normal(0, 9, (2339, 1654))
    worn = np.clip(np.asarray(tilted) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(worn).filter(ImageFilter.GaussianBlur(0.5))


def _scan(path: Path, chance: random.Random) -> None:
    sheets = [_sheet(chance) for _ in range(chance.choice((1, 1, 2)))]
    sheets[0].save(path, "PDF", save_all=True, append_images=sheets[1:], resolution=200, quality=80)


def _photo(path: Path, chance: random.Random) -> None:
    pixels = np.random.default_rng(chance.randint(0, 999)).integers(60, 180, (90, 120, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((2400, 1800), Image.Resampling.BICUBIC)
    ImageDraw.Draw(image).text((300, 200), "烟花爆竹仓库 严禁烟火", font=ImageFont.truetype(FONT, 120), fill="white")
    image.save(path, quality=88)


def _born_digital(path: Path, chance: random.Random) -> None:
    buffer = io.BytesIO()
    sheet = canvas.Canvas(buffer, pagesize=A4)
    for _ in range(chance.randint(1, 6)):
        sheet.setFont("STSong-Light", 12)
        for number, line in enumerate(_lines(chance, 30)):
            sheet.drawString(60, 780 - number * 24, line)
        sheet.showPage()
    sheet.save()
    path.write_bytes(buffer.getvalue())


def _text(path: Path, chance: random.Random) -> None:
    document = Document()
    document.add_heading(f"{chance.choice(TOWNS)}巡查情况报告", 0)
    for line in _lines(chance, 40):
        document.add_paragraph(line)
    document.save(str(path))


def _table(path: Path, chance: random.Random) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["序号", "乡镇", "问题", "数量"])
    for number, line in enumerate(_lines(chance, 120), 1):
        sheet.append([number, chance.choice(TOWNS), line, chance.randint(1, 99)])
    book.save(path)


def _video(path: Path, chance: random.Random) -> None:
    seconds = str(chance.randint(8, 15))
    argv = ["ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={seconds}"]
    argv += ["-f", "lavfi", "-i", f"sine=frequency=300:duration={seconds}", "-c:v", "mpeg4", "-q:v", "4"]
    subprocess.run([*argv, "-c:a", "aac", str(path)], check=True)
