"""The compiled walk: one bar after the other as `runs.walk` does it, on numbers alone."""

from __future__ import annotations

import math

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.runs.twin.account import (
    CHOSEN,
    FILLED,
    FUNDED,
    LENT,
    REACH,
    REFUSED,
    TRADED,
    WALLET,
    Held,
    compiled,
    delta,
    distance_of,
    equity,
    exchanged,
    initial_margin,
    is_open,
    liquidated,
    nav_of,
    profit,
    put_in,
    size_of,
    topped_up,
    write,
)
from hedgerow.runs.twin.tape import Knobs, Log, Out, Stage

__all__ = ["walk"]

_ALPHA, _BETA_SPOT, _BETA_HEDGE, _BASIS, _FUNDING, _FEES, _SLIPPAGE = range(7)
_FX = 8  # places among `hedge.attribution.LINES`
_DAY_MS = 86_400_000.0
_NEARLY = 1e-9


@compiled
def _exposure(stage: Stage, held: Held, t: int, found: FloatArray) -> None:
    """Dollar beta (K,) of book and contracts, into `found`."""
    for k in range(len(found)):
        total = stage.book_beta[t, k]
        for j in range(len(held.lots)):
            total += delta(stage, size_of(stage, held, j), t, j) * stage.leg_beta[stage.epoch[t], j, k]
        found[k] = total


@compiled
def _priced(stage: Stage, held: Held, t: int, lines: FloatArray) -> None:
    """What prices did in the bar, by line; betas are those known before it."""
    coin0, coin1 = stage.coin[t - 1], stage.coin[t]
    known = stage.epoch[t - 1]
    hedge, gained, unrealised = 0.0, 0.0, 0.0
    for j in range(len(held.lots)):
        if held.lots[j] == 0:
            continue
        before = profit(stage, held, j, stage.last[t - 1, j])
        gained += (profit(stage, held, j, stage.last[t, j]) - before) * coin1
        unrealised += before
        dollars = delta(stage, size_of(stage, held, j), t - 1, j)
        for k in range(stage.factor.shape[1]):
            hedge += dollars * stage.leg_beta[known, j, k] * stage.factor[t, k]
    lines[_ALPHA] += stage.alpha[t]
    lines[_BETA_SPOT] += stage.beta_spot[t]
    lines[_FX] += stage.fx[t] + (held.number[WALLET] + unrealised) * (coin1 - coin0)
    lines[_BETA_HEDGE] += hedge
    lines[_BASIS] += gained - hedge


@compiled
def _funded(stage: Stage, held: Held, t: int, lines: FloatArray, log: Log) -> None:
    for j in range(len(held.lots)):
        if held.lots[j] == 0:
            continue
        for i in range(stage.due_from[j, t], stage.due_from[j, t + 1]):
            size = size_of(stage, held, j) * stage.multiplier[j]
            coins = -size * stage.due_mark[i] * stage.due_rate[i]
            held.number[WALLET] += coins
            lines[_FUNDING] += coins * stage.coin[t]
            write(log, t, FUNDED, j, 0, 0.0, stage.due_rate[i], coins * stage.coin[t])


@compiled
def _target(stage: Stage, knobs: Knobs, held: Held, t: int, found: FloatArray) -> None:
    base = nav_of(stage, held, t) - held.number[LENT] if knobs.of_nav else 1.0
    for k in range(len(found)):
        found[k] = knobs.target[k] * base


@compiled
def _days_since(stage: Stage, t: int, last: float) -> float:
    return (stage.ms[t] - stage.ms[int(last)]) / _DAY_MS if last >= 0.0 else np.inf


@compiled
def _reviewed(stage: Stage, knobs: Knobs, held: Held, t: int, exposure: FloatArray, aim: FloatArray) -> bool:
    """Return whether to trade, and write where to into `aim`, which holds the target."""
    anew = _days_since(stage, t, held.number[CHOSEN]) >= knobs.choose_days - _NEARLY
    if anew:
        return True
    days = _days_since(stage, t, held.number[TRADED])
    if knobs.calendar_days > 0.0:
        return days >= knobs.calendar_days
    if knobs.backstop_days > 0.0 and days >= knobs.backstop_days:
        return True
    some = False
    for k in range(len(aim)):
        gap, band = exposure[k] - aim[k], knobs.band[stage.epoch[t], k]
        if abs(gap) > band:
            some = True
            aim[k] += math.copysign(band, gap) if knobs.to_edge else 0.0
        else:
            aim[k] = exposure[k]
    return some


@compiled
def _rounded(stage: Stage, j: int, t: int, dollars: float) -> int:
    """Signed lots nearest to `dollars`; below the smallest order none, above the largest that."""
    worth = stage.multiplier[j] * stage.last[t, j] * stage.coin[t]
    lots = int(np.rint(dollars / worth / stage.lot[j]))
    if (
        abs(lots) < stage.least_lots[j]
        or abs(lots) * stage.lot[j] * worth < stage.least_notional[j] * stage.coin[t]
    ):
        return 0
    most = stage.most_lots[j]
    return lots if abs(lots) <= most else (most if lots > 0 else -most)


@compiled
def _judged(stage: Stage, knobs: Knobs, held: Held, t: int, found: FloatArray, fresh: bool) -> None:
    """Set the distance to keep from the account's own mix; `found` (J,) are dollars of new and kept contracts."""
    gross = 0.0
    for j in range(len(found)):
        gross += abs(found[j])
    if gross == 0.0 and fresh:
        return
    if not math.isnan(knobs.least_distance):
        held.number[REACH] = knobs.least_distance
        return
    variance = 0.0
    for i in range(len(found)):
        for j in range(len(found)):
            variance += found[i] * stage.leg_covariance[stage.epoch[t], i, j] * found[j]
    daily = math.sqrt(max(variance, 0.0)) / gross if gross > 0.0 else 0.0
    held.number[REACH] = max(stage.rule_least, stage.rule_sigmas * daily * math.sqrt(365.0))


@compiled
def _refused(stage: Stage, j: int, lots: int, t: int) -> int:
    """Why an order is not taken: 0 not at all, else the number of the reason."""
    size = abs(lots)
    if size < stage.least_lots[j]:
        return 1
    if size > stage.most_lots[j]:
        return 2
    if size * stage.lot[j] * stage.multiplier[j] * stage.last[t, j] < stage.least_notional[j]:
        return 3
    return 0


@compiled
def _filled(stage: Stage, held: Held, j: int, lots: int, t: int, lines: FloatArray, log: Log) -> None:
    """One market order at the close of the bar, worse by half the spread and the impact."""
    contracts, arrival = lots * stage.lot[j], stage.last[t, j]
    why = _refused(stage, j, lots, t)
    dollars = abs(delta(stage, contracts, t, j))
    slip = stage.half_spread[t, j] + stage.impact[t, j] * math.sqrt(dollars)
    price = arrival * (1.0 + slip if lots > 0 else 1.0 - slip)
    before, entry, wallet = held.lots[j], held.entry[j], held.number[WALLET]
    if why == 0:
        fee = abs(contracts) * stage.multiplier[j] * price * stage.fee[j]
        held.number[WALLET] += exchanged(stage, held, j, lots, price) - fee
        if abs(held.lots[j]) > abs(before) and equity(stage, held) < initial_margin(stage, held):
            held.lots[j], held.entry[j], held.number[WALLET] = before, entry, wallet
            why = 4
    if why != 0:
        write(log, t, REFUSED, j, why, contracts, 0.0, 0.0)
        return
    lost = contracts * stage.multiplier[j] * (arrival - price) * stage.coin[t]
    paid = -fee * stage.coin[t]
    lines[_SLIPPAGE] += lost
    lines[_FEES] += paid
    write(log, t, FILLED, j, 0, contracts, price, lost + paid)


@compiled
def _trade(
    stage: Stage, knobs: Knobs, held: Held, t: int, aim: FloatArray, lines: FloatArray, log: Log
) -> tuple[float, float]:
    """Bring the book to `aim`: dollars traded, and margin put in for it."""
    legs = len(held.lots)
    anew = _days_since(stage, t, held.number[CHOSEN]) >= knobs.choose_days - _NEARLY
    fresh = anew or not is_open(held)
    orders, wanted, found = np.zeros(legs, np.int64), held.lots.copy(), np.zeros(legs)
    for j in range(legs):
        kept = 0.0 if fresh else size_of(stage, held, j) * stage.multiplier[j] * stage.under[t, j]
        gap = aim[j] - (stage.book_beta[t, j] + kept * stage.leg_beta[stage.epoch[t], j, j])
        lots = _rounded(stage, j, t, gap)
        orders[j] = lots - held.lots[j] if fresh else lots
        wanted[j] = held.lots[j] + orders[j]
        found[j] = kept + delta(stage, lots * stage.lot[j], t, j)
    _judged(stage, knobs, held, t, found, fresh)
    held.number[TRADED] = t
    if anew:
        held.number[CHOSEN] = t
    for j in range(legs):
        if orders[j] != 0:
            held.mark[j] = stage.mark[t, j]
    paid_in = put_in(stage, knobs, held, t, wanted, log)
    dollars = 0.0
    for j in range(legs):
        if orders[j] != 0:
            dollars += abs(delta(stage, orders[j] * stage.lot[j], t, j))
            _filled(stage, held, j, orders[j], t, lines, log)
    return dollars, paid_in


@compiled
def _bar(stage: Stage, knobs: Knobs, held: Held, t: int, out: Out, log: Log) -> None:
    lines = out.lines[t]
    if t > 0:
        _priced(stage, held, t, lines)
        _funded(stage, held, t, lines, log)
        for j in range(len(held.lots)):
            if held.lots[j] != 0:
                held.mark[j] = stage.mark[t, j]
        liquidated(stage, held, t, lines, log)
    out.deposit[t] = topped_up(stage, knobs, held, t, log)
    _exposure(stage, held, t, out.before[t])
    aim = out.after[t]
    _target(stage, knobs, held, t, aim)
    if _reviewed(stage, knobs, held, t, out.before[t], aim):
        traded, paid_in = _trade(stage, knobs, held, t, aim, lines, log)
        out.traded[t] = traded
        out.deposit[t] += paid_in
    out.nav[t] = nav_of(stage, held, t)
    _exposure(stage, held, t, out.after[t])
    _target(stage, knobs, held, t, out.target[t])
    out.distance[t] = distance_of(stage, held, t)
    out.gross[t] = stage.gross[t]
    for j in range(len(held.lots)):
        out.gross[t] += abs(delta(stage, size_of(stage, held, j), t, j))
    for k in range(out.band.shape[1]):
        out.band[t, k] = knobs.band[stage.epoch[t], k]


@compiled
def walk(stage: Stage, knobs: Knobs, out: Out, log: Log) -> None:
    """Walk `knobs` through `stage`; `out`, zeroed, and `log` are written in place."""
    legs = stage.last.shape[1]
    held = Held(np.zeros(legs, np.int64), np.zeros(legs), np.zeros(legs), np.zeros(6))
    held.number[REACH] = stage.rule_least
    held.number[CHOSEN] = held.number[TRADED] = -1.0
    for t in range(len(stage.ms)):
        _bar(stage, knobs, held, t, out, log)
