"""A venue's contracts: from ccxt's market entries to instruments, by our own table of units.

ccxt's `contractSize` is believed only where the table says that the venue counts in contracts, and only where the venue's
own entry states the same size: at one venue it is metadata, and 10,000 times wrong as a multiplier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from hedgerow.model.errors import StateUnknown, UnitMismatch, UnknownSymbol
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.option_contracts import tick_steps
from hedgerow.model.option_names import option_named
from hedgerow.venues.quirks import Product, Venue
from hedgerow.venues.raw import Row, amount, number, text, value

__all__ = ["Listing", "Listings", "listings_of"]

_ASSUMED_FEE = Decimal("0.001")  # where a market entry has none: more than any of these venues asks


@dataclass(frozen=True, slots=True)
class Listing:
    """A contract with what it is called: `symbol` by ccxt, `raw` in the venue's own bodies."""

    instrument: Instrument
    product: Product
    symbol: str
    raw: str
    mismatch: str = ""


@dataclass(frozen=True, slots=True)
class Listings:
    """All contracts of a venue, by every name they have."""

    venue: str
    named: Mapping[str, Listing]
    left_out: Mapping[str, str]

    def of(self, name: str | Instrument) -> Listing:
        """Return a contract by its instrument, its name, the venue's symbol or ccxt's; raises `UnknownSymbol`."""
        key = name if isinstance(name, str) else name.symbol
        found = self.named.get(key) or self.named.get(key.removeprefix(f"{self.venue}:"))
        if found is None:
            raise UnknownSymbol(
                f"{self.venue} lists no contract {key}",
                advice=self.left_out.get(
                    key, "It may have been renamed or delisted: read the instruments again."
                ),
            )
        return found

    @property
    def all(self) -> tuple[Listing, ...]:
        """Every contract once, by symbol."""
        return tuple(sorted({id(x): x for x in self.named.values()}.values(), key=lambda x: x.raw))


def listings_of(venue: Venue, markets: Iterable[Row]) -> Listings:
    """Return the linear and inverse contracts and the options paid in coins among ccxt's `markets` that are active.

    One that lacks a step or a size cannot be traded: it is left out, and named with the reason when it is asked for.
    """
    named: dict[str, Listing] = {}
    left_out: dict[str, str] = {}
    for market in markets:
        product = _product_of(venue, market)
        if product is None or market.get("active") is False:
            continue
        try:
            found = _listing(venue, product, market)
        except StateUnknown as why:
            left_out[str(market.get("symbol"))] = left_out[str(market.get("id"))] = why.message
            continue
        named.setdefault(found.raw, found)
        named[found.symbol] = found
    return Listings(venue.name, named, left_out)


def _product_of(venue: Venue, market: Row) -> Product | None:
    if market.get("option") and market.get("settle") == market.get("base"):
        return venue.products.get("option")
    if not (market.get("swap") or market.get("future")):
        return None
    kind = "inverse" if market.get("inverse") else "linear" if market.get("linear") else ""
    return venue.products.get(kind)


def _listing(venue: Venue, product: Product, market: Row) -> Listing:
    raw = text(market, venue.symbol_in)
    symbol = text(market, "symbol")
    if raw is None or symbol is None:
        raise StateUnknown(f"a market of {venue.name} has no symbol")
    if market.get("option"):
        _same_terms(market, raw)
    multiplier, mismatch = _multiplier(product, market)
    minutes = number(market.get("info"), product.interval_in) if product.interval_in else None
    instrument = _instrument(venue, market, raw, multiplier)
    if minutes and instrument.is_perpetual:
        instrument = replace(instrument, funding_interval_hours=float(minutes) / 60)
    return Listing(instrument, product, symbol, raw, mismatch)


def _multiplier(product: Product, market: Row) -> tuple[Decimal, str]:
    if product.units == "units":
        return Decimal(1), ""
    size = number(market, "contractSize")
    if size is None or size <= 0:
        raise UnitMismatch(f"{market.get('symbol')} has no contract size", advice="It cannot be traded.")
    stated = number(market.get("info"), product.size_in) if product.size_in else None
    if stated is not None and stated != size:
        return (
            size,
            f"a contract of {market.get('symbol')} is {size} here and {stated} in the venue's own entry",
        )
    return size, ""


def _instrument(venue: Venue, market: Row, raw: str, multiplier: Decimal) -> Instrument:
    inverse, option = bool(market.get("inverse")), bool(market.get("option"))
    lot = _step(market, "precision.amount", venue)
    least = number(market, "limits.amount.min") or Decimal(0)
    expiry = number(market, "expiry")
    return Instrument(
        venue=venue.name,
        symbol=raw,
        underlying=text(market, "base") or "",
        payoff=Payoff.OPTION if option else Payoff.INVERSE if inverse else Payoff.LINEAR,
        quote=text(market, "settle" if option else "quote") or "",
        settle=text(market, "settle") or "",
        multiplier=multiplier,
        lot=lot,
        min_contracts=max(least, lot),
        max_contracts=number(market, "limits.amount.max"),
        min_notional=number(market, "limits.cost.min") or Decimal(0),
        tick=_step(market, "precision.price", venue),
        taker_fee=_fee(market, "taker"),
        maker_fee=_fee(market, "maker"),
        tiers=(),
        expiry=None if not expiry else datetime.fromtimestamp(int(expiry) / 1000, tz=UTC),
        funding_interval_hours=None,
        cite=f"{venue.name}'s own market list",
    )


def _same_terms(market: Row, raw: str) -> None:
    """Raise `StateUnknown` for an option whose name, end, size or ticks are not what everything here reckons with."""
    try:
        named = option_named(raw)
    except ValueError:
        named = None
    ends, size = number(market, "expiry"), number(market, "contractSize")
    if named is None or ends is None or round(named.expiry.timestamp() * 1000) != ends:
        raise StateUnknown(f"the name of {raw} does not tell its strike and its end")
    if size != 1:
        raise UnitMismatch(f"a contract of {raw} is {size} coins and not one")
    told = value(market.get("info"), "tick_size_steps")
    steps = told if isinstance(told, list) else []
    listed = tuple((amount(each, "above_price"), amount(each, "tick_size")) for each in steps)
    known = tick_steps(number(market, "precision.price") or Decimal(0))
    if listed != known:
        raise StateUnknown(f"{raw} has ticks of {listed or 'one size'} and not those that are known")


def _fee(market: Row, names: str) -> Decimal:
    said = number(market, names)
    return _ASSUMED_FEE if said is None else said


def _step(market: Row, names: str, venue: Venue) -> Decimal:
    step = number(market, names)
    whole = market.get("inverse") and not market.get("option")
    if step is None and names == "precision.amount" and whole:
        step = Decimal(
            1
        )  # an inverse contract is a whole thing; ccxt leaves its step out where the venue does
    if step is None or step <= 0:
        raise StateUnknown(f"{market.get('symbol')} of {venue.name} has no {names.rpartition('.')[2]} step")
    return step
