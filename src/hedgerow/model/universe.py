"""The betas of every coin of a market, at one instant or at many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hedgerow.model.arrays import FloatArray, IntArray, TimeArray, check_shape
from hedgerow.model.display import Result

__all__ = ["UniverseBetas"]


@dataclass(frozen=True, slots=True, repr=False)
class UniverseBetas(Result):
    """N coins by K factors at D instants, each from what was known then.

    `beta`, `stderr` and, before shrinkage, `raw`, `raw_stderr` (D, N, K), NaN where unknown; `r2`, `resid_vol` (per bar),
    `n` returns used (D, N). `method` (D, N) is the estimator's spec, `prior`, `policy`, `factor` or `unknown`; `note` (N,)
    says why, of the last instant. Betas are shrunk to `prior_mean` ± `prior_sd` (D, K) of their instant, NaN without one;
    `prior_note` tells where the last comes from.
    """

    times: TimeArray
    symbols: tuple[str, ...]
    factors: tuple[str, ...]
    beta: FloatArray
    stderr: FloatArray
    raw: FloatArray
    raw_stderr: FloatArray
    r2: FloatArray
    resid_vol: FloatArray
    n: IntArray
    method: npt.NDArray[np.str_]
    note: tuple[str, ...]
    prior_mean: FloatArray
    prior_sd: FloatArray
    prior_note: str
    estimator: str
    source: str
    simulated: bool

    def __post_init__(self) -> None:
        whole = (len(self.times), len(self.symbols), len(self.factors))
        for name in ("beta", "stderr", "raw", "raw_stderr"):
            check_shape(name, getattr(self, name), whole)
        for name in ("r2", "resid_vol"):
            check_shape(name, getattr(self, name), whole[:2])

    @property
    def unknown(self) -> tuple[str, ...]:
        """Coins without a beta at the last instant."""
        known = np.isfinite(self.beta[-1]).all(axis=1)
        return tuple(symbol for symbol, there in zip(self.symbols, known, strict=True) if not there)

    def headline(self) -> str:
        """Return the result in one line."""
        return (
            f"Betas of {len(self.symbols)} coins to {','.join(self.factors)} at {len(self.times)} instants to"
            f" {str(self.times[-1])[:10]} ({self.estimator})"
        )

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names, and a row for each instant and coin, oldest first."""
        columns = self.columns()
        rows = zip(*(list(column) for column in columns.values()), strict=True)
        return list(columns), [list(row) for row in rows]

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the rows of `table`, column by column."""
        days, coins = len(self.times), len(self.symbols)
        found: dict[str, npt.NDArray[Any]] = {
            "ts": np.repeat(self.times, coins),
            "symbol": np.tile(np.array(self.symbols), days),
        }
        for k, factor in enumerate(self.factors):
            suffix = "" if len(self.factors) == 1 else f"_{factor.lower()}"
            for name in ("beta", "stderr", "raw", "raw_stderr"):
                found[f"{name}{suffix}"] = getattr(self, name)[:, :, k].reshape(-1)
        for name in ("r2", "resid_vol", "n", "method"):
            found[name] = getattr(self, name).reshape(-1)
        return found
