"""index: hand the record to the search engine. An engine that is down loses nothing: the mark stays."""

from __future__ import annotations

from ingest.types import Done, Outcome, Work
from search import sync


def run(work: Work) -> Outcome:
    """Index the record as it is now."""
    engine = sync.index_record(work.record_id)
    return Done(engine.name, engine.version)


def applies(work: Work) -> bool:
    return True
