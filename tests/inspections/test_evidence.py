"""Inspections and issues in simple form, and who sees what by what it is linked to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from archive import access, errors, people, records
from archive.models import AccessGrant, CustodyEvent, IndexMark, Link, Record
from archive.types import Actor, Role
from inspections import audience, cases, evidence
from inspections.models import Batch, Inspection, Team
from tests.make import make_account, make_record

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def make_team(batch: Batch) -> tuple[Team, list[Actor]]:
    pairs = [make_account(Role.INSPECTOR) for _ in range(3)]
    leader, *members = [account for account, _actor in pairs]
    team = cases.open_team(batch, "第一巡查组", leader=leader, members=members, actor=SYSTEM)
    return team, [actor for _account, actor in pairs]


def make_inspection(unit: str = "哲桥镇") -> tuple[Inspection, list[Actor]]:
    batch = cases.open_batch(2026, 1, "2026年第一批", actor=SYSTEM)
    team, actors = make_team(batch)
    township = cases.open_unit(unit, "township", actor=SYSTEM)
    return cases.open_inspection(township, batch, team, actor=SYSTEM), actors


def linked_record(inspection: Inspection, secrecy: str = "INTERNAL") -> Record:
    record = make_record("座谈会记录", secrecy=secrecy)
    evidence.attach(records.lock(record.pk), "inspection", inspection.pk, actor=SYSTEM, doc_type="D10")
    return record


def sees(actor: Actor, record: Record) -> bool:
    return access.visible(Record.objects.all(), actor).filter(pk=record.pk).exists()


@pytest.mark.parametrize("members", [0, 1, 5])
def test_a_team_outside_three_to_five_is_refused(members: int) -> None:
    batch = cases.open_batch(2026, 1, "第一批", actor=SYSTEM)
    accounts = [make_account(Role.INSPECTOR)[0] for _ in range(members + 1)]
    with pytest.raises(errors.GateClosed) as caught:
        cases.open_team(batch, "组", leader=accounts[0], members=accounts[1:], actor=SYSTEM)
    assert caught.value.data["rule"] == "R01"


def test_a_unit_is_in_a_batch_once() -> None:
    inspection, _actors = make_inspection()
    with pytest.raises(errors.Conflict):
        cases.open_inspection(inspection.unit, inspection.batch, inspection.team, actor=SYSTEM)


def test_the_team_sees_its_evidence_and_other_inspectors_do_not() -> None:
    inspection, team = make_inspection()
    record = linked_record(inspection)
    assert all(sees(actor, record) for actor in team)
    assert not sees(make_account(Role.INSPECTOR)[1], record)
    assert not sees(make_account(Role.DISCIPLINE)[1], record)
    assert sees(make_account(Role.OFFICE)[1], record)


def test_membership_dates_bound_what_is_seen() -> None:
    inspection, team = make_inspection()
    record = linked_record(inspection)
    gone = datetime.now(UTC) - timedelta(minutes=1)
    AccessGrant.objects.filter(account_id=str(team[1].id)).update(ends=gone)
    assert not sees(team[1], record)
    assert sees(team[2], record)


def test_past_findings_open_to_every_inspector_but_not_work_secrets() -> None:
    inspection, _team = make_inspection()
    plain, secret = linked_record(inspection), linked_record(inspection, secrecy="WORK_SECRET")
    other = make_account(Role.INSPECTOR)[1]
    Inspection.objects.filter(pk=inspection.pk).update(state="APPROVED")
    inspection.refresh_from_db()
    IndexMark.objects.all().delete()
    cases.move_inspection(inspection, "feed-back", actor=make_account(Role.OFFICE)[1])
    assert sees(other, plain)
    assert not sees(other, secret)
    assert IndexMark.objects.filter(record_id=plain.pk).exists(), "the index must learn of the wider audience"


def test_a_grant_on_an_issue_opens_its_records_only() -> None:
    inspection, _team = make_inspection()
    issue = cases.raise_issue(inspection.pk, "井下瓦斯监测探头失效", actor=SYSTEM, contents=("C5",), level="MAJOR")
    of_issue, of_inspection = make_record("照片"), linked_record(inspection)
    evidence.attach(records.lock(of_issue.pk), "issue", issue.pk, actor=SYSTEM, doc_type="D17")
    account, reader = make_account(Role.DISCIPLINE)
    people.grant(account, f"issue:{issue.pk}", reason="耒纪函〔2026〕3号", actor=SYSTEM)
    assert sees(reader, of_issue)
    assert not sees(reader, of_inspection)


def test_records_of_an_inspection_include_those_of_its_issues() -> None:
    inspection, team = make_inspection()
    issue = cases.raise_issue(inspection.pk, "消防通道堵塞", actor=team[0], contents=("C5",))
    record = make_record("照片")
    evidence.attach(records.lock(record.pk), "issue", issue.pk, actor=SYSTEM)
    assert list(evidence.records_of("inspection", inspection.pk, team[0])) == [record]
    assert list(evidence.records_of("inspection", inspection.pk, make_account(Role.INSPECTOR)[1])) == []


def test_a_link_is_ended_with_a_reason_and_stays_readable() -> None:
    inspection, team = make_inspection()
    record = linked_record(inspection)
    link = Link.objects.get(record=record)
    with pytest.raises(errors.BadInput):
        evidence.unlink(link.pk, actor=team[0], reason=" ")
    evidence.unlink(link.pk, actor=team[0], reason="挂错单位")
    link.refresh_from_db()
    assert (link.end_reason, link.ended_by) == ("挂错单位", team[0].id)
    assert not sees(team[1], record)
    assert CustodyEvent.objects.filter(event="link ended", subject_id=str(record.pk)).exists()


def test_nobody_hangs_evidence_on_a_case_they_may_not_see() -> None:
    inspection, _team = make_inspection()
    stranger = make_account(Role.INSPECTOR)[1]
    for kind, subject in (("inspection", inspection.pk), ("issue", UUID(int=7))):
        with pytest.raises(errors.NotFound):
            evidence.subject_for_upload(stranger, kind, subject)


def test_issue_numbers_run_without_gaps() -> None:
    inspection, _team = make_inspection()
    numbers = [cases.raise_issue(inspection.pk, f"问题{n}", actor=SYSTEM).number for n in range(3)]
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3]


def test_the_audience_of_an_unlinked_record_is_its_keepers_and_its_maker() -> None:
    account, actor = make_account(Role.INSPECTOR)
    record = make_record("散件", created_by=account)
    audience.refresh_record(record)
    assert sees(actor, record)
    assert not sees(make_account(Role.INSPECTOR)[1], record)
