"""What people do on each page, in a real browser: edit and import a book, give a beta, read a run and what a doctor found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from tests.browser.eyes import Eyes, pictured, served_by
from tests.browser.played import ended, serving
from tests.cli.conftest import BOOK

from hedgerow.app.recollected import remember
from hedgerow.cli import main
from hedgerow.config import Settings, load_settings
from hedgerow.model.checks import Check
from hedgerow.web.server import Opened

pytestmark = pytest.mark.slow
CSV = "symbol,quantity\nETH,40\nSOL,400\nUSDT,70000\n"


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Opened]:
    """The page of a book of one's own, with a file of settings."""
    (tmp_path / "book.csv").write_text(CSV, encoding="utf-8")
    state = replace(Settings().trade, state=str(tmp_path / "state"))
    settings, config = replace(Settings(), trade=state), tmp_path / "config.toml"
    with served_by(settings, str(tmp_path / "book.csv"), config) as found:
        yield found


def looking(browser: Browser, found: Opened, width: int = 1440) -> Eyes:
    eyes = Eyes(browser, found.port, width)
    eyes.enter(found)
    eyes.open("/")
    return eyes


def test_a_look_between_a_page_and_its_news_is_not_missed(browser: Browser, mine: Opened) -> None:
    eyes, room = looking(browser, mine), mine.room

    def looks_meanwhile(route: Route) -> None:
        ended(Path(room.book).parent, "watch", "book.csv", "--once")
        room.forget()
        route.continue_()

    eyes.tab.route("**/api/events", looks_meanwhile, times=1)
    eyes.open("/exposure")
    expect(eyes.tab.locator("#hedged .big").first).to_contain_text("$")


def test_quantities_are_edited_and_taken_back(browser: Browser, mine: Opened) -> None:
    eyes, book = looking(browser, mine), Path(mine.room.book)
    worth, ether = eyes.tab.locator("#bar-worth dd").inner_text(), eyes.tab.get_by_role("textbox", name="ETH")
    eyes.tab.get_by_text("Edit quantities").click()
    ether.fill("4O")
    eyes.tab.get_by_label("New coin").fill("LINK")
    eyes.tab.get_by_role("button", name="Write these quantities").click()
    expect(eyes.tab.get_by_role("alert")).to_contain_text("Not written; the file is as it was.")
    expect(eyes.tab.locator(".row.wrong")).to_have_count(2)  # at once, each beside its row
    expect(ether).to_have_value("4O")
    assert book.read_text(encoding="utf-8") == CSV
    eyes.sound_everywhere(but="status of 422")
    ether.fill("80")
    eyes.tab.locator("input[name=new-quantity]").fill("900")
    eyes.tab.get_by_role("button", name="Write these quantities").click()
    expect(eyes.tab.locator(".done")).to_contain_text("Written")
    expect(eyes.tab.locator("table.lines tbody th")).to_have_count(4)
    expect(eyes.tab.locator("#bar-worth dd")).not_to_have_text(worth)
    eyes.tab.locator("summary", has_text="Take the last change back").click()
    eyes.tab.get_by_role("button", name="Take the last change back").click()
    expect(eyes.tab.locator(".done")).to_contain_text("Taken back")
    expect(eyes.tab.locator("table.lines tbody th")).to_have_count(3)
    assert book.read_text(encoding="utf-8") == CSV
    eyes.context.close()


def test_a_file_that_cannot_be_read_changes_nothing_and_pasted_lines_do(
    browser: Browser, mine: Opened
) -> None:
    eyes, book = looking(browser, mine, 360), Path(mine.room.book)
    eyes.tab.get_by_text("Import a file").click()
    eyes.tab.get_by_label("Or paste its lines").fill("symbol,quantity\nETH,1,5\nSOL,many\n")
    eyes.tab.get_by_role("button", name="Put it in the place of the book").click()
    expect(eyes.tab.get_by_role("alert")).to_contain_text("was not taken; the book is as it was")
    assert book.read_text(encoding="utf-8") == CSV
    eyes.sound_everywhere(but="status of 422")
    eyes.tab.get_by_label("Or paste its lines").fill("symbol,quantity\nETH,2\nSOL,30\n")
    eyes.tab.get_by_role("button", name="Put it in the place of the book").click()
    expect(eyes.tab.locator(".done")).to_contain_text("Written")
    expect(eyes.tab.locator("table.lines tbody th")).to_have_text(["ETH", "SOL"])
    eyes.context.close()


def test_a_beta_is_given_by_hand_with_its_reason_and_measured_again(browser: Browser, mine: Opened) -> None:
    eyes = looking(browser, mine)
    row = eyes.tab.locator("table.lines tbody tr", has_text="SOL")
    measured = row.locator("td").nth(3).inner_text()
    eyes.tab.get_by_text("Give a beta by hand").click()
    eyes.tab.get_by_role("combobox").select_option("SOL")
    eyes.tab.get_by_label("Beta", exact=True).fill("2.5")
    eyes.tab.get_by_label("± error").fill("0.4")
    eyes.tab.get_by_label("Why", exact=True).fill("its unlocks begin")
    eyes.tab.get_by_role("button", name="Use this beta").click()
    expect(eyes.tab.locator(".done")).to_contain_text("Written into the settings")
    expect(row.locator("td").nth(3)).to_have_text("2.50")
    expect(row).to_contain_text("its unlocks begin")
    row.get_by_text("why?").click()
    expect(row.locator("details.why div")).to_contain_text("its unlocks begin")
    eyes.sound_everywhere()
    assert mine.room.config is not None
    assert load_settings(mine.room.config).settings.betas["SOL"].note == "its unlocks begin"
    eyes.open("/exposure")
    expect(eyes.tab.locator("table.lines tbody tr", has_text="SOL")).to_contain_text("2.50")
    eyes.open("/")
    eyes.tab.get_by_role("button", name="Measure SOL again").click()
    expect(row.locator("td").nth(3)).to_have_text(measured)
    eyes.context.close()


def test_a_backtest_is_read_part_by_part(browser: Browser, mine: Opened, tmp_path: Path) -> None:
    runs = tmp_path / "state" / "runs"
    eyes = looking(browser, mine)
    eyes.open("/history")
    expect(eyes.tab.locator("main")).to_contain_text(f"--out {runs}/first")  # what writes one
    words = ("backtest", BOOK, "--from", "2026-04-01", "--out", str(runs / "first"), "--quiet")
    assert main([*words, "--state", str(tmp_path / "state")]) == 0
    eyes.open("/history")
    expect(eyes.tab.locator("table.lines tbody tr")).to_have_count(1)
    eyes.sound_everywhere()
    eyes.tab.get_by_role("link", name="first").click()
    eyes.tab.get_by_role("link", name="Where the money came from").click()
    expect(eyes.tab.locator("[aria-current=true]")).to_have_text("Where the money came from")
    expect(eyes.tab.locator("figure svg").first).to_be_visible()
    eyes.sound_everywhere()
    pictured(eyes, "history", tmp_path, 1070)
    with eyes.tab.expect_download() as kept:
        eyes.tab.get_by_role("link", name="The report as one file").click()
    assert kept.value.suggested_filename == "report.html"
    eyes.context.close()


def test_what_a_doctor_found_stands_there_and_no_venue_is_asked(browser: Browser, mine: Opened) -> None:
    checks = (
        Check("key", "verified", "may trade, and may not withdraw"),
        Check("modes", "wrong", "long and short apart"),
        Check("clock", "not verified", "out of reach", unreached=True),
    )
    assert remember(mine.room.settings, {"bybit": checks})
    eyes = looking(browser, mine)
    eyes.open("/venues")
    card = eyes.tab.locator("section", has=eyes.tab.get_by_role("heading", name="bybit"))
    for said in ("verified key", "wrong modes", "did not answer clock"):
        expect(card).to_contain_text(said)
    expect(card).to_contain_text("hedgerow doctor bybit")
    expect(eyes.tab.locator("#machine ~ ul li").first).to_be_visible()
    eyes.sound_everywhere()
    eyes.context.close()


def test_the_first_visit_is_an_example_on_the_simulated_market_with_its_words_explained(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path) as (link, port):
        eyes = Eyes(browser, port)
        eyes.tab.goto(link)
        expect(eyes.tab.locator(".simulated")).to_contain_text("no figure here is real")
        expect(eyes.tab.locator("main")).to_contain_text("an example to play with")
        for page, words in {
            "/": {"beta": "moves by 1 %", "dollar beta": "Dollars of the market"},
            "/hedge": {
                "funding": "a short hedge RECEIVES a positive funding rate",
                "basis": "The difference",
                "risk added": "of its own",
            },
            "/watch": {"liquidation": "The venue closes a position"},
        }.items():
            eyes.open(page)
            for word, told in words.items():
                eyes.tab.get_by_text(f"What is {word}?", exact=True).first.click()
                expect(eyes.tab.locator(".word[open] p", has_text=told).first).to_be_visible()
            eyes.sound()
        eyes.context.close()
