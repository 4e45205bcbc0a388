"""Pages by the Django client: who sees what, what is said, and what the custody ledger keeps of it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from archive import people
from archive.ids import new_id
from archive.models import CustodyEvent, Link, Record, TextUnit
from archive.types import Actor, Role
from config.pages import finding
from inspections.models import Inspection, Issue
from tests.make import make_account
from tests.pages.conftest import client_of
from tests.pages.seed import Case

pytestmark = pytest.mark.django_db
SECRET = "correct horse 安卷"


def events(record: Record, event: str) -> int:
    return CustodyEvent.objects.filter(subject_kind="record", subject_id=str(record.pk), event=event).count()


def test_signing_in_leads_home_and_is_kept(case: Case) -> None:
    client = Client()
    answer = client.post(reverse("sign-in"), {"username": "archivist", "password": SECRET})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("home")
    assert CustodyEvent.objects.filter(event="sign-in", subject_id=str(case.accounts["archivist"].pk)).count() == 1


def test_a_wrong_password_is_refused_in_words_and_kept(case: Case) -> None:
    client = Client()
    answer = client.post(reverse("sign-in"), {"username": "archivist", "password": "wrong"})
    assert "用户名或密码不正确" in answer.content.decode()
    assert CustodyEvent.objects.filter(event="sign-in failed", subject_id="archivist").count() == 1


def test_after_ten_failures_even_the_right_password_waits(case: Case) -> None:
    client = Client()
    for _count in range(10):
        client.post(reverse("sign-in"), {"username": "archivist", "password": "wrong"})
    answer = client.post(reverse("sign-in"), {"username": "archivist", "password": SECRET})
    assert answer.status_code == 200
    assert "失败次数过多" in answer.content.decode()


def test_every_page_asks_for_sign_in(case: Case) -> None:
    for name in ("home", "records", "inspections", "corrections", "upload", "intakes"):
        answer = Client().get(reverse(name))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith(reverse("sign-in")), name


def test_the_language_switch_is_kept_with_the_account(case: Case) -> None:
    client = client_of(case, "inspector", "zh")
    client.post(reverse("language"), {"language": "en", "next": reverse("records")})
    case.accounts["inspector"].refresh_from_db()
    assert case.accounts["inspector"].language == "en"
    assert '<html lang="en">' in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize("who", ["system", "secrecy", "audit"])
def test_the_three_administrators_see_no_content(case: Case, who: str) -> None:
    client = client_of(case, who)
    page = client.get(reverse("home")).content.decode()
    assert case.records["scan"].title not in page
    assert "reads no content" in page
    assert client.get(reverse("record", args=[case.records["scan"].pk])).status_code == 404
    assert client.get(reverse("records")).status_code == 403


def test_a_hidden_record_looks_exactly_like_an_absent_one(case: Case) -> None:
    client = client_of(case, "discipline")
    record = case.records["scan"]
    for name, more in (
        ("record", ()),
        ("original", ()),
        ("page-words", (1,)),
        ("page-image", (1, "webp")),
        ("record-find", ()),
    ):
        hidden = client.get(reverse(name, args=[record.pk, *more]))
        absent = client.get(reverse(name, args=[new_id(), *more]))
        assert (hidden.status_code, absent.status_code) == (404, 404), name
        assert len(hidden.content) == len(absent.content), name


def test_a_grant_opens_the_record_to_the_disciplinary_reader(case: Case) -> None:
    record = case.records["scan"]
    people.grant(case.accounts["discipline"], f"record:{record.pk}", reason="case 7", actor=Actor.system("test"))
    client = client_of(case, "discipline")
    assert record.title in client.get(reverse("home")).content.decode()
    page = client.get(reverse("record", args=[record.pk])).content.decode()
    assert record.original.sha512 in page
    assert "Edit description" not in page


def test_the_record_page_tells_what_it_is_and_what_it_proves(case: Case, visitor: Client) -> None:
    page = visitor.get(reverse("record", args=[case.records["scan"].pk])).content.decode()
    for told in (
        "座谈会记录（扫描件）",
        "动火作业未办理审批手续",
        "Captured",
        "Sound",
        "D10",
        case.records["scan"].original.sm3,
    ):
        assert told in page, told
    assert events(case.records["scan"], "view") == 1


def test_finds_come_with_boxes_inside_the_line(case: Case, visitor: Client) -> None:
    for name in ("scan", "pdf"):
        answer = visitor.get(reverse("record-find", args=[case.records[name].pk]), {"q": "动火作业"}).json()
        assert [hit["page"] for hit in answer["hits"]] == [2, 3]
        left, top, right, bottom = answer["hits"][0]["boxes"][0]
        words = visitor.get(reverse("page-words", args=[case.records[name].pk, 2])).json()["words"]
        line = next(word for word in words if word[0].startswith("动火作业"))
        assert left == pytest.approx(line[1], abs=0.001)
        assert (top, bottom) == (pytest.approx(line[2]), pytest.approx(line[4]))
        assert (right - left) == pytest.approx((line[3] - line[1]) * 4 / 19, rel=0.05)


def test_boxes_of_single_characters_become_one_mark_a_line() -> None:
    line = [[character, 0.1 + 0.02 * at, 0.3, 0.119 + 0.02 * at, 0.33, 0.9] for at, character in enumerate("动火作业")]
    below = [["审批", 0.1, 0.4, 0.14, 0.43, 0.9]]
    placed = finding.on_page([*line, *below], finding.matches_of("动火作业审批"))
    assert [[round(edge, 3) for edge in box] for box in placed[0]] == [[0.1, 0.3, 0.179, 0.33], [0.1, 0.4, 0.14, 0.43]]


def test_the_stages_are_given_alone_while_a_file_is_worked_on(case: Case, visitor: Client) -> None:
    answer = visitor.get(reverse("record-stages", args=[case.records["scan"].pk]))
    assert answer.status_code == 200
    assert events(case.records["scan"], "view") == 0
    assert client_of(case, "system").get(reverse("record-stages", args=[case.records["scan"].pk])).status_code == 404


def test_simplified_words_find_traditional_forms_and_full_width_digits(case: Case, visitor: Client) -> None:
    address = reverse("record-find", args=[case.records["scan"].pk])
    assert [hit["page"] for hit in visitor.get(address, {"q": "举一反三"}).json()["hits"]] == [3]
    assert [hit["page"] for hit in visitor.get(address, {"q": "2026"}).json()["hits"]] == [2, 2]
    assert visitor.get(address, {"q": '"unclosed'}).json()["hits"] == []


def test_marks_count_characters_beyond_the_basic_plane_once(case: Case, visitor: Client) -> None:
    answer = visitor.get(reverse("page-words", args=[case.records["scan"].pk, 2]), {"q": "缺失"}).json()
    start, end = answer["marks"][0]
    assert answer["text"][start:end] == "缺失"


def test_an_original_is_handed_out_whole_and_the_handing_out_is_kept(case: Case, visitor: Client) -> None:
    record = case.records["scan"]
    answer = visitor.get(reverse("original", args=[record.pk]))
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(body) == record.original.size
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert events(record, "dissemination") == 1


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [("bytes=0-9", 206, slice(0, 10)), ("bytes=100-", 206, slice(100, None)), ("bytes=-5", 206, slice(-5, None))],
)
def test_a_range_of_an_original_is_given(case: Case, visitor: Client, asked: str, status: int, part: slice) -> None:
    address = reverse("original", args=[case.records["scan"].pk]) + "?inline=1"
    whole = b"".join(visitor.get(address).streaming_content)  # type: ignore[attr-defined]
    answer = visitor.get(address, headers={"range": asked})
    assert answer.status_code == status
    assert b"".join(answer.streaming_content) == whole[part]  # type: ignore[attr-defined]
    assert answer["Content-Range"].endswith(f"/{len(whole)}")


def test_a_range_beyond_the_end_is_refused(case: Case, visitor: Client) -> None:
    record = case.records["scan"]
    answer = visitor.get(reverse("original", args=[record.pk]), headers={"range": "bytes=999999999-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{record.original.size}"


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"])
def test_active_types_are_never_shown_inline(case: Case, visitor: Client, mime: str) -> None:
    Record.objects.filter(pk=case.records["pdf"].pk).update(mime=mime)
    answer = visitor.get(reverse("original", args=[case.records["pdf"].pk]) + "?inline=1")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_what_is_quarantined_is_neither_shown_nor_handed_out_but_to_the_archivist(case: Case, visitor: Client) -> None:
    record = case.records["scan"]
    Record.objects.filter(pk=record.pk).update(state="QUARANTINED", condition="infected")
    assert "data-viewer" not in visitor.get(reverse("record", args=[record.pk])).content.decode()
    assert client_of(case, "office").get(reverse("original", args=[record.pk])).status_code == 403
    assert visitor.get(reverse("original", args=[record.pk])).status_code == 200


def test_a_description_is_changed_and_the_old_values_stay_in_the_history(case: Case, visitor: Client) -> None:
    record = case.records["scan"]
    form = {
        "title": "座谈会记录 𠮷",
        "doc_type": "D11",
        "secrecy": "INTERNAL",
        "version": record.version,
        "reason": "文种有误",
    }
    answer = visitor.post(reverse("record-describe", args=[record.pk]), {**form, "version": fresh(record).version})
    assert answer.status_code == 302
    assert fresh(record).doc_type == "D11"
    page = visitor.get(reverse("record", args=[record.pk])).content.decode()
    assert "D10 → D11" in page
    assert "文种有误" in page


def test_two_people_editing_one_description_do_not_overwrite_each_other(case: Case, visitor: Client) -> None:
    record = fresh(case.records["scan"])
    form = {"title": "甲", "doc_type": "D11", "secrecy": "INTERNAL", "version": record.version}
    visitor.post(reverse("record-describe", args=[record.pk]), form)
    answer = client_of(case, "office").post(reverse("record-describe", args=[record.pk]), form | {"title": "乙"})
    assert answer.status_code == 422
    assert fresh(record).title == "甲"


def fresh(record: Record) -> Record:
    return Record.objects.get(pk=record.pk)


def test_a_link_is_made_by_number_and_ended_with_a_reason(case: Case, visitor: Client) -> None:
    record = case.records["pdf"]
    assert case.issue
    visitor.post(reverse("record-link", args=[record.pk]), {"number": case.issue.number})
    link = Link.objects.get(record=record, subject_kind="issue", ended_at=None)
    visitor.post(reverse("record-unlink", args=[record.pk, link.pk]), {"reason": ""})
    assert Link.objects.get(pk=link.pk).ended_at is None
    visitor.post(reverse("record-unlink", args=[record.pk, link.pk]), {"reason": "挂错问题"})
    assert Link.objects.get(pk=link.pk).end_reason == "挂错问题"


def test_a_case_number_that_may_not_be_seen_cannot_be_linked(case: Case, visitor: Client) -> None:
    page = visitor.post(reverse("record-link", args=[case.records["pdf"].pk]), {"number": "XC1999-999"}, follow=True)
    assert "There is no inspection or issue with the number XC1999-999" in page.content.decode()


def test_badly_read_pages_queue_up_and_a_correction_takes_one_out(case: Case, visitor: Client) -> None:
    record = case.records["scan"]
    assert "58 %" in visitor.get(reverse("corrections")).content.decode()
    unit = TextUnit.objects.get(record=record, number=3, current=True)
    address = reverse("correction", args=[record.pk, 3])
    assert unit.text in visitor.get(address).content.decode()
    visitor.post(address, {"text": "三、举一反三。", "expected": str(unit.pk)})
    now = TextUnit.objects.get(record=record, number=3, current=True)
    assert (now.text, now.made_by) == ("三、举一反三。", case.accounts["archivist"])
    assert "Nothing to correct" in visitor.get(reverse("corrections")).content.decode()


def test_a_correction_of_a_page_that_changed_meanwhile_is_given_back_not_lost(case: Case, visitor: Client) -> None:
    address = reverse("correction", args=[case.records["scan"].pk, 3])
    answer = visitor.post(address, {"text": "我的文字", "expected": str(new_id())})
    assert answer.status_code == 409
    assert "我的文字" in answer.content.decode()


def test_an_inspection_shows_issues_team_and_records_by_type(case: Case, visitor: Client) -> None:
    assert case.inspection
    page = visitor.get(reverse("inspection", args=[case.inspection.pk])).content.decode()
    for told in ("动火作业未办理审批手续", "第三巡查组", "陈志远", "D10", "D26", "座谈会记录（扫描件）"):
        assert told in page, told


def test_an_issue_shows_what_proves_it(case: Case, visitor: Client) -> None:
    assert case.issue
    page = visitor.get(reverse("issue", args=[case.issue.pk])).content.decode()
    assert "座谈会记录（扫描件）" in page
    assert "巡查工作报告" not in page


def test_an_inspector_of_another_team_does_not_see_the_inspection(case: Case) -> None:
    assert case.inspection and case.issue
    account, _actor = make_account(Role.INSPECTOR)
    client = Client()
    client.force_login(account)
    assert client.get(reverse("inspection", args=[case.inspection.pk])).status_code == 404
    assert client.get(reverse("issue", args=[case.issue.pk])).status_code == 404


def test_an_inspection_and_an_issue_are_opened_by_forms(case: Case, visitor: Client) -> None:
    assert case.inspection
    people_ids = {name: str(case.accounts[name].pk) for name in ("inspector", "second", "third")}
    form = {
        "unit": "耒阳市安顺化工厂",
        "unit_kind": "enterprise",
        "year": 2026,
        "batch_number": 2,
        "team_name": "第一巡查组",
        "leader": people_ids["inspector"],
        "members": [people_ids["second"], people_ids["third"]],
    }
    answer = visitor.post(reverse("inspection-new"), form)
    made = Inspection.objects.get(unit__name="耒阳市安顺化工厂")
    assert answer["Location"] == reverse("inspection", args=[made.pk])
    told = {"title": "消防通道堵塞", "level": "MAJOR", "contents": ["C5"]}
    visitor.post(reverse("issue-new", args=[made.pk]), told)
    assert Issue.objects.get(inspection=made).level == "MAJOR"


def test_a_team_that_is_too_small_is_refused_in_words(case: Case, visitor: Client) -> None:
    form = {
        "unit": "甲",
        "unit_kind": "village",
        "year": 2026,
        "batch_number": 3,
        "team_name": "组",
        "leader": str(case.accounts["inspector"].pk),
    }
    answer = visitor.post(reverse("inspection-new"), form)
    assert answer.status_code == 422
    assert "3 to 5 members" in answer.content.decode()
    assert not Inspection.objects.filter(unit__name="甲").exists()


def test_a_record_is_attached_on_the_page_of_the_issue(case: Case, visitor: Client) -> None:
    assert case.issue
    record = case.records["pdf"]
    visitor.post(reverse("case-attach", args=["issue", case.issue.pk]), {"number": record.number})
    assert Link.objects.filter(record=record, subject_kind="issue", ended_at=None).exists()


def test_the_list_of_records_is_narrowed(case: Case, visitor: Client) -> None:
    page = visitor.get(reverse("records"), {"doc_type": "D26"}).content.decode()
    assert "巡查工作报告" in page
    assert "座谈会记录（扫描件）" not in page


@pytest.mark.parametrize("address", ["/no-such-page", "/records/not-a-uuid"])
def test_an_unknown_address_says_so_in_the_language_of_the_page(case: Case, visitor: Client, address: str) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 404
    assert "There is nothing here that you may see." in answer.content.decode()


def test_pages_hold_no_inline_script_style_or_handler(case: Case, visitor: Client) -> None:
    assert case.inspection
    addresses = [reverse("home"), reverse("record", args=[case.records["scan"].pk]), reverse("inspections")]
    for address in [*addresses, reverse("inspection", args=[case.inspection.pk]), reverse("inspection-new")]:
        page = visitor.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*(src=|application/json))", page), address
        assert not re.search(r"\s(style|on[a-z]+)=\"", page), address
