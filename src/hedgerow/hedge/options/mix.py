"""Options and futures in one solve: the floor at every move down to the crash, and part of a rally kept, at the least cost.

    mix(scene, terms, expiry) -> Mix

Profits at a move are linear in lots (fees are, as each kind is on one side only), so that it is a linear programme in whole
numbers: puts bought and sold, calls sold, futures sold. The cost is what all of it costs until the options end if the coin
stands still. No more is sold than is covered: a put by one that is bought at its strike or above, calls and futures together by the book's
beta.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.hedge.charges import entry_rate, holding_rate
from hedgerow.hedge.crash import book_by_beta
from hedgerow.hedge.margin import Stake, maintenance_after
from hedgerow.hedge.options.legs import DERIBIT, DOLLARS, OptionLeg, OptionPosition
from hedgerow.hedge.options.plan import Mix
from hedgerow.hedge.options.scene import Scene
from hedgerow.hedge.terms import MONTH_DAYS, Terms
from hedgerow.model.arrays import FloatArray
from hedgerow.model.option_chain import OptionQuote
from hedgerow.stats.least_cost import LeastCost, least_cost

__all__ = ["mix"]

_LOWEST, _HIGHEST_PUT, _HIGHEST_CALL = 0.1, 1.05, 1.6
_MOST_KINDS = 12
_MOST_BETAS = 3.0
_HERE = np.zeros(1)


@dataclass(frozen=True, slots=True)
class _Problem:
    """What may be traded until one expiry: options with their side, then futures by the lot, and at which moves it is judged."""

    scene: Scene
    terms: Terms | None
    expiry: np.datetime64
    kinds: tuple[tuple[OptionQuote, int], ...]
    days: float

    @property
    def lot(self) -> float:
        """Units of the coin in a lot of options."""
        return float(self.scene.chain.lot)

    @property
    def futures_lot_usd(self) -> float:
        """Dollars of the coin in the least order of futures."""
        return 0.0 if self.terms is None else float(self.terms.instrument.lot) * self.terms.delta_usd

    def option(self, quote: OptionQuote, units: Decimal) -> OptionLeg:
        """So many of one option, bought at the ask, sold at the bid."""
        k = math.log(quote.strike / quote.forward_usd)
        volatility = float(self.scene.smiles[self.expiry].volatility(k))
        return OptionLeg(quote, units, quote.ask if units > 0 else quote.bid, volatility)

    def position(self, legs: Sequence[OptionLeg]) -> OptionPosition:
        fees = DERIBIT if self.scene.chain.in_coin else DOLLARS
        return OptionPosition(self.scene.chain, tuple(legs), fees)

    def futures_usd(self, dollars: float, moves: FloatArray) -> FloatArray:
        """What a short of `dollars` gains over `moves` until the end: costs as at the size of the whole beta."""
        if self.terms is None:
            return np.zeros(len(moves))
        entry = entry_rate(self.terms, float(self.scene.exposure.beta_usd[0]))
        funding = -holding_rate(self.terms) * self.days / MONTH_DAYS
        return -dollars * moves - dollars * (entry + funding)

    def profits(self, moves: FloatArray) -> FloatArray:
        """(N, M) what a lot of each kind gains at each move, held to the end."""
        lots = [
            self.position([self.option(quote, sign * self.scene.chain.lot)]).profit_usd(moves)
            for quote, sign in self.kinds
        ]
        futures = [self.futures_usd(self.futures_lot_usd, moves)] if self.terms is not None else []
        return np.column_stack([*lots, *futures]) if lots or futures else np.zeros((len(moves), 0))


def mix(scene: Scene, terms: Terms | None, expiry: np.datetime64) -> Mix:
    """Return the cheapest mix until `expiry` for the floor and the share to keep that the scene wants.

    `terms` are the linear perpetual's, None for options alone. Nothing is sold beyond the quoted size where that is known.
    """
    days = scene.chain.years(expiry) * 365.0
    keep = scene.wanted.keep or 0.0
    problem = _Problem(scene, terms, expiry, tuple(_kinds(scene, expiry)), days)
    down = scene.moves[(scene.moves <= 0.0) & (scene.moves >= -scene.wanted.crash)]
    found = _solved(problem, down, keep)
    if found is None:
        said = f"no options and futures hold it at every move and keep {keep:.0%} of a rally of {scene.rally:.0%}"
        return Mix(expiry, days, keep, reason=said)
    return _told(problem, found, keep)


def _kinds(scene: Scene, expiry: np.datetime64) -> Iterator[tuple[OptionQuote, int]]:
    """The options that may be traded: puts bought, puts sold below the crash, calls sold above the forward."""
    spot = scene.chain.index_usd
    quotes = [q for q in scene.chain.of(expiry) if q.tradable]
    puts = [q for q in quotes if not q.call]
    low = max(1.0 - scene.wanted.crash - _LOWEST, 0.0) * spot
    bought = [q for q in puts if math.isfinite(q.ask) and low <= q.strike <= _HIGHEST_PUT * spot]
    sold = [q for q in puts if math.isfinite(q.bid) and q.strike <= (1.0 - scene.wanted.crash) * spot]
    calls = [
        q
        for q in quotes
        if q.call and math.isfinite(q.bid) and q.forward_usd < q.strike <= _HIGHEST_CALL * spot
    ]
    for group, sign in ((bought, 1), (sold[-3:], -1), (calls, -1)):
        for i in sorted({round(x) for x in np.linspace(0, len(group) - 1, min(_MOST_KINDS, len(group)))}):
            yield group[i], sign


def _solved(problem: _Problem, down: FloatArray, keep: float) -> LeastCost | None:
    scene, up = problem.scene, np.array([problem.scene.rally])
    beta_usd = float(scene.exposure.beta_usd[0])
    lots, futures = len(problem.kinds), [] if problem.terms is None else [problem.futures_lot_usd]
    coins = np.array([problem.lot * scene.chain.index_usd] * lots + futures)
    signs = np.array([sign for _, sign in problem.kinds] + [0] * len(futures))
    put = np.array([not quote.call for quote, _ in problem.kinds] + [False] * len(futures))
    gained = float(book_by_beta(scene.exposure, up)[0])
    below, above = problem.profits(down), problem.profits(up)
    covered = _covered(problem.kinds, len(futures))
    rows = [below, above, covered, -(coins * ((signs < 0) & ~put | (signs == 0)))[None, :]]
    floors = [
        -scene.allowed_usd - scene.crash_usd[np.isin(scene.moves, down)],
        np.array([keep * gained - gained if gained > 0.0 else -np.inf]),
        np.zeros(len(covered)),
        np.array([-abs(beta_usd)]),
    ]
    kept = np.isfinite(np.concatenate(floors))
    most = _MOST_BETAS * abs(beta_usd) / coins
    quoted = [q.ask_size if sign > 0 else q.bid_size for q, sign in problem.kinds] + [math.nan] * len(futures)
    sizes = np.array(quoted) / problem.lot
    most = np.where(np.isfinite(sizes), np.minimum(most, sizes), most)
    cost = -problem.profits(_HERE)[0]
    return least_cost(cost, np.vstack(rows)[kept], np.concatenate(floors)[kept], most)


def _covered(kinds: tuple[tuple[OptionQuote, int], ...], futures: int) -> FloatArray:
    """Rows by which every put that is sold has one that is bought at its strike or above: no fall is deep enough to lose by it."""
    puts = [0 if quote.call else sign for quote, sign in kinds]
    strikes = np.array([quote.strike for quote, _ in kinds])
    sold = [quote.strike for (quote, _), sign in zip(kinds, puts, strict=True) if sign < 0]
    rows = [np.append(np.array(puts) * (strikes >= strike), np.zeros(futures)) for strike in sold]
    return np.array(rows).reshape(len(rows), len(kinds) + futures)


def _told(problem: _Problem, found: LeastCost, keep: float) -> Mix:
    scene, terms = problem.scene, problem.terms
    legs = [
        problem.option(quote, sign * int(count) * scene.chain.lot)
        for (quote, sign), count in zip(problem.kinds, found.counts, strict=False)
        if count
    ]
    position = problem.position(legs) if legs else None
    contracts = Decimal(0) if terms is None else int(found.counts[-1]) * terms.instrument.lot
    short = 0.0 if terms is None else float(contracts) * terms.delta_usd

    def profit(moves: FloatArray) -> FloatArray:
        options = position.profit_usd(moves) if position is not None else np.zeros(len(moves))
        return options + problem.futures_usd(short, moves)

    gained, up = scene.moves, np.array([scene.rally])
    crash = scene.crash_usd + profit(gained)
    worst, where = scene.worst(crash)
    rally = float(book_by_beta(scene.exposure, up)[0])
    entry = 0.0 if terms is None else short * entry_rate(terms, float(scene.exposure.beta_usd[0]))
    return Mix(
        problem.expiry,
        problem.days,
        keep,
        position,
        None if terms is None or not contracts else terms.instrument,
        contracts,
        short,
        (0.0 if position is None else position.premium_usd + position.fee_usd) + entry,
        found.cost,
        scene.by_beta_usd + profit(gained),
        crash,
        worst,
        where,
        (rally + float(profit(up)[0])) / rally if rally > 0.0 else math.nan,
        _margin(scene, terms, position, short),
        scene.flat_rally_usd + float(profit(up)[0]),
        tuple((m, _left(scene, position, short, m)) for m in scene.shown_moves),
        found.proven,
    )


def _left(scene: Scene, position: OptionPosition | None, short: float, move: float) -> float:
    """Dollars of beta left at once after a move."""
    options = 0.0 if position is None else float(position.delta_usd(np.array([move]))[0])
    return scene.book_beta_after(move) + options - short * (1.0 + move)


def _margin(scene: Scene, terms: Terms | None, position: OptionPosition | None, short: float) -> float:
    """What both accounts need in the worse of rally and crash; options and futures give each other no relief."""

    def needed(move: float) -> float:
        futures = 0.0
        if terms is not None and short:
            stake = (Stake(terms.instrument, -short, terms.price_usd, terms.settle_usd),)
            futures = max(short * move + maintenance_after(stake, move), 0.0)
        return futures + (0.0 if position is None else position.needed_usd(move))

    return max(needed(scene.rally), needed(-scene.wanted.crash))
