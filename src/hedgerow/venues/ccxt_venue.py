"""Orders at a ccxt venue: the port `Trading`, one engine over the venues' tables.

Reading goes by the venue's raw bodies, placing by ccxt's `createOrder`, and what became of it is read from the raw answer.
Nothing here repeats an order or a cancel.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.model.errors import BadInput, BrokenPromise, StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Accepted, Fill, Order, OrderReport, OrderState, Refused, Reply, Unknown
from hedgerow.model.ports import StreamEvent
from hedgerow.venues.answers import cancelled, placed
from hedgerow.venues.calls import NotThere
from hedgerow.venues.clientids import venue_id
from hedgerow.venues.deadman import set_dead_man
from hedgerow.venues.door import Door
from hedgerow.venues.feeds import events
from hedgerow.venues.listing import Listing
from hedgerow.venues.ordering import Request, agree, checked, request_of
from hedgerow.venues.paging import Span, all_rows
from hedgerow.venues.quirks import Route
from hedgerow.venues.raw import Row, instant, number, rows_of, text, word
from hedgerow.venues.reading import fill_of, report_of
from hedgerow.venues.units import of_row
from hedgerow.venues.wire import Seen

__all__ = ["CcxtTrading"]

_LOOKS = 3
_PROOF_MS = 60_000
_OURS = re.compile(r"hr[a-z0-9]{18}")
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class CcxtTrading:
    """Trading at a venue through ccxt."""

    door: Door

    async def place(self, order: Order) -> Reply:
        """Send `order` once. Raises `UnitMismatch` for a contract whose units are not shown to be right: nothing was sent."""
        listing = await self.door.listing(order.instrument)
        if self.door.self_check:
            await self._prove(listing)
        agree(listing, order)
        try:
            request = request_of(self.door.venue, listing, order, hedged=self.door.has_legs(listing))
        except BadInput as why:
            return Refused("not-sent", why.message)
        if self.door.venue.requests.market_needs_price and request.price is None:
            request = replace(request, price=await _near(self.door, listing, order))
        checked(self.door.exchange, request)
        self.door.touched.add(listing.raw)
        seen, raised = await self._create(request)
        reply = placed(self.door.venue, seen, raised)
        if isinstance(reply, Accepted):
            report = self._report(listing, seen)
            ours = report is not None and report.client_id == order.client_id
            return Accepted(reply.order_id, report if ours else None)
        return reply

    async def _create(self, request: Request) -> tuple[Seen, str]:
        exchange = self.door.exchange
        return await self.door.wire.send(
            lambda: exchange.create_order(*request.arguments()), request.meant(self.door.venue.requests)
        )

    def _report(self, listing: Listing, seen: Seen) -> OrderReport | None:
        """What the answer says besides the id: at most venues nothing. An order that was taken stays so where that cannot be read."""
        names = listing.product.order
        row = seen.body
        try:
            if not (isinstance(row, dict) and text(row, names.status) and number(row, names.quantity)):
                return None
            client = self.door.client_of(row, names.client)
            return report_of(row, names, listing.instrument, self.door.venue.states, client)
        except StateUnknown:
            return None

    async def _prove(self, listing: Listing) -> None:
        """Look for evidence of a contract's units, once a minute: its fills; positions were looked at when they were read."""
        name = listing.instrument.name
        looked = self.door.now() - self.door.looked.get(name, -_PROOF_MS) < _PROOF_MS
        if not looked and name not in self.door.proven | set(self.door.wrong):
            self.door.looked[name] = self.door.now()
            product = listing.product
            span = min(product.history_ms, product.fills.window_ms or product.history_ms)
            await self.fills(listing.instrument, self.door.now() - span)
        self.door.refuse_wrong(listing)

    async def cancel(self, order: Order) -> Reply:
        """Ask to cancel `order`, once."""
        listing = await self.door.listing(order.instrument)
        route = listing.product.cancel_stop if order.stop is not None else listing.product.cancel
        order_id = None
        if not route.client:
            found = [one for one in await self.open_orders(listing.instrument) if self._same(one, order)]
            if not found:
                return Refused("absent", f"{order.client_id} is not among the open orders")
            order_id = found[0].order_id
        seen, raised = await self.door.wire.send(lambda: self._cancel(route, listing, order, order_id))
        return cancelled(self.door.venue, seen, raised, order_id or "")

    def _same(self, report: OrderReport, order: Order) -> bool:
        """Whether a report is of an order: by its id; a stop that bears none by what it would do."""
        if report.client_id or order.stop is None:
            return report.client_id == order.client_id
        return report.quantity == order.quantity and report.state is OrderState.ACKED

    async def _cancel(self, route: Route, listing: Listing, order: Order, order_id: str | None) -> object:
        said = _client(route, venue_id(self.door.venue.client_id, order.client_id))
        if route.call == "cancel_order":
            return await self.door.exchange.cancel_order(order_id, listing.symbol, {**route.fixed, **said})
        call = getattr(self.door.exchange, route.call)
        return await call({**route.fixed, **_names(route, listing), **said})

    async def order(self, order: Order) -> OrderReport | None:
        """Return what the venue knows under the order's client id: looked up, then searched among its open orders."""
        listing = await self.door.listing(order.instrument)
        client = venue_id(self.door.venue.client_id, order.client_id)
        for route in listing.product.lookups:
            found = await self._look_up(route, listing, client)
            for row in found:
                report = self._one(row, listing)
                if report.client_id == order.client_id:
                    return report
        for report in await self.open_orders(listing.instrument):
            if report.client_id == order.client_id:
                return report
        return None

    async def _look_up(self, route: Route, listing: Listing, client: str) -> tuple[Row, ...]:
        try:
            body = await self.door.wire.read(route, {**_names(route, listing), **_client(route, client)})
        except NotThere:
            return ()
        except VenueRefused:
            if not route.optional:
                raise
            return ()
        return tuple(row for row in rows_of(body, route.rows) if text(row, listing.product.order.id))

    def _one(self, row: Row, listing: Listing) -> OrderReport:
        names = listing.product.order
        client = self.door.client_of(row, names.client)
        return report_of(row, names, listing.instrument, self.door.venue.states, client)

    async def open_orders(self, instrument: Instrument) -> tuple[OrderReport, ...]:
        """Return every open order in this contract, waiting stops among them."""
        listing = await self.door.listing(instrument)
        names = listing.product.order
        found: dict[str, OrderReport] = {}
        for route in listing.product.open_orders:
            span = Span(_names(route, listing), key=lambda row: text(row, names.id))
            for row in self.door.mine(await self._rows(route, span), names.symbol, listing):
                report = self._one(row, listing)
                found.setdefault(report.order_id, report)
        if any(_OURS.fullmatch(report.client_id) for report in found.values()):
            self.door.touched.add(
                listing.raw
            )  # sent before this process began: the dead man's switch covers it too
        return tuple(found.values())

    async def _rows(self, route: Route, span: Span) -> tuple[Row, ...]:
        try:
            return await all_rows(self.door.wire, route, span)
        except VenueRefused:
            if not route.optional:
                raise
            return ()

    async def fills(self, instrument: Instrument, since: int) -> tuple[Fill, ...]:
        """Return every fill from `since` on (0: as far back as the venue keeps them), oldest first."""
        listing = await self.door.listing(instrument)
        product, now = listing.product, self.door.now()
        start = since if since > 0 else now - product.history_ms
        span = Span(
            _names(product.fills, listing),
            product.fill.at,
            start,
            now,
            key=lambda row: _fill_key(row, listing),
        )
        rows = await all_rows(self.door.wire, product.fills, span)
        mine = self.door.mine(rows, product.fill.symbol, listing)
        kept = [
            row
            for row in mine
            if (instant(row, product.fill.at) or 0) >= since
            and not any(word(row, field) == unwanted for field, unwanted in product.fill.skip.items())
        ]
        for row in kept:
            self.door.weigh(of_row(row, product.fill, listing.instrument))
        found = (
            fill_of(
                row,
                product.fill,
                listing.instrument,
                self.door.whose,
                self.door.client_of(row, product.fill.client),
            )
            for row in kept
        )
        return tuple(sorted(found, key=lambda fill: (fill.at, fill.trade_id)))

    def events(self) -> AsyncIterator[StreamEvent]:
        """Yield hints; see `feeds`."""
        return events(self.door)

    async def protect(self, order: Order) -> Reply:
        """Place a protective stop and look for it: accepted only when an independent read shows it."""
        if order.stop is None or not order.reduce_only:
            raise BrokenPromise("a protective order has a stop and only reduces")
        reply = await self.place(order)
        if not isinstance(reply, Accepted):
            return reply
        seen = await self._looked_for(order)
        return reply if seen == "" else Unknown(f"the stop {reply.order_id} was accepted and {seen}")

    async def _looked_for(self, order: Order) -> str:
        """Look for a stop among the open orders; return what is wrong, or nothing."""
        wrong = "is not among the open orders"
        for look in range(_LOOKS):
            try:
                if any(self._same(one, order) for one in await self.open_orders(order.instrument)):
                    return ""
            except (VenueUnreachable, VenueRefused, StateUnknown) as why:
                wrong = f"cannot be looked for: {why.message}"
            await self.door.pause(_PAUSE_SECONDS * (look + 1))
        return wrong

    async def dead_man(self, seconds: int) -> bool:
        """Let the venue cancel all orders after `seconds` (0: off); false where it cannot. Call again in a third of the time."""
        return await set_dead_man(self.door, seconds)


async def _near(door: Door, listing: Listing, order: Order) -> Decimal:
    """The price on the other side of the book, where a venue has market orders only as limits beyond it."""
    levels = await door.wire.ask(lambda: door.exchange.fetch_order_book(listing.symbol, 1))
    side = levels["asks" if order.quantity > 0 else "bids"]
    if not side:
        raise VenueRefused(f"there is nobody to trade {listing.instrument.name} with", advice="Try later.")
    return Decimal(str(side[0][0]))


def _client(route: Route, client: str) -> dict[str, object]:
    """The client id under every name that the venue may look for it."""
    return dict.fromkeys(route.client.split(), client)


def _names(route: Route, listing: Listing) -> dict[str, object]:
    """The contract under the name that the route has for it; where it has none, its settlement coin."""
    if route.symbol:
        return {route.symbol: listing.raw}
    return {route.settle: listing.instrument.settle} if route.settle else {}


def _fill_key(row: Row, listing: Listing) -> object:
    names = listing.product.fill
    return text(row, names.id) or repr(row)
