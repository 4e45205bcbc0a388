"""ffprobe and ffmpeg in the jail: the only place that runs them. Command lines come from `ingest.readers.av`."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from ingest.readers import av
from ingest.tools import jail

PROBE = jail.Limits(seconds=60, memory_mib=1024, file_mib=64)


def probe(path: Path, folder: Path) -> dict[str, Any]:
    """`av.described` of a file. Raises ToolFailure: -refused when ffprobe cannot open it."""
    done = jail.run(av.probe_args(path), work=folder, limits=PROBE, readable=(path,))
    try:
        return av.described(json.loads(done.stdout))
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise jail.ToolFailure("tool-crashed", "ffprobe", stderr=str(error)) from error


def run(argv: list[str], path: Path, folder: Path, limits: jail.Limits) -> tuple[str, str]:
    """Run ffmpeg on `path`; gives progress and errors as text. Raises ToolFailure."""
    done = jail.run(argv, work=folder, limits=limits, readable=(path,))
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


@functools.cache
def version() -> str:
    """Version of ffmpeg, or "" when there is none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = jail.run(["ffmpeg", "-version"], work=Path(folder), limits=jail.Limits(seconds=30)).stdout
        except jail.ToolFailure:
            return ""
    words = told.decode("utf-8", "replace").split()
    return words[2] if len(words) > 2 else ""
