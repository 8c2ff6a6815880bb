"""The executor trades on the paper venue in virtual time: every style ends where it was meant to, and the ledger is the venue."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from random import Random

import pytest

from hedgerow.exchange.venue import Credited, Deleveraged, Marked, Quoted, Said
from hedgerow.hedge.execution import Style
from hedgerow.hedge.execution.programme import Part, Programme, ProgrammeLeg
from hedgerow.model.errors import VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import Leg
from hedgerow.model.orders import Fill, Order, OrderReport, Reply, Unknown
from hedgerow.model.ports import Level, Trading
from hedgerow.runs.executor import Executor
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.reconcile import Doors
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.venue import StillFeed, bench_contracts
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.paper import PaperVenue
from hedgerow.venues.paper_doors import PaperTrading
from hedgerow.venues.paper_state import books_from, plain_of

ACCOUNT = "paper:main"
OPENS = 1_767_225_600_000
LINEAR, INVERSE, DATED = bench_contracts()


class Quiet:
    def notify(self, level: Level, title: str, text: str) -> None:
        """Say nothing."""


class World:
    """A venue whose book is told anew at every instant, a journal, and the hand between them.

    `chance` lets the middle walk and the book thin out; without it both stand.
    """

    def __init__(self, chance: Random | None = None) -> None:
        self.chance = chance
        self.clock = VirtualClock(OPENS, self.moved)
        self.store = MemoryStore(self.clock.monotonic)
        self.middle, self.venue = (
            Decimal(60_000),
            PaperVenue(self.clock, StillFeed((LINEAR, INVERSE)), name="main"),
        )
        self.venue.credit("USDT", Decimal(500_000))
        self.venue.credit("BTC", Decimal(10))
        self.moved(OPENS)

    def moved(self, at: int) -> None:
        """Tell the book and the mark of the new instant."""
        if not hasattr(self, "venue"):
            return
        size = Decimal(2)
        if self.chance is not None:
            self.middle += self.chance.randint(-15, 15)
            size = Decimal(self.chance.randint(1, 40)) / 100
        for contract, scale in ((LINEAR, 1), (INVERSE, 60_000)):
            bids = tuple((self.middle - n, size * scale) for n in (5, 10, 50))
            asks = tuple((self.middle + n, size * scale) for n in (5, 10, 50))
            self.venue.happen(Quoted(at, contract.name, bids, asks))
            self.venue.happen(Marked(at, {contract.name: self.middle}, {contract.name: self.middle}))

    def trade(self, programme: Programme | None, trading: Trading | None = None) -> str | None:
        doors = Doors(self.venue.data, trading or self.venue.trading, self.venue.account)
        hand = Executor(doors, self.store, self.clock, Quiet())
        done = asyncio.run(hand.run(ACCOUNT, "me", programme))
        return None if done is None else done.outcome

    def plan(
        self, contract: Instrument, *parts: str, style: Style | None = None, stop: Decimal | None = None
    ) -> Programme:
        pieces = tuple(Part(Decimal(part)) for part in parts)
        start = self.venue.state.account("main").leg(contract.name)
        leg = ProgrammeLeg(
            contract,
            start.quantity if start else Decimal(0),
            sum((piece.quantity for piece in pieces), Decimal(0)),
            pieces,
            style or Style(),
            stop=stop,
        )
        return Programme("ab" * 16, ACCOUNT, self.clock.now(), (leg,))

    def agree(self, contract: Instrument, coin: str, brought: int) -> None:
        """The ledger's position and coins are the venue's, to the last digit."""
        account = self.venue.state.account("main")
        entry = ledger_of(self.store.read(ACCOUNT)).entries[contract.name]
        assert entry.leg == account.legs.get(f"{contract.name}/net", Leg(contract))
        fees = sum(entry.fees.values(), Decimal(0))
        assert account.wallet(coin) == brought + entry.realised - fees


@pytest.mark.parametrize(
    "style",
    [
        Style(),
        Style("limit", Decimal(59_995)),
        Style("post_only", chase_ms=2_000, deadline_ms=20_000),
        Style("market", gap_ms=5_000),
    ],
    ids=["market", "limit", "post-only", "slices"],
)
def test_every_style_ends_complete_and_the_ledger_is_the_venue(style: Style) -> None:
    world = World()
    assert world.trade(world.plan(LINEAR, "-0.5", "-0.7", style=style)) == "complete"
    held = world.venue.state.account("main").leg(LINEAR.name)
    assert held is not None
    assert held.quantity == Decimal("-1.2")
    world.agree(LINEAR, "USDT", 500_000)
    assert not world.venue.state.orders


def test_an_inverse_contract_is_traded_in_dollars() -> None:
    world = World()
    assert world.trade(world.plan(INVERSE, "-30000", "-15000")) == "complete"
    held = world.venue.state.account("main").leg(INVERSE.name)
    assert held is not None
    assert held.quantity == -45_000
    world.agree(INVERSE, "BTC", 10)


def test_a_stop_stands_behind_the_hedge_and_closes_it_on_the_mark() -> None:
    world = World()
    assert world.trade(world.plan(LINEAR, "-1", stop=Decimal("0.1"))) == "complete"
    (stop,) = world.venue.state.open_orders("main")
    assert stop.waiting
    assert stop.order.reduce_only
    world.middle = Decimal(66_500)
    world.clock.advance(1_000)
    assert not world.venue.state.account("main").legs


def test_a_venue_that_was_started_again_is_traded_on() -> None:
    """The venue's process dies between two plans: the second begins where the first one ended."""
    world = World()
    assert world.trade(world.plan(LINEAR, "-0.5")) == "complete"
    kept = json.dumps(plain_of(world.venue.export()))
    world.venue = PaperVenue(world.clock, world.venue.feed, name="main", books=books_from(json.loads(kept)))
    second = world.plan(LINEAR, "-0.25")
    assert world.trade(Programme("cd" * 16, ACCOUNT, second.at, second.legs)) == "complete"
    held = world.venue.state.account("main").leg(LINEAR.name)
    assert held is not None
    assert held.quantity == Decimal("-0.75")
    world.agree(LINEAR, "USDT", 500_000)


def test_what_the_venue_closed_by_itself_is_found_before_anything_is_sent() -> None:
    world = World()
    assert world.trade(world.plan(LINEAR, "-1")) == "complete"
    world.venue.happen(Deleveraged(0, LINEAR.name, Decimal("-0.4"), Decimal(59_000)))
    said = world.venue.happen(Credited(0, "main", "USDT", Decimal(1)))
    assert [s.code for s in said if isinstance(s, Said)] == [""]
    world.clock.advance(60_000)
    again = world.plan(LINEAR, "-0.4")
    assert world.trade(Programme("ef" * 16, ACCOUNT, again.at, again.legs)) == "complete"
    held = world.venue.state.account("main").leg(LINEAR.name)
    assert held is not None
    assert held.quantity == -1
    world.agree(LINEAR, "USDT", 500_001)


@pytest.mark.parametrize("seed", range(24))
def test_a_thin_book_that_walks_leads_to_no_more_and_to_no_other_money(seed: int) -> None:
    """Partial fills, chases, refusals: what ends complete is the plan, whatever ends is exact and never beyond it."""
    chance = Random(seed)  # noqa: S311
    world = World(chance)
    contract, brought, unit = (LINEAR, 500_000, Decimal("0.05")) if seed % 2 else (INVERSE, 10, Decimal(3000))
    styles = (
        Style(deadline_ms=60_000),
        Style("post_only", chase_ms=2_000, deadline_ms=30_000),
        Style("limit", Decimal(60_000), deadline_ms=20_000, at_deadline="leave"),
        Style("post_only", chase_ms=3_000, deadline_ms=15_000, at_deadline="unwind"),
    )
    sign = chance.choice((1, -1))
    parts = [str(sign * chance.randint(1, 12) * unit) for _ in range(chance.randint(1, 4))]
    outcome = world.trade(world.plan(contract, *parts, style=chance.choice(styles)))
    planned = sum((Decimal(part) for part in parts), Decimal(0))
    leg = world.venue.state.account("main").leg(contract.name)
    held = leg.quantity if leg else Decimal(0)
    assert 0 <= held * sign <= planned * sign
    assert outcome != "complete" or held == planned
    assert not world.venue.state.orders
    ids = [order.order.client_id for order in world.venue.state.past]
    assert len(ids) == len(set(ids))
    world.agree(contract, contract.settle, brought)


class Lossy(PaperTrading):
    """A road on which requests are lost before they arrive, and answers after the venue acted, for a minute."""

    def __init__(self, venue: PaperVenue, chance: Random) -> None:
        super().__init__(venue)
        self._chance, self._calm_at = chance, venue.clock.now() + 60_000

    def _lost(self) -> bool:
        return self._venue.clock.now() < self._calm_at and self._chance.random() < 0.2

    async def place(self, order: Order) -> Reply:
        if self._lost():
            return Unknown("a time-out before it arrived")
        reply = await super().place(order)
        return Unknown("a time-out after it arrived") if self._lost() else reply

    async def cancel(self, order: Order) -> Reply:
        if self._lost():
            return Unknown("a time-out before it arrived")
        reply = await super().cancel(order)
        return Unknown("a time-out after it arrived") if self._lost() else reply

    async def order(self, order: Order) -> OrderReport | None:
        if self._lost():
            raise VenueUnreachable
        return await super().order(order)

    async def fills(self, instrument: Instrument, since: int) -> tuple[Fill, ...]:
        if self._lost():
            raise VenueUnreachable
        return await super().fills(instrument, since)


@pytest.mark.parametrize("seed", range(24))
def test_lost_requests_and_lost_answers_trade_nothing_twice(seed: int) -> None:
    """A fifth of all that is asked is lost, before or after the venue acted: one plan, one position, one ledger."""
    chance = Random(seed)  # noqa: S311
    world = World(chance)
    styles = (Style(), Style("post_only", chase_ms=2_000, deadline_ms=90_000), Style("market", gap_ms=3_000))
    sign = chance.choice((1, -1))
    parts = [str(Decimal(sign * chance.randint(1, 12)) / 20) for _ in range(chance.randint(1, 4))]
    plan, road = world.plan(LINEAR, *parts, style=chance.choice(styles)), Lossy(world.venue, chance)
    outcome = None
    while outcome is None:
        try:
            outcome = world.trade(plan, road)
        except (
            VenueUnreachable
        ):  # nobody begins to trade without having looked: the process ends, and starts again
            world.clock.advance(20_000)
    leg, planned = world.venue.state.account("main").leg(LINEAR.name), sum(Decimal(part) for part in parts)
    held = leg.quantity if leg else Decimal(0)
    assert outcome in {
        "complete",
        "partial",
        "refused",
    }  # three orders in turn that never arrived are given up
    assert 0 <= held * sign <= planned * sign
    assert outcome != "complete" or held == planned
    assert not world.venue.state.orders
    ids = [order.order.client_id for order in world.venue.state.past]
    assert len(ids) == len(set(ids))
    world.agree(LINEAR, "USDT", 500_000)
