"""The covariance that hedges are sized with: who is in it, and what a zero beta does to it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.hedge.books import market
from tests.hedge.plans import known_market

from hedgerow.hedge.estimation import Override, estimate
from hedgerow.hedge.riskmodel import risk
from hedgerow.model.errors import UnknownSymbol


def test_a_hedge_of_no_beta_has_no_market_risk() -> None:
    model = risk(known_market())
    betas = estimate(known_market(), model.symbols, "BTC")
    weights = np.array([1.0 if s == "SOL" else 0.0 for s in model.symbols])
    weights[model.symbols.index("BTC")] -= float(betas.of("SOL")[0])
    assert model.volatility(weights, "market_part") == pytest.approx(0.0, abs=1e-9)
    assert model.volatility(weights) == pytest.approx(0.01, rel=0.15)


def test_daily_variance_is_the_same_from_hourly_bars() -> None:
    rng = np.random.default_rng(2)
    steps = 0.03 / np.sqrt(24) * rng.standard_normal(300 * 24)
    noise = 0.02 / np.sqrt(24) * rng.standard_normal(300 * 24)
    prices = {"BTC": 1e5 * np.cumprod(1 + steps), "SOL": 200 * np.cumprod(1 + 1.5 * steps + noise)}
    hourly = risk(market(prices, hours=1.0))
    daily = risk(market({name: path[23::24] for name, path in prices.items()}))
    for model in (hourly, daily):
        assert model.volatility(np.array([1.0, 0.0])) == pytest.approx(0.03, rel=0.15)
    place = hourly.symbols.index("SOL")
    alone = np.eye(2)[place]
    assert hourly.volatility(alone) == pytest.approx(np.hypot(0.045, 0.02), rel=0.1)


def test_a_young_coin_with_a_known_beta_has_the_median_coins_risk_and_a_stablecoin_none() -> None:
    rng = np.random.default_rng(3)
    moves = 0.03 * rng.standard_normal(300)
    prices = {"BTC": 1e5 * np.cumprod(1 + moves)}
    for i, spread in enumerate((0.01, 0.02, 0.04)):
        prices[f"C{i}"] = 10 * np.cumprod(1 + moves + spread * rng.standard_normal(300))
    young = np.full(300, np.nan)
    young[-10:] = 5.0 + 0.1 * np.arange(10)
    made = market({**prices, "NEW": young, "USDT": np.full(300, 1.0)})
    betas = estimate(made, made.symbols, "BTC", overrides={"NEW": Override((1.4,))})
    model = risk(made, betas)
    own = {s: float(model.own_part[i, i] + model.shared_part[i, i]) for i, s in enumerate(model.symbols)}
    assert own["NEW"] == pytest.approx(np.median([own["C0"], own["C1"], own["C2"]]))
    assert own["USDT"] == 0.0
    assert model.volatility(np.eye(len(model.symbols))[model.symbols.index("NEW")]) > 1.4 * 0.02


def test_a_coin_that_is_not_covered_is_named() -> None:
    with pytest.raises(UnknownSymbol, match="ABSENT"):
        risk(known_market()).index(("BTC", "ABSENT"))
