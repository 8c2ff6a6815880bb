"""The ticket as text: what it says when there is much, little or nothing to say."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console, RenderableType

from hedgerow.files.portfolio import parse_portfolio
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ticket import Ticket
from hedgerow.reports.answers import stress_text
from hedgerow.reports.obstacles import refusals_text
from hedgerow.reports.ticket import estimator_words, ticket_text
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.simulated import simulated_market

MARKET = simulated_market()
ROOT = Path(__file__).resolve().parents[2]


def printed(page: RenderableType, width: int = 130) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(page)
    return out.getvalue()


def ticket_of(rows: str, policy: Policy | None = None) -> Ticket:
    book = parse_portfolio(f"symbol,quantity\n{rows}".encode(), "book.csv")
    return (policy or Policy()).plan(book, MARKET, catalogue(MARKET))


@pytest.fixture(scope="module")
def ticket() -> Ticket:
    return ticket_of("ETH,40\nSOL,400\nUSDT,50000\n")


def test_the_six_numbers_are_those_of_the_plan(ticket: Ticket) -> None:
    out = printed(ticket_text(ticket))
    (leg,) = ticket.plan.legs
    for number in (
        f"${ticket.worth.total_usd:,.0f}",
        f"${ticket.exposure.beta_usd[0]:,.0f} of BTC",
        f"(± {ticket.exposure.stderr_usd[0]:,.0f})",
        f"{leg.contracts:,f}".rstrip("0").rstrip("."),
        f"${leg.notional_usd:,.0f}",
        leg.instrument.symbol,
    ):
        assert number in out


def test_nothing_to_trade_is_said() -> None:
    out = printed(ticket_text(ticket_of("USDT,50000\n")))
    assert "4  Trade" in out
    assert "nothing" in out
    assert "Nothing was traded." in out


def test_a_basket_lists_its_orders_and_the_frontier() -> None:
    out = printed(ticket_text(ticket_of("ETH,40\nSOL,400\n", Policy(instruments=3))))
    assert "3 legs, $" in out
    assert "variance left" in out
    assert out.count("sell  ") >= 2


def test_refusals_and_unknowns_have_a_way_out(ticket: Ticket) -> None:
    refusals = (
        Refusal("liquidation distance", "paper/USDT", 0.14, 0.4, "add 71,000 collateral"),
        Refusal("leverage", "paper/USDT", 6.0, 3.0, "add collateral"),
        Refusal("venue cap", "paper", 5000.0, 1000.0, "split the hedge"),
        Refusal("venue share", "paper/USDT", 0.38, 0.25, "move 32,000"),
        Refusal("allowed venues", "paper", 1.0, 0.0, "allow paper"),
    )
    out = printed(ticket_text(replace(ticket, refusals=refusals)))
    assert "refused: 5 limits" in out
    for words in ("14 % < 40 %", "6.0 × > 3 ×", "$5,000 > $1,000", "38 % > 25 %", "add 71,000 collateral"):
        assert words in out
    lost = printed(ticket_text(ticket_of("ETH,40\nQQQQ,1\nFRSH,1\n")))
    assert "unknown: price of QQQQ" in lost
    assert "--price QQQQ=…, --beta FRSH=…" in lost
    assert "QQQQ,FRSH" in lost
    assert "not to be traded as it is" in lost


def test_long_books_are_cut_to_the_largest_and_told_in_full_when_asked() -> None:
    rows = "".join(f"{symbol},1\n" for symbol in MARKET.symbols[:30])
    long = ticket_of(rows)
    out, whole = printed(ticket_text(long)), printed(ticket_text(long, whole=True))
    assert " more " in out
    assert all(f" {symbol} " in whole for symbol in MARKET.symbols[:30])


def test_hostile_text_is_only_text(ticket: Ticket) -> None:
    evil = "\x1b[2J\x07[bold]x[/bold]\u202e"
    out = printed(ticket_text(replace(ticket, warnings=(evil,), source=evil, simulated=False)))
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
    assert "[bold]x[/bold]" in out


def test_stress_names_accounts_that_would_go() -> None:
    short = ticket_of("ETH,40\nSOL,400\n", Policy(instruments=("BTCUSDT",), collateral="5000USDT"))
    assert "paper/USDT liquidated" in printed(stress_text(short), 200)


def test_the_estimator_by_its_name_or_specification(ticket: Ticket) -> None:
    assert estimator_words(ticket.betas) == "default estimator, 300 days"
    assert estimator_words(replace(ticket.betas, estimator="ols:365")) == "estimator ols:365"
    hourly = replace(ticket.betas, bar_hours=1.0, estimator="shrink(huber:1440:7200)")
    assert estimator_words(hourly) == "default estimator, 300 days"


def test_times_at_midnight_belong_to_the_day_before(ticket: Ticket) -> None:
    assert "as of 2026-06-30 24:00 UTC" in printed(ticket_text(ticket))
    later = replace(ticket, as_of=np.datetime64("2026-06-30T08:30", "ms"))
    assert "as of 2026-06-30 08:30 UTC" in printed(ticket_text(later))


def test_the_contract_named_is_the_one_traded() -> None:
    chosen = ticket_of("ETH,40\nSOL,400\n", Policy(instruments=("SOLUSDT",)))
    assert "SOLUSDT perpetual, paper" in printed(ticket_text(chosen))
    other = replace(chosen, ranking=ticket_of("ETH,40\nSOL,400\n").ranking)
    assert "3  Contract" in printed(ticket_text(other))
    assert "puts paper:" in printed(ticket_text(other))


def test_a_book_of_which_nothing_is_known_is_not_worth_zero() -> None:
    out = printed(ticket_text(ticket_of("NEWA,40\nNEWB,400\n")))
    assert re.search(r"worth +unknown", out)
    assert re.search(r"moves like +unknown", out)
    assert "Contract" not in out
    part = printed(ticket_text(ticket_of("NEWA,40\nSOL,400\n")))
    assert re.search(r"worth +\$55,200 +without 1 unknown", part)


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (
            Refusal("margin", "USDT: 1,979,700 needed, 179,609 free", 179_609.0, 1_979_700.0, "x"),
            "609 free  ",
        ),
        (Refusal("largest order", "BTC: $9, at most $5", 9.0, 5.0, "x"), "at most $5  "),
        (Refusal("largest order", "BTC in contracts", 7.0, 7.0, "x"), "contracts: 7, the most there is"),
        (Refusal("turnover a day", "$9 with this", 9.0, 5.0, "x"), "$9 with this  "),
        (Refusal("cool-down", "traded 9 seconds ago", 9.0, 60.0, "x"), "seconds ago  "),
        (Refusal("something to trade", "the plan has no legs", 0.0, 1.0, "x"), "no legs  "),
        (Refusal("venue cap", "binance", 9_000.0, 5_000.0, "x"), "binance: $9,000 > $5,000"),
        (Refusal("price move", "BTC", 0.05, 0.02, "x"), "BTC: 5 % > 2 %"),
    ],
)
def test_a_refusal_is_told_in_its_own_unit(refusal: Refusal, says: str) -> None:
    shown = refusals_text((refusal,))
    assert shown is not None
    told = printed(shown)
    assert says in told
    assert ("%" in told) == (refusal.rule == "price move")
