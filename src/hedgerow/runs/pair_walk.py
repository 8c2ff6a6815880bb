"""`walk_pair(...)`: a pair through the past, sized anew on what was known, its alpha apart from what was not isolated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.hedge.pairs import Balance, PairPlan, pair
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.errors import HedgerowError, NotEnoughData
from hedgerow.model.instruments import Instrument
from hedgerow.model.journal import day_ends
from hedgerow.model.market import Market
from hedgerow.model.pairs import PairRun
from hedgerow.runs.panel import cut
from hedgerow.runs.past import Catalogue
from hedgerow.runs.prices import Prices
from hedgerow.runs.slippage import slippage
from hedgerow.stats.bootstrap import block_interval

__all__ = ["PairTerms", "walk_pair"]

_ALPHA, _MARKET, _FUNDING, _COSTS = range(4)


@dataclass(frozen=True, slots=True)
class PairTerms:
    """How a pair is sized, and how often: days before the first trade, and between trades."""

    notional_usd: float
    balance: Balance = "beta"
    factors: tuple[str, ...] = ("BTC",)
    estimator: str = "default"
    train_days: float = 90.0
    step_days: float = 7.0


@dataclass(frozen=True, slots=True)
class _Leg:
    """A contract held from one sizing to the next."""

    instrument: Instrument
    contracts: Decimal
    beta: FloatArray


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is written on the way, from bar `first` on."""

    first: int
    lines: FloatArray
    gross: FloatArray


def walk_pair(
    long: str, short: str, terms: PairTerms, market: Market, catalogue: Catalogue, seed: int = 0
) -> PairRun:
    """Return what the pair would have come to. Errors of the first sizing are `pair`'s own.

    All legs or none: where a later sizing is refused, everything is closed until one is not, and the run says so.
    Raises `NotEnoughData` where nothing is left to test on.
    """
    steps = _steps(market, (*terms.factors, long, short), terms)
    prices = Prices(market.times, market)
    count = len(market.times) - int(steps[0])
    rows = _Rows(int(steps[0]), np.zeros((count, 4)), np.zeros(count))
    lead = _factor_moves(market, terms.factors)
    held: tuple[_Leg, ...] = ()
    notes: list[str] = []
    for place, start in enumerate(steps.tolist()):
        end = int(steps[place + 1]) if place + 1 < len(steps) else len(market.times) - 1
        seen = cut(market, start)
        wanted, why = _sized(long, short, terms, seen, catalogue, first=place == 0)
        if why:
            notes.append(f"{str(market.times[start])[:10]}: no pair, {why}; everything was closed.")
        rows.lines[start - rows.first, _COSTS] -= _cost(held, wanted, market, prices, start)
        held = wanted
        for leg in held:
            _carry(leg, prices, lead, slice(start, end), rows)
    told = _Told(rows.lines, rows.gross, len(steps), (*notes, *_unpaid(prices, held)))
    return _judged(long, short, terms, market, told, seed)


def _steps(market: Market, coins: tuple[str, ...], terms: PairTerms) -> IntArray:
    """The bars at which the pair is sized, once all coins have been there for the days to learn from."""
    series = np.column_stack([market.prices[:, market.column(coin)] for coin in coins])
    known = np.flatnonzero(np.isfinite(series).all(axis=1))
    first = (int(known[0]) if len(known) else 0) + round(terms.train_days * market.bars_per_day)
    if first >= len(market.times) - 2:
        raise NotEnoughData(
            f"after {terms.train_days:g} days to learn from, no bar is left to test on",
            advice="Give a longer price file.",
        )
    every = max(round(terms.step_days * market.bars_per_day), 1)
    return np.arange(first, len(market.times) - 1, every, dtype=np.int64)


def _sized(
    long: str, short: str, terms: PairTerms, seen: Market, catalogue: Catalogue, *, first: bool
) -> tuple[tuple[_Leg, ...], str]:
    try:
        plan: PairPlan = pair(
            long,
            short,
            terms.notional_usd,
            seen,
            catalogue(seen),
            factors=terms.factors,
            estimator=terms.estimator,
            balance=terms.balance,
        )
    except HedgerowError as why:
        if first:
            raise
        return (), why.message
    legs = tuple(_Leg(leg.instrument, leg.contracts, leg.beta_usd / leg.dollars) for leg in plan.legs)
    return legs, "; ".join(plan.refused)


def _cost(before: tuple[_Leg, ...], after: tuple[_Leg, ...], market: Market, prices: Prices, t: int) -> float:
    """Fee, half the spread and impact, in dollars, of getting from one pair to the next at the close of bar `t`."""
    sizes: dict[str, Decimal] = {}
    contracts = {leg.instrument.name: leg.instrument for leg in (*before, *after)}
    for sign, legs in ((-1, before), (1, after)):
        for leg in legs:
            sizes[leg.instrument.name] = sizes.get(leg.instrument.name, Decimal(0)) + sign * leg.contracts
    total = 0.0
    for name, size in sizes.items():
        contract = contracts[name]
        price = float(prices.last(contract)[t] * prices.coin(contract.quote)[t])
        dollars = abs(float(size)) * contract.dollar_delta(price)
        half, impact = slippage(cut(market, t), contract.underlying, market.times[t : t + 1])
        total += dollars * (float(contract.taker_fee) + float(half[0]) + float(impact[0]) * np.sqrt(dollars))
    return total


def _factor_moves(market: Market, factors: tuple[str, ...]) -> FloatArray:
    """Simple returns (T, K), 0 where a factor has no bar."""
    prices = np.column_stack([market.prices[:, market.column(f)] for f in factors])
    moves = np.zeros(prices.shape)
    moves[1:] = np.nan_to_num(prices[1:] / prices[:-1] - 1.0)
    return moves


def _carry(leg: _Leg, prices: Prices, lead: FloatArray, bars: slice, told: _Rows) -> None:
    """Hold a leg over the bars after `bars.start` up to `bars.stop`: its move, parted, and its funding."""
    contract, size = leg.instrument, float(leg.contracts) * float(leg.instrument.multiplier)
    held, after = slice(bars.start, bars.stop + 1), slice(bars.start + 1, bars.stop + 1)
    coin = prices.coin(contract.settle)
    dollars = size * (prices.last(contract) * coin)[held]
    gained = size * np.diff(prices.last(contract)[held]) * coin[after]
    market = dollars[:-1] * (lead[after] @ leg.beta)
    rows = slice(after.start - told.first, after.stop - told.first)
    told.lines[rows, _ALPHA] += gained - market
    told.lines[rows, _MARKET] += market
    told.gross[rows] += np.abs(dollars[:-1])
    for t in range(after.start, after.stop):
        for due in prices.due(contract, t):
            told.lines[t - told.first, _FUNDING] -= size * due.mark * due.rate * float(coin[t])


def _unpaid(prices: Prices, legs: tuple[_Leg, ...]) -> tuple[str, ...]:
    missing = [
        leg.instrument.symbol for leg in legs if leg.instrument.underlying not in prices.market.funding
    ]
    return tuple(f"No funding of {name} was given: modelled, at 0.01 % every 8 hours." for name in missing)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a walk left: its lines (T, 4), dollars of the legs (T,), how often it was sized, and what is to be said."""

    lines: FloatArray
    gross: FloatArray
    sizings: int
    notes: tuple[str, ...]


def _judged(long: str, short: str, terms: PairTerms, market: Market, told: _Told, seed: int) -> PairRun:
    rows = len(told.lines)
    times = market.times[len(market.times) - rows :]
    ends = day_ends(times)
    prices = np.column_stack([market.prices[-rows:, market.column(f)] for f in terms.factors])[ends]
    with np.errstate(invalid="ignore"):
        moves = np.nan_to_num(prices[1:] / prices[:-1] - 1.0)
    daily = np.diff(told.lines.sum(axis=1).cumsum()[ends]) / terms.notional_usd
    slope = block_interval(np.column_stack([daily, moves[:, 0]]), _slope, seed=seed)
    design = np.column_stack([np.ones(len(moves)), moves])
    fitted = design @ np.linalg.lstsq(design, daily, rcond=None)[0]
    spread = float(np.var(daily))
    return PairRun(
        long=long,
        short=short,
        balance=terms.balance,
        notional_usd=terms.notional_usd,
        times=times,
        lines=told.lines,
        gross_usd=told.gross,
        factors=terms.factors,
        residual_beta=(slope.middle, slope.low, slope.high),
        explained=float(np.var(fitted)) / spread if spread > 0.0 else float("nan"),
        volatility=float(np.sqrt(spread * 365.0)),
        rebalanced=told.sizings,
        notes=told.notes,
    )


def _slope(joined: FloatArray) -> float:
    lead = joined[:, 1] - joined[:, 1].mean()
    square = float(lead @ lead)
    return float(lead @ joined[:, 0]) / square if square > 0.0 else float("nan")
