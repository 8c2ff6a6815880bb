"""The pages of a book that holds options, in a real browser: sound on a phone and on a desk, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.eyes import Eyes, served
from tests.cli.test_book_options import COINS, a_simulated

pytestmark = pytest.mark.slow


def test_options_held_and_options_beside(browser: Browser, tmp_path: Path) -> None:
    put, call = a_simulated()
    book = tmp_path / "book.csv"
    book.write_text(f"{COINS}{put},2\n{call},-1\n", encoding="utf-8")
    with served(tmp_path / "state", str(book)) as found:
        eyes = Eyes(browser, found.port)
        eyes.enter(found)
        for page, heading in (
            ("/exposure", "Options that the book holds"),
            ("/hedge", "Options beside the perpetual"),
        ):
            eyes.open(page)
            expect(eyes.tab.get_by_role("heading", name=heading)).to_be_visible()
            if page == "/hedge":
                folds = eyes.tab.locator("details.fold").evaluate_all("all => all.map(one => one.open)")
                assert folds[0]
                assert not any(folds[1:])
                eyes.tab.set_viewport_size({"width": 360, "height": 900})
                tall = "document.documentElement.scrollHeight"
                folded = eyes.tab.evaluate(tall)
                eyes.tab.locator("details.fold").evaluate_all(
                    "all => all.forEach(one => { one.open = true; })"
                )
                assert folded < 0.8 * eyes.tab.evaluate(tall)
                eyes.tab.set_viewport_size({"width": 1440, "height": 900})
            eyes.unfold()
            eyes.sound_everywhere()
            part = eyes.tab.locator("section", has=eyes.tab.get_by_role("heading", name=heading))
            for width, shown, hidden in ((360, ".narrow", ".broad"), (1440, ".broad", ".narrow")):
                eyes.tab.set_viewport_size({"width": width, "height": 900})
                charts = (part if page == "/hedge" else eyes.tab).locator(".chart.fits")
                assert charts.count() == 2
                expect(charts.first.locator(shown)).to_be_visible()
                expect(charts.first.locator(hidden)).to_be_hidden()
