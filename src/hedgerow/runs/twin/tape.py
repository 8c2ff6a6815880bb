"""What a compiled run needs, known beforehand: prices, betas, bands and costs as arrays.

A `Stage` is shared by all policies that estimate alike; `Knobs` are one policy's own. R bars from the first of the run,
N coins, K factors with one contract each (J = K), E estimations.
"""

from __future__ import annotations

from typing import NamedTuple

from hedgerow.model.arrays import FloatArray, IntArray

__all__ = ["Knobs", "Log", "Out", "Stage"]


class Stage(NamedTuple):
    """The past as everybody saw it; dollars unless said.

    `ms` (R,) closes of bars; `epoch` (R,) the estimation in force after the bar; `spot`, `gross` (R,) of the book;
    `book_beta` (R, K); `alpha`, `beta_spot`, `fx` (R,) the book's own lines; `factor` (R, K) returns.
    `last`, `mark` (R, J) in the quote coin, `under` (R, J) the underlying's price in the book's market, `coin` (R,)
    dollars a settlement coin; `half_spread` (R, J) as a fraction, `impact` (R, J) a fraction per √dollar.
    `due_from` (J, R+1) where a bar's settlements of funding begin in `due_rate` and `due_mark`.
    `leg_beta` (E, J, K) and `leg_covariance` (E, J, J) of the underlyings. The rest are the contracts' own numbers (J,)
    and margin tiers (J, tiers), and the rules of the exchange and of the distance to keep.
    """

    ms: IntArray
    epoch: IntArray
    spot: FloatArray
    gross: FloatArray
    book_beta: FloatArray
    alpha: FloatArray
    beta_spot: FloatArray
    fx: FloatArray
    factor: FloatArray
    last: FloatArray
    mark: FloatArray
    under: FloatArray
    coin: FloatArray
    half_spread: FloatArray
    impact: FloatArray
    due_from: IntArray
    due_rate: FloatArray
    due_mark: FloatArray
    leg_beta: FloatArray
    leg_covariance: FloatArray
    multiplier: FloatArray
    lot: FloatArray
    least_lots: FloatArray
    most_lots: IntArray
    least_notional: FloatArray
    fee: FloatArray
    tiers: IntArray
    floor: FloatArray
    rate: FloatArray
    cum: FloatArray
    leverage: FloatArray
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
    """Room for what happened: `used` (1,) rows are used, each of bar, kind, leg and note, contracts, price, dollars."""

    used: IntArray
    code: IntArray
    number: FloatArray


class Out(NamedTuple):
    """What each bar leaves (R,), (R, K) or (R, 10 lines); written in place."""

    nav: FloatArray
    deposit: FloatArray
    before: FloatArray
    after: FloatArray
    target: FloatArray
    band: FloatArray
    distance: FloatArray
    traded: FloatArray
    gross: FloatArray
    lines: FloatArray
