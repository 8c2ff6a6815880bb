"""Bands: the vectors, and optima that no other width or calendar beats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from hedgerow.model.errors import BadInput
from hedgerow.stats.bands import (
    band_cost,
    band_half_width,
    band_turnover,
    calendar_cost,
    calendar_days,
    fixed_cost_half_width,
    leland_volatility,
    tracking_half_width,
    whalley_wilmott_half_width,
)


def test_TV34_band(vectors: dict[str, Any]) -> None:
    v = vectors["TV34_band"]
    setting = v["eps"], v["gamma"], v["sigma"], v["eta"]
    width = band_half_width(*setting)
    assert width == pytest.approx(v["half_width"], rel=1e-12)
    assert band_cost(width, *setting) == pytest.approx(v["cost_rate_band"], rel=1e-12)
    assert band_turnover(width, v["eta"]) == pytest.approx(v["turnover_usd_per_year"], rel=1e-12)
    assert width / math.sqrt(3) == pytest.approx(v["rms_dev"], rel=1e-12)
    assert tracking_half_width(v["rms_dev"] * v["sigma"], v["sigma"]) == pytest.approx(width, rel=1e-12)
    assert fixed_cost_half_width(v["fixed_cost_K"], *setting[1:]) == pytest.approx(
        v["half_width_fixed"], rel=1e-12
    )
    days = calendar_days(*setting)
    assert days == pytest.approx(v["T_calendar_closed"], rel=1e-12)
    assert days == pytest.approx(v["T_calendar_days"], rel=1e-8)
    assert calendar_cost(days, *setting) == pytest.approx(v["cost_rate_calendar"], rel=1e-9)
    assert band_half_width(8 * v["eps"], *setting[1:]) == pytest.approx(v["half_width_eps_x8"], rel=1e-12)


def test_TV34b_WW(vectors: dict[str, Any]) -> None:
    v = vectors["TV34b_WW"]
    width = whalley_wilmott_half_width(v["lam"], v["gamma"], v["S"], v["Gamma"])
    assert width == pytest.approx(v["half_width_delta"], rel=1e-12)


def test_TV34c_Leland(vectors: dict[str, Any]) -> None:
    v = vectors["TV34c_Leland"]
    assert leland_volatility(v["sigma"], v["round_trip_k"], 1.0) == pytest.approx(
        v["sigma_adj_short"], rel=1e-12
    )
    long = leland_volatility(v["sigma"], v["round_trip_k"], 1.0, short=False)
    assert long == pytest.approx(v["sigma_adj_long"], rel=1e-12)


SETTINGS = st.tuples(st.floats(1e-5, 1e-2), st.floats(1e-7, 1e-3), st.floats(0.1, 2.0), st.floats(1e2, 1e7))


@given(SETTINGS)
def test_no_other_band_or_calendar_is_cheaper(setting: tuple[float, float, float, float]) -> None:
    width, days = band_half_width(*setting), calendar_days(*setting)
    found = minimize_scalar(
        lambda x: band_cost(math.exp(x) * width, *setting), bounds=(-3, 3), method="bounded"
    )
    assert math.exp(found.x) == pytest.approx(1.0, abs=1e-3)
    found = minimize_scalar(
        lambda x: calendar_cost(math.exp(x) * days, *setting), bounds=(-3, 3), method="bounded"
    )
    assert math.exp(found.x) == pytest.approx(1.0, abs=1e-3)
    assert band_cost(width, *setting) < calendar_cost(days, *setting)
    assert band_half_width(8 * setting[0], *setting[1:]) == pytest.approx(2 * width)


def test_a_simulated_band_costs_what_the_formula_says() -> None:
    cost, aversion, volatility, drift = 0.0006, 2e-5, 0.6, 40_000.0
    width = band_half_width(cost, aversion, volatility, drift)
    rng = np.random.default_rng(1)
    steps, dt = 200_000, 1.0 / 365 / 24 / 4
    moves = drift * math.sqrt(dt) * rng.standard_normal(steps)
    x, squares, traded = 0.0, 0.0, 0.0
    for move in moves:
        x += move
        over = abs(x) - width
        if over > 0:
            traded += over
            x = math.copysign(width, x)
        squares += x * x
    rate = 0.5 * aversion * volatility**2 * squares / steps + cost * traded / (steps * dt)
    assert rate == pytest.approx(band_cost(width, cost, aversion, volatility, drift), rel=0.1)


def test_numbers_that_mean_nothing_are_refused() -> None:
    with pytest.raises(BadInput, match="aversion of 0"):
        band_half_width(0.001, 0.0, 0.6, 1e4)
    with pytest.raises(BadInput, match="cost of -1"):
        band_half_width(-1.0, 1e-5, 0.6, 1e4)
    with pytest.raises(BadInput, match="less often"):
        leland_volatility(0.5, 0.05, 0.1, short=False)
    assert band_half_width(0.0, 1e-5, 0.6, 1e4) == 0.0
