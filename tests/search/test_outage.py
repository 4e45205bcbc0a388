"""An engine that is away, or comes back: one kind of error, nothing broken."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from search.elastic import ElasticEngine
from search.embedded import EmbeddedEngine
from search.engine import EngineUnavailable, SearchEngine
from search.types import SearchQuery
from tests.search.documents import EVERYBODY, document, found, put

WRITER = """
import sys
from pathlib import Path
from search.embedded import EmbeddedEngine
engine = EmbeddedEngine(Path(sys.argv[1]))
from tests.search.documents import document
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    engine.put([document(f"r{number}", "隐患")])
    print(number, flush=True)
"""


def _acts(engine: SearchEngine) -> list[Callable[[], object]]:
    return [
        engine.ensure,
        lambda: engine.put([document("a", "隐患")]),
        lambda: engine.remove(["a"]),
        lambda: engine.search(SearchQuery(), EVERYBODY),
        lambda: engine.count(SearchQuery(), EVERYBODY),
        lambda: list(engine.versions()),
        engine.health,
        engine.rebuild,
    ]


def test_an_elasticsearch_that_does_not_answer_is_told_by_every_call() -> None:
    engine = ElasticEngine("http://127.0.0.1:9", "away")
    for act in _acts(engine):
        with pytest.raises(EngineUnavailable):
            act()
    assert engine.version == ""


def test_an_embedded_index_on_a_disk_that_cannot_be_written_is_told_by_every_call(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file where the folder should be")
    for act in _acts(EmbeddedEngine(tmp_path / "index")):
        with pytest.raises(EngineUnavailable):
            act()


def test_an_index_that_was_deleted_under_a_running_engine_begins_anew(engine: SearchEngine) -> None:
    put(engine, document("a", "隐患"))
    if isinstance(engine, ElasticEngine):
        engine.client.indices.delete(index=engine.at.of(engine.at.current)[0])
    else:
        assert isinstance(engine, EmbeddedEngine)
        subprocess.run(["rm", "-r", str(engine.place.folder)], check=True)
    assert engine.search(SearchQuery(), EVERYBODY).total == 0
    put(engine, document("b", "隐患"))
    assert found(engine, "隐患") == {"b"}


def _writer(folder: Path, first: int) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parents[2]
    argv = [sys.executable, "-c", WRITER, str(folder), str(first)]
    return subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, text=True)


def test_many_processes_write_the_embedded_index_and_one_that_is_killed_blocks_nobody(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    writers = [_writer(tmp_path / "index", first) for first in (100, 200, 300)]
    victim = writers[0]
    assert victim.stdout is not None
    assert victim.stdout.readline()
    victim.kill()
    put(engine, document("mine", "隐患"))
    assert [writer.wait(100) for writer in writers[1:]] == [0, 0]
    for writer in writers:
        writer.communicate()
    ids = {name for name, _revision in engine.versions()}
    assert {"mine", *(f"r{number}" for first in (200, 300) for number in range(first, first + 20))} <= ids
    assert "r100" in ids, "what was acknowledged stays"
    began = time.monotonic()
    put(engine, document("after", "隐患"))
    assert "after" in found(engine, "隐患", size=100), time.monotonic() - began
