"""Reads a metadata list (CSV or XLSX) into rows of text. Owns: encoding, delimiter, limits. No Django: it runs jailed.

The result is a plain dictionary, ready for JSON. What a cell means is not known here.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

MOST_BYTES = 20 * 2**20
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_CELL = 2_000
_DELIMITERS = ",;\t|，"
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"


class UnreadableList(Exception):
    """The list cannot be read at all; the text is a machine code."""


def read(path: str) -> dict[str, Any]:
    """Header and rows of the list at `path`.

    Keys: `kind` csv|xlsx, `encoding`, `delimiter`, `header` [text], `rows` [{number, cells, fault}] and, when the
    list cannot be read, only `error` with a machine code. `number` counts lines of the sheet from 1 (the header).
    """
    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise UnreadableList("list-too-large")
        data = Path(path).read_bytes()
        if data.startswith(_OLE_MAGIC):
            raise UnreadableList("list-old-excel")
        table = _read_xlsx(data) if data.startswith(_ZIP_MAGIC) else _read_csv(data)
        if not table["header"]:
            raise UnreadableList("list-empty")
    except UnreadableList as exc:
        return {"error": str(exc)}
    return table


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding: UTF-8 or UTF-16 by their marks, else whichever of UTF-8 and GB18030 leaves fewer faults.

    Bytes that belong to neither become U+FFFD, so that the row they stand in can be named.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "utf-16"
    utf8 = data.decode("utf-8-sig", errors="replace")
    faults = utf8.count("�")
    if not faults:
        return utf8, "utf-8"
    chinese = data.decode("gb18030", errors="replace")
    return (chinese, "gb18030") if chinese.count("�") < faults else (utf8, "utf-8")


def guess_delimiter(text: str) -> str:
    """The sign that parts the cells of the first line that has any; a comma when none does."""
    for line in text.splitlines():
        if line.strip():
            bare = "".join(part for index, part in enumerate(line.split('"')) if index % 2 == 0)
            return max(_DELIMITERS, key=bare.count) if any(sign in bare for sign in _DELIMITERS) else ","
    return ","


def _read_csv(data: bytes) -> dict[str, Any]:
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableList("list-not-text")
    text, encoding = decode(data)
    delimiter = guess_delimiter(text)
    csv.field_size_limit(MOST_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    header: list[str] = []
    rows: list[dict[str, Any]] = []
    number = 1
    for cells in reader:
        here, number = number, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
            _check_width(header)
        else:
            rows.append(_row(here, cells, len(header)))
            _check_length(rows)
    return {"kind": "csv", "encoding": encoding, "delimiter": delimiter, "header": header, "rows": rows}


def _read_xlsx(data: bytes) -> dict[str, Any]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        header: list[str] = []
        rows: list[dict[str, Any]] = []
        for number, values in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1), start=1):
            cells = _trimmed([_text(value) for value in values])
            if not cells:
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                _check_width(header)
            else:
                rows.append(_row(number, cells, len(header)))
                _check_length(rows)
    except UnreadableList:
        raise
    except Exception as exc:
        raise UnreadableList("list-damaged") from exc
    return {"kind": "xlsx", "encoding": "", "delimiter": "", "header": header, "rows": rows}


def _row(number: int, cells: list[str], width: int) -> dict[str, Any]:
    filled = [cell.strip() for cell in _trimmed(cells)]
    fault = ""
    if len(filled) > width:
        fault = "too-many-cells"
    elif any("�" in cell for cell in filled):
        fault = "undecodable"
    elif any("\x00" in cell for cell in filled):
        fault = "control-characters"
    elif any(len(cell) > MOST_CELL for cell in filled):
        fault = "cell-too-long"
    shown = [cell[:MOST_CELL] for cell in filled[:width]]
    return {"number": number, "cells": shown + [""] * (width - len(shown)), "fault": fault}


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end, which spreadsheets add at will."""
    last = max((index for index, cell in enumerate(cells) if cell.strip()), default=-1)
    return cells[: last + 1]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.strftime("%Y-%m-%d")
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _check_width(header: list[str]) -> None:
    if len(header) > MOST_COLUMNS:
        raise UnreadableList("list-too-wide")


def _check_length(rows: list[dict[str, Any]]) -> None:
    if len(rows) > MOST_ROWS:
        raise UnreadableList("list-too-long")
