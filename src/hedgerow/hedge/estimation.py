"""Step 1b: each coin's beta, with its error.

    estimate(market, assets, "BTC") -> Betas

Young coins get the prior or are refused, stablecoins are 0 by policy, the factor itself is 1 (`interfaces.md` §2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.returns import PairedReturns, ReturnKind, paired_returns
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import BetaPath, Betas
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.display import percent_text
from hedgerow.model.errors import NotEnoughData
from hedgerow.model.fixed import Shared
from hedgerow.model.market import Market
from hedgerow.stats.beta.estimator import BetaFit, Estimator
from hedgerow.stats.beta.shrink import Prior, Shrink, cross_section_prior, posterior
from hedgerow.stats.beta.spec import estimator as estimator_of

__all__ = ["Override", "estimate", "estimate_path", "prior_of"]

_LEAST_RETURNS = 20
_YOUNG_RETURNS = 60
_LEAST_CROSS_SECTION = 20
_LEAST_COVERAGE = 0.8
_SHIPPED_PRIOR = (1.4, 0.5)
_STALE_BARS = 3
_STUCK_DAYS, _STUCK_BARS = 5.0, 10


@dataclass(frozen=True, slots=True)
class Override:
    """A beta the user gives, one number a factor, with its standard error if they know one, and their note."""

    beta: tuple[float, ...]
    stderr: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Sample:
    """Everything estimated in one go: the coins asked for together with the cross-section around them."""

    symbols: tuple[str, ...]
    pairs: PairedReturns
    fit: BetaFit
    stale: frozenset[str]
    prior: Prior | None
    prior_note: str
    shrunk: bool


@dataclass(slots=True)
class _Row:
    """One coin's answer while it is put together."""

    beta: FloatArray
    spread: FloatArray
    method: str
    note: str = ""
    column: int | None = None


def estimate(
    market: Market,
    assets: tuple[str, ...],
    factors: str | tuple[str, ...] = "BTC",
    *,
    estimator: str | Estimator = "default",
    errors: str | None = None,
    overrides: Mapping[str, Override] | None = None,
    returns: ReturnKind = "simple",
    prior: tuple[Prior, str] | None = None,
) -> Betas:
    """Return the betas of `assets` to `factors` at the market's `as_of`, with their joint covariance.

    Fewer than 20 returns: unknown, NaN. 20 to 59: the prior, its spread as the error. From 60: the estimator,
    shrunk to the cross-section of the market file where the specification says so (`default` does).
    `returns` are simple unless a table made of logarithms is to be reproduced. `prior`, with its note, goes before the
    cross-section of the market file.
    Raises `UnknownSymbol` for a factor without a series and `NotEnoughData` when it has fewer than 20 returns.
    """
    names = tuple(factors.split(",")) if isinstance(factors, str) else factors
    chosen, shrunk = _unwrapped(estimator, market, errors)

    def make() -> _Sample:
        return _sample(market, names, chosen, prior, shrunk=shrunk, returns=returns)

    if isinstance(estimator, str) and prior is None:  # all coins at once, whichever of them a book holds
        what = (market.symbols, market.bar_hours, names, estimator, errors, returns)
        sample = _SHARED.of((market.prices, market.times), what, make)
    else:
        sample = make()
    given = overrides or {}
    rows = [_row(symbol, market, names, sample, given.get(symbol)) for symbol in assets]
    spec = f"shrink({chosen.spec})" if shrunk else chosen.spec
    return _assembled(market, assets, names, rows, sample, spec)


def estimate_path(
    market: Market,
    assets: tuple[str, ...],
    factors: str | tuple[str, ...] = "BTC",
    *,
    estimator: str | Estimator = "default",
) -> BetaPath:
    """Return the unshrunk betas of `assets` at every bar; row t uses rows ≤ t only. Errors as `estimate`."""
    names = tuple(factors.split(",")) if isinstance(factors, str) else factors
    chosen, _ = _unwrapped(estimator, market, None)
    pairs = paired_returns(market, assets, names)
    path = chosen.path(pairs.y, pairs.x)
    return BetaPath(assets, names, pairs.times, path.beta, path.stderr, chosen.spec)


def _unwrapped(estimator: str | Estimator, market: Market, errors: str | None) -> tuple[Estimator, bool]:
    """Take the cross-sectional shrinkage off the estimator: it is applied here, to the whole market file."""
    if isinstance(estimator, str):
        spec = estimator
        estimator = estimator_of(spec, bars_per_day=market.bars_per_day, errors=errors)
        if spec == "default":
            return estimator, True
    return (estimator.inner, True) if isinstance(estimator, Shrink) else (estimator, False)


_SHARED: Shared[_Sample] = Shared(most=2)
"""What was estimated last of markets that cannot change: books that look at one share it."""


def _sample(
    market: Market,
    names: tuple[str, ...],
    chosen: Estimator,
    given: tuple[Prior, str] | None,
    *,
    shrunk: bool,
    returns: ReturnKind,
) -> _Sample:
    symbols = tuple(s for s in market.symbols if s not in names)
    peers = tuple(s for s in symbols if not is_stablecoin(s) and s not in GOLD)
    pairs = paired_returns(market, symbols, names, returns)
    if len(pairs.y) < _LEAST_RETURNS:
        raise NotEnoughData(
            f"{' and '.join(names)} have only {len(pairs.y)} returns in common up to {market.as_of}",
            advice="Give a later --as-of, a longer price file or another --factor.",
        )
    _moving(market, names)
    bars = max(round(_STUCK_DAYS * market.bars_per_day), _STUCK_BARS)
    stuck = frozenset(s for i, s in enumerate(symbols) if _bars_stuck(pairs.y[:, i]) >= bars)
    fit = chosen.fit(pairs.y, pairs.x)
    stale = stuck | {s for i, s in enumerate(symbols) if _bars_since(pairs.y[:, i]) > _STALE_BARS}
    of_peers = np.array([s in peers and s not in stale for s in symbols], dtype=bool) & (
        pairs.n >= _YOUNG_RETURNS
    )
    of_peers &= np.isfinite(fit.beta).all(axis=1) & np.isfinite(fit.stderr).all(axis=1)
    prior, note = given or prior_of(fit.beta[of_peers], fit.stderr[of_peers], names)
    return _Sample(symbols, pairs, fit, stale, prior, note, shrunk)


def _bars_since(series: FloatArray) -> int:
    seen = np.flatnonzero(np.isfinite(series))
    return len(series) - 1 - int(seen[-1]) if len(seen) else len(series)


def _bars_stuck(series: FloatArray) -> int:
    """How many of the last known returns are exactly 0."""
    known = series[np.isfinite(series)]
    moved = np.flatnonzero(known)
    return len(known) - 1 - int(moved[-1]) if len(moved) else len(known)


def _moving(market: Market, names: tuple[str, ...]) -> None:
    """Raise `NotEnoughData` for a factor whose price never moves in the last year: nothing can be measured against it."""
    for name in names:
        column = market.prices[-round(365 * market.bars_per_day) :, market.column(name)]
        known = column[np.isfinite(column)]
        if len(known) and float(known.max()) == float(known.min()):
            raise NotEnoughData(
                f"the price of {name} does not move in {market.source or 'the market file'}",
                advice="Check the file, or give another --factor.",
            )


def prior_of(beta: FloatArray, stderr: FloatArray, names: tuple[str, ...]) -> tuple[Prior | None, str]:
    """Return the prior that (P, K) betas of a market's coins make, and where it comes from in words.

    Fewer than twenty coins make none: that of betas to BTC is shipped then, others are None.
    """
    count = len(beta)
    if count >= _LEAST_CROSS_SECTION:
        return cross_section_prior(beta, stderr), f"mean of {count} coins of the market file"
    if names == ("BTC",):
        mean, spread = _SHIPPED_PRIOR
        prior = Prior(np.array([mean]), np.array([spread]))
        return prior, f"the shipped prior {mean} ± {spread}: the file has only {count} coins to compare with"
    return None, f"no prior: {count} coins to compare with, {_LEAST_CROSS_SECTION} needed"


def _row(
    symbol: str, market: Market, names: tuple[str, ...], sample: _Sample, given: Override | None
) -> _Row:
    known = _without_data(symbol, names, given)
    if known is not None:
        return known
    if symbol not in sample.symbols:
        return _unknown(names, f"no series in {market.source or 'the market file'}", symbol)
    i = sample.symbols.index(symbol)
    n = int(sample.pairs.n[i])
    if symbol in sample.stale or n < _LEAST_RETURNS:
        late = _bars_since(sample.pairs.y[:, i]) > _STALE_BARS
        old = (
            f"no bar since {str(market.last_seen(symbol))[:10]}"
            if late
            else "its price has not moved for days"
        )
        return _unknown(
            names, old if n >= _LEAST_RETURNS else f"{n} returns, {_LEAST_RETURNS} needed", symbol
        )
    return _young(symbol, n, names, sample) if n < _YOUNG_RETURNS else _estimated(symbol, i, names, sample)


def _without_data(symbol: str, names: tuple[str, ...], given: Override | None) -> _Row | None:
    """Betas that no regression is needed for: the user's, the factor's own, a stablecoin's."""
    none = np.zeros(len(names))
    if given is not None:
        note = given.note or "given by you" + ("" if given.stderr else ", its error unknown")
        return _Row(
            np.broadcast_to(np.array(given.beta), none.shape).copy(), none + given.stderr, "override", note
        )
    if symbol in names:
        return _Row(np.array([float(symbol == name) for name in names]), none, "factor", "the factor itself")
    return _Row(none, none, "policy", "by policy") if is_stablecoin(symbol) else None


def _unknown(names: tuple[str, ...], why: str, symbol: str) -> _Row:
    nothing = np.full(len(names), np.nan)
    return _Row(nothing, nothing, "unknown", f"{why}; give --beta {symbol}=…")


def _young(symbol: str, n: int, names: tuple[str, ...], sample: _Sample) -> _Row:
    if sample.prior is None:
        return _unknown(names, f"{n} returns and {sample.prior_note}", symbol)
    note = f"{n} returns: the prior, not data ({sample.prior_note})"
    return _Row(sample.prior.mean.copy(), sample.prior.tau.copy(), "prior", note)


def _estimated(symbol: str, i: int, names: tuple[str, ...], sample: _Sample) -> _Row:
    fit, note = sample.fit, ""
    if sample.pairs.coverage[i] < _LEAST_COVERAGE:
        note = f"only {percent_text(sample.pairs.coverage[i])} of its bars are there, 80 % wanted"
    if not np.isfinite(fit.beta[i]).all():
        return _unknown(names, "no estimate", symbol)
    return _Row(fit.beta[i].copy(), np.zeros(len(names)), "estimate", note, column=i)


def _assembled(
    market: Market,
    assets: tuple[str, ...],
    names: tuple[str, ...],
    rows: list[_Row],
    sample: _Sample,
    spec: str,
) -> Betas:
    coins, count, fit = len(assets), len(names), sample.fit
    beta = np.array([row.beta for row in rows]).reshape(coins, count)
    covariance = np.diag(np.array([row.spread for row in rows]).reshape(-1) ** 2)
    raw, raw_stderr = np.full((coins, count), np.nan), np.full((coins, count), np.nan)
    fitted = [i for i, row in enumerate(rows) if row.column is not None]
    columns = [row.column for row in rows if row.column is not None]
    if fitted:
        raw[fitted], raw_stderr[fitted] = fit.beta[columns], fit.stderr[columns]
        wide = (np.array(columns)[:, None] * count + np.arange(count)).reshape(-1)
        into = (np.array(fitted)[:, None] * count + np.arange(count)).reshape(-1)
        covariance[np.ix_(into, into)] = fit.covariance[np.ix_(wide, wide)]
    _shrink(assets, rows, beta, covariance, sample)
    per_coin = {
        name: np.array([getattr(fit, name)[row.column] if row.column is not None else np.nan for row in rows])
        for name in ("alpha", "r2", "n_eff", "resid_vol")
    }
    per_coin["r2"] = np.where([row.method == "factor" for row in rows], 1.0, per_coin["r2"])
    return Betas(
        symbols=assets,
        factors=names,
        beta=beta,
        covariance=covariance,
        n=np.array(
            [_count(symbol, row, sample) for symbol, row in zip(assets, rows, strict=True)], dtype=np.int64
        ),
        method=tuple(spec if row.method == "estimate" else row.method for row in rows),
        note=tuple(row.note for row in rows),
        raw=raw,
        raw_stderr=raw_stderr,
        prior_mean=sample.prior.mean if sample.prior else np.full(count, np.nan),
        prior_sd=sample.prior.tau if sample.prior else np.full(count, np.nan),
        prior_note=sample.prior_note,
        estimator=spec,
        as_of=market.as_of,
        bar_hours=market.bar_hours,
        factor_correlation=_correlation(paired_returns(market, names, names).x),
        alpha=per_coin["alpha"],
        r2=per_coin["r2"],
        n_eff=per_coin["n_eff"],
        resid_vol=per_coin["resid_vol"],
    )


def _count(symbol: str, row: _Row, sample: _Sample) -> int:
    if row.column is not None:
        return int(sample.fit.n[row.column])
    if row.method == "factor":
        return int(sample.fit.n.max(initial=0)) or len(sample.pairs.y)
    return int(sample.pairs.n[sample.symbols.index(symbol)]) if symbol in sample.symbols else 0


def _shrink(
    assets: tuple[str, ...], rows: list[_Row], beta: FloatArray, covariance: FloatArray, sample: _Sample
) -> None:
    """Replace the estimated rows by their posterior, in place; gold keeps its own estimate."""
    if not sample.shrunk or sample.prior is None:
        return
    moved = [i for i, row in enumerate(rows) if row.column is not None and assets[i] not in GOLD]
    if not moved:
        return
    count = beta.shape[1]
    shrunk, joint = posterior(beta, covariance, sample.prior, np.array(moved, dtype=np.int64))
    beta[:], covariance[:] = shrunk.reshape(-1, count), joint


def _correlation(x: FloatArray) -> FloatArray:
    """(K, K) correlation of the factors' own returns, whatever gaps the coins have."""
    return np.atleast_2d(np.corrcoef(x, rowvar=False))
