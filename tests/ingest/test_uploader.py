"""The uploader in a real browser: folders, pause, a lost line, a closed browser, duplicates and refusals in words."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from archive.access import actor_for
from archive.models import Account
from archive.types import Role
from ingest.models import Delivery, Intake, Upload
from ingest.receive import receive
from ingest.types import Arrival
from tests.make import make_account

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Response, Route

MIB = 2**20
SLOW = 60_000  # milliseconds that a state may take to show


@pytest.fixture
def person(live_site: str) -> Account:
    return make_account(Role.ARCHIVIST)[0]


@pytest.fixture
def context(chromium: Browser, live_site: str, person: Account) -> Iterator[BrowserContext]:
    """A browser in which the person is signed in, in English."""
    client = Client()
    client.force_login(person)
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.add_cookies(
        [
            {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_site},
            {"name": "django_language", "value": "en", "url": live_site},
        ]
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live_site: str) -> Page:
    return opened(context, live_site)


def opened(context: BrowserContext, live_site: str) -> Page:
    page = context.new_page()
    page.goto(f"{live_site}/upload")
    page.wait_for_selector("[data-uploader][data-ready]")
    return page


def choose(page: Page, *paths: Path) -> None:
    page.set_input_files("[data-files]", [str(path) for path in paths])


def wait_for(page: Page, name: str, state: str) -> None:
    row = page.locator(".upload-row", has_text=name)
    row.and_(page.locator(f"[data-state={state}]")).wait_for(timeout=SLOW)


def start(page: Page) -> None:
    page.get_by_role("button", name="Start sending").click()


def made(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def test_files_are_received_with_receipts_suggestions_and_their_delivery(
    page: Page, person: Account, tmp_path: Path
) -> None:
    first = made(tmp_path, "2026-03-12 灶市街道 座谈会记录.txt", 1000)
    choose(page, first, made(tmp_path, "空.txt", 0))
    page.locator("[data-hint]", has_text="D10").wait_for()
    page.get_by_label("Document type").select_option("D13")
    start(page)
    wait_for(page, first.name, "received")
    wait_for(page, "空.txt", "received")
    receipt = page.locator(".upload-row", has_text=first.name).get_by_role("link").inner_text()
    intake = Intake.objects.get(number=receipt.split()[-1])
    assert intake.sha512 == hashlib.sha512(first.read_bytes()).hexdigest()
    assert intake.declared["doc_type"] == "D13"  # what the person says stands before any suggestion
    assert intake.declared["date"] == "2026-03-12"
    page.get_by_role("button", name="Finish this delivery").click()
    page.wait_for_url("**/delivery/**")
    delivery = Delivery.objects.get(account=person)
    assert delivery.closed_at is not None
    assert delivery.intakes.count() == 2


def test_a_folder_keeps_its_paths_and_leaves_system_files_out(page: Page, person: Account, tmp_path: Path) -> None:
    folder = tmp_path / "材料"
    (folder / "照片").mkdir(parents=True)
    made(folder / "照片", "耒阳.jpg", 10)
    made(folder, "Thumbs.db", 10)
    page.set_input_files("[data-folder]", str(folder))
    start(page)
    wait_for(page, "耒阳.jpg", "received")
    assert page.locator(".upload-row").count() == 1
    assert Intake.objects.get(account=person).declared["path"] == "材料/照片/耒阳.jpg"
    assert "1 system files left out" in page.locator("[data-live]").inner_text()


def test_dropped_files_are_taken_as_chosen_ones(page: Page, person: Account) -> None:
    transfer = page.evaluate_handle(
        "() => { const t = new DataTransfer(); t.items.add(new File(['水'], '拖入.txt')); return t; }"
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": transfer})
    start(page)
    wait_for(page, "拖入.txt", "received")
    assert Intake.objects.get(account=person).size == 3


class Gate:
    """Holds back parts on their way to the store after the first few."""

    def __init__(self, page: Page, let_through: int) -> None:
        self.page = page
        self.left = let_through
        self.sent: list[int] = []
        self.stored: list[int] = []
        page.on("response", self.note)
        page.route(re.compile("uploadId="), self.handle)

    def handle(self, route: Route) -> None:
        if self.left <= 0:
            route.abort("connectionfailed")
            return
        self.left -= 1
        self.sent.append(self.number(route.request.url))
        route.continue_()

    @staticmethod
    def number(url: str) -> int:
        found = re.search(r"partNumber=(\d+)", url)
        return int(found[1]) if found else 0

    def note(self, response: Response) -> None:
        if self.number(response.url) and response.ok and response.request.method == "PUT":
            self.stored.append(self.number(response.url))

    def wait_stored(self, count: int) -> None:
        while len(self.stored) < count:
            self.page.wait_for_timeout(50)

    def open(self) -> None:
        self.left = 10_000


def test_a_large_file_goes_on_after_the_browser_was_closed_and_sends_no_part_twice(
    context: BrowserContext, page: Page, live_site: str, person: Account, tmp_path: Path
) -> None:
    path = made(tmp_path, "录像.mp4", 34 * MIB)  # five parts of 8 MiB
    gate = Gate(page, let_through=2)
    choose(page, path)
    start(page)
    page.locator(".upload-row[data-lost]").wait_for(timeout=SLOW)
    gate.wait_stored(2)
    upload = Upload.objects.get(account=person)
    page.close()
    again = opened(context, live_site)
    assert "录像.mp4" in again.locator("[data-unfinished]").inner_text()
    rest = Gate(again, let_through=10_000)
    choose(again, path)
    start(again)
    wait_for(again, path.name, "received")
    assert not set(rest.sent) & set(gate.sent)
    upload.refresh_from_db()
    assert upload.intake is not None
    assert upload.intake.sha512 == hashlib.sha512(path.read_bytes()).hexdigest()
    assert Intake.objects.filter(account=person).count() == 1
    assert Delivery.objects.filter(account=person).count() == 1


def test_pause_and_resume_by_keyboard_keep_what_was_sent(page: Page, person: Account, tmp_path: Path) -> None:
    path = made(tmp_path, "录音.wav", 34 * MIB)
    gate = Gate(page, let_through=1)
    choose(page, path)
    start(page)
    page.locator(".upload-row[data-lost]").wait_for(timeout=SLOW)
    gate.wait_stored(1)
    page.get_by_role("button", name="Pause 录音.wav").focus()
    page.keyboard.press("Enter")
    wait_for(page, path.name, "paused")
    first = list(gate.sent)
    gate.open()
    page.get_by_role("button", name="Resume 录音.wav").focus()
    page.keyboard.press("Enter")
    wait_for(page, path.name, "received")
    assert gate.sent.count(first[0]) == 1
    assert Intake.objects.get(account=person).size == 34 * MIB


def test_a_lost_line_is_told_and_the_upload_goes_on_by_itself(
    context: BrowserContext, page: Page, person: Account, tmp_path: Path
) -> None:
    path = made(tmp_path, "离线.txt", 2000)
    choose(page, path)
    page.wait_for_timeout(300)
    context.set_offline(True)
    start(page)
    page.locator(".upload-row[data-lost]").wait_for(timeout=SLOW)
    assert "Connection lost" in page.locator(".upload-row").inner_text()
    context.set_offline(False)
    wait_for(page, path.name, "received")
    assert Intake.objects.filter(account=person).count() == 1


def test_a_cancelled_file_is_given_up_on_the_server_too(page: Page, person: Account, tmp_path: Path) -> None:
    path = made(tmp_path, "放弃.mp4", 17 * MIB)
    Gate(page, let_through=0)
    choose(page, path)
    start(page)
    page.locator(".upload-row[data-lost]").wait_for(timeout=SLOW)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Cancel 放弃.mp4").click()
    wait_for(page, path.name, "cancelled")
    assert Upload.objects.get(account=person).state == "ABANDONED"


def test_an_unfinished_upload_can_be_given_up_without_its_file(
    context: BrowserContext, page: Page, live_site: str, person: Account, tmp_path: Path
) -> None:
    Gate(page, let_through=0)
    choose(page, made(tmp_path, "旧.mp4", 17 * MIB))
    start(page)
    page.locator(".upload-row[data-lost]").wait_for(timeout=SLOW)
    page.close()
    again = opened(context, live_site)
    again.get_by_role("button", name="Give up 旧.mp4").click()
    again.locator("[data-unfinished]").wait_for(state="detached")
    assert Upload.objects.get(account=person).state == "ABANDONED"


def test_what_the_server_refuses_is_told_in_words_and_stops_no_other(
    page: Page, person: Account, tmp_path: Path
) -> None:
    bad, good = made(tmp_path, "坏.txt", 100), made(tmp_path, "好.txt", 100)

    def once(route: Route) -> None:
        """A line that changes bytes on their way."""
        route.continue_(post_data=b"x" * 100)

    page.route(re.compile("/content$"), once, times=1)
    choose(page, bad)
    start(page)
    wait_for(page, bad.name, "refused")
    assert "does not fit the bytes" in page.locator(".upload-row", has_text=bad.name).inner_text()
    choose(page, good)
    wait_for(page, good.name, "received")
    assert Intake.objects.filter(account=person).count() == 1


def test_a_server_that_fails_every_time_is_given_up_in_words_and_not_tried_for_ever(
    page: Page, person: Account, tmp_path: Path
) -> None:
    tries: list[str] = []

    def fail(route: Route) -> None:
        tries.append(route.request.url)
        route.fulfill(status=500, content_type="application/json", body='{"code": "internal", "message": "Broken."}')

    page.clock.install()
    page.route(re.compile("/content$"), fail)
    choose(page, made(tmp_path, "甲.txt", 10))
    start(page)
    while page.locator(".upload-row[data-state=refused]").count() == 0:
        page.clock.run_for(10_000)
    assert len(tries) == 4
    assert "Broken." in page.locator(".upload-row").inner_text()


def test_the_same_content_again_is_told_with_a_link_to_the_first(page: Page, person: Account, tmp_path: Path) -> None:
    first = made(tmp_path, "原件.bin", 5000)
    second = tmp_path / "副本.bin"
    second.write_bytes(first.read_bytes())
    choose(page, first)
    start(page)
    wait_for(page, first.name, "received")
    intake = Intake.objects.get(account=person)
    while intake.state == "RECEIVED":  # the worker stores it
        page.wait_for_timeout(100)
        intake.refresh_from_db()
    choose(page, second)
    wait_for(page, second.name, "received")
    row = page.locator(".upload-row", has_text=second.name)
    assert "The same content is kept already." in row.inner_text()
    assert row.get_by_role("link", name="原件").get_attribute("href") == f"/records/{intake.record_id}"


def test_the_page_speaks_of_every_file_in_its_live_region(page: Page, tmp_path: Path) -> None:
    choose(page, made(tmp_path, "甲.txt", 10))
    start(page)
    wait_for(page, "甲.txt", "received")
    live = page.locator("[data-live]")
    assert live.get_attribute("aria-live") == "polite"
    assert "甲.txt: Received" in live.inner_text()


def test_the_page_of_an_arrival_shows_live_how_far_it_is_without_being_loaded_again(
    page: Page, live_site: str, person: Account
) -> None:
    receipt = receive(
        Arrival(actor=actor_for(person), door="page", file_name="甲.txt", stream=io.BytesIO(os.urandom(50)))
    )
    page.goto(f"{live_site}/intake/{receipt.intake_id}")
    page.evaluate("window.sameDocument = true")
    stages = page.locator("#stages")
    stages.locator("tr[data-outcome=done]", has_text="Store").wait_for(timeout=SLOW)
    stages.get_by_role("link", name="Open the record").wait_for(timeout=SLOW)
    assert page.evaluate("window.sameDocument") is True
