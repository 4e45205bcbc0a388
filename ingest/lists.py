"""Metadata lists. Owns: reading a list into a table, what its columns mean, and lists that go out again.

What the cells hold is judged in `listcheck`.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from archive.errors import BadInput, Words
from ingest.readers import listfile
from ingest.suggest import fold
from ingest.tools import jail
from ingest.types import Readable

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "file": ("文件名", "file name", "file", "filename", "文件", "路径", "path", "name"),
    "title": ("题名", "title", "标题", "名称"),
    "doc_type": ("文种", "document type", "type", "doc_type", "类型", "文件类型"),
    "date": ("日期", "date", "形成日期", "时间"),
    "maker": ("责任者", "maker", "制作人", "摄录者", "author", "作者"),
    "place": ("地点", "place", "location"),
    "methods": ("巡查方式", "methods", "method", "方式"),
    "contents": ("巡查内容", "contents", "content", "内容"),
    "secrecy": ("密级", "secrecy", "classification"),
    "inspection": ("巡查编号", "inspection", "巡查"),
    "issue": ("问题编号", "issue", "问题"),
}
"""Fields, each with the headings it is known by; the first two are those of our own template."""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LIST_FAULTS: Mapping[str, tuple[Words, Words]] = {
    "list-too-large": (_("The list is larger than 20 MiB."), _("Split it and import the parts.")),
    "list-too-long": (_("The list has more than 20,000 rows."), _("Split it and import the parts.")),
    "list-too-wide": (_("The list has more than 60 columns."), _("Remove the columns that are not in the template.")),
    "list-old-excel": (_("This is an old Excel file (.xls)."), _("Save it as XLSX or as CSV and import that.")),
    "list-not-text": (_("This is neither a CSV nor an XLSX file."), _("Save the list as XLSX or as CSV.")),
    "list-damaged": (_("The XLSX file cannot be read."), _("Open it, save it anew as XLSX or CSV and import that.")),
    "list-empty": (_("The list is empty."), _("Begin with the template.")),
}


@dataclass(frozen=True)
class Table:
    """A list as it was read, before its cells were looked at."""

    kind: str
    encoding: str
    header: tuple[str, ...]
    columns: Mapping[str, int]  # field → index in the header
    unknown: tuple[str, ...]  # headings that mean nothing to us; told, not refused
    rows: tuple[Mapping[str, Any], ...]

    def cell(self, row: Mapping[str, Any], column: str) -> str:
        """The text of one field of a row."""
        text = str(row["cells"][self.columns[column]]).strip()
        return text[1:] if text.startswith("'") and text[1:2] in _RISKY else text  # our own export put it there


def read_list(stream: Readable, name: str) -> Table:
    """The list in `stream`; read in the jail, since it comes from outside.

    Raises:
        BadInput: it is not a list, is too large, or has no column for the file name.
    """
    with tempfile.TemporaryDirectory(prefix="anjuan-list-") as folder:
        path = Path(folder) / "list"
        with path.open("wb") as copy:
            while chunk := stream.read(2**20):
                copy.write(chunk)
                if copy.tell() > listfile.MOST_BYTES:
                    raise _list_fault("list-too-large", name)
        limits = jail.Limits(seconds=60, memory_mib=1024)
        found = jail.call("ingest.readers.listfile:read", work=Path(folder), limits=limits, path=str(path))
    if "error" in found:
        raise _list_fault(found["error"], name)
    return _as_table(found)


def _list_fault(code: str, name: str) -> BadInput:
    words, advice = _LIST_FAULTS[code]
    return BadInput(code, words=words, advice=advice, name=name)


def _as_table(found: Mapping[str, Any]) -> Table:
    header = tuple(found["header"])
    columns: dict[str, int] = {}
    unknown: list[str] = []
    for index, heading in enumerate(header):
        meant = _field_of(heading)
        if meant is None or meant in columns:
            unknown.append(heading)
        else:
            columns[meant] = index
    if "file" not in columns:
        raise BadInput(
            "list-without-names",
            words=_("The list has no column “文件名” (file name)."),
            advice=_("Take the template, or name the column with the file names 文件名."),
        )
    return Table(found["kind"], found["encoding"], header, columns, tuple(unknown), tuple(found["rows"]))


def _field_of(heading: str) -> str | None:
    plain = fold(heading).strip().casefold()
    plain = re.sub(r"\s*[(（].*$", "", plain)
    return next((name for name, known in COLUMNS.items() if plain in known), None)


def safe_cell(value: str) -> str:
    """`value`, made harmless for spreadsheets, which would run what begins like a formula."""
    return f"'{value}" if value.startswith(_RISKY) else value


def template() -> bytes:
    """An empty list with an example, as CSV that Excel opens rightly (UTF-8 with its mark)."""
    example = ["座谈会记录.pdf", "灶市街道座谈会记录", "D10", "2026-03-12", "巡查一组", "灶市街道", "W4", "C2,C5"]
    return to_csv([known[0] for known in COLUMNS.values()], [[*example, "内部", "", ""]])


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV for spreadsheets: UTF-8 with its mark, no cell that runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
