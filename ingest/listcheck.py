"""Judges the rows of a metadata list. Owns: which rows are good, and every reason why the others are not.

Nothing is written here: `check` tells, a person confirms, `ingest.describe` applies.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from archive.errors import Words
from archive.vocabulary import CONTENTS, DOC_TYPES, METHODS, SECRECY, Term, resolve
from ingest.lists import Table
from ingest.suggest import find_date, fold
from ingest.types import Description

_LIMITS = {"title": 500, "maker": 200, "place": 200}
_SEVERAL = re.compile(r"[,，、;；/\s]+")
_ROW_FAULTS: Mapping[str, Words] = {
    "too-many-cells": _("The row has more cells than the heading has columns."),
    "undecodable": _("The row holds bytes that are neither UTF-8 nor GB18030."),
    "control-characters": _("The row holds control characters."),
    "cell-too-long": _("A cell is longer than 2,000 characters."),
}


@dataclass(frozen=True)
class Fault:
    """Why one row will not be applied. `column` is the heading as it stands in the list, "" for the whole row."""

    number: int
    column: str
    value: str
    code: str
    words: Words
    advice: Words = ""


@dataclass(frozen=True)
class GoodRow:
    """A row that can be applied. `values`: only the fields that were filled, as `Description` keeps them."""

    number: int
    name: str
    target: str  # what the name was found to be: an id, a path
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """The preview of an import."""

    table: Table
    good: tuple[GoodRow, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def bad_rows(self) -> int:
        return len({fault.number for fault in self.faults})


@dataclass(frozen=True)
class Lookups:
    """How the words of a list are turned into things. Each gives None for what is not there or not to be seen."""

    inspection: Callable[[str], str | None] = lambda _number: None
    issue: Callable[[str, str | None], str | None] = lambda _number, _inspection: None
    today: date | None = None


@dataclass
class Targets:
    """The files that a list can describe, by name and by path."""

    _by_key: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Iterable[tuple[str, str]]) -> Targets:
        """From (path or name as the file came, what it stands for)."""
        targets = cls()
        for path, target in files:
            parts = _key(path).split("/")
            for start in range(len(parts)):
                targets._by_key.setdefault("/".join(parts[start:]), []).append(target)
        return targets

    def find(self, name: str) -> list[str]:
        """All files that `name`, a file name or the end of a path, may mean."""
        return self._by_key.get(_key(name), [])


def check(table: Table, targets: Targets, lookups: Lookups) -> Checked:
    """Which rows can be applied to which file, and every fault of the others, in the order of the list."""
    good: list[GoodRow] = []
    faults: list[Fault] = []
    names = Counter(_key(table.cell(row, "file")) for row in table.rows)
    for row in table.rows:
        found, wrong = _check_row(table, row, targets, lookups, names)
        faults.extend(wrong)
        if found is not None and not wrong:
            good.append(found)
    return Checked(table, tuple(good), tuple(faults))


def _check_row(
    table: Table, row: Mapping[str, Any], targets: Targets, lookups: Lookups, names: Counter[str]
) -> tuple[GoodRow | None, list[Fault]]:
    number = int(row["number"])
    if row["fault"]:
        return None, [Fault(number, "", "", row["fault"], _ROW_FAULTS[row["fault"]])]
    name = table.cell(row, "file")
    meant = targets.find(name) if name else []
    wrong = _name_faults(table, number, name, meant, names)
    values: dict[str, Any] = {}
    for column in table.columns.keys() - {"file", "issue"}:
        _take(table, row, column, values, wrong, lookups)
    if "issue" in table.columns:  # after the inspection, whose numbers it is looked up in
        _take(table, row, "issue", values, wrong, lookups)
    wrong.sort(key=lambda fault: table.header.index(fault.column) if fault.column else -1)
    return GoodRow(number, name, meant[0] if meant else "", values), wrong


def _name_faults(table: Table, number: int, name: str, meant: Sequence[str], names: Counter[str]) -> list[Fault]:
    heading = table.header[table.columns["file"]]
    if not name:
        return [Fault(number, heading, name, "no-name", _("The file name is missing."))]
    if names[_key(name)] > 1:
        words = _("The list names this file more than once.")
        return [Fault(number, heading, name, "name-twice", words, _("Keep one of the rows."))]
    if not meant:
        words = _("There is no file of this name here.")
        return [Fault(number, heading, name, "no-such-file", words, _("Compare it with the name of the file."))]
    if len(set(meant)) > 1:
        words = _("Several files bear this name.")
        return [Fault(number, heading, name, "name-ambiguous", words, _("Give the folder too: folder/file."))]
    return []


def _take(
    table: Table, row: Mapping[str, Any], column: str, values: dict[str, Any], wrong: list[Fault], lookups: Lookups
) -> None:
    text = table.cell(row, column)
    if not text:
        return
    try:
        values[column] = _value_of(column, text, values, lookups)
    except _BadCell as exc:
        heading = table.header[table.columns[column]]
        wrong.append(Fault(int(row["number"]), heading, text[:80], exc.code, exc.words, exc.advice))


class _BadCell(Exception):
    def __init__(self, code: str, words: Words, advice: Words = "") -> None:
        super().__init__(code)
        self.code, self.words, self.advice = code, words, advice


def _value_of(column: str, text: str, values: Mapping[str, Any], lookups: Lookups) -> Any:
    match column:
        case "date":
            return _date(text, lookups.today)
        case "doc_type":
            return _code(DOC_TYPES, text, _("This is no document type."), _("Use a code D01–D33 or its Chinese name."))
        case "secrecy":
            advice = _("Use 公开, 内部 or 工作秘密; classified material must not be kept here.")
            return _code(SECRECY, text, _("This is no level of secrecy that may be kept here."), advice)
        case "methods":
            advice = _("Use codes W1–W7, parted by commas.")
            return _codes(METHODS, text, _("This is no method of inspection."), advice)
        case "contents":
            advice = _("Use codes C1–C9, parted by commas.")
            return _codes(CONTENTS, text, _("This is no content of inspection."), advice)
        case "inspection":
            return _found(lookups.inspection(text), _("There is no inspection of this number that you may see."))
        case "issue":
            return _found(
                lookups.issue(text, values.get("inspection")), _("There is no issue of this number that you may see.")
            )
        case _:
            if len(text) > _LIMITS[column]:
                raise _BadCell("too-long", _("The text is too long."), _("Shorten it."))
            return text


def _date(text: str, today: date | None) -> date:
    day = find_date(text)
    if day is None:
        raise _BadCell("no-date", _("This is no date."), _("Write it as 2026-03-12."))
    if today is not None and day > today:
        raise _BadCell("date-in-future", _("The date lies in the future."), _("Check the year."))
    return day


def _code(vocabulary: Mapping[str, Term], text: str, words: Words, advice: Words) -> str:
    code = resolve(vocabulary, fold(text))
    if code is None:
        code = resolve(vocabulary, fold(text).split()[0])  # "D10 座谈会记录"
    if code is None:
        raise _BadCell("unknown-code", words, advice)
    return code


def _codes(vocabulary: Mapping[str, Term], text: str, words: Words, advice: Words) -> tuple[str, ...]:
    whole = resolve(vocabulary, fold(text))
    if whole:
        return (whole,)
    parts = [part for part in _SEVERAL.split(fold(text)) if part]
    return tuple(sorted({_code(vocabulary, part, words, advice) for part in parts}))


def _found(value: str | None, words: Words) -> str:
    if value is None:
        raise _BadCell("not-found", words, _("Check the number."))
    return value


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").strip().strip("/").casefold()


def described(common: Description, values: Mapping[str, Any]) -> Description:
    """The description that holds for all files, with the filled cells of one row laid over it."""
    told = {name: value for name, value in values.items() if name not in ("inspection", "issue")}
    if "inspection" in values:
        told["inspection_id"] = UUID(values["inspection"])
    if "issue" in values:
        told["issue_id"] = UUID(values["issue"])
    return replace(common, **told)
