"""What came in, for reading. Owns: who may see an intake or a delivery, counts per stage, the list of exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext_lazy as _

from archive import access, errors
from archive.models import Original, Record, RecordNotice
from archive.types import Actor
from ingest.models import Delivery, Intake, StageRun
from ingest.receive import STAGE_NAMES

TROUBLE = ("refused", "failed", "lost")
"""Outcomes of a stage that a person should know of."""


def visible_intakes(actor: Actor) -> QuerySet[Intake]:
    """Keepers see every arrival; others what they handed in and what became a record they may see."""
    access.require(actor, "record.view")
    intakes = Intake.objects.select_related("delivery")
    if actor.is_system or access.may(actor, "record.rerun"):
        return intakes
    seen = access.visible(Record.objects.all(), actor).values("pk")
    return intakes.filter(Q(account=actor.id) | Q(record_id__in=seen))


def intake_for(actor: Actor, intake_id: UUID) -> Intake:
    """One arrival. Raises `NotFound` for hidden and for absent alike."""
    found = visible_intakes(actor).filter(pk=intake_id).first()
    if found is None:
        raise errors.NotFound()
    return found


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    """Keepers see every delivery, others their own."""
    access.require(actor, "record.view")
    if actor.is_system or access.may(actor, "record.rerun"):
        return Delivery.objects.all()
    return Delivery.objects.filter(account=actor.id)


def delivery_for(actor: Actor, delivery_id: UUID) -> Delivery:
    """One delivery. Raises `NotFound` for hidden and for absent alike."""
    found = visible_deliveries(actor).filter(pk=delivery_id).first()
    if found is None:
        raise errors.NotFound()
    return found


def open_delivery_for(actor: Actor, delivery_id: UUID) -> Delivery:
    """A delivery that this actor opened and that still takes files. Raises `NotFound`, `Conflict`."""
    found = delivery_for(actor, delivery_id)
    if found.account_id != actor.id:
        raise errors.NotFound()
    if found.closed_at is not None:
        raise errors.Conflict(
            "delivery-closed",
            words=_("Delivery %(number)s is closed."),
            advice=_("Open a new one for these files."),
            number=found.number,
        )
    return found


@dataclass(frozen=True)
class Step:
    """Where a file stands in one stage. `outcome` is waiting, an outcome of `StageRun`, or none (not owed)."""

    stage: str
    outcome: str
    run: StageRun | None = None


def steps_of(intake: Intake) -> list[Step]:
    """Every stage of the pipeline with its latest attempt, in order."""
    latest: dict[str, StageRun] = {}
    for run in intake.runs.order_by("started_at", "pk"):
        latest[run.stage] = run
    names = [*STAGE_NAMES, *(stage for stage in latest if stage not in STAGE_NAMES)]
    return [_step(name, latest.get(name), name in intake.owed) for name in names]


def _step(name: str, run: StageRun | None, owed: bool) -> Step:
    if run is not None and (not owed or run.outcome in ("running", "retrying")):
        return Step(name, run.outcome, run)
    return Step(name, "waiting" if owed else "none", run)


@dataclass(frozen=True)
class Counts:
    """What became of a delivery, per stage: it can be asked for as long as the rows are kept."""

    files: int
    bytes: int
    stored: int
    duplicates: int
    settled: int
    stuck: int
    stages: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def _latest_runs(intakes: QuerySet[Intake]) -> QuerySet[StageRun]:
    newest = StageRun.objects.filter(intake=OuterRef("intake"), stage=OuterRef("stage")).order_by("-started_at", "-pk")
    runs = StageRun.objects.filter(intake__in=intakes.values("pk"))
    return runs.filter(pk=Subquery(newest.values("pk")[:1]))


def counts_of(delivery: Delivery) -> Counts:
    """Files, bytes and the outcome of every stage."""
    intakes = Intake.objects.filter(delivery=delivery)
    sums = intakes.aggregate(
        files=Count("pk"),
        bytes=Sum("size", default=0),
        stored=Count("pk", filter=Q(state="STORED")),
        duplicates=Count("pk", filter=Q(state="DUPLICATE")),
        settled=Count("pk", filter=Q(settled_at__isnull=False)),
        stuck=Count("pk", filter=Q(stuck=True)),
    )
    stages: dict[str, dict[str, int]] = {name: {} for name in STAGE_NAMES}
    owed = intakes.annotate(stage=Func(F("owed"), function="unnest")).values("stage").annotate(number=Count("pk"))
    for row in owed.order_by():
        stages.setdefault(row["stage"], {})["waiting"] = row["number"]
    done = _latest_runs(intakes).values("stage", "outcome").annotate(number=Count("pk"))
    for row in done.order_by():
        here = stages.setdefault(row["stage"], {})
        here[row["outcome"]] = row["number"]
        if row["outcome"] in ("running", "retrying"):  # these are owed as well: not to be counted twice
            here["waiting"] = max(0, here.get("waiting", 0) - row["number"])
    return Counts(**sums, stages=stages)


@dataclass(frozen=True)
class Exceptional:
    """A file that something should be known of, and why."""

    intake: Intake
    stage: str
    outcome: str
    code: str
    words: Mapping[str, str]
    advice: Mapping[str, str]


MOST_EXCEPTIONS = 2000


def exceptions_of(delivery: Delivery) -> list[Exceptional]:
    """Stages that failed or were refused, and notices on the records (empty, encrypted, damaged …), by receipt."""
    intakes = Intake.objects.filter(delivery=delivery)
    runs = _latest_runs(intakes).filter(outcome__in=TROUBLE).select_related("intake")[:MOST_EXCEPTIONS]
    found = [Exceptional(run.intake, run.stage, run.outcome, run.code, run.words, run.advice) for run in runs]
    told = {(item.intake.pk, item.code) for item in found}
    records = {intake.record_id: intake for intake in intakes.exclude(state="DUPLICATE")}
    notices = RecordNotice.objects.filter(record_id__in=intakes.values("record_id")).exclude(level="info")
    for notice in notices[:MOST_EXCEPTIONS]:
        intake = records.get(notice.record_id)
        if intake is not None and (intake.pk, notice.code) not in told:
            found.append(Exceptional(intake, notice.stage, "noticed", notice.code, notice.words, notice.advice))
    return sorted(found, key=lambda item: (item.intake.number, item.stage))


def first_of(intake: Intake, actor: Actor) -> Record | None:
    """The other record that holds the same bytes, if there is one and the actor may see it."""
    if intake.state == "DUPLICATE":  # its own record is that one since
        return record_of(intake, actor)
    if not intake.size:
        return None
    same = Original.objects.filter(sha512=intake.sha512).exclude(record_id=intake.record_id).values("record_id")
    return access.visible(Record.objects.filter(pk__in=same), actor).first()


def record_of(intake: Intake, actor: Actor) -> Record | None:
    """The record that the file became, or that had its bytes already; None until it stands or when it is hidden."""
    if intake.state == "RECEIVED":
        return None
    return access.visible(Record.objects.filter(pk=intake.record_id), actor).first()


def records_of(delivery: Delivery, actor: Actor) -> QuerySet[Record]:
    """The records that a delivery brought or met, as far as the actor may see them."""
    intakes = Intake.objects.filter(delivery=delivery).exclude(state="RECEIVED")
    wanted = Record.objects.filter(pk__in=intakes.values("record_id"))
    return access.visible(wanted, actor).select_related("original").order_by("number")


def narrowed(intakes: QuerySet[Intake], filters: Mapping[str, Any]) -> QuerySet[Intake]:
    """The list of arrivals under its filters: `q` (name or receipt), `door`, `state`, `trouble`, `delivery`."""
    if text := filters.get("q"):
        intakes = intakes.filter(Q(file_name__icontains=text) | Q(number__iexact=text))
    for name in ("door", "state", "delivery_id"):
        if filters.get(name):
            intakes = intakes.filter(**{name: filters[name]})
    match filters.get("progress"):
        case "open":
            intakes = intakes.filter(settled_at=None)
        case "settled":
            intakes = intakes.filter(settled_at__isnull=False)
        case "stuck":
            intakes = intakes.filter(stuck=True)
        case "trouble":
            bad = StageRun.objects.filter(outcome__in=TROUBLE).values("intake")
            intakes = intakes.filter(Q(stuck=True) | Q(pk__in=bad))
    return intakes


def names_of(intakes: Iterable[Intake]) -> list[tuple[str, str]]:
    """(path or name as it came, intake id) for matching the rows of a list."""
    return [(str(intake.declared.get("path") or intake.file_name), str(intake.pk)) for intake in intakes]
