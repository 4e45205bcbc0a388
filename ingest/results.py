"""Writing down what a stage found: facts, text, derivatives, notices, the run itself, custody. One transaction,
under the claim; files are put into the bucket before it, so that a row never names a file that is not there.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from archive import custody, files, records, states
from archive.models import Derivative, Record, RecordNotice
from archive.models import TextUnit as TextRow
from archive.types import Actor
from archive.words import both
from ingest import claims
from ingest.models import Intake, StageRun
from ingest.types import DerivedFile, Done, Facts, Notice, Outcome, Refused, Retry, Skipped, Stage, TextUnit, Word

WORKER = Actor.system("worker")
WORDS_PER_FILE = 20  # pages whose word boxes share one file

EVENTS = {
    "identify": "format identification",
    "store": "ingestion",
    "scan": "virus check",
    "extract": "extraction",
    "ocr": "extraction",
    "probe": "metadata extraction",
    "derive": "creation",
    "speech": "extraction",
}
"""Stage → PREMIS event type (`domain.md` D5)."""

_FACT_NAMES = {field.name for field in dataclasses.fields(Facts)}
_SEVERE = ("infected", "bomb", "empty", "encrypted", "truncated", "damaged", "unreadable", "mislabelled")


def facts_of(intake: Intake) -> Facts:
    """What is known of the file so far."""
    known = {name: value for name, value in intake.facts.items() if name in _FACT_NAMES}
    if "textless_pages" in known:
        known["textless_pages"] = tuple(known["textless_pages"])
    return Facts(**known)


def write(intake: Intake, attempt: int, run: StageRun, stage: Stage, outcome: Outcome, milliseconds: int) -> Intake:
    """Write an outcome; gives the row as it is then. Raises `StaleClaim` when a newer run has taken over; then
    nothing is written.
    """
    stored = _put_files(intake.record_id, outcome) if isinstance(outcome, Done) else []
    again = StageRun.objects.filter(intake_id=intake.pk, stage=stage.name).exclude(pk=run.pk).exists()
    with transaction.atomic():
        intake = claims.hold(intake.pk, attempt)
        record = Record.objects.select_for_update().filter(pk=intake.record_id).first()
        _write_run(run, outcome, milliseconds)
        if isinstance(outcome, Done | Refused):
            _add_facts(intake, record, outcome.facts)
        _carry_notices(intake, record, stage, outcome)
        if record is not None and intake.state != "DUPLICATE":
            _write_findings(record, stage, outcome, stored, again)
            _tell(record, stage, outcome, milliseconds)
        _settle_stage(intake, stage, outcome)
    return intake


def write_skipped(intake: Intake, attempt: int, skipped: list[tuple[Stage, Skipped]]) -> Intake:
    """Write several stages that have nothing to do, at once."""
    now = datetime.now(UTC)
    names = {stage.name for stage, _outcome in skipped}
    with transaction.atomic():
        intake = claims.hold(intake.pk, attempt)
        StageRun.objects.bulk_create(
            StageRun(
                intake=intake,
                stage=stage.name,
                attempt=attempt,
                outcome="skipped",
                started_at=now,
                milliseconds=0,
                code=outcome.code,
                words=both(outcome.words),
            )
            for stage, outcome in skipped
        )
        RecordNotice.objects.filter(record_id=intake.record_id, stage__in=names).delete()
        intake.owed = [name for name in intake.owed if name not in names]
        Intake.objects.filter(pk=intake.pk).update(owed=intake.owed)
    return intake


def _settle_stage(intake: Intake, stage: Stage, outcome: Outcome) -> None:
    if isinstance(outcome, Retry):
        return
    if stage.vital and isinstance(outcome, Refused):
        intake.stuck = True
    else:
        owed = [name for name in intake.owed if name != stage.name]
        if stage.name == "index" and owed:
            return  # it is due once more when the slow stages are through
        intake.owed, intake.stuck = owed, False
    Intake.objects.filter(pk=intake.pk).update(owed=intake.owed, stuck=intake.stuck)


def _write_run(run: StageRun, outcome: Outcome, milliseconds: int) -> None:
    names = {Done: "done", Skipped: "skipped", Refused: "refused", Retry: "retrying"}
    run.outcome = names[type(outcome)]
    run.milliseconds = milliseconds
    if isinstance(outcome, Done | Refused):
        run.tool, run.tool_version = outcome.tool[:60], outcome.tool_version[:200]
    if not isinstance(outcome, Done):
        data = outcome.data if isinstance(outcome, Refused) else {}
        run.code, run.words = outcome.code[:60], both(outcome.words, data)
        if isinstance(outcome, Refused):
            run.advice = both(outcome.advice, data)
    run.save()


def _add_facts(intake: Intake, record: Record | None, found: Any) -> None:
    """Merge new facts; `technical` by tool; a worse condition stays even when a later stage sees none."""
    if not found:
        return  # store and index find nothing new
    merged = dict(intake.facts) | {k: v for k, v in found.items() if k not in {"technical", "condition"}}
    merged["technical"] = {**intake.facts.get("technical", {}), **found.get("technical", {})}
    merged["condition"] = worse(intake.facts.get("condition", "sound"), found.get("condition", "sound"))
    intake.facts = json.loads(json.dumps(merged, default=list))
    Intake.objects.filter(pk=intake.pk).update(facts=intake.facts)
    if record is not None:
        update_record(record, intake.facts)


def worse(one: str, other: str) -> str:
    """The condition that a person must hear of first."""
    for condition in _SEVERE:
        if condition in (one, other):
            return condition
    return other if one == "sound" else one


def update_record(record: Record, facts: dict[str, Any]) -> None:
    """Bring a record's technical fields up to what is known."""
    values = {name: facts[name] for name in records.FACT_FIELDS if facts.get(name) is not None}
    values["technical"] = facts.get("technical", {})
    values["made_at"] = (facts.get("created") or "")[:40]
    for name in ("format_name", "mime"):
        values[name] = values.get(name, "")[:150]
    values["format_version"] = values.get("format_version", "")[:40]
    Record.objects.filter(pk=record.pk).update(**values)
    record.refresh_from_db()


def _carry_notices(intake: Intake, record: Record | None, stage: Stage, outcome: Outcome) -> None:
    """What identify has to say is said before there is a record: the intake carries it until there is one."""
    if record is None and isinstance(outcome, Done | Refused) and outcome.notices:
        intake.facts = intake.facts | {"notices": [_told(stage, notice) for notice in outcome.notices]}
    elif record is not None and intake.facts.get("notices"):
        told = intake.facts["notices"]
        intake.facts = {name: value for name, value in intake.facts.items() if name != "notices"}
        if intake.state != "DUPLICATE":
            now = datetime.now(UTC)
            RecordNotice.objects.bulk_create(RecordNotice(record=record, created_at=now, **one) for one in told)
    else:
        return
    Intake.objects.filter(pk=intake.pk).update(facts=intake.facts)


def _told(stage: Stage, notice: Notice) -> dict[str, Any]:
    """The columns of a notice's row."""
    return {
        "stage": stage.name,
        "code": notice.code[:60],
        "level": notice.level,
        "words": both(notice.words, notice.data),
        "advice": both(notice.advice, notice.data),
        "data": dict(notice.data),
    }


def _write_findings(record: Record, stage: Stage, outcome: Outcome, stored: list[Stored], again: bool) -> None:
    if isinstance(outcome, Retry):
        return
    now = datetime.now(UTC)
    if again:
        record.notices.filter(stage=stage.name).delete()
    notices: Iterable[Notice] = outcome.notices if isinstance(outcome, Done | Refused) else ()
    if isinstance(outcome, Refused):
        notices = (Notice(outcome.code, outcome.words, outcome.advice, "error", outcome.data), *notices)
    RecordNotice.objects.bulk_create(
        RecordNotice(record=record, created_at=now, **_told(stage, notice)) for notice in notices
    )
    if isinstance(outcome, Done):
        if again:
            record.derivatives.filter(stage=stage.name, current=True, made_by=None).update(current=False)
            record.units.filter(stage=stage.name, current=True).update(current=False)
        boxes = _add_derivatives(record, stage, outcome, stored)
        _add_units(record, stage, outcome, boxes, now)
    if record.condition == "infected" and record.state in {"REGISTERED", "CAPTURED"}:
        states.move(record, "quarantine", actor=WORKER, reason="virus check")


@dataclasses.dataclass(frozen=True)
class Stored:
    """A file that was put into the derivatives bucket, for the row that names it."""

    file: DerivedFile
    where: tuple[str, int, str]


def _put_files(record_id: UUID, outcome: Done) -> list[Stored]:
    with tempfile.TemporaryDirectory(prefix="anjuan-") as folder:
        derived = [*outcome.derived, *_word_files(outcome, Path(folder))]
        return [
            Stored(item, files.put_file(record_id, item.kind, item.number, item.path, item.mime)) for item in derived
        ]


def _word_files(outcome: Done, folder: Path) -> list[DerivedFile]:
    """Word boxes as compact JSON: {"pages": {"3": [[text, left, top, right, bottom, confidence], …]}}."""
    pages = [unit for unit in outcome.units if unit.words and unit.kind in {"page", "slide"}]
    if not pages:
        return []
    made = []
    for start in range(0, len(pages), WORDS_PER_FILE):
        group = pages[start : start + WORDS_PER_FILE]
        value = {"pages": {str(unit.number): [_flat(word) for word in unit.words] for unit in group}}
        path = folder / f"words-{group[0].number}.json.gz"
        path.write_bytes(gzip.compress(json.dumps(value, ensure_ascii=False).encode(), 6))
        made.append(DerivedFile("text-boxes", path, "application/gzip", group[0].number))
    return made


def _flat(word: Word) -> list[Any]:
    box = [round(edge, 5) for edge in word.box]
    return [word.text, *box, None if word.confidence is None else round(word.confidence, 3)]


def _add_derivatives(record: Record, stage: Stage, outcome: Done, stored: list[Stored]) -> dict[int, Derivative]:
    """Rows of the files; gives the word boxes by the first page they hold."""
    boxes = {}
    for item in stored:
        row = files.add_row(
            record,
            stage=stage.name,
            kind=item.file.kind,
            number=item.file.number,
            stored=item.where,
            mime=item.file.mime,
            tool=outcome.tool[:60],
            tool_version=outcome.tool_version,
            recipe=item.file.recipe,
        )
        if row.kind == "text-boxes":
            boxes[row.number] = row
    return boxes


def _add_units(record: Record, stage: Stage, outcome: Done, boxes: dict[int, Derivative], now: datetime) -> None:
    """Rows of the text; what a person corrected stays in force over it."""
    if not outcome.units:
        return
    corrected = set(record.units.filter(stage="person", current=True).values_list("kind", "number"))
    rows = []
    for unit in outcome.units:
        starts = [number for number in boxes if number <= unit.number]
        words = boxes[max(starts)] if unit.words and starts else None
        rows.append(
            TextRow(
                record=record,
                stage=stage.name,
                kind=unit.kind,
                number=unit.number,
                label=unit.label[:300],
                text=clean_text(unit.text),
                source=unit.source,
                start_ms=unit.start_ms,
                end_ms=unit.end_ms,
                width=unit.width,
                height=unit.height,
                confidence=unit.confidence,
                engine=unit.engine[:60],
                engine_version=unit.engine_version[:200],
                words=words,
                created_at=now,
                current=(unit.kind, unit.number) not in corrected,
            )
        )
    TextRow.objects.bulk_create(rows, batch_size=500)
    read = [unit.confidence for unit in outcome.units if unit.confidence is not None and unit.text.strip()]
    if stage.name == "ocr":
        Record.objects.filter(pk=record.pk).update(confidence=min(read) if read else None)


def clean_text(text: str) -> str:
    """Text as PostgreSQL can hold it: without NUL and without halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _tell(record: Record, stage: Stage, outcome: Outcome, milliseconds: int) -> None:
    if stage.name not in EVENTS or isinstance(outcome, Retry):
        return
    data: dict[str, Any] = {"stage": stage.name, "milliseconds": milliseconds}
    match outcome:
        case Done(tool=tool, tool_version=version):
            data |= {"outcome": "done", "tool": tool, "version": version, "condition": record.condition}
        case Refused(code=code):
            data |= {"outcome": "refused", "code": code, "condition": record.condition}
        case Skipped(code=code):
            if code == "not-applicable":
                return
            data |= {"outcome": "skipped", "code": code}
    custody.append(EVENTS[stage.name], subject=("record", record.pk), actor=WORKER, data=data)


def settle(intake: Intake) -> None:
    """Nothing is owed any more: the record is captured, and its vault object gets what the stages found."""
    now = datetime.now(UTC)
    Intake.objects.filter(pk=intake.pk).update(settled_at=now, retry_at=None)
    if intake.state == "DUPLICATE":
        return
    record = records.lock(intake.record_id)
    if record.state == "REGISTERED":
        states.move(record, "capture", actor=WORKER)
    records.owe_version(record, message="pipeline settled", actor=WORKER)


def load_units(intake: Intake) -> tuple[TextUnit, ...]:
    """Text found by earlier runs, with its word boxes: for a stage that is run again by itself."""
    rows = TextRow.objects.filter(record_id=intake.record_id, current=True, kind__in=["page", "slide"])
    found = []
    cache: dict[UUID, dict[str, Any]] = {}
    for row in rows.select_related("words").order_by("number"):
        boxes: list[Any] = []
        if row.words is not None:
            boxes = read_words(row.words, cache).get(str(row.number), [])
        words = tuple(Word(text, (left, top, right, bottom), conf) for text, left, top, right, bottom, conf in boxes)
        found.append(
            TextUnit(
                kind=row.kind,
                number=row.number,
                text=row.text,
                source=row.source,
                label=row.label,
                width=row.width,
                height=row.height,
                confidence=row.confidence,
                engine=row.engine,
                engine_version=row.engine_version,
                words=words,
            )
        )
    return tuple(found)


def read_words(derivative: Derivative, cache: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
    """The word boxes of up to `WORDS_PER_FILE` pages: page number → list of words."""
    if derivative.pk not in cache:
        with files.open_derivative(derivative) as stream:
            cache[derivative.pk] = json.loads(gzip.decompress(stream.read()))["pages"]
    return cache[derivative.pk]
