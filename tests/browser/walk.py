"""Ways through the product for browser tests and for pictures: signing in, the list of pages, axe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.pages.seed import Case

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse 安卷"
WIDTHS = {"1440": (1440, 900), "390": (390, 844)}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def context_of(browser: Browser, address: str, username: str, language: str, width: str) -> BrowserContext:
    """A signed-in window of a width in a language."""
    across, down = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": across, "height": down}, locale="zh-CN" if language == "zh" else "en-GB"
    )
    context.add_cookies([{"name": "django_language", "value": LANGUAGES[language], "url": address}])
    page = context.new_page()
    sign_in(page, address, username)
    page.close()
    context.add_cookies([{"name": "django_language", "value": LANGUAGES[language], "url": address}])
    return context


def sign_in(page: Page, address: str, username: str, password: str = PASSWORD) -> None:
    """Fill the sign-in page and send it."""
    page.goto(f"{address}/sign-in")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_load_state("networkidle")


def paths(case: Case) -> dict[str, str]:
    """Every page of this slice that an archivist sees, by name."""
    assert case.inspection and case.issue
    records = {name: f"/records/{record.pk}" for name, record in case.records.items()}
    return {
        "home": "/",
        "records": "/records/",
        "inspections": "/inspections/",
        "inspection": f"/inspections/{case.inspection.pk}",
        "inspection-new": "/inspections/new",
        "issue": f"/issues/{case.issue.pk}",
        "issue-new": f"/inspections/{case.inspection.pk}/issues/new",
        "scan": f"{records['scan']}?page=2&q=动火作业",
        "pdf": f"{records['pdf']}?page=2&q=动火作业",
        "photo": records["photo"],
        "sound": f"{records['sound']}?t=12.5&q=审批",
        "film": records["film"],
        "mail": f"{records['mail']}?q=动火",
        "table": f"{records['table']}?q=动火",
        "unknown": records["unknown"],
        "broken": records["broken"],
        "describe": f"{records['scan']}/describe",
        "corrections": "/corrections/",
        "correct": f"{records['scan']}/pages/3/correct",
        "absent": "/records/00000000-0000-7000-8000-000000000000",
        "upload": "/upload",
        "arrivals": "/intake/",
    }


def settle(page: Page) -> None:
    """Wait until the page and its viewer stand still."""
    page.wait_for_load_state("networkidle")
    if page.locator("[data-viewer]").count():
        page.wait_for_selector("[data-viewer][data-ready]", timeout=20000)
        page.wait_for_load_state("networkidle")


def until(page: Page, script: str) -> None:
    """Wait until a script says true. Not `wait_for_function`: that evaluates inside the page, which its CSP forbids."""
    for _turn in range(200):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {script}")


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds, shortened."""
    script = (ROOT / "assets" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script)
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    found = page.evaluate(f"() => axe.run(document, {options}).then((result) => result.violations)")
    return [
        {
            "rule": one["id"],
            "nodes": [[node["target"], node.get("failureSummary", "")[:200]] for node in one["nodes"][:3]],
        }
        for one in found
    ]
