"""`compare(market, estimators)`: which estimator and which instruments hedge best, walk-forward and out of sample.

At every step betas are estimated on what was known, the hedge is held until the next step, and what it left is kept.
No coin is hedged with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.riskmodel import risk
from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.contest import Contest
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
from hedgerow.runs.panel import cut
from hedgerow.runs.score import Held, Scored, scored
from hedgerow.stats.optimise import on_equalities

__all__ = ["ContestSettings", "compare"]

_LEAST_RETURNS = 60
_BASIS_VARIANCE = 0.0007**2


@dataclass(frozen=True, slots=True)
class ContestSettings:
    """`train_days` before the first window, betas anew every `step_days`, tested against the next `test_days`.

    `books` random books of `coins` coins each. `start` is the first step at the earliest.
    """

    train_days: float = 365.0
    step_days: float = 7.0
    test_days: float = 60.0
    books: int = 50
    coins: int = 10
    start: np.datetime64 | None = None
    seed: int = 0


def compare(
    market: Market,
    estimators: Iterable[str],
    instruments: Iterable[str] = ("BTC",),
    settings: ContestSettings | None = None,
    report: Callable[[float], None] = lambda _: None,
) -> Contest:
    """Return one row for each estimator (a specification) and label: BTC, ETH, BTC+ETH, or basket:N.

    `basket:N` are the N most traded coins at each step, the asset's own left out, mixed for least variance with the
    beta held at zero. Raises `UsageError` for a label nobody knows, `NotEnoughData` for too short a market.
    """
    chosen = settings or ContestSettings()
    labels = tuple(instruments)
    for label in labels:
        _factors(label, market)
    rows = _steps(market, chosen)
    assets = np.array(
        [not is_stablecoin(s) and s not in GOLD and s not in {"BTC", "ETH"} for s in market.symbols],
        dtype=bool,
    )
    returns = _returns(market)
    done: list[Scored] = []
    pairs = [(spec, label) for label in labels for spec in estimators]
    for i, (spec, label) in enumerate(pairs):
        held = Held(market.symbols, returns, rows, assets)
        for t in rows:
            held.add(*_hedges(market, int(t), spec, label, assets))
        done.append(Scored(spec, label, held))
        report((i + 1) / len(pairs))
    found = scored(market, done, chosen.test_days, chosen.books, chosen.coins, chosen.seed)
    notes = (
        "Trades are charged 5 bp and half the modelled spread; hedges are held in dollars a dollar of the asset until the next step.",
    )
    return Contest(
        found,
        market.times[rows[0]],
        market.times[-1],
        len(market.times) - int(rows[0]),
        market.source,
        market.simulated,
        notes,
    )


def _steps(market: Market, settings: ContestSettings) -> IntArray:
    """Bars at which betas are estimated."""
    per_day = market.bars_per_day
    first = round(settings.train_days * per_day)
    if settings.start is not None:
        first = max(first, int(np.searchsorted(market.times, settings.start)))
    step = max(round(settings.step_days * per_day), 1)
    if first + step >= len(market.times):
        raise NotEnoughData(
            f"{len(market.times)} bars are too few to train on {settings.train_days:g} days and test after them",
            advice="Give a longer price file or a shorter --train.",
        )
    return np.arange(first, len(market.times) - 1, step, dtype=np.int64)


def _returns(market: Market) -> FloatArray:
    """One-bar simple returns (T, N); NaN where either end is missing, and in the first row."""
    moves = np.full(market.prices.shape, np.nan)
    with np.errstate(invalid="ignore"):
        moves[1:] = market.prices[1:] / market.prices[:-1] - 1.0
    return moves


def _factors(label: str, market: Market) -> tuple[str, ...]:
    """The factors that a label estimates against."""
    if label.startswith("basket:") and label[7:].isdigit() and int(label[7:]) >= 1:
        return ("BTC",)
    names = tuple(label.upper().split("+"))
    if all(name in market.symbols for name in names) and label:
        return names
    raise UsageError(
        f'"{label}" is no set of instruments here',
        advice="Valid: BTC, ETH, BTC+ETH, basket:6, or any coin of the file.",
    )


def _hedges(
    market: Market, t: int, spec: str, label: str, assets: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Hedges (N, N) in dollars a dollar of each asset at bar `t`, its betas (N,) to the first factor and their errors."""
    past = cut(market, t)
    factors = _factors(label, market)
    live = (
        assets & np.isfinite(past.prices[-1]) & (np.isfinite(past.prices[-400:]).sum(axis=0) > _LEAST_RETURNS)
    )
    symbols = tuple(s for s, on in zip(market.symbols, live, strict=True) if on)
    betas = estimate(past, symbols + factors, factors, estimator=spec)
    count = len(market.symbols)
    hedges, beta, error = np.full((count, count), np.nan), np.full(count, np.nan), np.full(count, np.nan)
    places = np.array([market.symbols.index(s) for s in symbols], dtype=np.int64)
    slopes = np.array([betas.of(s) for s in symbols]).reshape(len(symbols), len(factors))
    beta[places] = slopes[:, 0]
    error[places] = betas.stderr[[betas.symbols.index(s) for s in symbols], 0]
    if label.startswith("basket:"):
        hedges[places] = _baskets(past, betas, symbols, int(label[7:]))
        return hedges, beta, error
    hedges[places] = 0.0
    for k, factor in enumerate(factors):
        hedges[places, market.symbols.index(factor)] = -slopes[:, k]
    own = [market.symbols.index(f) for f in factors]
    hedges[own] = np.nan
    return hedges, beta, error


def _baskets(past: Market, betas: Betas, symbols: tuple[str, ...], most: int) -> FloatArray:
    """Least-variance hedges (A, N) of each asset with the most traded coins besides it, its beta held at zero."""
    model = risk(past, betas)
    traded = sorted(
        (s for s in (*symbols, "BTC") if s in model.symbols), key=lambda s: (-past.daily_volume_usd(s), s)
    )
    found = np.zeros((len(symbols), len(past.symbols)))
    for i, symbol in enumerate(symbols):
        if symbol not in model.symbols:
            found[i] = np.nan
            continue
        chosen = [s for s in traded if s != symbol][:most]
        rows = model.index(tuple(chosen))
        own = model.index((symbol,))[0]
        p = model.covariance[np.ix_(rows, rows)] + _BASIS_VARIANCE * np.eye(len(rows))
        slope = np.array([betas.of(s) for s in chosen])
        h = on_equalities(p, model.covariance[rows, own], slope, -betas.of(symbol))
        found[i, [past.symbols.index(s) for s in chosen]] = h
    return found
