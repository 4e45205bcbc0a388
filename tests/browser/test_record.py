"""The record page in a browser: finds at their places, pictures that turn, recordings that jump, keys that work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import walk
from tests.pages.draw import SIZE, draw_page
from tests.pages.seed import Case

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(240)


def open_record(page: Page, site: str, case: Case, name: str, query: str = "") -> None:
    page.goto(f"{site}/records/{case.records[name].pk}{query}")
    walk.settle(page)


def place(page: Page, selector: str) -> dict[str, float]:
    """Where an element lies, as fractions of the sheet."""
    script = """(selector) => {
        const box = document.querySelector(selector).getBoundingClientRect();
        const sheet = document.querySelector("[data-sheet]").getBoundingClientRect();
        return {left: (box.left - sheet.left) / sheet.width, top: (box.top - sheet.top) / sheet.height,
                right: (box.right - sheet.left) / sheet.width, bottom: (box.bottom - sheet.top) / sheet.height};
    }"""
    found: dict[str, float] = page.evaluate(script, selector)
    return found


@pytest.mark.parametrize("name", ["scan", "pdf"])
def test_a_link_with_page_and_words_opens_at_the_find(page: Page, live_site: str, case: Case, name: str) -> None:
    open_record(page, live_site, case, name, "?page=2&q=动火作业")
    page.wait_for_selector(".hit-now")
    lines = draw_page.__wrapped__(("", "", "", "动火作业未办理审批手续，现场无人监护。"), 2)[1]
    _text, left, top, _right, bottom = lines[3][:5]
    found = place(page, ".hit-now")
    assert found["left"] == pytest.approx(left, abs=0.01)
    assert found["top"] == pytest.approx(top, abs=0.01)
    assert found["bottom"] == pytest.approx(bottom, abs=0.01)
    assert found["right"] == pytest.approx((150 + 4 * 48) / SIZE[0], abs=0.015)
    assert page.locator("[data-hit-words]").inner_text() == "第 1 处，共 2 处"
    assert page.locator("[data-text] mark").inner_text() == "动火作业"


def test_under_the_mark_there_is_ink(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "pdf", "?page=2&q=动火作业")
    page.wait_for_selector(".hit-now")
    script = """() => {
        const box = document.querySelector(".hit-now"), canvas = document.querySelector("[data-sheet] canvas");
        const number = (side) => parseFloat(box.style[side]) / 100;
        const pen = canvas.getContext("2d");
        const cut = pen.getImageData(number("left") * canvas.width, number("top") * canvas.height,
            number("width") * canvas.width, number("height") * canvas.height).data;
        let dark = 0;
        for (let at = 0; at < cut.length; at += 4) if (cut[at] < 100) dark += 1;
        return dark / (cut.length / 4);
    }"""
    assert page.evaluate(script) > 0.08


def test_next_and_previous_find_change_the_page(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "scan", "?page=2&q=动火作业")
    page.click("[data-act=hit-on]")
    walk.until(page, "document.querySelector('[data-number]').value === '3'")
    assert "page=3" in page.url
    page.click("[data-act=hit-back]")
    walk.until(page, "document.querySelector('[data-number]').value === '2'")


def test_a_link_with_words_only_goes_to_the_first_find(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "scan", "?q=举一反三")
    page.wait_for_selector(".hit-now")
    assert page.input_value("[data-number]") == "3"


def test_words_are_found_from_the_box_of_the_viewer(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "scan")
    page.fill("#find-words", "会议室")
    page.press("#find-words", "Enter")
    page.wait_for_selector(".hit-now")
    assert page.input_value("[data-number]") == "2"
    assert "q=" in page.url


def test_a_picture_is_zoomed_and_turned_by_keys_and_the_turn_is_kept(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "photo")
    before = page.locator("[data-sheet]").bounding_box()
    page.focus("[data-stage]")
    page.keyboard.press("+")
    grown = page.locator("[data-sheet]").bounding_box()
    assert before and grown
    assert grown["width"] > before["width"] * 1.2
    page.keyboard.press("0")
    page.keyboard.press("r")
    turned = page.locator("[data-sheet]").bounding_box()
    assert turned
    assert turned["height"] > turned["width"]
    page.reload()
    walk.settle(page)
    again = page.locator("[data-sheet]").bounding_box()
    assert again
    assert again["height"] > again["width"]


def test_a_mark_stays_on_its_words_when_the_page_is_turned(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "scan", "?page=2&q=动火作业")
    page.wait_for_selector(".hit-now")
    upright = place(page, ".hit-now")
    page.click("[data-act=rotate]")
    turned = place(page, ".hit-now")
    assert turned["top"] == pytest.approx(upright["left"], abs=0.01)
    assert 1 - turned["right"] == pytest.approx(upright["top"], abs=0.01)


@pytest.mark.parametrize("name", ["sound", "film"])
def test_a_link_with_a_time_jumps_there(page: Page, live_site: str, case: Case, name: str) -> None:
    open_record(page, live_site, case, name, "?t=7.5")
    walk.until(page, "Math.abs(document.querySelector('[data-media]').currentTime - 7.5) < 0.3")
    assert "请说明动火作业" in page.locator("[data-transcript] [aria-current]").inner_text()


def test_words_alone_jump_to_the_moment_they_are_said(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "sound", "?q=监护人")
    walk.until(page, "Math.abs(document.querySelector('[data-media]').currentTime - 12) < 0.3")


def test_the_transcript_seeks(page: Page, live_site: str, case: Case) -> None:
    open_record(page, live_site, case, "sound")
    page.locator("[data-transcript] button").nth(1).click()
    walk.until(page, "document.querySelector('[data-media]').currentTime >= 6")


def test_the_whole_way_from_sign_in_to_a_find_goes_by_keyboard(chromium: Browser, live_site: str, case: Case) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live_site}/sign-in")
    page.keyboard.type(f"archivist{case.suffix}")
    page.keyboard.press("Tab")
    page.keyboard.type(walk.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_site}/")
    reach(page, "a[href='/records/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/")
    reach(page, f"a[href='/records/{case.records['scan'].pk}']")
    page.keyboard.press("Enter")
    walk.settle(page)
    reach(page, "#find-words")
    page.keyboard.type("动火作业")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit-now")
    reach(page, "#tab-about")
    page.keyboard.press("ArrowRight")
    assert page.locator("#proves").is_visible()
    context.close()


def reach(page: Page, selector: str) -> None:
    """Tab until an element has the focus; every stop on the way must be visible."""
    for _step in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by the Tab key")


def test_the_first_stop_of_the_tab_key_skips_to_the_content(page: Page, live_site: str, case: Case) -> None:
    page.goto(f"{live_site}/records/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_digest_is_copied(chromium: Browser, live_site: str, case: Case, page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_site)
    open_record(page, live_site, case, "scan")
    page.click("#tab-files")
    page.locator("[data-copy]").first.click()
    walk.until(page, "document.querySelector('#live').textContent === '已复制'")
    assert page.evaluate("navigator.clipboard.readText()") == case.records["scan"].original.sha512


def test_the_language_is_switched_on_the_spot(page: Page, live_site: str, case: Case) -> None:
    page.goto(f"{live_site}/inspections/")
    page.click("text=English")
    page.wait_for_selector("h1:has-text('Inspections')")
    assert page.url == f"{live_site}/inspections/"
    page.click("text=中文")
    page.wait_for_selector("h1:has-text('巡查')")
