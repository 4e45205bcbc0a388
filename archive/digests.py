"""Digests of bytes: SHA-512 (OCFL), SM3 (GB/T 32905) and SHA-256 (for display), in one pass.

The three run in threads of their own: `hashlib` lets go of the interpreter lock on large pieces, and SM3 alone
takes as long as the other two together.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import Any, BinaryIO

from archive.types import Digests

ALGORITHMS = ("sha512", "sm3", "sha256")
PIECE = 2**20


class Hasher:
    """Feed pieces, then ask `result()`. Use it as a context manager, so that its threads end."""

    def __init__(self) -> None:
        self._size = 0
        self._hashes: dict[str, Any] = {name: hashlib.new(name) for name in ALGORITHMS}
        self._lanes: dict[str, queue.Queue[bytes | None]] = {}
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Hasher:
        return self

    def __exit__(self, *exc: object) -> None:
        self._join()

    def _start(self) -> None:
        # SM3 has a lane of its own; the two SHA share one, so that two cores are about evenly used.
        for names in (("sm3",), ("sha512", "sha256")):
            lane: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
            thread = threading.Thread(target=self._work, args=(lane, names), daemon=True)
            thread.start()
            self._lanes[names[0]] = lane
            self._threads.append(thread)

    def _work(self, lane: queue.Queue[bytes | None], names: tuple[str, ...]) -> None:
        while (piece := lane.get()) is not None:
            for name in names:
                self._hashes[name].update(piece)

    def update(self, piece: bytes) -> None:
        """Take the next piece. It must not be changed afterwards."""
        self._size += len(piece)
        if not self._threads and len(piece) < 64 * 1024:  # a small file is not worth two threads
            for digest in self._hashes.values():
                digest.update(piece)
            return
        if not self._threads:
            self._start()
        for lane in self._lanes.values():
            lane.put(piece)

    def _join(self) -> None:
        for lane in self._lanes.values():
            lane.put(None)
        for thread in self._threads:
            thread.join()
        self._lanes, self._threads = {}, []

    def result(self) -> Digests:
        """The digests of all that was fed. Ends the threads."""
        self._join()
        hexed = {name: digest.hexdigest() for name, digest in self._hashes.items()}
        return Digests(size=self._size, sha512=hexed["sha512"], sm3=hexed["sm3"], sha256=hexed["sha256"])


def digests_of(stream: BinaryIO | Any) -> Digests:
    """Read a stream to its end and give its digests."""
    with Hasher() as hasher:
        while piece := stream.read(PIECE):
            hasher.update(piece)
        return hasher.result()
