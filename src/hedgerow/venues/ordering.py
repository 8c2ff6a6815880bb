"""An order in the words of ccxt's `createOrder`, exact to the last digit. Pure: nothing is rounded here, only checked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from hedgerow.model.errors import BadInput, BrokenPromise, UnitMismatch
from hedgerow.model.option_contracts import tick_at
from hedgerow.model.orders import Order, contracts_of
from hedgerow.venues.clientids import venue_id
from hedgerow.venues.listing import Listing
from hedgerow.venues.quirks import Requests, Venue
from hedgerow.venues.wire import Exchange, Meant

__all__ = ["Request", "agree", "checked", "request_of"]


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of `createOrder`, and what the signed request has to say."""

    symbol: str
    kind: str
    side: str
    amount: Decimal
    price: Decimal | None
    stop: Decimal | None
    params: dict[str, object]

    def meant(self, requests: Requests) -> tuple[Meant, ...]:
        """Return what the request has to say, which is looked for in it before it leaves."""
        said = [Meant(requests.quantity, self.amount)]
        if self.price is not None and self.kind != "market":
            said.append(Meant(requests.price, self.price))
        if self.stop is not None:
            said.append(Meant(requests.stop_field, self.stop))
        return tuple(said)

    def arguments(self) -> tuple[object, ...]:
        """Return the arguments of `createOrder`, figures as plain text: ccxt overlooks a Decimal in several places."""
        price = None if self.price is None else f"{self.price:f}"
        return self.symbol, self.kind, self.side, f"{self.amount:f}", price, dict(self.params)


def request_of(venue: Venue, listing: Listing, order: Order, *, hedged: bool) -> Request:
    """Return `order` as a request. Raises `BadInput` for a size or price that is off its step, `BrokenPromise` for an id."""
    instrument, requests = listing.instrument, venue.requests
    contracts = abs(contracts_of(instrument, order.quantity))
    _on_step(contracts, instrument.lot, f"quantity of {order.client_id}")
    for price in (order.price, order.stop):
        if price is not None:
            _on_step(price, tick_at(instrument, price), f"price of {order.client_id}")
    if order.kind != "market" and order.price is None:
        raise BadInput(f"{order.client_id} is a {order.kind} order without a price", advice="Give a limit.")
    params: dict[str, object] = {
        **requests.always,
        requests.client: venue_id(venue.client_id, order.client_id),
    }
    params |= _kind(requests, order)
    params |= _side(requests, order, hedged=hedged)
    if order.stop is not None:
        params |= _stop(requests, order)
    kind = "market" if order.kind == "market" else "limit"
    price = None if kind == "market" else order.price
    exact = None if price is None else _plain(price)
    return Request(listing.symbol, kind, order.side, _plain(contracts), exact, order.stop, params)


def agree(listing: Listing, order: Order) -> None:
    """Raise `UnitMismatch` for an order that was made with another size of contract than the venue lists now."""
    if order.instrument.multiplier != listing.instrument.multiplier:
        raise UnitMismatch(
            f"{order.instrument.name} was planned at {order.instrument.multiplier} a contract and is listed at "
            f"{listing.instrument.multiplier}",
            advice="Read the instruments again and plan anew. Nothing was sent.",
        )


def checked(exchange: Exchange, request: Request) -> None:
    """Ask ccxt what it would make of the figures; raises `BrokenPromise` where it would send others: nothing is sent."""
    said = [("quantity", exchange.amount_to_precision, request.amount)]
    if request.price is not None and request.kind != "market":
        said.append(("price", exchange.price_to_precision, request.price))
    for what, written_by, wanted in said:
        with localcontext():  # ccxt changes the rounding of everybody's Decimals
            written = written_by(request.symbol, f"{wanted:f}")
        if Decimal(str(written)) != wanted:
            raise BrokenPromise(f"the {what} of {request.symbol} would be sent as {written}, not {wanted}")


def _on_step(figure: Decimal, step: Decimal, what: str) -> None:
    if figure <= 0 or figure % step:
        raise BadInput(
            f"{figure} is no {what}: steps are {step}",
            advice="Round to lots and ticks before an order is made.",
        )


def _plain(figure: Decimal) -> Decimal:
    """The same number without an exponent: one of the venues takes it as it is written."""
    return Decimal(format(figure.normalize(), "f"))


def _kind(requests: Requests, order: Order) -> dict[str, object]:
    if order.kind == "post_only":
        return dict(requests.post_only)
    return dict(requests.limit) if order.kind == "limit" else {}


def _side(requests: Requests, order: Order, *, hedged: bool) -> dict[str, object]:
    """Reduce-only, and the leg: with two legs, a leg and a side say by themselves that an order reduces."""
    buying, reducing = order.side == "buy", order.reduce_only
    said: dict[str, object] = {}
    if requests.sides is not None:
        said["side"] = requests.sides[(2 if reducing else 0) + (0 if buying else 1)]
    if hedged:
        said |= requests.hedged
    if requests.leg and (hedged or requests.leg_always):
        said[requests.leg] = requests.leg_words[0 if buying != reducing else 1]
    elif reducing and requests.reduce_only:
        said["reduceOnly"] = True
    return said


def _stop(requests: Requests, order: Order) -> dict[str, object]:
    rising = order.side == "buy"  # a short is protected above the market, by buying
    toward = requests.stop_rising if rising else requests.stop_falling
    # As text: ccxt overlooks a Decimal here, and what was meant as a stop would trade at once.
    return {**requests.stop_always, **toward, requests.stop: f"{order.stop:f}"}
