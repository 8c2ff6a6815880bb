"""DCC-GARCH as an estimator: the forecast of the vector's recursion, learnt on what is over, resting in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.stats.beta.test_dcc import simulated

from hedgerow.model.errors import UsageError
from hedgerow.stats.beta import dynamic
from hedgerow.stats.beta.dcc import DccParameters, GarchParameters, dcc_beta
from hedgerow.stats.beta.dynamic import Dcc, learnt_rows
from hedgerow.testing.estimator import PROMISES, check_estimator


def returns(rows: int) -> tuple[Any, Any]:
    x = simulated(1, rows)
    y = np.column_stack([1.5 * x, 0.6 * x]) + 0.02 * np.random.default_rng(2).standard_normal((rows, 2))
    return y, x[:, None]


def test_one_that_has_learnt_keeps_every_promise() -> None:
    assert check_estimator(lambda: Dcc(100)) == tuple(PROMISES)


def test_what_is_learnt_rests_between_a_half_more() -> None:
    found = [learnt_rows(n) for n in range(2, 60)]
    assert sorted(set(found)) == [0, 3, 5, 7, 11, 16, 23, 35, 52]
    assert all(k <= n for n, k in zip(range(2, 60), found, strict=True))


@pytest.mark.parametrize("learns_from", [100, 10_000])
def test_it_is_the_recursion_of_the_vector(learns_from: int) -> None:
    """TV10's recursion on the whole sample, where the whole sample is what levels are learnt from."""
    rows = 260
    assert learnt_rows(rows) == rows
    y, x = returns(rows)
    fit = Dcc(learns_from).fit(y, x)
    for i in range(2):
        level = np.column_stack([x[:, 0], y[:, i]]).var(axis=0)
        unit = np.column_stack([x[:, 0], y[:, i]]) / np.sqrt(level)
        p = dynamic._learnt(unit, rows >= learns_from)
        margins = [
            GarchParameters(m.omega * v, m.alpha, m.beta) for m, v in zip((p.x, p.y), level, strict=True)
        ]
        wanted = dcc_beta(y[:, i], x[:, 0], DccParameters(margins[0], margins[1], p.a, p.b))
        assert fit.beta[i, 0] == pytest.approx(wanted.beta, rel=1e-9)


def test_betas_that_were_put_in_are_found_within_their_errors() -> None:
    y, x = returns(900)
    fit = Dcc().fit(y, x)
    assert np.abs((fit.beta[:, 0] - [1.5, 0.6]) / fit.stderr[:, 0]).max() < 3.0
    assert (fit.stderr < 0.25).all()


def test_a_beta_that_doubles_is_followed() -> None:
    y, x = returns(900)
    y[700:] *= 2.0
    path = Dcc().path(y, x)
    assert path.beta[880:, 0, 0].mean() > 1.6 * path.beta[600:700, 0, 0].mean()


def test_two_factors_are_refused() -> None:
    y, x = returns(60)
    with pytest.raises(UsageError, match="one factor"):
        Dcc().fit(y, np.column_stack([x, x**2]))
