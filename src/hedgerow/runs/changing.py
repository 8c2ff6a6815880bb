"""Whether the coins still move with the market as they did: betas by CUSUM, the book's correlation by Fisher's z.

    followed(changes, market, learned, rules) -> Changes       after new days, each looked at once
    correlation_of(market, deltas, factor) -> z                the last 60 days against those before

Days are looked at, whatever the bars: hours are neither independent nor alike. A new day is judged by betas that were
estimated before it. Its score is its residual times the factor's return, in standard deviations of that product: its mean
is zero while the beta is right, and moves with it when it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.betas import Betas
from hedgerow.model.market import Market
from hedgerow.stats.cusum import page_sums, threshold_for
from hedgerow.stats.risk import fisher_difference

__all__ = ["Changes", "correlation_of", "followed"]

_SCALE_DAYS, _LEAST = 180, 60
_RECENT_DAYS, _BEFORE_DAYS = 60, 240
_CLIP = 3.0
"""A score counts three deviations at most: one wild day is no change."""
_CAP = 1.5
"""Sums stop here, in thresholds: what was told need not be made up for before it can be well again."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The running sums (up, down) of each coin, as of the close `seen` (milliseconds; None: nothing yet).

    `threshold` is where a coin's beta counts as changed.
    """

    sums: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    seen: int | None = None
    threshold: float = math.inf

    def worst(self, coin: str) -> float:
        """Return the larger of a coin's sums as a share of the threshold; NaN where it is not followed."""
        return max(self.sums[coin]) / self.threshold if coin in self.sums else math.nan


def followed(
    changes: Changes, market: Market, betas: Betas, coins: tuple[str, ...], false_alarm_days: float
) -> Changes:
    """Return the sums after the days since `changes.seen`, by `betas` that were estimated before them.

    With N coins each has a budget of N × `false_alarm_days` between false alarms, so that the book has one of as many
    days. A coin without history enough, and the factors themselves, are left out; the first call only begins.
    """
    times, rows = _days(market)
    mine = [c for c in coins if c in market.symbols and c in betas.symbols and c not in betas.factors]
    if not mine or not len(rows):
        return changes
    now = int(times[-1])
    threshold = threshold_for(max(len(mine) * false_alarm_days, 10.0))
    if changes.seen is None:
        return Changes(dict.fromkeys(mine, (0.0, 0.0)), now, threshold)
    new = int((times > changes.seen).sum())
    if not new:
        return changes
    sums = {}
    for coin in mine:
        up, down = page_sums(
            _scores(market, rows, betas, coin, new), start=changes.sums.get(coin, (0.0, 0.0))
        )
        sums[coin] = min(float(up[-1]), _CAP * threshold), min(float(down[-1]), _CAP * threshold)
    return Changes(sums, now, threshold)


def _days(market: Market) -> tuple[IntArray, IntArray]:
    """Return the closes of days in milliseconds, and their rows: midnights, or every bar of a day and more."""
    rows = np.arange(len(market.times))
    if market.bar_hours < 24.0:
        rows = rows[market.times == market.times.astype("datetime64[D]")]
    return market.times[rows].astype("datetime64[ms]").astype(np.int64), rows


def _scores(market: Market, rows: IntArray, betas: Betas, coin: str, new: int) -> FloatArray:
    """Standardised scores of the last `new` days; NaN where a price or the scale is missing."""
    columns = [market.column(coin), *(market.column(f) for f in betas.factors)]
    prices = market.prices[rows[-(_SCALE_DAYS + new + 1) :]][:, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        moves = prices[1:] / prices[:-1] - 1.0
    product = (moves[:, 0] - moves[:, 1:] @ betas.of(coin)) * moves[:, 1]
    past = product[: len(product) - new]
    past = past[np.isfinite(past)]
    scale = float(np.sqrt(np.mean(past**2))) if len(past) >= _LEAST else math.nan
    recent: FloatArray = product[len(product) - new :]
    return np.clip(recent / scale, -_CLIP, _CLIP) if scale > 0.0 else np.full(new, math.nan)


def correlation_of(market: Market, deltas: Mapping[str, float], factor: str) -> float:
    """Return z of the correlation of today's holdings with `factor` in the last 60 days against the 240 before.

    Below zero: looser than it was, also of a book that goes against the factor. `deltas` are dollars by coin; NaN without
    history enough. Domain §7, TV30.
    """
    held = {c: usd for c, usd in deltas.items() if c in market.symbols and c != factor and usd}
    if not held or factor not in market.symbols:
        return math.nan
    _, rows = _days(market)
    columns = [market.column(factor), *(market.column(c) for c in held)]
    prices = market.prices[rows[-(_RECENT_DAYS + _BEFORE_DAYS + 1) :]][:, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        moves = prices[1:] / prices[:-1] - 1.0
    moves = moves[np.isfinite(moves).all(axis=1)]
    if len(moves) < 2 * _RECENT_DAYS:
        return math.nan
    book = moves[:, 1:] @ np.array(list(held.values()))
    late, early = slice(len(moves) - _RECENT_DAYS, None), slice(0, len(moves) - _RECENT_DAYS)
    (now, many), (then, before) = (
        (float(np.corrcoef(book[part], moves[part, 0])[0, 1]), len(book[part])) for part in (late, early)
    )
    way = math.copysign(1.0, then)
    return fisher_difference(way * now, many, way * then, before).statistic
