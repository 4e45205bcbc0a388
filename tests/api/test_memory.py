"""Memory stays flat, whatever the size of the file."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.caller import BASE, Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]
MIB = 2**20


class Endless(io.RawIOBase):
    """A body of so many bytes that nobody holds."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = b"a" * min(size if size >= 0 else self.left, self.left, MIB)
        self.left -= len(piece)
        return piece


def peak_mib() -> int:
    """The highest resident memory of this process since `reset`, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) // 1024


def reset() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def test_300_mib_in_one_request_raise_the_process_by_no_more_than_64_mib(archivist: Caller) -> None:
    archivist.send("POST", "/files?file_name=warm.bin", b"a" * MIB)
    reset()
    before, size = peak_mib(), 300 * MIB
    environ: dict[str, Any] = {"wsgi.input": Endless(size), "CONTENT_LENGTH": str(size)}
    answer = archivist.client.generic(
        "POST",
        f"{BASE}/files?file_name=large.bin",
        b"",
        content_type="application/octet-stream",
        **environ,
    )
    raised = peak_mib() - before
    assert answer.status_code == 201
    assert json.loads(answer.content)["digests"]["sha256"] == hashlib.sha256(b"a" * size).hexdigest()
    assert raised <= 64, f"{raised} MiB"
