"""Kinds of fields that several operations share. Owns: what text may come in at all."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from archive.vocabulary import CONTENTS, DOC_TYPES, METHODS, SECRECY


def _storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor lone surrogates."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("holds characters that cannot be kept")
    return text


Line = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), AfterValidator(_storable)]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_storable)]
LongText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_storable)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]
Limit = Annotated[int, Field(ge=1, le=200)]


def _one_of(*codes: str) -> str:
    return f"^({'|'.join(('', *codes))})$"


DocType = Annotated[str, StringConstraints(pattern=_one_of(*DOC_TYPES))]
Method = Annotated[str, StringConstraints(pattern=f"^({'|'.join(METHODS)})$")]
Content = Annotated[str, StringConstraints(pattern=f"^({'|'.join(CONTENTS)})$")]
SecrecyCode = Annotated[str, StringConstraints(pattern=f"^({'|'.join(SECRECY)})$")]
OcrEngine = Annotated[str, StringConstraints(pattern=_one_of("rapidocr", "tesseract"))]
