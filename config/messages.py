"""Compiles the translations: `python -m config.messages`. Needs neither Django nor the gettext programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from babel.messages import mofile, pofile

BASE = Path(__file__).resolve().parent.parent


def compile_all(root: Path = BASE / "locale") -> list[Path]:
    """Write each `.mo` that is older than its `.po`; gives what was written. Raises `ValueError` on a bad file."""
    written = []
    for source in sorted(root.glob("*/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            with source.open("rb") as lines:
                catalog = pofile.read_po(lines, abort_invalid=True)
        except pofile.PoFileError as exc:
            raise ValueError(f"{source.relative_to(root.parent)}: {exc}") from exc
        draft = target.with_suffix(f".{os.getpid()}")  # a process that reads meanwhile sees the old or the new one
        with draft.open("wb") as out:
            mofile.write_mo(out, catalog)
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_all():
        sys.stdout.write(f"{path.relative_to(BASE)}\n")
