"""The object storage fails while a file arrives: nothing half is kept, and the caller is told what to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from archive import objects
from ingest.models import Intake, Upload
from tests.api.caller import Caller
from tests.services import client

pytestmark = [pytest.mark.django_db]
BODY = b"a" * 100_000


class FullStore(BaseHTTPRequestHandler):
    """An S3 that has no room left: it reads what it is sent and refuses it, as MinIO does."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b"<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>"
        self.send_response(507)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_GET = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def full_store(settings: Any) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FullStore)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.S3_ENDPOINT = f"http://127.0.0.1:{server.server_port}"
    objects.client.cache_clear()
    yield
    server.shutdown()
    server.server_close()
    objects.client.cache_clear()


def test_a_store_that_is_full_is_told_and_nothing_is_received(archivist: Caller, full_store: None) -> None:
    status, problem = archivist.send("POST", "/files?file_name=a.bin", BODY)
    assert (status, problem["code"]) == (503, "store-full")
    assert "room" in problem["message"]
    assert not Intake.objects.exists()


def test_a_large_upload_cannot_begin_while_the_store_is_full_and_leaves_no_row(
    archivist: Caller, full_store: None
) -> None:
    status, problem = archivist.ask("POST", "/uploads", {"file_name": "a.mp4", "size": 2**30})
    assert (status, problem["code"]) == (503, "store-full")
    assert not Upload.objects.exists()


@pytest.mark.xdist_group("s3-down")
def test_a_store_that_is_down_is_told_and_the_same_upload_goes_on_when_it_is_back(archivist: Caller) -> None:
    upload = archivist.begin("a.bin", BODY)
    client.ask("stop-s3")
    try:
        status, problem = archivist.send("PUT", f"/uploads/{upload['id']}/content", BODY)
    finally:
        client.ask("start-s3")
    assert (status, problem["code"]) == (503, "store-unavailable")
    assert "safe" in problem["advice"]
    assert not Intake.objects.exists()
    status, done = archivist.send("PUT", f"/uploads/{upload['id']}/content", BODY)
    assert (status, done["state"]) == (200, "RECEIVED")
