"""Options paid in coins at Deribit's stand-in: by our adapters, real ccxt and HTTP, where every order is a GET."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ccxt
import pytest
import stamina
from tests.testing.standin.clients import only_loopback
from tests.testing.standin.run import lived
from tests.venues.test_options_traded import Killed

from hedgerow.exchange.venue import Quoted
from hedgerow.hedge.execution import Style, Ticketed
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.model.errors import UsageError, VenueRefused
from hedgerow.model.orders import Accepted, Order, OrderState, Refused, Unknown
from hedgerow.runs.executor import Executor
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.trading import Asked, Carried, carried
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.faults.lives import Sink
from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.through import through
from hedgerow.testing.standin.worlds import stand_of
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import CcxtVenue, allow_live
from hedgerow.venues.live_chains import chain_now
from hedgerow.venues.wire import Seen, seeing

D = Decimal
OPENS = 1_767_225_600_000
PUT, CALL = "BTC-27FEB26-54000-P", "BTC-27FEB26-67000-C"
CHEAP = "ETH-27FEB26-3800-C"
ID = "hrtest0123456789abc{}"
SEND = r"GET .*/private/(buy|sell)$"


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Let no socket leave, no repeat wait, and a server that hangs up not be talked of."""
    logging.disable(logging.CRITICAL)
    with only_loopback(), stamina.set_testing(testing=True, attempts=2, cap=True):
        yield
    logging.disable(logging.NOTSET)


def at(work: Callable[[CcxtVenue, Stand], Awaitable[None]]) -> Stand:
    """Let `work` be done at a fresh stand, and return it."""
    clock = VirtualClock(OPENS)
    stand = stand_of("deribit", clock.now)

    async def run() -> None:
        async with through(stand, clock.now) as venue:
            await venue.listings()
            await work(venue, stand)

    asyncio.run(run())
    return stand


def order(venue: CcxtVenue, symbol: str, units: str, price: str, mark: str = "d", **more: Any) -> Order:
    assert venue.door.listed is not None
    contract = venue.door.listed.of(symbol).instrument
    return Order(ID.format(mark), contract, D(units), more.pop("kind", "limit"), D(price), **more)


def sent(stand: Stand) -> int:
    return sum(each.endswith(("/private/buy", "/private/sell")) for each in stand.heard)


def test_premium_fee_and_worth_are_coins_as_the_venue_has_them() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        bought = order(venue, PUT, "0.3", "0.023")
        assert isinstance(await venue.trading.place(bought), Accepted)
        (fill,) = await venue.trading.fills(bought.instrument, 0)
        assert (fill.price, fill.fee, fill.fee_coin, fill.maker) == (D("0.023"), D("0.00009"), "BTC", False)
        (held,) = await venue.account.positions([bought.instrument])
        assert (held.quantity, held.entry, held.mark) == (D("0.3"), D("0.023"), D("0.0225"))
        assert held.notional == D("0.3") * D("0.0225")  # coins: in dollars it would be 405
        balances = {each.coin: each for each in await venue.account.balances()}
        assert balances["BTC"].total == 20 - D("0.3") * D("0.023") - D("0.00009")
        assert balances["ETH"].total == 300

    at(work)


def test_the_fee_of_a_cheap_option_is_an_eighth_of_its_price_and_proves_its_units_too() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        stand.quote(stand.of_symbol(CHEAP), D("0.0010"))
        bought = order(venue, CHEAP, "3", "0.0011")
        assert isinstance(await venue.trading.place(bought), Accepted)
        (fill,) = await venue.trading.fills(bought.instrument, 0)
        assert fill.fee == 3 * D("0.125") * D("0.0011")
        assert bought.instrument.name in venue.door.proven

    at(work)


def test_before_a_fill_has_shown_the_units_a_position_has_no_worth() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        bought = order(venue, PUT, "0.3", "0.023")
        await venue.trading.place(bought)
        (held,) = await venue.account.positions([bought.instrument])
        assert (held.quantity, held.notional, held.notional_coin) == (D("0.3"), None, None)

    at(work)


@pytest.mark.parametrize("kind", ["silent", "cut"])
def test_an_order_whose_answer_was_lost_is_there_once_and_found_by_its_label(kind: Any) -> None:
    """An order is a GET: the HTTP library would send it again, and Deribit takes a label twice."""

    async def work(venue: CcxtVenue, stand: Stand) -> None:
        stand.faults.append(Fault(SEND, kind))
        bought = order(venue, PUT, "0.3", "0.023")
        assert isinstance(await venue.trading.place(bought), Unknown)
        report = await venue.trading.order(bought)
        assert report is not None
        assert (report.state, report.filled) == (OrderState.FILLED, D("0.3"))

    stand = at(work)
    assert sent(stand) == 1
    assert [fill.quantity for fill in stand.fills["me"]] == [D("0.3")]


def test_an_order_that_never_arrived_is_unknown_and_left_once() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        stand.faults.append(Fault(SEND, "lost"))
        bought = order(venue, PUT, "0.3", "0.023")
        assert isinstance(await venue.trading.place(bought), Unknown)
        assert await venue.trading.order(bought) is None

    stand = at(work)
    assert sent(stand) == 1
    assert stand.fills == {}


def test_what_only_rests_rests_in_ticks_of_the_coin_and_is_refused_where_it_would_take() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        reply = await venue.trading.place(order(venue, PUT, "0.3", "0.023", kind="post_only"))
        assert isinstance(reply, Refused)
        assert (reply.code, reply.again) == ("11054", True)
        resting = order(venue, PUT, "0.3", "0.022", "e", kind="post_only")
        assert isinstance(await venue.trading.place(resting), Accepted)
        (open_,) = await venue.trading.open_orders(resting.instrument)
        assert (open_.client_id, open_.filled, open_.state) == (resting.client_id, D(0), OrderState.ACKED)
        assert isinstance(await venue.trading.cancel(resting), Accepted)
        report = await venue.trading.order(resting)
        assert report is not None
        assert report.state is OrderState.CANCELLED

    at(work)


@pytest.mark.parametrize(
    ("symbol", "units", "price"),
    [(PUT, "0.3", "0.0226"), (PUT, "0.25", "0.023"), (CHEAP, "3", "0.00315"), (CHEAP, "0.5", "0.0032")],
)
def test_between_the_steps_nothing_is_sent(symbol: str, units: str, price: str) -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        reply = await venue.trading.place(order(venue, symbol, units, price))
        assert isinstance(reply, Refused)
        assert reply.code == "not-sent"

    assert sent(at(work)) == 0


def test_in_fine_ticks_below_the_step_it_is_traded() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        assert isinstance(await venue.trading.place(order(venue, CHEAP, "3", "0.0033")), Accepted)

    assert [fill.price for fill in at(work).fills["me"]] == [D("0.0033")]


@pytest.mark.parametrize("right", ["withdraw", "trade"])
def test_a_key_that_may_withdraw_or_not_trade_does_not_start(right: str) -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        warned = allow_live(await venue.account.permissions())
        assert len(warned) == 1  # of the address: the venue does not tell whether a key is bound to one
        for name, key in stand.keys.items():
            changed = replace(key, withdraw=True) if right == "withdraw" else replace(key, trade=False)
            stand.keys[name] = changed
        with pytest.raises(VenueRefused, match="this key may"):
            allow_live(await venue.account.permissions())

    stand = at(work)
    assert not any("secret" in each for each in stand.heard)


def test_ccxt_itself_reads_the_same_position_order_and_trade() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        exchange = venue.door.exchange
        await venue.trading.place(order(venue, PUT, "-0.3", "0.022"))
        await venue.trading.place(order(venue, PUT, "-0.4", "0.0235", "e"))
        symbol = "BTC/USD:BTC-260227-54000-P"
        seeing(Seen())  # what follows is no order of ours
        (position,) = await exchange.fetch_positions([symbol])
        assert (position["side"], position["contracts"]) == ("short", D("-0.3"))
        (rests,) = await exchange.fetch_open_orders(symbol)
        assert (rests["side"], rests["amount"], rests["price"]) == ("sell", D("0.4"), D("0.0235"))
        (trade,) = await exchange.fetch_my_trades(symbol, OPENS)
        assert (trade["side"], trade["amount"], trade["info"]["fee"]) == ("sell", D("0.3"), 0.00009)
        balance = await exchange.fetch_balance()
        assert balance["BTC"]["free"] < 20
        with pytest.raises(ccxt.InsufficientFunds):
            await exchange.create_order(symbol, "limit", "sell", 200, "0.022", {"label": "large"})

    at(work)


def test_the_chain_is_told_by_the_same_server() -> None:
    async def work(venue: CcxtVenue, stand: Stand) -> None:
        base = venue.door.exchange.urls["api"]["rest"].removesuffix("/deribit")
        chain = await chain_now("deribit", "BTC", base)
        quotes = {each.symbol: each for each in chain.quotes}
        assert (chain.in_coin, chain.index_usd, chain.lot) == (True, 60_000.0, D("0.1"))
        assert (quotes[PUT].bid, quotes[PUT].ask) == (0.022, 0.023)

    at(work)


class World:
    """A stand and whoever trades a collar at it: one process after the other, with one journal."""

    def __init__(self) -> None:
        self.clock = VirtualClock(OPENS)
        self.stand = stand_of("deribit", self.clock.now)
        self.store = MemoryStore(self.clock.monotonic)
        self.clock.on_move = self.moved

    def moved(self, _: int) -> None:
        for one in self.stand.instruments:
            self.stand.quote(one, self.stand.first_price(one))
        self.stand.passed()

    def trade(self, wanted: dict[str, str], style: Style) -> Carried:
        async def run() -> Carried:
            async with through(self.stand, self.clock.now) as venue:
                await venue.listings()
                doors = Doors(venue.data, venue.trading, venue.account)
                hand = Executor(doors, self.store, self.clock, Sink())
                ticket = Ticketed("ab" * 16, "me", self.clock.now(), style)
                names = {f"deribit:{name}": D(count) for name, count in wanted.items()}
                asked = Asked(ticket, names, Basis(self.clock.now(), {}, {}), Freshness(), self.clock.now())
                return await carried(hand, doors, self.store, "me", asked)

        return asyncio.run(run())

    def held(self, symbol: str) -> Decimal:
        leg = self.stand.account("me").leg(f"deribit:{symbol}")
        return leg.quantity if leg else D(0)

    def agree(self) -> None:
        """Ledger and venue say the same coins, to the last digit."""
        ledger = ledger_of(self.store.read("me"))
        for symbol in (PUT, CALL):
            assert ledger.quantity(f"deribit:{symbol}") == self.held(symbol)
        assert self.stand.account("me").wallet("BTC") == 20 + ledger.cash("BTC")


COLLAR = {PUT: "2", CALL: "-1.5"}
UNDO = Style(at_deadline="unwind", deadline_ms=60_000)


def never_alone(stand: Stand) -> None:
    """No larger share of the calls was ever sold than of the puts was bought."""
    done = {f"deribit:{name}": D(0) for name in COLLAR}
    for fill in stand.fills.get("me", []):
        done[fill.instrument] += fill.quantity
        assert -done[f"deribit:{CALL}"] / D("1.5") <= done[f"deribit:{PUT}"] / 2


def test_a_collar_is_traded_whole_at_the_quotes_and_the_ledger_is_the_venue() -> None:
    world = World()
    found = world.trade(COLLAR, UNDO)
    assert found.done is not None
    assert found.done.outcome == "complete", found.done
    assert (world.held(PUT), world.held(CALL)) == (D(2), D("-1.5"))
    assert {fill.price for fill in world.stand.fills["me"]} == {D("0.023"), D("0.024")}
    never_alone(world.stand)
    world.agree()


@pytest.mark.slow
def test_killed_anywhere_it_is_finished_each_order_once() -> None:
    passed: list[str] = []
    with watching(passed.append):
        World().trade(COLLAR, UNDO)
    assert len(passed) > 100
    for number in range(0, len(passed), 7):
        world, count = World(), [0]

        def hook(_: str, *, count: list[int] = count, number: int = number) -> None:
            count[0] += 1
            if count[0] == number + 1:
                raise Killed

        with watching(hook), pytest.raises(Killed):
            world.trade(COLLAR, UNDO)
        never_alone(world.stand)
        world.clock.advance(20_000)
        try:
            found = world.trade(COLLAR, UNDO)
        except UsageError:  # killed after its end: the same plan is not traded twice
            found = None
        assert found is None or (found.done is not None and found.done.outcome == "complete"), number
        assert (world.held(PUT), world.held(CALL)) == (D(2), D("-1.5"))
        labels = [each.order.client_id for each in world.stand.state.past]
        assert len(labels) == len(set(labels))
        never_alone(world.stand)
        world.agree()


def test_a_leg_that_finds_no_buyer_leaves_none_of_the_collar() -> None:
    world = World()
    moved = world.moved

    def vanish(now: int) -> None:
        moved(now)
        if world.held(PUT) > 0:
            contract = world.stand.of_symbol(CALL)
            world.stand.tell(Quoted(world.stand.at, contract.name, (), ()))

    world.clock.on_move = vanish
    found = world.trade(COLLAR, UNDO)
    assert found.done is not None
    assert found.done.outcome == "unwound", found.done
    assert (world.held(PUT), world.held(CALL)) == (D(0), D(0))
    world.agree()


def test_post_only_is_moved_with_the_price_and_traded_as_a_maker() -> None:
    world = World()
    moved = world.moved

    def come(now: int) -> None:
        moved(now)
        for each in world.stand.state.open_orders("me"):
            if now > each.at + 3_000:
                world.stand.fill(each)

    world.clock.on_move = come
    style = Style(kind="post_only", at_deadline="unwind", deadline_ms=120_000, chase_ms=10_000)
    found = world.trade(COLLAR, style)
    assert found.done is not None
    assert found.done.outcome == "complete", found.done
    rested = [fill for fill in world.stand.fills["me"] if fill.maker]
    assert {fill.price for fill in rested} == {D("0.022"), D("0.025")}
    never_alone(world.stand)
    world.agree()


@pytest.mark.parametrize("stream", [True, False])
def test_lives_under_faults_and_deaths_break_nothing(stream: bool) -> None:
    report = asyncio.run(lived("deribit", range(12), stream=stream))
    assert dict(report.violations) == {}
    assert report.outcomes["complete"] > 0
    assert report.outcomes["unwound"] > 0
    assert report.struck.total() > 0
    assert report.kills > 0


@pytest.mark.parametrize("seed", [315, 386])
def test_a_call_that_was_sold_unheard_is_bought_back_before_its_puts_are_sold(seed: int) -> None:
    """Time was up, old answers hid the last fill of the call, and its puts were sold: it stood alone for seconds."""
    report = asyncio.run(lived("deribit", range(seed, seed + 1)))
    assert dict(report.violations) == {}
    assert report.outcomes["unwound"] > 0
