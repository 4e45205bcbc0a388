"""Pictures of every page at both widths in both languages, for a person to look at.

python -m tests.browser.shots ADDRESS SUFFIX IDS.json [name …]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from playwright.sync_api import sync_playwright

from tests.browser import walk
from tests.pages.seed import Case

OUT = walk.ROOT / "tests" / ".shots"


def main(address: str, ids: dict[str, str], wanted: list[str]) -> None:
    """Take the pictures, and tell what axe and the console say."""
    things = {name: cast(Any, SimpleNamespace(pk=value)) for name, value in ids.items()}
    case = Case(inspection=things.pop("inspection"), issue=things.pop("issue"), records=things)
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for language in walk.LANGUAGES:
            for width in walk.WIDTHS:
                context = walk.context_of(browser, address, f"archivist{ids['suffix']}", language, width)
                for name, path in walk.paths(case).items():
                    if not wanted or name in wanted:
                        shoot(context, f"{address}{path}", f"{name}-{language}-{width}")
                context.close()


def shoot(context: Any, url: str, name: str) -> None:
    """One picture, with what is wrong on the page told on the way."""
    page = context.new_page()
    page.on("console", lambda message: print(name, message.type, message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: print(name, "error", error))
    page.goto(url)
    try:
        walk.settle(page)
    except Exception as exc:
        print(name, "not ready", str(exc)[:100])
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        print(name, "wider than the window by", wide)
    page.screenshot(path=str(OUT / f"{name}.png"), full_page=True)
    for found in walk.violations(page):
        print(name, json.dumps(found, ensure_ascii=False))
    page.close()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), sys.argv[3:])
