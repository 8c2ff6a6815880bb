"""The served page in a real browser: every page, light and dark, narrow and wide; a proposal approved; nothing executed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, expect
from tests.cli.conftest import BOOK
from tests.cli.trading import start
from tests.web.asking import make_hostile

from hedgerow.config import Settings
from hedgerow.web.server import Opened, opened, server_of

WAIT_MS = 120_000
"""Long enough for a machine that does much else: a page that never comes fails all the same."""
expect.set_options(timeout=WAIT_MS)
PAGES = ("/", "/exposure", "/hedge", "/trade", "/watch", "/history", "/venues")


@contextmanager
def served(state: Path, book: str = BOOK) -> Iterator[Opened]:
    """A page of a book whose state lies in a folder."""
    settings = replace(Settings(), trade=replace(Settings().trade, state=str(state)))
    with served_by(settings, book) as found:
        yield found


@contextmanager
def served_by(settings: Settings, book: str) -> Iterator[Opened]:
    """A page on a free port of this machine, by the server itself."""
    found = opened(settings, book, 0)
    server = server_of(found)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found.socket]}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.should_exit = True
        thread.join(30)
        found.socket.close()
    assert not thread.is_alive()


class Eyes:
    """A tab, with everything that it asked for and said."""

    def __init__(self, browser: Browser, found: Opened, width: int = 1440, scheme: Any = "light") -> None:
        self.base = f"http://127.0.0.1:{found.port}"
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.context.set_default_timeout(WAIT_MS)
        self.tab: Page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.tab.on("request", lambda request: self.asked.append(request.url))

    def enter(self, found: Opened) -> None:
        """Come in by the cookie that the link gives; the link itself works once."""
        name, value = f"hedgerow-{found.port}", found.entry.session()
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.base, "httpOnly": True, "sameSite": "Strict"}]
        )

    def open(self, path: str) -> Response:
        answer = self.tab.goto(f"{self.base}{path}")
        assert answer is not None
        return answer

    def sound(self) -> None:
        """Nothing of what must not be happened on the page that is open."""
        assert self.said == []
        assert [url for url in self.asked if not url.startswith(self.base)] == []
        assert self.tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found = Axe().run(self.tab)
        assert found.violations_count == 0, found.generate_report()

    def unfold(self) -> None:
        self.tab.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with served(tmp_path_factory.mktemp("served") / "state") as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_is_sound(browser: Browser, book: Opened, width: int, scheme: Any) -> None:
    eyes = Eyes(browser, book, width, scheme)
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
def test_the_slider_moves_the_consequences_by_keyboard(browser: Browser, book: Opened) -> None:
    eyes = Eyes(browser, book)
    eyes.enter(book)
    eyes.open("/hedge")
    before = eyes.tab.locator("[data-cell=trade]").inner_text()
    eyes.tab.locator("#target").focus()
    for _ in range(8):
        eyes.tab.keyboard.press("ArrowRight")
    expect(eyes.tab.locator("#target-said")).to_have_text("0.40")
    expect(eyes.tab.locator("[data-cell=left]")).to_contain_text("0.40 ±")
    expect(eyes.tab.locator("[data-cell=trade]")).not_to_have_text(before)
    expect(eyes.tab.locator("#command")).to_contain_text("--target-beta 0.40")
    eyes.sound()
    eyes.context.close()


@pytest.mark.slow
def test_a_proposal_is_approved_traded_and_gone(browser: Browser, tmp_path: Path) -> None:
    watch = ("watch", BOOK, "--once", "--mode", "propose")
    with served(tmp_path / "state") as found:
        eyes = Eyes(browser, found)
        eyes.tab.goto(found.link)
        expect(eyes.tab).to_have_url(f"{eyes.base}/")
        looked(tmp_path, *watch)
        eyes.open("/watch")
        eyes.sound()
        expect(eyes.tab.locator("#bar-state")).to_contain_text("waiting for you")
        eyes.tab.get_by_label("Your name").fill("Ann")
        eyes.tab.get_by_role("button", name="Approve").click()
        expect(eyes.tab.locator(".proposal")).to_contain_text("Approved by Ann; 1 needed")
        eyes.sound()
        looked(tmp_path, *watch)
        expect(eyes.tab.locator(".proposal")).to_have_count(0, timeout=15_000)  # by itself: the page is told
        expect(eyes.tab.locator("#positions + div table")).to_contain_text("short")
        expect(eyes.tab.locator("#bar-beta svg")).to_have_count(1)
        eyes.sound()
        eyes.open("/exposure")
        expect(eyes.tab.locator("#hedged svg")).to_have_count(1)
        pictured(eyes, "exposure", tmp_path)
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
        eyes = Eyes(browser, found, 1000)
        eyes.enter(found)
        eyes.open("/hedge")
        eyes.tab.locator("#target").fill("0.5")
        expect(eyes.tab.locator("[data-cell=left]")).to_contain_text("0.50 ±")
        pictured(eyes, "hedge", tmp_path)
        eyes.context.close()


def pictured(eyes: Eyes, name: str, folder: Path) -> None:
    """Take a picture for the docs; with HEDGEROW_PICTURES=1 it is kept there. One that is missing or large fails."""
    kept, made = Path(BOOK).parents[1] / "docs" / "how-to" / f"page-{name}.png", folder / "made.png"
    eyes.tab.set_viewport_size({"width": 1000, "height": 760})
    eyes.tab.screenshot(path=made)
    if os.environ.get("HEDGEROW_PICTURES") == "1":
        kept.write_bytes(made.read_bytes())
    for picture in (made, kept):
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 150_000


def looked(home: Path, *words: str) -> None:
    """One look of a watch in a process of its own."""
    process = start(home, *words)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err


@pytest.mark.slow
def test_nothing_hostile_is_executed(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path / "state") as found:
        make_hostile(found.room)
        eyes = Eyes(browser, found)
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
    eyes = Eyes(browser, book)
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
