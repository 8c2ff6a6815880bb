"""Cointegration: against an outside implementation, on prices that hang together and prices that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.tsa.stattools as untyped

from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.cointegration import engle_granger

outside: Any = untyped


def prices(seed: int, phi: float, rows: int = 500) -> tuple[Any, Any]:
    """A random walk and one that follows it with a gap of persistence `phi`."""
    rng = np.random.default_rng(seed)
    x = np.cumsum(0.03 * rng.standard_normal(rows))
    gap = np.zeros(rows)
    for t in range(1, rows):
        gap[t] = phi * gap[t - 1] + 0.02 * rng.standard_normal()
    return np.exp(1.2 * x + gap), np.exp(x)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("lags", [0, 1, 3])
def test_the_statistic_is_that_of_an_outside_implementation(seed: int, lags: int) -> None:
    y, x = prices(seed, 0.9)
    found = engle_granger(y, x, lags)
    statistic, _, critical = outside.coint(np.log(y), np.log(x), trend="c", maxlag=lags, autolag=None)
    assert found.statistic == pytest.approx(statistic, rel=1e-8)
    assert found.critical == pytest.approx(tuple(critical), rel=1e-6)


def test_prices_that_hang_together_are_told_from_those_that_do_not() -> None:
    close = [engle_granger(*prices(seed, 0.9)) for seed in range(40)]
    apart = [engle_granger(*prices(seed, 1.0)) for seed in range(200)]
    assert sum(np.isfinite(c.level) and c.level <= 0.05 for c in close) >= 36
    assert sum(np.isfinite(c.level) and c.level <= 0.05 for c in apart) / 200 < 0.12
    assert np.median([c.half_life for c in close]) == pytest.approx(np.log(0.5) / np.log(0.9), rel=0.3)


def test_gaps_are_left_out_and_too_few_refused() -> None:
    y, x = prices(1, 0.9)
    y[10:20] = np.nan
    assert np.isfinite(engle_granger(y, x).statistic)
    with pytest.raises(NotEnoughData, match="too few"):
        engle_granger(y[:40], x[:40])
