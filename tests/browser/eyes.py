"""What a browser shows of a page of ours: a tab, all that it asked for and said, and what axe finds, narrow and wide, light and dark."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, expect
from tests.cli.conftest import BOOK, ROOT

from hedgerow.config import Settings
from hedgerow.web.server import Opened, opened, server_of

__all__ = ["Eyes", "pictured", "served", "served_by"]

WAIT_MS = 120_000
"""Long enough for a machine that does much else: a page that never comes fails all the same."""
expect.set_options(timeout=WAIT_MS)


class Eyes:
    """A tab on the page at a port, with everything that it asked for and said."""

    def __init__(self, browser: Browser, port: int, width: int = 1440, scheme: Any = "light") -> None:
        self.base, self.width, self.scheme = f"http://127.0.0.1:{port}", width, scheme
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

    def sound_everywhere(self, *, but: str = "") -> None:
        """The page that is open is sound on a phone and on a desk, light and dark; then it is as it was.

        `but`: what a browser says by itself of an answer that is an error.
        """
        self.said = [line for line in self.said if not but or but not in line]
        for width in (360, 1440):
            self.tab.set_viewport_size({"width": width, "height": 900})
            for scheme in ("light", "dark"):
                self.tab.emulate_media(color_scheme=scheme)
                self.sound()
        self.tab.set_viewport_size({"width": self.width, "height": 900})
        self.tab.emulate_media(color_scheme=self.scheme)

    def unfold(self) -> None:
        self.tab.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")


@contextmanager
def served(state: Path, book: str = BOOK) -> Iterator[Opened]:
    """A page of a book whose state lies in a folder."""
    settings = replace(Settings(), trade=replace(Settings().trade, state=str(state)))
    with served_by(settings, book) as found:
        yield found


@contextmanager
def served_by(settings: Settings, book: str, config: Path | None = None) -> Iterator[Opened]:
    """A page on a free port of this machine, by the server itself."""
    found = opened(settings, book, 0, config=config)
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


def pictured(eyes: Eyes, name: str, folder: Path, height: int = 760, *, top: str = "") -> None:
    """Take a picture for the docs; with HEDGEROW_PICTURES=1 it is kept there. One that is missing or large fails.

    It begins with the page's own bar, or with what `top` selects.
    """
    kept, made = ROOT / "docs" / "how-to" / f"page-{name}.png", folder / "made.png"
    eyes.tab.set_viewport_size({"width": 1000, "height": height})
    if top:
        eyes.tab.locator(top).first.evaluate("found => found.scrollIntoView(true)")
    eyes.tab.screenshot(path=made)
    if os.environ.get("HEDGEROW_PICTURES") == "1":
        kept.write_bytes(made.read_bytes())
    for picture in (made, kept):
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 200_000
    eyes.tab.set_viewport_size({"width": eyes.width, "height": 900})
