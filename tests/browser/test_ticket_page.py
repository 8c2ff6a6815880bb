"""The page in a real browser: no request, no error, no sideways scrolling, nothing axe complains of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from tests.reports.test_page import tickets
from tests.reports.test_run_page import runs

from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.reports.page import ticket_page
from hedgerow.reports.run_page import run_page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield started
        started.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "refused", "two factors", "hostile", "no legs"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_in_a_browser(browser: Browser, tmp_path: Path, name: str, scheme: Any, width: int) -> None:
    look_at(browser, tmp_path, ticket_page(tickets()[name]), scheme, width)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_a_run(browser: Browser, tmp_path: Path, name: str, scheme: Any, width: int) -> None:
    made = runs()[name]
    look_at(browser, tmp_path, run_page(made, effectiveness(made)), scheme, width)


def look_at(browser: Browser, folder: Path, html: str, scheme: Any, width: int) -> None:
    """Open a page, see that it asks for nothing, says nothing, fits, and that axe finds nothing."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(file.as_uri())
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()
