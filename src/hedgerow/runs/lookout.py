"""What the venue says at one look: positions, coins, prices, funding, and what of it the journal explains.

await Lookout(doors, store, clock, tail).see(at, view, lease) -> Seen
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from hedgerow.hedge.rolls import days_left
from hedgerow.hedge.valuation import price_of
from hedgerow.model.errors import StateUnknown, VenueInMaintenance, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import OrderReport, contracts_of
from hedgerow.model.ports import Clock, FundingPaid, Holding, Lease, Store, Ticker
from hedgerow.runs.alarming import Facts
from hedgerow.runs.diary import View
from hedgerow.runs.ledger import Ledger
from hedgerow.runs.outlook import foretold
from hedgerow.runs.reconcile import Doors, reconcile
from hedgerow.runs.rounds import Round, Rounds
from hedgerow.runs.tail import Tail
from hedgerow.runs.watching import Held, Sight, stakes_of

__all__ = ["Lookout", "Seen"]

_FAILURES = (VenueUnreachable, VenueRefused, StateUnknown)
_DAY_MS = 86_400_000
_LEAST_DAYS = 7.0
_EVER_MS = 1 << 62
_PATIENCE_MS = 5_000
"""A question may hang for ten seconds, and silence is told within fifteen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sight and the facts beside it, from a `view`; `paid` is the funding that came since the last look.

    `trouble` says why positions are not known; `silent` why the venue could not be reached since prices came, "" where it could;
    `read_to` is the account's last record of then.
    """

    sight: Sight
    facts: Facts
    view: View
    paid: tuple[FundingPaid, ...] = ()
    trouble: str = ""
    silent: str = ""
    read_to: int = 0


@dataclass(frozen=True, slots=True)
class _Account:
    """What the venue said of the account, or why not: `trouble`, `silent` where it could not be reached."""

    ledger: Ledger
    held: tuple[Held, ...] | None = None
    coins: dict[str, Decimal] | None = None
    distance: float = math.nan
    trouble: str = ""
    closed: str | None = ""
    orders: tuple[OrderReport, ...] | None = None
    silent: bool = False


@dataclass(slots=True)
class Lookout:
    """Asks the venue, and follows the account's journal by its `tail`.

    `brought` are coins that the owner brings to a paper account: what else is in it and was not gained there was lent. None: the account
    is a venue's, and all of it the owner's. `fresh` is when prices last came, by the clock that never goes back, and how old they were then. `mute` is what a
    question between two looks found: the venue is silent, and a look need not wait for it again.
    """

    doors: Doors
    store: Store
    clock: Clock
    tail: Tail
    brought: Mapping[str, Decimal] | None = None
    fresh: tuple[int, int] | None = None
    mute: str = ""
    needed: tuple[Instrument, ...] = ()
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(self.doors, self.clock)

    async def see(self, at: int, view: View, lease: Lease, *, patient: bool = True) -> Seen:
        """Return what there is to be seen at `at`; what the venue does not answer is unknown, never flat or zero.

        Who is not `patient` asks a venue that is silent about prices for nothing else: that it is silent is told at once.
        """
        before = self.tail.ledger()
        self._need(before, view)
        basis = {} if self.mute else await self._prices()
        mute, self.mute = self.mute, ""
        contracts = _alive(before, at)
        if mute and not patient:
            found = _Account(before, trouble=mute, closed=None)
        else:
            found = await self._account(lease, view, contracts)
        open_now = [c for c in contracts if found.ledger.quantity(c.name)]
        asked = Round() if mute or found.silent else await self.rounds.go(open_now)
        halted = self.store.halted(lease.account)
        market = view.market, view.hedge, view.contracts
        sight = Sight(at, view.book, *market, found.held, found.coins, halted, view.blind, self._lent(found))
        taken, paid = self.tail.news()
        there = {each.instrument.name: each.units for each in found.held or ()}
        stakes = stakes_of(sight, {each.instrument: each.contracts for each in sight.futures})
        missing = None if found.orders is None else self.tail.stops.missing(found.orders, there)
        money, notional = _funding_of(self.tail, sight, found.ledger)
        facts = Facts(
            feed_at=0 if self.fresh is None else at - self.silence(),
            explained={name: entry.quantity for name, entry in found.ledger.entries.items()},
            distance=found.distance,
            paid_30d=money,
            notional_usd=notional,
            taken=taken,
            round=asked,
            basis=basis,
            maintenance=found.closed,
            unprotected=missing,
            foretold=foretold(stakes, asked.funding),
        )
        return Seen(sight, facts, view, paid, found.trouble, self.rounds.silent, self.tail.read_to)

    def _lent(self, found: _Account) -> dict[str, Decimal]:
        """What of a paper account's coins is nobody's; nothing of a venue's, and where they are not known."""
        if self.brought is None or found.coins is None:
            return {}
        ledger = found.ledger
        names = {*found.coins, *self.brought, *ledger.coins}
        own = {coin: ledger.cash(coin) + self.brought.get(coin, Decimal(0)) for coin in names}
        lent = {coin: found.coins.get(coin, Decimal(0)) - own[coin] for coin in sorted(names)}
        return {coin: units for coin, units in lent.items() if units}

    def silence(self) -> int:
        """Return for how many milliseconds no usable price has come; without any yet, for ever."""
        if self.fresh is None:
            return _EVER_MS
        came, age = self.fresh
        return age + self.clock.monotonic() - came

    def waited(self, silent: str, begun: int) -> bool:
        """Return whether a venue that is `silent` ("": it is not) is not to be waited for again before that is told.

        It was waited for long enough since prices came, or since the look was `begun` where none came yet.
        """
        waited = self.clock.monotonic() - begun if self.fresh is None else self.silence()
        return bool(silent) and waited > _PATIENCE_MS

    async def asked_again(self) -> bool:
        """Ask for prices between two looks, and return whether usable ones came."""
        before, self.mute = self.fresh, ""
        await self._prices()
        return self.fresh != before

    async def answers(self) -> bool:
        """Return whether the venue says again what is held."""
        try:
            await self.doors.account.positions(self.needed)
        except _FAILURES:
            return False
        return True

    def _need(self, ledger: Ledger, view: View) -> None:
        """Prices are needed of what is open, or else of one perpetual: whether they come at all."""
        held = tuple(c for c in ledger.instruments.values() if ledger.quantity(c.name))
        self.needed = held or tuple(c for c in view.contracts if c.is_perpetual)[:1]

    async def _account(self, lease: Lease, view: View, contracts: Sequence[Instrument]) -> _Account:
        try:
            found = await reconcile(self.doors, self.store, self.clock, lease, contracts, tail=self.tail)
            holdings = found.holdings
            named = {**found.ledger.instruments, **{c.name: c for c in view.contracts}}
            held = tuple(Held(named[h.instrument], h.quantity, h.entry) for h in holdings if h.quantity)
            orders, far = found.open_orders, _distance(holdings)
            return _Account(found.ledger, held, await self._coins(), far, orders=orders)
        except _FAILURES as why:
            closed = why.message if isinstance(why, VenueInMaintenance) else None
            silent = isinstance(why, VenueUnreachable) and closed is None
            return _Account(self.tail.ledger(), trouble=why.message, closed=closed, silent=silent)

    async def _coins(self) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for balance in await self.doors.account.balances():
            if balance.kind == "derivatives" and balance.total:
                found[balance.coin] = found.get(balance.coin, Decimal(0)) + balance.total
        return found

    async def _prices(self) -> dict[str, float]:
        """Note how new the oldest needed price is, and return marks over indexes less one, by contract.

        Where no price comes, the last one only grows older, and no basis is known.
        """
        try:
            tickers = await self.doors.market.tickers(self.needed)
        except _FAILURES as why:
            self.mute = why.message if isinstance(why, VenueUnreachable) else ""
            return {}
        usable = [each.at for each in tickers if _has_price(each)]
        if len(usable) == len(self.needed):
            age = max(self.clock.now() - min(usable, default=self.clock.now()), 0)
            if age < self.silence():  # an older one than was there already is no news
                self.fresh = self.clock.monotonic(), age
        options = {each.name for each in self.needed if is_option(each)}
        return {
            each.instrument: float(each.mark / each.index) - 1.0
            for each in tickers
            if each.mark and each.index and _has_price(each) and each.instrument not in options
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
    for held in sight.futures:
        count = contracts_of(held.instrument, held.units)
        price = price_of(sight.hedge, held.instrument.underlying)
        notional += abs(float(count) * held.instrument.dollar_delta(price))
    return total * 30.0 / days, notional
