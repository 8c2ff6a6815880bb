"""The compiled paths are those of the NumPy twin, and their steps have the law they claim, far tails included."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from hedgerow.model.arrays import IntArray
from hedgerow.stats.kernels.passage import _drawn_plain, path_highs, path_highs_plain

SMALLEST = float(np.finfo(np.float32).tiny)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**64),
    st.integers(1, 200),
    st.integers(1, 9),
    st.floats(0.0, 0.2),
    st.floats(-0.05, 0.05),
    st.sampled_from([None, 2.5, 4.0, 30.0]),
)
def test_it_is_the_plain_twin(
    seed: int, paths: int, steps: int, volatility: float, drift: float, degrees: float | None
) -> None:
    fast = path_highs(seed, paths, steps, volatility, drift, degrees)
    plain = path_highs_plain(seed, paths, steps, volatility, drift, degrees)
    scale = volatility * math.sqrt(steps) + abs(drift) * steps
    np.testing.assert_allclose(fast, plain, rtol=2e-5, atol=max(1e-5 * scale, SMALLEST))


@pytest.mark.parametrize("degrees", [None, 4.0])
def test_a_month_of_hours_is_the_plain_twins(degrees: float | None) -> None:
    fast = path_highs(3, 1000, 720, 0.0064, -2e-5, degrees)
    plain = path_highs_plain(3, 1000, 720, 0.0064, -2e-5, degrees)
    np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-5 * 0.0064 * math.sqrt(720))


def test_the_generator_is_xoshiro128pp() -> None:
    """The first words from the state 1, 2, 3, 4, as the generator's other implementations give them."""
    state = np.array([[1], [2], [3], [4]], dtype=np.uint32)
    found = [int(_drawn_plain(state)[0]) for _ in range(6)]
    assert found == [641, 1573767, 3222811527, 3517856514, 836907274, 4247214768]


def test_a_path_depends_on_seed_and_place_alone() -> None:
    many = path_highs(7, 1000, 24, 0.01, 0.0)
    np.testing.assert_array_equal(path_highs(7, 130, 24, 0.01, 0.0), many[:130])
    assert not np.array_equal(path_highs(8, 1000, 24, 0.01, 0.0), many)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        np.testing.assert_array_equal(path_highs(7, 1000, 24, 0.01, 0.0), many)
    finally:
        numba.set_num_threads(threads)


def counts(steps: int, levels: list[float], rounds: int, paths: int = 2_000_000) -> tuple[IntArray, int]:
    """How many of the highs are at or above each level, and of how many."""
    found: IntArray = np.zeros(len(levels), dtype=np.int64)
    for seed in range(rounds):
        highs = path_highs(seed, paths, steps, 1.0, 0.0)
        found += [int(np.count_nonzero(highs >= level)) for level in levels]
    return found, rounds * paths


@pytest.mark.slow
def test_one_step_has_the_normal_tails_at_four_and_five_sigma() -> None:
    levels = [1.0, 3.0, 4.0, 5.0]
    found, of = counts(1, levels, 20)
    expected = of * np.array([float(stats.norm.sf(level)) for level in levels])
    assert expected[-1] > 10
    assert np.all(np.abs(found - expected) < 4.0 * np.sqrt(expected))
    assert found[-1] > 0  # a generator that stops before 5 σ finds none


@pytest.mark.slow
def test_two_steps_have_the_tails_of_two_normal_ones() -> None:
    """P(max(z₁, z₁ + z₂) ≥ a) by quadrature: the second number of a pair is as normal, and independent of the first."""

    def touched(a: float) -> float:
        inside = integrate.quad(lambda z: stats.norm.pdf(z) * stats.norm.sf(a - z), -12.0, a, epsabs=1e-14)[0]
        return float(stats.norm.sf(a) + inside)

    levels = [1.0, 4.0 * math.sqrt(2.0), 5.0 * math.sqrt(2.0)]
    found, of = counts(2, levels, 20)
    expected = of * np.array([touched(a) for a in levels])
    assert np.all(np.abs(found - expected) < 4.0 * np.sqrt(expected))
    assert found[-1] > 0


@pytest.mark.parametrize("degrees", [None, 2.5, 3.0, 5.0])
def test_one_step_has_its_law(degrees: float | None) -> None:
    shocks = path_highs(11, 200_000, 1, 1.0, 0.0, degrees).astype(np.float64)
    law = stats.norm() if degrees is None else stats.t(degrees, scale=math.sqrt((degrees - 2.0) / degrees))
    assert stats.kstest(shocks, law.cdf).pvalue > 1e-3
    for far in law.isf([1e-4, 1e-3]):
        expected = 200_000 * law.sf(far)
        for beyond in (np.count_nonzero(shocks >= far), np.count_nonzero(shocks <= -far)):
            assert abs(beyond - expected) < 4.0 * math.sqrt(expected)


@pytest.mark.parametrize("degrees", [None, 8.0])
def test_steps_are_independent(degrees: float | None) -> None:
    """With a drift that no step can beat the highest point is the last one: its variance is the sum of theirs."""
    steps, paths, drift = 63, 50_000, 12.0
    ends = path_highs(5, paths, steps, 1.0, drift, degrees).astype(np.float64) - drift * steps
    assert abs(ends.mean()) < 4.0 * math.sqrt(steps / paths)
    assert ends.var() / steps == pytest.approx(1.0, abs=4.0 * math.sqrt(2.1 / paths))


def test_unknown_in_unknown_out() -> None:
    assert np.isnan(path_highs(1, 3, 5, math.nan, 0.0)).all()
    assert np.isnan(path_highs_plain(1, 3, 5, 0.1, math.nan)).all()
