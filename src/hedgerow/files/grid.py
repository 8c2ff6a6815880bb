"""Bars on one grid: gaps stay gaps, stamps are held against the factor's, bad ticks are flagged.

A stamp off the factor's grid by less than an eighth of a bar is read as the grid's bar, and said; one further off is
no such bar and its rows are left out, and said. Where two rows fall on one bar the exact stamp wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray, TimeArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import DataFlag

__all__ = ["Grid", "Rows", "on_grid"]

_TOLERANCE = 0.125
_SPIKE = 0.7
_BACK = 0.15
_STUCK = 10
_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Long columns: (R,) closes in milliseconds of UTC, the coin's number, price and dollars traded."""

    closes: IntArray
    coin: IntArray
    price: FloatArray
    volume: FloatArray
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """(T,) bar closes, (T, N) prices and volumes, NaN in gaps; what was odd, in `flags`."""

    times: TimeArray
    prices: FloatArray
    volumes: FloatArray
    bar_hours: float
    flags: tuple[DataFlag, ...]


def on_grid(rows: Rows, factor: str, file: str) -> Grid:
    """Return the rows as a panel on the grid of `factor` (of all rows where it has none). Raises `BadPrices`."""
    own = rows.closes[rows.coin == rows.symbols.index(factor)] if factor in rows.symbols else rows.closes
    bar, phase = _rhythm(np.unique(own), file)
    offset = (rows.closes - phase + bar // 2) % bar - bar // 2
    inside = np.abs(offset) < _TOLERANCE * bar
    flags = _stamp_flags(rows, offset, inside, factor)
    slots = (rows.closes - offset - phase) // bar
    order = np.lexsort((np.abs(offset), slots, rows.coin))
    order = order[inside[order]]
    key = rows.coin[order] * (int(slots.max(initial=0)) + 2) + slots[order]
    first = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.zeros(0, dtype=bool)
    _refuse_conflicts(rows, order, first, offset, file)
    kept = order[first]
    grid, row = np.unique(slots[kept], return_inverse=True)
    prices = np.full((len(grid), len(rows.symbols)), np.nan)
    volumes = np.full_like(prices, np.nan)
    prices[row, rows.coin[kept]] = rows.price[kept]
    volumes[row, rows.coin[kept]] = rows.volume[kept]
    flags += _tick_flags(prices, rows.symbols)
    times = (grid * bar + phase).astype("datetime64[ms]")
    return Grid(times, prices, volumes, bar / _HOUR, tuple(flags))


def _rhythm(stamps: IntArray, file: str) -> tuple[int, int]:
    """Length of a bar and its phase, both in milliseconds: the commonest of each."""
    if len(stamps) < 2:
        raise BadPrices("there are fewer than two bars", file=file, advice="Give a longer history.")
    gaps, counts = np.unique(np.diff(stamps), return_counts=True)
    bar = int(gaps[np.argmax(counts)])
    phases, counts = np.unique(stamps % bar, return_counts=True)
    return bar, int(phases[np.argmax(counts)])


def _stamp_flags(
    rows: Rows, offset: IntArray, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], factor: str
) -> list[DataFlag]:
    flags: list[DataFlag] = []
    for i in np.unique(rows.coin[offset != 0]):
        mine = rows.coin == i
        off = mine & (offset != 0)
        hours = float(np.median(offset[off])) / _HOUR
        share = f"{int(off.sum())} of {int(mine.sum())} bars {hours:+.3g} h off {factor}'s"
        if (off & inside).any():
            flags.append(DataFlag("stamps", rows.symbols[i], f"{share}, read as the same bars"))
        if (off & ~inside).any():
            flags.append(
                DataFlag("stamps", rows.symbols[i], f"{share}, too far to be the same bars: left out")
            )
    return flags


def _refuse_conflicts(
    rows: Rows,
    order: IntArray,
    first: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    offset: IntArray,
    file: str,
) -> None:
    """Two different prices for one coin at one exact stamp cannot both be true."""
    again = np.flatnonzero(~first)
    for place in again:
        here, before = order[place], order[place - 1]
        exact = offset[here] == 0 and offset[before] == 0
        if exact and rows.price[here] != rows.price[before]:
            when = str(rows.closes[here].astype("datetime64[ms]"))[:16]
            raise BadPrices(
                f"{rows.symbols[rows.coin[here]]} has two prices for the bar that closes {when}:"
                f" {rows.price[before]:g} and {rows.price[here]:g}",
                file=file,
                advice="Keep one of them, or choose one --source.",
            )


def _tick_flags(prices: FloatArray, symbols: tuple[str, ...]) -> list[DataFlag]:
    """Take out, in place, what cannot be a price and spikes that revert at the next bar; flag what looks stuck."""
    flags: list[DataFlag] = []
    with np.errstate(invalid="ignore"):
        bad = np.isinf(prices) | (prices <= 0)
    prices[bad] = np.nan
    flags += [
        DataFlag("bad tick", symbols[i], f"{int(bad[:, i].sum())} prices not above 0: left out")
        for i in np.flatnonzero(bad.any(axis=0))
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        log = np.log(prices)
        there, back = log[1:-1] - log[:-2], log[2:] - log[:-2]
        spike = (np.abs(there) > _SPIKE) & (np.abs(back) < _BACK)
    prices[1:-1][spike] = np.nan
    for i in np.flatnonzero(spike.any(axis=0)):
        flags.append(
            DataFlag("spike", symbols[i], f"{int(spike[:, i].sum())} bars that revert at once: left out")
        )
    same = prices[1:] == prices[:-1]
    for i in np.flatnonzero(same.sum(axis=0) >= _STUCK):
        longest = _longest_run(same[:, i])
        if longest >= _STUCK and not is_stablecoin(symbols[i]):
            flags.append(DataFlag("stuck", symbols[i], f"the same price for {longest + 1} bars in a row"))
    return flags


def _longest_run(same: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    breaks = np.flatnonzero(~np.concatenate(([False], same, [False])))
    return int(np.max(np.diff(breaks)) - 1)
