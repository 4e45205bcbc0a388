"""Programs of the system that the product calls, and what stops working without each. Owns the list; runs nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """A program, the Debian package that brings it, and what is lost without it."""

    program: str
    package: str
    zh: str
    en: str


TOOLS = (
    Tool("bwrap", "bubblewrap", "无法隔离运行外部工具", "outside tools cannot be shut in"),
    Tool("ffmpeg", "ffmpeg", "无法处理录音录像", "audio and video are kept but not read"),
    Tool("ffprobe", "ffmpeg", "无法处理录音录像", "audio and video are kept but not read"),
    Tool("tesseract", "tesseract-ocr", "不能选用 Tesseract 识别", "Tesseract cannot be chosen for OCR"),
    Tool("soffice", "libreoffice-core-nogui", "旧版 Office 文件没有预览", "old Office files have no preview"),
)
PACKAGES_WITHOUT_PROGRAM = (
    "libmagic1",  # the types of files
    "tesseract-ocr-chi-sim",
    "libreoffice-writer-nogui",
    "libreoffice-calc-nogui",
    "libreoffice-impress-nogui",
    "fonts-noto-cjk",  # Chinese text in previews
)
# only for `make test`: a browser, and what fetches and runs Elasticsearch
TEST_PACKAGES = ("chromium", "maven", "default-jre-headless", "espeak-ng")
PROGRAM_OF = {tool.package: tool.program for tool in TOOLS} | {
    "chromium": "chromium",
    "maven": "mvn",
    "default-jre-headless": "java",
    "espeak-ng": "espeak-ng",
}
PACKAGES = tuple(dict.fromkeys([tool.package for tool in TOOLS])) + PACKAGES_WITHOUT_PROGRAM


def missing() -> list[Tool]:
    """The tools that are not on the path."""
    return [tool for tool in TOOLS if shutil.which(tool.program) is None]
