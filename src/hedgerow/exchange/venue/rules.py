"""How venues differ, as data, and a contract's filters and tiers worked out once in exact units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from hedgerow.exchange.venue.events import Code
from hedgerow.model.amounts import decimal_of
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.legs import ZERO
from hedgerow.model.option_contracts import tick_at
from hedgerow.model.orders import units_of

__all__ = ["MOST", "Bracket", "Filters", "VenueRules", "filters_of", "on_tick", "sane", "unfit"]

MOST = Decimal("1e16")
"""No number is more, and no value and no amount of coins more than a thousandth of it: sums of such, with twelve decimals,
are exact in 28 digits."""
_MOST_COINS = MOST / 1000


@dataclass(frozen=True, slots=True)
class VenueRules:
    """One venue's ways.

    `ids`: whether a client id must be new for ever, only among open orders, or need not be. `post_only`: whether an order
    that would take is refused, or accepted and cancelled at once. `band`: how far from the mark a trade may be, a fraction.
    `liquidation_fee` is a fraction of what is closed. `settlement_ms` of index before expiry make the settlement price.
    """

    venue: str = "paper"
    ids: Literal["ever", "open", "free"] = "ever"
    post_only: Literal["refuse", "cancel"] = "refuse"
    band: Decimal | None = None
    leverage: Decimal = Decimal(20)
    margin_mode: Literal["cross", "isolated"] = "cross"
    liquidation_fee: Decimal = Decimal("0.005")
    settlement_ms: int = 1_800_000
    most_orders: int = 200
    dead_man: bool = True
    first_id: int = 1


@dataclass(frozen=True, slots=True)
class Bracket:
    """A margin tier in exact figures: maintenance is value·`mmr` − `cum`."""

    floor: Decimal
    mmr: Decimal
    cum: Decimal
    max_leverage: Decimal


@dataclass(frozen=True, slots=True)
class Filters:
    """A contract's limits in units, its tiers, and when it ends (milliseconds of UTC, None: never)."""

    lot: Decimal
    least: Decimal
    most: Decimal | None
    brackets: tuple[Bracket, ...]
    ends_at: int | None

    def bracket(self, value: Decimal) -> int:
        """Return the place of the tier that a position of `value` ≥ 0 lies in."""
        place = len(self.brackets) - 1
        while place > 0 and value < self.brackets[place].floor:
            place -= 1
        return place

    def maintenance(self, value: Decimal) -> Decimal:
        """Return the maintenance margin of a position of `value` ≥ 0, in the same coin (TV23)."""
        tier = self.brackets[self.bracket(value)]
        return value * tier.mmr - tier.cum


@lru_cache(maxsize=4096)
def filters_of(instrument: Instrument) -> Filters:
    """Return the contract's filters; a contract without tiers needs no maintenance and allows leverage 1."""
    ends = None if instrument.expiry is None else round(instrument.expiry.timestamp() * 1000)
    most = instrument.max_contracts
    return Filters(
        lot=units_of(instrument, instrument.lot),
        least=units_of(instrument, instrument.min_contracts),
        most=None if most is None else units_of(instrument, most),
        brackets=_brackets(instrument.tiers or (MarginTier(0.0, 0.0, 1.0),)),
        ends_at=ends,
    )


def _brackets(tiers: tuple[MarginTier, ...]) -> tuple[Bracket, ...]:
    """The tiers with their deductions, from floors and rates alone as `stats.margin.cum_amounts`, but exact."""
    found: list[Bracket] = []
    for tier in tiers:
        floor, mmr = decimal_of(tier.floor), decimal_of(tier.mmr)
        cum = found[-1].cum + floor * (mmr - found[-1].mmr) if found else ZERO
        found.append(Bracket(floor, mmr, cum, decimal_of(tier.max_leverage)))
    return tuple(found)


def sane(*numbers: Decimal) -> bool:
    """Whether these can be counted with: finite, and no more than `MOST` either way."""
    return all(number.is_finite() and -MOST <= number <= MOST for number in numbers)


def on_tick(instrument: Instrument, price: Decimal) -> bool:
    """Whether an order may have this price."""
    return sane(price) and price > 0 and not price % tick_at(instrument, price)


def unfit(
    instrument: Instrument, units: Decimal, price: Decimal | None, mark: Decimal, *, reduces: bool
) -> Code:
    """Return which filter an order of signed `units` fails, or nothing. `price` None: at market, valued at the mark.

    Orders that only reduce may be worth less than the minimum: dust must be closable. Nothing beyond `MOST` is
    taken.
    """
    if price is not None and not on_tick(instrument, price):
        return "tick"
    code = _off_size(filters_of(instrument), units)
    if code:
        return code
    worth = abs(units) if instrument.payoff is Payoff.INVERSE else abs(units) * (price or mark)
    if worth > _MOST_COINS:
        return "max_quantity"
    if reduces or instrument.payoff is Payoff.QUANTO:
        return ""
    return "min_notional" if worth < instrument.min_notional else ""


def _off_size(filters: Filters, units: Decimal) -> Code:
    if not units.is_finite() or not units:
        return "lot"
    size = abs(units)
    if size > (filters.most or MOST):
        return "max_quantity"
    if size % filters.lot:
        return "lot"
    return "min_quantity" if size < filters.least else ""
