"""Toy markets: what was put in comes out."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.model.errors import UsageError
from hedgerow.testing import beta_market, market_of


def test_betas_that_were_chosen_are_found() -> None:
    made = beta_market({"BTC": 1.0, "SOL": 1.6, "DOGE": 0.4}, {"BTC": 60000.0}, seed=3)
    betas = hr.estimate(made, ("SOL", "DOGE"), "BTC", estimator="ols:365")
    assert betas.of("SOL")[0] == pytest.approx(1.6, abs=0.06)
    assert betas.of("DOGE")[0] == pytest.approx(0.4, abs=0.06)
    assert made.prices[-1].tolist() == pytest.approx([60000.0, 100.0, 100.0])


def test_the_same_seed_is_the_same_market() -> None:
    one, other = (beta_market({"BTC": 1.0, "SOL": 1.6}, seed=s) for s in (1, 1))
    np.testing.assert_array_equal(one.prices, other.prices)


def test_hours_label_the_close_and_lengths_must_agree() -> None:
    made = market_of({"BTC": [1.0, 2.0]}, hours=1.0)
    assert str(made.times[0]) == "2025-01-01T01:00:00.000"
    with pytest.raises(UsageError, match="different lengths"):
        market_of({"BTC": [1.0], "ETH": [1.0, 2.0]})
