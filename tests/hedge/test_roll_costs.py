"""What going on costs, by hand and by domain's numbers; how far one leg of a roll may be ahead of the other."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.hedge.execution import LegFacts, Programme, Ticketed, Wanted, schedule
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.roll_costs import Way, apart, way_on, ways_on
from hedgerow.hedge.rolls import ROLLING, days_left, far_of, stage_of, window_of
from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import FundingPrints, Market
from hedgerow.model.orders import lot_units, units_of
from hedgerow.model.ports import AccountModes
from hedgerow.testing import beta_market

SPOT = 60_000.0


def dated(symbol: str, ends: datetime, payoff: Payoff = Payoff.LINEAR, **more: Any) -> Instrument:
    inverse = payoff is Payoff.INVERSE
    made = contract(symbol, "BTC", payoff, "100" if inverse else "1", "1" if inverse else "0.001")
    return replace(made, expiry=ends, funding_interval_hours=None, **more)


JUNE, SEPTEMBER, DECEMBER = (
    datetime(2025, month, day, 8, tzinfo=UTC) for month, day in ((6, 27), (9, 26), (12, 26))
)
NEAR, FAR, FARTHER = (dated(f"BTCUSDT_{ends:%y%m%d}", ends) for ends in (JUNE, SEPTEMBER, DECEMBER))
INEAR, IFAR = (dated(f"BTCUSD_{ends:%y%m%d}", ends, Payoff.INVERSE) for ends in (JUNE, SEPTEMBER))
PERPETUAL = contract()
NOW = np.datetime64("2025-06-21T08:00", "ms")


def market(**given: float) -> Market:
    """BTC at 60,000, the contracts at `given`, funding of one basis point every eight hours."""
    made = beta_market({"BTC": 1.0}, {"BTC": SPOT}, days=200, seed=5)
    made = replace(made, times=made.times + (NOW - made.times[-1]), as_of=NOW)
    stamps = NOW - np.arange(300)[::-1] * np.timedelta64(8, "h")
    prints = FundingPrints("paper", stamps, np.full(300, 1e-4))
    return replace(made, given={"BTC": SPOT, **given}, funding={"BTC": prints})


def betas(of: Market) -> Betas:
    return Policy().estimate(of, ("BTC", "USDT"))


def way(near: Instrument, far: Instrument, held: str, of: Market, days: float = 97.0) -> Way:
    return way_on(near, far, Decimal(held), betas(of), of, days)


def line(of: Way, name: str) -> float:
    return sum(each.usd for each in of.lines if each.name == name)


def test_a_short_rolled_by_hand(vectors: dict[str, Any]) -> None:
    """The prices of TV21b: as many dollars of the far contract, in its lots; TV21b's own roll is unit for unit."""
    v = vectors["TV21b_roll"]
    there = market(**{NEAR.symbol: v["near"], FAR.symbol: v["far"]})
    found = way(NEAR, FAR, str(v["short_qty"]), there)
    assert (found.near_contracts, found.far_contracts) == (Decimal(2), Decimal("-1.962"))
    assert line(found, "fee") == pytest.approx(5e-4 * (2.0 * v["near"] + 1.962 * v["far"]), rel=1e-9)
    assert found.gain_usd == pytest.approx(1.962 * v["spread"], rel=1e-9)
    assert line(found, "basis") == pytest.approx(-1.962 * (v["far"] - SPOT), rel=1e-9)
    assert {each.name: each.basis for each in found.lines}["basis"] == "measured"
    assert abs(found.beta_usd[0]) <= 0.0005 * v["far"]
    assert found.usd == pytest.approx(sum(each.usd for each in found.lines))
    assert found.a_year(found.usd) == pytest.approx(found.usd / (2.0 * v["near"]) * 365.0 / 97.0)


@pytest.mark.parametrize("held", ["-2", "2"])
def test_what_a_short_earns_a_long_pays_and_trading_costs_both(held: str) -> None:
    there = market(**{NEAR.symbol: 60_050.0, FAR.symbol: 61_200.0})
    found, stays = way(NEAR, FAR, held, there), way(NEAR, PERPETUAL, held, there)
    short = held.startswith("-")
    assert (line(found, "basis") < 0.0) == (line(stays, "funding") < 0.0) == (found.gain_usd > 0.0) == short
    assert found.trading_usd > 0.0 < stays.trading_usd
    assert math.isnan(stays.gain_usd)


def test_the_perpetual_is_reckoned_over_the_same_time() -> None:
    """291 prints in 97 days of one basis point: 2.91 % of the dollars held, before its band."""
    there = market(**{NEAR.symbol: 60_050.0, FAR.symbol: 61_200.0})
    ((found, beside), *_) = ways_on(NEAR, Decimal(-2), (FAR, PERPETUAL), betas(there), there, NOW)
    assert beside is not None
    assert found.days == beside.days == pytest.approx(97.0)
    assert line(beside, "funding") == pytest.approx(-2.0 * SPOT * 291 * 1e-4, rel=0.02)
    assert {each.name: each.basis for each in beside.lines}["funding"] == "measured"


def test_without_a_price_of_its_own_the_basis_is_modelled_and_says_so() -> None:
    found = way(NEAR, FAR, "-2", market())
    (basis,) = (each for each in found.lines if each.name == "basis")
    assert basis.basis == "modelled"
    carry = 1e-4 * 3 * 365
    assert found.prices[1] == pytest.approx(SPOT * math.exp(carry * 97.0 / 365.0))


def test_inverse_contracts_are_rolled_contract_for_contract() -> None:
    there = market(**{INEAR.symbol: 60_050.0, IFAR.symbol: 61_200.0})
    found = way(INEAR, IFAR, "-1000", there)
    assert (found.near_contracts, found.far_contracts) == (Decimal(1000), Decimal(-1000))
    coins = 1000 * 100 / 61_200.0
    assert line(found, "basis") == pytest.approx(-coins * 1_200.0, rel=1e-9)


def test_the_far_count_is_in_its_own_lots_and_the_rest_is_told() -> None:
    coarse = replace(FAR, lot=Decimal("0.1"), min_contracts=Decimal("0.1"))
    there = market(**{NEAR.symbol: 60_000.0, FAR.symbol: 60_000.0})
    found = way(NEAR, coarse, "-2.345", there)
    assert found.far_contracts == Decimal("-2.3")
    assert found.beta_usd[0] == pytest.approx(0.045 * 60_000.0)
    tenth = replace(FAR, multiplier=Decimal("0.1"), lot=Decimal(1), min_contracts=Decimal(1))
    assert way(NEAR, tenth, "-2.345", there).far_contracts == Decimal(-23)
    small = way(NEAR, replace(FAR, min_contracts=Decimal(5)), "-2", there)
    assert "below its minimum" in small.why_not


def test_every_later_contract_is_a_way_and_the_perpetual_alone_where_there_is_none() -> None:
    there = market()
    known = (FARTHER, NEAR, PERPETUAL, FAR, IFAR)
    found = ways_on(NEAR, Decimal(-2), known, betas(there), there, NOW)
    assert [each.far for each, _ in found] == [FAR, FARTHER]
    assert found[0][0].far == far_of(NEAR, known, NOW)
    ((alone, beside),) = ways_on(NEAR, Decimal(-2), (PERPETUAL,), betas(there), there, NOW)
    assert (alone.far, beside) == (PERPETUAL, None)
    assert ways_on(NEAR, Decimal(-2), (NEAR,), betas(there), there, NOW) == ()
    from_perpetual = ways_on(PERPETUAL, Decimal(-2), known, betas(there), there, NOW)
    assert [each.far for each, _ in from_perpetual] == [FAR, FARTHER]
    staying = from_perpetual[0][1]
    assert staying is not None
    assert (staying.trading_usd, staying.near_contracts) == (0.0, Decimal(0))


@given(st.floats(-400.0, 400.0))
def test_a_stage_is_what_its_window_says(days: float) -> None:
    ends = np.datetime64("2025-06-27T08:00", "ms")
    now = ends - np.timedelta64(round(days * 86_400_000), "ms")
    window = window_of(NEAR)
    assert window is not None
    left, stage = days_left(NEAR, now), stage_of(NEAR, now)
    assert (stage == "ended") == (left <= 0.0)
    assert (stage == "late") == (0.0 < left < ROLLING.finish_days)
    assert (stage == "due") == (ROLLING.finish_days <= left <= ROLLING.start_days)
    assert stage_of(PERPETUAL, now) == "perpetual"
    assert window_of(PERPETUAL) is None


@given(
    st.integers(1, 5_000),
    st.sampled_from(("0.001", "0.01", "0.05")),
    st.sampled_from((5, 100, 500)),
    st.sampled_from((None, 1_000.0, 20_000.0)),
)
def test_what_may_be_ahead_is_always_kept_by_the_orders_that_come_of_it(
    lots: int, lot: str, least: int, limit: float | None
) -> None:
    """Whatever the sizes: the schedule of the share that `apart` gives is never refused, and no order is too large for it."""
    far = replace(FAR, lot=Decimal(lot), min_contracts=Decimal(lot), min_notional=Decimal(least))
    held = -Decimal(lots) * Decimal("0.001")
    there = market(**{NEAR.symbol: 60_000.0, FAR.symbol: 60_000.0})
    found = way(NEAR, far, str(held), there)
    if found.why_not:
        return
    share, dollars = apart(found, limit)
    size = max(abs(found.near_usd), abs(found.far_usd))
    assert 0.0 < dollars <= size * (1.0 + 1e-12)
    modes = AccountModes(False, "cross", Decimal(3))
    price = Decimal(60_000)
    facts = {
        NEAR.name: LegFacts(held, price, modes, Decimal(10**9), known=True),
        far.name: LegFacts(Decimal(0), price, modes, Decimal(10**9), known=True),
    }
    wanted = [
        Wanted(each, units_of(each, count))
        for each, count in ((far, found.far_contracts), (NEAR, found.near_contracts))
    ]
    made = schedule(Ticketed("roll", "paper:main", 0, ahead=share), wanted, facts)
    assert isinstance(made, Programme), made
    for leg in made.legs:
        assert all(part.quantity % lot_units(leg.instrument) == 0 for part in leg.parts)
        assert share is None or max(abs(p.quantity / leg.planned) for p in leg.parts) * 2 <= share
