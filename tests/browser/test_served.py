"""The served page in a real browser: every page, light and dark, narrow and wide; a proposal approved; nothing executed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.eyes import Eyes, pictured, served
from tests.browser.played import ended
from tests.cli.conftest import BOOK
from tests.web.asking import make_hostile

from hedgerow.web.server import Opened

PAGES = ("/", "/exposure", "/hedge", "/trade", "/watch", "/history", "/venues")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with served(tmp_path_factory.mktemp("served") / "state") as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_is_sound(browser: Browser, book: Opened, width: int, scheme: Any) -> None:
    eyes = Eyes(browser, book.port, width, scheme)
    eyes.open("/login")
    eyes.sound()
    eyes.enter(book)
    for path in PAGES:
        answer = eyes.open(path)
        assert answer.status == 200
        assert len(answer.body()) < 300_000
        assert eyes.tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        eyes.unfold()
        eyes.sound()
    eyes.context.close()


@pytest.mark.slow
def test_on_a_phone_the_coins_are_whole_with_their_errors(browser: Browser, book: Opened) -> None:
    eyes = Eyes(browser, book.port, 360)
    eyes.enter(book)
    eyes.open("/exposure")
    wide = eyes.tab.locator("#parts + .wide")
    assert wide.evaluate("one => one.scrollWidth <= one.clientWidth")
    row = wide.locator("tbody tr").first
    expect(row.locator(".within").first).to_be_visible()
    narrow = row.inner_text().replace("±", "").split()
    eyes.tab.set_viewport_size({"width": 1440, "height": 900})
    expect(row.locator(".within").first).to_be_hidden()
    assert sorted(row.inner_text().split()) == sorted(narrow)  # nothing is left out on the phone
    eyes.context.close()


@pytest.mark.slow
def test_the_slider_moves_the_consequences_by_keyboard(browser: Browser, book: Opened) -> None:
    eyes = Eyes(browser, book.port)
    eyes.enter(book)
    eyes.open("/hedge")
    before = eyes.tab.locator("[data-cell=trade]").inner_text()
    eyes.tab.locator("#target").focus()
    for _ in range(8):
        eyes.tab.keyboard.press("ArrowRight")
    expect(eyes.tab.locator("#target-said")).to_have_text("0.40")
    expect(eyes.tab.locator("[data-cell=left]")).to_contain_text("0.40 ±")
    expect(eyes.tab.locator("[data-cell=trade]")).not_to_have_text(before)
    for verb in ("plan", "watch"):  # the watch that keeps it there has to be told as well
        expect(eyes.tab.locator("code", has_text=f"hedgerow {verb} ")).to_contain_text("--target-beta 0.40")
    eyes.sound()
    eyes.context.close()


@pytest.mark.slow
def test_a_proposal_is_approved_traded_and_gone(browser: Browser, tmp_path: Path) -> None:
    watch = ("watch", BOOK, "--once", "--mode", "propose")
    with served(tmp_path / "state") as found:
        eyes = Eyes(browser, found.port)
        eyes.tab.goto(found.link)
        expect(eyes.tab).to_have_url(f"{eyes.base}/")
        ended(tmp_path, *watch)
        eyes.open("/watch")
        eyes.sound()
        expect(eyes.tab.locator("#bar-state")).to_contain_text("waiting for you")
        eyes.tab.get_by_label("Your name").fill("Ann")
        eyes.tab.get_by_role("button", name="Approve").click()
        expect(eyes.tab.locator(".proposal")).to_contain_text("Approved by Ann; 1 needed")
        eyes.sound()
        ended(tmp_path, *watch)
        expect(eyes.tab.locator(".proposal")).to_have_count(0, timeout=15_000)  # by itself: the page is told
        expect(eyes.tab.locator("#positions + div table")).to_contain_text("short")
        expect(eyes.tab.locator("#bar-beta svg")).to_have_count(1)
        eyes.sound()
        eyes.open("/exposure")
        expect(eyes.tab.locator("#hedged svg")).to_have_count(1)
        eyes.open("/watch")
        eyes.tab.get_by_label("Why", exact=True).fill("I want to look first")
        eyes.tab.get_by_role("button", name="Halt everything").click()
        expect(eyes.tab.locator("#bar-state")).to_contain_text("halted")
        eyes.sound()
    expect(eyes.tab.locator("body")).to_have_class(
        "lost"
    )  # the page is gone, and what still stands there says so
    eyes.context.close()


@pytest.mark.slow
def test_a_picture_of_the_slider(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(BOOK).parent)  # the page names the file as it was given
    with served(tmp_path / "state", "book.csv") as found:
        eyes = Eyes(browser, found.port, 1000)
        eyes.enter(found)
        eyes.open("/hedge")
        eyes.tab.locator("#target").fill("0.5")
        expect(eyes.tab.locator("[data-cell=left]")).to_contain_text("0.50 ±")
        pictured(eyes, "hedge", tmp_path, 900)
        eyes.context.close()


@pytest.mark.slow
def test_nothing_hostile_is_executed(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path / "state") as found:
        make_hostile(found.room)
        eyes = Eyes(browser, found.port)
        eyes.enter(found)
        for path in PAGES:
            assert eyes.open(path).status == 200
            eyes.unfold()
            eyes.sound()
        eyes.context.close()


@pytest.mark.slow
def test_a_page_of_another_site_can_do_nothing(browser: Browser, book: Opened, tmp_path: Path) -> None:
    """A form that another page sends to ours, with our cookie in the browser: it comes without it and is refused."""
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<form method="post" action="http://127.0.0.1:{book.port}/halt"><input name="why" value="x"></form>'
        f'<iframe src="http://127.0.0.1:{book.port}/watch"></iframe>',
        encoding="utf-8",
    )
    eyes = Eyes(browser, book.port)
    eyes.enter(book)
    seen: list[tuple[str, str, int]] = []
    eyes.tab.on(
        "response", lambda got: seen.append((got.request.method, got.url[len(eyes.base) :], got.status))
    )
    eyes.tab.goto(evil.as_uri())
    with eyes.tab.expect_navigation():
        eyes.tab.evaluate("document.forms[0].submit()")
    assert ("POST", "/halt", 403) in seen
    assert not book.room.seen().paper.halts
    assert (
        "GET",
        "/watch",
        200,
    ) not in seen  # without the cookie it asks who is there, and in a frame it is not shown
    assert any("frame" in said.lower() for said in eyes.said)
    eyes.context.close()
