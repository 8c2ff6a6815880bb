"""What the three ports of a ccxt venue share: the exchange, its table, its contracts, whose account it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hedgerow.model.errors import StateUnknown, UnitMismatch
from hedgerow.model.instruments import Instrument
from hedgerow.venues.calls import Ban, Wire
from hedgerow.venues.clientids import own_id
from hedgerow.venues.fields import Names
from hedgerow.venues.listing import Listing, Listings, listings_of
from hedgerow.venues.quirks import Product, Venue
from hedgerow.venues.raw import Row, ident, text
from hedgerow.venues.reading import Whose
from hedgerow.venues.units import Evidence
from hedgerow.venues.wire import Exchange

__all__ = ["Door", "now_ms"]


def now_ms() -> int:
    """Return milliseconds of UTC."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Door:
    """One account at one venue.

    `hedged`: long and short legs coexist, until the venue has said what is so (`legs`). `self_check`: no order before the units are shown right.
    `pause` waits for so many seconds between two looks, `idle` beside everything else.
    `given`: the markets came with the exchange and stay; otherwise they are loaded, and loaded anew when asked for.
    """

    exchange: Exchange
    venue: Venue
    whose: Whose
    wallets: tuple[str, ...]
    hedged: bool = False
    self_check: bool = True
    now: Callable[[], int] = now_ms
    given: bool = False
    listed: Listings | None = None
    proven: set[str] = field(default_factory=set)
    wrong: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    looked: dict[str, int] = field(default_factory=dict)
    legs: dict[str, bool] = field(default_factory=dict)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    idle: Callable[[float], Awaitable[None]] = asyncio.sleep
    ban: Ban = field(default_factory=Ban)

    @property
    def wire(self) -> Wire:
        """The calls."""
        return Wire(self.exchange, self.venue, self.ban, self.now)

    async def listings(self, *, anew: bool = False) -> Listings:
        """Return the venue's contracts, loaded once, or again where `anew` and they were not given."""
        if self.listed is None or (anew and not self.given):
            if not self.given:
                await self.wire.ask(lambda: self.exchange.load_markets(True))
            self.list_markets()
        if self.listed is None:
            raise StateUnknown(f"{self.venue.name} lists no markets")
        return self.listed

    def list_markets(self) -> None:
        """Read the exchange's markets, and leave it their steps as ccxt's own code can read them.

        With `number=Decimal` ccxt writes Decimals there and overlooks them when it formats an order, which then leaves with
        an exponent. The shortest form of the float is the same number. Where ccxt knows no step of the quantity, which is so
        for inverse contracts of one venue, no order could be written: it is the one that we read.
        """
        self.listed = listings_of(self.venue, self.exchange.markets.values())
        for market in self.exchange.markets.values():
            steps = market.get("precision") or {}
            for name in ("amount", "price"):
                if isinstance(steps.get(name), Decimal):
                    steps[name] = float(steps[name])
            known = self.listed.named.get(market.get("symbol") or "")
            if known is not None and steps.get("amount") is None:
                steps["amount"] = float(known.instrument.lot)

    async def listing(self, instrument: Instrument | str) -> Listing:
        """Return one contract; raises `UnknownSymbol`."""
        return (await self.listings()).of(instrument)

    async def by_product(self, instruments: Sequence[Instrument]) -> dict[str, list[Listing]]:
        """Return contracts by product."""
        found: dict[str, list[Listing]] = {}
        for instrument in instruments:
            one = await self.listing(instrument)
            kind = next(name for name, product in self.venue.products.items() if product is one.product)
            found.setdefault(kind, []).append(one)
        return found

    def product(self, kind: str) -> Product:
        """Return a product by its name."""
        return self.venue.products[kind]

    def has_legs(self, listing: Listing) -> bool:
        """Return whether orders in a contract have to name a leg: what the venue said last, else what we were told."""
        return self.legs.get(listing.raw, self.legs.get(_kind_of(listing), self.hedged))

    def learn_legs(self, listing: Listing, hedge: bool | None) -> None:
        """Keep what the venue said of the position mode: of the contract, or of all of its kind."""
        route = listing.product.set_up.mode
        if hedge is not None and route is not None:
            self.legs[listing.raw if route.symbol else _kind_of(listing)] = hedge

    def weigh(self, evidence: Evidence | None) -> None:
        """Keep what a figure says of a contract's units: once wrong, always wrong."""
        if evidence is None:
            return
        if not evidence.agrees:
            self.wrong[evidence.instrument] = str(evidence)
        elif evidence.proves:
            self.proven.add(evidence.instrument)

    def refuse_wrong(self, listing: Listing) -> None:
        """Raise `UnitMismatch` for a contract of which anything contradicts our units."""
        wrong = listing.mismatch or self.wrong.get(listing.instrument.name)
        if wrong:
            raise UnitMismatch(
                wrong, advice="Nothing was sent and nothing will be in this contract: see docs/venues."
            )

    def touched_of(self, product: Product) -> set[str]:
        """Return the contracts of a product in which this process has sent orders."""
        listed = {} if self.listed is None else self.listed.named
        return {name for name in self.touched if name in listed and listed[name].product is product}

    def client_of(self, row: Row, names: Names) -> str:
        """Return our client id as a row names it, empty where it names none."""
        said = ident(row, names) if names else None
        return own_id(self.venue.client_id, said or "")

    def raw_of(self, row: Row, names: Names) -> str:
        """Return the symbol of a row as the venue writes it, empty where it does not say."""
        return text(row, names) or ""

    def mine(self, rows: Iterable[Row], names: Names, one: Listing) -> tuple[Row, ...]:
        """Return the rows of a contract; a row that names none belongs to the one that was asked for."""
        return tuple(row for row in rows if self.raw_of(row, names) in {"", one.raw, one.symbol})


def _kind_of(listing: Listing) -> str:
    return f"all {listing.instrument.payoff}"
