"""Pictures for lists of records, fetched by one query a list."""

from __future__ import annotations

from collections.abc import Iterable

from archive.models import Derivative, Record


def with_thumbs(records: Iterable[Record]) -> list[Record]:
    """The records, each with `thumb`: the small picture that stands for it, or None."""
    found = list(records)
    rows = Derivative.objects.filter(
        record__in=[one.pk for one in found], kind__in=("thumbnail", "key-frame"), current=True
    ).order_by("-kind", "number")
    first: dict[object, Derivative] = {}
    for row in rows:
        first.setdefault(row.record_id, row)
    for one in found:
        one.thumb = first.get(one.pk)  # type: ignore[attr-defined]
    return found
