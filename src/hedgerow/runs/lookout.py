"""What the venue says at one look: positions, coins, prices, funding, and what of it the journal explains.

await Lookout(doors, store, clock, tail).see(view, lease) -> Seen
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from hedgerow.hedge.rolls import days_left
from hedgerow.hedge.valuation import price_of
from hedgerow.model.errors import StateUnknown, VenueInMaintenance, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import OrderReport, contracts_of
from hedgerow.model.ports import Clock, FundingPaid, Holding, Lease, Store, Ticker
from hedgerow.runs.alarming import Facts
from hedgerow.runs.diary import View
from hedgerow.runs.ledger import Ledger
from hedgerow.runs.outlook import foretold
from hedgerow.runs.reconcile import Doors, reconcile
from hedgerow.runs.rounds import Rounds
from hedgerow.runs.tail import Tail
from hedgerow.runs.watching import Held, Sight, stakes_of

__all__ = ["Lookout", "Seen"]

_FAILURES = (VenueUnreachable, VenueRefused, StateUnknown)
_DAY_MS = 86_400_000
_LEAST_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A sight and the facts beside it, from a `view`; `paid` is the funding that came since the last look.

    `trouble` says why positions are not known.
    """

    sight: Sight
    facts: Facts
    view: View
    paid: tuple[FundingPaid, ...] = ()
    trouble: str = ""


@dataclass(slots=True)
class Lookout:
    """Asks the venue, and follows the account's journal by its `tail`."""

    doors: Doors
    store: Store
    clock: Clock
    tail: Tail
    feed_at: int | None = None
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(self.doors, self.clock)

    async def see(self, view: View, lease: Lease) -> Seen:
        """Return what there is to be seen; what the venue does not answer is unknown, never flat or zero."""
        account = lease.account
        before = self.tail.ledger()
        contracts = _alive(before, self.clock.now())
        trouble, held, coins, ledger, distance = "", None, None, before, math.nan
        closed: str | None = ""
        orders: tuple[OrderReport, ...] | None = None
        try:
            found = await reconcile(self.doors, self.store, self.clock, lease, contracts, tail=self.tail)
            ledger, orders = found.ledger, found.open_orders
            holdings = await self.doors.account.positions(contracts)
            named = {**ledger.instruments, **{c.name: c for c in view.contracts}}
            held = tuple(Held(named[h.instrument], h.quantity, h.entry) for h in holdings if h.quantity)
            coins = await self._coins()
            distance = _distance(holdings)
        except _FAILURES as why:
            trouble, held = why.message, None
            closed = why.message if isinstance(why, VenueInMaintenance) else None
        open_now = [c for c in contracts if ledger.quantity(c.name)]
        basis = await self._prices(view, open_now)
        asked = await self.rounds.go(open_now)
        at = self.clock.now()
        halted = self.store.halted(account)
        sight = Sight(at, view.book, view.market, view.hedge, view.contracts, held, coins, halted, view.blind)
        taken, paid = self.tail.news()
        there = {each.instrument.name: each.units for each in held or ()}
        open_stakes = stakes_of(sight, {each.instrument: each.contracts for each in held or ()})
        missing = None if orders is None else self.tail.stops.missing(orders, there)
        explained = {name: entry.quantity for name, entry in ledger.entries.items()}
        money, notional = _funding_of(self.tail, sight, ledger)
        facts = Facts(
            feed_at=self.feed_at if self.feed_at is not None else 0,
            explained=explained,
            distance=distance,
            paid_30d=money,
            notional_usd=notional,
            taken=taken,
            round=asked,
            basis=basis,
            maintenance=closed,
            unprotected=missing,
            foretold=foretold(open_stakes, asked.funding),
        )
        return Seen(sight, facts, view, paid, trouble)

    async def _coins(self) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for balance in await self.doors.account.balances():
            if balance.kind == "derivatives" and balance.total:
                found[balance.coin] = found.get(balance.coin, Decimal(0)) + balance.total
        return found

    async def _prices(self, view: View, contracts: Sequence[Instrument]) -> dict[str, float]:
        """Note how new the oldest needed price is, and return marks over indexes less one, by contract.

        Where no price comes, the last one only grows older, and no basis is known.
        """
        needed = list(contracts) or [c for c in view.contracts if c.is_perpetual][:1]
        try:
            tickers = await self.doors.market.tickers(needed)
        except _FAILURES:
            return {}
        usable = [each.at for each in tickers if _has_price(each)]
        if len(usable) == len(needed):
            self.feed_at = min(usable)
        return {
            each.instrument: float(each.mark / each.index) - 1.0
            for each in tickers
            if each.mark and each.index and _has_price(each)
        }


def _alive(ledger: Ledger, at: int) -> tuple[Instrument, ...]:
    """What is asked about: every contract that was ever traded, but for those that ended and are settled."""
    now = np.datetime64(at, "ms")
    return tuple(
        c for name, c in ledger.instruments.items() if ledger.quantity(name) or days_left(c, now) > 0.0
    )


def _has_price(ticker: Ticker) -> bool:
    price = ticker.mark if ticker.mark is not None else ticker.last
    return price is not None and price.is_finite() and price > 0


def _distance(holdings: Sequence[Holding]) -> float:
    """The nearest liquidation, as a fraction of the mark; infinite where none is near, NaN where the mark is not known."""
    found = [math.inf]
    for each in holdings:
        if each.liquidation is None or not each.quantity:
            continue
        if each.mark is None or each.mark <= 0:
            return math.nan
        found.append(abs(float(each.liquidation / each.mark) - 1.0))
    return min(found)


def _funding_of(tail: Tail, sight: Sight, ledger: Ledger) -> tuple[float, float]:
    """Dollars of funding of the last 30 days, brought to 30 days, and the dollars that are held; NaN within a week."""
    since = min(ledger.since.values(), default=sight.at)
    days = min((sight.at - since) / _DAY_MS, 30.0)
    if days < _LEAST_DAYS:
        return math.nan, math.nan
    total = 0.0
    for paid in tail.received(sight.at - 30 * _DAY_MS):
        total += float(paid.amount) * price_of(sight.market, paid.coin)
    notional = 0.0
    for held in sight.held or ():
        count = contracts_of(held.instrument, held.units)
        price = price_of(sight.hedge, held.instrument.underlying)
        notional += abs(float(count) * held.instrument.dollar_delta(price))
    return total * 30.0 / days, notional
