"""What a size moves the price."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.costs.books import recorded

from hedgerow.stats.costs import (
    SPREAD_BAND,
    average_impact_bps,
    half_spread_bps,
    modelled_half_spread_bps,
    peak_impact_bps,
)


def test_TV35b_sqrt(vectors: dict[str, Any]) -> None:
    vector = vectors["TV35b_sqrt"]
    inputs = (vector["Q_usd"], vector["ADV_usd"], vector["sigma_daily"], vector["Y"])
    assert peak_impact_bps(*inputs) == pytest.approx(vector["impact_bps"], rel=1e-9)
    assert average_impact_bps(*inputs) == pytest.approx(vector["avg_cost_bps_two_thirds"], rel=1e-9)


@given(st.floats(1.0, 1e9), st.floats(1e5, 1e11), st.floats(0.001, 0.2))
def test_the_average_is_that_of_the_path_there(notional: float, volume: float, sigma: float) -> None:
    """Oracle: the peak of each part of the trade, averaged: ∫√q dq = 2/3."""
    parts = 2000
    path = sum(peak_impact_bps(notional * (i + 0.5) / parts, volume, sigma) for i in range(parts)) / parts
    assert average_impact_bps(notional, volume, sigma) == pytest.approx(path, rel=1e-4)
    assert peak_impact_bps(-notional, volume, sigma) == peak_impact_bps(notional, volume, sigma)


def test_unknown_volume_is_not_a_cheap_trade() -> None:
    for volume in (math.nan, 0.0, -1.0):
        assert math.isnan(peak_impact_bps(1e6, volume, 0.03))
        assert math.isnan(modelled_half_spread_bps(volume))
    assert math.isnan(average_impact_bps(1e6, 1e8, math.nan))


def test_the_written_rule_of_the_spread() -> None:
    assert modelled_half_spread_bps(1e8) == pytest.approx(1.0)
    assert modelled_half_spread_bps(1e6) == pytest.approx(10.0)
    assert modelled_half_spread_bps(1e12) == 0.05
    assert modelled_half_spread_bps(1.0) == 100.0


@pytest.mark.market_data
def test_books_of_April_2021_lie_in_the_band_of_the_rule(data_dir: Path) -> None:
    books = recorded(data_dir)
    frame = pl.scan_parquet(data_dir / "daily_close.parquet").filter(
        (pl.col("source") == "bybit_perp") & (pl.col("date").cast(pl.Date) == date(2021, 4, 17))
    )
    volumes = dict(frame.select("symbol", "quote_volume_usd").collect().iter_rows())
    for symbol in ("BCH", "LTC", "XTZ"):
        measured = half_spread_bps(*books[f"bybit_linear_{symbol}USDT"])
        modelled = modelled_half_spread_bps(volumes[symbol])
        assert modelled / SPREAD_BAND < measured < modelled * SPREAD_BAND
        assert 1 / 2.5 < measured / modelled < 2.5
