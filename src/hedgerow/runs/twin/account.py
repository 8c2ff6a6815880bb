"""The hedge account of a compiled run: what it is worth, what it needs, what the venue closes, what is put in.

Every function does in lots and dollars what its namesake of `exchange` and `runs.collateral` does with objects; what it
means is said there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.runs.twin.tape import Knobs, Log, Stage

__all__ = [
    "CHOSEN",
    "FILLED",
    "FUNDED",
    "LENT",
    "REACH",
    "REFUSED",
    "TRADED",
    "WALLET",
    "Held",
    "compiled",
    "delta",
    "distance_of",
    "equity",
    "exchanged",
    "initial_margin",
    "is_open",
    "liquidated",
    "nav_of",
    "profit",
    "put_in",
    "size_of",
    "topped_up",
    "write",
]

_Function = TypeVar("_Function", bound=Callable[..., object])

FILLED, FUNDED, LIQUIDATED, PUT_IN, REFUSED = range(5)
WALLET, LENT, REACH, CHOSEN, TRADED, OPENED = range(6)
_LIQUIDATION = 9  # its place among `hedge.attribution.LINES`
_ONE = 1.0 - 1e-12


class Held(NamedTuple):
    """The account between two bars: lots (J,), entries (J,), marks (J,), and single numbers by the names above."""

    lots: IntArray
    entry: FloatArray
    mark: FloatArray
    number: FloatArray


def compiled(function: _Function) -> _Function:
    """Return `function` compiled at its first call, and kept on disk."""
    return cast("_Function", numba.njit(cache=True, error_model="numpy", nogil=True)(function))


@compiled
def write(
    log: Log, t: int, kind: int, leg: int, note: int, contracts: float, price: float, usd: float
) -> None:
    """Record what happened, as far as there is room."""
    row = log.used[0]
    log.used[0] = row + 1
    if row < log.code.shape[0]:
        log.code[row, 0], log.code[row, 1], log.code[row, 2], log.code[row, 3] = t, kind, leg, note
        log.number[row, 0], log.number[row, 1], log.number[row, 2] = contracts, price, usd


@compiled
def size_of(stage: Stage, held: Held, j: int) -> float:
    """Return signed contracts."""
    return held.lots[j] * stage.lot[j]


@compiled
def delta(stage: Stage, contracts: float, t: int, j: int) -> float:
    """Dollars per 100 % of the underlying."""
    return contracts * stage.multiplier[j] * stage.last[t, j] * stage.coin[t]


@compiled
def profit(stage: Stage, held: Held, j: int, price: float) -> float:
    """Unrealised profit in the settlement coin."""
    return size_of(stage, held, j) * stage.multiplier[j] * (price - held.entry[j])


@compiled
def _bracket(stage: Stage, j: int, notional: float) -> int:
    place = 0
    for k in range(1, stage.tiers[j]):
        if notional >= stage.floor[j, k]:
            place = k
    return place


@compiled
def _maintenance_of(stage: Stage, j: int, notional: float) -> float:
    place = _bracket(stage, j, notional)
    return notional * stage.rate[j, place] - stage.cum[j, place]


@compiled
def _notional_of(stage: Stage, held: Held, j: int, price: float) -> float:
    return abs(size_of(stage, held, j)) * stage.multiplier[j] * price


@compiled
def equity(stage: Stage, held: Held) -> float:
    """Return wallet and unrealised profit in coins, at the marks."""
    total = held.number[WALLET]
    for j in range(len(held.lots)):
        if held.lots[j] != 0:
            total += profit(stage, held, j, held.mark[j])
    return total


@compiled
def _maintenance(stage: Stage, held: Held) -> float:
    total = 0.0
    for j in range(len(held.lots)):
        if held.lots[j] != 0:
            total += _maintenance_of(stage, j, _notional_of(stage, held, j, held.mark[j]))
    return total


@compiled
def initial_margin(stage: Stage, held: Held) -> float:
    """Return the coins that opening what is held takes at the largest leverage allowed."""
    total = 0.0
    for j in range(len(held.lots)):
        if held.lots[j] != 0:
            size = _notional_of(stage, held, j, held.mark[j])
            leverage = stage.leverage[j, _bracket(stage, j, size)]
            total += size / min(stage.most_leverage, leverage)
    return total


@compiled
def is_open(held: Held) -> bool:
    """Return True with any contract open."""
    found = False
    for j in range(len(held.lots)):
        found = found or held.lots[j] != 0
    return found


@compiled
def nav_of(stage: Stage, held: Held, t: int) -> float:
    """Return dollars of the book and the account at the prices of bar `t`."""
    total = held.number[WALLET]
    for j in range(len(held.lots)):
        if held.lots[j] != 0:
            total += profit(stage, held, j, stage.last[t, j])
    return stage.spot[t] + total * stage.coin[t]


@compiled
def distance_of(stage: Stage, held: Held, t: int) -> float:
    """The move that would liquidate the account; NaN with nothing open."""
    if not is_open(held):
        return np.nan
    net = 0.0
    for j in range(len(held.lots)):
        net += delta(stage, size_of(stage, held, j), t, j)
    spare = equity(stage, held) - _maintenance(stage, held)
    return spare * stage.coin[t] / abs(net) if net != 0.0 else np.inf


@compiled
def exchanged(stage: Stage, held: Held, j: int, lots: int, price: float) -> float:
    """Change the position at `price` and return what that realised, in coins."""
    before, after = held.lots[j], held.lots[j] + lots
    if before * lots >= 0:
        old, new = abs(before * stage.lot[j]), abs(lots * stage.lot[j])
        held.entry[j] = (old * held.entry[j] + new * price) / (old + new) if before != 0 else price
        held.lots[j] = after
        return 0.0
    closed = before if before * after < 0 else -lots
    realised = closed * stage.lot[j] * stage.multiplier[j] * (price - held.entry[j])
    if before * after < 0:
        held.entry[j] = price
    held.lots[j] = after
    return realised


@compiled
def _to_close(stage: Stage, held: Held, j: int, price: float) -> int:
    """Lots, against the position, that bring it to the top of the tier below; all of it in the lowest."""
    size = _notional_of(stage, held, j, price)
    place = _bracket(stage, j, size)
    if place == 0:
        return -held.lots[j]
    whole = abs(held.lots[j])
    lots = min(int(whole * (1.0 - stage.floor[j, place] / size)) + 1, whole)
    return -lots if held.lots[j] > 0 else lots


@compiled
def _dearest(stage: Stage, held: Held) -> int:
    """The open position with the largest maintenance margin."""
    worst, most = 0, -1.0
    for j in range(len(held.lots)):
        wants = _maintenance_of(stage, j, _notional_of(stage, held, j, held.mark[j]))
        if held.lots[j] != 0 and wants > most:
            worst, most = j, wants
    return worst


@compiled
def liquidated(stage: Stage, held: Held, t: int, lines: FloatArray, log: Log) -> None:
    """Close what the venue has to, a tier at a time, largest maintenance first."""
    any_closed = False
    while is_open(held) and equity(stage, held) < _maintenance(stage, held):
        worst = _dearest(stage, held)
        price = held.mark[worst]
        lots, size = _to_close(stage, held, worst, price), _notional_of(stage, held, worst, price)
        share = abs(lots) / abs(held.lots[worst])
        held.number[WALLET] += exchanged(stage, held, worst, lots, price)
        fee = min(size * share * stage.liquidation_fee, max(equity(stage, held), 0.0))
        held.number[WALLET] -= fee
        contracts = lots * stage.lot[worst]
        apart = contracts * stage.multiplier[worst] * (stage.last[t, worst] - price)
        lines[_LIQUIDATION] += (apart - fee) * stage.coin[t]
        write(log, t, LIQUIDATED, worst, 0, contracts, price, (apart - fee) * stage.coin[t])
        any_closed = True
    if any_closed and not is_open(held) and held.number[WALLET] < 0.0:
        short = -held.number[WALLET] * stage.coin[t]
        held.number[WALLET] = 0.0
        lines[_LIQUIDATION] += short
        row = log.used[0] - 1
        if row < log.number.shape[0]:
            log.number[row, 2] += short


@compiled
def _maintenance_after(stage: Stage, lots: IntArray, t: int, move: float) -> float:
    total = 0.0
    for j in range(len(lots)):
        if lots[j] != 0:
            dollars = abs(delta(stage, lots[j] * stage.lot[j], t, j))
            total += _maintenance_of(stage, j, dollars * (1.0 + move))
    return total


@compiled
def _wallet_for(stage: Stage, knobs: Knobs, lots: IntArray, t: int, distance: float) -> float:
    """Dollars of collateral that survive `distance` against the account, never below what the leverage cap wants."""
    gross, net, shorts = 0.0, 0.0, False
    for j in range(len(lots)):
        dollars = delta(stage, lots[j] * stage.lot[j], t, j)
        gross += abs(dollars)
        net += dollars
        shorts = shorts or dollars < 0.0
    least = gross / knobs.most_leverage
    if abs(net) < gross:
        return max(gross * distance + _maintenance_after(stage, lots, t, distance), least)
    move = distance if shorts else -min(distance, _ONE)
    return max(gross * abs(move) + _maintenance_after(stage, lots, t, move), least)


@compiled
def put_in(stage: Stage, knobs: Knobs, held: Held, t: int, wanted: IntArray, log: Log) -> float:
    """Add the margin that `wanted` lots need, or what the owner gave, once; return its dollars."""
    coins = 0.0
    if not math.isnan(knobs.collateral):
        coins = knobs.collateral if held.number[OPENED] == 0.0 else 0.0
    else:
        some = False
        for j in range(len(wanted)):
            some = some or wanted[j] != 0
        if some:
            there = equity(stage, held) if is_open(held) else held.number[WALLET]
            needed = _wallet_for(stage, knobs, wanted, t, held.number[REACH]) / stage.coin[t]
            coins = max(needed - there, 0.0)
    if coins == 0.0:
        return 0.0
    usd = coins * stage.coin[t]
    held.number[WALLET] += coins
    held.number[OPENED] = 1.0
    if math.isnan(knobs.collateral):
        held.number[LENT] += usd
    write(log, t, PUT_IN, -1, 0, 0.0, 0.0, usd)
    return usd


@compiled
def topped_up(stage: Stage, knobs: Knobs, held: Held, t: int, log: Log) -> float:
    """Add margin once half of the distance is used; return its dollars."""
    if not math.isnan(knobs.collateral) or not distance_of(stage, held, t) < 0.5 * held.number[REACH]:
        return 0.0
    return put_in(stage, knobs, held, t, held.lots.copy(), log)
