"""The running product with the seeded case in it, made once a session."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from archive import access
from archive.ids import new_id
from ingest.receive import receive
from ingest.types import Arrival, Description
from tests.browser import walk
from tests.pages import seed
from tests.pages.seed import Case

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_made: dict[str, Case] = {}


@pytest.fixture(scope="session", autouse=True)
def _front_end() -> None:
    """Browser tests look at what the sources are now."""
    assets = walk.ROOT / "assets"
    if not (assets / "node_modules").is_dir():
        subprocess.run(["npm", "ci"], cwd=assets, check=True, capture_output=True)
    if not (assets / "dist" / "viewer.js").is_file():
        subprocess.run(["npm", "run", "build"], cwd=assets, check=True, capture_output=True)


@pytest.fixture
def case(live_site: str) -> Case:
    """The case in the committed database."""
    if live_site not in _made:
        made = _made[live_site] = seed.build(f"-{str(new_id())[-6:]}")
        actor = access.actor_for(made.accounts["archivist"])
        for name in ("来信 一.txt", "来信 二.txt"):
            body = f"{name} {new_id()}".encode()
            receive(Arrival(actor=actor, door="api", file_name=name, stream=io.BytesIO(body), declared=Description()))
    return _made[live_site]


@pytest.fixture
def page(chromium: Browser, live_site: str, case: Case) -> Iterator[Page]:
    """A window of the archivist at 1440, in Chinese; console errors fail the test."""
    context = walk.context_of(chromium, live_site, f"archivist{case.suffix}", "zh", "1440")
    made = context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield made
    context.close()
    assert errors == []
