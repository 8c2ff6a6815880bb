"""The doors of a paper venue: the ports, each call one question to the pure core or one event for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.exchange.venue import (
    CancelAsked,
    Code,
    Configured,
    DeadManSet,
    HedgeSet,
    LegName,
    OrderMoved,
    Placed,
    Said,
    VenueEvent,
    balances_of,
    depth_of,
    forecast_of,
    holdings_of,
    modes_of,
    report_of,
    ticker_of,
)
from hedgerow.model.errors import VenueRefused
from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.orders import Accepted, Fill, Order, OrderReport, OrderState, Refused, Reply
from hedgerow.model.ports import (
    AccountModes,
    Balance,
    Candle,
    CandleOf,
    Depth,
    FundingPaid,
    FundingPrint,
    Holding,
    Permissions,
    StreamEvent,
    Ticker,
)

if TYPE_CHECKING:
    from hedgerow.venues.paper import PaperVenue

__all__ = ["PaperAccount", "PaperData", "PaperTrading", "refusal"]

_REASONS: dict[str, str] = {
    "duplicate_id": "the client id was used before",
    "not_tradable": "the contract cannot be traded now",
    "no_price": "there is no mark price yet",
    "lot": "the quantity is no whole number of lots",
    "min_quantity": "the quantity is below the minimum",
    "max_quantity": "the quantity is above the maximum",
    "min_notional": "the order is worth less than the minimum",
    "tick": "the price is no whole number of ticks",
    "price_band": "the price is too far from the mark",
    "post_only": "the order would have taken",
    "reduce_only": "there is no position to reduce",
    "margin": "there is not enough margin",
    "leverage": "the leverage is not allowed for this size",
    "stop_now": "the stop would go off at once",
    "too_many": "there are too many open orders",
    "leg": "the order does not fit the position mode",
    "unknown_order": "no such order is known",
    "order_over": "the order is over",
    "not_flat": "there is a position or an open order",
    "not_offered": "the venue has no such thing",
}
_AGAIN = {"no_price", "price_band", "post_only", "margin", "too_many", "not_tradable"}


class PaperData:
    """`model.ports.MarketData` of a paper venue."""

    def __init__(self, venue: PaperVenue) -> None:
        self._venue = venue

    async def instruments(self) -> tuple[Instrument, ...]:
        """Return every contract that can be traded now."""
        self._venue.catch_up()
        listings = self._venue.state.listings.values()
        return tuple(listing.instrument for listing in listings if listing.status != "closed")

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        """Return prices now."""
        self._venue.catch_up()
        return tuple(ticker_of(self._venue.state, instrument.name) for instrument in instruments)

    async def depth(self, instrument: Instrument, levels: int) -> Depth:
        """Return the order book, own orders included."""
        self._venue.catch_up()
        return depth_of(self._venue.state, instrument.name, levels)

    async def candles(
        self,
        instrument: Instrument,
        minutes: int,
        since: int,
        until: int,
        of: CandleOf = "last",  # noqa: ARG002
    ) -> tuple[Candle, ...]:
        """Return finished bars with since ≤ at < until, of trades, marks and index alike: a price file has one series.

        Raises `UsageError` for another bar length than the file's.
        """
        now = self._venue.catch_up()
        return self._venue.feed.candles(instrument, minutes, since, min(until, now - minutes * 60_000 + 1))

    async def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return realised rates: what the venue settled since it opened, and else what its feed knows."""
        now = self._venue.catch_up()
        known = {p.at: p for p in self._venue.feed.funding(instrument, since, min(until, now + 1))}
        known |= {p.at: p for p in self._venue.prints(instrument.name, since, until)}
        return tuple(known[at] for at in sorted(known))

    async def funding_now(self, instrument: Instrument) -> FundingPrint:
        """Return the forecast; raises `VenueRefused` for a contract without funding."""
        self._venue.catch_up()
        found = forecast_of(self._venue.state, instrument.name)
        if found is None:
            raise VenueRefused(f"{instrument.name} has no funding", advice="Only perpetuals have.")
        return found

    async def tiers(self, instrument: Instrument) -> tuple[MarginTier, ...]:
        """Return the maintenance tiers as the venue has them now."""
        self._venue.catch_up()
        return self._venue.state.listing(instrument.name).instrument.tiers

    async def server_time(self) -> int:
        """Return the venue's clock."""
        return self._venue.catch_up()


class PaperTrading:
    """`model.ports.Trading` of a paper venue."""

    def __init__(self, venue: PaperVenue) -> None:
        self._venue = venue

    async def place(self, order: Order) -> Reply:
        """Send `order` once. In hedge mode it opens its own side's leg, or reduces the other's."""
        venue = self._venue
        now = venue.catch_up()
        leg = _leg_of(order) if venue.state.account(venue.name).hedge else "net"
        last = [
            outcome
            for outcome in venue.happen(Placed(now, venue.name, order, leg=leg))
            if isinstance(outcome, OrderMoved)
            and outcome.order.account == venue.name
            and outcome.order.order.client_id == order.client_id
        ][-1]
        if last.order.state is OrderState.REFUSED:
            return refusal(last.code)
        return Accepted(last.order.order_id, report_of(last.order))

    async def cancel(self, order: Order) -> Reply:
        """Cancel by the client's id; refused where there is no such order or it is over."""
        venue = self._venue
        now = venue.catch_up()
        before = venue.state.order_of(venue.name, order.client_id)
        for outcome in venue.happen(CancelAsked(now, venue.name, client_id=order.client_id)):
            if isinstance(outcome, Said):
                return refusal(outcome.code)
        return Accepted(before.order_id if before else "")

    async def order(self, order: Order) -> OrderReport | None:
        """Return what the venue knows under the order's client id."""
        self._venue.catch_up()
        found = self._venue.state.order_of(self._venue.name, order.client_id)
        return None if found is None else report_of(found)

    async def open_orders(self, instrument: Instrument) -> tuple[OrderReport, ...]:
        """Return every open order of the account in this contract."""
        self._venue.catch_up()
        found = self._venue.state.open_orders(self._venue.name, instrument.name)
        return tuple(report_of(order) for order in found)

    async def fills(self, instrument: Instrument, since: int) -> tuple[Fill, ...]:
        """Return every fill from `since` on, oldest first."""
        self._venue.catch_up()
        return self._venue.fills(instrument.name, since)

    async def events(self) -> AsyncIterator[StreamEvent]:
        """Yield hints until the venue closes."""
        queue = self._venue.listen()
        while (hint := await queue.get()) is not None:
            yield hint

    async def protect(self, order: Order) -> Reply:
        """Place a protective stop; raises `VenueRefused` for an order that is none."""
        if order.stop is None or not order.reduce_only:
            raise VenueRefused(
                "a protective order has a stop and only reduces", advice="Give stop= and reduce_only=True."
            )
        return await self.place(order)

    async def dead_man(self, seconds: int) -> bool:
        """Let the venue cancel all orders after so long; 0 switches it off."""
        now = self._venue.catch_up()
        said = self._venue.happen(DeadManSet(now, self._venue.name, seconds * 1000))
        return not any(isinstance(s, Said) and s.code == "not_offered" for s in said)


class PaperAccount:
    """`model.ports.Account` of a paper venue."""

    def __init__(self, venue: PaperVenue) -> None:
        self._venue = venue

    async def positions(self, instruments: Sequence[Instrument]) -> tuple[Holding, ...]:
        """Return every open position in `instruments`, all legs."""
        self._venue.catch_up()
        state = self._venue.state
        account = state.account(self._venue.name)
        return tuple(h for i in instruments for h in holdings_of(state, account, i))

    async def balances(self) -> tuple[Balance, ...]:
        """Return coins by kind."""
        self._venue.catch_up()
        return balances_of(self._venue.state, self._venue.state.account(self._venue.name))

    async def modes(self, instrument: Instrument) -> AccountModes:
        """Return position mode, margin mode and leverage."""
        self._venue.catch_up()
        state = self._venue.state
        return modes_of(state, state.account(self._venue.name), instrument)

    async def configure(self, instrument: Instrument, modes: AccountModes) -> AccountModes:
        """Set what is not None, only while flat, and return what is read back; raises `VenueRefused`."""
        if modes.margin_mode == "portfolio":
            raise VenueRefused("the paper venue has no portfolio margin", advice="Use cross or isolated.")
        name, wanted = self._venue.name, modes.margin_mode
        if modes.hedge is not None:
            hedge = modes.hedge
            self._ask(lambda at: HedgeSet(at, name, hedge))
        if wanted is not None or modes.leverage is not None:
            self._ask(lambda at: Configured(at, name, instrument.name, wanted, modes.leverage))
        return await self.modes(instrument)

    async def permissions(self) -> Permissions:
        """Return what the key may do: trade, and nothing leaves a paper account."""
        return Permissions(self._venue.name, trade=True, withdraw=False, ip_bound=None, checked_by="paper")

    async def paid(self, instrument: Instrument, since: int) -> tuple[FundingPaid, ...]:
        """Return funding received and paid from `since` on, oldest first."""
        self._venue.catch_up()
        return self._venue.payments(instrument.name, since)

    async def fees(self, instrument: Instrument) -> tuple[Decimal, Decimal]:
        """Return the account's own (taker, maker) fee as fractions."""
        self._venue.catch_up()
        state = self._venue.state
        return state.account(self._venue.name).fee_rates(state.listing(instrument.name).instrument)

    def _ask(self, event: Callable[[int], VenueEvent]) -> None:
        for said in self._venue.happen(event(self._venue.catch_up())):
            if isinstance(said, Said) and said.code not in {"", "no_change"}:
                raise VenueRefused(
                    f"{self._venue.name}: {_REASONS.get(said.code, said.code)}",
                    advice="Set modes while the contract is flat and has no open orders.",
                )


def refusal(code: Code) -> Refused:
    """Return the venue's no, in words."""
    return Refused(code, _REASONS.get(code, code), again=code in _AGAIN)


def _leg_of(order: Order) -> LegName:
    """The leg that an order without one means: its own side's, or the other's where it only reduces."""
    buys = order.quantity > 0
    return "long" if buys is not order.reduce_only else "short"
