"""Searching over the API: finds with their places, facets, and nothing that may not be seen."""

from __future__ import annotations

from typing import Any

import pytest

from archive import access
from archive.models import Record
from archive.types import Role
from inspections.audience import refresh_record
from search.engine import get_engine
from search.types import PassageDocument, RecordDocument
from tests.api.caller import Caller
from tests.make import make_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buckets")]


@pytest.fixture(autouse=True)
def index(tmp_path: Any, settings: Any) -> Any:
    """An index of this test alone."""
    settings.DATA, settings.SEARCH_ENGINE = tmp_path, "embedded"
    get_engine.cache_clear()
    get_engine().ensure()
    yield
    get_engine.cache_clear()


def indexed(title: str, *pages: str, doc_type: str = "") -> Record:
    record = make_record(title, doc_type=doc_type)
    refresh_record(record)
    document = RecordDocument(
        id=str(record.pk),
        version=1,
        acl=access.audience_of("record", record.pk),
        title=title,
        body=(title, *pages),
        facets={"doc_type": (doc_type,)} if doc_type else {},
        date=20_000,
        number=record.number,
        passages=tuple(PassageDocument("page", number, text) for number, text in enumerate(pages, start=1)),
    )
    get_engine().put([document])
    get_engine().refresh()
    return record


def test_a_sentence_is_found_at_its_page_with_what_matched_marked() -> None:
    record = indexed("检查记录", "第一页", "施工现场有三人未戴安全帽", doc_type="D13")
    status, found = Caller(Role.ARCHIVIST).ask("GET", "/search?q=%E6%9C%AA%E6%88%B4%E5%AE%89%E5%85%A8%E5%B8%BD")
    assert (status, found["total"], found["items"][0]["id"]) == (200, 1, str(record.pk))
    (passage,) = found["items"][0]["passages"]
    assert [piece["text"] for piece in passage["snippet"] if piece["mark"]] == ["未戴安全帽"]
    assert "page=2" in passage["url"]
    assert found["facets"]["doc_type"] == [{"value": "D13", "count": 1}]


def test_filters_narrow_and_what_may_not_be_seen_is_neither_found_nor_counted() -> None:
    indexed("甲", "安全帽", doc_type="D13")
    indexed("乙", "安全帽", doc_type="D10")
    query = "/search?q=%E5%AE%89%E5%85%A8%E5%B8%BD"
    keeper = Caller(Role.OFFICE)
    assert keeper.ask("GET", query)[1]["total"] == 2
    assert [item["title"] for item in keeper.ask("GET", f"{query}&doc_type=D10")[1]["items"]] == ["乙"]
    hidden = Caller(Role.INSPECTOR).ask("GET", query)[1]
    assert (hidden["total"], hidden["items"], hidden["facets"].get("doc_type", [])) == (0, [], [])
    assert Caller(Role.SYSTEM_ADMIN).ask("GET", query)[0] == 403


def test_a_search_that_cannot_be_read_is_told_with_its_place() -> None:
    status, problem = Caller(Role.ARCHIVIST).ask("GET", "/search?q=%22%E5%AE%89%E5%85%A8")
    assert (status, problem["code"], problem["data"]["position"]) == (400, "query-error", 1)
