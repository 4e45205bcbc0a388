"""Both real engines, each with an index of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from search.elastic import ElasticEngine
from search.embedded import EmbeddedEngine
from search.engine import SearchEngine

ENGINES = ("embedded", "elasticsearch")


@pytest.fixture(scope="module", params=ENGINES)
def make_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], SearchEngine]]:
    """Makes fresh engines of one kind; each is emptied and closed in the end."""
    with ExitStack() as stack:

        def make() -> SearchEngine:
            if request.param == "embedded":
                embedded = EmbeddedEngine(tmp_path_factory.mktemp("index"))
                stack.callback(embedded.close)
                return embedded
            elastic = ElasticEngine(request.getfixturevalue("elasticsearch"), f"t{uuid.uuid4().hex[:12]}")
            stack.callback(_wipe, elastic)
            return elastic

        yield make


def _wipe(engine: ElasticEngine) -> None:
    names = [*engine.at.of(engine.at.current), *engine.at.of(engine.at.building)]
    for name in names:
        engine.client.indices.delete(index=name, ignore_unavailable=True)
    engine.close()


@pytest.fixture
def engine(make_engine: Callable[[], SearchEngine]) -> SearchEngine:
    """An engine with an empty index."""
    made = make_engine()
    made.ensure()
    return made


@pytest.fixture
def second_process(engine: SearchEngine) -> SearchEngine:
    """The same index as another process sees it."""
    if isinstance(engine, ElasticEngine):
        return ElasticEngine(_address(engine), engine.at.current.rsplit("-", 1)[0])
    assert isinstance(engine, EmbeddedEngine)
    return EmbeddedEngine(Path(engine.place.folder))


def _address(engine: ElasticEngine) -> str:
    node = next(iter(engine.client.transport.node_pool.all()))
    return node.base_url
