"""Betas with their errors: coins against factors, at one instant or through time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, TimeArray, check_shape
from hedgerow.model.display import Result
from hedgerow.model.errors import UnknownSymbol

__all__ = ["BetaPath", "Betas"]


@dataclass(frozen=True, slots=True, repr=False)
class Betas(Result):
    """N coins by K factors at `as_of`.

    `beta` (N, K), NaN where unknown; `covariance` (N·K, N·K) joint over all estimates, coin-major, its diagonal
    the squared standard errors, zero for betas known by policy; `alpha`, `r2`, `n`, `n_eff`, `resid_vol` (N,) per
    bar. `method` (N,) is the estimator's spec, `shrunk …`, or `prior`, `override`, `policy`, `factor`, `unknown`;
    `note` (N,) says why in words. `raw` and `raw_stderr` are before shrinkage, towards `prior_mean` ± `prior_sd`
    (K,), whose origin `prior_note` tells. `slopes` are betas of dated contracts on their own coin, by symbol.
    """

    symbols: tuple[str, ...]
    factors: tuple[str, ...]
    beta: FloatArray
    covariance: FloatArray
    alpha: FloatArray
    r2: FloatArray
    n: IntArray
    n_eff: FloatArray
    resid_vol: FloatArray
    method: tuple[str, ...]
    note: tuple[str, ...]
    raw: FloatArray
    raw_stderr: FloatArray
    prior_mean: FloatArray
    prior_sd: FloatArray
    prior_note: str
    estimator: str
    as_of: np.datetime64
    bar_hours: float
    factor_correlation: FloatArray
    slopes: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        coins, factors = len(self.symbols), len(self.factors)
        check_shape("beta", self.beta, (coins, factors))
        check_shape("covariance", self.covariance, (coins * factors, coins * factors))

    @property
    def stderr(self) -> FloatArray:
        """(N, K) standard errors."""
        return np.sqrt(np.diag(self.covariance)).reshape(self.beta.shape)

    @property
    def errorless(self) -> BoolArray:
        """(N,) whether a beta was given by hand without its error: that is unknown, and no zero."""
        given = np.array([method == "override" for method in self.method], dtype=bool)
        found: BoolArray = given & ~self.stderr.any(axis=1)
        return found

    @property
    def condition_number(self) -> float:
        """Condition number of the factors' correlation matrix; above 100 the split between them is unstable (TV13)."""
        return float(np.linalg.cond(self.factor_correlation))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Coins without a beta; they block a trade."""
        return tuple(s for s, row in zip(self.symbols, self.beta, strict=True) if not np.isfinite(row).all())

    def of(self, symbol: str) -> FloatArray:
        """Return the (K,) betas of `symbol`."""
        if symbol not in self.symbols:
            raise UnknownSymbol(
                f"{symbol} was not estimated", advice="Add it to the assets given to estimate."
            )
        row: FloatArray = self.beta[self.symbols.index(symbol)]
        return row

    def of_contract(self, symbol: str, underlying: str) -> FloatArray:
        """Return the (K,) betas of a contract: its coin's, times its slope on the coin where one is known."""
        scaled: FloatArray = self.of(underlying) * self.slopes.get(symbol, 1.0)
        return scaled

    def headline(self) -> str:
        """Return the result in one line."""
        known = [f"{s} {b[0]:.2f}" for s, b in zip(self.symbols, self.beta, strict=True) if np.isfinite(b[0])]
        more = f", … {len(known) - 4} more" if len(known) > 4 else ""
        return f"Betas to {','.join(self.factors)}: {', '.join(known[:4])}{more}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = ["symbol"]
        for factor in self.factors:
            suffix = "" if len(self.factors) == 1 else f"_{factor.lower()}"
            names += [f"beta{suffix}", f"stderr{suffix}"]
        names += ["r2", "n", "n_eff", "method", "note"]
        rows: list[list[object]] = []
        for i, symbol in enumerate(self.symbols):
            pairs = [
                value for k in range(len(self.factors)) for value in (self.beta[i, k], self.stderr[i, k])
            ]
            rows.append(
                [symbol, *pairs, self.r2[i], int(self.n[i]), self.n_eff[i], self.method[i], self.note[i]]
            )
        return names, rows


@dataclass(frozen=True, slots=True, repr=False)
class BetaPath(Result):
    """Betas at every bar: `beta` and `stderr` (T, N, K), row t from rows ≤ t only, NaN before there is enough."""

    symbols: tuple[str, ...]
    factors: tuple[str, ...]
    times: TimeArray
    beta: FloatArray
    stderr: FloatArray
    estimator: str

    def headline(self) -> str:
        """Return the result in one line."""
        return f"BetaPath of {len(self.symbols)} coins over {len(self.times)} bars ({self.estimator})"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = ["time", *(f"{s}:{f}" for s in self.symbols for f in self.factors)]
        flat = self.beta.reshape(len(self.times), -1)
        return names, [[t, *row] for t, row in zip(self.times, flat, strict=True)]
