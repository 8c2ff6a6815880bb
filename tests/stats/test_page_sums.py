"""The CUSUM of the watch: sums by their definition, and a budget of false alarms that noise keeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import UsageError
from hedgerow.stats.cusum import page_sums, run_length_of, threshold_for


@given(st.lists(st.floats(-5, 5), max_size=60), st.floats(0.05, 1.5))
def test_sums_are_the_largest_of_all_stretches_that_end_here(z: list[float], allowance: float) -> None:
    up, down = page_sums(np.array(z), allowance)
    for t in range(len(z)):
        stretches = [z[s : t + 1] for s in range(t + 2)]
        assert up[t] == pytest.approx(max(sum(x - allowance for x in each) for each in stretches), abs=1e-9)
        assert down[t] == pytest.approx(
            max(sum(-x - allowance for x in each) for each in stretches), abs=1e-9
        )


def test_a_missing_day_changes_nothing_and_a_start_goes_on() -> None:
    z = np.array([1.0, math.nan, 2.0, -0.5])
    up, _ = page_sums(z)
    assert up[1] == up[0]
    whole, _ = page_sums(np.array([1.0, 2.0, -0.5]))
    assert up[-1] == whole[-1]
    first, below = page_sums(z[:2])
    again, _ = page_sums(z[2:], start=(float(first[-1]), float(below[-1])))
    assert again[-1] == up[-1]


def test_noise_cries_as_rarely_as_the_budget_says() -> None:
    rng = np.random.default_rng(4)
    h = threshold_for(200.0)
    lengths = []
    for _ in range(400):
        up, down = page_sums(rng.standard_normal(3000))
        over = np.flatnonzero(np.maximum(up, down) > h)
        lengths.append(over[0] + 1 if len(over) else 3000)
    assert np.mean(lengths) == pytest.approx(200.0, rel=0.15)


@pytest.mark.parametrize(("threshold", "one_sided"), [(4.0, 336.0), (5.0, 930.0)])
def test_the_run_length_agrees_with_the_published_tables(threshold: float, one_sided: float) -> None:
    assert 2.0 * run_length_of(threshold, 0.5) == pytest.approx(one_sided, rel=0.02)


@given(st.floats(10.0, 1e6), st.floats(0.05, 2.0))
def test_the_threshold_turns_the_run_length_round(length: float, allowance: float) -> None:
    assert run_length_of(threshold_for(length, allowance), allowance) == pytest.approx(length, rel=1e-6)


@pytest.mark.parametrize("wrong", [(0.0, 0.5), (math.nan, 0.5), (100.0, 0.0), (100.0, 3.0)])
def test_budgets_that_mean_nothing_are_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(UsageError):
        threshold_for(*wrong)
