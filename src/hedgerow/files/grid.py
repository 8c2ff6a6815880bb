"""Bars on one grid: gaps stay gaps, and stamps are held against the factor's.

A stamp off the factor's grid by less than an eighth of a bar (three hours of a day) is read as the grid's bar, and
said: an hour's shift, daylight saving or another zone's midnight moves no beta. One further off is no such bar, and
its rows are left out, and said (domain §1.3). Where two rows fall on one bar the exact stamp wins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, TimeArray
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import DataFlag

__all__ = ["Grid", "Rows", "bar_length", "on_grid"]

_TOLERANCE = 0.125
_HOUR = 3_600_000
_DAY = 24 * _HOUR
_MOST_CELLS = 150_000_000


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
    """(T,) bar closes, (T, N) prices and volumes, NaN in gaps; what was odd, in `flags`; `repeated` rows dropped."""

    times: TimeArray
    prices: FloatArray
    volumes: FloatArray
    bar_hours: float
    flags: tuple[DataFlag, ...]
    repeated: int


def bar_length(stamps: IntArray, coin: IntArray, factor: int | None) -> int | None:
    """Return the commonest spacing of the factor's stamps in milliseconds (of the commonest coin's without one).

    None where no coin has two bars.
    """
    lead = factor if factor is not None else int(np.bincount(coin).argmax())
    for own in (stamps[coin == lead], stamps):
        gaps, counts = np.unique(np.diff(np.unique(own)), return_counts=True)
        if len(gaps):
            return int(gaps[np.argmax(counts)])
    return None


def on_grid(
    rows: Rows, bar: int, factor: str, until: int | None, refuse: Callable[[int, int], BadPrices], file: str
) -> Grid:
    """Return the rows as a panel on the grid of `factor`, of all rows where it has none, none after `until`.

    `bar` and `until` are in milliseconds. Rows that say the same twice are dropped; `refuse` makes the error for two
    that differ, from their places.
    """
    lead = (
        rows.coin == rows.symbols.index(factor)
        if factor in rows.symbols
        else np.ones(len(rows.coin), dtype=bool)
    )
    phases, counts = np.unique(rows.closes[lead] % bar, return_counts=True)
    phase = int(phases[np.argmax(counts)])
    offset = (rows.closes - phase + bar // 2) % bar - bar // 2
    slots = (rows.closes - offset - phase) // bar
    wanted = np.ones(len(slots), dtype=bool) if until is None else slots * bar + phase <= until
    inside = wanted & (np.abs(offset) < _TOLERANCE * bar)
    flags = _stamp_flags(rows, offset, wanted, inside, factor)
    kept, repeated = _one_a_bar(rows, slots, offset, inside, refuse)
    grid, row = np.unique(slots[kept], return_inverse=True)
    if len(grid) * len(rows.symbols) > _MOST_CELLS:
        raise BadPrices(
            f"{len(grid):,} bars of {len(rows.symbols):,} coins are too many",
            file=file,
            advice="Are the stamps those of trades? Bars of a minute or longer are read.",
        )
    prices = np.full((len(grid), len(rows.symbols)), np.nan)
    volumes = np.full_like(prices, np.nan)
    prices[row, rows.coin[kept]] = rows.price[kept]
    volumes[row, rows.coin[kept]] = rows.volume[kept]
    times = (grid * bar + phase).astype("datetime64[ms]")
    return Grid(times, prices, volumes, bar / _HOUR, tuple(flags), repeated)


def _one_a_bar(
    rows: Rows, slots: IntArray, offset: IntArray, inside: BoolArray, refuse: Callable[[int, int], BadPrices]
) -> tuple[IntArray, int]:
    """Return the places of the rows to keep, one for each coin and bar, and how many said the same again."""
    place = np.flatnonzero(inside)
    key = rows.coin[place] * (int(slots.max(initial=0)) + 2) + slots[place]
    if len(key) < 2 or (key[1:] > key[:-1]).all():
        return place, 0
    order = np.lexsort((np.abs(offset[place]), np.isnan(rows.price[place]), key))
    place, key = place[order], key[order]
    again = np.concatenate(([False], key[1:] == key[:-1]))
    second = np.flatnonzero(again)
    here, before = place[second], place[second - 1]
    same = (offset[here] == offset[before]) & ~np.isnan(rows.price[here])
    rivals = same & (rows.price[here] != rows.price[before])
    if rivals.any():
        first = int(np.argmax(rivals))
        raise refuse(int(before[first]), int(here[first]))
    return place[~again], int(same.sum())


def _stamp_flags(
    rows: Rows, offset: IntArray, wanted: BoolArray, inside: BoolArray, factor: str
) -> list[DataFlag]:
    flags: list[DataFlag] = []
    odd = wanted & (offset != 0)
    for i in np.unique(rows.coin[odd]):
        mine, total = odd & (rows.coin == i), int((wanted & (rows.coin == i)).sum())
        for near, outcome in (
            (True, "read as the same bars"),
            (False, "too far to be the same bars: left out"),
        ):
            these = mine & (inside == near)
            if these.any():
                hours = float(np.median(offset[these])) / _HOUR
                said = (
                    f"{int(these.sum())} of {total} bars {hours:+.3g} h off the grid of {factor}, {outcome}"
                )
                flags.append(DataFlag("stamps", rows.symbols[i], said))
    return flags
