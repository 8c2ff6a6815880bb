"""One step in the making: the parts of a state that are being changed, and what came of it so far.

It lives only inside `step`, which begins one from a frozen state and ends it as another: outside, nothing is ever
changed. Within, plain dictionaries are what makes ten thousand steps a second.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Literal

from hedgerow.exchange.venue.events import Code, OrderMoved, VenueOutcome
from hedgerow.exchange.venue.rules import filters_of
from hedgerow.exchange.venue.state import Listing, VenueAccount, VenueOrder, VenueState
from hedgerow.model.legs import ZERO
from hedgerow.model.orders import OrderState

__all__ = ["Draft"]


class Draft:
    """A state being changed by one event at `at`."""

    __slots__ = (
        "accounts",
        "at",
        "clients",
        "insurance",
        "listings",
        "made",
        "orders",
        "outcomes",
        "past",
        "rules",
        "timers",
    )

    def __init__(self, state: VenueState, at: int) -> None:
        self.at, self.rules = at, state.rules
        self.listings = dict(state.listings)
        self.accounts = dict(state.accounts)
        self.orders = dict(state.orders)
        self.past, self.clients = state.past, state.clients
        self.made = state.made
        self.insurance = dict(state.insurance)
        self.outcomes: list[VenueOutcome] = []
        self.timers = False

    def done(self, before: VenueState) -> tuple[VenueState, tuple[VenueOutcome, ...]]:
        """Return the state that was made, and what came of it."""
        state = VenueState(
            rules=self.rules,
            at=self.at,
            due=self._due() if self.timers else before.due,
            listings=self.listings,
            accounts=self.accounts,
            orders=self.orders,
            past=self.past,
            clients=self.clients,
            made=self.made,
            insurance=self.insurance,
        )
        return state, tuple(self.outcomes)

    def account(self, name: str) -> VenueAccount:
        """Return an account, a new one if it was never heard of."""
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = VenueAccount(name)
        return found

    def keep(self, account: VenueAccount) -> None:
        """Put an account in place of the old one."""
        self.accounts[account.name] = account

    def put(self, listing: Listing) -> None:
        """Put a listing in place of the old one."""
        self.listings[listing.instrument.name] = listing

    def new_id(self) -> str:
        """Return the next number of the venue, as text: orders, trades and payments share one count."""
        self.made += 1
        return str(self.rules.first_id + self.made - 1)

    def move(self, order: VenueOrder, code: Code = "") -> VenueOrder:
        """Keep an order as it is now, among the open ones or the past, and tell."""
        if order.is_open:
            self.orders[order.order_id] = order
        else:
            self.orders.pop(order.order_id, None)
            self.past = self.past.adding(order.order_id, order)
        self.outcomes.append(OrderMoved(self.at, order, code))
        return order

    def end(
        self, order: VenueOrder, code: Code, state: Literal["cancelled", "expired"] = "cancelled"
    ) -> VenueOrder:
        """Let an open order be over."""
        return self.move(replace(order, state=OrderState(state), updated=self.at, waiting=False), code)

    def own_orders(self, account: str, instrument: str = "") -> list[VenueOrder]:
        """Return the open orders of an account, in one contract or in all, oldest first."""
        return [
            o
            for o in self.orders.values()
            if o.account == account and instrument in {"", o.order.instrument.name}
        ]

    def insure(self, coin: str, coins: Decimal) -> None:
        """Give coins to the insurance fund, or take them below zero."""
        self.insurance[coin] = self.insurance.get(coin, ZERO) + coins

    def _due(self) -> int | None:
        instants = [x.funding.next_at for x in self.listings.values() if x.funding is not None]
        instants += [a.cancels_at for a in self.accounts.values() if a.cancels_at is not None]
        for listing in self.listings.values():
            ends = filters_of(listing.instrument).ends_at
            if ends is not None and listing.status != "closed":
                instants.append(ends)
        return min(instants, default=None)
