"""Step 1b for a whole market: every coin's beta, coins in parts that are measured apart and shrunk together.

    measured(markets, coins, factors, "default") -> Part      some coins at each instant, before the cross-section
    together(parts, times) -> UniverseBetas                   all of them, each instant by its own cross-section

A coin's numbers are those of `estimate` on the whole market, but for the joint covariance, which is not made. What learns from
several coins at once cannot be measured apart, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hedgerow.hedge.estimation import estimate, prior_of
from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, TimeArray
from hedgerow.model.coins import GOLD
from hedgerow.model.errors import BrokenPromise, UsageError
from hedgerow.model.market import Market
from hedgerow.model.universe import UniverseBetas
from hedgerow.stats.beta.kalman import Kalman
from hedgerow.stats.beta.shrink import Prior, Shrink, vasicek
from hedgerow.stats.beta.spec import estimator as estimator_of

__all__ = ["Part", "apart", "measured", "together"]

_NUMBERS = ("beta", "stderr", "raw", "raw_stderr", "r2", "resid_vol", "n", "method")


def apart(spec: str) -> None:
    """Raise `UsageError` where `spec` learns from several coins at once, deeper than the outermost shrinkage."""
    found: object = estimator_of(spec)
    found = found.inner if isinstance(found, Shrink) else found
    while found is not None:
        pooled = isinstance(found, Kalman) and found.pool == "pooled" and found.noise is None
        if pooled or isinstance(found, Shrink):
            raise UsageError(
                f"{spec} learns from all coins at once, which are measured in parts here",
                advice="Give kalman:each, or the shrinkage outermost: shrink(dimson:1(ols:90)).",
            )
        found = getattr(found, "inner", None)


@dataclass(frozen=True, slots=True)
class Part:
    """B coins at D instants: (D, B, K) and (D, B) as `UniverseBetas` has them, unshrunk; `note` (B,) of the last instant."""

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
    estimator: str
    source: str
    simulated: bool


def measured(
    markets: Iterable[Market],
    coins: tuple[str, ...],
    factors: tuple[str, ...],
    spec: str,
    errors: str | None = None,
) -> Part:
    """Return the betas of `coins` in each of `markets`, before any cross-section: young coins wait for their prior, NaN.

    The markets are one at several instants, oldest first. Errors as `estimate`.
    """
    waiting = (Prior(np.full(len(factors), np.nan), np.zeros(len(factors))), "")
    rows, last, source, simulated = [], None, "", False
    for market in markets:
        last = estimate(market, coins, factors, estimator=spec, errors=errors, prior=waiting)
        rows.append([np.asarray(getattr(last, name)) for name in _NUMBERS])
        source, simulated = market.source, market.simulated
    if last is None:
        raise BrokenPromise("a market is measured at one instant at least")
    columns = {name: np.stack(column) for name, column in zip(_NUMBERS, zip(*rows, strict=True), strict=True)}
    return Part(
        coins,
        factors,
        note=last.note,
        estimator=last.estimator,
        source=source,
        simulated=simulated,
        **columns,
    )


def together(parts: Sequence[Part], times: TimeArray) -> UniverseBetas:
    """Return what `parts`, all at the same `times`, come to when the coins of each instant are shrunk together."""
    first = parts[0]
    columns = {name: np.concatenate([getattr(part, name) for part in parts], axis=1) for name in _NUMBERS}
    symbols = tuple(symbol for part in parts for symbol in part.symbols)
    gold = np.array([symbol in GOLD for symbol in symbols], dtype=bool)
    means, spreads = np.full((2, len(times), len(first.factors)), np.nan)
    said = ""
    for d in range(len(times)):
        fitted = columns["method"][d] == first.estimator
        peers = fitted & ~gold
        prior, said = prior_of(columns["raw"][d][peers], columns["raw_stderr"][d][peers], first.factors)
        _settle(columns, d, prior, fitted, peers & first.estimator.startswith("shrink("))
        if prior is not None:
            means[d], spreads[d] = prior.mean, prior.tau
    notes = [note for part in parts for note in part.note]
    last = zip(notes, columns["n"][-1], columns["method"][-1], strict=True)
    told = tuple(
        note if note or way not in {"prior", "unknown"} else f"{n} returns: {said}" for note, n, way in last
    )
    return UniverseBetas(
        times,
        symbols,
        first.factors,
        note=told,
        prior_mean=means,
        prior_sd=spreads,
        prior_note=said,
        estimator=first.estimator,
        source=first.source,
        simulated=first.simulated,
        **columns,
    )


def _settle(
    columns: dict[str, npt.NDArray[Any]], d: int, prior: Prior | None, fitted: BoolArray, moved: BoolArray
) -> None:
    """Put the betas and errors of instant `d` in place: what was `fitted` its own, or `moved` to the prior; young ones the prior."""
    beta, stderr, method = columns["beta"][d], columns["stderr"][d], columns["method"][d]
    raw, spread = columns["raw"][d], columns["raw_stderr"][d]
    beta[fitted], stderr[fitted] = raw[fitted], spread[fitted]
    young = method == "prior"
    if prior is None:
        method[young] = "unknown"
        return
    beta[moved], stderr[moved] = vasicek(raw[moved], spread[moved], prior)
    beta[young], stderr[young] = prior.mean, prior.tau
