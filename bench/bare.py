"""The bare tools on the same files, as one plain program would call them: `python -m bench.bare FOLDER`.

RapidOCR as it comes, pypdfium2, Pillow, LibreOffice and ffmpeg; one file after the other; results thrown away.
Prints JSON: seconds in each tool. No sandbox, no database, no store, nothing kept.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageOps

SECONDS: dict[str, float] = defaultdict(float)
DPI = 200


@contextmanager
def timed(tool: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    SECONDS[tool] += time.monotonic() - began


@functools.cache
def rapid() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error"})


def read_image(image: Image.Image, folder: Path) -> None:
    with timed("rapidocr"):
        rapid()(np.asarray(image)[:, :, ::-1], return_word_box=True)
    with timed("pillow"):
        image.resize((image.width * 3 // 4, image.height * 3 // 4)).save(folder / "page.webp", quality=75)


def read_pdf(path: Path, folder: Path) -> None:
    document = pdfium.PdfDocument(path)
    for number, page in enumerate(document):
        with timed("pdfium"):
            text = page.get_textpage()
            words = text.get_text_range()
            for index in range(text.count_chars()):
                text.get_charbox(index)
            if number == 0:
                page.render(scale=50 / 72).to_pil().save(folder / "thumbnail.webp")
        if not words.strip():
            with timed("pdfium"):
                image = page.render(scale=DPI / 72).to_pil().convert("RGB")
            read_image(image, folder)


def read_office(path: Path, folder: Path) -> None:
    with timed("libreoffice"):
        argv = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf"]
        subprocess.run([*argv, "--outdir", str(folder), str(path)], check=True, capture_output=True)
    read_pdf(folder / f"{path.stem}.pdf", folder)


def read_video(path: Path, folder: Path) -> None:
    with timed("ffmpeg"):
        quiet = ["ffmpeg", "-y", "-v", "error", "-i", str(path)]
        proxy = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        subprocess.run(["ffprobe", "-v", "error", "-show_streams", str(path)], check=True, capture_output=True)
        subprocess.run([*quiet, *proxy, "-movflags", "+faststart", str(folder / "proxy.mp4")], check=True)
        subprocess.run([*quiet, "-vf", "fps=1", str(folder / "%d.webp")], check=True)
        subprocess.run([*quiet, "-ac", "1", "-ar", "4000", "-f", "s16le", str(folder / "samples")], check=True)


def main(source: Path) -> None:
    """Read every file once."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for path in sorted(source.iterdir()):
            match path.suffix:
                case ".pdf":
                    read_pdf(path, folder)
                case ".docx" | ".xlsx":
                    read_office(path, folder)
                case ".mp4":
                    read_video(path, folder)
                case _:
                    with Image.open(path) as image:
                        read_image(ImageOps.exif_transpose(image).convert("RGB"), folder)
    print(json.dumps({"total": time.monotonic() - began, "tools": SECONDS}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
