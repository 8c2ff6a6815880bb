"""What a compiled run needs, known beforehand, and what it leaves: prices, betas, bands and costs as records.

A `Stage` is shared by all policies that estimate alike; `Knobs` are one policy's own. R bars from the first of the run,
K factors with one contract each (J = K), E estimations. Fields are what the plain engine calls them, in dollars unless
said.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hedgerow.model.arrays import FloatArray, IntArray

__all__ = [
    "BAR",
    "CONTRACT",
    "DUE",
    "EVENT",
    "LEAD",
    "LEG",
    "OUT_BAR",
    "OUT_BETA",
    "TIER",
    "Knobs",
    "Log",
    "Out",
    "Records",
    "Stage",
]

Records: TypeAlias = NDArray[Any]


def _numbers(names: str, whole: str = "") -> np.dtype[np.void]:
    fields = [(name, "f8") for name in names.split()] + [(name, "i8") for name in whole.split()]
    return np.dtype(fields)


BAR = _numbers("spot gross alpha beta_spot fx coin", "ms epoch")
"""A bar of the book: its worth, its own lines, dollars a settlement coin, its close, the estimation in force after it."""
LEAD = _numbers("book_beta change")
"""A factor in a bar: the book's dollar beta to it, its return."""
LEG = _numbers("last mark under half_spread impact", "due_from due_end")
"""A contract in a bar: close and mark in the quote coin, its coin's price in the book's market, the half-spread as a
fraction and the impact as one per √dollar, where its settlements of funding begin and end."""
DUE = _numbers("rate mark")
"""A settlement of funding."""
CONTRACT = _numbers("multiplier lot least_lots least_notional fee", "most_lots tiers")
"""A contract's own numbers; limits in lots, the smallest order in the quote coin."""
TIER = _numbers("floor rate cum leverage")
"""A bracket of margin."""
OUT_BAR = _numbers("nav deposit distance traded gross")
"""What a bar leaves."""
OUT_BETA = _numbers("before aim after target band")
"""What a bar leaves of each factor."""
EVENT = _numbers("contracts price usd", "bar kind leg note")
"""Something that happened."""


class Stage(NamedTuple):
    """The past as everybody saw it.

    `bar` (R,), `lead` (R, K), `leg` (R, J), `due` (settlements,), `contract` (J,), `tier` (J, tiers); `leg_beta`
    (E, J, K) and `leg_covariance` (E, J, J) of the underlyings; the rules of the exchange and of the distance to keep.
    """

    bar: Records
    lead: Records
    leg: Records
    due: Records
    contract: Records
    tier: Records
    leg_beta: FloatArray
    leg_covariance: FloatArray
    liquidation_fee: float
    most_leverage: float
    rule_least: float
    rule_sigmas: float


class Knobs(NamedTuple):
    """One policy: `band` (E, K) in dollars of beta, `target` (K,) dollars, or, `of_nav`, shares of net asset value.

    `to_edge` trades to the edge of the band, else to the target; `calendar_days` 0 is no calendar; `collateral` coins
    given once, NaN for what the distance rule wants; `least_distance` NaN for the rule.
    """

    band: FloatArray
    target: FloatArray
    of_nav: bool
    to_edge: bool
    calendar_days: float
    backstop_days: float
    choose_days: float
    collateral: float
    most_leverage: float
    least_distance: float


class Log(NamedTuple):
    """Room for what happened: `event` (room,); `used` (6,) counts them, all and by kind."""

    used: IntArray
    event: Records


class Out(NamedTuple):
    """What each bar leaves: `bar` (R,), `beta` (R, K), `lines` (R, lines of the attribution); written in place."""

    bar: Records
    beta: Records
    lines: FloatArray
