"""scan: ask ClamAV, where one is set up. A file is never called clean without its word."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ingest.stages import words
from ingest.tools import clamav
from ingest.types import Done, Outcome, Retry, Skipped, Work


def run(work: Work) -> Outcome:
    """Clean, infected, or not scanned with the reason."""
    address = work.options.get("clamav", "off")
    if address in ("", "off"):
        return Skipped("scan-off", _("Not scanned for viruses: no scanner is set up here."))
    if work.size == 0:
        return Skipped("scan-empty", _("Not scanned for viruses: the file is empty."))
    try:
        verdict = clamav.scan(work.original, address)
    except clamav.TooLargeToScan as refusal:
        return Skipped(refusal.code, _("Not scanned for viruses: the file is larger than the scanner accepts."))
    except clamav.ScannerDown as failure:
        return Retry(failure.code, failure.words, 60)
    facts: dict[str, object] = {
        "technical": {"scan": {"virus": verdict.virus, "signatures": verdict.signatures}},
    }
    version = f"{verdict.engine}; {verdict.signatures}"
    if not verdict.virus:
        return Done("clamav", version, facts)
    found = words.notices([{"code": "infected", "data": {"virus": verdict.virus}}])
    return Done("clamav", version, facts | {"condition": "infected"}, notices=found)


def applies(work: Work) -> bool:
    """Every file, so that a scanner that is off stands in each record."""
    return True
