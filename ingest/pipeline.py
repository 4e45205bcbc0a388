"""The pipeline: what is done with a file after it was received, in this order. Store stands before all that can fail.

`advance` runs what `Intake.owed` names. Stages hand back what they found; `ingest.results` writes it. A stage that
fails leaves a visible gap and never blocks the others, unless it is vital.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from archive import access, custody, errors
from archive.models import Record
from archive.types import Actor
from ingest import claims, jobs, results, workspace
from ingest.models import Intake, StageRun
from ingest.stages import derive, extract, identify, index, ocr, probe, scan, speech, store
from ingest.types import Done, Facts, Outcome, Refused, Retry, Skipped, Stage, TextUnit, Work

log = logging.getLogger(__name__)

STAGES: tuple[Stage, ...] = (
    Stage("identify", identify.run, identify.applies, 60, 1024, retries=5, vital=True),
    Stage("store", store.run, store.applies, 3600, 256, retries=20, vital=True),
    Stage("scan", scan.run, scan.applies, 600, 256, retries=3, vital=False),
    Stage("extract", extract.run, extract.applies, 300, 2048, retries=2, vital=False),
    Stage("probe", probe.run, probe.applies, 120, 1024, retries=2, vital=False),
    Stage("ocr", ocr.run, ocr.applies, 7200, 4096, retries=2, vital=False, lane="slow"),
    Stage("derive", derive.run, derive.applies, 14400, 4096, retries=2, vital=False, lane="slow"),
    Stage("speech", speech.run, speech.applies, 14400, 6144, retries=2, vital=False, lane="slow"),
    Stage("index", index.run, index.applies, 120, 512, retries=1000, vital=False),
)
BY_NAME = {stage.name: stage for stage in STAGES}

CLOSED_CONDITIONS = frozenset({"empty", "bomb", "infected"})
"""A file in one of these is kept and described, but no tool reads it further."""
READING = frozenset({"extract", "probe", "ocr", "derive", "speech"})


def advance(intake_id: UUID, lane: str) -> None:
    """Run what is owed and can be run in this lane; defer the rest."""
    intake = Intake.objects.get(pk=intake_id)
    if not intake.owed:
        return
    attempt = claims.take(intake_id)
    try:
        with workspace.opened(intake) as space:
            Run(intake, attempt, lane, space).go()
    except claims.StaleClaim:
        log.info("%s: a newer run has taken over", intake.number)


@dataclasses.dataclass
class Run:
    """One pass over the owed stages of one file."""

    intake: Intake  # as the last write left it
    attempt: int
    lane: str
    space: Path
    units: tuple[TextUnit, ...] | None = None
    skipped: list[tuple[Stage, Skipped]] = dataclasses.field(default_factory=list)
    later: int | None = None  # seconds until a stage that failed is tried again

    def go(self) -> None:
        waiting_for_slow = False
        for stage in STAGES:
            if stage.name not in self.intake.owed:
                continue
            if stage.name == "index" and self.intake.state == "RECEIVED":
                break
            if not self._applies(stage):
                self.skipped.append((stage, _not_here(results.facts_of(self.intake))))
                continue
            if self.lane == "quick" and stage.lane == "slow":
                waiting_for_slow = True
                continue
            self._write_skipped()
            if not self._one(stage) and stage.vital:
                break
        self._write_skipped()
        self._end(waiting_for_slow)

    def _write_skipped(self) -> None:
        if self.skipped:
            self.intake = results.write_skipped(self.intake, self.attempt, self.skipped)
            self.skipped = []

    def _work(self, *, with_units: bool) -> Work:
        intake = self.intake
        folder = self.space / "work"
        folder.mkdir(exist_ok=True)
        if self.units is None and with_units:
            self.units = results.load_units(intake)
        options = {"ocr_engine": settings.OCR_ENGINE, "clamav": settings.CLAMAV, "speech_model": settings.SPEECH_MODEL}
        return Work(
            intake_id=intake.pk,
            record_id=intake.record_id,
            file_name=intake.file_name,
            size=intake.size,
            original=self.space / "original",
            folder=folder,
            facts=results.facts_of(intake),
            units=self.units or (),
            options=options | intake.options,
            attempt=self.attempt,
        )

    def _applies(self, stage: Stage) -> bool:
        condition = results.facts_of(self.intake).condition
        if stage.name in READING and condition in CLOSED_CONDITIONS:
            return False
        if self.intake.state == "DUPLICATE" and stage.name != "index":
            return False
        return stage.applies(self._work(with_units=False))

    def _one(self, stage: Stage) -> bool:
        """Run one stage and write its outcome; says whether the stage is settled."""
        run = StageRun.objects.create(
            intake=self.intake, stage=stage.name, attempt=self.attempt, started_at=datetime.now(UTC)
        )
        began = time.monotonic()
        outcome = _given_up(self._outcome(stage), stage, self.intake)
        elapsed = round((time.monotonic() - began) * 1000)
        self.intake = results.write(self.intake, self.attempt, run, stage, outcome, elapsed)
        if isinstance(outcome, Done) and outcome.units:
            self.units = (*(self.units or ()), *outcome.units)
        if isinstance(outcome, Retry):
            self.later = min(self.later or outcome.after_seconds, outcome.after_seconds)
            return False
        return not (stage.vital and isinstance(outcome, Refused))

    def _outcome(self, stage: Stage) -> Outcome:
        try:
            if stage.name not in {"store", "index"}:
                workspace.fetch(self.intake, self.space)
            return stage.run(self._work(with_units=stage.lane == "slow"))
        except claims.StaleClaim:
            raise
        except errors.Unavailable as exc:
            return Retry(exc.code, exc.message(), 15)
        except errors.ArchiveError as exc:
            return Refused(exc.code, exc.words, exc.advice, data=_plain(exc.data))
        except Exception as exc:
            # A fault of ours: told on the page, tried again, never swallowed
            log.exception("%s: stage %s failed", self.intake.number, stage.name)
            words = _("The stage failed unexpectedly (%(kind)s).")
            return Retry("internal-error", str(words) % {"kind": type(exc).__name__}, 20)

    def _end(self, waiting_for_slow: bool) -> None:
        with transaction.atomic():
            intake = claims.hold(self.intake.pk, self.attempt)
            if not intake.owed:
                results.settle(intake)
                return
            retry_at = datetime.now(UTC) + timedelta(seconds=self.later) if self.later else None
            if retry_at != intake.retry_at:
                Intake.objects.filter(pk=intake.pk).update(retry_at=retry_at)
            if waiting_for_slow:
                jobs.defer_advance(intake.pk, "slow")
            elif self.later:
                jobs.defer_advance(intake.pk, self.lane, after_seconds=self.later)


def _plain(data: dict[str, str | int | None]) -> dict[str, str | int]:
    return {name: value if value is not None else "" for name, value in data.items()}


def _not_here(facts: Facts) -> Skipped:
    if facts.condition in CLOSED_CONDITIONS:
        return Skipped(f"condition-{facts.condition}", _("Not read further because of the state the file is in."))
    return Skipped("not-applicable", _("Nothing to do for this kind of file."))


def _given_up(outcome: Outcome, stage: Stage, intake: Intake) -> Outcome:
    """A retry with back-off, or a refusal once the stage has been tried often enough."""
    if not isinstance(outcome, Retry):
        return outcome
    tries = recent_failures(intake, stage.name)
    if tries >= stage.retries:
        advice = _("Tried %(tries)s times. Run the stage again by hand when the cause is mended.")
        return Refused(outcome.code, outcome.words, advice, data={"tries": tries + 1})
    waited = outcome.after_seconds * 2 ** min(tries, 6)
    return dataclasses.replace(outcome, after_seconds=min(waited, 900))


def recent_failures(intake: Intake, stage: str) -> int:
    """Attempts in a row that ended in a retry since the stage last ended otherwise."""
    count = 0
    for outcome in (
        StageRun.objects.filter(intake=intake, stage=stage).order_by("-id").values_list("outcome", flat=True)
    ):
        if outcome == "retrying":
            count += 1
        elif outcome not in {"running", "lost"}:
            break
    return count


def rerun(record_id: UUID, stage: str, *, actor: Actor, options: dict[str, str] | None = None) -> Intake:
    """Have one stage done again for a record, with other options if wished (another OCR engine)."""
    if stage not in BY_NAME or stage in {"store"}:
        raise errors.BadInput("unknown-stage", words=_("There is no stage %(value)s to run again."), value=stage)
    record: Record = access.record_for(actor, record_id, "record.rerun")
    with transaction.atomic():
        intake = Intake.objects.select_for_update().filter(record_id=record.pk, state="STORED").first()
        if intake is None:
            raise errors.NotFound()
        owed = [item.name for item in STAGES if item.name in {*intake.owed, stage, "index"}]
        Intake.objects.filter(pk=intake.pk).update(
            owed=owed, options=intake.options | (options or {}), settled_at=None, stuck=False
        )
        data: dict[str, Any] = {"stage": stage} | (options or {})
        custody.append("stage ordered again", subject=("record", record.pk), actor=actor, data=data)
        lane = BY_NAME[stage].lane
        jobs.defer_advance(intake.pk, lane)
    return intake
