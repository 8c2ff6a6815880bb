"""The compiled twin is the plain engine, only faster: the same numbers on every policy it takes, a name for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hedge.books import book, contract, spot
from tests.hedge.plans import contracts
from tests.runs.test_backtest import BETAS, LAST, history, prints, rows

from hedgerow.hedge.limits import Limits
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.journal import Happened, RunResult
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.runs import BacktestSettings, backtest
from hedgerow.runs.twin import twin
from hedgerow.testing import beta_market

ARRAYS = (
    "nav_usd",
    "spot_usd",
    "unhedged_usd",
    "gained_usd",
    "deposits_usd",
    "before_usd",
    "after_usd",
    "target_usd",
    "band_usd",
    "book_beta_usd",
    "traded_usd",
    "lines",
)
Contracts = Callable[[], tuple[Instrument, ...]]


def both(
    market: Market | None = None,
    held: Portfolio | None = None,
    known: Contracts = contracts,
    times: BacktestSettings | None = None,
    marks: Market | None = None,
    **policy: Any,
) -> tuple[RunResult, RunResult]:
    """Run both engines, hold them against each other, and return both results."""
    asked: dict[str, Any] = {"rebalance": "threshold:0.05", "instruments": ("BTCUSDT",)} | policy
    question = (Policy(**asked), held or rows(), market or history(), lambda _: known())
    plain = backtest(*question, settings=times, marks=marks)
    compiled = twin(*question, settings=times, marks=marks)
    scale = max(float(np.abs(plain.nav_usd).max()), 1.0)
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(compiled, name), getattr(plain, name), rtol=0, atol=1e-9 * scale)
    np.testing.assert_allclose(compiled.distance, plain.distance, rtol=1e-9, atol=1e-9)
    assert compiled.notes == plain.notes
    assert compiled.betas == plain.betas
    for one, other in zip(_sorted(plain), _sorted(compiled), strict=True):
        assert (one.time, one.kind, one.instrument, one.note) == (
            other.time,
            other.kind,
            other.instrument,
            other.note,
        )
        assert other.contracts == pytest.approx(one.contracts, rel=1e-9, abs=1e-12)
        assert other.price == pytest.approx(one.price, rel=1e-9)
        assert other.usd == pytest.approx(one.usd, rel=1e-9, abs=1e-9 * scale)
    return plain, compiled


def _sorted(run: RunResult) -> list[Happened]:
    return sorted(run.events, key=lambda e: (e.time, e.kind, e.instrument, e.contracts, e.price))


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"rebalance": "band"},
        {"rebalance": "band:0.02"},
        {"rebalance": "calendar:7"},
        {"rebalance": "stderr:1@20"},
        {"rebalance": "fixed:20"},
        {"target_beta": (0.5,)},
        {"target_beta_usd": (-10_000.0,)},
        {"collateral": "20000USDT"},
        {"collateral": "2000USDT"},
        {"estimator": "ols:60"},
        {"limits": Limits(max_leverage=10, least_distance=0.05)},
        {
            "factor": "BTC,ETH",
            "instruments": ("ETHUSDT", "BTCUSDT"),
            "target_beta": (0.2, 0.1),
            "rebalance": "band",
        },
    ],
    ids=str,
)
def test_the_twin_agrees(policy: dict[str, Any]) -> None:
    both(**policy)


def test_the_owners_own_coin_may_be_left_out() -> None:
    both(held=book(spot("SOL", 400), spot("BTC", 0.5), spot("USDT", 20_000)), exclude=("BTC",))


TIERS = (
    MarginTier(0.0, 0.005, 100.0),
    MarginTier(20_000.0, 0.01, 50.0),
    MarginTier(60_000.0, 0.05, 20.0),
    MarginTier(100_000.0, 0.1, 10.0),
)


def tiered() -> tuple[Instrument, ...]:
    """Contracts whose margin rises steeply, so that liquidation goes tier by tier."""
    return tuple(
        replace(c, tiers=TIERS, max_contracts=Decimal("1.5") if c.underlying == "BTC" else None)
        for c in contracts()
    )


@cache
def wild() -> Market:
    made = beta_market(BETAS, LAST, days=500, seed=8, volatility=0.06, own=0.03)
    return replace(made, funding={"BTC": prints(made, 0.0005), "ETH": prints(made, -0.0003)})


@pytest.mark.parametrize("rule", ["threshold:0.05", "band"])
def test_liquidations_agree_tier_by_tier(rule: str) -> None:
    thin = Limits(max_leverage=20.0, least_distance=0.02)
    plain, _ = both(wild(), known=tiered, limits=thin, target_beta=(-0.5,), rebalance=rule)
    seen = {e.kind for e in plain.events}
    assert {"liquidation", "refused", "deposit", "trade", "funding"} <= seen


def test_marks_apart_from_closes_and_a_dollar_off_its_peg_agree() -> None:
    made = wild()
    apart = replace(made, prices=made.prices * (1.0 + 0.01 * np.sin(np.arange(len(made.times)))[:, None]))
    peg = 1.0 + 0.004 * np.cos(np.arange(len(made.times)))
    priced = replace(
        made,
        symbols=(*made.symbols, "USDT"),
        prices=np.column_stack([made.prices, peg]),
        volumes_usd=np.column_stack([made.volumes_usd, np.full(len(peg), 1e9)]),
        quote_assumed=False,
    )
    both(priced, marks=apart, limits=Limits(max_leverage=10.0, least_distance=0.1))


RANDOM = st.fixed_dictionaries(
    {
        "rebalance": st.sampled_from(
            ["band", "band:0.01", "calendar:3", "threshold:0.02", "stderr:0.5", "fixed:5@30"]
        ),
        "target_beta": st.tuples(st.floats(-1.0, 1.5)),
        "risk_aversion": st.floats(1.0, 50.0),
        "limits": st.builds(
            Limits, max_leverage=st.floats(1.5, 20.0), least_distance=st.none() | st.floats(0.02, 0.6)
        ),
        "collateral": st.none() | st.integers(500, 80_000).map(lambda n: f"{n}USDT"),
    }
)
TIMES = st.builds(
    BacktestSettings,
    estimate_days=st.sampled_from([1.0, 7.0, 30.0]),
    choose_days=st.sampled_from([10.0, 112.0]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(policy=RANDOM, times=TIMES, seed=st.integers(0, 10_000))
def test_the_twin_agrees_on_random_policies(
    policy: dict[str, Any], times: BacktestSettings, seed: int
) -> None:
    made = beta_market(BETAS, LAST, days=200, seed=seed, volatility=0.05, own=0.02)
    both(replace(made, funding={"BTC": prints(made, 0.0003)}), known=tiered, times=times, **policy)


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"instruments": 1}, "a choice of contracts"),
        ({"target_vol": 0.2}, "a volatility target"),
        ({"collateral": "book"}, "collateral out of the book"),
        ({"collateral": "1BTC"}, "collateral out of the book or in a coin"),
        ({"collateral": "1000USDC"}, "collateral in USDC"),
        ({"instruments": ("BTCUSD_PERP",)}, "contracts other than linear perpetuals"),
        ({"instruments": ("ETHUSDT",)}, "other than one contract on each factor"),
        ({"exclude": ("BTCUSDT",)}, "a hedge that is itself excluded"),
    ],
)
def test_what_it_cannot_express_is_refused_by_name(policy: dict[str, Any], why: str) -> None:
    asked: dict[str, Any] = {"instruments": ("BTCUSDT",)} | policy
    with pytest.raises(UsageError, match=why):
        twin(Policy(**asked), rows(), history(), lambda _: contracts())


def test_gaps_and_contracts_that_change_are_refused() -> None:
    made = history()
    holes = made.prices.copy()
    holes[150:156, made.column("ADA")] = np.nan
    policy = Policy(instruments=("BTCUSDT",))
    with pytest.raises(UsageError, match="missing for more than three bars"):
        twin(policy, rows(), replace(made, prices=holes), lambda _: contracts())

    def changing(market: Market) -> tuple[Instrument, ...]:
        return (contract(lot="0.001" if len(market.times) < 150 else "0.01"),)

    with pytest.raises(UsageError, match="stay the same"):
        twin(policy, rows(), made, changing)
