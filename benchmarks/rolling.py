"""Rolling regression slopes of a panel: 2,000 days × 500 coins, window 90, one thread on every side.

Everybody gets the same panel in the layout they like best, two per cent of it gaps, and returns a slope with an
intercept for every window that has two thirds of its rows. Peers that have no rolling slope get it from their own
rolling means, as an expert would write it. Ours writes into memory that the caller owns, and so does the copy that it
is held against.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numba
import numpy as np
from benchmarks.race import Peer, Row, Work, race

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.kernels.rolling import rolling_beta


def panel(rows: int, columns: int, seed: int = 3) -> tuple[FloatArray, FloatArray]:
    """Returns with a beta of 1.2 and two per cent of gaps."""
    rng = np.random.default_rng(seed)
    x = 0.03 * rng.standard_normal(rows)
    y = 0.02 * rng.standard_normal((rows, columns))
    y += 1.2 * x[:, None]
    y[rng.random(y.shape) < 0.02] = np.nan
    return y, x


def by_means(mean: Callable[[FloatArray], FloatArray], y: FloatArray, x: FloatArray) -> FloatArray:
    """The slope from rolling means of x, y, xy and xx over the rows that both have."""
    lead = np.where(np.isfinite(y), x[:, None], np.nan)
    mx, my = mean(lead), mean(y)
    slope: FloatArray = (mean(lead * y) - mx * my) / (mean(lead * lead) - mx * mx)
    return slope


def bottleneck(y: FloatArray, x: FloatArray, window: int, least: int) -> FloatArray:
    import bottleneck as bn

    return by_means(partial(bn.move_mean, window=window, min_count=least, axis=0), y, x)


def pandas(y: FloatArray, x: FloatArray, window: int, least: int) -> FloatArray:
    import pandas as pd

    frame, lead = pd.DataFrame(y), pd.DataFrame(np.where(np.isfinite(y), x[:, None], np.nan))
    together = frame.rolling(window, min_periods=least).cov(lead, pairwise=False)
    slope: FloatArray = (together / lead.rolling(window, min_periods=least).var()).to_numpy()
    return slope


def polars(columns: list[FloatArray], x: FloatArray, window: int, least: int) -> list[object]:
    """Column by column, as polars has them; gaps are nulls."""
    import polars as pl

    slopes: list[object] = []
    for column in columns:
        follow = pl.Series(column).fill_nan(None)
        lead = pl.Series(np.where(np.isfinite(column), x, np.nan)).fill_nan(None)

        def mean(series: pl.Series) -> pl.Series:
            return series.rolling_mean(window, min_samples=least)

        mx, my = mean(lead), mean(follow)
        slopes.append((mean(lead * follow) - mx * my) / (mean(lead * lead) - mx * mx))
    return slopes


def vectorbt(y: FloatArray, lead: FloatArray, window: int, least: int) -> FloatArray:
    """Its own rolling beta, in Rust; it wants x once for every column."""
    from vectorbt.returns import dispatch

    slope: FloatArray = dispatch.rolling_beta(y, window, least, lead, engine="rust")
    return slope


def vectorbt_means(y: FloatArray, x: FloatArray, window: int, least: int) -> FloatArray:
    """The slope from its rolling means, compiled by numba: they slide where its rolling beta starts again."""
    from vectorbt.generic import nb

    def mean(values: FloatArray) -> FloatArray:
        found: FloatArray = nb.rolling_mean_nb(values, window, least)
        return found

    return by_means(mean, y, x)


def statsmodels(y: FloatArray, x: FloatArray, window: int) -> object:
    from statsmodels.regression.rolling import RollingOLS

    design = np.column_stack([np.ones(len(x)), x])
    return [
        RollingOLS(column, design, window=window, missing="drop", expanding=False)
        .fit(params_only=True)
        .params
        for column in y.T
    ]


def alike(mine: object, theirs: object) -> None:
    """Raise where two tables of slopes differ beyond what rolling sums lose."""
    a, b = np.asarray(mine), np.asarray(theirs)
    both = np.isfinite(a) & np.isfinite(b)
    if both.mean() < 0.9:
        raise AssertionError("too few slopes to compare")
    np.testing.assert_allclose(b[both], a[both], rtol=1e-6, atol=1e-6)


def polars_alike(mine: object, theirs: object) -> None:
    """The same for polars' columns."""
    columns = [series.to_numpy() for series in theirs]  # type: ignore[attr-defined]
    alike(mine, np.column_stack(columns))


def work() -> Work:
    """The days; one thread of ours."""
    numba.set_num_threads(1)
    y, x = panel(2000, 500)
    out, copied, window, least = np.empty_like(y), np.empty_like(y), 90, 60
    columns = [np.ascontiguousarray(column) for column in y.T]
    few, lead = y[:, :5], np.ascontiguousarray(np.broadcast_to(x[:, None], y.shape))
    return Work(
        "rolling beta, 2,000 days × 500 coins, window 90, 1 thread",
        partial(rolling_beta, y, x, window, least, out),
        (
            Peer("bottleneck", partial(bottleneck, y, x, window, least), 5.0, alike),
            Peer("polars", partial(polars, columns, x, window, least), 15.0, polars_alike),
            Peer("pandas", partial(pandas, y, x, window, least), 30.0, alike),
            Peer(
                "vectorbt, its rolling beta in Rust", partial(vectorbt, y, lead, window, least), 30.0, alike
            ),
            Peer(
                "vectorbt, from its rolling means", partial(vectorbt_means, y, x, window, least), 5.0, alike
            ),
            Peer("statsmodels", partial(statsmodels, few, x, window), 2000.0, share=5 / 500),
            Peer("copying the panel", partial(np.copyto, copied, y), 1 / 8),
        ),
    )


def rows() -> list[Row]:
    """Return the table."""
    warnings.simplefilter("ignore")
    days = work()
    return race(days.title, days.ours, days.peers, rounds=15)
