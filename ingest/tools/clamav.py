"""Port to a ClamAV daemon (`clamd`), by its INSTREAM command over TCP or a unix socket. No virus base of our own.

Protocol: the manual page clamd(8). A file is said to be clean only when the daemon said so of all its bytes.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from archive.errors import BadInput, Unavailable

PIECE = 256 << 10
SECONDS = 300  # for one answer of the daemon
MAX_ANSWER = 4096


class ScannerDown(Unavailable):
    code = "scanner-down"
    words = _("The virus scanner does not answer.")
    advice = _("The file is kept and marked as not scanned. Have the administrator look at the ClamAV service.")


class TooLargeToScan(Unavailable):
    code = "scan-too-large"
    words = _("The file is larger than the virus scanner accepts.")
    advice = _("It was not scanned. Raise StreamMaxLength of the ClamAV service, or scan it by other means.")


@dataclass(frozen=True)
class Verdict:
    """`virus` is "" when the daemon found none."""

    virus: str
    engine: str  # version of ClamAV
    signatures: str  # number and day of the virus base


def scan(path: Path, address: str, *, seconds: float = SECONDS) -> Verdict:
    """Have a file scanned; each answer may take `seconds`.

    Raises ScannerDown, TooLargeToScan; BadInput for an address of another form.
    """
    engine, signatures = version(address, seconds=seconds)
    with _connected(address, seconds) as connection:
        answer = _stream(connection, path)
    if "size limit exceeded" in answer:
        raise TooLargeToScan(size=path.stat().st_size)
    if answer.endswith(" FOUND"):
        return Verdict(answer.removesuffix(" FOUND").partition(": ")[2][:200], engine, signatures)
    if answer.endswith(": OK"):
        return Verdict("", engine, signatures)
    raise ScannerDown(answer=answer[:200])


def version(address: str, *, seconds: float = SECONDS) -> tuple[str, str]:
    """(engine, signature base) of the daemon. Raises ScannerDown."""
    with _connected(address, seconds) as connection:
        try:
            connection.sendall(b"zVERSION\0")
            answer = _answer(connection)
        except OSError as error:
            raise ScannerDown(answer=str(error)) from error
    name, _slash, rest = answer.partition("/")
    if not name.startswith("ClamAV"):
        raise ScannerDown(answer=answer[:200])
    return name.removeprefix("ClamAV").strip(), rest.replace("/", ", ")


def _connected(address: str, seconds: float) -> socket.socket:
    parts = urlsplit(address)
    try:
        if parts.scheme == "tcp" and parts.hostname:
            return socket.create_connection((parts.hostname, parts.port or 3310), timeout=seconds)
        if parts.scheme == "unix" and parts.path:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(seconds)
                connection.connect(parts.path)
            except OSError:
                connection.close()
                raise
            return connection
    except OSError as error:
        raise ScannerDown(answer=str(error)) from error
    raise BadInput("bad-scanner-address", value=address)


def _stream(connection: socket.socket, path: Path) -> str:
    try:
        # a daemon that has seen enough answers and closes while we still send: its answer counts
        with contextlib.suppress(BrokenPipeError, ConnectionResetError), path.open("rb") as file:
            connection.sendall(b"zINSTREAM\0")
            while piece := file.read(PIECE):
                connection.sendall(struct.pack(">I", len(piece)) + piece)
            connection.sendall(struct.pack(">I", 0))
        return _answer(connection)
    except OSError as error:
        raise ScannerDown(answer=str(error)) from error


def _answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith((b"\0", b"\n")) and len(received) < MAX_ANSWER:
        piece = connection.recv(MAX_ANSWER)
        if not piece:
            break
        received += piece
    return received.decode("utf-8", "replace").strip("\0\n ")
