"""`universe_betas(read, coins, ...)`: every coin's beta, in parts that workers of this machine or of a cluster measure.

A worker reads its own coins beside the factors: the whole market is in nobody's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.universe import Part, apart, measured, together
from hedgerow.model.arrays import TimeArray
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
from hedgerow.model.universe import UniverseBetas
from hedgerow.runs.panel import cut
from hedgerow.runs.spread import Workers, spread

__all__ = ["Measure", "instants", "universe_betas"]

_LEAST = 60

Reader = Callable[[tuple[str, ...]], Market]
"""Some coins beside the factors as a market; other processes must be able to import it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, at which instants, and how: as `estimate` takes them."""

    factors: tuple[str, ...]
    times: TimeArray
    estimator: str = "default"
    errors: str | None = None


def instants(
    market: Market, factors: tuple[str, ...], since: np.datetime64 | None, every_days: float
) -> TimeArray:
    """Return the last bar that all factors have, and with `every_days` those that many days apart before it, oldest first.

    None is before `since`. Raises `UsageError` for days below a bar, `NotEnoughData` where no bar is left.
    """
    there = np.isfinite(market.prices[:, [market.column(name) for name in factors]]).all(axis=1)
    bars = market.times[there]
    kept = bars if since is None else bars[bars >= since]
    if every_days:
        kept = kept[np.searchsorted(bars, kept) >= _LEAST]  # a factor's first bars tell nothing
    if not len(kept):
        raise NotEnoughData(f"no bar of {' and '.join(factors)} is left", advice="Give an earlier --from.")
    if not every_days:
        return kept[-1:]
    step = round(every_days * market.bars_per_day)
    if step < 1:
        raise UsageError(
            f"{every_days:g} days are less than a bar", advice="Give --every in whole bars or days."
        )
    wanted = np.arange(
        kept[-1], kept[0] - np.timedelta64(1, "ms"), -np.timedelta64(round(every_days * 86_400_000), "ms")
    )
    rows = np.searchsorted(kept, wanted, side="right") - 1
    found: TimeArray = kept[np.unique(rows[rows >= 0])]
    return found


def universe_betas(
    read: Reader,
    coins: tuple[str, ...],
    measure: Measure,
    size: int,
    workers: Workers | None = None,
    report: Callable[[int, int], None] = lambda _done, _all: None,
    kept: Mapping[str, Part] | None = None,
    keep: Callable[[str, Part], None] = lambda _key, _part: None,
) -> UniverseBetas:
    """Return the betas of `coins`, `size` of them read at once: the same, to the last bit, whoever computes them.

    `report` is told how many coins of how many are done. Parts that an earlier run `kept` are not measured again, and each that
    is done goes to `keep`. Raises `UsageError` for an estimator that learns from several coins
    at once, `NotEnoughData` as `estimate`, and what `read` and `spread` raise.
    """
    apart(measure.estimator)
    if not coins:
        raise UsageError("no coins to measure", advice="Give a price file with coins, or --coins.")
    parts = _Parts(coins, size)
    found = {key: (kept or {})[key] for key in parts if key in (kept or {})}
    left = {key: parts[key] for key in parts if key not in found}
    for share in spread(_measured, (read, measure), left, workers):
        for key, part in share:
            keep(key, part)
            found[key] = part
        report(min(len(found) * size, len(coins)), len(coins))
    return together([found[key] for key in parts], measure.times)


class _Parts(Mapping[str, tuple[str, ...]]):
    """Coins in parts by the number of their first."""

    def __init__(self, coins: tuple[str, ...], size: int) -> None:
        self._coins, self._size = coins, size

    def __len__(self) -> int:
        return (len(self._coins) + self._size - 1) // self._size

    def __iter__(self) -> Iterator[str]:
        return map(str, range(0, len(self._coins), self._size))

    def __getitem__(self, key: str) -> tuple[str, ...]:
        return self._coins[int(key) : int(key) + self._size]


def _measured(key: str, coins: tuple[str, ...], shared: tuple[Reader, Measure]) -> tuple[str, Part]:
    read, measure = shared
    market = read(coins)
    rows = np.searchsorted(market.times, measure.times, side="right") - 1
    views = (cut(market, int(row)) for row in rows)
    return key, measured(views, coins, measure.factors, measure.estimator, measure.errors)
