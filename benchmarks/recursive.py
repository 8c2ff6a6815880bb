"""Recursive betas of 500 coins over 2,000 days: exponential weights, a Kalman filter, and its parameters by likelihood.

Weights against pandas' own, two per cent of the panel gaps. The filter against simdkalman, which filters series side by
side too but with general matrices, and against the same recursion in NumPy, a row at a time. Likelihood of a beta that
does walk, against statsmodels' state space with the same model, by its own choice of method and by its fastest.
"""

from __future__ import annotations

import math
import warnings
from functools import partial

import numba
import numpy as np
from benchmarks.race import Peer, Row, Work, race
from benchmarks.rolling import alike, panel

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.kalman import kalman_filter
from hedgerow.stats.kernels.recursive import ewma_beta, kalman_beta, kalman_beta_mle

ROWS, COLUMNS, HALF_LIFE, Q, R = 2000, 500, 60.0, 1e-4, 4e-4


def pandas(y: FloatArray, x: FloatArray) -> FloatArray:
    """Rolling covariance over rolling variance, each with pandas' exponential weights."""
    import pandas as pd

    frame = pd.DataFrame(y)
    lead = pd.DataFrame(np.where(np.isfinite(y), x[:, None], np.nan))
    together = frame.ewm(halflife=HALF_LIFE, ignore_na=True).cov(lead, pairwise=False, bias=True)
    alone = lead.ewm(halflife=HALF_LIFE, ignore_na=True).var(bias=True)
    slope: FloatArray = (together / alone).to_numpy()
    return slope


def simdkalman(y: FloatArray, x: FloatArray) -> object:
    """One filter over all series at once: the observation is x_t, which changes every row, so rows are fed singly."""
    from simdkalman.primitives import predict, update

    count = y.shape[1]
    mean, cov = np.ones((count, 1, 1)), np.ones((count, 1, 1))
    walk, step, noise = np.eye(1)[None], np.full((1, 1, 1), Q), np.full((1, 1, 1), R)
    beta = np.empty(y.shape)
    for t in range(len(x)):
        mean, cov = predict(mean, cov, walk, step)
        seen = np.full((1, 1, 1), x[t])
        mean, cov = update(mean, cov, seen, noise, y[t][:, None, None])
        beta[t] = mean[:, 0, 0]
    return beta


def numpy_filter(y: FloatArray, x: FloatArray) -> FloatArray:
    """The plain twin."""
    noise = np.full(y.shape[1], Q), np.full(y.shape[1], R)
    return kalman_filter(y, np.broadcast_to(x[:, None], y.shape), *noise, 1.0, 1.0).beta


def ours_filter(y: FloatArray, x: FloatArray, out: tuple[FloatArray, FloatArray]) -> FloatArray:
    """The kernel, into memory that the caller owns."""
    noise = np.full(y.shape[1], Q), np.full(y.shape[1], R)
    return kalman_beta(y, x, noise, 1.0, 1.0, out)[0]


def statsmodels(y: FloatArray, x: FloatArray, method: str) -> object:
    """Maximum likelihood of a regression whose coefficient walks at random, by statsmodels' state space."""
    from statsmodels.tsa.statespace.mlemodel import MLEModel

    class Walking(MLEModel):  # type: ignore[misc]
        """y = x·β + ε with β a random walk; parameters are the logarithms of Q and R."""

        def __init__(self) -> None:
            super().__init__(
                y, k_states=1, initialization="known", initial_state=[1.0], initial_state_cov=[[1.0]]
            )
            self["design"] = x[None, None, :]
            self["transition"] = self["selection"] = np.eye(1)

        @property
        def start_params(self) -> FloatArray:
            """The same start as ours."""
            return np.log([1e-5, 4e-4])

        def update(self, params: FloatArray, **more: object) -> None:
            """Set the variances."""
            super().update(params, **more)
            self["state_cov"], self["obs_cov"] = [[np.exp(params[0])]], [[np.exp(params[1])]]

    return Walking().fit(disp=False, method=method, maxiter=500).llf


def near(mine: object, theirs: object) -> None:
    """Raise where the maxima of the likelihood differ."""
    ours, other = float(mine[2]), float(theirs)  # type: ignore[index, arg-type]
    if abs(ours - other) > 1e-2 * max(abs(ours), 1.0) * 0.01:
        raise AssertionError(f"log-likelihoods {ours:g} and {other:g}")


def works() -> tuple[Work, ...]:
    """Weights, filter and likelihood; one thread of ours."""
    numba.set_num_threads(1)
    y, x = panel(ROWS, COLUMNS)
    out, whole = np.empty_like(y), np.where(np.isfinite(y), y, 0.0)
    steps, noise = np.random.default_rng(3).standard_normal((2, ROWS))
    one = (1.0 + np.cumsum(math.sqrt(Q) * steps)) * x + math.sqrt(R) * noise
    return (
        Work(
            "EWMA beta path, 2,000 days × 500 coins, 1 thread",
            partial(ewma_beta, y, x, HALF_LIFE, out),
            (Peer("pandas ewm", partial(pandas, y, x), 30.0, alike),),
        ),
        Work(
            "Kalman beta path, 2,000 days × 500 coins, 1 thread",
            partial(ours_filter, whole, x, (np.empty_like(y), np.empty_like(y))),
            (
                Peer("simdkalman", partial(simdkalman, whole, x), 150.0, alike),
                Peer("NumPy, a row at a time", partial(numpy_filter, whole, x), 15.0, alike),
            ),
        ),
        Work(
            "Kalman parameters by maximum likelihood, one coin, 2,000 days",
            partial(kalman_beta_mle, one, x),
            (
                Peer("statsmodels, L-BFGS", partial(statsmodels, one, x, "lbfgs"), 10.0, near),
                Peer("statsmodels, Powell", partial(statsmodels, one, x, "powell"), 10.0, near),
            ),
        ),
    )


def rows() -> list[Row]:
    """Return the table."""
    warnings.simplefilter("ignore")
    return [row for work in works() for row in race(work.title, work.ours, work.peers, rounds=15)]
