"""The virus scanner's port against a double that speaks clamd's protocol over real sockets."""

from __future__ import annotations

import socketserver
import struct
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.words import both
from ingest.stages import scan
from ingest.tools import clamav
from ingest.types import Done, Facts, Outcome, Retry, Skipped, Work

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """clamd as its manual describes it, with faults to order."""

    allow_reuse_address = daemon_threads = True
    fault = ""
    limit = 1 << 20


class Session(socketserver.StreamRequestHandler):
    """One command of one client."""

    server: Daemon

    def handle(self) -> None:
        command = self._command()
        if command == b"VERSION":
            self.wfile.write(b"ClamAV 1.4.3/27500/Thu Mar 12 08:00:00 2026\0")
        elif command == b"INSTREAM":
            self._scan()

    def _command(self) -> bytes:
        assert self.rfile.read(1) == b"z"
        command = b""
        while (byte := self.rfile.read(1)) != b"\0":
            command += byte
        return command

    def _scan(self) -> None:
        data = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
            if self.server.fault == "dies":
                return
            if len(data) > self.server.limit:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        if self.server.fault == "errs":
            self.wfile.write(b"stream: Can't allocate memory ERROR\0")
        else:
            self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with Daemon(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def scanned(tmp_path: Path) -> Callable[[bytes, str], Outcome]:
    def run_scan(data: bytes, address: str) -> Outcome:
        path = tmp_path / "original"
        path.write_bytes(data)
        options = {"clamav": address}
        work = Work(uuid.uuid4(), uuid.uuid4(), "巡查.doc", len(data), path, tmp_path, Facts(), options=options)
        assert scan.applies(work)
        return scan.run(work)

    return run_scan


def address_of(daemon: Daemon) -> str:
    return f"tcp://127.0.0.1:{daemon.server_address[1]}"


def test_a_clean_file_is_clean_by_the_word_of_a_named_version(daemon: Daemon, scanned: Callable[..., Outcome]) -> None:
    outcome = scanned("无毒".encode() * 1000, address_of(daemon))
    assert isinstance(outcome, Done)
    assert (outcome.tool, outcome.tool_version) == ("clamav", "1.4.3; 27500, Thu Mar 12 08:00:00 2026")
    assert "condition" not in outcome.facts


def test_a_virus_is_named_and_the_file_becomes_infected(daemon: Daemon, scanned: Callable[..., Outcome]) -> None:
    outcome = scanned(EICAR, address_of(daemon))
    assert isinstance(outcome, Done)
    assert outcome.facts["condition"] == "infected"
    notice = outcome.notices[0]
    assert "Eicar-Test-Signature" in both(notice.words, notice.data)["zh"]


def test_a_file_over_the_limit_is_not_scanned_and_not_clean(daemon: Daemon, scanned: Callable[..., Outcome]) -> None:
    outcome = scanned(bytes(8 << 20), address_of(daemon))
    assert isinstance(outcome, Skipped)
    assert outcome.code == "scan-too-large"


@pytest.mark.parametrize("fault", ["dies", "errs"])
def test_a_daemon_that_fails_is_asked_again_later(daemon: Daemon, scanned: Callable[..., Outcome], fault: str) -> None:
    daemon.fault = fault
    outcome = scanned(EICAR, address_of(daemon))
    assert isinstance(outcome, Retry)
    assert outcome.code == "scanner-down"


def test_a_daemon_that_is_not_there_is_asked_again_later(scanned: Callable[..., Outcome], tmp_path: Path) -> None:
    assert isinstance(scanned(b"x", f"unix://{tmp_path}/none.sock"), Retry)
    assert isinstance(scanned(b"x", "tcp://127.0.0.1:9"), Retry)


def test_a_slow_daemon_is_given_up(daemon: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler, bind_and_activate=True) as mute:
        with pytest.raises(clamav.ScannerDown):
            clamav.scan(path, f"tcp://127.0.0.1:{mute.server_address[1]}", seconds=0.3)


def test_over_a_unix_socket(tmp_path: Path, scanned: Callable[..., Outcome]) -> None:
    class UnixDaemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        fault = ""
        limit = 1 << 20

    path = str(tmp_path / "clamd.sock")
    with UnixDaemon(path, Session) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        outcome = scanned(EICAR, f"unix://{path}")
        server.shutdown()
        thread.join()
    assert isinstance(outcome, Done)
    assert outcome.facts["condition"] == "infected"


def test_a_scanner_that_is_off_is_stated(scanned: Callable[..., Outcome]) -> None:
    outcome = scanned(b"x", "off")
    assert isinstance(outcome, Skipped)
    assert outcome.code == "scan-off"
    assert "病毒" in both(outcome.words)["zh"]
