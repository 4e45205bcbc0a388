"""`anjuan watch`: the folder's door in front of `receive`. Import it after `django.setup()`."""

from __future__ import annotations

import argparse
import fcntl
import logging
import signal
import threading
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections
from django.utils import translation
from rich.console import Console

from archive import errors
from archive.errors import ArchiveError
from archive.types import Actor
from config.cli_report import OK, USAGE, Report, told_error
from ingest import watch
from ingest.journal import Journal
from ingest.lookups import actor_named


def watch_parser() -> argparse.ArgumentParser:
    """The options of `anjuan watch`."""
    parser = argparse.ArgumentParser(
        "anjuan watch",
        description="Take in what comes to rest in a folder. FOLDER/<inspection number>/… is linked to it.",
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(settings.WATCH_FOLDER), metavar="FOLDER")
    parser.add_argument("--seconds", type=float, default=5.0, help="a file is complete when unchanged for so long")
    parser.add_argument("--user", help="account that hands the files in; without it, the program itself")
    parser.add_argument("--once", action="store_true", help="one look for files at rest, then end")
    parser.add_argument("--json", action="store_true", help="one JSON line a file, on standard output")
    return parser


def watch_folder(argv: Sequence[str] | None = None) -> int:
    """`anjuan watch`. Runs until SIGTERM or SIGINT, then ends after the file at hand. Gives the exit code."""
    options = watch_parser().parse_args(argv)
    report = Report(options.json, Console(stderr=options.json, soft_wrap=True))
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    folder = options.folder.absolute()
    mark = sha256(str(folder).encode()).hexdigest()[:16]
    place = Path(settings.DATA) / "journal" / f"folder-{mark}.jsonl"
    with translation.override("en"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            actor = actor_named(options.user) if options.user else Actor.system("watch")
            journal = Journal(place)
            with place.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released by the system even after kill -9
                watcher = watch.Watcher(folder, actor=actor, journal=journal, seconds=options.seconds)
                watch.run(watcher, tell=lambda seen: _tell(report, seen), stop=_stopper(options))
        except BlockingIOError:
            report.error(errors.Conflict("watched-already", words="This folder is being watched already.", advice=""))
            return USAGE
        except OSError as exc:
            report.error(errors.BadInput("folder", words="%(reason)s", advice="", reason=str(exc)))
            return USAGE
        except ArchiveError as exc:
            report.error(exc)
            return USAGE
    return OK


class _Stop:
    """Waits between rounds; a signal ends the wait, and with it the watch."""

    def __init__(self, once: bool, seconds: float) -> None:
        self._event = threading.Event()
        self._rounds_left = 2 if once else -1  # the first round only remembers sizes
        self._seconds = seconds if once else 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._event.set())

    def __call__(self, wait: float) -> bool:
        self._rounds_left -= 1
        close_old_connections()
        return self._rounds_left == 0 or self._event.wait(max(wait, self._seconds))


def _stopper(options: argparse.Namespace) -> _Stop:
    return _Stop(options.once, options.seconds)


def _tell(report: Report, seen: watch.Seen | ArchiveError) -> None:
    if isinstance(seen, ArchiveError):
        report.error(seen)
    elif seen.error is not None:
        report.file(seen.path, "refused", **told_error(seen.error))
    else:
        report.file(seen.path, "received", receipt=seen.receipt)
