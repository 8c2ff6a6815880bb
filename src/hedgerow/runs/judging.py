"""Which of many tries is the best, how sure that is, and how much of it is luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.journal import day_ends, day_sizes
from hedgerow.model.sweeps import Judged, Sweep, Tried
from hedgerow.runs.past import Past
from hedgerow.stats.confidence_set import model_confidence_set
from hedgerow.stats.risk import DAYS_A_YEAR, hedge_effectiveness, historical_es, max_drawdown
from hedgerow.stats.selection import luck_of_the_best, variance_draws

__all__ = ["judged"]

_CONTENDERS = 60
_LEAST_DAYS = 30


def judged(tried: Sequence[Tried], past: Past, policy: Policy, seed: int) -> Sweep:
    """Return the tries best first, on the days that all of them have.

    The score is ½·γ·variance a year + costs − funding, γ the aversion of `policy`: what it minimises itself. Luck and
    interval come from 499 block-bootstrap draws of all tries together; the confidence set is of the best 60.
    """
    there = [t for t in tried if not t.refused]
    failed = [_without(t) for t in tried if t.refused]
    days = min((len(t.hedged) for t in there), default=0)
    unhedged, factor = _daily(past)
    days = min(days, len(unhedged))
    notes = [f"{len(tried)} policies were tried: the best of so many looks better than it is."]
    aversion, nan = policy.risk_aversion, float("nan")
    if days < _LEAST_DAYS:
        notes.append(f"{days} days are too few to tell them apart.")
        rows = [_without(t) for t in there]
        return Sweep((*rows, *failed), nan, nan, nan, days, aversion, nan, tuple(notes))
    returns = np.column_stack([t.hedged[len(t.hedged) - days :] for t in there])
    charge = 0.5 * aversion * DAYS_A_YEAR
    cost = np.array([t.cost_a_year - t.funding_a_year for t in there])
    losses = charge * returns.var(axis=0) + cost
    drawn = charge * variance_draws(returns, seed=seed) + cost
    order = np.argsort(losses, kind="stable").astype(np.int64)
    low, high = np.quantile(drawn[:, order[0]], [0.05, 0.95])
    confidence = _confidence(charge * (returns - returns.mean(axis=0)) ** 2 + cost, order, seed)
    plain, lead = unhedged[-days:], factor[-days:]
    rows = [_row(there[c], returns[:, c], plain, lead, float(losses[c]), float(confidence[c])) for c in order]
    return Sweep(
        rows=(*rows, *failed),
        luck=luck_of_the_best(drawn, losses),
        low=float(low),
        high=float(high),
        days=days,
        aversion=aversion,
        unhedged_volatility=float(np.std(plain) * np.sqrt(DAYS_A_YEAR)),
        notes=tuple(notes),
    )


def _daily(past: Past) -> tuple[FloatArray, FloatArray]:
    """Daily returns of the book alone and of the first factor (D,)."""
    first = past.panel.first
    ends = day_ends(past.panel.times[first:])
    worth, flows = past.panel.worth[first:].sum(axis=1), past.panel.flow_usd[first:]
    size = day_sizes(
        past.panel.times[first:], past.panel.gross_usd[first:], past.panel.grown_usd[first:], ends
    )
    gained = (worth - np.cumsum(flows))[ends]
    moves = past.panel.factor[first:, 0].copy()
    moves[0] = 0.0
    grown = np.cumprod(1.0 + moves)[ends]
    return np.diff(gained) / size, grown[1:] / grown[:-1] - 1.0


def _confidence(losses: FloatArray, order: IntArray, seed: int) -> FloatArray:
    """The confidence set's p-values of the best; NaN for those too far behind to be asked."""
    found = np.full(losses.shape[1], np.nan)
    best = order[:_CONTENDERS]
    found[best] = model_confidence_set(losses[:, best], seed=seed)
    return found


def _row(
    tried: Tried, hedged: FloatArray, plain: FloatArray, factor: FloatArray, score: float, confidence: float
) -> Judged:
    lead = factor - factor.mean()
    square = float(lead @ lead)
    return Judged(
        tried=tried,
        score=score,
        variance_removed=hedge_effectiveness(plain, hedged),
        volatility_hedged=float(np.std(hedged) * np.sqrt(DAYS_A_YEAR)),
        es95_hedged=historical_es(hedged),
        drawdown_hedged=max_drawdown(np.cumprod(np.concatenate([[1.0], 1.0 + hedged]))).depth,
        residual_beta=float(lead @ hedged) / square if square > 0.0 else float("nan"),
        confidence=confidence,
    )


def _without(tried: Tried) -> Judged:
    nan = float("nan")
    return Judged(tried, nan, nan, nan, nan, nan, nan, nan)
