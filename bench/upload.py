"""Upload through the application against the bare work it stands for: `python -m bench.upload [--gib 2]`.

Bare: one program puts the same file to the same S3 in parts while it computes SHA-512 and SM3 in parallel. Ours: the
same file as the body of one request to the API, until the receipt is there. Alternating, twice each. Memory of every
process of ours is sampled throughout.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import queue
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import services
from config.stack import ports, process
from ingest.tools.jail_watch import descendants, resident_bytes

PART = 8 << 20


def main() -> None:
    """Run, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with services.running() as folder:
        path = folder / "large.bin"
        ours, bare = [], []
        with site(folder) as (port, children):
            key = _key()
            _fill(path, PART, 999)
            _through_the_application(path, port, key)  # what is imported with the first upload is not held against it
            time.sleep(3)
            memory = Memory([child.pid for child in children])
            for number in range(given.rounds):
                _fill(path, round(given.gib * 2**30), number)
                bare.append(_bare(path, f"bare-{number}"))
                ours.append(_through_the_application(path, port, key))
            grown = memory.stop()
        ratio = statistics.median(bare) / statistics.median(ours)
        print(
            json.dumps(
                {
                    "gib": given.gib,
                    "bare_seconds": [round(value, 2) for value in bare],
                    "our_seconds": [round(value, 2) for value in ours],
                    "ratio": round(ratio, 3),
                    "mib_grown_at_most": grown,
                },
                indent=2,
            )
        )


@contextmanager
def site(folder: Path) -> Iterator[tuple[int, list[process.Child]]]:
    """The web server and a worker as `make run` starts them."""
    port = ports.free_ports(1)[0]
    web = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    web += ["--workers", "1", "--threads", "4", "--timeout", "0", "--no-control-socket"]
    worker = [sys.executable, "-m", "config", "worker", "--lane", "quick"]
    root = Path(__file__).resolve().parents[1]
    children = [
        process.spawn(name, argv, log=folder / f"{name}.log", env=os.environ, cwd=root)
        for name, argv in (("web", web), ("worker", worker))
    ]
    try:
        if not ports.wait_until(lambda: _answers(port), 60):
            raise SystemExit((folder / "web.log").read_text()[-2000:])
        time.sleep(3)  # both have imported everything; memory is compared from here on
        yield port, children
    finally:
        for child in children:
            child.stop(5)


class Memory:
    """Resident memory of process trees: how far each process rose above its first look, in MiB."""

    def __init__(self, roots: list[int]) -> None:
        self._roots, self._first, self._most = roots, {}, {}  # type: ignore[var-annotated]
        self._names: dict[int, str] = {}
        self._ended = threading.Event()
        self._look()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, float]:
        """By process: name → MiB."""
        self._ended.set()
        self._thread.join()
        grown = {pid: (self._most[pid] - self._first[pid]) / 2**20 for pid in self._first}
        return {f"{self._names[pid]} {pid}": round(value, 1) for pid, value in grown.items()}

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            self._look()

    def _look(self) -> None:
        for root in self._roots:
            for pid in descendants(root):
                now = resident_bytes(pid)
                if not now:
                    continue
                self._first.setdefault(pid, now)
                self._most[pid] = max(now, self._most.get(pid, 0))
                if pid not in self._names:
                    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:4]
                    self._names[pid] = b" ".join(words).decode("utf-8", "replace")[-40:]


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _key() -> str:
    from archive import people
    from archive.types import Actor, Role

    actor = Actor.system("bench")
    account = people.open_account(
        "bench", name="bench", roles=[Role.ARCHIVIST], password="bench-安卷-2026", actor=actor
    )
    return people.new_api_token(account, name="bench", actor=actor)


def _fill(path: Path, size: int, number: int) -> None:
    """Bytes that do not compress and differ from round to round."""
    block = bytearray(os.urandom(PART))
    with path.open("wb") as out:
        for index in range(-(-size // PART)):
            block[:16] = f"{number:04d}{index:012d}".encode()
            out.write(block[: min(PART, size - index * PART)])
    with path.open("rb") as stream:  # both find it in the cache
        while stream.read(PART):
            pass


def _bare(path: Path, key: str) -> float:
    """Seconds for S3 in parts and both digests, each in a thread of its own."""
    from archive import objects

    bucket = objects.incoming()
    lanes: list[queue.Queue[bytes | None]] = [queue.Queue(4), queue.Queue(4)]

    def digest(name: str, lane: queue.Queue[bytes | None]) -> None:
        value = hashlib.new(name)
        while (piece := lane.get()) is not None:
            value.update(piece)

    began = time.monotonic()
    threads = [threading.Thread(target=digest, args=pair) for pair in zip(("sha512", "sm3"), lanes, strict=True)]
    for thread in threads:
        thread.start()
    upload = bucket.create_multipart(key)
    with path.open("rb") as stream, ThreadPoolExecutor(1) as pool:
        flying: Future[str] | None = None
        parts: list[tuple[int, str]] = []
        while part := stream.read(PART):
            for lane in lanes:
                lane.put(part)
            if flying is not None:
                parts.append((len(parts) + 1, flying.result()))
            flying = pool.submit(bucket.put_part, key, upload, len(parts) + 1, part)
        if flying is not None:
            parts.append((len(parts) + 1, flying.result()))
    bucket.complete_multipart(key, upload, parts)
    for lane in lanes:
        lane.put(None)
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    bucket.remove(key)
    return seconds


def _through_the_application(path: Path, port: int, key: str) -> float:
    """Seconds from the first byte sent to the receipt."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3600)
    connection.putrequest("POST", f"/api/v1/files?file_name={quote('录像.bin')}")
    connection.putheader("Authorization", f"Bearer {key}")
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(path.stat().st_size))
    connection.endheaders()
    with path.open("rb") as stream:
        connection.sock.sendfile(stream)
    answer: Any = connection.getresponse()
    body = answer.read()
    if answer.status != 201:
        raise SystemExit(f"{answer.status} {body[:500]!r}")
    return time.monotonic() - began


if __name__ == "__main__":
    main()
