"""Keeps the services of one test run: `python -m tests.services.keeper FOLDER`, plan as JSON in FOLDER/plan.json.

pytest holds its standard input. When that closes – the run is over, interrupted or killed – everything stops and the
folder goes away. Workers ask through a Unix socket; a service is started when the first of them needs it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import psycopg

from config.stack import postgres, process, seaweed
from tests.services import elastic

DATABASE = "anjuan"


class Keeper:
    """The services of one run. One request at a time: whoever asks for a service waits until it is up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan: dict[str, Any] = json.loads((folder / "plan.json").read_text())
        self.children: list[process.Child] = []
        self.elasticsearch = ""
        self.stores: dict[str, tuple[seaweed.Seaweed, process.Child]] = {}
        self.postgres: process.Child | None = None

    def start_base(self) -> None:
        """PostgreSQL and S3, unless the developer points at running ones. S3 comes up while PostgreSQL is made."""
        self.begin_stores()
        if self.plan["own_postgres"]:
            server = self._server()
            server.make()
            self.postgres = server.start()
            self.children.append(self.postgres)
            server.prepare(DATABASE, owner_may_create=True)
            with psycopg.connect(server.address(postgres.SUPERUSER, "postgres"), autocommit=True) as session:
                session.execute(f"GRANT SET ON PARAMETER session_replication_role TO {postgres.OWNER}")

    def begin_stores(self) -> None:
        """One S3 for each worker that has left a plan: a test may take its own away and disturb nobody."""
        for plan in self.folder.glob("s3-*.json"):
            worker = plan.stem.removeprefix("s3-")
            if worker not in self.stores:
                log = self.folder / f"s3-{worker}.log"
                chosen = json.loads(plan.read_text())
                key, secret = self.plan["key"], self.plan["secret"]
                store = seaweed.Seaweed(self.folder / f"s3-{worker}", log, key, secret, chosen, "64MiB", durable=False)
                self._begin(worker, store)

    def _begin(self, worker: str, store: seaweed.Seaweed) -> None:
        child = store.begin()
        self.children.append(child)
        self.stores[worker] = (store, child)

    def _serve_store(self, worker: str, need: str) -> None:
        store, child = self.stores[worker]
        if need == "stop-s3":
            child.stop(0)
            self.children.remove(child)
            return
        if need == "start-s3":
            self._begin(worker, store)
        store.await_ready(self.stores[worker][1])

    def answer(self, request: dict[str, str]) -> dict[str, str]:
        """What a worker asked for, as address or as the error in words."""
        try:
            if request["need"] == "elasticsearch" and not self.elasticsearch:
                place = self.folder / "elasticsearch"
                place.mkdir()
                child, address = elastic.begin(place)
                self.children.append(child)
                elastic.await_ready(child, address, place)
                self.elasticsearch = address
            self.begin_stores()
            if request["need"].endswith("s3") and request["worker"] in self.stores:
                self._serve_store(request["worker"], request["need"])
        except Exception:  # the test that asked shows it
            return {"error": traceback.format_exc()}
        return {"elasticsearch": self.elasticsearch}

    def stop(self) -> None:
        """Stop all at once: nothing here is kept."""
        for child in self.children:
            if child.is_running():
                os.killpg(child.pid, signal.SIGKILL)  # Elasticsearch is two processes
        for child in self.children:
            child.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _server(self) -> postgres.Postgres:
        return postgres.Postgres.at(self.folder / "pg", self.folder / "postgres.log", durable=False)


def main(folder: Path) -> int:
    """Serve until standard input closes."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=_end_with_pytest, daemon=True).start()
    keeper = Keeper(folder)
    door = socket.socket(socket.AF_UNIX)
    try:
        keeper.start_base()
        door.bind(str(folder / "keeper.sock"))
        door.listen(16)
        door.settimeout(0.2)
        (folder / "ready").touch()
        while True:
            _serve(keeper, door)
    except Exception:
        (folder / "failed").write_text(traceback.format_exc())
        signal.pause()  # pytest reads the reason first
        return 1
    finally:
        keeper.stop()


def _end_with_pytest() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _serve(keeper: Keeper, door: socket.socket) -> None:
    try:
        connection, _ = door.accept()
    except TimeoutError:
        keeper.begin_stores()
        return
    connection.settimeout(None)
    with connection, connection.makefile("rw") as stream:
        try:
            request = json.loads(stream.readline())
            stream.write(json.dumps(keeper.answer(request)) + "\n")
            stream.flush()
        except (OSError, ValueError):
            return  # the worker is gone


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
