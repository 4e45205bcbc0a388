"""Every page, both languages, both widths: axe finds nothing, nothing is wider than the window, nothing fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import walk
from tests.pages.seed import Case

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.timeout(290)


@pytest.mark.parametrize("width", list(walk.WIDTHS))
@pytest.mark.parametrize("language", list(walk.LANGUAGES))
def test_every_page_passes_axe_and_fits(
    chromium: Browser, live_site: str, case: Case, language: str, width: str
) -> None:
    context = walk.context_of(chromium, live_site, f"archivist{case.suffix}", language, width)
    page = context.new_page()
    faults: list[object] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    for name, path in walk.paths(case).items():
        page.goto(f"{live_site}{path}")
        walk.settle(page)
        faults += [(name, found) for found in walk.violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append((name, "wider than the window"))
    context.close()
    assert faults == []


@pytest.mark.parametrize("who", ["inspector", "office", "discipline", "system"])
def test_the_home_of_each_role_passes_axe(chromium: Browser, live_site: str, case: Case, who: str) -> None:
    context = walk.context_of(chromium, live_site, f"{who}{case.suffix}", "zh", "390")
    page = context.new_page()
    page.goto(live_site)
    assert walk.violations(page) == []
    context.close()


def test_the_sign_in_page_passes_axe(chromium: Browser, live_site: str) -> None:
    page = chromium.new_page()
    page.goto(f"{live_site}/sign-in")
    assert walk.violations(page) == []
    page.close()


def test_the_dark_scheme_passes_axe(chromium: Browser, live_site: str, case: Case) -> None:
    context = walk.context_of(chromium, live_site, f"archivist{case.suffix}", "zh", "1440")
    page = context.new_page()
    page.emulate_media(color_scheme="dark")
    faults: list[object] = []
    for name in ("home", "inspection", "issue", "scan", "sound", "corrections", "describe"):
        page.goto(f"{live_site}{walk.paths(case)[name]}")
        walk.settle(page)
        faults += [(name, found) for found in walk.violations(page)]
    context.close()
    assert faults == []
