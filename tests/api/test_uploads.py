"""Bringing files in over the API: in parts, in one PUT, in one POST; and everything that can go wrong on the way."""

from __future__ import annotations

import hashlib
import json
import resource
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from archive import objects
from archive.ids import new_id
from archive.types import Role
from ingest import uploads
from ingest.models import Intake, Upload
from tests.api.caller import BASE, Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]
LARGE = bytes(range(256)) * (17 * 2**20 // 256)


def put_part(caller: Caller, upload: dict[str, Any], number: int, body: bytes) -> None:
    status, signed = caller.ask("POST", f"/uploads/{upload['id']}/parts", {"numbers": [number]})
    assert status == 200
    start = (number - 1) * upload["part_size"]
    request = urllib.request.Request(
        signed["parts"][0]["url"], data=body[start : start + upload["part_size"]], method="PUT"
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_a_small_file_in_one_put_gets_a_receipt_with_its_digests(inspector: Caller) -> None:
    body = "耒阳市安全生产巡查".encode()
    done = inspector.hand_in("座谈会记录.txt", body)
    assert done["state"] == "RECEIVED"
    intake = done["intake"]
    assert intake["receipt"].startswith("R20")
    assert intake["digests"] == {
        "sha512": hashlib.sha512(body).hexdigest(),
        "sm3": hashlib.new("sm3", body).hexdigest(),
        "sha256": hashlib.sha256(body).hexdigest(),
    }


def test_sending_the_same_upload_again_gives_the_same_receipt(inspector: Caller) -> None:
    done = inspector.hand_in("a.txt", b"1")
    status, again = inspector.send("PUT", f"/uploads/{done['id']}/content", b"1")
    assert (status, again["intake"]["receipt"]) == (200, done["intake"]["receipt"])
    assert Intake.objects.filter(account=inspector.account).count() == 1


def test_a_large_file_goes_straight_to_the_store_and_goes_on_where_it_stopped(inspector: Caller) -> None:
    upload = inspector.begin("录像.mp4", LARGE)
    assert upload["mode"] == "multipart"
    put_part(inspector, upload, 2, LARGE)
    status, problem = inspector.ask("POST", f"/uploads/{upload['id']}/complete")
    assert (status, problem["code"]) == (409, "parts-missing")
    found = inspector.begin("录像.mp4", LARGE)
    assert found["id"] == upload["id"]
    assert found["parts"] == [{"number": 2, "size": upload["part_size"]}]
    for number in (1, 3):
        put_part(inspector, upload, number, LARGE)
    status, done = inspector.ask("POST", f"/uploads/{upload['id']}/complete")
    assert (status, done["state"]) == (200, "RECEIVED")
    assert done["intake"]["digests"]["sha512"] == hashlib.sha512(LARGE).hexdigest()
    status, again = inspector.ask("POST", f"/uploads/{upload['id']}/complete")
    assert again["intake"]["receipt"] == done["intake"]["receipt"]


def test_a_kill_between_joining_the_parts_and_writing_it_down_is_made_good(inspector: Caller) -> None:
    upload = inspector.begin("录像.mp4", LARGE)
    for number in (1, 2, 3):
        put_part(inspector, upload, number, LARGE)
    row = Upload.objects.get(pk=upload["id"])
    held = objects.incoming().list_parts(row.key, row.store_id)
    objects.incoming().complete_multipart(
        row.key, row.store_id, [(number, etag) for number, (etag, _s) in held.items()]
    )
    found = inspector.begin("录像.mp4", LARGE)
    assert (found["id"], len(found["parts"])) == (upload["id"], 3)
    status, done = inspector.ask("POST", f"/uploads/{upload['id']}/complete")
    assert (status, done["state"]) == (200, "RECEIVED")


def test_an_upload_that_the_store_has_dropped_begins_anew_instead_of_failing_for_ever(inspector: Caller) -> None:
    upload = inspector.begin("录像.mp4", LARGE)
    row = Upload.objects.get(pk=upload["id"])
    objects.incoming().abort_multipart(row.key, row.store_id)
    again = inspector.begin("录像.mp4", LARGE)
    assert (again["id"] != upload["id"], again["parts"]) == (True, [])


def test_part_sizes_grow_so_that_no_file_needs_more_parts_than_the_store_allows() -> None:
    for size in (1, 2**34, 5 * 2**40):
        assert -(-size // uploads.part_size_for(size)) <= 10_000


def test_nobody_finds_or_touches_the_unfinished_upload_of_another(inspector: Caller) -> None:
    upload = inspector.begin("录像.mp4", LARGE)
    other = Caller(Role.INSPECTOR)
    assert other.begin("录像.mp4", LARGE)["id"] != upload["id"]
    for method, path in (("GET", ""), ("POST", "/complete"), ("DELETE", "")):
        assert other.ask(method, f"/uploads/{upload['id']}{path}")[0] == 404
    assert other.ask("POST", f"/uploads/{upload['id']}/parts", {"numbers": [1]})[0] == 404


def test_an_upload_that_is_given_up_leaves_nothing_and_takes_nothing_more(inspector: Caller) -> None:
    upload = inspector.begin("录像.mp4", LARGE)
    assert inspector.ask("DELETE", f"/uploads/{upload['id']}")[0] == 204
    assert inspector.ask("DELETE", f"/uploads/{upload['id']}")[0] == 204
    assert inspector.ask("POST", f"/uploads/{upload['id']}/parts", {"numbers": [1]})[1]["code"] == "upload-not-open"
    assert inspector.begin("录像.mp4", LARGE)["id"] != upload["id"]


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [(b"123", 10, "size-differs"), (b"123", 5, "body-cut"), (b"123", 3, "size-differs")],
)
def test_a_body_that_is_not_what_was_announced_leaves_nothing(
    inspector: Caller, body: bytes, length: int, code: str
) -> None:
    upload = inspector.begin("a.bin", b"12345")
    status, problem = inspector.send("PUT", f"/uploads/{upload['id']}/content", body, length=length)
    assert (status, problem["code"]) == (400, code)
    assert not Intake.objects.filter(account=inspector.account).exists()
    status, done = inspector.send("PUT", f"/uploads/{upload['id']}/content", b"12345")
    assert (status, done["state"]) == (200, "RECEIVED")


def test_bytes_with_another_digest_than_claimed_are_refused(inspector: Caller) -> None:
    upload = inspector.begin("a.bin", b"12345", sha256="0" * 64)
    status, problem = inspector.send("PUT", f"/uploads/{upload['id']}/content", b"12345")
    assert (status, problem["code"]) == (400, "digest-differs")
    large = inspector.begin("b.bin", LARGE, sha256="0" * 64)
    for number in (1, 2, 3):
        put_part(inspector, large, number, LARGE)
    status, done = inspector.ask("POST", f"/uploads/{large['id']}/complete")
    assert (status, done["state"], done["error"]["code"]) == (200, "REFUSED", "digest-differs")
    assert not Intake.objects.filter(account=inspector.account).exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("𠮷" + "巡" * 250 + ".pdf", "𠮷" + "巡" * 250 + ".pdf"),
        ("a\u202e\ngpj.exe", "agpj.exe"),
        ("..", ".."),
    ],
)
def test_hostile_and_long_names_are_metadata_only(inspector: Caller, name: str, kept: str) -> None:
    done = inspector.hand_in(name, name.encode())
    assert done["intake"]["file_name"] == kept
    key = Intake.objects.get(pk=done["intake"]["id"]).key
    assert kept not in key
    status, one = inspector.send("POST", f"/files?{_query(file_name=name)}", b"x")
    assert (status, one["file_name"]) == (201, kept)


def _query(**values: str) -> str:
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items())


def test_a_name_with_a_nul_is_refused_with_the_name_of_the_field(inspector: Caller) -> None:
    status, problem = inspector.ask("POST", "/uploads", {"file_name": "a\x00b", "size": 1})
    assert (status, problem["code"]) == (422, "bad-fields")
    assert problem["data"]["fields"][0]["field"].endswith("file_name")


def test_an_empty_file_is_received(inspector: Caller) -> None:
    done = inspector.hand_in("空.txt", b"")
    assert (done["state"], done["intake"]["size"]) == ("RECEIVED", 0)


def test_a_form_with_a_file_is_received_with_its_description(inspector: Caller) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("../记录.pdf", b"%PDF-1.4")
    answer = inspector.client.post(
        f"{BASE}/files?doc_type=D10&place=%E8%80%92%E9%98%B3&methods=W4&methods=W5", {"file": file}
    )
    assert answer.status_code == 201, answer.content
    intake = Intake.objects.get(pk=answer.json()["id"])
    assert intake.file_name == "记录.pdf"
    assert intake.declared["methods"] == ["W4", "W5"]
    assert (intake.declared["doc_type"], intake.declared["place"]) == ("D10", "耒阳")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: to the writer it is a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_while_a_form_arrives_is_told_and_leaves_nothing(inspector: Caller) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    with files_of_at_most(2**20):
        answer = inspector.client.post(f"{BASE}/files", {"file": SimpleUploadedFile("a.bin", b"1" * 2**21)})
    assert (answer.status_code, answer.json()["code"]) == (503, "form-disk-full")
    assert not Intake.objects.filter(account=inspector.account).exists()


def test_a_case_that_may_not_be_seen_is_refused_before_any_byte_is_read(inspector: Caller) -> None:
    value = {"file_name": "a", "size": 1, "description": {"inspection_id": str(new_id())}}
    assert inspector.ask("POST", "/uploads", value)[0] == 404
    assert inspector.send("POST", f"/files?file_name=a&issue_id={new_id()}", b"x")[0] == 404


def test_a_closed_delivery_takes_nothing_more(inspector: Caller) -> None:
    status, delivery = inspector.ask("POST", "/deliveries", {"title": "一批"})
    assert status == 201
    inspector.hand_in("a.txt", b"1", delivery_id=delivery["id"])
    assert inspector.ask("POST", f"/deliveries/{delivery['id']}/close")[1]["files"] == 1
    value = {"file_name": "b", "size": 1, "delivery_id": delivery["id"]}
    assert inspector.ask("POST", "/uploads", value)[1]["code"] == "delivery-closed"


@pytest.mark.parametrize("role", [Role.DISCIPLINE, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN, Role.SECRECY_ADMIN])
def test_only_those_who_bring_evidence_may_upload(role: Role) -> None:
    caller = Caller(role)
    assert caller.ask("POST", "/uploads", {"file_name": "a", "size": 1})[0] == 403
    assert caller.send("POST", "/files?file_name=a", b"x")[0] == 403
    assert caller.ask("POST", "/deliveries", {})[0] == 403


def test_a_session_needs_the_token_of_its_page_and_a_wrong_key_opens_nothing(inspector: Caller) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(inspector.account)
    body = json.dumps({"file_name": "a", "size": 1})
    answer = client.post(f"{BASE}/uploads", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed")
    client.cookies["csrftoken"] = "x" * 32
    answer = client.post(f"{BASE}/uploads", body, content_type="application/json", headers={"X-CSRFToken": "x" * 32})
    assert answer.status_code == 201
    stranger = Client(enforce_csrf_checks=True, headers={"Authorization": "Bearer anjuan_wrong"})
    for wrong in (stranger.get(f"{BASE}/me"), stranger.post(f"{BASE}/files?file_name=a", b"1", "text/plain")):
        assert (wrong.status_code, wrong.json()["code"]) == (401, "sign-in-missing")
    assert Client().get(f"{BASE}/nothing/here").json()["code"] == "no-such-operation"


def test_without_a_length_nothing_is_read(inspector: Caller) -> None:
    upload = inspector.begin("a.bin", b"12345")
    answer = inspector.client.generic(
        "PUT", f"{BASE}/uploads/{upload['id']}/content", b"", content_type="application/octet-stream", CONTENT_LENGTH=""
    )
    assert (answer.status_code, answer.json()["code"]) == (411, "length-missing")


def test_messages_come_in_the_language_that_was_asked_for(inspector: Caller) -> None:
    inspector.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
    assert "没有这个操作" in inspector.ask("GET", "/nothing")[1]["message"]
