"""Promises and what came of them: nothing is broken by chance, and what is broken shows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.promises import correlation_short, cost_excess, coverage_p, covered, removed_short


def days(n: int = 60, own: float = 0.02, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """The book's days of a beta of 1.4, and the hedge's."""
    rng = np.random.default_rng(seed)
    factor = rng.standard_t(5, n) * 0.03
    return 1.4 * factor + own * rng.standard_normal(n), -1.4 * factor


PROMISED = 1.0 - 0.02**2 / (1.96 * 0.03**2 * 5 / 3 + 0.02**2)


def test_a_promise_that_is_kept_lies_inside_the_interval() -> None:
    for seed in range(20):
        plain, hedge = days(seed=seed)
        short = removed_short(plain, plain + hedge, np.full(60, PROMISED))
        assert short.low < 0.05
        assert short.high > 0.0
        assert correlation_short(plain, hedge, np.full(60, math.sqrt(PROMISED))).low < 0.1


def test_a_hedge_of_the_wrong_sign_is_short_of_its_promise_by_far() -> None:
    plain, hedge = days()
    wrong = removed_short(plain, plain - hedge, np.full(60, PROMISED))
    assert wrong.low > 2.0
    assert correlation_short(plain, -hedge, np.full(60, 0.9)).low > 1.0


def test_a_hedge_of_half_the_size_lacks_a_quarter_of_the_market_part() -> None:
    factor = np.random.default_rng(1).normal(0.0, 0.03, 400)
    short = removed_short(factor, factor - 0.5 * factor, np.ones(400))
    assert short.middle == pytest.approx(0.25)
    assert (short.low, short.high) == pytest.approx((0.25, 0.25))


@given(st.floats(0.01, 100.0))
def test_neither_unit_nor_the_market_s_volatility_matters(scale: float) -> None:
    plain, hedge = days()
    promised = np.full(60, PROMISED)
    one, other = (
        removed_short(plain, plain + hedge, promised),
        removed_short(plain * scale, (plain + hedge) * scale, promised),
    )
    assert (one.middle, one.low, one.high) == pytest.approx((other.middle, other.low, other.high))


def test_a_month_is_the_least_and_stillness_tells_nothing() -> None:
    plain, hedge = days(29)
    assert math.isnan(removed_short(plain, plain + hedge, np.full(29, 0.9)).low)
    assert math.isnan(correlation_short(plain, hedge, np.full(29, 0.9)).low)
    still = np.zeros(60)
    assert math.isnan(removed_short(still, still, np.full(60, 0.9)).low)
    assert math.isnan(correlation_short(days()[0], still, np.full(60, 0.9)).low)


def test_the_correlation_is_the_plain_one() -> None:
    plain, hedge = days()
    found = correlation_short(plain, hedge, np.full(60, 0.9)).middle
    assert found == pytest.approx(0.9 - float(np.corrcoef(plain, -hedge)[0, 1]))


def test_costs_beyond_the_promise_have_student_s_interval() -> None:
    cost, promised = np.array([2.0, 3.0, 2.5, 4.0, 3.5, np.nan]), np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    found = cost_excess(cost, promised)
    assert found.middle == pytest.approx(2.0)
    reach = 4.604094871 * np.std([1.0, 2.0, 1.5, 3.0, 2.5], ddof=1) / math.sqrt(5)
    assert (found.low, found.high) == pytest.approx((2.0 - reach, 2.0 + reach))
    assert math.isnan(cost_excess(cost[:4], promised[:4]).low)


def test_the_slope_of_a_span_is_inside_its_interval_or_not() -> None:
    expected = np.array([1.0, -2.0, 3.0, -1.0, 2.0, -3.0, 0.5, -0.5, 1.5, -1.5])
    noise = np.array([0.1, -0.1, 0.05, 0.0, -0.05, 0.1, 0.0, -0.1, 0.05, -0.05])
    assert covered(expected + noise, expected, 0.1) is True
    assert covered(2.0 * expected + noise, expected, 0.1) is False
    assert covered(2.0 * expected + noise, expected, 0.8) is True
    assert covered(expected[:7], expected[:7], 0.1) is None
    assert covered(expected, np.zeros(10), 0.1) is None
    assert covered(np.full(10, np.nan), expected, 0.1) is None


def test_the_chance_of_so_few_is_the_binomial_one() -> None:
    assert coverage_p(12, 12) == pytest.approx(1.0)
    assert coverage_p(0, 2) == pytest.approx(0.01)
    assert coverage_p(1, 2) == pytest.approx(0.19)
    assert math.isnan(coverage_p(0, 0))


def test_intervals_of_ninety_in_a_hundred_hold_at_least_as_often() -> None:
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(400):
        beta = 1.4 * (1.0 + 0.2 * rng.standard_normal())
        factor = rng.standard_t(5, 10) * 0.03
        held += bool(covered(beta * factor + 0.02 * rng.standard_normal(10), 1.4 * factor, 0.2))
    assert 0.88 <= held / 400 <= 1.0
