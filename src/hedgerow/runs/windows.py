"""A published table again, window by window: `compare_windows(market, windows)`.

    compare_windows(market, [("2024-01-01", "2024-12-31", "2025-01-01", "2025-03-31", "SOL")], ["ols"])

Dates are whole days in UTC, both ends included; instants are taken as they are, and a return counts by its close.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from hedgerow.hedge.returns import PairedReturns, ReturnKind, paired_returns
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.contest import WindowResult, WindowTable
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
from hedgerow.runs.contenders import label_of
from hedgerow.stats.beta.estimator import Estimator
from hedgerow.stats.beta.shrink import Shrink
from hedgerow.stats.beta.spec import estimator as estimator_of
from hedgerow.stats.foresight import next_beta

__all__ = ["Instant", "Row", "Window", "compare_windows"]

Instant = str | date | datetime | np.datetime64
Row = Sequence[Instant | str | None]
_DAY = np.timedelta64(1, "D")
_LEAST_TESTED = 2


@dataclass(frozen=True, slots=True)
class Window:
    """One row of a table: learn from `train_start` to `train_end`, test from `test_start` to `test_end`.

    A bare date is that whole day. `coin` None: every coin of the market but the factors, stablecoins and gold.
    """

    train_start: Instant
    train_end: Instant
    test_start: Instant
    test_end: Instant
    coin: str | None = None


def compare_windows(
    market: Market,
    windows: Iterable[Window | Row],
    estimators: Iterable[str] = ("ols",),
    instruments: Iterable[str] = ("BTC",),
    *,
    returns: ReturnKind = "simple",
) -> WindowTable:
    """Return one row for each window, coin, estimator and label (BTC, ETH, BTC+ETH): its beta and what that removed.

    `windows` are `Window`s or rows (train_start, train_end, test_start, test_end[, coin]). An estimator sees the
    training returns and nothing else; `default` and `shrink(…)` see those of all coins. The hedge −β stands through
    the test. Raises `UsageError` for dates out of order or labels without factors, `UnknownSymbol` for a coin without
    a series, `NotEnoughData` for a window with fewer than two returns to test on or none to learn from.
    """
    labels = [label_of(text, market) for text in instruments]
    for label in labels:
        if label.count is not None:
            raise UsageError(
                f"{label.name} has no fixed contracts to repeat a table with",
                advice="Give BTC, ETH or BTC+ETH.",
            )
    specs = [(spec, _estimator(spec, market)) for spec in estimators]
    rows: list[WindowResult] = []
    for given in windows:
        window = given if isinstance(given, Window) else _window(given)
        for label in labels:
            rows += _tested(market, window, label.factors, specs, returns)
    return WindowTable(tuple(rows), returns, market.source, market.simulated)


def _estimator(spec: str, market: Market) -> Estimator:
    found = estimator_of(spec, bars_per_day=market.bars_per_day)
    return Shrink(found) if spec == "default" else found


def _window(row: Row) -> Window:
    if isinstance(row, str) or len(row) not in {4, 5} or any(part is None for part in row[:4]):
        raise UsageError(
            f"{row!r} is no window", advice="Give (train_start, train_end, test_start, test_end[, coin])."
        )
    coin = row[4] if len(row) == 5 else None
    start, end, test, until = (part for part in row[:4] if part is not None)
    return Window(start, end, test, until, None if coin is None else str(coin))


def _instant(when: Instant, *, ends: bool) -> np.datetime64:
    """A bare date is its first instant, or its last where it `ends` something."""
    if isinstance(when, str):
        text = when.strip()
        try:
            when = (
                date.fromisoformat(text) if len(text) <= len("2024-01-01") else datetime.fromisoformat(text)
            )
        except ValueError:
            raise UsageError(f'"{text[:40]}" is no date', advice="Write 2024-01-01.") from None
    if isinstance(when, np.datetime64):
        whole, found = when.dtype == np.dtype("datetime64[D]"), when.astype("datetime64[ms]")
    else:
        whole, found = not isinstance(when, datetime), np.datetime64(_naive(when), "ms")
    later: np.datetime64 = found + _DAY if whole and ends else found
    return later


def _naive(when: date) -> date:
    """An instant in UTC without its zone."""
    if isinstance(when, datetime) and when.tzinfo is not None:
        return when.astimezone(UTC).replace(tzinfo=None)
    return when


def _tested(
    market: Market,
    window: Window,
    factors: tuple[str, ...],
    specs: list[tuple[str, Estimator]],
    kind: ReturnKind,
) -> list[WindowResult]:
    bounds = (
        _instant(window.train_start, ends=False),
        _instant(window.train_end, ends=True),
        _instant(window.test_start, ends=False),
        _instant(window.test_end, ends=True),
    )
    if not bounds[0] < bounds[1] <= bounds[2] < bounds[3]:
        raise UsageError(
            f"a window from {bounds[0]} to {bounds[3]} has its dates out of order",
            advice="train_start < train_end ≤ test_start < test_end.",
        )
    coins = (window.coin,) if window.coin is not None else _coins(market, factors)
    peers = tuple(dict.fromkeys(coins + _coins(market, factors)))
    learnt, tested = (_between(market, peers, factors, bounds[i], bounds[i + 1], kind) for i in (0, 2))
    if len(learnt.y) < 1 or len(tested.y) < _LEAST_TESTED:
        raise NotEnoughData(
            f"{len(learnt.y)} returns to learn from and {len(tested.y)} to test on, from {bounds[0]} to {bounds[3]}",
            advice="Check the dates against the price file.",
        )
    return [
        row
        for spec, estimator in specs
        for row in _rows(estimator, spec, learnt, tested, coins, peers, factors, bounds)
    ]


def _coins(market: Market, factors: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(s for s in market.symbols if s not in factors and not is_stablecoin(s) and s not in GOLD)


def _between(
    market: Market,
    coins: tuple[str, ...],
    factors: tuple[str, ...],
    start: np.datetime64,
    end: np.datetime64,
    kind: ReturnKind,
) -> PairedReturns:
    """The returns that close after `start` and up to `end`."""
    found = paired_returns(market, coins, factors, kind)
    kept = (found.times > start) & (found.times <= end)
    seen = np.isfinite(found.y[kept]).sum(axis=0).astype(np.int64)
    return PairedReturns(found.times[kept], found.y[kept], found.x[kept], seen, found.coverage)


def _rows(
    estimator: Estimator,
    spec: str,
    learnt: PairedReturns,
    tested: PairedReturns,
    coins: tuple[str, ...],
    peers: tuple[str, ...],
    factors: tuple[str, ...],
    bounds: tuple[np.datetime64, np.datetime64, np.datetime64, np.datetime64],
) -> list[WindowResult]:
    shared = isinstance(estimator, Shrink)
    places = list(range(len(peers))) if shared else [peers.index(coin) for coin in coins]
    fit = estimator.fit(learnt.y[:, places], _of(learnt.x, places))
    rows = []
    for coin in coins:
        column, i = places.index(peers.index(coin)), peers.index(coin)
        y, x = _pair(tested, i)
        if len(y) < _LEAST_TESTED or not fit.n[column]:
            continue
        left = y - x @ fit.beta[column]
        slope, error = next_beta(y[:, None], x)
        beyond, _ = next_beta(left[:, None], x)
        power = float(np.var(y))
        rows.append(
            WindowResult(
                *bounds,
                coin,
                spec,
                "+".join(factors),
                tuple(fit.beta[column].tolist()),
                tuple(fit.stderr[column].tolist()),
                int(fit.n[column]),
                tuple(slope[0].tolist()),
                tuple(error[0].tolist()),
                len(y),
                1.0 - float(np.var(left)) / power if power > 0.0 else float("nan"),
                tuple(beyond[0].tolist()),
            )
        )
    return rows


def _of(x: FloatArray, places: list[int]) -> FloatArray:
    return x[:, places] if x.ndim == 3 else x


def _pair(returns: PairedReturns, i: int) -> tuple[FloatArray, FloatArray]:
    """The returns (n,) of one coin and (n, K) of its factors, over its own gaps."""
    y = returns.y[:, i]
    x = returns.x[:, i] if returns.x.ndim == 3 else returns.x
    used = np.isfinite(y) & np.isfinite(x).all(axis=1)
    return y[used], x[used]
