"""One seed, one life at a venue's stand-in: the real executor, our adapters, ccxt, HTTP, faults, kills and restarts.

    async with Inn("bybit") as inn:
        verdict = await inn.live(seed)

Time is the stand's: it stands still but for what requests take and for what the executor waits. What must hold is what
must hold in `hedgerow.testing.faults`, looked at from the venue's side by the same `Watch` and the same history checker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Self, cast

import stamina

from hedgerow.hedge.execution import (
    Command,
    Done,
    Event,
    LegFacts,
    Programme,
    Restarted,
    Rules,
    Style,
    Ticketed,
    Wanted,
    schedule,
)
from hedgerow.model.amounts import round_to_tick, to_lots
from hedgerow.model.errors import BrokenPromise, HedgerowError, LeaseHeld, UsageError
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.legs import Leg
from hedgerow.model.option_contracts import tick_at
from hedgerow.model.orders import Fill, OrderState, lot_units
from hedgerow.model.ports import AccountModes, MarketData
from hedgerow.runs.executor import Executor
from hedgerow.runs.ledger import Entry, Ledger, ledger_of
from hedgerow.runs.listening import listened
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import Doors, reconcile
from hedgerow.testing.faults.disk import SimStore
from hedgerow.testing.faults.history import check_history
from hedgerow.testing.faults.lives import Sink, Verdict
from hedgerow.testing.faults.market import Placed
from hedgerow.testing.faults.troubles import Killed
from hedgerow.testing.faults.watch import Watch
from hedgerow.testing.standin.hearing import Hearing
from hedgerow.testing.standin.second import SecondHand
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.taps import TapAccount, TapQuotes, TapTrading
from hedgerow.testing.standin.through import through
from hedgerow.testing.standin.trouble import Trouble, troubled
from hedgerow.testing.standin.worlds import stand_of
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.listing import Listing

__all__ = ["Inn"]

BEGIN = 1_767_225_600_000
_ACCOUNT = "me"
_MOST_LIVES = 25
_PROGRAMMES = 2
_LATEST_MS = 600_000
_REMEMBER_MS = 12_000


@dataclass(slots=True)
class Seen:
    """What a `Watch` looks at: the stand's own books."""

    stand: Stand
    clock: VirtualClock
    foreign: set[str] = field(default_factory=set)

    @property
    def now(self) -> int:
        """The instant."""
        return self.clock.now()

    @property
    def placed(self) -> list[Placed]:
        """Every order of the account that the venue has ever had, but those of a second hand."""
        every = {order.order_id: order for order in self.stand.state.past} | dict(self.stand.state.orders)
        return [
            Placed(o.order, o.order_id, 0, o.state, o.filled, o.cost)
            for o in every.values()
            if o.state is not OrderState.REFUSED and o.order.client_id not in self.foreign
        ]

    def quantity(self, name: str) -> Decimal:
        """Return the position in units."""
        legs = self.stand.account(_ACCOUNT).legs_of(name)
        return sum((leg.quantity for _, leg in legs), Decimal(0))


class Watched(Executor):
    """The real executor, looked at after every event."""

    life: Life

    async def lived(self, programme: Programme) -> Done | None:
        """Run, once the stream stands."""
        await self.life.hearing.begun()
        return await self.run(_ACCOUNT, self.life.watch.holder, programme)

    async def _take_hints(self) -> None:
        await self.life.hearing.turn()
        await self.life.second.turn()
        await super()._take_hints()

    def _taken(self, event: Event) -> tuple[Command, ...]:
        commands = super()._taken(event)
        if self.state is not None:
            self.life.took(self, event, commands)
        return commands


class Inn:
    """A venue's server and our ports to it, for many lives one after the other; with or without the account's stream."""

    def __init__(self, tag: str, *, stream: bool = True) -> None:
        self.tag, self.stream = tag, stream
        self.clock = VirtualClock(BEGIN)
        self._stands = {tag: stand_of(tag, self.clock.now)}
        self._stack = AsyncExitStack()
        self._venue: CcxtVenue | None = None

    async def __aenter__(self) -> Self:
        self._stack.enter_context(stamina.set_testing(testing=True, attempts=2, cap=True))
        opened = through(self._stands[self.tag], self._now, stands=self._stands)
        self._venue = await self._stack.enter_async_context(opened)
        if not self.stream:
            self._venue.door.venue = replace(self._venue.door.venue, listen=())
        self._venue.door.pause = lambda seconds: self.clock.sleep(round(seconds * 1000))
        await self._venue.listings()
        return self

    def _now(self) -> int:
        """The client's time, which is that of the life being lived."""
        return self.clock.now()

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def live(self, seed: int, barred: frozenset[str] = frozenset()) -> Verdict:
        """Live one seed on a venue of its own."""
        if self._venue is None:
            raise BrokenPromise("the inn is closed")
        self.clock = VirtualClock(BEGIN)
        stand = self._stands[self.tag] = stand_of(self.tag, self.clock.now)
        return await self.born(seed, barred, self._venue, stand).live()

    def born(self, seed: int, barred: frozenset[str], venue: CcxtVenue, stand: Stand) -> Life:
        """Return the life of a seed."""
        return Life(seed, barred, venue, stand, self.clock)


@dataclass(slots=True)
class _Book:
    """What the driver keeps of a life."""

    verdict: Verdict
    holders: int = 0
    known: set[str] = field(default_factory=set)


class Life:
    """A seed being lived."""

    def __init__(
        self, seed: int, barred: frozenset[str], venue: CcxtVenue, stand: Stand, clock: VirtualClock
    ) -> None:
        self.chance = troubled(seed, barred)
        self.stand, self.clock, self.venue = stand, clock, venue
        self.trouble = Trouble(self.chance, stand, clock)
        clock.on_move = self.trouble.moved
        stand.remember_ms, stand.meddler = _REMEMBER_MS, self.trouble.meddle
        self.seen = Seen(stand, clock)
        self.store = SimStore(clock, self.chance)
        self.hearing = Hearing(self.chance, stand, venue.door, clock)
        self.watch = Watch(self.seen, self.store, _ACCOUNT, Rules())
        self.store.watch = self.watch
        stand.listeners.append(self.filled)
        self.sink = Sink()
        self.book = _Book(Verdict(seed, held=self.chance.held))
        listed = {} if venue.door.listed is None else venue.door.listed.named
        kept = (each.instrument for each in listed.values() if self.trades(each))
        self.contracts = tuple(dict.fromkeys(kept))
        self.doors = Doors(
            cast("MarketData", TapQuotes(venue.data, self.watch)),
            TapTrading(venue.trading, self.watch),
            TapAccount(venue.account, self.watch),
        )
        self.second = SecondHand(
            self.chance, self.store, self.watch, clock, venue.trading, self._hand, _ACCOUNT
        )
        self.seen.foreign = self.second.placed

    def trades(self, listing: Listing) -> bool:
        """Whether the executor trades a contract here: funding that a venue does not tell is in no ledger, and what ends is left."""
        own = {one.name for one in self.stand.instruments if one.expiry is None}
        return listing.instrument.name in own and listing.product.paid is not None

    def _hand(self) -> Executor:
        return Executor(self.doors, self.store, self.clock, self.sink)

    def filled(self, outcome: object) -> None:
        """Hear of what happens at the venue."""
        if isinstance(outcome, Fill) and outcome.account == _ACCOUNT:
            found = [p for p in self.seen.placed if p.order_id == outcome.order_id]
            self.watch.filled(found[0] if found else None, outcome)

    async def live(self) -> Verdict:
        """Trade twice, and look at what is left each time."""
        verdict, self.chance.calm = self.book.verdict, True
        for number in range(1, _PROGRAMMES + 1):
            verdict.programmes += 1
            programme = await self.plan(f"{self.stand.tag} {verdict.seed} {number}")
            if programme is None:
                verdict.outcomes["not scheduled"] += 1
                continue
            over = self.clock.now() + self.chance.random.randint(20_000, 90_000)
            self.stand.later.append((over, self.trouble.calm))
            self.chance.calm = False
            outcome = await self._trade(programme)
            verdict.outcomes[outcome] += 1
            self.over(programme, outcome)
            self.trouble.calm()
            await self._settle()
            if self.watch.violations:
                break
        self.stand.meddler, self.clock.on_move = None, None
        verdict.struck = self.chance.struck
        verdict.violations = [*self.watch.violations, *check_history(self.watch.history)]
        return verdict

    async def plan(self, name: str) -> Programme | None:
        random = self.chance.random
        chosen = random.sample(self.contracts, random.randint(1, 2))
        legs = [Wanted(one, self._units(one)) for one in chosen]
        facts = {
            one.name: LegFacts(
                self.seen.quantity(one.name),
                self.mark(one),
                await self.venue.account.modes(one),
                Decimal(10**5),
                random.choice((1e6, 1e7)),
                0.03,
                known=random.random() < 0.5,
            )
            for one in chosen
        }
        style = Style(
            kind=random.choice(("market", "market", "limit", "post_only")),
            price=self.mark(chosen[0]),
            chase_ms=2_000,
            deadline_ms=random.choice((5_000, 15_000)),
            at_deadline=random.choice(("cross", "cross", "unwind", "leave")),
        )
        stop = Decimal("0.2") if random.random() < 0.25 else None
        modes = AccountModes(False, None, None)
        found = schedule(Ticketed(name, _ACCOUNT, self.clock.now(), style, None, modes, stop), legs, facts)
        return found if isinstance(found, Programme) else None

    def mark(self, one: Instrument) -> Decimal:
        """Return what a contract costs now, in its steps."""
        price = self.trouble.prices.get(one.name, self.stand.first_price(one))
        return round_to_tick(price, tick_at(one, price))

    def _units(self, one: Instrument) -> Decimal:
        held, random = self.seen.quantity(one.name), self.chance.random
        if held and random.random() < 0.5:
            return -held
        value = Decimal(random.randint(200, 9_000))
        units = value if one.payoff is Payoff.INVERSE else value / self.mark(one)
        return to_lots(units, lot_units(one)) * random.choice((1, -1))

    async def _trade(self, programme: Programme) -> str:
        self.watch.begin(programme)
        latest = self.clock.now() + _LATEST_MS + 4 * max(leg.style.deadline_ms for leg in programme.legs)
        for _ in range(_MOST_LIVES):
            ended = await self._once(programme)
            if isinstance(ended, Done):
                return ended.outcome
            if isinstance(ended, UsageError):
                self.watch.over_already()
                return "begun before"
            if self.watch.violations or self.clock.now() > latest:
                break
            self.clock.advance(5_000)
        if not self.watch.violations:
            self.watch.broken("I6", f"{programme.plan} did not end")
        return "violated"

    async def _once(self, programme: Programme) -> Done | HedgerowError | None:
        """Live one process: to the end of the programme, to its death, or to an error that has a name."""
        book, door = self.book, self.venue.door
        book.holders += 1
        self.store.dead = False
        self.watch.holder = f"process {book.holders}"
        door.proven, door.wrong, door.touched, door.looked = set(), {}, set(), {}
        executor = Watched(self.doors, self.store, self.clock, self.sink)
        executor.life = self
        try:
            with watching(self._point):
                return await listened(executor, self.doors, executor.lived(programme))
        except Killed:
            book.verdict.kills += 1
        except BrokenPromise as why:
            self.watch.broken("R11", str(why))
        except HedgerowError as why:
            if not isinstance(why, LeaseHeld):
                book.verdict.outcomes[f"stopped: {type(why).__name__}"] += 1
            return why
        finally:
            await self.hearing.over()
        return None

    def over(self, programme: Programme, outcome: str) -> None:
        """Look at what a programme came to; nothing more is asked of futures than is looked at anyway."""

    def _point(self, _: str) -> None:
        self.second.point()
        if self.chance.strikes("F25", 4.0):
            self.store.dead = True
            raise Killed

    def took(self, executor: Watched, event: Event, commands: Sequence[Command]) -> None:
        """Look at the state after an event, and at what came of it."""
        state = executor.state
        self.book.verdict.events += 1
        if state is None:
            return
        self.watch.after(state)
        self.watch.said(state, commands)
        if isinstance(event, Restarted):
            self.watch.resumed(state)
        deadline = max(leg.style.deadline_ms for leg in state.programme.legs)
        if self.clock.now() > state.programme.at + deadline + _LATEST_MS:
            self.watch.broken("I6", f"still at work: {state.ended or [leg.blocked for leg in state.legs]}")
            raise BrokenPromise("this life does not end")

    async def _settle(self) -> None:
        """At rest, the ledger is what the venue says, to the last digit (I5), and no id was taken twice (I1)."""
        self.clock.advance(20_000)
        lease = self.store.acquire(_ACCOUNT, "auditor", 15_000)
        if lease is None:
            self.watch.broken("I5", "the lease is never free")
            return
        found = await reconcile(self.doors, self.store, self.clock, lease, self.contracts)
        self.store.release(lease)
        if found.gaps:
            self.watch.broken("I5", f"unexplained: {found.gaps}")
        ids = Counter(p.order.client_id for p in self.seen.placed if p.order.client_id.startswith("hr"))
        twice = [name for name, times in ids.items() if times > 1]
        if twice:
            self.watch.broken("I1", f"{twice} are at the venue more than once")
        for apart in _apart(self.seen, ledger_of(self.store.read(_ACCOUNT)), self.contracts):
            self.watch.broken("I5", apart)


def _apart(seen: Seen, ledger: Ledger, contracts: Sequence[Instrument]) -> Iterator[str]:
    """Tell where the ledger is not what the venue says, in order of the contracts."""
    fills = seen.stand.fills.get(_ACCOUNT, [])
    for one in contracts:
        leg, realised = Leg(one), Decimal(0)
        fees: dict[str, Decimal] = {}
        funding: dict[str, Decimal] = {}
        for fill in fills:
            if fill.instrument == one.name:
                leg, gained = leg.traded(fill.quantity, fill.price)
                realised += gained
                fees[fill.fee_coin] = fees.get(fill.fee_coin, Decimal(0)) + fill.fee
        for paid in (p.payment for p in seen.stand.funded.get(_ACCOUNT, [])):
            if paid.instrument == one.name:
                funding[paid.coin] = funding.get(paid.coin, Decimal(0)) + paid.amount
        entry = ledger.entries.get(one.name, Entry(Leg(one)))
        theirs = (leg.quantity, leg.cost, realised, fees, funding)
        ours = (entry.quantity, entry.leg.cost, entry.realised, dict(entry.fees), dict(entry.funding))
        if ours != theirs or leg.quantity != seen.quantity(one.name):
            yield f"{one.name}: the ledger has {ours}, the venue {theirs}"
