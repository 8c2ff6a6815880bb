"""A beta hedge on a day that beta does not explain."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hedgerow.stats.risk import shocked


def test_TV43_stress_20251010(vectors: dict[str, Any]) -> None:
    vector = vectors["TV43_stress_20251010"]
    found = shocked(vector["portfolio_alt"], vector["est_beta"], vector["median_alt"], vector["r_btc"])
    assert found.book == pytest.approx(vector["alt_pnl"], rel=1e-9)
    assert found.hedge == pytest.approx(vector["hedge_pnl"], rel=1e-9)
    assert found.net == pytest.approx(vector["net"], rel=1e-9)
    assert found.implied_beta == pytest.approx(vector["implied_beta"], rel=1e-9)
    assert math.isnan(shocked(1.0, 1.0, 0.1, 0.0).implied_beta)


@pytest.mark.market_data
def test_that_day_was_as_bad_on_another_venue(data_dir: Path) -> None:
    """Bybit's perpetuals of 2025-10-10: the median coin fell over three times as far as its beta to BTC told."""
    frame = pl.scan_parquet(data_dir / "daily_close.parquet").filter(pl.col("source") == "bybit_perp")
    days = frame.filter(pl.col("date").cast(pl.Date).is_in([date(2025, 10, 9), date(2025, 10, 10)])).collect()
    wide = days.pivot(on="symbol", index="date", values="close_usd").sort("date").drop("date")
    moves = wide.to_numpy()[1] / wide.to_numpy()[0] - 1.0
    btc = float(moves[wide.columns.index("BTC")])
    median = float(np.nanmedian(moves))
    assert btc == pytest.approx(-0.073, abs=0.01)
    assert shocked(60_000, 1.42, median, btc).net < -6_000
    assert shocked(60_000, 1.42, median, btc).implied_beta > 2.5
