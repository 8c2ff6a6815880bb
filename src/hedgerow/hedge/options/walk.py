"""Perpetual, put and collar through the past, day by day, on assumed volatilities (no history of chains is needed).

    walk(history, start) -> Walk

Every `roll_days` all three are sized anew by the dollar beta of that day: the perpetual short of it, so many puts, and a collar
whose call pays for its put. Between, options are marked each day at the volatility that is assumed for it. What is assumed
decides what is found: `Assumed` says it all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.options.attribution import OptionLines, OptionLook, OptionTerms, option_lines
from hedgerow.hedge.options.legs import DERIBIT
from hedgerow.hedge.options.plan import units_by_beta
from hedgerow.model.arrays import FloatArray, TimeArray, check_shape
from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.black import black_price, strike_of_price

__all__ = ["Assumed", "History", "Walk", "walk"]


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a walk takes for granted.

    Volatility at the money is `over` times that of the last `window` daily returns, at least `least`; below the money it rises
    by `skew` of itself per unit of log-moneyness (0.7 is near Deribit's two-month smile of 2025-12-31). Options trade
    at `half_spread` of their price from the middle and Deribit's fee; the future is at the spot. The perpetual costs `perp_cost` of
    what is traded and receives `funding` a day.
    """

    over: float = 1.1
    window: int = 30
    least: float = 0.35
    skew: float = 0.7
    half_spread: float = 0.02
    perp_cost: float = 0.0007
    funding: float = 0.0003

    def volatility(self, realised: float, strike: float, spot: float) -> float:
        """Return the year's volatility assumed at one strike."""
        level = max(self.over * realised, self.least)
        return level * (1.0 + self.skew * max(math.log(spot / strike), 0.0))


@dataclass(frozen=True, slots=True)
class History:
    """Daily closes (T,): the factor's price, the book's value, and its dollar beta, each on what was known that day."""

    times: TimeArray
    spot_usd: FloatArray
    book_usd: FloatArray
    beta_usd: FloatArray

    def __post_init__(self) -> None:
        for name in ("spot_usd", "book_usd", "beta_usd"):
            check_shape(name, getattr(self, name), (len(self.times),))


@dataclass(frozen=True, slots=True)
class Walk:
    """Profits in dollars since the start, (D,) each: the book alone, and with each protection. Premiums paid a roll.

    `put_lines` and `collar_lines` say day by day where the options' own dollars came from; they add up to them (D each).
    """

    times: TimeArray
    alone: FloatArray
    perpetual: FloatArray
    put: FloatArray
    collar: FloatArray
    rolled: tuple[int, ...]
    premium_usd: tuple[float, ...]
    put_lines: tuple[OptionLines, ...]
    collar_lines: tuple[OptionLines, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """Signed options of one strike until one day."""

    units: float
    strike: float
    call: bool
    ends: int


def walk(
    history: History,
    start: int,
    *,
    strike: float = 0.90,
    roll_days: int = 30,
    assumed: Assumed | None = None,
) -> Walk:
    """Return the walk from row `start` of the history to its end.

    Options are for `roll_days` and settle on their last day; what is left of the last ones at the end is marked. Raises
    `NotEnoughData` where fewer rows than the volatility's window come before the start.
    """
    rule = assumed or Assumed()
    if start < rule.window or start >= len(history.times) - 1:
        said = (
            f"row {start} of {len(history.times)} has not {rule.window} returns before it and a day after it"
        )
        raise NotEnoughData(said, advice="Start later, or give more of the past.")
    realised = _realised(history.spot_usd, rule.window)
    alone = history.book_usd[start:] - history.book_usd[start]
    put, premiums, put_lines = _options(history, start, strike, roll_days, rule, realised, collar=False)
    collar, _, collar_lines = _options(history, start, strike, roll_days, rule, realised, collar=True)
    return Walk(
        history.times[start:],
        alone,
        alone + _perpetual(history, start, roll_days, rule),
        alone + put,
        alone + collar,
        tuple(range(0, len(alone), roll_days)),
        premiums,
        put_lines,
        collar_lines,
    )


def _realised(spot: FloatArray, window: int) -> FloatArray:
    """Return a year's volatility of the last `window` daily log returns at each row, NaN before there are so many."""
    moves = np.diff(np.log(spot))
    found = np.full(len(spot), np.nan)
    for row in range(window, len(spot)):
        found[row] = np.std(moves[row - window : row], ddof=1) * np.sqrt(365.0)
    return found


def _perpetual(history: History, start: int, roll_days: int, rule: Assumed) -> FloatArray:
    """Profit of a short of the dollar beta, its contracts unchanged between the days on which it is sized anew."""
    spot = history.spot_usd[start:]
    gained, short = np.zeros(len(spot)), 0.0
    for i in range(len(spot)):
        if i:
            moved = float(spot[i] / spot[i - 1]) - 1.0
            gained[i] = gained[i - 1] - short * moved + short * rule.funding
            short *= 1.0 + moved
        if i % roll_days == 0:
            wanted = float(history.beta_usd[start + i])
            gained[i] -= abs(wanted - short) * rule.perp_cost
            short = wanted
    return gained


def _options(
    history: History,
    start: int,
    strike: float,
    roll_days: int,
    rule: Assumed,
    realised: FloatArray,
    *,
    collar: bool,
) -> tuple[FloatArray, tuple[float, ...], tuple[OptionLines, ...]]:
    """Profit of puts, or of puts whose calls pay for them, what each roll cost, and each day's lines."""
    spot = history.spot_usd[start:]
    gained, cash = np.zeros(len(spot)), 0.0
    held: tuple[_Held, ...] = ()
    before = _Day(0, float(spot[0]), float(realised[start]), rule)
    paid: list[float] = []
    lines: list[OptionLines] = []
    for i, price in enumerate(spot.tolist()):
        day = _Day(i, price, float(realised[start + i]), rule)
        lines.append(day.since(before, held))
        before = day
        if i % roll_days == 0:
            cash += day.worth(held)
            units = units_by_beta(float(history.beta_usd[start + i]), price)
            held = _opened(day, units, strike * price, i + roll_days, collar=collar)
            paid.append(day.cost(held))
            cash -= paid[-1]
            lines[-1] += day.charges(held)
        gained[i] = cash + day.worth(held)
    return gained, tuple(paid), tuple(lines)


@dataclass(frozen=True, slots=True)
class _Day:
    """One day's spot and volatility, and what options are worth on it."""

    day: int
    spot: float
    realised: float
    rule: Assumed

    def price(self, strike: float, ends: int, *, call: bool) -> float:
        return self.look(_Held(1.0, strike, call, ends)).mark

    def look(self, held: _Held) -> OptionLook:
        """An option marked at the volatility that is assumed for it; the future is at the spot."""
        years, sigma = (
            (held.ends - self.day) / 365.0,
            self.rule.volatility(self.realised, held.strike, self.spot),
        )
        mark = float(black_price(self.spot, held.strike, years, sigma, held.call))
        return OptionLook(mark, self.spot, self.spot, years, sigma)

    def since(self, before: _Day, held: tuple[_Held, ...]) -> OptionLines:
        """Where what the options gained since an earlier day came from."""
        total = OptionLines()
        for each in held:
            terms, start, end = (
                OptionTerms(each.strike, each.call, in_coin=False),
                before.look(each),
                self.look(each),
            )
            if not end.years:  # it pays what exercise is worth, at any volatility
                end = replace(end, volatility=start.volatility)
            total += option_lines(terms, each.units, start, end)
        return total

    def charges(self, opened: tuple[_Held, ...]) -> OptionLines:
        """What opening cost beside the middle price."""
        prices = [(abs(h.units), self.look(h).mark) for h in opened]
        return OptionLines(
            slippage=-sum(units * self.rule.half_spread * price for units, price in prices),
            fees=-sum(units * self.fee(price) for units, price in prices),
        )

    def fee(self, price: float) -> float:
        return min(DERIBIT.taker * self.spot, DERIBIT.cap * price)

    def charge(self, price: float) -> float:
        """Half the spread and the fee of one option."""
        return self.rule.half_spread * price + self.fee(price)

    def worth(self, held: tuple[_Held, ...]) -> float:
        return sum(h.units * self.price(h.strike, h.ends, call=h.call) for h in held)

    def cost(self, opened: tuple[_Held, ...]) -> float:
        """Dollars paid for opening: the middle price, and the charge on either side."""
        return self.worth(opened) + sum(
            abs(h.units) * self.charge(self.price(h.strike, h.ends, call=h.call)) for h in opened
        )


def _opened(day: _Day, units: float, strike: float, ends: int, *, collar: bool) -> tuple[_Held, ...]:
    """Return the puts, and with a `collar` as many calls sold, at the strike whose price less charges pays for them."""
    put = _Held(units, strike, call=False, ends=ends)
    if not collar:
        return (put,)
    asked = day.cost((_Held(1.0, strike, call=False, ends=ends),))
    sigma = day.rule.volatility(day.realised, day.spot, day.spot)
    middle = asked
    for _ in range(20):  # the charge on the call is a share of its price, or the fee: it settles at once
        middle = asked + day.charge(middle)
    found = strike_of_price(middle, day.spot, (ends - day.day) / 365.0, sigma, call=True)
    return put, _Held(-units, found, call=True, ends=ends)
