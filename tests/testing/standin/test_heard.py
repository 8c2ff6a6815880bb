"""The account's stream over real sockets: our layer, ccxt's own clients, each venue's stand-in. Nothing leaves loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.testing.standin.clients import only_loopback

from hedgerow.model.orders import Accepted, Order, OrderState
from hedgerow.model.ports import StreamEvent
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.through import through
from hedgerow.testing.standin.tongues import OPTIONS, TONGUES
from hedgerow.testing.standin.worlds import stand_of
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import CcxtVenue, Keys, connect
from hedgerow.venues.feeds import SILENCE_MS, follow

_KEYED = ("binance", "bingx")
_SAME_IDS = ("binance", "bybit", "mexc", "deribit")


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Let no socket leave, and a server that hangs up not be talked of."""
    logging.disable(logging.CRITICAL)
    with only_loopback():
        yield
    logging.disable(logging.NOTSET)


class Listener:
    """Someone who listens to one account at a stand, and what came to his ears."""

    def __init__(self, stand: Stand, venue: CcxtVenue, clock: VirtualClock) -> None:
        self.stand, self.venue, self.clock = stand, venue, clock
        self.heard: list[StreamEvent] = []
        self.waits: list[tuple[int, asyncio.Future[None]]] = []
        venue.door.idle = self._idle

    async def _idle(self, seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        self.waits.append((self.clock.now() + round(seconds * 1000), over))
        await over

    async def listen(self) -> None:
        async for event in self.venue.trading.events():
            self.heard.append(event)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - what is waited for is on the other side of a socket
                await asyncio.sleep(0)

    async def pass_time(self, ms: int) -> None:
        """Let the clock go on, and who waited for it."""
        self.clock.advance(ms)
        due, self.waits = self.waits, [(at, w) for at, w in self.waits if at > self.clock.now()]
        for at, over in due:
            if at <= self.clock.now() and not over.done():
                over.set_result(None)
        await asyncio.sleep(0)

    @property
    def subscribed(self) -> bool:
        """Whether every subscription stands, and all that was said has been heard."""
        stands = self.stand.ears.topics == len(self.venue.door.venue.listen)
        return stands and bool(self.heard) and follow(self.venue.door).handled >= self.stand.ears.said

    def kinds(self) -> list[str]:
        return [event.kind for event in self.heard]

    async def again(self) -> None:
        """Wait for the break to be noticed and for a new subscription."""
        feed = follow(self.venue.door)
        await self.until(lambda: feed.down == len(self.venue.door.venue.listen) and not self.stand.ears.open)
        await self.pass_time(5_000)
        await self.until(lambda: self.subscribed)

    async def trade(self, client_id: str) -> Order:
        """Sell at the market, and wait until the stream has told of the end of it."""
        listings = await self.venue.listings()
        contract = listings.of(self.stand.instruments[0].name).instrument
        size = contract.min_contracts * contract.multiplier * 100
        order = Order(client_id, contract, -size)
        assert isinstance(await self.venue.trading.place(order), Accepted)
        await self.until(lambda: self._over(client_id))
        return order

    def _over(self, client_id: str) -> bool:
        told = [e.order for e in self.heard if e.order is not None and e.order.client_id == client_id]
        state = follow(self.venue.door).state
        return any(order.state is OrderState.FILLED for order in told) and not state.needs_rest


@asynccontextmanager
async def listening(tag: str) -> AsyncIterator[Listener]:
    clock = VirtualClock(1_767_225_600_000)
    stand = stand_of(tag, clock.now)
    async with through(stand, clock.now) as venue:
        await venue.listings()
        listener = Listener(stand, venue, clock)
        task = asyncio.create_task(listener.listen())
        await listener.until(lambda: listener.subscribed)
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await listener.until(lambda: not stand.ears.open)


def run(tag: str, work: Callable[[Listener], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        async with listening(tag) as listener:
            await work(listener)

    asyncio.run(all_of_it())


@pytest.mark.parametrize("tag", TONGUES + OPTIONS)
def test_orders_and_fills_are_heard_as_rest_tells_them(tag: str) -> None:
    async def work(at: Listener) -> None:
        order = await at.trade("hrtest0123456789abcd")
        told = follow(at.venue.door).state
        rest = {fill.trade_id: fill for fill in await at.venue.trading.fills(order.instrument, 0)}
        assert {key: (f.quantity, f.price, f.fee, f.fee_coin) for key, f in told.fills.items()} == {
            key: (f.quantity, f.price, f.fee, f.fee_coin) for key, f in rest.items()
        }
        (report,) = told.orders.values()
        looked = await at.venue.trading.order(order)
        assert looked is not None
        assert (report.order_id, report.quantity, report.filled) == (
            looked.order_id,
            looked.quantity,
            looked.filled,
        )
        assert ("fill" in at.kinds()) is (tag in _SAME_IDS)

    run(tag, work)


@pytest.mark.parametrize("tag", TONGUES + OPTIONS)
def test_a_broken_connection_is_lost_and_made_again(tag: str) -> None:
    async def work(at: Listener) -> None:
        at.heard.clear()
        at.stand.ears.drop()
        await at.until(lambda: "lost" in at.kinds())
        await at.again()
        await at.trade("hrtest0123456789abce")

    run(tag, work)


@pytest.mark.parametrize("tag", _KEYED)
def test_a_listen_key_that_ends_is_lost_and_a_new_one_is_asked_for(tag: str) -> None:
    async def work(at: Listener) -> None:
        old = set(at.stand.ears.keys)
        at.heard.clear()
        at.clock.advance(3_600_000)
        at.stand.passed()
        await at.until(lambda: "lost" in at.kinds())
        await at.again()
        assert at.stand.ears.keys
        assert not old & set(at.stand.ears.keys)
        await at.trade("hrtest0123456789abcf")

    run(tag, work)


def test_a_socket_that_only_looks_alive_is_lost_each_minute_and_opened_anew_after_three() -> None:
    async def work(at: Listener) -> None:
        at.stand.ears.deafen()
        for minute in range(1, 4):
            at.heard.clear()
            await at.until(lambda: bool(at.waits))
            await at.pass_time(SILENCE_MS)
            await at.until(lambda: "lost" in at.kinds())
            assert follow(at.venue.door).silences == minute
        await at.again()
        await at.trade("hrtest0123456789abcg")

    run("bybit", work)


@pytest.mark.parametrize("tag", TONGUES + OPTIONS)
def test_a_wrong_secret_hears_nothing(tag: str) -> None:
    async def work() -> None:
        clock = VirtualClock(1_767_225_600_000)
        stand = stand_of(tag, clock.now)
        async with through(stand, clock.now) as venue:
            await venue.listings()
            venue.door.exchange.secret = "another"  # noqa: S105 - it opens nothing
            venue.door.exchange.apiKey = "k" if tag in _KEYED else venue.door.exchange.apiKey
            events = venue.trading.events()
            kinds = [(await anext(events)).kind for _ in range(2)]
            await events.aclose()  # type: ignore[attr-defined]  # it is a generator
            assert kinds == ["lost", "lost"]
            assert stand.ears.topics == 0

    asyncio.run(work())


@pytest.mark.parametrize("tag", TONGUES + OPTIONS)
def test_a_login_that_is_refused_is_tried_again_until_it_is_taken(tag: str) -> None:
    """The venue takes the key away and gives it back; in between the connection has broken."""

    async def work(at: Listener) -> None:
        keys = dict(at.stand.keys)
        at.venue.door.exchange.streaming["keepAlive"] = 0  # a ping by the wall's clock would break it off
        at.stand.keys.clear()
        at.stand.ears.drop()
        feed, every = follow(at.venue.door), len(at.venue.door.venue.listen)
        for _ in range(2):
            await at.until(lambda: feed.down == every)
            await at.pass_time(5_000)
            await at.until(lambda: feed.down < every)
        await at.until(lambda: feed.down == every)
        assert at.stand.ears.topics == 0
        at.stand.keys.update(keys)
        await at.pass_time(5_000)
        await at.until(lambda: at.subscribed)
        await at.trade("hrtest0123456789abci")

    run(tag, work)


@pytest.mark.parametrize("how", ["the listener stops", "the sockets are opened anew"])
def test_a_connection_that_was_being_made_when_it_was_given_up_does_not_stay(how: str) -> None:
    async def work() -> None:
        clock = VirtualClock(1_767_225_600_000)
        stand = stand_of("binance", clock.now)
        async with through(stand, clock.now) as venue:
            await venue.listings()
            at = Listener(stand, venue, clock)
            task = asyncio.create_task(at.listen())
            exchange = venue.door.exchange
            await at.until(lambda: any(each.connecting for each in (exchange.clients or {}).values()))
            given_up = [each for each in exchange.clients.values() if each.connecting]
            if how == "the listener stops":
                task.cancel()
            else:
                await at.until(lambda: len(at.waits) == 1)
                for _ in range(3):
                    await at.pass_time(SILENCE_MS)
                await at.until(lambda: not any(each in exchange.clients.values() for each in given_up))
            await at.until(lambda: all(each.connected.done() for each in given_up))
            await at.until(lambda: all(each.closed() for each in given_up))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await at.until(lambda: not stand.ears.open)

    asyncio.run(work())


def addresses(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for inner in node.values() if isinstance(node, dict) else ():
        yield from addresses(inner)


@pytest.mark.parametrize("tag", TONGUES + OPTIONS)
def test_no_address_of_a_rebased_exchange_is_outside(tag: str) -> None:
    async def work() -> None:
        clock = VirtualClock(1_767_225_600_000)
        async with through(stand_of(tag, clock.now), clock.now) as venue:
            hosts = {urlsplit(url).hostname for url in addresses(venue.door.exchange.urls["api"])}
            assert hosts == {"127.0.0.1"}

    asyncio.run(work())


@pytest.mark.parametrize("tag", TONGUES + OPTIONS)
def test_a_stream_opens_to_the_venue_s_hosts_only(tag: str) -> None:
    """A socket is refused by name before it is opened: the address is nobody's, and nothing tries to reach it."""

    async def work() -> str:
        venue = connect(tag, Keys("me", "k" * 20, "s" * 20, "p"))
        exchange = venue.door.exchange
        future = exchange.watch("wss://stream.example.invalid/ws", "orders")
        try:
            await future
        except Exception as why:  # noqa: BLE001 - whatever ccxt makes of it
            return str(why)
        finally:
            await venue.close()
        return "it was opened"

    assert "stream.example.invalid is no host of" in asyncio.run(work())


def test_what_is_held_leaves_in_its_order() -> None:
    async def work(at: Listener) -> None:
        ears = at.stand.ears
        ears.held = []
        listings = await at.venue.listings()
        contract = listings.of(at.stand.instruments[0].name).instrument
        await at.venue.trading.place(Order("hrtest0123456789abch", contract, Decimal("-0.1")))
        assert "order" not in at.kinds()
        held, ears.held = list(ears.held), None
        for ear, message in held:
            ears.let_go(ear, message)
        await at.until(lambda: "fill" in at.kinds())

    run("binance", work)
