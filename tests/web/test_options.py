"""Options on the pages."""

from __future__ import annotations

import html
from pathlib import Path

from tests.cli.test_book_options import COINS, a_simulated
from tests.web.asking import page_of

from hedgerow.web.optional import protection_of


def test_options_that_are_held_are_on_the_exposure_page(tmp_path: Path) -> None:
    put, call = a_simulated()
    book = tmp_path / "book.csv"
    book.write_text(f"{COINS}{put},2\n{call},-1\n", encoding="utf-8")
    text = page_of(str(book), tmp_path).get("/exposure").text
    assert put in text
    assert "What is gamma?" in text
    assert "What is left to hedge after the move" in text
    assert text.count('<div class="narrow"><svg') == 2
    holdings = page_of(str(book), tmp_path).get("/").text
    assert "of BTC, by its delta" in holdings
    assert "An option has no beta of its own" in holdings
    assert "unknown" not in holdings.partition('id="held"')[2].partition("</table>")[0]
    assert "unwind, hold or roll" in page_of(str(book), tmp_path).get("/hedge").text
    book.write_text(COINS, encoding="utf-8")
    assert "Options that the book holds" not in page_of(str(book), tmp_path).get("/exposure").text


def test_options_stand_beside_the_perpetual_on_the_page_of_the_hedge(tmp_path: Path) -> None:
    """On the simulated market without a chain; the same numbers as the command's."""
    book = tmp_path / "book.csv"
    book.write_text(COINS, encoding="utf-8")
    page = page_of(str(book), tmp_path)
    text = page.get("/hedge").text
    for told in (
        "Options beside the perpetual",
        "SIMULATED BTC options",
        "protective put, by beta",
        "zero-cost collar",
        "Strikes and expiries of the put",
        "What is left to hedge after a move",
        "the other coins stand still",
        "of the quoted size",
        "hedgerow options",
    ):
        assert told in text
    found = protection_of(page.room)
    assert not isinstance(found, str)
    assert all(html.escape(lead.verdict, quote=False) in text for lead in found.leads)


def test_a_book_that_gains_in_a_fall_is_told_why_it_has_none(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("symbol,quantity\nBTC,-1\nUSDT,200000\n", encoding="utf-8")
    text = page_of(str(book), tmp_path).get("/hedge").text
    assert "it gains when BTC falls" in text
    assert "What each costs and does" not in text
