"""ocr: being built."""

from __future__ import annotations

from ingest.types import Outcome, Skipped, Work


def run(work: Work) -> Outcome:
    """Nothing yet."""
    return Skipped("not-applicable", "")


def applies(work: Work) -> bool:
    """Nothing yet."""
    return False
