"""What it costs to go on: from a contract into a later one, or into the perpetual for the same time (domain §5).

    ways_on(near, held, listed, betas, market, now) -> ways, the usual one first
    apart(way, limit_usd) -> how far one leg of the roll may be ahead of the other

A roll closes what is held and opens the other: of linear contracts as many dollars, so that the dollar beta stays what it
is, of inverse ones as many dollars of face: contract for contract. It moves no money by itself; it costs fees, spread and impact of both trades, and from then on earns or pays the
basis of the later contract, or the perpetual's funding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.hedge.charges import trade_lines
from hedgerow.hedge.plan import CostLine
from hedgerow.hedge.rolls import ROLLING, RollRule, Stage, days_left
from hedgerow.hedge.terms import MONTH_DAYS, Terms, funding_ahead, terms_of
from hedgerow.hedge.valuation import price_of
from hedgerow.model.amounts import to_lots
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.model.orders import contracts_of, lot_units, units_of

__all__ = ["Rung", "Way", "apart", "way_on", "way_said", "ways_on"]

_YEAR_DAYS = 365.0
_ORDER = ("measured", "modelled", "assumed")
_HEADROOM = 1.1
_SLICES, _MOST_SLICES = 10, 50


@dataclass(frozen=True, slots=True)
class Way:
    """One way on: `near` signed contracts of what is held are traded, which closes it, and `far` of the other.

    Dollars are per 100 % of the coin, below zero for a sale; `prices` dollars of near and far. `lines` are what the way costs from
    now on for `days`, below zero where it earns. `gain_usd` is what the later price alone brings over the nearer one
    (TV21b), NaN into a perpetual. `before_usd` (K,) is the dollar beta of what is
    held, `beta_usd` what the change of contract adds to it. `why_not`: it cannot be gone.
    """

    near: Instrument
    far: Instrument
    near_contracts: Decimal
    far_contracts: Decimal
    near_usd: float
    far_usd: float
    prices: tuple[float, float]
    days: float
    lines: tuple[CostLine, ...]
    gain_usd: float
    before_usd: FloatArray
    beta_usd: FloatArray
    why_not: str = ""

    @property
    def usd(self) -> float:
        """What it costs in all over its days, below zero where it earns."""
        return sum(line.usd for line in self.lines)

    @property
    def trading_usd(self) -> float:
        """What the two trades cost."""
        return sum(line.usd for line in self.lines if line.name not in {"basis", "funding"})

    def a_year(self, dollars: float) -> float:
        """Dollars of this way as a fraction of what is held, a year of 365 days; NaN where it has no days."""
        size = abs(self.near_usd) * self.days
        return dollars / size * _YEAR_DAYS if size > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class Rung:
    """A contract that an account holds, signed, and where it stands: `days` to its end, its `window`, its ways on.

    Each way has the perpetual over the same time beside it, None where there is none.
    """

    account: str
    near: Instrument
    contracts: Decimal
    days: float
    window: tuple[np.datetime64, np.datetime64] | None
    stage: Stage
    ways: tuple[tuple[Way, Way | None], ...]


def ways_on(
    near: Instrument,
    held: Decimal,
    listed: Iterable[Instrument],
    betas: Betas,
    market: Market,
    now: np.datetime64,
    *,
    halves: Mapping[str, float] | None = None,
    rule: RollRule = ROLLING,
) -> tuple[tuple[Way, Way | None], ...]:
    """Return every later contract of the kind of `near`, the next first, each with the perpetual over the same time.

    `held` signed contracts, `now` in UTC, `halves` measured half-spreads in basis points by contract. A contract that is itself about to be
    rolled is none. Where no later one is listed, or for a perpetual none is, the perpetual stands alone over 30 days;
    nothing is returned where there is nothing to go on with.
    """
    kind = [c for c in listed if c.family == near.family and c.name != near.name]
    least = max(days_left(near, now) if near.expiry else 0.0, rule.start_days)
    later = sorted(
        (c for c in kind if c.expiry and days_left(c, now) > least), key=lambda c: days_left(c, now)
    )
    perpetual = near if near.expiry is None else next((c for c in kind if c.expiry is None), None)

    def way(far: Instrument, days: float) -> Way:
        return way_on(near, far, held, betas, market, days, halves=halves)

    found = [
        (way(far, days), None if perpetual is None else way(perpetual, days))
        for far in later
        for days in (days_left(far, now),)
    ]
    if not found and perpetual is not None and near.expiry is not None:
        return ((way(perpetual, MONTH_DAYS), None),)
    return tuple(found)


def way_on(
    near: Instrument,
    far: Instrument,
    held: Decimal,
    betas: Betas,
    market: Market,
    days: float,
    *,
    halves: Mapping[str, float] | None = None,
) -> Way:
    """Return the way from `held` signed contracts of `near` into as much of `far`, and what it costs for `days`.

    Into the same contract it is staying: nothing is traded, and its funding goes on. The far count is rounded to its lots.
    """
    terms, other = terms_of(near, betas, market), terms_of(far, betas, market)
    stays = near.name == far.name
    count = held if stays else _as_much(terms, other, held)
    near_usd, far_usd = float(held) * terms.delta_usd, float(count) * other.delta_usd
    traded = () if stays else ((terms, -near_usd), (other, far_usd))
    lines = [line for each, usd in traded for line in _trade(each, usd, halves or {})]
    coins = float(count) * _coins(other)
    spot = price_of(market, far.underlying)
    gain = (
        math.nan
        if far.expiry is None or near.expiry is None
        else -coins * (other.price_usd - terms.price_usd)
    )
    return Way(
        near=near,
        far=far,
        near_contracts=Decimal(0) if stays else -held,
        far_contracts=Decimal(0) if stays else count,
        near_usd=near_usd,
        far_usd=far_usd,
        prices=(terms.price_usd, other.price_usd),
        days=days,
        lines=(*_by_name(lines), _holding(other, far_usd, coins, spot, market, days)),
        gain_usd=gain,
        before_usd=near_usd * terms.beta,
        beta_usd=far_usd * other.beta - near_usd * terms.beta,
        why_not=terms.unusable
        or other.unusable
        or ("" if stays else _too_small(far, count, other.price_usd)),
    )


def _as_much(near: Terms, far: Terms, held: Decimal) -> Decimal:
    """Contracts of `far`, in its lots, that are worth what `held` of `near` is; of inverse ones with the same face.

    0 where a price is not known.
    """
    units = units_of(near.instrument, held)
    if near.instrument.payoff is not Payoff.INVERSE:
        ratio = near.delta_usd * float(far.instrument.multiplier)
        ratio = (
            ratio / (far.delta_usd * float(near.instrument.multiplier)) if far.delta_usd > 0.0 else math.nan
        )
        if not math.isfinite(ratio):
            return Decimal(0)
        units *= Decimal(repr(ratio))
    return contracts_of(far.instrument, to_lots(units, lot_units(far.instrument)))


def _coins(terms: Terms) -> float:
    """Coins of the underlying that one contract is: of an inverse one, its face at its own price."""
    if terms.instrument.payoff is Payoff.INVERSE:
        return terms.delta_usd / terms.settle_usd
    return terms.delta_usd / terms.price_usd


def _too_small(far: Instrument, count: Decimal, price: float) -> str:
    if abs(count) < far.min_contracts or not count:
        return f"{abs(count):f} contracts of {far.symbol} are below its minimum of {far.min_contracts:f}"
    worth = abs(float(count)) * float(far.multiplier) * (1.0 if far.payoff is Payoff.INVERSE else price)
    if worth < float(far.min_notional):
        return f"{far.symbol}: worth {worth:,.2f}, less than the {far.min_notional:f} of its smallest order"
    return ""


def _trade(terms: Terms, dollars: float, halves: Mapping[str, float]) -> tuple[CostLine, ...]:
    """Fee, spread and impact of one trade, the spread as the contract's own quotes have it where they are known."""
    half = halves.get(terms.instrument.name, math.nan)
    lines = trade_lines(terms, dollars)
    if not math.isfinite(half):
        return lines
    paid = abs(dollars) * half * 1e-4
    own = CostLine("spread", paid, paid, paid, monthly=False, basis="measured", note="its own bid and ask")
    return tuple(own if line.name == "spread" else line for line in lines)


def _by_name(lines: list[CostLine]) -> tuple[CostLine, ...]:
    """Both trades' lines added by name; a sum is as well known as its worst part."""
    found: dict[str, CostLine] = {}
    for line in lines:
        so_far = found.get(line.name)
        if so_far is None:
            found[line.name] = line
            continue
        found[line.name] = CostLine(
            line.name,
            so_far.usd + line.usd,
            so_far.low_usd + line.low_usd,
            so_far.high_usd + line.high_usd,
            monthly=False,
            basis=max(so_far.basis, line.basis, key=_ORDER.index),
            note=so_far.note if so_far.note == line.note else "both trades",
        )
    return tuple(found.values())


def _holding(
    terms: Terms, dollars: float, coins: float, spot: float, market: Market, days: float
) -> CostLine:
    """What `coins` bring once they are there: a dated contract its basis until it ends, a perpetual its funding."""
    contract = terms.instrument
    if contract.expiry is not None:
        usd = coins * (terms.price_usd - spot)
        note = "its own price over the coin's" if terms.priced else "as funding was in the last 30 days"
        return CostLine("basis", usd, usd, usd, False, "measured" if terms.priced else "modelled", note)
    ahead = funding_ahead(contract, market, days)
    low, high = sorted((dollars * ahead.low, dollars * ahead.high))
    return CostLine("funding", dollars * ahead.expected, low, high, False, ahead.basis, ahead.note)


def apart(way: Way, limit_usd: float | None = None) -> tuple[Decimal | None, float]:
    """Return by how much of a roll one leg may be ahead of the other, as a fraction, and the dollars that are then open.

    A fifth without a `limit_usd`; more where the smallest orders ask for more, None where they leave the whole.
    """
    size = max(abs(way.near_usd), abs(way.far_usd))
    wanted = _SLICES if limit_usd is None else math.ceil(2.0 * size / max(limit_usd, 1e-9))
    legs = (
        (way.near, way.near_contracts, way.prices[0], True),
        (way.far, way.far_contracts, way.prices[1], False),
    )
    slices = min(wanted, _MOST_SLICES, *(_most_slices(*leg) for leg in legs))
    lots = max((float(c.lot) / abs(float(n)) for c, n, _, _ in legs if n), default=1.0)
    share = 2.0 * (1.0 / slices + lots) if slices > 0 else 1.0
    if share >= 1.0:
        return None, size
    return Decimal(f"{share:.6f}") + Decimal("0.000001"), share * size


def _most_slices(contract: Instrument, count: Decimal, price: float, closes: bool) -> int:
    """How many orders of a leg are large enough, with headroom for the price."""
    least = float(max(contract.min_contracts, contract.lot))
    if not closes and contract.payoff is not Payoff.QUANTO:
        worth = float(contract.multiplier) * (1.0 if contract.payoff is Payoff.INVERSE else price)
        least = max(least, float(contract.min_notional) / worth * _HEADROOM)
    return int(abs(float(count)) / (least + float(contract.lot)))


def way_said(way: Way, beside: Way | None) -> str:
    """Return a way in words, on one line: what it costs until its end, how that is known, and the perpetual beside it."""
    said = f"into {way.far.symbol} {_over(way)}"
    return said if beside is None else f"{said}; {beside.far.symbol} instead {_over(beside)}"


def _over(way: Way) -> str:
    """Dollars over the days of a way, a year, and how well the largest line is known."""
    largest = max(way.lines, key=lambda each: abs(each.usd))
    verb = "earns" if way.usd < 0.0 else "costs"
    rate = percent_text(abs(way.a_year(way.usd)), 1)
    return f"{verb} {abs(way.usd):,.0f} dollars in {way.days:.0f} days ({rate} a year, {largest.name} {largest.basis})"
