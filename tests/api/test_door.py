"""Who gets what over the API: a table of operation and role. Hidden looks like absent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from archive import people
from archive.models import Record
from archive.types import Actor, Role
from ingest.models import Delivery, Intake
from ingest.receive import open_delivery
from inspections import cases, evidence
from inspections.audience import refresh_record
from inspections.models import Inspection
from tests.api.caller import Caller
from tests.make import make_account, make_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]
SYSTEM = Actor.system("test")


class Case:
    """An inspection with an issue, a record that proves it, and its arrival."""

    def __init__(self) -> None:
        team = [make_account(Role.INSPECTOR)[0] for _ in range(3)]
        batch = cases.open_batch(2026, 1, "第一批", actor=SYSTEM)
        made = cases.open_team(batch, "一组", leader=team[0], members=team[1:], actor=SYSTEM)
        unit = cases.open_unit("灶市街道", "street", actor=SYSTEM)
        self.member = team[0]
        self.inspection: Inspection = cases.open_inspection(unit, batch, made, actor=SYSTEM)
        self.issue = cases.raise_issue(self.inspection.pk, "未戴安全帽", contents=("C5",), actor=SYSTEM)
        self.record: Record = make_record("检查记录", text="未戴安全帽")
        evidence.attach(self.record, "issue", self.issue.pk, actor=SYSTEM)
        refresh_record(self.record)
        self.delivery: Delivery = open_delivery(SYSTEM, "api")
        self.intake = Intake.objects.create(
            delivery=self.delivery, number=self.record.number, record_id=self.record.pk, state="STORED",
            file_name="检查记录.txt", door="api", actor_name="test", key="k", size=1, sha512="0", sm3="0", sha256="0",
            received_at=datetime.now(UTC), settled_at=datetime.now(UTC),
        )  # fmt: skip

    def addresses(self) -> dict[str, str]:
        return {
            "record": f"/records/{self.record.pk}",
            "units": f"/records/{self.record.pk}/units",
            "inspection": f"/inspections/{self.inspection.pk}",
            "issue": f"/issues/{self.issue.pk}",
            "intake": f"/intakes/{self.intake.pk}",
            "delivery": f"/deliveries/{self.delivery.pk}",
            "exceptions": f"/deliveries/{self.delivery.pk}/exceptions",
        }


EVERYTHING = {"record", "units", "inspection", "issue", "intake", "delivery", "exceptions"}
SEEN: list[tuple[Role, set[str]]] = [
    (Role.ARCHIVIST, EVERYTHING),
    (Role.OFFICE, EVERYTHING),
    (Role.INSPECTOR, set()),
    (Role.DISCIPLINE, set()),
    (Role.SYSTEM_ADMIN, set()),
    (Role.SECRECY_ADMIN, set()),
    (Role.AUDIT_ADMIN, set()),
]


@pytest.mark.parametrize(("role", "seen"), SEEN, ids=[role for role, _seen in SEEN])
def test_each_role_sees_exactly_what_it_may(role: Role, seen: set[str]) -> None:
    case, caller = Case(), Caller(role)
    answers = {name: caller.ask("GET", path) for name, path in case.addresses().items()}
    assert {name for name, (status, _body) in answers.items() if status == 200} == seen
    for name, (status, body) in answers.items():
        assert status in ({200} if name in seen else {403, 404}), name
        assert "安全帽" not in str(body) or name in seen


def test_a_member_of_the_team_sees_the_case_and_its_record_but_not_the_delivery_of_another() -> None:
    case = Case()
    caller = Caller(Role.INSPECTOR)
    people.grant(caller.account, f"inspection:{case.inspection.pk}", reason="team", actor=SYSTEM)
    answers = {name: caller.ask("GET", path)[0] for name, path in case.addresses().items()}
    assert {name for name, status in answers.items() if status == 200} == EVERYTHING - {"delivery", "exceptions"}


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.DISCIPLINE])
def test_lists_hold_nothing_that_may_not_be_seen(role: Role) -> None:
    Case()
    caller = Caller(role)
    for path in ("/records", "/inspections", "/issues", "/intakes", "/deliveries"):
        status, body = caller.ask("GET", path)
        assert (status, body["items"]) == (200, []), path


CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "/records/{record}", {"title": "改"}),
    ("POST", "/records/{record}/links", {"kind": "inspection", "subject_id": "{inspection}"}),
    ("POST", "/records/{record}/rerun", {"stage": "ocr"}),
    ("POST", "/deliveries/{delivery}/close", None),
]


@pytest.mark.parametrize("change", CHANGES, ids=[path for _method, path, _value in CHANGES])
@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.DISCIPLINE, Role.SYSTEM_ADMIN])
def test_nobody_changes_what_they_may_not_see(role: Role, change: tuple[str, str, Any]) -> None:
    case, caller = Case(), Caller(role)
    method, path, value = change
    ids = {"record": case.record.pk, "inspection": case.inspection.pk, "delivery": case.delivery.pk}
    filled = {key: str(text).format(**ids) for key, text in value.items()} if value else None
    assert caller.ask(method, path.format(**ids), filled)[0] in (403, 404)
    case.record.refresh_from_db()
    case.delivery.refresh_from_db()
    assert (case.record.title, case.delivery.closed_at) == ("检查记录", None)


def test_a_record_is_read_described_and_linked_with_names_of_what_may_be_seen() -> None:
    case, caller = Case(), Caller(Role.ARCHIVIST)
    status, record = caller.ask("PATCH", f"/records/{case.record.pk}", {"doc_type": "D13", "methods": ["W5"]})
    assert (status, record["doc_type"], record["methods"], record["title"]) == (200, "D13", ["W5"], "检查记录")
    assert record["links"][0]["subject"]["title"] == "未戴安全帽"
    value = {"kind": "inspection", "subject_id": str(case.inspection.pk)}
    status, link = caller.ask("POST", f"/records/{case.record.pk}/links", value)
    assert (status, link["subject"]["number"]) == (201, case.inspection.number)
    assert caller.ask("POST", f"/records/links/{link['id']}/end", {"reason": "错挂"})[0] == 204
    _status, units = caller.ask("GET", f"/records/{case.record.pk}/units")
    assert units["items"][0]["text"] == "未戴安全帽"


def test_vocabularies_come_in_both_languages_and_a_key_says_whose_it_is() -> None:
    caller = Caller(Role.INSPECTOR)
    _status, words = caller.ask("GET", "/vocabularies")
    assert len(words["doc-types"]) == 33
    assert words["contents"][4] == {"code": "C5", "zh": "突出问题整治", "en": "Rectifying prominent problems"}
    assert caller.ask("GET", "/me")[1]["roles"] == ["INSPECTOR"]
    people.end_grants(caller.account.pk, "x", reason="test", actor=SYSTEM)
    caller.account.is_active = False
    caller.account.save()
    assert caller.ask("GET", "/me")[0] == 401


def test_suggestions_name_units_and_inspections_that_may_be_seen() -> None:
    case, caller = Case(), Caller(Role.OFFICE)
    paths = [f"{case.inspection.number}/2026-03-12 灶市街道 座谈会记录.pdf", "IMG_1.jpg"]
    _status, found = caller.ask("POST", "/suggestions", {"paths": paths})
    first, second = found["suggestions"]
    assert first["fields"]["inspection_id"]["id"] == str(case.inspection.pk)
    assert "D10" in first["words"]
    assert second == {"fields": {}, "words": ""}
