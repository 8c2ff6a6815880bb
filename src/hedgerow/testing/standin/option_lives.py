"""Lives of options at a venue's stand-in: collars, all legs or none, under the faults and deaths of the other lives.

    async with OptionInn("deribit") as inn:
        verdict = await inn.live(seed)

Beside what holds in every life: of what is sold never a larger share is done than of what is bought (O1), and at its end a programme is
done whole, or undone to nothing (O2).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hedgerow.hedge.execution import LegFacts, Programme, Style, Ticketed, Wanted, schedule
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import Fill, lot_units
from hedgerow.model.ports import AccountModes
from hedgerow.testing.standin.lives import Inn, Life
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.tongues import OPTIONS
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.listing import Listing

__all__ = ["OptionInn", "inn_of"]

_ZERO = Decimal(0)
_BARRED = frozenset({"F20", "F21", "F22"})
"""What options do not know: deleveraging, funding, and legs apart at a venue that has none."""


class OptionInn(Inn):
    """An inn of lives that trade options."""

    def born(self, seed: int, barred: frozenset[str], venue: CcxtVenue, stand: Stand) -> Life:
        """Return the life of a seed."""
        return _OptionLife(seed, barred | _BARRED, venue, stand, self.clock)


def inn_of(tag: str, *, stream: bool = True) -> Inn:
    """Return the inn of a venue: of lives that trade what it has."""
    return OptionInn(tag, stream=stream) if tag in OPTIONS else Inn(tag, stream=stream)


class _OptionLife(Life):
    def trades(self, listing: Listing) -> bool:
        return is_option(listing.instrument)

    async def plan(self, name: str) -> Programme | None:
        """A collar on one coin, or, of one that is held, its end."""
        random = self.chance.random
        coin = random.choice(("BTC", "ETH"))
        put, call = sorted((one for one in self.contracts if one.underlying == coin), key=_is_call)
        held = {one.name: self.seen.quantity(one.name) for one in (put, call)}
        if all(held.values()) and random.random() < 0.5:
            wanted = [Wanted(one, -held[one.name]) for one in (put, call)]
        else:
            lots = random.randint(2, 12)
            bought = Wanted(put, lots * lot_units(put))
            wanted = [bought, Wanted(call, -random.randint(1, lots) * lot_units(call))]
        style = Style(
            kind=random.choice(("market", "market", "post_only")),
            chase_ms=2_000,
            deadline_ms=random.choice((15_000, 30_000)),
            at_deadline="unwind",
        )
        facts = await self._facts([want.instrument for want in wanted])
        ticket = Ticketed(name, "me", self.clock.now(), style, None, AccountModes(False, None, None))
        found = schedule(ticket, wanted, facts)
        return found if isinstance(found, Programme) else None

    async def _facts(self, contracts: Sequence[Instrument]) -> dict[str, LegFacts]:
        return {
            one.name: LegFacts(
                self.seen.quantity(one.name),
                self.mark(one),
                await self.venue.account.modes(one),
                self.stand.account("me").wallet(one.settle),
                known=self.chance.random.random() < 0.5,
                index=self.stand.prices[one.underlying],
                quoted=Decimal(100),
            )
            for one in contracts
        }

    def filled(self, outcome: object) -> None:
        super().filled(outcome)
        programme = self.watch.programme
        if not isinstance(outcome, Fill) or programme is None:
            return
        done = self._done(programme)
        shares = {leg.name: done[leg.name] / leg.planned for leg in programme.legs}
        bought = min((shares[leg.name] for leg in programme.legs if leg.planned > 0), default=_ZERO)
        alone = [leg.name for leg in programme.legs if leg.planned < 0 and shares[leg.name] > bought]
        if alone:
            self.watch.broken("O1", f"{', '.join(alone)} stands alone: {done}")

    def _done(self, programme: Programme) -> dict[str, Decimal]:
        """What the programme's own orders have filled, by contract."""
        done = {leg.name: _ZERO for leg in programme.legs}
        for placed in self.seen.placed:
            if self.watch.intents.get(placed.order.client_id, {}).get("plan") == programme.plan:
                done[placed.order.instrument.name] += placed.filled
        return done

    def over(self, programme: Programme, outcome: str) -> None:
        done = self._done(programme)
        wanted = {
            "complete": {leg.name: leg.planned for leg in programme.legs},
            "unwound": dict.fromkeys(done, _ZERO),
        }
        if outcome in wanted and done != wanted[outcome]:
            self.watch.broken("O2", f"it is called {outcome}, and {done} is done")


def _is_call(one: Instrument) -> bool:
    return one.symbol.endswith("-C")
