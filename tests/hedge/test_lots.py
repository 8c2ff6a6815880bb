"""Whole lots of a plan: minimums, maximums, and baskets that no rounding by hand would beat."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hedge.books import book, contract, spot
from tests.hedge.plans import contracts, known_market, plan, tv14_book

from hedgerow.hedge.basket import Basket, polished
from hedgerow.hedge.lots import place, place_one
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.riskmodel import risk
from hedgerow.hedge.terms import Terms
from hedgerow.model.instruments import Instrument


def terms(**changes: str | None) -> Terms:
    """BTC at 60,000 in lots of 0.001, with other rules if told so."""
    found = plan(instruments=("BTCUSDT",)).ranking.offered[0]
    told = {name: None if value is None else Decimal(value) for name, value in changes.items()}
    return replace(found, instrument=replace(found.instrument, **told))  # type: ignore[arg-type]


@given(st.floats(-1e7, 1e7).filter(lambda x: abs(x) > 60.0))
def test_the_nearest_lot_misses_by_at_most_half_a_lot(dollars: float) -> None:
    found, why = place_one(terms(), dollars)
    assert why == ""
    assert abs(float(found) * 60000.0 - dollars) <= 30.0 * (1 + 1e-9)
    assert found % Decimal("0.001") == 0


def test_what_is_too_small_is_said_and_not_rounded_up() -> None:
    assert place_one(terms(), 29.0)[0] == 0
    assert "half a lot" in place_one(terms(), 29.0)[1]
    found, why = place_one(terms(min_contracts="0.1"), -5000.0)
    assert (int(found), "below the minimum of 0.1" in why) == (0, True)
    found, why = place_one(terms(min_notional="100"), -70.0)
    assert (int(found), "skip: 60 < 100" in why) == (0, True)


def test_above_the_maximum_the_maximum_is_traded_and_the_rest_said() -> None:
    found, why = place_one(terms(max_contracts="2.0005"), -600_000.0)
    assert found == Decimal("-2.000")
    assert "the rest stays unhedged" in why


def coarse() -> tuple[Instrument, ...]:
    """The contracts of the known market in lots so large that rounding matters."""
    bitcoin, ether, inverse = contracts()
    return (
        replace(bitcoin, lot=Decimal("0.4"), min_contracts=Decimal("0.4")),
        replace(ether, lot=Decimal(1), min_contracts=Decimal(1)),
        inverse,
    )


def posed(quantity: float) -> tuple[Basket, Ranking]:
    rows = book(spot("SOL", quantity), spot("ETH", 5))
    policy = Policy(instruments=2, own=True)
    exposure, ranking, _ = policy.rank(rows, known_market(), coarse())
    return Basket.of(exposure, ranking, risk(known_market(), exposure.betas)), ranking


@settings(deadline=None, max_examples=25)
@given(st.integers(100, 2000))
def test_a_basket_in_whole_lots_is_the_best_there_is_to_the_cent(quantity: int) -> None:
    basket, _ = posed(quantity)
    members = tuple(range(len(basket.terms)))
    trades = polished(basket, members)
    whole = place(trades, basket.gap, basket)
    assert 0.0 <= whole.gap_usd <= 0.01
    step = np.array([float(t.instrument.lot) * t.delta_usd for t, _ in trades])
    held = {t.instrument.symbol: float(c) * t.delta_usd for t, c in whole.placed}
    mine = np.array([held.get(t.instrument.symbol, 0.0) for t, _ in trades])
    p, q = basket.programme()
    missed = abs(float(basket.beta[:, 0] @ mine - basket.gap[0]))
    allowed = max(missed, float(np.abs(basket.beta[:, 0] * step).min()) / 2.0) * (1 + 1e-9)
    centre = np.round(np.array([d for _, d in trades]) / step)
    tried = (np.array(n) for n in product(*(np.arange(c - 60, c + 61) for c in centre)))
    best = min(
        0.5 * h @ p @ h + q @ h + (basket.trade + basket.hold) @ np.abs(h)
        for n in tried
        if abs(float(basket.beta[:, 0] @ (h := n * step) - basket.gap[0])) <= allowed
    )
    ours = 0.5 * mine @ p @ mine + q @ mine + (basket.trade + basket.hold) @ np.abs(mine)
    assert ours <= best + whole.gap_usd + 1e-9 * abs(best)


def test_a_basket_plan_is_within_half_its_finest_lot_of_the_target() -> None:
    sized = plan(tv14_book(), instruments=2, own=True).plan
    finest = min(abs(float(leg.instrument.lot) * leg.price_usd) for leg in sized.legs)
    assert len(sized.legs) == 2
    assert abs(float(sized.after_usd[0])) <= finest


def test_contracts_without_a_place_in_the_plan_are_named() -> None:
    tiny = book(spot("SOL", "0.2"))
    sized = Policy(instruments=("BTCUSDT", "ETHUSDT")).plan(
        tiny, known_market(), (contract(lot="1"), contract("ETHUSDT", "ETH", lot="1"))
    )
    assert sized.plan.legs == ()
    assert len(sized.plan.untraded) == 2
    assert pytest.approx(0.0) != float(sized.plan.after_usd[0])
