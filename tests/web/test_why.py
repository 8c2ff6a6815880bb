"""Every figure can be asked why: what it rests on, its formula in words, its inputs, as of when and from where."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK
from tests.web.asking import Page, page_of

from hedgerow.reports.wording import amount, number


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(BOOK, tmp_path_factory.mktemp("state"))


def whys(html: str) -> list[str]:
    found = re.findall(r'<details class="why"[^>]*>(.*?)</details>', html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", " ", one)) for one in found]


@pytest.mark.parametrize("path", ["/", "/exposure", "/hedge"])
def test_every_page_of_figures_answers(page: Page, path: str) -> None:
    found = whys(page.get(path).text)
    assert len(found) >= 7
    assert all(len(one.split()) > 6 for one in found)
    assert any("as of 2026-06-30" in one for one in found)
    assert any("simulated" in one for one in found)
    assert not any(" nan" in one.lower() for one in found)


def test_the_inputs_are_the_figures_own(page: Page) -> None:
    exposure, _ = page.room.beta()
    text = " ".join(whys(page.get("/").text))
    assert f"{amount(exposure.beta_usd[0])} ÷ {amount(exposure.nav_usd)}" in text
    top = max(exposure.rows, key=lambda row: abs(row.beta_usd[0]))
    assert f"{top.symbol} {amount(top.delta_usd)} × {number(top.beta[0])}" in text
    assert text.count("returns.") >= len(exposure.rows) - 1
    assert "its beta is 0 by rule" in text


def test_the_slider_brings_the_reasons_of_its_own_figures(page: Page) -> None:
    none, half = (page.get(f"/api/what-if?target_beta={b}").json for b in ("0", "0.5"))
    assert set(half["why"]) == set(half["cells"])
    for cell in ("trade", "left", "cost", "margin"):
        assert none["why"][cell] != half["why"][cell]
    ticket = page.room.ticket(0.5)
    (leg,) = ticket.plan.legs
    said = " ".join(half["why"]["trade"])
    assert amount(ticket.plan.target_usd[0]) in said
    assert amount(leg.notional_usd) in said
    assert "a short hedge receives it" in " ".join(half["why"]["month"])
    for line in ticket.plan.costs:
        cell = "month" if line.monthly else "cost"
        assert any(
            one.startswith(f"{line.name}: {amount(line.usd, signed=True)}") for one in half["why"][cell]
        )


def test_what_is_unknown_says_so(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("symbol,quantity\nETH,1\nNOWHERE,5\nBTC,1\n")
    answer = page_of(str(book), tmp_path / "state").get("/")
    assert answer.status == 200
    assert "It has no beta: no price series" in answer.text
    assert "is the market itself: its beta is 1" in answer.text
