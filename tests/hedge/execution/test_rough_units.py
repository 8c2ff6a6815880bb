"""Where a venue tells no mark or no value: units are held against our own price, roughly; modes it never tells are not asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC

from hedgerow.hedge.execution import LegFacts, LegState, Programme, Rules, Ticketed, Wanted, schedule
from hedgerow.hedge.execution.checks import units_right
from hedgerow.hedge.execution.programme import Part, ProgrammeLeg
from hedgerow.model.ports import AccountModes, Holding, Ticker

PRICE = Decimal(60_000)
TOLD = Ticker(BTC.name, BEGIN, PRICE, PRICE, PRICE, PRICE, None)
LEG = LegState(ProgrammeLeg(BTC, Decimal(0), Decimal(-1), (Part(Decimal(-1)),)), quote=TOLD)


def held(
    notional: Decimal | None = None, margin: Decimal | None = None, leverage: Decimal | None = None
) -> Holding:
    there = Holding(BTC.name, Decimal("-0.5"), "net", PRICE)
    return replace(there, notional=notional, margin=margin, leverage=leverage)


@pytest.mark.parametrize(
    ("holding", "said"),
    [
        (held(notional=Decimal(31_000)), "right"),
        (held(notional=Decimal(3_000)), "wrong"),
        (held(notional=Decimal(300_000)), "wrong"),
        (held(margin=Decimal(1_500), leverage=Decimal(20)), "right"),
        (held(margin=Decimal(150), leverage=Decimal(20)), "wrong"),
        (held(margin=Decimal(1_500)), "unknown"),
        (held(), "unknown"),
        (held(notional=Decimal(89_999)), "right"),
        (held(notional=Decimal(90_000)), "wrong"),
        (held(notional=Decimal(10_001)), "right"),
        (held(notional=Decimal(10_000)), "wrong"),
    ],
)
def test_a_size_that_is_off_by_ten_shows(holding: Holding, said: str) -> None:
    assert units_right(LEG, holding, Rules()) == said


def test_without_any_price_nothing_is_shown() -> None:
    assert units_right(LEG._replace(quote=None), held(notional=Decimal(30_000)), Rules()) == "unknown"


@pytest.mark.parametrize("told", [None, False])
def test_a_position_mode_that_is_never_told_is_not_asked_for(told: bool | None) -> None:
    modes = AccountModes(told, "cross", Decimal(5))
    facts = {BTC.name: LegFacts(Decimal(0), PRICE, modes, Decimal(10**6), known=True)}
    found = schedule(Ticketed("p", "me", BEGIN), [Wanted(BTC, Decimal(-1))], facts)
    assert isinstance(found, Programme)
    assert found.legs[0].wanted.hedge is told
