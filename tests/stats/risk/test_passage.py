"""The chance of touching a barrier on the way."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from hedgerow.model.errors import BadInput
from hedgerow.stats.risk import (
    first_passage_probability,
    monitored_barrier,
    simulated_passage,
    terminal_probability,
)

MONTH = 30 / 365


def test_TV31_first_passage(vectors: dict[str, Any]) -> None:
    vector = vectors["TV31_first_passage"]
    price, barrier, sigma, years = vector["S"], vector["LP"], vector["sigma"], vector["T"]
    hourly = first_passage_probability(price, barrier, sigma, years, monitor_years=1 / 8760)
    assert first_passage_probability(price, barrier, sigma, years) == pytest.approx(vector["P_mu0"], rel=1e-9)
    drifting = first_passage_probability(price, barrier, sigma, years, drift=0.30)
    assert drifting == pytest.approx(vector["P_mu30"], rel=1e-9)
    assert terminal_probability(price, barrier, sigma, years) == pytest.approx(
        vector["P_terminal_only"], rel=1e-9
    )
    assert hourly == pytest.approx(vector["P_hourly_monitor_BGK"], rel=1e-9)
    assert first_passage_probability(price, barrier, 1.0, years) == pytest.approx(
        vector["P_sigma100"], rel=1e-9
    )


@given(
    st.floats(0.4, 2.5).filter(lambda ratio: abs(ratio - 1) > 0.01),
    st.floats(0.2, 2.0),
    st.floats(0.02, 2.0),
    st.floats(-1.0, 1.0),
)
def test_it_is_the_integral_of_the_passage_density(
    ratio: float, sigma: float, years: float, drift: float
) -> None:
    """Oracle: the inverse Gaussian density of the hitting time, a/(σ√(2πt³))·exp(−(a − νt)²/(2σ²t))."""
    away, towards = abs(math.log(ratio)), 1.0 if ratio > 1 else -1.0
    speed = towards * (drift - sigma**2 / 2)

    def density(t: float) -> float:
        return (
            away
            / (sigma * math.sqrt(2 * math.pi * t**3))
            * math.exp(-((away - speed * t) ** 2) / (2 * sigma**2 * t))
        )

    middle = min(away**2 / (3 * sigma**2), years)
    area = sum(
        integrate.quad(density, a, b, epsabs=1e-12, limit=200)[0]
        for a, b in ((1e-12, middle), (middle, years))
    )
    found = first_passage_probability(1.0, ratio, sigma, years, drift=drift)
    assert found == pytest.approx(area, abs=1e-8)


@pytest.mark.parametrize(
    ("barrier", "sigma", "drift"),
    [(84000.0, 0.6, 0.0), (84000.0, 1.0, 0.3), (45000.0, 0.8, 0.0), (66000.0, 0.4, -0.5)],
)
def test_the_simulated_twin_agrees_hour_by_hour(barrier: float, sigma: float, drift: float) -> None:
    share, stderr = simulated_passage(
        60000, barrier, sigma, MONTH, shape=(100_000, 720), seed=20251010, drift=drift
    )
    expected = first_passage_probability(60000, barrier, sigma, MONTH, drift=drift, monitor_years=1 / 8760)
    assert share == pytest.approx(expected, abs=3 * stderr)
    again = simulated_passage(60000, barrier, sigma, MONTH, shape=(100_000, 720), seed=20251010, drift=drift)
    assert again == (share, stderr)


def test_fat_tails_of_the_same_variance_reach_a_far_barrier_more_often_in_a_few_days() -> None:
    shares = [
        simulated_passage(1.0, 1.3, 0.8, 5 / 365, shape=(80_000, 5), seed=1, degrees_of_freedom=degrees)[0]
        for degrees in (None, 3.0)
    ]
    assert shares[1] > 2 * shares[0]


def test_what_cannot_be_simulated() -> None:
    for degrees in (2.0, math.nan):
        with pytest.raises(BadInput, match="no variance"):
            simulated_passage(1.0, 1.3, 0.8, 1.0, shape=(5, 5), seed=1, degrees_of_freedom=degrees)
    for price, barrier, steps, paths in (
        (0.0, 1.0, 1, 1),
        (1.0, -1.0, 1, 1),
        (1.0, 2.0, 0, 1),
        (1.0, 2.0, 1, 0),
    ):
        with pytest.raises(BadInput, match="paths of"):
            simulated_passage(price, barrier, 1.0, 1.0, shape=(paths, steps), seed=1)
    assert all(map(math.isnan, simulated_passage(1.0, 1.3, math.nan, 1.0, shape=(5, 5), seed=1)))
    assert simulated_passage(1.3, 1.3, 0.8, 1.0, shape=(5, 5), seed=1) == (1.0, 0.0)


@given(st.floats(0.3, 3.0), st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.floats(-5.0, 5.0))
def test_it_is_a_probability_and_more_than_at_the_end(
    ratio: float, sigma: float, years: float, drift: float
) -> None:
    found = first_passage_probability(1.0, ratio, sigma, years, drift=drift)
    assert 0.0 <= found <= 1.0
    if sigma > 0.01 and years > 0.01 and ratio != 1.0:
        assert found >= terminal_probability(1.0, ratio, sigma, years, drift=drift) - 1e-12
        rarely = first_passage_probability(1.0, ratio, sigma, years, drift=drift, monitor_years=1 / 365)
        assert rarely <= found + 1e-12


def test_strong_drift_and_little_noise_do_not_overflow() -> None:
    assert first_passage_probability(1.0, 1.4, 0.01, 1.0, drift=0.5) == pytest.approx(1.0)
    assert first_passage_probability(1.0, 1.4, 0.01, 1.0, drift=-0.5) == pytest.approx(0.0)
    at_the_barrier = first_passage_probability(1.0, math.exp(0.3), 0.01, 1.0, drift=0.3 + 0.00005)
    assert at_the_barrier == pytest.approx(0.5066, abs=1e-3)


def test_the_edges() -> None:
    assert first_passage_probability(1.0, 1.0, 0.6, 0.0) == 1.0
    assert first_passage_probability(1.0, 1.2, 0.6, 0.0) == 0.0
    assert first_passage_probability(1.0, 1.2, 0.0, 1.0, drift=0.5) == 1.0
    assert first_passage_probability(1.0, 1.2, 0.0, 1.0) == 0.0
    assert math.isnan(first_passage_probability(1.0, 1.2, math.nan, 1.0))
    assert monitored_barrier(60000, 40000, 0.6, 1 / 8760) < 40000
    for price, barrier, sigma, years in ((0, 1, 1, 1), (1, -1, 1, 1), (1, 2, -1, 1), (1, 2, 1, -1)):
        with pytest.raises(BadInput, match="no barrier probability"):
            first_passage_probability(price, barrier, sigma, years)
