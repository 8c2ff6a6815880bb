"""Betas of 500 coins brought up to date by each new bar, with their errors: against their window anew, and against river.

Ours and river's go on from where the last bar left them; what they say is held against a plain regression before anything is
timed. A round of ours is a whole window of bars, so that the block that is turned once in each is in it; others take fewer
bars, and their time is scaled. Plain regressions are in NumPy, all coins at once. river keeps a covariance a coin and one
variance of the factor: slopes without errors. The last row is against a promise: a bar costs no more, however long the window.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from benchmarks.race import Peer, Row, race

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import Estimator
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.online import OnlineBeta

COINS, HISTORY, WINDOW, LONG, HALF_LIFE, FEW = 500, 1_500, 720, 3_600, 60.0, 20


def bars(count: int, seed: int = 4) -> tuple[FloatArray, FloatArray]:
    """Returns of the coins and of the factor, without gaps: river has no word for them."""
    rng = np.random.default_rng(seed)
    x = 0.03 * rng.standard_normal(count)
    return 1.2 * x[:, None] + 0.02 * rng.standard_normal((count, COINS)), x


def fed(online: OnlineBeta, coming: Iterator[tuple[FloatArray, float]], count: int) -> OnlineBeta:
    """Take in the next `count` bars."""
    for _ in range(count):
        online.add(*next(coming))
    return online


def anew(y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slopes and classical errors of a window, as an expert writes them."""
    dx, dy = x - x.mean(), y - y.mean(axis=0)
    square = dx @ dx
    beta = dx @ dy / square
    left = np.square(dy - dx[:, None] * beta).sum(axis=0)
    error: FloatArray = np.sqrt(left / (len(x) - 2.0) / square)
    return beta, error


def again(work: Callable[[], object], count: int) -> None:
    """Do something for each of `count` bars."""
    for _ in range(count):
        work()


class River:
    """A covariance a coin and a variance of the factor, rolling or fading."""

    def __init__(self, window: int | None) -> None:
        from river import stats, utils

        self.lead: Any
        self.pairs: list[Any]
        if window is None:
            fading = 1.0 - 0.5 ** (1.0 / HALF_LIFE)
            self.lead, self.pairs = stats.EWVar(fading), [stats.EWCov(fading) for _ in range(COINS)]
        else:
            self.lead = utils.Rolling(stats.Var, window_size=window)
            self.pairs = [utils.Rolling(stats.Cov, window_size=window) for _ in range(COINS)]

    def fed(self, coming: Iterator[tuple[FloatArray, float]], count: int) -> FloatArray:
        """Take in the next bars, and return the slopes after each."""
        slopes = np.empty(COINS)
        for _ in range(count):
            y, x = next(coming)
            self.lead.update(x)
            square = self.lead.get() or np.nan
            for j, (pair, return_) in enumerate(zip(self.pairs, y.tolist(), strict=True)):
                pair.update(return_, x)
                slopes[j] = pair.get() / square
        return slopes


def endless(y: FloatArray, x: FloatArray) -> Iterator[tuple[FloatArray, float]]:
    """The bars, and again from the first."""
    return cycle(zip(y, x.tolist(), strict=True))


def race_of(
    title: str, estimator: Estimator, window: int | None, peers: list[Peer], target: float
) -> list[Row]:
    """Rows of one estimator against its peers, all of them held to plain regressions first."""
    y, x = bars(HISTORY)
    online, river = OnlineBeta(estimator, COINS), River(window)
    ours, theirs = endless(y, x), endless(y, x)
    fed(online, ours, HISTORY)
    fit = estimator.fit(y, x[:, None])
    np.testing.assert_allclose(online.beta, fit.beta[:, 0], rtol=1e-9)
    np.testing.assert_allclose(online.stderr, fit.stderr[:, 0], rtol=1e-9)
    np.testing.assert_allclose(river.fed(theirs, HISTORY), fit.beta[:, 0], rtol=1e-6)
    share = FEW / WINDOW
    said = "river, a rolling covariance a coin" if window else "river, a fading covariance a coin"
    path = Peer(
        "our own path of all 1,500 bars", partial(estimator.path, y, x[:, None]), 100.0, share=1 / WINDOW
    )
    every = [*peers, path, Peer(said, partial(river.fed, theirs, FEW), target, share=share)]
    return race(title, partial(fed, online, ours, WINDOW), every, rounds=3)


def rows() -> list[Row]:
    """Return the table."""
    warnings.simplefilter("ignore")
    y, x = bars(LONG + WINDOW, seed=5)
    window = Peer(
        "NumPy, the window anew",
        partial(again, partial(anew, y[:WINDOW], x[:WINDOW]), FEW),
        5.0,
        share=FEW / WINDOW,
    )
    rolling = race_of(
        f"720 bars, the betas of {COINS} coins after each, window {WINDOW}",
        Ols(WINDOW),
        WINDOW,
        [window],
        10.0,
    )
    fading = race_of(
        f"720 bars, the betas of {COINS} coins after each, half-life 60",
        Ewls(HALF_LIFE, errors="ols"),
        None,
        [],
        2.0,
    )
    short, long = OnlineBeta(Ols(WINDOW), COINS), OnlineBeta(Ols(LONG), COINS)
    coming, other = endless(y, x), endless(y, x)
    fed(short, coming, LONG + 1), fed(long, other, LONG + 1)
    one = Peer(f"the same with a window of {WINDOW}", partial(fed, short, coming, LONG), 0.5)
    title = f"{LONG:,} bars, the betas of {COINS} coins after each, window {LONG:,}"
    return [*rolling, *fading, *race(title, partial(fed, long, other, LONG), [one], rounds=3)]
