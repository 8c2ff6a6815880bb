"""Options on their way to a venue: refused where index, quote or coins are missing, and never ordered without a price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.hedge.execution.hand import BEGIN, Hand, leg

from hedgerow.hedge.execution import LegFacts, Programme, Rules, Style, Ticketed, Wanted, schedule
from hedgerow.hedge.execution.checks import price_fault
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_contracts import option_contract
from hedgerow.model.orders import Order
from hedgerow.model.ports import AccountModes, Ticker
from hedgerow.stats.margin.options import option_fee, short_margin

ENDS = np.datetime64("2026-02-27T08:00", "ms")
INDEX, PRICE = Decimal(60_000), Decimal("0.023")
FACTS = LegFacts(
    Decimal(0),
    PRICE,
    AccountModes(False, "cross", None),
    Decimal(1),
    known=True,
    index=INDEX,
    quoted=Decimal(5),
)
TICKET = Ticketed("plan", "paper:main", BEGIN)


def option(strike: int, side: str) -> Instrument:
    chain = OptionChain(
        "deribit", "BTC", "BTC", np.datetime64("2026-01-28T08:00", "ms"), 60_000.0, Decimal("0.1"), ()
    )
    quote = OptionQuote(f"BTC-27FEB26-{strike}-{side}", ENDS, strike, side == "C", 0.0, 0.0, 0.0, 60_000.0)
    return option_contract(chain, quote)


PUT, CALL = option(54_000, "P"), option(67_000, "C")


def rules(units: str, ticket: Ticketed = TICKET, **changes: object) -> list[str]:
    """The rules that refuse so many units of the put."""
    facts = {PUT.name: replace(FACTS, **changes)}  # type: ignore[arg-type]
    found = schedule(ticket, [Wanted(PUT, Decimal(units))], facts)
    return [] if isinstance(found, Programme) else [refusal.rule for refusal in found]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"index": None}, "a known index"),
        ({"index": Decimal(0)}, "a known index"),
        ({"quoted": None}, "a quote"),
        ({"quoted": Decimal(1)}, "quoted size"),
        ({"free": None}, "margin"),
    ],
)
def test_what_an_option_needs_is_known_or_it_is_refused(changes: dict[str, object], rule: str) -> None:
    assert rules("2") == []
    assert rule in rules("2", TICKET, **changes)


def test_an_option_has_no_stop() -> None:
    assert "a stop" in rules("2", replace(TICKET, stop=Decimal("0.1")))


def test_what_only_closes_is_not_refused_for_its_quotes() -> None:
    assert rules("-2", held=Decimal(2), quoted=None) == []
    assert "a quote" in rules("-3", held=Decimal(2), quoted=None)


@pytest.mark.parametrize("units", ["2", "-2"])
def test_the_coins_that_it_takes_are_premium_fee_and_margin_to_the_last_digit(units: str) -> None:
    size = Decimal(units)
    needs = size * PRICE + option_fee(PUT, size, PRICE, INDEX, PUT.taker_fee)
    needs += short_margin(PUT, size, PRICE, INDEX, initial=True) if size < 0 else 0
    assert "margin" not in rules(units, free=needs)
    assert "margin" in rules(units, free=needs - Decimal("1e-9"))


def sent(instrument: Instrument, units: str, style: Style, **quote: Decimal | None) -> list[Order]:
    """The orders of a leg whose quotes are as told."""

    class Quoted(Hand):
        def ticker(self, name: str) -> Ticker:
            return replace(super().ticker(name), index=INDEX, **quote)  # type: ignore[arg-type]

    hand = Quoted(leg(units, instrument=instrument, style=style))
    hand.price = PRICE
    hand.ready().wait(2_000)
    return hand.sends


@pytest.mark.parametrize(("instrument", "units", "side"), [(PUT, "2", "ask"), (CALL, "-2", "bid")])
def test_an_order_that_takes_is_a_limit_at_the_quote_and_there_is_none_without(
    instrument: Instrument, units: str, side: str
) -> None:
    there = sent(instrument, units, Style("market"), bid=Decimal("0.022"), ask=Decimal("0.024"))
    assert there
    assert {(each.kind, each.price) for each in there} == {
        ("limit", {"bid": Decimal("0.022"), "ask": Decimal("0.024")}[side])
    }
    missing = {"bid": Decimal("0.022"), "ask": Decimal("0.024"), side: None}
    assert sent(instrument, units, Style("market"), **missing) == []


@pytest.mark.parametrize(("bid", "far"), [("0.016", False), ("0.010", True)])
def test_quotes_of_an_option_may_be_a_quarter_from_its_mark(bid: str, far: bool) -> None:
    told = Ticker(PUT.name, BEGIN, PRICE, Decimal(bid), Decimal("0.020"), PRICE, INDEX)
    assert bool(price_fault(told, Rules(), PUT)) is far
    assert price_fault(told, Rules())  # of a future neither would do
