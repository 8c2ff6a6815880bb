"""The eyes of a watch on a venue's account: holdings, contracts and prices of now, and nothing older taken for them.

eyes = LiveEyes(feed, holdings, policy, Ahead(account), clock, hedge, records)
await eyes.fresh()
eyes.look(now) -> View
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from hedgerow.app.contracts import LEADS, tells_price
from hedgerow.hedge.options.held import cut_to
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import find
from hedgerow.model.coins import WRAPPED, is_stablecoin
from hedgerow.model.errors import BadInput, NotEnoughData, StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option, option_of
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.ports import (
    Account,
    AccountModes,
    Balance,
    Clock,
    FundingPaid,
    Holding,
    Permissions,
    Record,
)
from hedgerow.model.watched import Ground
from hedgerow.runs.diary import View
from hedgerow.runs.ground import Recollection, fingerprint, market_now

if TYPE_CHECKING:
    from hedgerow.app.beside import Holdings
    from hedgerow.app.feed import Feed
    from hedgerow.model.option_chain import OptionChain

__all__ = ["Ahead", "LiveEyes"]

Answer = TypeVar("Answer")

_TROUBLES = (VenueUnreachable, VenueRefused, StateUnknown, BadInput, NotEnoughData, OSError)


@dataclass(slots=True)
class Ahead:
    """An `account` of which the eyes read the coins before a look does: the look is told the same, once."""

    account: Account
    _coins: tuple[Balance, ...] | None = None

    async def ahead(self) -> tuple[Balance, ...]:
        """Read coins by kind, for whoever asks next."""
        self._coins = None
        self._coins = await self.account.balances()
        return self._coins

    async def balances(self) -> tuple[Balance, ...]:
        """Return coins by kind."""
        found, self._coins = self._coins, None
        return await self.account.balances() if found is None else found

    async def positions(self, instruments: Sequence[Instrument]) -> tuple[Holding, ...]:
        """Return every open position in `instruments`."""
        return await self.account.positions(instruments)

    async def modes(self, instrument: Instrument) -> AccountModes:
        """Return position mode, margin mode and leverage."""
        return await self.account.modes(instrument)

    async def configure(self, instrument: Instrument, modes: AccountModes) -> AccountModes:
        """Set what is not None, and return what is read back."""
        return await self.account.configure(instrument, modes)

    async def permissions(self) -> Permissions:
        """Return what the key may do."""
        return await self.account.permissions()

    async def paid(self, instrument: Instrument, since: int) -> tuple[FundingPaid, ...]:
        """Return funding received and paid from `since` on."""
        return await self.account.paid(instrument, since)

    async def fees(self, instrument: Instrument) -> tuple[Decimal, Decimal]:
        """Return the account's own (taker, maker) fee."""
        return await self.account.fees(instrument)


@dataclass(slots=True)
class _Last(Generic[Answer]):
    """What was made last, for as long as it would be made of the same."""

    _what: tuple[object, ...] | None = None
    _made: Answer | None = None

    def of(self, what: tuple[object, ...], make: Callable[[], Answer]) -> Answer:
        """Return what `make` makes of `what`."""
        if self._made is None or what != self._what:
            self._what, self._made = what, make()
        return self._made


@dataclass(slots=True)
class LiveEyes:
    """What one book's watch sees: `hedge` tells the contracts that its journal knows, `records` its diary.

    What cannot be read leaves the view as it was before, and blind.
    """

    feed: Feed
    holdings: Holdings
    policy: Policy
    account: Ahead
    clock: Clock
    hedge: Callable[[], tuple[Instrument, ...]]
    records: Callable[[], Iterable[Record]]
    _view: View | None = None
    _fees: tuple[Decimal, Decimal] | None = None
    _offered: _Last[tuple[tuple[Instrument, ...], str]] = field(default_factory=_Last)
    _named: _Last[str] = field(default_factory=_Last)
    _begun: int = field(init=False)
    _wallet: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._begun = self.clock.now()

    async def fresh(self) -> None:
        """Bring everything up to now. What goes wrong is raised before the first view, and blinds every later one."""
        try:
            self._view = await self._see()
        except _TROUBLES as why:
            if self._view is None:
                raise
            self._view = replace(self._view, blind=_words(why), files=self.holdings.files)

    def look(self, at: int) -> View:
        """Return the view of now; of an instant before this process, what was known at its recorded look.

        Raises `NotEnoughData` where that look did not leave enough.
        """
        if self._view is None or at < self._begun:
            history = self.feed.known
            if history is None:
                raise NotEnoughData("no history was read yet")
            return Recollection(self.records(), history).look(at)
        return self._view

    async def _see(self) -> View:
        contracts = await self._charged(await self.feed.contracts())
        hedge = self.hedge()
        book = await self.holdings.read(contracts, frozenset(one.name for one in hedge))
        await self._look_into_wallet()
        now = await self.feed.prices(self._wanted(book, contracts, hedge))
        history = await self.feed.history()
        chains = await self._chains(book, hedge, history[0])
        return self._viewed(book, contracts, history, now, chains)

    async def _chains(
        self, book: Portfolio, hedge: tuple[Instrument, ...], market: Market
    ) -> tuple[OptionChain, ...]:
        """The chains of what options the book and the account hold, cut to them: so much is written down of each look."""
        rows = [row.option for row in book.positions if row.option is not None]
        names = {*rows, *(option_of(one.symbol) for one in hedge if is_option(one))}
        if not names:
            return ()
        found = await self.feed.chains.of(market, sorted({name.underlying for name in names}))
        return tuple(
            cut_to((n for n in names if n.underlying == coin), chain) for coin, chain in found.items()
        )

    def _viewed(
        self,
        book: Portfolio,
        contracts: tuple[Instrument, ...],
        history: tuple[Market, Market],
        now: dict[str, float],
        chains: tuple[OptionChain, ...],
    ) -> View:
        market = history[0]
        coins = frozenset((*now, *market.given))
        priced, listed = self._offered.of((contracts, coins), lambda: _offered(contracts, coins))
        until = int(market.times[-1].astype("datetime64[ms]").astype(np.int64))
        ground = Ground(self.clock.now(), until, listed, chains)
        given = {
            **market.given,
            **now,
            **self.feed.own,
        }  # a stablecoin is a dollar only where nobody prices it
        seen = market_now(market, ground, given)
        other = seen if history[1] is market else market_now(history[1], ground, given)
        name = self._named.of((book,), lambda: fingerprint(book))
        missing, files = self._missing(book, given), self.holdings.files
        return View(book, name, seen, other, priced, missing, ground, files)

    async def _charged(self, contracts: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
        """The contracts at the account's own fees, where the venue tells them."""
        if self._fees is None:
            first = next((one for one in contracts if tells_price(one, {"BTC"})), None)
            with suppress(VenueUnreachable, VenueRefused, StateUnknown):
                self._fees = None if first is None else await self.account.fees(first)
        return self.feed.charged(self._fees)

    async def _look_into_wallet(self) -> None:
        """Which coins are margin; where the venue does not say, the look itself finds out."""
        try:
            balances = await self.account.ahead()
        except (VenueUnreachable, VenueRefused, StateUnknown):
            return
        self._wallet = frozenset(one.coin for one in balances if one.kind == "derivatives" and one.total)

    def _wanted(
        self, book: Portfolio, contracts: tuple[Instrument, ...], hedge: tuple[Instrument, ...]
    ) -> set[str]:
        choice = self.policy.instruments
        looked_at = contracts if choice != 1 and not isinstance(choice, tuple) else ()
        if isinstance(choice, tuple):
            looked_at = tuple(find(contracts, name) for name in choice)
        held = {form for row in book.positions for form in _forms(row.underlying or row.symbol)}
        return {
            *held,
            *LEADS,
            *self.policy.factors,
            *self._wallet,
            *(one.underlying for one in (*hedge, *looked_at)),
        }

    def _missing(self, book: Portfolio, given: dict[str, float]) -> str:
        """In words, which coins of the book have no price of now; "" where none lacks one."""
        excluded = set(self.policy.exclude)
        rows = [row for row in book.positions if excluded.isdisjoint({row.symbol, *row.tags})]
        lacking = [
            row.symbol
            for row in rows
            if not is_stablecoin(row.symbol) and not given.keys() & _forms(row.underlying or row.symbol)
        ]
        if not lacking:
            return ""
        return f"{', '.join(sorted(set(lacking)))}: {self.feed.venue} tells no price of now"


def _offered(contracts: tuple[Instrument, ...], coins: frozenset[str]) -> tuple[tuple[Instrument, ...], str]:
    """The contracts on coins with a price, and their fingerprint."""
    priced = tuple(one for one in contracts if one.underlying in coins)
    return priced, fingerprint(priced)


def _forms(coin: str) -> set[str]:
    """A coin's names: its own, and what it stands for."""
    return {coin, WRAPPED.get(coin, coin)}


def _words(why: Exception) -> str:
    return why.strerror or str(why) if isinstance(why, OSError) else str(why).partition("\n")[0]
