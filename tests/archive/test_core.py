"""Custody, states, the door, and the rules around records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from archive import access, buckets, custody, errors, ledger, people, records, states
from archive.ids import new_id
from archive.models import AccessGrant, Account, CustodyEvent, IndexMark, LedgerEntry, Record, VaultVersion
from archive.numbers import next_number
from archive.types import ADMIN_ROLES, Actor, Role
from tests.make import make_account, make_record

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def test_ids_are_version_7_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(200)]
    assert {value.version for value in ids} == {7}
    assert len(set(ids)) == 200


def test_numbers_have_no_gap_after_a_failed_transaction() -> None:
    first = next_number("t", "T", 2026)
    with pytest.raises(RuntimeError), transaction.atomic():
        next_number("t", "T", 2026)
        raise RuntimeError
    assert (first, next_number("t", "T", 2026)) == ("T2026-000001", "T2026-000002")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE archive_custodyevent SET event = 'x'",
        "DELETE FROM archive_custodyevent",
        "TRUNCATE archive_custodyevent CASCADE",
        "UPDATE archive_original SET sha512 = 'x'",
        "DELETE FROM archive_original",
    ],
)
def test_the_database_refuses_to_change_what_was_told(sql: str) -> None:
    custody.append("view", subject=("record", make_record("耒阳").pk), actor=SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        custody.append("view", subject=("record", new_id()), actor=SYSTEM)


def test_the_digest_of_an_event_covers_every_field() -> None:
    event = custody.append("view", subject=("record", new_id()), actor=SYSTEM, data={"词": "𠮷"})
    stored = CustodyEvent.objects.get(pk=event.pk)
    assert custody.digest_of(stored) == stored.digest
    for name, other in {
        "event": "x",
        "subject_kind": "x",
        "subject_id": "x",
        "actor_kind": "x",
        "actor_id": new_id(),
        "actor_name": "x",
        "address": "x",
        "data": {},
        "at": datetime.now(UTC),
    }.items():
        changed = CustodyEvent.objects.get(pk=event.pk)
        setattr(changed, name, other)
        assert custody.digest_of(changed) != stored.digest, name


@pytest.mark.django_db(transaction=True)
def test_the_chain_finds_an_altered_event() -> None:
    buckets.ensure()
    for number in range(5):
        custody.note("view", subject=("record", str(number)), actor=SYSTEM)
    ledger.seal()
    assert ledger.first_fault() is None
    segment = ledger.flush()
    assert segment is not None and ledger.flush() is None
    victim = LedgerEntry.objects.order_by("-position")[2]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive_custodyevent DISABLE TRIGGER refuse_change")
        cursor.execute("UPDATE archive_custodyevent SET actor_name = 'nobody' WHERE id = %s", [victim.event_id])
        cursor.execute("ALTER TABLE archive_custodyevent ENABLE TRIGGER refuse_change")
    assert ledger.first_fault() == victim.position


def test_a_move_is_made_once_and_told() -> None:
    record = make_record("座谈会记录", state="REGISTERED")
    same = Record.objects.get(pk=record.pk)
    states.move(record, "capture", actor=SYSTEM)
    with pytest.raises(errors.StateConflict):
        states.move(same, "capture", actor=SYSTEM)
    assert Record.objects.get(pk=record.pk).state == "CAPTURED"
    assert CustodyEvent.objects.filter(subject_id=str(record.pk), event="state").count() == 1


def test_every_illegal_move_of_a_record_is_refused() -> None:
    machine = records.M5
    moves = {move for _state, move in machine.moves}
    for state in machine.states:
        for move in moves:
            record = make_record(f"{state} {move}", state=state)
            if (state, move) in machine.moves:
                states.move(record, move, actor=SYSTEM)
                assert Record.objects.get(pk=record.pk).state == machine.moves[state, move]
            else:
                with pytest.raises(errors.StateConflict):
                    states.move(record, move, actor=SYSTEM)


@pytest.mark.parametrize("second", [*sorted(ADMIN_ROLES - {Role.SYSTEM_ADMIN}), Role.ARCHIVIST])
def test_an_administrator_holds_no_second_role(second: Role) -> None:
    with pytest.raises(people.RolesClash):
        people.open_account("x", name="x", roles=[Role.SYSTEM_ADMIN, second], password="p", actor=SYSTEM)


def test_no_administrator_sees_a_record_even_with_a_grant() -> None:
    record = make_record("卷")
    access.set_audience("record", record.pk, [f"record:{record.pk}", "role:ARCHIVIST"])
    for role in ADMIN_ROLES:
        account, actor = make_account(role)
        people.grant(account, f"record:{record.pk}", reason="by mistake", actor=SYSTEM)
        with pytest.raises(errors.NotFound):
            access.record_for(actor, record.pk)


def test_hidden_and_absent_look_alike() -> None:
    record = make_record("卷")
    _account, actor = make_account(Role.DISCIPLINE)
    told = []
    for record_id in (record.pk, new_id()):
        with pytest.raises(errors.NotFound) as caught:
            access.record_for(actor, record_id)
        told.append((caught.value.code, str(caught.value), caught.value.data))
    assert told[0] == told[1]


def test_a_grant_opens_for_its_time_only() -> None:
    record = make_record("卷")
    token = f"record:{record.pk}"
    access.set_audience("record", record.pk, [token])
    account, actor = make_account(Role.DISCIPLINE)
    grant = people.grant(account, token, reason="case 1", actor=SYSTEM)
    assert access.record_for(actor, record.pk) == record
    now = datetime.now(UTC)
    for starts, ends in ((now + timedelta(hours=1), None), (now - timedelta(hours=2), now - timedelta(hours=1))):
        AccessGrant.objects.filter(pk=grant.pk).update(starts=starts, ends=ends)
        with pytest.raises(errors.NotFound):
            access.record_for(actor, record.pk)


def test_an_action_without_a_rule_is_nobodys() -> None:
    for role in Role:
        assert not access.may(make_account(role)[1], "record.destroy-everything")
    assert not access.may(SYSTEM, "record.destroy-everything")


def test_an_inactive_account_has_no_actor() -> None:
    account, _actor = make_account(Role.ARCHIVIST)
    secret = people.new_api_token(account, name="t", actor=SYSTEM)
    assert people.account_of_token(secret) == account
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert people.account_of_token(secret) is None


def test_a_description_is_changed_with_its_history_kept() -> None:
    record = make_record("旧题名")
    access.set_audience("record", record.pk, ["role:ARCHIVIST"])
    _account, actor = make_account(Role.ARCHIVIST)
    changed = records.describe(
        record.pk, records.Details(title="新题名 𠮷", contents=("C5",)), actor=actor, reason="错字"
    )
    assert (changed.title, changed.contents, changed.version) == ("新题名 𠮷", ["C5"], 2)
    event = CustodyEvent.objects.get(subject_id=str(record.pk), event="metadata modification")
    assert event.data["before"]["title"] == "旧题名"
    assert IndexMark.objects.get(record_id=record.pk).version == 2
    newest = VaultVersion.objects.filter(record_id=record.pk).order_by("-number")[0]
    assert "新题名 𠮷" in newest.files["metadata/record.json"]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"doc_type": "D98"}, "unknown-doc-type"),
        ({"methods": ("W8",)}, "unknown-method"),
        ({"contents": ("C0",)}, "unknown-content"),
        ({"secrecy": "机密"}, "secrecy-refused"),
    ],
)
def test_unknown_codes_and_state_secrets_are_refused(details: dict[str, Any], code: str) -> None:
    with pytest.raises(errors.BadInput) as caught:
        records.check_details(records.Details(**details))
    assert caught.value.code == code


def test_a_corrected_page_is_a_new_unit_and_the_old_one_stays() -> None:
    record = make_record("笔录", text="耒陌市")
    access.set_audience("record", record.pk, ["role:ARCHIVIST"])
    _account, actor = make_account(Role.ARCHIVIST)
    old = record.units.get()
    unit = records.correct_page(record.pk, 1, "耒阳市", actor=actor, expected=old.pk)
    assert [u.text for u in records.text_of(record)] == ["耒阳市"]
    assert (unit.made_by_id, record.units.count()) == (actor.id, 2)
    with pytest.raises(errors.Conflict):
        records.correct_page(record.pk, 1, "又改", actor=actor, expected=old.pk)
