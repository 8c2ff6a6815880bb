"""Listening to an account's stream by ccxt: every message is told to a state, and what is new in it is a hint.

events(door)     the port's stream: hints, and `lost` at the start, at every break and after a minute of silence
follow(door)     the state alone, for whoever hands messages to the exchange himself

A subscription that breaks is made again, with a new listen key. A socket that only looks alive is silent: after three
minutes of silence all are opened anew. Nothing here decides anything: after each `lost` the truth is read by REST.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, localcontext
from typing import Any

from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import StreamEvent
from hedgerow.venues.door import Door
from hedgerow.venues.fields import Listen
from hedgerow.venues.raw import word
from hedgerow.venues.streams import UNREADABLE, StreamState, told
from hedgerow.venues.wire import Exchange

__all__ = ["Feed", "events", "follow"]

SILENCE_MS = 60_000
_SILENCES = 3
_PAUSE_SECONDS, _LONGEST_PAUSE = 1.0, 60.0
_RENEW_SECONDS = 900.0
"""A quiet subscription is asked for anew after so long: that renews its listen key where ccxt forgets to."""


@dataclass(slots=True)
class Feed:
    """The state so far, and a queue of what is new in it.

    `handled` counts messages, `heard_at` is when the last came, `silences` how many minutes passed without one, and `down`
    how many subscriptions wait to be made again.
    """

    state: StreamState = field(default_factory=StreamState)
    queue: asyncio.Queue[StreamEvent] | None = None
    handled: int = 0
    heard_at: int = 0
    silences: int = 0
    down: int = 0

    def hint(self, event: StreamEvent) -> None:
        """Let whoever listens know."""
        if self.queue is not None:
            self.queue.put_nowait(event)


def follow(door: Door) -> Feed:
    """Let every message that `door`'s exchange handles be told to a state, from now on; harmless when done twice."""
    import ccxt

    exchange = door.exchange
    known: Feed | None = getattr(exchange, "hedgerow_feed", None)
    if known is not None:
        return known
    feed, handle = Feed(), exchange.handle_message

    def handled(client: Any, message: object) -> None:
        feed.handled, feed.heard_at, feed.silences = feed.handled + 1, door.now(), 0
        with localcontext(Context()):  # a callback: its context is whose ccxt has made it
            news = _taken(door, feed, message)
        try:
            with localcontext():  # ccxt changes the rounding of everybody's Decimals
                handle(client, message)
        except (ccxt.BaseError, *UNREADABLE):  # ccxt's own bookkeeping stumbled; ours has been done
            news.append(StreamEvent("lost", door.now()))
        if _is_over(door, message):
            news.append(StreamEvent("lost", door.now()))
            _reopen(exchange, [client])
        for event in news:
            feed.hint(event)

    exchange.handle_message = handled
    exchange.hedgerow_feed = feed
    return feed


def _taken(door: Door, feed: Feed, message: object) -> list[StreamEvent]:
    """Tell a message to the state, and return what is new in it."""
    before = replace(feed.state, lost=False)
    after = told(before, door, door.listed, message) if door.listed is not None else before
    feed.state = replace(after, lost=after.lost or feed.state.lost)
    return _news(door, before, after)


def _news(door: Door, before: StreamState, after: StreamState) -> list[StreamEvent]:
    at = door.now()
    found = [
        StreamEvent("order", at, order=order)
        for key, order in after.orders.items()
        if before.orders.get(key) != order
    ]
    fills = [fill for key, fill in after.fills.items() if key not in before.fills]
    if door.venue.stream_ids:
        found += [StreamEvent("fill", at, fill=fill) for fill in fills]
    # Where a fill may have another id in the stream than by REST, it would count twice: it is only a reason to look.
    unsure = bool(fills) and not door.venue.stream_ids
    return [*found, StreamEvent("lost", at)] if after.lost or unsure else found


def _is_over(door: Door, message: object) -> bool:
    """Whether a message says that nothing more will come: the listen key is over, or the login was not taken."""
    names, words = door.venue.stream_over
    return bool(names) and isinstance(message, Mapping) and word(message, names) in words


def _reopen(exchange: Exchange, clients: list[Any]) -> None:
    """Break sockets off, so that whoever waits for them subscribes again, with a new listen key."""
    import ccxt

    _forget_keys(exchange)
    for client in clients:
        if hasattr(client, "on_error"):
            client.on_error(ccxt.NetworkError("this stream is over"))
            _let_none_open_late(client)


def _let_none_open_late(client: Any) -> None:
    """Close a connection that is still being made as soon as it stands: ccxt forgets it, and it would listen for ever."""
    if getattr(client, "connecting", False):
        client.connected.add_done_callback(lambda _: asyncio.ensure_future(client.close()))


def _forget_keys(exchange: Exchange) -> None:
    """Let ccxt ask for a listen key again: the one that it holds may be over."""
    options = exchange.options
    for held in (options, options.get("linear"), options.get("inverse")):
        if isinstance(held, dict) and "lastAuthenticatedTime" in held:
            held["lastAuthenticatedTime"] = 0


async def events(door: Door) -> AsyncIterator[StreamEvent]:
    """Yield hints for as long as they are asked for; `lost` first, and at every break: look before deciding."""
    await door.listings()
    feed = follow(door)
    feed.state, feed.queue, feed.heard_at, feed.silences = StreamState(), asyncio.Queue(), door.now(), 0
    tasks = [
        asyncio.create_task(_pump(door, feed, one))
        for one in door.venue.listen
        if hasattr(door.exchange, one.call)
    ]
    tasks.append(asyncio.create_task(_mind_silence(door, feed)))
    try:
        yield StreamEvent("lost", door.now())
        while True:
            yield await feed.queue.get()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        feed.queue = None
        _forget_keys(door.exchange)
        for client in (door.exchange.clients or {}).values():
            _let_none_open_late(client)
        await door.exchange.close_ws_clients()


async def _pump(door: Door, feed: Feed, one: Listen) -> None:
    """Keep one subscription alive; what it brings is taken from the messages themselves."""
    pause = _PAUSE_SECONDS
    while True:
        began = door.now()
        if await _heard(door, one):
            pause = _PAUSE_SECONDS
            continue
        if door.now() - began > SILENCE_MS:
            pause = _PAUSE_SECONDS
        _forget_keys(door.exchange)
        feed.hint(StreamEvent("lost", door.now()))
        feed.down += 1
        try:
            await door.idle(pause)
        finally:
            feed.down -= 1
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _heard(door: Door, one: Listen) -> bool:
    """Wait for the next message of a subscription, or until it is time to renew it; false where it broke."""
    import ccxt

    try:
        with localcontext():
            async with asyncio.timeout(_RENEW_SECONDS) as time:
                await getattr(door.exchange, one.call)(None, None, None, dict(one.params))
    except (ccxt.BaseError, HedgerowError, OSError, *UNREADABLE):
        return time.expired()
    return True


async def _mind_silence(door: Door, feed: Feed) -> None:
    """Say `lost` after each minute without a message, and open the sockets anew when they stay silent."""
    while True:
        quiet = door.now() - feed.heard_at
        if quiet >= SILENCE_MS:
            feed.heard_at, feed.silences, quiet = door.now(), feed.silences + 1, 0
            feed.hint(StreamEvent("lost", door.now()))
            if feed.silences % _SILENCES == 0:
                _reopen(door.exchange, list((door.exchange.clients or {}).values()))
        await door.idle((SILENCE_MS - quiet) / 1000)
