"""The pages in a real browser: no request, no error, no sideways scrolling, nothing axe complains of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from tests.reports.test_page import tickets
from tests.reports.test_run_page import NAMES, page

from hedgerow.reports.page import ticket_page


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "refused", "two factors", "hostile", "no legs"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_in_a_browser(browser: Browser, tmp_path: Path, name: str, scheme: Any, width: int) -> None:
    look_at(browser, tmp_path, ticket_page(tickets()[name]), scheme, width)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_a_run(browser: Browser, tmp_path: Path, name: str, scheme: Any, width: int) -> None:
    look_at(browser, tmp_path, page(name), scheme, width)


def look_at(browser: Browser, folder: Path, html: str, scheme: Any, width: int) -> None:
    """Open a page, see that it asks for nothing, says nothing, fits, and that axe finds nothing."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requests: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    tab.goto(file.as_uri())
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    tab.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    opened = Axe().run(tab)
    assert opened.violations_count == 0, opened.generate_report()
    tab.close()


@pytest.mark.slow
def test_a_printed_run_shows_the_broad_charts_and_the_tables(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page("plain"), encoding="utf-8")
    tab = browser.new_page(viewport={"width": 360, "height": 900})
    tab.goto(file.as_uri())
    assert tab.locator(".broad").first.is_hidden()
    assert tab.locator(".narrow").first.is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(".broad").first.is_visible()
    assert tab.locator(".narrow").first.is_hidden()
    closed = tab.locator("details:not([open]):not(.long) table").first
    assert closed.is_visible()
    assert tab.locator("nav").is_hidden()
    assert len(tab.pdf(format="A4")) > 10_000
    tab.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_in_charts_can_be_read_on_either_ground(browser: Browser, tmp_path: Path, scheme: Any) -> None:
    """Axe does not look into pictures: contrast of every text of every chart, by the rule of WCAG."""
    file = tmp_path / "page.html"
    file.write_text(page("plain"), encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    tab.goto(file.as_uri())
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    inks = tab.evaluate(
        "[...new Set([...document.querySelectorAll('.broad svg text')].map(t => getComputedStyle(t).fill))]"
    )
    assert len(inks) >= 3
    assert {ink: contrast(ink, ground) for ink in inks if contrast(ink, ground) < 4.5} == {}
    tab.close()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as a browser names them, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255.0 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
