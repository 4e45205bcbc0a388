"""How the shell commands tell what happens: JSON lines for programs, words for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from archive.errors import ArchiveError

OK, SOME_REFUSED, USAGE, SERVICE_DOWN, STOPPED = 0, 1, 2, 3, 130
"""Exit codes: all received (or received before), some refused, wrong use, a service is down, stopped by the person."""

PLURAL = {"received": "received", "skipped": "received before", "refused": "refused"}


@dataclass
class Report:
    """Tells what happens: JSON lines on stdout, or words and a progress bar."""

    as_json: bool
    console: Console
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PLURAL, 0))

    def file(self, path: Path, state: str, **more: Any) -> None:
        """One file is through."""
        self.counts[state] += 1
        if self.as_json:
            self.line({"path": str(path), "state": state} | more)
        elif state == "received":
            told = " (same bytes are kept already)" if more.get("duplicate_of") else ""
            self.console.print(f"{more['receipt']}  {path}{told}", highlight=False, markup=False)
        elif state == "refused":
            self.console.print(f"refused  {path}: {more['message']} {more['advice']}", style="red", markup=False)

    def line(self, value: dict[str, Any]) -> None:
        """One JSON line."""
        print(json.dumps(value, ensure_ascii=False), flush=True)

    def error(self, error: ArchiveError, **more: Any) -> None:
        """Something that concerns the whole run."""
        if self.as_json:
            self.line({"error": told_error(error) | more})
        else:
            self.console.print(f"{error.message()} {error.help()} [{error.code}]", style="red", markup=False)

    def end(self, delivery: str) -> None:
        """The sums."""
        if self.as_json:
            self.line({"summary": self.counts, "delivery": delivery})
        else:
            sums = ", ".join(f"{number} {PLURAL[state]}" for state, number in self.counts.items())
            self.console.print(f"{delivery or '—'}: {sums}", highlight=False, markup=False)


def told_error(error: ArchiveError) -> dict[str, Any]:
    """An error for JSON."""
    return {"code": error.code, "message": error.message(), "advice": error.help()}
