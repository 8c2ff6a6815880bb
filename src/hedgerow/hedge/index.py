"""An index of coins as a factor: point-in-time weights over the market's own prices.

with_index(market, weights) -> Market with one more series
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray, check_shape
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market

__all__ = ["IndexWeights", "with_index"]

_LEAST_COVERAGE = 0.8
_START = 100.0


@dataclass(frozen=True, slots=True)
class IndexWeights:
    """What an index held from each of its (P,) rising instants on: `weights` (P, N), 0 for a coin it did not hold."""

    times: TimeArray
    symbols: tuple[str, ...]
    weights: FloatArray

    def __post_init__(self) -> None:
        check_shape("weights", self.weights, (len(self.times), len(self.symbols)))


def with_index(market: Market, weights: IndexWeights, name: str = "INDEX") -> Market:
    """Return `market` with the index as a series called `name`, 100 at its first bar, NaN before it and in gaps.

    From one known bar s to the next, t, it moves by Σ w (p_t / p_s − 1) / Σ w over the members priced at both, w
    being the last weights known at s: no weight is used before its time. A bar at which members of less than 80 %
    of the weight have a price is a gap. Raises `UsageError` when the name is taken and `NotEnoughData` when no bar
    follows a weight.
    """
    if name in market.symbols:
        raise UsageError(f"the market already has a series {name}", advice="Rename that coin's series.")
    held = [i for i, symbol in enumerate(weights.symbols) if symbol in market.symbols]
    columns = [market.symbols.index(weights.symbols[i]) for i in held]
    levels = _levels(market.times, market.prices[:, columns], weights, held)
    if np.isfinite(levels).sum() < 2:
        raise NotEnoughData(
            "the index has no two bars after its first weights",
            advice="Give weights that begin before the prices you use, of coins the price file holds.",
        )
    unknown = np.full((len(market.times), 1), np.nan)
    return replace(
        market,
        symbols=(*market.symbols, name),
        prices=np.hstack([market.prices, levels[:, None]]),
        volumes_usd=np.hstack([market.volumes_usd, unknown]),
    )


def _levels(times: TimeArray, prices: FloatArray, weights: IndexWeights, held: list[int]) -> FloatArray:
    """(T,) levels of the index, NaN where there is none."""
    levels = np.full(len(times), np.nan)
    known = np.searchsorted(weights.times, times, side="right") - 1
    last: int | None = None
    for t in range(len(times)):
        if last is None:
            if known[t] >= 0 and _covered(prices[t], weights, int(known[t]), held):
                levels[t], last = _START, t
            continue
        row = weights.weights[known[last]]
        moves = prices[t] / prices[last] - 1.0
        priced = np.isfinite(moves)
        part = row[held][priced]
        if part.sum() >= _LEAST_COVERAGE * row.sum() > 0.0:
            levels[t], last = levels[last] * (1.0 + float(part @ moves[priced]) / float(part.sum())), t
    return levels


def _covered(prices: FloatArray, weights: IndexWeights, row: int, held: list[int]) -> bool:
    whole = weights.weights[row]
    return bool(whole[held][np.isfinite(prices)].sum() >= _LEAST_COVERAGE * whole.sum() > 0.0)
