"""Words in both languages at once, for rows that are read later by people of either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation

from archive.errors import Words

CODES = {"zh": "zh-hans", "en": "en"}


def both(words: Words, data: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The words rendered in Chinese and English, with `data` filled in."""
    told = {}
    for short, code in CODES.items():
        with translation.override(code):
            text = str(words)
            told[short] = text % dict(data) if data and text else text
    return told


def in_current(words: Mapping[str, str]) -> str:
    """The words of a row in the language of the page."""
    short = "en" if (translation.get_language() or "").startswith("en") else "zh"
    return words.get(short) or words.get("en") or ""
