"""Keeps the index beside the records: the only reader of records here. A mark stays until its version is indexed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from uuid import UUID

from django.db.models import F

from archive import access, errors
from archive.models import IndexMark, Link, Record
from inspections.models import Inspection, Issue
from search.engine import SearchEngine, get_engine
from search.types import PassageDocument, RecordDocument

EPOCH = date(1970, 1, 1)
AT_ONCE = 50
MOST_TRIES = 10  # a record that cannot be indexed so often waits for a person, and holds up nobody


def index_record(record_id: UUID) -> SearchEngine:
    """Index a record as it is now; gives the engine. Raises `EngineUnavailable`; then its mark stays."""
    engine = get_engine()
    _index([Record.objects.select_related("original").get(pk=record_id)], engine)
    return engine


def drain(limit: int = 500) -> int:
    """Index what changed, oldest first; gives how many. Stops quietly when the engine is away: the marks stay."""
    marks = IndexMark.objects.filter(tries__lt=MOST_TRIES).order_by("since").values_list("record_id", flat=True)[:limit]
    done = 0
    for ids in _portions(list(marks)):
        records = list(Record.objects.select_related("original").filter(pk__in=ids))
        try:
            _index(records, get_engine())
        except errors.Unavailable as exc:
            IndexMark.objects.filter(record_id__in=ids).update(error=exc.code)
            return done
        except Exception:
            done += _one_by_one(records)
            continue
        done += len(records)
    return done


def _one_by_one(records: Iterable[Record]) -> int:
    """One record of a portion cannot be indexed: the others are, and it is counted."""
    done = 0
    for record in records:
        try:
            _index([record], get_engine())
            done += 1
        except errors.Unavailable:
            return done
        except Exception as exc:
            marks = IndexMark.objects.filter(record_id=record.pk)
            marks.update(tries=F("tries") + 1, error=f"{type(exc).__name__}: {exc}"[:500])
    return done


def rebuild() -> int:
    """Make the whole index anew beside the running one, then exchange them; gives how many records it holds."""
    building = get_engine().rebuild()
    count = 0
    try:
        ids = list(Record.objects.order_by("created_at").values_list("pk", flat=True))
        for portion in _portions(ids):
            records = Record.objects.select_related("original").filter(pk__in=portion)
            documents = [project(record) for record in records]
            building.put(documents)
            count += len(documents)
        building.finish()
    except BaseException:
        building.abandon()
        raise
    drain()
    return count


def behind() -> int:
    """How many records the index still owes a visit; the results page says so."""
    return IndexMark.objects.count()


def project(record: Record) -> RecordDocument:
    """The record as the index knows it, with its audience."""
    links = list(Link.objects.filter(record=record, ended_at=None))
    inspections, issues = _subjects(links)
    original = getattr(record, "original", None)
    file_name = original.file_name if original else ""
    passages = tuple(
        PassageDocument(unit.kind, unit.number, unit.text, unit.label, unit.start_ms, unit.end_ms, unit.source)
        for unit in record.units.filter(current=True).order_by("kind", "number")
        if unit.text
    )
    names = [record.title, record.number, file_name, record.maker, record.place]
    names += [link.given_name for link in links]
    names += [f"{inspection.number} {inspection.unit.name}" for inspection in inspections]
    names += [f"{issue.number} {issue.title}" for issue in issues]
    day = record.date or record.created_at.date()
    return RecordDocument(
        id=str(record.pk),
        version=record.version,
        acl=access.audience_of("record", record.pk),
        title=record.title,
        body=(*dict.fromkeys(name for name in names if name), *(passage.text for passage in passages)),
        facets=_facets(record, inspections, issues, day),
        date=(day - EPOCH).days,
        number=record.number,
        passages=passages,
        data={"number": record.number, "title": record.title, "medium": record.medium, "doc_type": record.doc_type},
    )


def _subjects(links: Sequence[Link]) -> tuple[list[Inspection], list[Issue]]:
    """The issues that the record proves, and the inspections it belongs to, by itself or through them."""
    issues = list(Issue.objects.filter(pk__in=[link.subject_id for link in links if link.subject_kind == "issue"]))
    ids = {link.subject_id for link in links if link.subject_kind == "inspection"}
    ids |= {issue.inspection_id for issue in issues}
    return list(Inspection.objects.select_related("unit").filter(pk__in=ids).order_by("number")), issues


def _facets(
    record: Record, inspections: Sequence[Inspection], issues: Sequence[Issue], day: date
) -> dict[str, tuple[str, ...]]:
    return {
        "inspection": tuple(inspection.number for inspection in inspections),
        "unit": tuple(dict.fromkeys(inspection.unit.name for inspection in inspections)),
        "issue": tuple(issue.number for issue in issues),
        "issue_state": tuple(dict.fromkeys(issue.state for issue in issues)),
        "doc_type": (record.doc_type,) if record.doc_type else (),
        "year": (str(day.year),),
        "medium": (record.medium,),
        "condition": (record.condition,),
    }


def _index(records: Sequence[Record], engine: SearchEngine) -> None:
    """Put them and settle their marks – but not the mark of a change that came meanwhile."""
    documents = [project(record) for record in records]
    engine.put(documents)
    for document in documents:
        IndexMark.objects.filter(record_id=document.id, version__lte=document.version).delete()


def _portions(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
