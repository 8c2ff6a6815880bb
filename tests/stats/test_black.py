"""Black-76 against the vectors, against QuantLib, against parity, and the solver against its own price."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.stats.black import (
    Solved,
    black_greeks,
    black_price,
    coin_price,
    coin_price_delta,
    implied_volatility,
    net_transaction_delta,
    strike_of_price,
)

COUNT = 10_000


@cache
def random_options() -> tuple[Any, ...]:
    """Forward, strike, years, volatility, call, discount of ten thousand options from a day to three years."""
    rng = np.random.default_rng(19)
    forward = np.exp(rng.uniform(np.log(0.1), np.log(2e5), COUNT))
    strike = forward * np.exp(rng.normal(0.0, 0.5, COUNT))
    years = np.exp(rng.uniform(np.log(1 / 365), np.log(3.0), COUNT))
    return (
        forward,
        strike,
        years,
        rng.uniform(0.1, 2.5, COUNT),
        rng.random(COUNT) < 0.5,
        rng.uniform(0.8, 1.0, COUNT),
    )


def test_TV19_put(vectors: dict[str, Any]) -> None:
    want = vectors["TV19_put"]
    found = black_greeks(want["F"], want["K"], want["T_years"], want["sigma"], call=False)
    in_coin = coin_price(found.price, want["F"])
    got = {
        "price_usd": found.price,
        "delta_bs": found.delta,
        "gamma": found.gamma,
        "vega": found.vega,
        "price_btc": in_coin,
        "net_transaction_delta": net_transaction_delta(found.delta, in_coin),
        "delta_of_btc_price": coin_price_delta(found.delta, in_coin, want["F"]),
    }
    for name, value in got.items():
        assert float(value) == pytest.approx(want[name], rel=1e-9), name


def test_TV19c_zero_cost_collar(vectors: dict[str, Any]) -> None:
    put, want = vectors["TV19_put"], vectors["TV19c_zero_cost_collar"]
    terms = put["F"], put["T_years"], put["sigma"]
    strike = strike_of_price(put["price_usd"], *terms, call=True)
    assert strike == pytest.approx(want["K_call"], rel=1e-9)
    call = black_greeks(put["F"], strike, put["T_years"], put["sigma"], call=True)
    assert float(call.price) == pytest.approx(want["call_price"], rel=1e-9)
    assert float(call.delta) == pytest.approx(want["call_delta"], rel=1e-9)
    assert put["delta_bs"] - float(call.delta) == pytest.approx(want["collar_delta_per_unit"], rel=1e-9)


def test_price_and_greeks_are_quantlibs() -> None:
    """Each to 1e-10 of its scale: the forward for a price, 1 for a delta."""
    forward, strike, years, sigma, call, discount = random_options()
    found = black_greeks(forward, strike, years, sigma, call.astype(bool), discount)
    for i in range(COUNT):
        side = QuantLib.Option.Call if call[i] else QuantLib.Option.Put
        payoff = QuantLib.PlainVanillaPayoff(side, float(strike[i]))
        oracle = QuantLib.BlackCalculator(
            payoff, float(forward[i]), float(sigma[i] * np.sqrt(years[i])), float(discount[i])
        )
        scale = forward[i]
        assert abs(found.price[i] - oracle.value()) <= 1e-10 * scale
        assert abs(found.delta[i] - oracle.deltaForward()) <= 1e-10
        assert abs(found.gamma[i] - oracle.gammaForward()) * scale <= 1e-10 * max(1.0, found.gamma[i] * scale)
        assert abs(found.vega[i] - oracle.vega(float(years[i]))) <= 1e-10 * scale


def test_calls_less_puts_are_the_forward_less_the_strike() -> None:
    forward, strike, years, sigma, _, discount = random_options()
    gap = black_price(forward, strike, years, sigma, True, discount)
    gap -= black_price(forward, strike, years, sigma, False, discount)
    assert np.abs(gap - discount * (forward - strike)).max() <= 1e-10 * np.maximum(forward, strike).max()
    assert np.all(np.abs(gap - discount * (forward - strike)) <= 1e-12 * np.maximum(forward, strike))


def test_implied_volatility_gives_the_volatility_back() -> None:
    """As exactly as the price's own digits tell it: eight roundings of the forward, over what a volatility moves."""
    forward, strike, years, sigma, call, discount = random_options()
    side = call.astype(bool)
    price = black_price(forward, strike, years, sigma, side, discount)
    vega = black_greeks(forward, strike, years, sigma, side, discount).vega
    found = implied_volatility(price, forward, strike, years, side, discount)
    known = found.found & (price > 1e-300)
    room = np.maximum(
        8 * np.finfo(float).eps * np.maximum(forward, price)[known] / (vega * sigma)[known], 1e-14
    )
    assert (np.abs(found.volatility / sigma - 1.0)[known] <= room).all()
    assert set(found.outcome[~known]) <= {Solved.AT_INTRINSIC, Solved.FOUND}
    assert known.mean() > 0.95
    again = black_price(forward, strike, years, found.volatility, side, discount)[known]
    assert np.abs(again / price[known] - 1.0).max() <= 1e-10


def test_a_solver_that_does_not_settle_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgerow.stats.black._MOST_STEPS", 1)
    found = implied_volatility(3.0, 100.0, 80.0, 0.5, call=False)
    assert np.isnan(found.volatility)
    assert Solved(int(found.outcome)) is Solved.NOT_SETTLED


@pytest.mark.parametrize("total", [1e-4, 1e-3, 0.01, 0.1, 1.0, 3.0, 6.0])
@pytest.mark.parametrize("away", [-0.3, -0.05, -1e-6, 0.0, 1e-6, 0.05, 0.3])
def test_far_and_near_options_are_solved_alike(away: float, total: float) -> None:
    """Total volatilities over five decades: the out-of-the-money price itself is what is given."""
    strike, call = np.exp(away), away > 0.0
    price = float(black_price(1.0, strike, 1.0, total, call))
    found = implied_volatility(price, 1.0, strike, 1.0, call)
    if price > 0.0:
        assert float(found.volatility) == pytest.approx(total, rel=1e-9)
    else:
        assert Solved(int(found.outcome)) is Solved.AT_INTRINSIC


@pytest.mark.parametrize(
    ("price", "strike", "years", "call", "outcome"),
    [
        (float("nan"), 100.0, 1.0, True, Solved.NOT_A_NUMBER),
        (float("inf"), 100.0, 1.0, True, Solved.NOT_A_NUMBER),
        (-1.0, 100.0, 1.0, True, Solved.NOT_A_NUMBER),
        (5.0, -100.0, 1.0, True, Solved.NOT_A_NUMBER),
        (5.0, 100.0, 0.0, True, Solved.NO_TIME),
        (19.9, 80.0, 1.0, True, Solved.BELOW_INTRINSIC),
        (20.0, 80.0, 1.0, True, Solved.AT_INTRINSIC),
        (0.0, 120.0, 1.0, True, Solved.AT_INTRINSIC),
        (100.0, 120.0, 1.0, True, Solved.ABOVE_BOUND),
        (150.0, 120.0, 1.0, False, Solved.ABOVE_BOUND),
    ],
)
def test_what_has_no_volatility_says_why(
    price: float, strike: float, years: float, call: bool, outcome: Solved
) -> None:
    found = implied_volatility(price, 100.0, strike, years, call)
    assert np.isnan(found.volatility)
    assert Solved(int(found.outcome)) is outcome
    assert found.why() == [outcome.words]


def test_one_bad_price_spoils_no_other() -> None:
    price = float(black_price(100.0, 90.0, 0.5, 0.6, call=False))
    found = implied_volatility([price, np.nan, 200.0, price], 100.0, 90.0, 0.5, call=False)
    assert found.found.tolist() == [True, False, False, True]
    assert found.volatility[[0, 3]] == pytest.approx(0.6, rel=1e-12)
    assert np.isnan(found.volatility[1:3]).all()


@pytest.mark.parametrize(("forward", "delta"), [(90.0, 0.0), (100.0, 0.5), (110.0, 1.0)])
@pytest.mark.parametrize(("years", "sigma"), [(0.0, 0.5), (0.5, 0.0)])
def test_without_time_or_volatility_it_is_exercise(
    forward: float, delta: float, years: float, sigma: float
) -> None:
    call = black_greeks(forward, 100.0, years, sigma, call=True)
    put = black_greeks(forward, 100.0, years, sigma, call=False)
    assert float(call.price) == max(forward - 100.0, 0.0)
    assert float(put.price) == max(100.0 - forward, 0.0)
    assert (float(call.delta), float(put.delta)) == (delta, delta - 1.0)
    assert (float(call.vega), float(call.theta)) == (0.0, 0.0)
    assert np.isnan(call.gamma) == (forward == 100.0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, 0.0])
def test_what_means_nothing_is_not_a_number(bad: float) -> None:
    found = black_greeks([100.0, bad, 100.0], [90.0, 90.0, bad], 0.5, 0.6, call=True)
    for part in (found.price, found.delta, found.gamma, found.vega, found.theta):
        assert np.isfinite(part).tolist() == [True, False, False]


@given(st.floats(0.2, 5.0), st.floats(0.01, 2.0), st.floats(0.05, 3.0), st.booleans())
def test_greeks_are_the_slopes_of_the_price(moneyness: float, years: float, sigma: float, call: bool) -> None:
    found = black_greeks(1.0, moneyness, years, sigma, call)
    step = 1e-4

    def price(forward: float = 1.0, time: float = years, vol: float = sigma) -> float:
        return float(black_price(forward, moneyness, time, vol, call))

    room = 1e-6 + 1e-4 * abs(float(found.gamma))
    assert (price(1 + step) - price(1 - step)) / (2 * step) == pytest.approx(float(found.delta), abs=room)
    assert (price(vol=sigma + step) - price(vol=sigma - step)) / (2 * step) == pytest.approx(
        float(found.vega), abs=1e-5
    )
    early, late = price(time=years + 1e-5), price(time=years - 1e-5)
    assert (late - early) / 2e-5 == pytest.approx(float(found.theta), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), 1e9])
def test_no_strike_has_a_price_out_of_reach(price: float) -> None:
    assert np.isnan(strike_of_price(price, 100.0, 0.5, 0.5, call=True))


def test_the_strike_of_a_put_is_found_too() -> None:
    price = float(black_price(100.0, 83.0, 0.5, 0.5, call=False))
    assert strike_of_price(price, 100.0, 0.5, 0.5, call=False) == pytest.approx(83.0, rel=1e-12)
