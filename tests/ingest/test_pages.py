"""The pages of arriving files, without JavaScript: upload form, arrivals, delivery, batch editing, lists."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from archive import access
from archive.models import Account, CustodyEvent, Record
from archive.types import Role
from ingest.models import Delivery, Intake, StageRun
from ingest.receive import open_delivery
from inspections.audience import refresh_record
from tests.make import make_account, make_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]


@pytest.fixture
def archivist(db: None) -> Account:
    return make_account(Role.ARCHIVIST)[0]


@pytest.fixture
def page(archivist: Account) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(archivist)
    return client


def stored(delivery: Delivery, name: str, account: Account, **fields: Any) -> tuple[Intake, Record]:
    """An intake whose record stands, by rows."""
    record = make_record(name.rsplit(".", 1)[0], file_name=name, **fields)
    refresh_record(record)
    intake = Intake.objects.create(
        delivery=delivery, number=record.number, record_id=record.pk, state="STORED", file_name=name, door="page",
        account=account, actor_name="某人", key="k", size=1, sha512=record.original.sha512, sm3="0", sha256="0",
        received_at=datetime.now(UTC), settled_at=datetime.now(UTC),
    )  # fmt: skip
    return intake, record


@pytest.fixture
def delivery(archivist: Account) -> Delivery:
    return open_delivery(access.actor_for(archivist), "page")


def test_the_form_without_javascript_receives_every_file_and_cleans_hostile_names(page: Client) -> None:
    files = [
        SimpleUploadedFile("座谈会.txt", b"1"),
        SimpleUploadedFile("..\\..\\x.txt", b"2"),
        SimpleUploadedFile("空.txt", b""),
    ]
    answer = page.post(
        reverse("upload"), {"doc_type": "D10", "methods": ["W4", "W5"], "secrecy": "INTERNAL", "files": files}
    )
    one = Delivery.objects.get(door="page")
    assert answer["Location"] == reverse("delivery", args=[one.pk])
    assert sorted(one.intakes.values_list("file_name", flat=True)) == ["x.txt", "座谈会.txt", "空.txt"]
    intake = one.intakes.get(file_name="座谈会.txt")
    assert (intake.declared["doc_type"], intake.declared["methods"]) == ("D10", ["W4", "W5"])


def test_the_form_takes_names_with_dots_and_slashes_as_metadata_only(page: Client) -> None:
    boundary = "b"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="secrecy"\r\n\r\nINTERNAL\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="../../../etc/{"巡" * 251}.pdf"\r\n'
        f"Content-Type: application/pdf\r\n\r\n1\r\n--{boundary}--\r\n"
    )
    page.generic("POST", reverse("upload"), body.encode(), content_type=f"multipart/form-data; boundary={boundary}")
    assert Intake.objects.get().file_name == "巡" * 251 + ".pdf"


def test_a_form_with_a_wrong_code_is_shown_again_and_nothing_is_received(page: Client) -> None:
    answer = page.post(reverse("upload"), {"doc_type": "D99", "files": SimpleUploadedFile("a.txt", b"1")})
    assert answer.status_code == 200
    assert not Intake.objects.exists()


@pytest.mark.parametrize("role", [Role.DISCIPLINE, Role.SYSTEM_ADMIN])
def test_who_brings_no_evidence_does_not_get_the_upload_page(role: Role) -> None:
    client = Client()
    client.force_login(make_account(role)[0])
    assert client.get(reverse("upload")).status_code == 403


def test_an_inspector_sees_own_arrivals_only_and_a_keeper_sees_all(
    page: Client, archivist: Account, delivery: Delivery
) -> None:
    intake, _record = stored(delivery, "甲.pdf", archivist)
    client = Client()
    client.force_login(make_account(Role.INSPECTOR)[0])
    for name, pk in (("intake", intake.pk), ("delivery", delivery.pk), ("delivery-csv", delivery.pk)):
        assert client.get(reverse(name, args=[pk])).status_code == 404
        assert page.get(reverse(name, args=[pk])).status_code == 200
    assert "甲.pdf" not in client.get(reverse("intakes")).content.decode()
    assert "甲.pdf" in page.get(reverse("intakes"), {"q": "甲", "progress": "settled"}).content.decode()
    assert "甲.pdf" not in page.get(reverse("intakes"), {"progress": "open"}).content.decode()


def test_the_page_of_an_arrival_shows_each_stage_with_tool_duration_and_reason_until_all_is_settled(
    page: Client, archivist: Account, delivery: Delivery
) -> None:
    intake, _record = stored(delivery, "甲.pdf", archivist)
    StageRun.objects.create(
        intake=intake, stage="ocr", attempt=1, outcome="refused", started_at=datetime.now(UTC), milliseconds=65_000,
        tool="RapidOCR", tool_version="3.1", words={"zh": "图像损坏", "en": "The image is damaged"},
    )  # fmt: skip
    Intake.objects.filter(pk=intake.pk).update(owed=["index"], settled_at=None)
    text = page.get(reverse("intake", args=[intake.pk])).content.decode()
    assert "RapidOCR" in text
    assert "1 min 5 s" in text
    assert "The image is damaged" in text
    assert 'hx-trigger="every 2s"' in text
    Intake.objects.filter(pk=intake.pk).update(owed=[], settled_at=datetime.now(UTC))
    part = page.get(reverse("intake", args=[intake.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in part
    assert "<html" not in part
    exceptions = page.get(reverse("delivery", args=[delivery.pk])).content.decode()
    assert "The image is damaged" in exceptions
    page.post(reverse("delivery-rerun", args=[delivery.pk]), {"intake": str(intake.pk)})
    intake.refresh_from_db()
    assert intake.owed == ["ocr", "index"]


def test_the_list_of_a_delivery_runs_as_no_formula_in_a_spreadsheet(
    page: Client, archivist: Account, delivery: Delivery
) -> None:
    stored(delivery, '=cmd|"calc"!A0.csv', archivist)
    body = page.get(reverse("delivery-csv", args=[delivery.pk])).content.decode("utf-8-sig")
    (row,) = list(csv.reader(io.StringIO(body)))[1:]
    assert row[1] == '\'=cmd|"calc"!A0.csv'


def test_a_gbk_list_shows_its_bad_row_and_changes_nothing_before_the_good_ones_are_confirmed(
    page: Client, archivist: Account, delivery: Delivery
) -> None:
    _one, first = stored(delivery, "甲.pdf", archivist)
    _two, second = stored(delivery, "乙.pdf", archivist)
    body = "文件名,文种,日期\n甲.pdf,座谈会记录,2026-03-12\n乙.pdf,没有,2026-13-45\n".encode("gbk")
    answer = page.post(
        reverse("delivery-list", args=[delivery.pk]), {"list": SimpleUploadedFile("清单.csv", body)}
    ).content.decode()
    assert "GB18030" in answer
    assert "This is no document type." in answer
    assert "This is no date." in answer
    first.refresh_from_db()
    assert first.doc_type == ""
    payload = re.search(r'name="payload" value="([^"]+)"', answer)
    assert payload is not None
    apply = reverse("delivery-list-apply", args=[delivery.pk])
    page.post(apply, {"payload": payload[1], "row": []})
    first.refresh_from_db()
    assert first.doc_type == ""
    page.post(apply, {"payload": payload[1], "row": ["2", "3"]})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.doc_type, first.date, second.doc_type) == ("D10", date(2026, 3, 12), "")
    assert page.post(apply, {"payload": payload[1] + "x", "row": ["2"]}).status_code == 400


def test_many_records_are_described_together_with_the_reason_in_their_history(
    page: Client, archivist: Account, delivery: Delivery
) -> None:
    records = [stored(delivery, f"{name}.pdf", archivist)[1] for name in "甲乙丙"]
    ids = [str(record.pk) for record in records[:2]]
    address = f"{reverse('batch-edit')}?delivery={delivery.pk}"
    assert "甲.pdf" in page.get(address).content.decode()
    page.post(address, {"id": ids, "doc_type": "D13", "place": "灶市街道", "contents": ["C5"], "reason": "整理"})
    for record, expected in zip(records, ("D13", "D13", ""), strict=True):
        record.refresh_from_db()
        assert record.doc_type == expected
    event = CustodyEvent.objects.filter(subject_id=str(records[0].pk), event="metadata modification").get()
    assert event.data["reason"] == "整理"


def test_suggestions_stand_only_where_nothing_is_said(page: Client, archivist: Account, delivery: Delivery) -> None:
    _intake, record = stored(delivery, "2026-03-12 灶市街道 座谈会记录.pdf", archivist, place="余庆街道")
    page.post(f"{reverse('batch-edit')}?delivery={delivery.pk}", {"id": [str(record.pk)], "suggest": "1"})
    record.refresh_from_db()
    assert (record.doc_type, record.date, record.place) == ("D10", date(2026, 3, 12), "余庆街道")


def test_records_that_may_not_be_seen_are_described_by_nobody(delivery: Delivery, archivist: Account) -> None:
    _intake, record = stored(delivery, "甲.pdf", archivist)
    client = Client()
    client.force_login(make_account(Role.INSPECTOR)[0])
    client.post(reverse("batch-edit"), {"id": [str(record.pk)], "doc_type": "D13"})
    record.refresh_from_db()
    assert record.doc_type == ""
