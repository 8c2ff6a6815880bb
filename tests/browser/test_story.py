"""The whole story in a real browser beside real processes: a book imported, hedged on paper, watched, rebalanced and rolled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from tests.browser.eyes import Eyes, pictured
from tests.browser.played import ended, serving
from tests.cli.closes import closes

OPTIONS = ("--prices", "closes.csv", "--instruments", "BTCUSDT_QUARTER")
NEAR, FAR = "BTCUSDT_260626", "BTCUSDT_260925"


@dataclass(frozen=True, slots=True)
class Told:
    """Where it happens, and who looks."""

    home: Path
    eyes: Eyes

    def until(self, day: date) -> None:
        closes(self.home / "closes.csv", day)

    def look(self) -> None:
        """One look of the watch, a process of its own."""
        ended(
            self.home, "watch", "book.csv", *OPTIONS, "--target-beta", "0.25", "--mode", "propose", "--once"
        )

    def part(self, name: str) -> Locator:
        return self.eyes.tab.locator(name)

    def approve(self, name: str) -> None:
        """Say yes as Ann to what the open page asks."""
        self.eyes.tab.get_by_label("Your name").fill("Ann")
        self.eyes.tab.get_by_role("button", name="Approve").click()

    def dollars(self, name: str) -> float:
        """The first number of dollars in a part of the page."""
        found = re.search(r"([−-]?)\$([\d,]+)", self.part(name).first.inner_text())
        assert found is not None
        return float(found[2].replace(",", "")) * (-1.0 if found[1] else 1.0)


@pytest.mark.slow
def test_a_book_is_imported_hedged_watched_rebalanced_and_rolled(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,1\n", encoding="utf-8")
    (tmp_path / "mine.csv").write_text(
        "symbol,quantity\nETH,40\nSOL,400\nLINK,900\nUSDT,70000\n", encoding="utf-8"
    )
    closes(tmp_path / "closes.csv", date(2026, 6, 1))
    with serving(tmp_path, "book.csv", *OPTIONS) as (link, port):
        told = Told(tmp_path, Eyes(browser, port))
        told.eyes.tab.goto(link)
        imports_a_book(told)
        chooses_a_target_and_keeps_its_plan(told)
        approves_and_sees_it_filled(told)
        sees_the_exposure_drop(told)
        is_told_of_drift_and_rebalances(told)
        rolls(told)
        told.eyes.context.close()
    (account,) = json.loads(ended(tmp_path, "ledger", "--json"))["paper"]["accounts"]
    held = {row["instrument"]: float(row["units_exact"]) for row in account["entries"]}
    assert held[NEAR] == 0.0
    assert held[FAR] < 0.0


def imports_a_book(told: Told) -> None:
    eyes = told.eyes
    before = told.dollars("#bar-worth dd")
    eyes.tab.get_by_text("Import a file").click()
    eyes.tab.get_by_label("File").set_input_files(told.home / "mine.csv")
    eyes.tab.get_by_role("button", name="Put it in the place of the book").click()
    expect(told.part(".done")).to_contain_text("Written")
    expect(told.part("table.lines tbody th").first).to_have_text("ETH")
    assert told.dollars("#bar-worth dd") > 50 * before
    eyes.sound_everywhere()


def chooses_a_target_and_keeps_its_plan(told: Told) -> None:
    eyes = told.eyes
    eyes.open("/hedge")
    eyes.tab.locator("#target").fill("0.25")
    expect(told.part("[data-cell=left]")).to_contain_text("0.25 ±")
    expect(told.part("[data-cell=trade]")).to_contain_text("sell")
    eyes.sound_everywhere()
    eyes.tab.get_by_role("button", name="Keep this plan").click()
    expect(told.part(".done")).to_contain_text("Kept")


def approves_and_sees_it_filled(told: Told) -> None:
    eyes = told.eyes
    plan = told.part("article.plan")
    expect(plan).to_contain_text(NEAR)
    expect(plan).to_contain_text("nobody yet; 1 needed")
    eyes.sound_everywhere()
    told.approve("paper")
    expect(plan).to_contain_text("waits for its trade")
    expect(told.part(".done")).to_contain_text("Approved")
    ended(told.home, "trade", "--approved", "--once")
    expect(plan).to_contain_text("traded: complete")  # by itself: the page is told
    trade = told.part("article[aria-label^='Trade of']")
    expect(trade).to_contain_text("complete")
    trade.get_by_text("Order by order").click()
    expect(trade).to_contain_text("filled")
    eyes.sound_everywhere()
    pictured(eyes, "trade", told.home, 1140)


def sees_the_exposure_drop(told: Told) -> None:
    eyes = told.eyes
    told.look()
    eyes.open("/exposure")
    alone, left = told.dollars("[aria-labelledby=alone] .big"), told.dollars("#hedged .big")
    assert 0.0 < left < 0.6 * alone
    expect(told.part("#hedged")).to_contain_text("inside the band")
    eyes.sound_everywhere()
    pictured(eyes, "exposure", told.home)


def is_told_of_drift_and_rebalances(told: Told) -> None:
    eyes = told.eyes
    eyes.open("/watch")
    expect(told.part("#watches")).to_contain_text("None is on")
    told.until(date(2026, 6, 11))
    told.look()
    expect(told.part(".alarm").filter(has_text="warning: drift")).to_have_count(1)  # by itself
    expect(told.part(".alarm").filter(has_text="warning: liquidation")).to_contain_text("Put ")
    expect(told.part("#bar-state")).to_contain_text("waiting for you")
    expect(told.part(".proposal")).to_contain_text("sell")
    eyes.sound_everywhere()
    eyes.tab.get_by_label("Your name").fill("Ann")
    pictured(eyes, "watch", told.home, 1180)
    told.approve("")
    expect(told.part(".proposal")).to_contain_text("Approved by Ann; 1 needed")
    told.look()
    expect(told.part(".proposal")).to_have_count(0)
    expect(told.part("#watches")).to_contain_text("None is on")
    expect(told.part("#decisions + ol li").first).to_contain_text("complete; approved by Ann")
    eyes.sound_everywhere()


def rolls(told: Told) -> None:
    eyes = told.eyes
    told.until(date(2026, 6, 20))
    told.look()
    expect(told.part(".alarm").filter(has_text="warning: expiry")).to_contain_text(f"{NEAR} ends in")
    expect(told.part(".proposal li")).to_have_count(2)
    eyes.sound_everywhere()
    told.approve("")
    expect(told.part(".proposal")).to_contain_text("Approved by Ann")
    told.look()
    expect(told.part("#ladder + div tbody tr")).to_have_count(1)
    expect(told.part("#ladder + div tbody tr")).to_contain_text(FAR)
    eyes.sound_everywhere()
