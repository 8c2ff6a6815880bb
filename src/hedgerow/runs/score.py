"""What hedges left, in figures: one row for each estimator and set of instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.contest import ContestRow
from hedgerow.model.market import Market
from hedgerow.stats.bootstrap import block_interval
from hedgerow.stats.confidence_set import model_confidence_set
from hedgerow.stats.costs.impact import modelled_half_spread_bps

__all__ = ["Held", "Scored", "scored"]

_FEE = 0.0005
_AVERSION = 10.0
_DRAWS = 299
_LEAST_BARS = 30
_LEVELS = (0.50, 0.80, 0.90, 0.95)


@dataclass(slots=True)
class Held:
    """What was held from each step of `rows` to the next: hedges (N, N) a dollar of each asset, betas and errors (N,)."""

    symbols: tuple[str, ...]
    returns: FloatArray
    rows: IntArray
    assets: BoolArray
    hedges: list[FloatArray] = field(default_factory=list)
    betas: list[FloatArray] = field(default_factory=list)
    errors: list[FloatArray] = field(default_factory=list)

    def add(self, hedges: FloatArray, betas: FloatArray, errors: FloatArray) -> None:
        """Take the next step's hedges."""
        self.hedges.append(hedges)
        self.betas.append(betas)
        self.errors.append(errors)

    def left(self) -> tuple[FloatArray, FloatArray]:
        """Return unhedged and hedged returns (B, N) of the bars after the first step; NaN where not hedged."""
        ends = [*self.rows[1:].tolist(), len(self.returns) - 1]
        plain, hedged = [], []
        for start, end, h in zip(self.rows.tolist(), ends, self.hedges, strict=True):
            moves = self.returns[start + 1 : end + 1]
            on = np.isfinite(h).all(axis=1) & self.assets
            plain.append(np.where(on, moves, np.nan))
            hedged.append(np.where(on, moves + np.nan_to_num(moves) @ np.nan_to_num(h).T, np.nan))
        return np.vstack(plain), np.vstack(hedged)

    def turnover(self) -> FloatArray:
        """Return dollars (S − 1, N) traded at each later step for a dollar of every asset, of each instrument summed."""
        steps = np.stack(self.hedges)
        traded: FloatArray = np.abs(np.diff(steps, axis=0)).sum(axis=2)
        return traded


@dataclass(frozen=True, slots=True)
class Scored:
    """A specification and a label with what they held."""

    spec: str
    label: str
    held: Held


def scored(
    market: Market, done: Sequence[Scored], test_days: float, books: int, coins: int, seed: int
) -> tuple[ContestRow, ...]:
    """Return the figures of everything that was held, in its order."""
    left = [one.held.left() for one in done]
    both = np.logical_and.reduce([np.isfinite(hedged) for _, hedged in left])
    counted = both.sum(axis=0) >= _LEAST_BARS
    rows = []
    for one, (plain, hedged) in zip(done, left, strict=True):
        mates = [i for i, other in enumerate(done) if other.label == one.label]
        confidence = _confidence([left[i][1][:, counted] for i in mates], seed)[mates.index(done.index(one))]
        rows.append(_row(market, one, plain, hedged, counted, confidence, (test_days, books, coins, seed)))
    return tuple(rows)


def _confidence(hedged: list[FloatArray], seed: int) -> FloatArray:
    """The model confidence set on the mean squared return that each leaves, bar by bar."""
    losses = np.column_stack([np.nanmean(np.where(np.isfinite(h), h, np.nan) ** 2, axis=1) for h in hedged])
    known = np.isfinite(losses).all(axis=1)
    return model_confidence_set(losses[known], draws=_DRAWS, seed=seed)


def _row(
    market: Market,
    one: Scored,
    plain: FloatArray,
    hedged: FloatArray,
    counted: BoolArray,
    confidence: float,
    asked: tuple[float, int, int, int],
) -> ContestRow:
    test_days, books, coins, seed = asked
    plain, hedged = plain[:, counted], hedged[:, counted]
    plain = np.where(np.isfinite(hedged), plain, np.nan)
    years = len(plain) / market.bars_per_day / 365.0
    each = 1.0 - np.nanvar(hedged, axis=0) / np.nanvar(plain, axis=0)
    pooled = block_interval(np.stack([plain, hedged], axis=2), _pooled, draws=_DRAWS, seed=seed)
    traded = one.held.turnover()[:, counted]
    turnover = float(np.nanmean(np.nansum(traded, axis=0))) / years
    rate = _rate(market, one)
    variance = float(np.nanmean(np.nanvar(plain, axis=0))) * market.bars_per_day * 365.0
    error, coverage, windows = _foresight(market, one, counted, test_days)
    return ContestRow(
        estimator=one.spec,
        instruments=one.label,
        median_he=float(np.median(each)),
        pooled_he=pooled.middle,
        pooled_low=pooled.low,
        pooled_high=pooled.high,
        net_he=pooled.middle - 2.0 * turnover * rate / _AVERSION / variance,
        basket_he=_removed(np.nanmean(plain, axis=1), np.nanmean(hedged, axis=1)),
        books_he=_books(plain, hedged, books, coins, seed),
        residual_beta=_residual(market, one, hedged),
        rmse_next=error,
        turnover=turnover,
        cost_per_year=turnover * rate,
        funding_per_year=_funding(market, one, counted, years),
        coverage50=coverage[0],
        coverage80=coverage[1],
        coverage90=coverage[2],
        coverage95=coverage[3],
        confidence=float(confidence),
        assets=int(counted.sum()),
        windows=windows,
    )


def _pooled(stacked: FloatArray) -> float:
    return float(
        1.0 - np.nansum(np.nanvar(stacked[:, :, 1], axis=0)) / np.nansum(np.nanvar(stacked[:, :, 0], axis=0))
    )


def _removed(plain: FloatArray, hedged: FloatArray) -> float:
    known = np.isfinite(plain) & np.isfinite(hedged)
    power = float(np.var(plain[known]))
    return 1.0 - float(np.var(hedged[known])) / power if power > 0 else float("nan")


def _books(plain: FloatArray, hedged: FloatArray, books: int, coins: int, seed: int) -> float:
    """The median variance removed from random books of equal dollars; NaN with fewer coins than a book takes."""
    if plain.shape[1] < coins or books < 1:
        return float("nan")
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(plain.shape[1], coins, replace=False) for _ in range(books)]
    return float(
        np.median(
            [_removed(np.nanmean(plain[:, c], axis=1), np.nanmean(hedged[:, c], axis=1)) for c in drawn]
        )
    )


def _residual(market: Market, one: Scored, hedged: FloatArray) -> float:
    """The median slope of what is left on the first factor."""
    lead = "ETH" if one.label.upper() == "ETH" else "BTC"
    f = one.held.returns[int(one.held.rows[0]) + 1 :, market.symbols.index(lead)]
    slopes = []
    for column in hedged.T:
        known = np.isfinite(column) & np.isfinite(f)
        x = f[known] - f[known].mean()
        slopes.append(float(x @ column[known] / (x @ x)))
    return float(np.median(slopes))


def _rate(market: Market, one: Scored) -> float:
    """What trading a dollar of the label's contracts costs: the taker fee and half the spread at their volume."""
    last = one.held.hedges[-1]
    used = np.flatnonzero(np.nansum(np.abs(last), axis=0) > 0)
    volumes = [market.daily_volume_usd(market.symbols[i]) for i in used]
    spreads = [modelled_half_spread_bps(v) for v in volumes if np.isfinite(v) and v > 0]
    return _FEE + (float(np.median(spreads)) / 1e4 if spreads else 0.0001)


def _funding(market: Market, one: Scored, counted: BoolArray, years: float) -> float:
    """What the hedges received in funding a year, a dollar of asset, on average; NaN where no prints are given."""
    if not market.funding:
        return float("nan")
    total, ends = 0.0, [*one.held.rows[1:].tolist(), len(market.times) - 1]
    for start, end, h in zip(one.held.rows.tolist(), ends, one.held.hedges, strict=True):
        mean = np.nanmean(
            np.where(np.isfinite(h[counted]).all(axis=1, keepdims=True), h[counted], np.nan), axis=0
        )
        for i in np.flatnonzero(np.nan_to_num(mean)):
            prints = market.funding.get(market.symbols[i])
            if prints is not None:
                due = (prints.times > market.times[start]) & (prints.times <= market.times[end])
                total -= float(mean[i]) * float(np.nansum(prints.rates[due]))
    return total / years


def _foresight(
    market: Market, one: Scored, counted: BoolArray, test_days: float
) -> tuple[float, tuple[float, float, float, float], int]:
    """RMSE against the next window's OLS beta, and how often intervals held it, its own error included.

    Betas also move: each interval is widened as much as earlier ones, over by then, should have been.
    """
    held, length = one.held, round(test_days * market.bars_per_day)
    lead = "ETH" if one.label.upper() == "ETH" else "BTC"
    f = held.returns[:, market.symbols.index(lead)]
    misses: list[FloatArray] = []
    scales: list[FloatArray] = []
    ends: list[int] = []
    reach: list[FloatArray] = []
    for t, beta, error in zip(held.rows.tolist(), held.betas, held.errors, strict=True):
        if t + length >= len(f) or "+" in one.label:
            continue
        y, x = held.returns[t + 1 : t + length + 1][:, counted], f[t + 1 : t + length + 1]
        slope, noise = _window(y, x)
        wider = _widened([(m, s) for m, s, end in zip(misses, scales, ends, strict=True) if end <= t])
        misses.append(beta[counted] - slope)
        scales.append(np.sqrt(error[counted] ** 2 + noise**2))
        reach.append(wider * scales[-1])
        ends.append(t + length)
    if not misses:
        return float("nan"), (float("nan"),) * 4, 0
    miss, scale = np.concatenate(misses), np.concatenate(reach)
    known = np.isfinite(miss) & np.isfinite(scale) & (scale > 0)
    far = np.abs(miss[known] / scale[known])
    z = [NormalDist().inv_cdf(0.5 + level / 2.0) for level in _LEVELS]
    found = [float((far <= bound).mean()) if len(far) else float("nan") for bound in z]
    return float(np.sqrt(np.mean(miss[known] ** 2))), (found[0], found[1], found[2], found[3]), len(misses)


def _widened(over: list[tuple[FloatArray, FloatArray]]) -> float:
    """By how much earlier intervals, over by then, should have been wider to hold nine in ten of the next betas."""
    if not over:
        return 1.0
    far = np.concatenate([np.abs(miss) / scale for miss, scale in over])
    known = far[np.isfinite(far)]
    if not len(known):
        return 1.0
    return max(float(np.quantile(known, 0.90)) / NormalDist().inv_cdf(0.95), 1.0)


def _window(y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """OLS slopes (N,) of y (L, N) on x (L,) with classical errors; NaN where a bar is missing."""
    whole = np.isfinite(y).all(axis=0) & np.isfinite(x).all()
    u = x - x.mean()
    square = float(u @ u)
    slope = np.where(whole, u @ np.nan_to_num(y) / square, np.nan)
    rest = y - y.mean(axis=0) - np.outer(u, slope)
    return slope, np.sqrt((rest**2).sum(axis=0) / (len(x) - 2) / square)
