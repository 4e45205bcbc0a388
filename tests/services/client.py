"""What a test process asks of the keeper."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from tests.services.plugin import await_base


def ask(need: str) -> dict[str, str]:
    """Have a service started (or stopped) and wait for it. Raises `RuntimeError` with the keeper's words."""
    await_base()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(Path(os.environ["ANJUAN_TEST_FOLDER"]) / "keeper.sock"))
        with connection.makefile("rw") as stream:
            stream.write(json.dumps({"need": need, "worker": os.environ.get("PYTEST_XDIST_WORKER", "main")}) + "\n")
            stream.flush()
            answer: dict[str, str] = json.loads(stream.readline())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer
