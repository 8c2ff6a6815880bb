"""Maintenance margin by bracket."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.margin.ladders import BTC_COIN, ladders, tiers_of

from hedgerow.model.errors import BadInput, BrokenPromise
from hedgerow.stats.margin import Tier, cum_amounts, initial_margin, maintenance_margin, pieces_of

BINANCE_TIERS = Path("fixtures_api") / "binance_leverage_tiers_2024-10.parquet"


def test_TV23_tiers(vectors: dict[str, Any]) -> None:
    vector = vectors["TV23_tiers"]
    tiers = tiers_of(vector)
    assert cum_amounts(tiers) == pytest.approx(vector["cum"], rel=1e-9, abs=1e-12)
    assert maintenance_margin(109.488 * 31967.27, tiers) == pytest.approx(vector["mm_btc_doc"], rel=1e-9)
    low, high = pieces_of(tiers)[1:3]
    assert 250000 * low.mmr - low.cum == pytest.approx(vector["mm_at_250000_low"], rel=1e-9)
    assert 250000 * high.mmr - high.cum == pytest.approx(vector["mm_at_250000_high"], rel=1e-9)
    assert maintenance_margin(250000, tiers) == pytest.approx(vector["mm_at_250000_high"], rel=1e-9)


def test_TV23_the_second_documented_value(vectors: dict[str, Any]) -> None:
    """Binance's ETH example prints its bracket only: 10 % less 135,365."""
    assert pytest.approx(vectors["TV23_tiers"]["mm_eth_doc"], rel=1e-9) == 3683.979 * 1335.18 * 0.10 - 135365


def test_TV25_cum_is_computed_and_not_copied(vectors: dict[str, Any]) -> None:
    assert cum_amounts(BTC_COIN) == pytest.approx(vectors["TV25_coinm_lp"]["cum_btc"], rel=1e-9, abs=1e-12)


@given(ladders(), st.floats(0, 1e8))
def test_maintenance_is_the_area_under_the_rates(tiers: tuple[Tier, ...], notional: float) -> None:
    """The oracle sums what lies in each bracket at its rate, as a tax table does."""
    ceilings = [*(tier.floor for tier in tiers[1:]), math.inf]
    area = math.fsum(
        tier.mmr * max(min(notional, ceiling) - tier.floor, 0.0)
        for tier, ceiling in zip(tiers, ceilings, strict=True)
    )
    assert maintenance_margin(notional, tiers) == pytest.approx(area, rel=1e-9, abs=1e-9 * max(notional, 1.0))


@given(ladders(), st.floats(0, 1e8), st.floats(0, 1e8))
def test_maintenance_never_falls_as_the_notional_rises(tiers: tuple[Tier, ...], a: float, b: float) -> None:
    low, high = sorted((a, b))
    slack = 1e-9 * max(high, 1.0)
    assert maintenance_margin(low, tiers) <= maintenance_margin(high, tiers) + slack
    assert maintenance_margin(high, tiers) <= high + slack


def test_unknown_stays_unknown_and_nonsense_is_refused() -> None:
    tiers = (Tier(0, 0.004),)
    assert math.isnan(maintenance_margin(math.nan, tiers))
    with pytest.raises(BrokenPromise, match="never negative"):
        maintenance_margin(-1.0, tiers)


@pytest.mark.parametrize(
    ("tiers", "complaint"),
    [
        ((), "unknown"),
        ((Tier(5, 0.004),), "start at 0"),
        ((Tier(0, 0.4), Tier(0, 0.5)), "must rise"),
        ((Tier(0, 0.02), Tier(5, 0.01)), "must rise"),
        ((Tier(0, 1.0),), "not a fraction below 1"),
        ((Tier(0, math.nan),), "not a fraction below 1"),
    ],
)
def test_brackets_that_cannot_be_used_say_why(tiers: tuple[Tier, ...], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        cum_amounts(tiers)


def test_initial_margin_by_leverage_and_by_bracket() -> None:
    tiers = (Tier(0, 0.004, 125), Tier(50_000, 0.005, 100), Tier(250_000, 0.01, 50))
    assert initial_margin(109_500, 3) == pytest.approx(36_500)
    assert initial_margin(49_999, 125, tiers) == pytest.approx(49_999 / 125)
    assert initial_margin(300_000, 125, tiers) == pytest.approx(300_000 / 50)
    with pytest.raises(BadInput, match="positive"):
        initial_margin(1, 0)


@pytest.mark.market_data
def test_every_Binance_ladder_is_continuous_at_every_floor(data_dir: Path) -> None:
    frame = pl.read_parquet(data_dir / BINANCE_TIERS).sort("symbol", "tier")
    symbols = frame.partition_by("symbol", as_dict=True)
    assert len(symbols) > 300
    for rows in symbols.values():
        tiers = tuple(
            Tier(floor, mmr) for floor, mmr in rows.select("min_notional", "maint_margin_rate").iter_rows()
        )
        pieces = pieces_of(tiers)
        for i in range(1, len(tiers)):
            floor = tiers[i].floor
            below, above = pieces[i - 1], pieces[i]
            assert floor * below.mmr - below.cum == pytest.approx(floor * above.mmr - above.cum, rel=1e-9)
            assert maintenance_margin(math.nextafter(floor, 0), tiers) == pytest.approx(
                maintenance_margin(floor, tiers), rel=1e-9
            )
