"""The pipeline from the outside: real workers, killed and restarted; services that go away; unreadable files."""

from __future__ import annotations

import io
import threading
from uuid import UUID

import pytest
from django.db import connection, transaction

from archive import access, errors, objects, vault
from archive import ocfl as layout
from archive.ids import new_id
from archive.models import CustodyEvent, IndexMark, Original, Record
from archive.types import Actor, Role
from ingest import claims, pipeline
from ingest.models import Intake
from ingest.receive import DigestDiffers, SizeDiffers, receive
from ingest.types import Arrival, Description, Receipt
from tests.make import make_account
from tests.pipeline import workers

pytestmark = pytest.mark.usefixtures("live_db")


def text_file(words: str) -> bytes:
    return f"哲桥镇安全生产座谈会记录\n{words}\n到会：某某、𠮷某\n".encode()


def hand_in(body: bytes, *, actor: Actor | None = None, name: str = "座谈会记录.txt", **declared: object) -> Receipt:
    actor = actor or make_account(Role.ARCHIVIST)[1]
    return receive(Arrival(actor, "api", name, io.BytesIO(body), Description(**declared)))  # type: ignore[arg-type]


def unique(words: str) -> bytes:
    return text_file(f"{words} {new_id()}")


def assert_whole(receipt: Receipt, body: bytes) -> Record:
    """Everything that a received file must have in the end, once each."""
    intake = Intake.objects.get(pk=receipt.intake_id)
    assert (intake.state, intake.owed, intake.stuck) == ("STORED", [], False)
    record = Record.objects.get(pk=intake.record_id)
    assert record.state == "CAPTURED"
    vault.keep(record.pk)
    with objects.records().open(record.original.key) as stream:
        assert stream.read() == body
    keys = list(objects.records().list_keys(layout.object_root(record.pk)))
    assert sum(key.endswith("original/bytes") for key in keys) == 1
    assert Record.objects.filter(number=receipt.number).count() == 1
    assert CustodyEvent.objects.filter(subject_id=str(record.pk), event="accession").count() == 1
    assert objects.incoming().stat(intake.key) is None
    assert not IndexMark.objects.filter(record_id=record.pk).exists()
    return record


@pytest.mark.parametrize(
    ("stage", "when"),
    [(stage.name, "before") for stage in pipeline.STAGES]
    + [("store", "after"), ("extract", "after"), ("index", "after")],
)
def test_a_worker_killed_in_any_stage_loses_and_doubles_nothing(stage: str, when: str) -> None:
    body = unique(f"killed in {stage} {when}")
    receipt = hand_in(body)
    died = workers.run("tests.pipeline.dying_worker", stage, when)
    assert died.returncode == -9, died.stderr[-2000:]
    workers.heartbeat_stops()
    workers.run("config", "rescue")
    assert workers.settled(receipt.intake_id).owed == []
    record = assert_whole(receipt, body)
    texts = [unit.text for unit in record.units.filter(current=True)]
    assert sum("座谈会记录" in text for text in texts) == 1


def test_a_live_worker_that_was_taken_for_dead_writes_nothing() -> None:
    body = unique("two workers")
    receipt = hand_in(body)
    first = claims.take(receipt.intake_id)
    claims.take(receipt.intake_id)
    with pytest.raises(claims.StaleClaim), transaction.atomic():
        claims.hold(receipt.intake_id, first)


def test_two_people_handing_in_the_same_file_at_one_moment_share_one_copy() -> None:
    body = unique("同一文件")
    actors = [make_account(Role.ARCHIVIST)[1], make_account(Role.ARCHIVIST)[1]]
    receipts: list[Receipt] = []

    def one(actor: Actor) -> None:
        receipts.append(hand_in(body, actor=actor))
        connection.close()

    threads = [threading.Thread(target=one, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = [workers.settled(receipt.intake_id) for receipt in receipts]
    assert sorted(row.state for row in rows) == ["DUPLICATE", "STORED"]
    assert len({row.record_id for row in rows}) == 1
    assert Original.objects.filter(sha512=rows[0].sha512).count() == 1


def test_a_duplicate_is_told_only_to_whoever_may_see_the_first() -> None:
    body = unique("谁先交的")
    first_owner = make_account(Role.INSPECTOR)[1]
    first = hand_in(body, actor=first_owner)
    workers.settled(first.intake_id)
    record_id = Intake.objects.get(pk=first.intake_id).record_id
    assert hand_in(body, actor=make_account(Role.ARCHIVIST)[1]).duplicate_of == record_id
    assert hand_in(body, actor=make_account(Role.INSPECTOR)[1]).duplicate_of is None


def test_empty_files_are_kept_each_and_said_to_be_empty() -> None:
    receipts = [hand_in(b""), hand_in(b"")]
    rows = [workers.settled(receipt.intake_id) for receipt in receipts]
    assert len({row.record_id for row in rows}) == 2
    for row in rows:
        record = Record.objects.get(pk=row.record_id)
        assert record.condition == "empty"
        assert record.notices.exists()


@pytest.mark.parametrize(("size", "claimed", "error"), [(5, None, SizeDiffers), (None, "0" * 64, DigestDiffers)])
def test_a_cut_or_altered_file_is_refused_and_nothing_is_left(
    size: int | None, claimed: str | None, error: type[Exception]
) -> None:
    actor = make_account(Role.ARCHIVIST)[1]
    before = Intake.objects.count()
    body = io.BytesIO(unique("cut"))
    with pytest.raises(error):
        receive(Arrival(actor, "api", "a.txt", body, size=size, claimed_sha256=claimed))
    assert Intake.objects.count() == before


def test_a_role_that_brings_nothing_in_is_refused() -> None:
    for role in (Role.DISCIPLINE, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN):
        with pytest.raises(errors.NotPermitted):
            hand_in(b"x", actor=make_account(role)[1])


def test_a_stage_can_be_run_again_and_replaces_its_own_text() -> None:
    body = unique("再来一次")
    receipt = hand_in(body)
    intake = workers.settled(receipt.intake_id)
    archivist = make_account(Role.ARCHIVIST)[1]
    pipeline.rerun(intake.record_id, "extract", actor=archivist)
    workers.settled(receipt.intake_id)
    record = assert_whole(receipt, body)
    assert record.units.filter(current=True).count() == 1
    assert record.units.filter(current=False).count() == 1
    assert intake.runs.filter(stage="extract", outcome="done").count() == 2


def test_the_search_engine_being_away_leaves_a_mark_and_the_work_resumes() -> None:
    body = unique("引擎不在")
    receipt = hand_in(body)
    away = {"ANJUAN_SEARCH_ENGINE": "elasticsearch", "ANJUAN_ELASTICSEARCH_URL": "http://127.0.0.1:9"}
    workers.work(**away)
    intake = Intake.objects.get(pk=receipt.intake_id)
    assert intake.state == "STORED"
    assert IndexMark.objects.filter(record_id=intake.record_id).exists()
    assert access.may_see(make_account(Role.ARCHIVIST)[1], "record", intake.record_id)
    workers.settled(receipt.intake_id)
    assert_whole(receipt, body)


@pytest.mark.xdist_group("s3-down")
def test_the_object_store_being_away_refuses_new_files_and_delays_the_others(request: pytest.FixtureRequest) -> None:
    body = unique("存储不在")
    receipt = hand_in(body)
    request.getfixturevalue("s3_down")
    with pytest.raises(errors.Unavailable):
        hand_in(unique("not now"))
    workers.work()
    intake = Intake.objects.get(pk=receipt.intake_id)
    assert intake.state == "RECEIVED"
    assert not intake.stuck
    assert intake.runs.filter(outcome="retrying").exists()


def test_an_unknown_case_is_refused_before_a_byte_is_read() -> None:
    class Untouched(io.BytesIO):
        def read(self, *args: object) -> bytes:
            raise AssertionError("was read")

    actor = make_account(Role.ARCHIVIST)[1]
    declared = Description(inspection_id=UUID(int=1))
    with pytest.raises(errors.NotFound):
        receive(Arrival(actor, "api", "x.txt", Untouched(), declared))
