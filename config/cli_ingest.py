"""`anjuan ingest`: the shell's door in front of `receive`. Import it after `django.setup()`.

Exit codes: 0 all received (or received before), 1 some refused, 2 wrong use, 3 a service is down.
"""

from __future__ import annotations

import argparse
import getpass
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from archive import errors
from archive.errors import ArchiveError
from archive.types import Actor
from archive.vocabulary import DOC_TYPES, SECRECY
from config.cli_report import OK, SERVICE_DOWN, SOME_REFUSED, STOPPED, USAGE, Report, told_error
from ingest import descriptions, listcheck, lists
from ingest.folders import files_in, is_temporary
from ingest.handin import HandIn, Taken
from ingest.journal import Journal
from ingest.lookups import actor_named, inspection_named, issue_named, lookups_for
from ingest.receive import close_delivery, open_delivery
from ingest.types import Description


def ingest_parser() -> argparse.ArgumentParser:
    """The options of `anjuan ingest`."""
    parser = argparse.ArgumentParser("anjuan ingest", description="Hand in files and folders; a second run goes on.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders (with all below them)")
    parser.add_argument("--inspection", metavar="NUMBER", help="the inspection they belong to, e.g. XC2026-001")
    parser.add_argument("--issue", metavar="NUMBER", help="the issue they prove something about")
    parser.add_argument("--type", metavar="CODE", choices=sorted(DOC_TYPES), default="", help="document type, D01–D33")
    parser.add_argument("--date", type=date.fromisoformat, help="date of making, 2026-03-12")
    parser.add_argument("--maker", default="", help="who made them")
    parser.add_argument("--place", default="", help="where they were made")
    parser.add_argument("--secrecy", choices=sorted(SECRECY), default="INTERNAL")
    parser.add_argument("--ocr", choices=["rapidocr", "tesseract"], default="", help="engine for scans")
    parser.add_argument("--list", type=Path, metavar="FILE", help="CSV or XLSX with a description for each file")
    parser.add_argument("--skip-bad-rows", action="store_true", help="go on although rows of the list are bad")
    parser.add_argument("--user", help="account that hands them in; without it, the program under your login")
    parser.add_argument("--json", action="store_true", help="one JSON line a file, on standard output")
    return parser


def ingest(argv: Sequence[str] | None = None) -> int:
    """`anjuan ingest`. Gives the exit code."""
    options = ingest_parser().parse_args(argv)
    report = Report(options.json, Console(stderr=options.json, soft_wrap=True))
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # a service that is down is told in words
    with translation.override("en"):
        try:
            return _ingest(options, report)
        except errors.Unavailable as exc:
            report.error(exc)
            return SERVICE_DOWN
        except DatabaseError:
            report.error(errors.Unavailable("database-down"))
            return SERVICE_DOWN
        except ArchiveError as exc:
            report.error(exc)
            return USAGE
        except KeyboardInterrupt:
            report.console.print("Stopped. Run the same command again to go on.")
            return STOPPED


def _ingest(options: argparse.Namespace, report: Report) -> int:
    actor = actor_named(options.user) if options.user else Actor.system(f"shell:{getpass.getuser()}")
    common = _description(options, actor)
    descriptions.check(common, actor=actor)
    files = _files(options.paths, without=options.list)
    special = _from_list(options, files, actor, report)
    if special is None:
        return USAGE
    handin = HandIn(Journal(Path(settings.DATA) / "journal" / "shell.jsonl"), actor, "shell")
    delivery = _Delivery(actor, ", ".join(str(path) for path in options.paths))
    try:
        with _progress(report, files) as progress:
            for path in files:
                declared = replace(special.get(str(path), common), path=files[path])
                _take(handin, path, declared, delivery, report, progress)
    finally:
        delivery.close()
    report.end(delivery.number)
    return SOME_REFUSED if report.counts["refused"] else OK


def _take(
    handin: HandIn, path: Path, declared: Description, delivery: _Delivery, report: Report, progress: _Bar
) -> None:
    size, read = path.lstat().st_size if path.exists() else 0, 0

    def on_bytes(count: int) -> None:
        nonlocal read
        read += count
        progress.advance(count)

    progress.now(path)
    try:
        taken = handin.take(path, declared, delivery.id, on_bytes)
        report.file(path, "received" if taken.receipt else "skipped", **_receipt_of(taken))
    except errors.Unavailable:
        raise
    except ArchiveError as exc:
        report.file(path, "refused", **told_error(exc))
    except OSError as exc:
        report.file(path, "refused", code="unreadable", message=f"cannot be read: {exc.strerror}", advice="")
    progress.advance(max(0, size - read))


def _receipt_of(taken: Taken) -> dict[str, Any]:
    told: dict[str, Any] = {"receipt": taken.number}
    if taken.receipt is not None:
        digests = taken.receipt.digests
        told |= {"intake_id": str(taken.receipt.intake_id), "size": digests.size}
        told |= {"sha512": digests.sha512, "sm3": digests.sm3}
        told["duplicate_of"] = str(taken.receipt.duplicate_of) if taken.receipt.duplicate_of else None
    return told


def _description(options: argparse.Namespace, actor: Actor) -> Description:
    inspection = inspection_named(actor, options.inspection).pk if options.inspection else None
    return Description(
        inspection_id=inspection,
        issue_id=issue_named(actor, options.issue, inspection).pk if options.issue else None,
        doc_type=options.type,
        date=options.date,
        maker=options.maker,
        place=options.place,
        secrecy=options.secrecy,
        ocr_engine=options.ocr,
    )


def _files(paths: Sequence[Path], *, without: Path | None) -> dict[Path, str]:
    """Files in order, each with its path as handed in: from the named folder on."""
    found: dict[Path, str] = {}
    for path in paths:
        root = Path(os.path.abspath(path))
        if not root.exists():
            raise errors.BadInput("no-such-path", words="%(path)s does not exist.", path=str(path))
        found |= {one: str(one.relative_to(root.parent)) for one in files_in(root) if not is_temporary(one.name)}
    if without is not None:
        found.pop(Path(os.path.abspath(without)), None)
    return found


def _from_list(
    options: argparse.Namespace, files: Iterable[Path], actor: Actor, report: Report
) -> dict[str, Description] | None:
    """Descriptions by path; None when the list has bad rows and the run shall not go on without them."""
    if options.list is None:
        return {}
    with options.list.open("rb") as stream:
        table = lists.read_list(stream, options.list.name)
    checked = listcheck.check(table, listcheck.Targets.of((str(path), str(path)) for path in files), lookups_for(actor))
    for fault in checked.faults:
        words = f"row {fault.number}, {fault.column or 'whole row'}: {fault.words} {fault.advice} {fault.value!r}"
        report.error(errors.BadInput(fault.code, words=words.replace("%", "%%"), advice=""), row=fault.number)
    if checked.faults and not options.skip_bad_rows:
        return None
    common = _description(options, actor)
    return {row.target: listcheck.described(common, row.values) for row in checked.good}


class _Delivery:
    """Opened when the first file needs it, so that a run with nothing new leaves no empty delivery."""

    def __init__(self, actor: Actor, title: str) -> None:
        self._actor, self._title = actor, title
        self._id: UUID | None = None
        self.number = ""

    def id(self) -> UUID:
        if self._id is None:
            made = open_delivery(self._actor, "shell", self._title)
            self._id, self.number = made.pk, made.number
        return self._id

    def close(self) -> None:
        if self._id is not None:
            close_delivery(self._id, actor=self._actor)


class _Bar:
    """A progress bar by bytes, or nothing at all for JSON."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total) if progress else None

    def __enter__(self) -> _Bar:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._progress:
            self._progress.stop()

    def now(self, path: Path) -> None:
        if self._progress and self._task is not None:
            self._progress.update(self._task, description=path.name[:40])

    def advance(self, count: int) -> None:
        if self._progress and self._task is not None:
            self._progress.advance(self._task, count)


def _progress(report: Report, files: Iterable[Path]) -> _Bar:
    total = sum(path.lstat().st_size for path in files)
    if report.as_json:
        return _Bar(None, total)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return _Bar(Progress(*columns, console=report.console, transient=True), total)
