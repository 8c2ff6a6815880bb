"""Costs as values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.costs.books import ASKS, BIDS, MID, recorded

from hedgerow.model.errors import BadInput
from hedgerow.stats.carry import Ar1, annual_basis, prior_funding, roll
from hedgerow.stats.costs import (
    CapitalCost,
    CarryCost,
    CoinFeeCost,
    Cost,
    FeeCost,
    FundingCost,
    ImpactCost,
    RollCost,
    SpreadCost,
    Trade,
    average_impact_bps,
    charges,
    cost_rate,
    fee_in_coin,
    half_spread_bps,
    mid_price,
    spread_from_book,
    spread_from_volume,
    walk,
)

HEDGE = Trade(-109_500.0, days=30.0)


def test_a_fee_is_the_same_for_both_sides_and_a_rebate_is_earned() -> None:
    assert FeeCost(0.0005).cost_usd(HEDGE).usd == pytest.approx(54.75)
    assert FeeCost(0.0005).cost_usd(Trade(109_500)).usd == pytest.approx(54.75)
    assert FeeCost(-0.0001).cost_usd(HEDGE).usd == pytest.approx(-10.95)


def test_a_fee_in_coin_is_taken_on_contracts_over_price() -> None:
    coins = fee_in_coin(-109_500, 60_000, 0.0005)
    assert coins == pytest.approx(109_500 / 60_000 * 0.0005, rel=1e-12)
    later = CoinFeeCost(0.0005, price=60_000, coin_usd=66_000).cost_usd(HEDGE)
    assert later.usd == pytest.approx(coins * 66_000, rel=1e-12)
    assert CoinFeeCost(0.0005, 60_000, 60_000).cost_usd(HEDGE).usd == pytest.approx(54.75)


def test_spread_and_impact_make_up_the_walk() -> None:
    """TV35's book: what is paid beyond the mid is half-spread and impact, neither twice."""
    dollars = 1.825 * MID
    impact = ImpactCost(math.nan, math.nan, BIDS, ASKS)
    for sign, levels in ((-1.0, BIDS), (1.0, ASKS)):
        trade = Trade(sign * dollars)
        paid = spread_from_book(BIDS, ASKS).cost_usd(trade).usd + impact.cost_usd(trade).usd
        slip = walk(levels, 1.825, side="sell" if sign < 0 else "buy", mid=MID).slippage_bps
        assert paid == pytest.approx(dollars * slip / 1e4, rel=1e-9)
    assert impact.cost_usd(Trade(-dollars)).basis == "measured"


def test_impact_is_the_larger_of_book_and_square_root() -> None:
    small, large = ImpactCost(0.001, 1e9, BIDS, ASKS), ImpactCost(0.05, 1e7, BIDS, ASKS)
    by_book, by_model = small.cost_usd(HEDGE), large.cost_usd(HEDGE)
    assert (by_book.basis, by_model.basis) == ("measured", "modelled")
    assert by_model.usd == pytest.approx(109_500 * average_impact_bps(109_500, 1e7, 0.05) / 1e4, rel=1e-12)
    assert by_book.usd > 109_500 * average_impact_bps(109_500, 1e9, 0.001) / 1e4
    assert by_model.low_usd == pytest.approx(0.5 * by_model.usd)
    assert by_model.high_usd == pytest.approx(1.5 * by_model.usd)
    alone = ImpactCost(0.05, 1e7).cost_usd(HEDGE)
    assert alone.usd == pytest.approx(by_model.usd)
    assert alone.basis == "modelled"


def test_a_book_that_does_not_hold_the_trade_is_not_the_measure_of_it() -> None:
    large = Trade(-10 * MID)
    known = ImpactCost(0.001, 1e9, BIDS, ASKS).cost_usd(large)
    assert known.basis == "modelled"
    assert "does not hold it all" in known.note
    unknown = ImpactCost(0.03, math.nan, BIDS, ASKS).cost_usd(large)
    assert math.isnan(unknown.usd)
    assert "volume unknown" in unknown.note
    assert math.isnan(ImpactCost(0.03, math.nan).cost_usd(large).usd)
    assert math.isnan(ImpactCost(0.03, math.nan, BIDS, ASKS[:0]).cost_usd(large).usd)
    assert ImpactCost(0.03, 1e8, BIDS, ASKS).cost_usd(Trade(0.0)).usd == 0.0


def test_a_short_earns_positive_funding(vectors: dict[str, Any]) -> None:
    vector = vectors["TV20c_expected_funding_AR1"]
    model = Ar1(vector["mu"], vector["phi"], 2e-4, 8.0)
    charge = FundingCost(model, vector["f0"]).cost_usd(Trade(-109_500, days=7))
    assert charge.usd == pytest.approx(-vector["short_income_on_109500"], rel=1e-9)
    assert charge.low_usd < charge.usd < charge.high_usd
    long = FundingCost(model, vector["f0"]).cost_usd(Trade(109_500, days=7))
    assert (long.usd, long.low_usd, long.high_usd) == pytest.approx(
        (-charge.usd, -charge.high_usd, -charge.low_usd), rel=1e-12
    )


def test_funding_counts_whole_settlements_and_says_what_is_assumed() -> None:
    model = Ar1(1e-4, 0.0, 0.0, 8.0)
    assert FundingCost(model, 1e-4).cost_usd(Trade(-1e6, days=0.99)).usd == pytest.approx(-200.0)
    assert FundingCost(model, 1e-4).cost_usd(Trade(-1e6)).usd == 0.0
    assumed = FundingCost(prior_funding(8.0), math.nan).cost_usd(HEDGE)
    assert assumed.basis == "assumed"
    assert assumed.usd == pytest.approx(-109_500 * 90 * 1e-4)


def test_carry_and_roll_are_those_of_the_contracts(vectors: dict[str, Any]) -> None:
    vector = vectors["TV21_basis"]
    held = CarryCost(annual_basis(61500, 60000, 91)).cost_usd(Trade(-60_000, days=91))
    assert held.usd == pytest.approx(-vector["basis"], rel=1e-9)
    rolled = vectors["TV21b_roll"]
    fees = roll(rolled["short_qty"], rolled["near"], rolled["far"], 91, 5e-4).fees
    value = -rolled["short_qty"] * rolled["near"]
    spread_out = RollCost(fees / value, period_days=91).cost_usd(Trade(-value, days=91))
    assert spread_out.usd == pytest.approx(rolled["fees"], rel=1e-9)


def test_capital_is_what_the_margin_would_have_earned() -> None:
    assert CapitalCost(0.4, 0.05).cost_usd(Trade(-100_000, days=365)).usd == pytest.approx(2_000)


def test_modelled_spreads_carry_their_band() -> None:
    charge = spread_from_volume(1e8).cost_usd(Trade(-1e6))
    assert (charge.low_usd, charge.usd, charge.high_usd) == pytest.approx((25, 100, 400))
    assert charge.basis == "modelled"
    assert math.isnan(spread_from_volume(math.nan).cost_usd(HEDGE).usd)


def test_the_same_costs_rank_and_size() -> None:
    costs: tuple[Cost, ...] = (
        FeeCost(0.0005),
        SpreadCost(1.0, 0.5, 2.0, "modelled"),
        FundingCost(Ar1(1e-4, 0.8, 2e-4, 8.0), 1e-4),
    )
    lines = charges(costs, HEDGE)
    assert [line.name for line in lines] == ["fee", "spread", "funding"]
    assert cost_rate(costs, HEDGE) == pytest.approx(0.0005 + 0.0001 - 90e-4, rel=1e-9)
    assert cost_rate(costs, Trade(1.0)) == pytest.approx(0.0006)
    assert math.isnan(cost_rate((*costs, spread_from_volume(math.nan)), HEDGE))
    with pytest.raises(BadInput, match="0 dollars"):
        cost_rate(costs, Trade(0.0))


@given(st.floats(-1e6, 1e6).filter(lambda d: abs(d) > 1), st.floats(1e6, 1e11), st.floats(0.005, 0.2))
def test_a_charge_lies_in_its_band_and_trading_never_earns(
    dollars: float, volume: float, sigma: float
) -> None:
    costs: tuple[Cost, ...] = (
        FeeCost(0.0005), spread_from_volume(volume), ImpactCost(sigma, volume, BIDS, ASKS),
    )  # fmt: skip
    for charge in charges(costs, Trade(dollars)):
        assert 0 <= charge.low_usd <= charge.usd <= charge.high_usd


@pytest.mark.market_data
def test_recorded_books_price_a_tenth_of_themselves(data_dir: Path) -> None:
    for name in ("okx_BTC_USDT", "bitstamp_ethusd", "bybit_linear_LTCUSDT"):
        bids, asks = recorded(data_dir)[name]
        dollars = 0.1 * float(np.sum(bids[:, 0] * bids[:, 1]))
        charge = ImpactCost(0.04, math.nan, bids, asks).cost_usd(Trade(-dollars))
        slip = walk(
            bids, dollars / mid_price(bids, asks), side="sell", mid=mid_price(bids, asks)
        ).slippage_bps
        assert charge.basis == "measured"
        assert charge.usd == pytest.approx(dollars * (slip - half_spread_bps(bids, asks)) / 1e4, rel=1e-9)
