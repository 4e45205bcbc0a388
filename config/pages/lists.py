"""The list of records: newest first, narrowed by what an archivist looks for."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from archive import access, errors, thumbs
from archive.access import actor_of
from archive.models import Link, Record
from archive.vocabulary import DOC_TYPES
from config.pages import names

PAGE = 30
FILTERS = ("q", "doc_type", "medium", "condition", "lacks")


@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """Records that the person may see."""
    actor = actor_of(request)
    access.require(actor, "record.view")
    filters = {name: request.GET.get(name, "").strip().replace("\x00", "")[:200] for name in FILTERS}
    found = narrowed(access.visible(Record.objects.select_related("original"), actor), filters)
    total = found.count()
    before = request.GET.get("before", "")
    if before:
        found = found.filter(pk__lt=_uuid(before))
    items = list(found.order_by("-pk")[: PAGE + 1])
    query = request.GET.copy()
    if len(items) > PAGE:
        query["before"] = str(items[PAGE - 1].pk)
    context = {
        "records": thumbs.with_thumbs(items[:PAGE]),
        "total": total,
        "next": query.urlencode() if len(items) > PAGE else "",
        "filters": filters,
        "doc_types": [(term.code, f"{term.code} {term}") for term in DOC_TYPES.values()],
        "media": names.MEDIA.items(),
        "conditions": [(code, words) for code, (words, _tone) in names.STATES["condition"].items()],
    }
    return render(request, "record/list.html", context)


def narrowed(found: QuerySet[Record], filters: Mapping[str, str]) -> QuerySet[Record]:
    """The records that pass every filter."""
    words = filters["q"]
    if words:
        found = found.filter(
            Q(title__icontains=words) | Q(number__iexact=words) | Q(original__file_name__icontains=words)
        )
    if filters["doc_type"]:
        found = found.filter(doc_type=filters["doc_type"])
    if filters["medium"]:
        found = found.filter(medium=filters["medium"])
    if filters["condition"] == "unsound":
        found = found.exclude(condition="sound")
    elif filters["condition"]:
        found = found.filter(condition=filters["condition"])
    if filters["lacks"] == "type":
        found = found.filter(doc_type="")
    if filters["lacks"] == "link":
        found = found.exclude(pk__in=Link.objects.filter(ended_at=None).values("record_id"))
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise errors.BadInput() from exc
