"""Text of OOXML and OpenDocument files and of old Excel, straight from the containers, in bounded amounts.

Old Word and PowerPoint, RTF and WPS are turned into PDF by LibreOffice first; that is the stage's work.
"""

from __future__ import annotations

import datetime
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.readers import formats as f
from ingest.readers import xml
from ingest.readers.text import pieces

MAX_SHEETS = 200
MAX_ROWS = 20_000  # of a sheet
MAX_COLUMNS = 500
MAX_SLIDES = 2000
MAX_CHARACTERS = 20_000_000  # of a document
UNIT_CHARACTERS = 20_000  # of one unit of a sheet: longer sheets make several

_NOT_SHOWN = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText"})


def extract(path: str, mime: str) -> dict[str, Any]:
    """`units`, `technical`, `notices` of an office file. Raises what the libraries raise on damaged ones."""
    notices: list[dict[str, Any]] = []
    if mime == f.XLSX:
        units = _sheet_units(_xlsx_sheets(path, notices))
    elif mime == f.XLS:
        units = _sheet_units(_xls_sheets(path, notices))
    else:
        with zipfile.ZipFile(path) as archive:
            units = _READERS[mime](archive, notices)
    return {"units": units, "notices": notices, "technical": {}}


def _docx(archive: zipfile.ZipFile, _notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Body, then notes, comments, heads and feet: they are part of what was written."""
    names = archive.namelist()
    body = [name for name in ("word/document.xml", "word/document2.xml") if name in names]
    rest = [n for n in names if re.fullmatch(r"word/(footnotes|endnotes|header\d*|footer\d*)\.xml", n)]
    texts = [_flow(root, "p", "tc") for name in (*body, *sorted(rest)) if (root := xml.part(archive, name)) is not None]
    units = _parts("\n".join(filter(None, texts)))
    remarks = xml.part(archive, "word/comments.xml")
    said = _flow(remarks, "p", "tc") if remarks is not None else ""
    return [*units, *([_unit("part", len(units) + 1, said, label="comments")] if said else [])]


def _pptx(archive: zipfile.ZipFile, _notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    units = []
    for number, name in enumerate(itertools.islice(_slide_names(archive), MAX_SLIDES), 1):
        root = xml.part(archive, name)
        text = _flow(root, "p", "tc") if root is not None else ""
        spoken = _slide_notes(archive, name)
        if text:
            units.append(_unit("slide", number, text))
        if spoken:
            units.append(_unit("slide", number, spoken, label="notes"))
    return units


def _slide_names(archive: zipfile.ZipFile) -> Iterator[str]:
    """Slides in the order they are shown; by file number when the order cannot be read."""
    presentation = xml.part(archive, "ppt/presentation.xml")
    targets = _relations(archive, "ppt/presentation.xml")
    listed = []
    if presentation is not None:
        identifiers = [
            str(value)
            for element in presentation.iter()
            if xml.local(element) == "sldId"
            for key, value in element.attrib.items()
            if str(key).endswith("}id")
        ]
        listed = [targets[identifier] for identifier in identifiers if identifier in targets]
    found = [name for name in archive.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
    yield from listed or sorted(found, key=lambda name: int(re.findall(r"\d+", name)[-1]))


def _slide_notes(archive: zipfile.ZipFile, name: str) -> str:
    for target in _relations(archive, name).values():
        if "notesSlide" in target and (root := xml.part(archive, target)) is not None:
            return "\n".join(line for line in _flow(root, "p", "tc").splitlines() if not line.strip().isdigit())
    return ""


def _relations(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    folder, _, file_name = name.rpartition("/")
    root = xml.part(archive, f"{folder}/_rels/{file_name}.rels")
    found = {}
    for element in root if root is not None else ():
        target = str(element.attrib.get("Target", ""))
        steps = target.lstrip("/").split("/") if target.startswith("/") else [*folder.split("/"), *target.split("/")]
        path: list[str] = []
        for step in steps:
            if step == "..":
                path = path[:-1]
            elif step != ".":
                path.append(step)
        found[str(element.attrib.get("Id", ""))] = "/".join(path)
    return found


def _odf_text(archive: zipfile.ZipFile, _notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    root = xml.part(archive, "content.xml")
    return _parts(_flow(root, "p", "table-cell", "h")) if root is not None else []


def _odp(archive: zipfile.ZipFile, _notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    root = xml.part(archive, "content.xml")
    pages = [e for e in root.iter() if xml.local(e) == "page"][:MAX_SLIDES] if root is not None else []
    texts = (_flow(page, "p", "table-cell", "h") for page in pages)
    return [_unit("slide", number, text) for number, text in enumerate(texts, 1) if text]


def _ods(archive: zipfile.ZipFile, notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    root = xml.part(archive, "content.xml")
    tables = [e for e in root.iter() if xml.local(e) == "table"] if root is not None else []
    return _sheet_units((xml.attribute(table, "name"), _ods_rows(table, notices)) for table in tables[:MAX_SHEETS])


def _ods_rows(table: xml.Element, notices: list[dict[str, Any]]) -> Iterator[list[str]]:
    count = 0
    for row in table.iter():
        if xml.local(row) != "table-row":
            continue
        cells: list[str] = []
        for cell in row:
            repeated = min(int(xml.attribute(cell, "number-columns-repeated") or 1), MAX_COLUMNS)
            text = _flow(cell, "p", "", "h").replace("\n", " ")
            cells += [text] * (repeated if text else 1)
        count += 1
        if count > MAX_ROWS:
            notices.append({"code": "rows-cut", "data": {"limit": MAX_ROWS}})
            return
        yield cells[:MAX_COLUMNS]


def _xlsx_sheets(path: str, notices: list[dict[str, Any]]) -> Iterator[tuple[str, Iterable[list[str]]]]:
    import openpyxl  # with numpy a quarter of a second that other files need not pay

    stream = open(path, "rb")  # noqa: SIM115 - closed with the book; a path without an ending would be refused
    book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets[:MAX_SHEETS]:
            if sheet.sheet_state != "visible":
                notices.append({"code": "hidden-sheet", "data": {"name": sheet.title}})
            sheet.reset_dimensions()  # the claimed size is often wrong
            yield sheet.title, _xlsx_rows(sheet, notices)
    finally:
        book.close()
        stream.close()


def _xlsx_rows(sheet: Any, notices: list[dict[str, Any]]) -> Iterator[list[str]]:
    for count, row in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)):
        if count >= MAX_ROWS:
            notices.append({"code": "rows-cut", "data": {"limit": MAX_ROWS}})
            return
        yield [_cell(value) for value in row]


def _xls_sheets(path: str, notices: list[dict[str, Any]]) -> Iterator[tuple[str, Iterable[list[str]]]]:
    import xlrd

    with open(path, "rb") as stream:
        book = xlrd.open_workbook(file_contents=stream.read(), on_demand=True, ignore_workbook_corruption=True)
    for number in range(min(book.nsheets, MAX_SHEETS)):
        sheet = book.sheet_by_index(number)
        if sheet.visibility:
            notices.append({"code": "hidden-sheet", "data": {"name": sheet.name}})
        if sheet.nrows > MAX_ROWS:
            notices.append({"code": "rows-cut", "data": {"limit": MAX_ROWS}})
        rows = (
            [_xls_cell(cell, book.datemode) for cell in sheet.row(index)[:MAX_COLUMNS]]
            for index in range(min(sheet.nrows, MAX_ROWS))
        )
        yield sheet.name, rows
        book.unload_sheet(number)


def _xls_cell(cell: Any, datemode: int) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return _cell(xlrd.xldate_as_datetime(cell.value, datemode))
        except (xlrd.XLDateError, ValueError, OverflowError):
            return str(cell.value)
    return "" if cell.ctype == xlrd.XL_CELL_ERROR else _cell(cell.value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat(" ", "seconds") if isinstance(value, datetime.datetime) else value.isoformat()
        case _:
            return str(value).replace("\n", " ").strip()


def _sheet_units(sheets: Iterable[tuple[str, Iterable[list[str]]]]) -> list[dict[str, Any]]:
    """Rows as lines, cells divided by tabs; a long sheet gives several units with the same number and label."""
    units: list[dict[str, Any]] = []
    total = 0
    for number, (name, rows) in enumerate(sheets, 1):
        lines = ["\t".join(row).rstrip() for row in rows]
        for piece in pieces("\n".join(filter(None, lines)), UNIT_CHARACTERS):
            units.append(_unit("sheet", number, piece, label=name))
            total += len(piece)
            if total > MAX_CHARACTERS:
                return units
    return units


def _flow(root: xml.Element, paragraph: str, cell: str, *more: str) -> str:
    """Text as it flows: a line per paragraph, a tab between cells."""
    found: list[str] = []
    ends = {paragraph, *more}
    size = 0
    for event, element in xml.walk(root, _NOT_SHOWN):
        name = xml.local(element)
        if event == "start":
            if element.text and name in ("t", "p", "h", "span", "a", "line", "title", "date", "s-text"):
                found.append(element.text)
                size += len(element.text)
            elif name in ("tab", "br", "cr", "line-break", "s"):
                found.append({"tab": "\t", "s": " "}.get(name, "\n"))
        else:
            if name in ends:
                found.append("\n")
            elif name == cell:
                found.append("\t")
            if element.tail and element.tail.strip() and name in ("span", "s", "tab", "a", "line-break"):
                found.append(element.tail)
        if size > MAX_CHARACTERS:
            break
    text = re.sub(r"\n\t", "\t", "".join(found))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()


def _parts(text: str) -> list[dict[str, Any]]:
    return [_unit("part", number, piece) for number, piece in enumerate(pieces(text), 1)]


def _unit(kind: str, number: int, text: str, label: str = "") -> dict[str, Any]:
    return {"kind": kind, "number": number, "text": text, "source": "office", "label": label}


_READERS = {f.DOCX: _docx, f.PPTX: _pptx, f.ODT: _odf_text, f.ODP: _odp, f.ODS: _ods}
