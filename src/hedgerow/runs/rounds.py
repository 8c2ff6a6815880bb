"""What the watch asks a venue less often than at each look: its clock, how accounts are set, what is listed, what was settled.

await Rounds(doors, clock).go(held) -> Round

Each question has a pace of its own, so that many books share a venue's limits. What is not answered stays as it was known,
but for the clock, which drifts: without an answer it is not known. It is asked again at the next look.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from hedgerow.model.errors import StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import AccountModes, Clock, FundingPrint
from hedgerow.runs.outlook import Outlook, outlook_of
from hedgerow.runs.reconcile import Doors

__all__ = ["Pace", "Round", "Rounds"]

Answer = TypeVar("Answer")


_HISTORY_MS = 120 * 86_400_000
_MOST_PRINTS = 3_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds between two questions of a kind."""

    clock_ms: int = 60_000
    modes_ms: int = 300_000
    listed_ms: int = 3_600_000
    funding_ms: int = 900_000


@dataclass(frozen=True, slots=True)
class Round:
    """What is known now. `skew_s`: seconds that the venue's clock is ahead of ours, beyond what the way explains; NaN: not known.

    `modes` of held contracts; `listed` is each as the venue lists it now, None where it does not any more. A contract that
    is not in there was not answered for yet. `funding` is what settlements of held perpetuals foretell.
    """

    skew_s: float = math.nan
    modes: Mapping[str, AccountModes] = field(default_factory=dict)
    listed: Mapping[str, Instrument | None] = field(default_factory=dict)
    funding: Mapping[str, Outlook] = field(default_factory=dict)


@dataclass(slots=True)
class Rounds:
    """Asks in its turns, and remembers the answers. `silent` says why the venue could not be reached in the last round, or ""."""

    doors: Doors
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    _known: Round = field(default_factory=Round)
    _asked: dict[str, int] = field(default_factory=dict)
    silent: str = ""
    _listing: Mapping[str, Instrument] | None = None
    _prints: dict[str, tuple[FundingPrint, ...]] = field(default_factory=dict)

    async def go(self, held: Sequence[Instrument]) -> Round:
        """Return what is known after asking what is due about `held` contracts; raises nothing that a venue does."""
        names = {contract.name for contract in held}
        self.silent = ""
        skew = self._known.skew_s
        if self._due("clock", self.pace.clock_ms):
            found = await self._answer("clock", self._skew)
            skew = math.nan if found is None else found
        modes = {name: was for name, was in self._known.modes.items() if name in names}
        for contract in held:
            key = f"modes {contract.name}"
            if contract.name not in modes or self._due(key, self.pace.modes_ms):
                told = await self._answer(key, lambda c=contract: self.doors.account.modes(c))  # type: ignore[misc]
                modes |= {} if told is None else {contract.name: told}
        if held and self._due("listed", self.pace.listed_ms):
            listing = await self._answer("listed", self.doors.market.instruments)
            self._listing = self._listing if listing is None else {each.name: each for each in listing}
        listed = {} if self._listing is None else {name: self._listing.get(name) for name in names}
        self._known = Round(skew, modes, listed, await self._funding(held))
        return self._known

    async def _funding(self, held: Sequence[Instrument]) -> dict[str, Outlook]:
        """What settlements foretell, fitted anew where one has come."""
        found: dict[str, Outlook] = {}
        for contract in (each for each in held if each.is_perpetual):
            name, known = contract.name, self._prints.get(contract.name, ())
            new: tuple[FundingPrint, ...] | None = ()
            if self._due(f"funding {name}", self.pace.funding_ms):
                now = self.clock.now()
                since = known[-1].at + 1 if known else now - _HISTORY_MS

                def asked(c: Instrument = contract, a: int = since, b: int = now) -> Awaitable[Any]:
                    return self.doors.market.funding(c, a, b + 1)

                new = await self._answer(f"funding {name}", asked)
            if new:
                self._prints[name] = (*known, *new)[-_MOST_PRINTS:]
            outlook = _outlook(self._prints[name], contract) if new else self._known.funding.get(name)
            found |= {} if outlook is None else {name: outlook}
        return found

    def _due(self, what: str, every_ms: int) -> bool:
        return self.clock.monotonic() - self._asked.get(what, -every_ms) >= every_ms

    async def _answer(self, what: str, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """What is answered, None where nothing is; only an answer puts the next question off.

        A venue that could not be reached is not asked more in this round: each question would wait for its time-out.
        """
        if self.silent:
            return None
        try:
            found = await ask()
        except (VenueUnreachable, VenueRefused, StateUnknown) as why:
            self.silent = why.message if isinstance(why, VenueUnreachable) else ""
            return None
        self._asked[what] = self.clock.monotonic()
        return found

    async def _skew(self) -> float:
        """The venue's clock against ours: half of the way there and back may lie on either side, and is taken off."""
        begun, wall = self.clock.monotonic(), self.clock.now()
        theirs = await self.doors.market.server_time()
        half = (self.clock.monotonic() - begun) / 2.0
        apart = theirs - (wall + half)
        return math.copysign(max(abs(apart) - half, 0.0), apart) / 1000.0


def _outlook(prints: Sequence[FundingPrint], contract: Instrument) -> Outlook | None:
    paid = [each for each in prints if not each.forecast]
    times = np.array([each.at for each in paid], dtype="datetime64[ms]")
    return outlook_of(times, np.array([float(each.rate) for each in paid]), contract.funding_cap)
