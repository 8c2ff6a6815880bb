"""The hedge account of a compiled run: what it is worth, what it needs, what the venue closes, what is put in.

Every function does in lots and dollars what its namesake of `exchange` and `runs.collateral` does with objects; what it
means is said there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.runs.twin.compiling import inner
from hedgerow.runs.twin.tape import Knobs, Log, Records, Stage

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

FILLED, FUNDED, LIQUIDATED, PUT_IN, REFUSED = range(5)
WALLET, LENT, REACH, CHOSEN, TRADED, OPENED = range(6)
_LIQUIDATION = 9  # its place among `hedge.attribution.LINES`
_ONE = 1.0 - 1e-12


HELD = np.dtype(
    [("lots", "i8"), ("entry", "f8"), ("mark", "f8"), ("order", "i8"), ("wanted", "i8"), ("dollars", "f8")]
)


class Held(NamedTuple):
    """The account between two bars: contracts `leg` (J,), and single numbers by the names above."""

    leg: Records
    number: FloatArray


def nothing_held(legs: int) -> Held:
    """Return the account before anything happened."""
    return Held(np.zeros(legs, HELD), np.zeros(6))


@inner
def write(
    log: Log, t: int, kind: int, leg: int, note: int, contracts: float, price: float, usd: float
) -> None:
    """Record what happened, as far as there is room."""
    row = log.used[0]
    log.used[0] = row + 1
    log.used[1 + kind] += 1
    if row < len(log.event):
        event = log.event[row]
        event["bar"], event["kind"], event["leg"], event["note"] = t, kind, leg, note
        event["contracts"], event["price"], event["usd"] = contracts, price, usd


@inner
def size_of(stage: Stage, held: Held, j: int) -> float:
    """Return signed contracts."""
    return held.leg[j]["lots"] * stage.contract[j]["lot"]


@inner
def delta(stage: Stage, contracts: float, t: int, j: int) -> float:
    """Dollars per 100 % of the underlying."""
    return contracts * stage.contract[j]["multiplier"] * stage.leg[t, j]["last"] * stage.bar[t]["coin"]


@inner
def profit(stage: Stage, held: Held, j: int, price: float) -> float:
    """Unrealised profit in the settlement coin."""
    return size_of(stage, held, j) * stage.contract[j]["multiplier"] * (price - held.leg[j]["entry"])


@inner
def _bracket(stage: Stage, j: int, notional: float) -> int:
    place = 0
    for k in range(1, stage.contract[j]["tiers"]):
        if notional >= stage.tier[j, k]["floor"]:
            place = k
    return place


@inner
def _maintenance_of(stage: Stage, j: int, notional: float) -> float:
    place = _bracket(stage, j, notional)
    return notional * stage.tier[j, place]["rate"] - stage.tier[j, place]["cum"]


@inner
def _notional_of(stage: Stage, held: Held, j: int, price: float) -> float:
    return abs(size_of(stage, held, j)) * stage.contract[j]["multiplier"] * price


@inner
def equity(stage: Stage, held: Held) -> float:
    """Return wallet and unrealised profit in coins, at the marks."""
    total = held.number[WALLET]
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] != 0:
            total += profit(stage, held, j, held.leg[j]["mark"])
    return total


@inner
def _maintenance(stage: Stage, held: Held) -> float:
    total = 0.0
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] != 0:
            total += _maintenance_of(stage, j, _notional_of(stage, held, j, held.leg[j]["mark"]))
    return total


@inner
def initial_margin(stage: Stage, held: Held) -> float:
    """Return the coins that opening what is held takes at the largest leverage allowed."""
    total = 0.0
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] != 0:
            size = _notional_of(stage, held, j, held.leg[j]["mark"])
            leverage = stage.tier[j, _bracket(stage, j, size)]["leverage"]
            total += size / min(stage.most_leverage, leverage)
    return total


@inner
def is_open(held: Held) -> bool:
    """Return True with any contract open."""
    found = False
    for j in range(len(held.leg)):
        found = found or held.leg[j]["lots"] != 0
    return found


@inner
def nav_of(stage: Stage, held: Held, t: int) -> float:
    """Return dollars of the book and the account at the prices of bar `t`."""
    total = held.number[WALLET]
    for j in range(len(held.leg)):
        if held.leg[j]["lots"] != 0:
            total += profit(stage, held, j, stage.leg[t, j]["last"])
    return stage.bar[t]["spot"] + total * stage.bar[t]["coin"]


@inner
def distance_of(stage: Stage, held: Held, t: int) -> float:
    """The move that would liquidate the account; NaN with nothing open."""
    if not is_open(held):
        return np.nan
    net = 0.0
    for j in range(len(held.leg)):
        net += delta(stage, size_of(stage, held, j), t, j)
    spare = equity(stage, held) - _maintenance(stage, held)
    return spare * stage.bar[t]["coin"] / abs(net) if net != 0.0 else np.inf


@inner
def exchanged(stage: Stage, held: Held, j: int, lots: int, price: float) -> float:
    """Change the position at `price` and return what that realised, in coins."""
    before, after = held.leg[j]["lots"], held.leg[j]["lots"] + lots
    if before * lots >= 0:
        old, new = abs(before * stage.contract[j]["lot"]), abs(lots * stage.contract[j]["lot"])
        held.leg[j]["entry"] = (
            (old * held.leg[j]["entry"] + new * price) / (old + new) if before != 0 else price
        )
        held.leg[j]["lots"] = after
        return 0.0
    closed = before if before * after < 0 else -lots
    realised = (
        closed * stage.contract[j]["lot"] * stage.contract[j]["multiplier"] * (price - held.leg[j]["entry"])
    )
    if before * after < 0:
        held.leg[j]["entry"] = price
    held.leg[j]["lots"] = after
    return realised


@inner
def _to_close(stage: Stage, held: Held, j: int, price: float) -> int:
    """Lots, against the position, that bring it to the top of the tier below; all of it in the lowest."""
    size = _notional_of(stage, held, j, price)
    place = _bracket(stage, j, size)
    if place == 0:
        return -held.leg[j]["lots"]
    whole = abs(held.leg[j]["lots"])
    lots = min(int(whole * (1.0 - stage.tier[j, place]["floor"] / size)) + 1, whole)
    return -lots if held.leg[j]["lots"] > 0 else lots


@inner
def _dearest(stage: Stage, held: Held) -> int:
    """The open position with the largest maintenance margin."""
    worst, most = 0, -1.0
    for j in range(len(held.leg)):
        wants = _maintenance_of(stage, j, _notional_of(stage, held, j, held.leg[j]["mark"]))
        if held.leg[j]["lots"] != 0 and wants > most:
            worst, most = j, wants
    return worst


@inner
def liquidated(stage: Stage, held: Held, t: int, lines: FloatArray, log: Log) -> None:
    """Close what the venue has to, a tier at a time, largest maintenance first."""
    any_closed = False
    while is_open(held) and equity(stage, held) < _maintenance(stage, held):
        worst = _dearest(stage, held)
        price = held.leg[worst]["mark"]
        lots, size = _to_close(stage, held, worst, price), _notional_of(stage, held, worst, price)
        share = abs(lots) / abs(held.leg[worst]["lots"])
        held.number[WALLET] += exchanged(stage, held, worst, lots, price)
        fee = min(size * share * stage.liquidation_fee, max(equity(stage, held), 0.0))
        held.number[WALLET] -= fee
        contracts = lots * stage.contract[worst]["lot"]
        apart = contracts * stage.contract[worst]["multiplier"] * (stage.leg[t, worst]["last"] - price)
        lines[_LIQUIDATION] += (apart - fee) * stage.bar[t]["coin"]
        write(log, t, LIQUIDATED, worst, 0, contracts, price, (apart - fee) * stage.bar[t]["coin"])
        any_closed = True
    if any_closed and not is_open(held) and held.number[WALLET] < 0.0:
        short = -held.number[WALLET] * stage.bar[t]["coin"]
        held.number[WALLET] = 0.0
        lines[_LIQUIDATION] += short
        row = log.used[0] - 1
        if row < len(log.event):
            log.event[row]["usd"] += short


@inner
def _wanted_usd(stage: Stage, held: Held, t: int, j: int) -> float:
    """Dollars of contract `j` once what is ordered is filled."""
    return delta(stage, held.leg[j]["wanted"] * stage.contract[j]["lot"], t, j)


@inner
def _maintenance_after(stage: Stage, held: Held, t: int, move: float) -> float:
    total = 0.0
    for j in range(len(held.leg)):
        total += _maintenance_of(stage, j, abs(_wanted_usd(stage, held, t, j)) * (1.0 + move))
    return total


@inner
def _wallet_for(stage: Stage, knobs: Knobs, held: Held, t: int, distance: float) -> float:
    """Dollars of collateral that survive `distance` against the account, never below what the leverage cap wants."""
    gross, net, shorts = 0.0, 0.0, False
    for j in range(len(held.leg)):
        dollars = _wanted_usd(stage, held, t, j)
        gross += abs(dollars)
        net += dollars
        shorts = shorts or dollars < 0.0
    least = gross / knobs.most_leverage
    if abs(net) < gross:
        return max(gross * distance + _maintenance_after(stage, held, t, distance), least)
    move = distance if shorts else -min(distance, _ONE)
    return max(gross * abs(move) + _maintenance_after(stage, held, t, move), least)


@inner
def _short_of(stage: Stage, knobs: Knobs, held: Held, t: int) -> float:
    """Coins that are missing for what is wanted; what the owner gave is put in once."""
    if not math.isnan(knobs.collateral):
        return knobs.collateral if held.number[OPENED] == 0.0 else 0.0
    some = False
    for j in range(len(held.leg)):
        some = some or held.leg[j]["wanted"] != 0
    if not some:
        return 0.0
    there = equity(stage, held) if is_open(held) else held.number[WALLET]
    needed = _wallet_for(stage, knobs, held, t, held.number[REACH]) / stage.bar[t]["coin"]
    return max(needed - there, 0.0)


@inner
def put_in(stage: Stage, knobs: Knobs, held: Held, t: int, log: Log) -> float:
    """Add the margin that what is wanted needs, or what the owner gave; return its dollars."""
    coins = _short_of(stage, knobs, held, t)
    if coins == 0.0:
        return 0.0
    usd = coins * stage.bar[t]["coin"]
    held.number[WALLET] += coins
    held.number[OPENED] = 1.0
    if math.isnan(knobs.collateral):
        held.number[LENT] += usd
    write(log, t, PUT_IN, -1, 0, 0.0, 0.0, usd)
    return usd


@inner
def topped_up(stage: Stage, knobs: Knobs, held: Held, t: int, log: Log) -> float:
    """Add margin once half of the distance is used; return its dollars."""
    if not math.isnan(knobs.collateral) or not distance_of(stage, held, t) < 0.5 * held.number[REACH]:
        return 0.0
    for j in range(len(held.leg)):
        held.leg[j]["wanted"] = held.leg[j]["lots"]
    return put_in(stage, knobs, held, t, log)
