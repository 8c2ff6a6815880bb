"""A paper venue that lists a put and a call paid in coins, its quotes moved by hand, and executors that trade there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from hedgerow.exchange.venue import Levels, Marked, Quoted
from hedgerow.hedge.execution import Style, Ticketed
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import Leg
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_contracts import option_contract
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Level
from hedgerow.runs.executor import Executor
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.trading import Asked, Carried, carried
from hedgerow.runs.wire import value_of
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.venue import StillFeed
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.paper import PaperVenue

__all__ = ["ACCOUNT", "CALL", "ENDS_MS", "OPENS", "PUT", "OptionsWorld"]

ACCOUNT = "paper:main"
OPENS = 1_767_225_600_000
_ENDS = np.datetime64("2026-02-27T08:00", "ms")
ENDS_MS = int(_ENDS.astype(np.int64))
_CHAIN = OptionChain("paper", "BTC", "BTC", np.datetime64(OPENS, "ms"), 60_000.0, Decimal("0.1"), ())


def _option(strike: int, side: str) -> Instrument:
    quote = OptionQuote(f"BTC-27FEB26-{strike}-{side}", _ENDS, strike, side == "C", 0.0, 0.0, 0.0, 60_000.0)
    return option_contract(_CHAIN, quote)


PUT, CALL = _option(54_000, "P"), _option(67_000, "C")


class _Quiet:
    def __init__(self) -> None:
        self.told: list[str] = []

    def notify(self, level: Level, title: str, text: str) -> None:
        self.told.append(f"{level}: {title}: {text}")


class OptionsWorld:
    """`books` are bids and asks by contract, told anew at every instant: ((price, size), (price, size)), None where nobody quotes."""

    def __init__(self, coins: str = "10") -> None:
        self.books: dict[str, tuple[tuple[str, str] | None, tuple[str, str] | None]] = {
            PUT.name: (("0.0220", "9"), ("0.0230", "9")),
            CALL.name: (("0.0240", "9"), ("0.0250", "9")),
        }
        self.marks = {PUT.name: Decimal("0.0225"), CALL.name: Decimal("0.0245")}
        self.index = Decimal(60_000)
        self.clock = VirtualClock(OPENS, self.moved)
        self.store = MemoryStore(self.clock.monotonic)
        self.notifier = _Quiet()
        self.venue = PaperVenue(self.clock, StillFeed((PUT, CALL)), name="main")
        self.venue.credit("BTC", Decimal(coins))
        self.moved(OPENS)

    def moved(self, at: int) -> None:
        """Tell book, mark and index of the new instant."""
        if not hasattr(self, "venue"):
            return
        for name, (bid, ask) in self.books.items():
            self.venue.happen(Quoted(at, name, _level(bid), _level(ask)))
            self.venue.happen(Marked(at, {name: self.marks[name]}, {name: self.index}))

    @property
    def doors(self) -> Doors:
        return Doors(self.venue.data, self.venue.trading, self.venue.account)

    def trade(
        self, wanted: Mapping[str, str], *, plan: str = "ab" * 16, style: Style | None = None
    ) -> Carried:
        """Trade signed contracts by name as an option plan is: all legs or none."""
        hand = Executor(self.doors, self.store, self.clock, self.notifier)
        style = style or Style(at_deadline="unwind", deadline_ms=60_000)
        names = {name: Decimal(count) for name, count in wanted.items()}
        ticket = Ticketed(plan, ACCOUNT, self.clock.now(), style)
        basis = Basis(self.clock.now(), {}, {})
        asked = Asked(ticket, names, basis, Freshness(), self.clock.now())
        return asyncio.run(carried(hand, self.doors, self.store, "me", asked))

    def held(self, contract: Instrument) -> Decimal:
        leg = self.venue.state.account("main").leg(contract.name)
        return leg.quantity if leg else Decimal(0)

    def fills(self) -> Sequence[Fill]:
        """The fills of the journal, in their order."""
        return [value_of(record.body) for record in self.store.read(ACCOUNT) if record.kind == "fill"]

    def agree(self, brought: str = "10") -> None:
        """The ledger's positions and coins are the venue's, to the last digit."""
        account, ledger = self.venue.state.account("main"), ledger_of(self.store.read(ACCOUNT))
        for contract in (PUT, CALL):
            if contract.name in ledger.entries:
                leg = account.legs.get(f"{contract.name}/net", Leg(contract))
                assert ledger.entries[contract.name].leg == leg
        assert account.wallet("BTC") == Decimal(brought) + ledger.cash("BTC")


def _level(told: tuple[str, str] | None) -> Levels:
    return () if told is None else ((Decimal(told[0]), Decimal(told[1])),)
