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
from hedgerow.runs.twin.compiling import entry, inner
from hedgerow.runs.twin.tape import Knobs, Log, Out, Records, Stage

__all__ = ["walk"]

_ALPHA, _BETA_SPOT, _BETA_HEDGE, _BASIS, _FUNDING, _FEES, _SLIPPAGE = range(7)
_FX = 8  # places among `hedge.attribution.LINES`
_DAY_MS = 86_400_000.0
_NEARLY = 1e-9


@inner
def _exposure(stage: Stage, held: Held, t: int, k: int) -> float:
    """Dollar beta of book and contracts to factor `k`."""
    total = stage.lead[t, k]["book_beta"]
    for j in range(len(held.leg)):
        total += delta(stage, size_of(stage, held, j), t, j) * stage.leg_beta[stage.bar[t]["epoch"], j, k]
    return total


@inner
def _priced(stage: Stage, held: Held, t: int, lines: FloatArray) -> None:
    """What prices did in the bar, by line; betas are those known before it."""
    coin0, coin1 = stage.bar[t - 1]["coin"], stage.bar[t]["coin"]
    known = stage.bar[t - 1]["epoch"]
    hedge, gained, unrealised = 0.0, 0.0, 0.0
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] == 0:
            continue
        before = profit(stage, held, j, stage.leg[t - 1, j]["last"])
        gained += (profit(stage, held, j, stage.leg[t, j]["last"]) - before) * coin1
        unrealised += before
        dollars = delta(stage, size_of(stage, held, j), t - 1, j)
        for k in range(stage.lead.shape[1]):
            hedge += dollars * stage.leg_beta[known, j, k] * stage.lead[t, k]["change"]
    lines[_ALPHA] += stage.bar[t]["alpha"]
    lines[_BETA_SPOT] += stage.bar[t]["beta_spot"]
    lines[_FX] += stage.bar[t]["fx"] + (held.number[WALLET] + unrealised) * (coin1 - coin0)
    lines[_BETA_HEDGE] += hedge
    lines[_BASIS] += gained - hedge


@inner
def _funded(stage: Stage, held: Held, t: int, lines: FloatArray, log: Log) -> None:
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] == 0:
            continue
        for i in range(stage.leg[t, j]["due_from"], stage.leg[t, j]["due_end"]):
            size = size_of(stage, held, j) * stage.contract[j]["multiplier"]
            coins = -size * stage.due[i]["mark"] * stage.due[i]["rate"]
            held.number[WALLET] += coins
            lines[_FUNDING] += coins * stage.bar[t]["coin"]
            write(log, t, FUNDED, j, 0, 0.0, stage.due[i]["rate"], coins * stage.bar[t]["coin"])


@inner
def _target(stage: Stage, knobs: Knobs, held: Held, t: int, k: int) -> float:
    base = nav_of(stage, held, t) - held.number[LENT] if knobs.of_nav else 1.0
    return knobs.target[k] * base


@inner
def _days_since(stage: Stage, t: int, last: float) -> float:
    return (stage.bar[t]["ms"] - stage.bar[int(last)]["ms"]) / _DAY_MS if last >= 0.0 else np.inf


@inner
def _reviewed(stage: Stage, knobs: Knobs, held: Held, t: int, beta: Records) -> bool:
    """Return whether to trade, and write where to; `beta` (K,) holds the exposure and, to begin with, the target."""
    if _days_since(stage, t, held.number[CHOSEN]) >= knobs.choose_days - _NEARLY:
        return True
    days = _days_since(stage, t, held.number[TRADED])
    if knobs.calendar_days > 0.0:
        return days >= knobs.calendar_days
    if knobs.backstop_days > 0.0 and days >= knobs.backstop_days:
        return True
    some = False
    for k in range(len(beta)):
        gap, band = beta[k]["before"] - beta[k]["aim"], knobs.band[stage.bar[t]["epoch"], k]
        if abs(gap) > band:
            some = True
            beta[k]["aim"] += math.copysign(band, gap) if knobs.to_edge else 0.0
        else:
            beta[k]["aim"] = beta[k]["before"]
    return some


@inner
def _rounded(stage: Stage, j: int, t: int, dollars: float) -> int:
    """Signed lots nearest to `dollars`; below the smallest order none, above the largest that."""
    worth = stage.contract[j]["multiplier"] * stage.leg[t, j]["last"] * stage.bar[t]["coin"]
    lots = int(np.rint(dollars / worth / stage.contract[j]["lot"]))
    if (
        abs(lots) < stage.contract[j]["least_lots"]
        or abs(lots) * stage.contract[j]["lot"] * worth
        < stage.contract[j]["least_notional"] * stage.bar[t]["coin"]
    ):
        return 0
    most = stage.contract[j]["most_lots"]
    return lots if abs(lots) <= most else (most if lots > 0 else -most)


@inner
def _judged(stage: Stage, knobs: Knobs, held: Held, t: int, fresh: bool) -> None:
    """Set the distance to keep from the account's own mix of new and kept contracts."""
    gross = 0.0
    for j in range(len(held.leg)):
        gross += abs(held.leg[j]["dollars"])
    if gross == 0.0 and fresh:
        return
    if not math.isnan(knobs.least_distance):
        held.number[REACH] = knobs.least_distance
        return
    variance = 0.0
    for i in range(len(held.leg)):
        for j in range(len(held.leg)):
            joint = stage.leg_covariance[stage.bar[t]["epoch"], i, j]
            variance += held.leg[i]["dollars"] * joint * held.leg[j]["dollars"]
    daily = math.sqrt(max(variance, 0.0)) / gross if gross > 0.0 else 0.0
    held.number[REACH] = max(stage.rule_least, stage.rule_sigmas * daily * math.sqrt(365.0))


@inner
def _refused(stage: Stage, j: int, lots: int, t: int) -> int:
    """Why an order is not taken: 0 not at all, else the number of the reason."""
    size = abs(lots)
    if size < stage.contract[j]["least_lots"]:
        return 1
    if size > stage.contract[j]["most_lots"]:
        return 2
    if (
        size * stage.contract[j]["lot"] * stage.contract[j]["multiplier"] * stage.leg[t, j]["last"]
        < stage.contract[j]["least_notional"]
    ):
        return 3
    return 0


@inner
def _filled(stage: Stage, held: Held, j: int, lots: int, t: int, lines: FloatArray, log: Log) -> bool:
    """One market order at the close of the bar, worse by half the spread and the impact; return whether it was filled."""
    contracts, arrival = lots * stage.contract[j]["lot"], stage.leg[t, j]["last"]
    why = _refused(stage, j, lots, t)
    dollars = abs(delta(stage, contracts, t, j))
    slip = stage.leg[t, j]["half_spread"] + stage.leg[t, j]["impact"] * math.sqrt(dollars)
    price = arrival * (1.0 + slip if lots > 0 else 1.0 - slip)
    before, entry, wallet = held.leg[j]["lots"], held.leg[j]["entry"], held.number[WALLET]
    if why == 0:
        fee = abs(contracts) * stage.contract[j]["multiplier"] * price * stage.contract[j]["fee"]
        held.number[WALLET] += exchanged(stage, held, j, lots, price) - fee
        if abs(held.leg[j]["lots"]) > abs(before) and equity(stage, held) < initial_margin(stage, held):
            held.leg[j]["lots"], held.leg[j]["entry"], held.number[WALLET] = before, entry, wallet
            why = 4
    if why != 0:
        write(log, t, REFUSED, j, why, contracts, 0.0, 0.0)
        return False
    lost = contracts * stage.contract[j]["multiplier"] * (arrival - price) * stage.bar[t]["coin"]
    paid = -fee * stage.bar[t]["coin"]
    lines[_SLIPPAGE] += lost
    lines[_FEES] += paid
    write(log, t, FILLED, j, 0, contracts, price, lost + paid)
    return True


@inner
def _planned(stage: Stage, held: Held, t: int, j: int, aim: float, fresh: bool) -> None:
    """Write what to order of contract `j`, what is then held, and its dollars."""
    leg = held.leg[j]
    kept = (
        0.0 if fresh else size_of(stage, held, j) * stage.contract[j]["multiplier"] * stage.leg[t, j]["under"]
    )
    gap = aim - (stage.lead[t, j]["book_beta"] + kept * stage.leg_beta[stage.bar[t]["epoch"], j, j])
    lots = _rounded(stage, j, t, gap)
    leg["order"] = lots - leg["lots"] if fresh else lots
    leg["wanted"] = leg["lots"] + leg["order"]
    leg["dollars"] = kept + delta(stage, lots * stage.contract[j]["lot"], t, j)


@inner
def _trade(stage: Stage, knobs: Knobs, held: Held, t: int, out: Out, log: Log) -> None:
    """Bring the book to where the review said."""
    anew = _days_since(stage, t, held.number[CHOSEN]) >= knobs.choose_days - _NEARLY
    fresh = anew or not is_open(held)
    for j in range(len(held.leg)):
        _planned(stage, held, t, j, out.beta[t, j]["aim"], fresh)
    _judged(stage, knobs, held, t, fresh)
    held.number[TRADED] = t
    if anew:
        held.number[CHOSEN] = t
    for j in range(len(held.leg)):
        if held.leg[j]["order"] != 0:
            held.leg[j]["mark"] = stage.leg[t, j]["mark"]
    out.bar[t]["deposit"] += put_in(stage, knobs, held, t, log)
    for j in range(len(held.leg)):
        lots = held.leg[j]["order"]
        if lots != 0 and _filled(stage, held, j, lots, t, out.lines[t], log):
            out.bar[t]["traded"] += abs(delta(stage, lots * stage.contract[j]["lot"], t, j))


@inner
def _moved(stage: Stage, held: Held, t: int, lines: FloatArray, log: Log) -> None:
    """Everything that happens to the account before anybody decides."""
    _priced(stage, held, t, lines)
    _funded(stage, held, t, lines, log)
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] != 0:
            held.leg[j]["mark"] = stage.leg[t, j]["mark"]
    liquidated(stage, held, t, lines, log)


@inner
def _noted(stage: Stage, knobs: Knobs, held: Held, t: int, out: Out) -> None:
    """Write the bar's row as it stands after its trades."""
    bar, gross = out.bar[t], stage.bar[t]["gross"]
    bar["nav"] = nav_of(stage, held, t)
    bar["distance"] = distance_of(stage, held, t)
    for j in range(len(held.leg)):
        gross += abs(delta(stage, size_of(stage, held, j), t, j))
    bar["gross"] = gross
    for k in range(stage.lead.shape[1]):
        beta = out.beta[t, k]
        beta["after"] = _exposure(stage, held, t, k)
        beta["target"] = _target(stage, knobs, held, t, k)
        beta["band"] = knobs.band[stage.bar[t]["epoch"], k]


@entry
def walk(stage: Stage, knobs: Knobs, held: Held, out: Out, log: Log) -> None:
    """Walk `knobs` through `stage`; `out`, zeroed, and `log` are written in place."""
    held.number[REACH] = stage.rule_least
    held.number[CHOSEN] = held.number[TRADED] = -1.0
    for t in range(len(stage.bar)):
        if t > 0:
            _moved(stage, held, t, out.lines[t], log)
        out.bar[t]["deposit"] = topped_up(stage, knobs, held, t, log)
        for k in range(stage.lead.shape[1]):
            out.beta[t, k]["before"] = _exposure(stage, held, t, k)
            out.beta[t, k]["aim"] = _target(stage, knobs, held, t, k)
        if _reviewed(stage, knobs, held, t, out.beta[t]):
            _trade(stage, knobs, held, t, out, log)
        _noted(stage, knobs, held, t, out)
