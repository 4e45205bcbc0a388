"""The API of the running product: real web server, real worker, real lines that break."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit

from archive import people
from archive.models import Original
from archive.types import Actor, Role
from ingest.models import Intake
from inspections import cases
from inspections.models import Inspection
from tests.make import make_account

SYSTEM = Actor.system("test")
MIB = 2**20
PATIENCE = 120  # seconds that the worker may take


class Line:
    """A person with a key, over the network."""

    def __init__(self, site: str, *roles: Role) -> None:
        self.site = site
        self.account, self.actor = make_account(*roles)
        self.key = people.new_api_token(self.account, name="test", actor=SYSTEM)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, Any]:
        request = urllib.request.Request(f"{self.site}/api/v1{path}", data=body, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", "application/octet-stream")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as exc:
            return exc.code, exc.read(), exc.headers

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        body = None if value is None else json.dumps(value).encode()
        status, answer, _headers = self.call(method, path, body, {"Content-Type": "application/json"})
        assert status < 300, answer
        return json.loads(answer)

    def hand_in(self, name: str, body: bytes, query: str = "") -> dict[str, Any]:
        status, answer, _headers = self.call("POST", f"/files?file_name={quote(name)}{query}", body)
        assert status == 201, answer
        done: dict[str, Any] = json.loads(answer)
        return done

    def stored(self, intake_id: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            intake: dict[str, Any] = self.ask("GET", f"/intakes/{intake_id}")
            if intake["state"] != "RECEIVED":
                return intake
            time.sleep(0.3)
        raise AssertionError(f"not stored after {PATIENCE} s: {intake}")


def inspections_of(*lines: Line) -> list[Inspection]:
    """An inspection for each person, which only their team sees."""
    made = []
    for line in lines:
        team = [line.account, make_account(Role.INSPECTOR)[0], make_account(Role.INSPECTOR)[0]]
        batch = cases.open_batch(2026, int.from_bytes(os.urandom(2)) % 30_000, "批", actor=SYSTEM)
        opened = cases.open_team(batch, "组", leader=team[0], members=team[1:], actor=SYSTEM)
        unit = cases.open_unit(f"单位 {line.account.pk}", "enterprise", actor=SYSTEM)
        made.append(cases.open_inspection(unit, batch, opened, actor=SYSTEM))
    return made


def test_two_people_who_upload_the_same_file_at_the_same_moment_keep_it_once_and_link_it_twice(live_site: str) -> None:
    first, second = Line(live_site, Role.INSPECTOR), Line(live_site, Role.INSPECTOR)
    cases_ = inspections_of(first, second)
    body = os.urandom(3 * MIB)
    with ThreadPoolExecutor(2) as pool:
        orders = [
            pool.submit(line.hand_in, "证据.bin", body, f"&inspection_id={case.pk}")
            for line, case in zip((first, second), cases_, strict=True)
        ]
        intakes = [order.result() for order in orders]
    assert len({intake["receipt"] for intake in intakes}) == 2
    ends = [first.stored(intakes[0]["id"]), second.stored(intakes[1]["id"])]
    assert sorted(end["state"] for end in ends) == ["DUPLICATE", "STORED"]
    assert Original.objects.filter(sha512=hashlib.sha512(body).hexdigest()).count() == 1
    assert ends[0]["record_id"] == ends[1]["record_id"]
    record = Line(live_site, Role.ARCHIVIST).ask("GET", f"/records/{ends[0]['record_id']}")
    assert {link["subject"]["id"] for link in record["links"]} == {str(case.pk) for case in cases_}
    seen = first.ask("GET", f"/records/{ends[0]['record_id']}")
    assert [link["subject"] is not None for link in seen["links"]].count(True) == 1  # not the other team's case


def test_the_second_one_learns_where_the_first_is_only_if_it_may_be_seen(live_site: str) -> None:
    archivist, stranger = Line(live_site, Role.ARCHIVIST), Line(live_site, Role.INSPECTOR)
    body = os.urandom(1000)
    first = archivist.stored(archivist.hand_in("原件.bin", body)["id"])
    again = archivist.hand_in("再来.bin", body)
    assert again["duplicate"] is True
    assert again["first"]["id"] == first["record_id"]
    hidden = stranger.hand_in("陌生.bin", body)
    assert (hidden["duplicate"], hidden["first"]) == (False, None)


def test_the_original_comes_back_whole_or_in_part_with_its_digests(live_site: str) -> None:
    line = Line(live_site, Role.ARCHIVIST)
    body = os.urandom(300_000)
    intake = line.stored(line.hand_in("耒阳 证据.bin", body)["id"])
    path = f"/records/{intake['record_id']}/original"
    status, answer, headers = line.call("GET", path)
    assert (status, answer) == (200, body)
    assert "sha-512=:" in headers["Repr-Digest"]
    assert "%E8%80%92" in headers["Content-Disposition"]
    status, answer, headers = line.call("GET", path, headers={"Range": "bytes=1000-1999"})
    assert (status, answer) == (206, body[1000:2000])
    assert headers["Content-Range"] == "bytes 1000-1999/300000"
    assert line.call("GET", path, headers={"Range": "bytes=-10"})[1] == body[-10:]
    assert line.call("GET", path, headers={"Range": "bytes=300000-"})[0] == 416


def test_a_large_upload_is_read_by_the_worker_while_the_client_asks(live_site: str) -> None:
    line = Line(live_site, Role.ARCHIVIST)
    body = os.urandom(MIB) * 65
    upload = line.ask("POST", "/uploads", {"file_name": "录像.mp4", "size": len(body), "fingerprint": "x"})
    count = -(-len(body) // upload["part_size"])
    signed = line.ask("POST", f"/uploads/{upload['id']}/parts", {"numbers": list(range(1, count + 1))})
    for part in signed["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        piece = body[start : start + upload["part_size"]]
        urllib.request.urlopen(urllib.request.Request(part["url"], data=piece, method="PUT")).close()
    done = line.ask("POST", f"/uploads/{upload['id']}/complete")
    until = time.monotonic() + PATIENCE
    while done["state"] == "CHECKING" and time.monotonic() < until:
        time.sleep(0.2)
        done = line.ask("GET", f"/uploads/{upload['id']}")
    assert done["state"] == "RECEIVED"
    assert done["intake"]["digests"]["sha512"] == hashlib.sha512(body).hexdigest()


def test_a_line_that_breaks_in_the_middle_leaves_nothing_and_the_server_goes_on(live_site: str) -> None:
    line = Line(live_site, Role.ARCHIVIST)
    place = urlsplit(live_site)
    with socket.create_connection((place.hostname or "", place.port or 0)) as wire:
        head = (
            f"POST /api/v1/files?file_name=cut.bin HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 1000000\r\n"
            f"Content-Type: application/octet-stream\r\nAuthorization: Bearer {line.key}\r\n\r\n"
        )
        wire.sendall(head.encode() + b"x" * 5000)
    assert line.hand_in("ganz.bin", os.urandom(10))["receipt"]
    assert list(Intake.objects.filter(account=line.account).values_list("file_name", flat=True)) == ["ganz.bin"]
