"""Tells that prices stopped coming while a question still hangs: a look could tell it only once that has timed out.

voice = Voice(lookout, notifier, later, limit_ms)
voice.listen()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hedgerow.hedge.alarms import Changed
from hedgerow.model.ports import Notifier
from hedgerow.runs.lookout import Lookout

__all__ = ["STALE", "Later", "Voice"]

STALE = ("stale feed", "prices")
Later = Callable[[int, Callable[[], None]], object]
"""Does something in so many milliseconds, whatever is waited for by then."""
_TRADE_MS = 500


@dataclass(slots=True)
class Voice:
    """Calls where no usable price came for `limit_ms`; without anybody to wake it `later`, only looks do.

    `on` says that the alarm is on already, `told` when it was called here, by the clock that never goes back, while no look has
    taken it over yet. Who trades asks for prices himself: while a trade is under way nothing is called, and time counts from its end.
    """

    lookout: Lookout
    notifier: Notifier
    later: Later | None
    limit_ms: int
    on: bool = False
    told: int | None = None
    _since: int | None = None

    def listen(self) -> None:
        """Begin, where it has not."""
        if self.later is not None and self._since is None:
            self._since = self.lookout.clock.monotonic()
            self.later(self.limit_ms, self._wake)

    def end(self) -> None:
        """Call nobody any more."""
        self._since = None

    def untold(self, changed: Changed) -> Changed:
        """Return what changed at a look without the alarm that was called here: the look takes it over."""
        self.on = STALE in changed.active
        if not self.on or self.told is None:
            return changed
        self.told = None
        return replace(changed, raised=tuple(each for each in changed.raised if each.finding.key != STALE))

    def over(self, changed: Changed) -> Changed:
        """Return what changed without the end of an alarm that was called here again since its prices came: it is not over."""
        if self.told is None or self._answered():
            return changed
        return replace(changed, cleared=tuple(each for each in changed.cleared if each.finding.key != STALE))

    def take_back(self, changed: Changed) -> None:
        """Say that it is over, where a look is written down and prices came: once, where `changed` has said so already.

        What was called after the last price stands, also where that was while the look was told of: the next look has it.
        """
        if self.told is None or self.on or not self._answered():
            return
        self.told = None
        if STALE not in {each.finding.key for each in changed.cleared}:
            self.notifier.notify("info", ": ".join(STALE), "is well again")

    def _answered(self) -> bool:
        """Whether a usable price has come since it was called."""
        fresh = self.lookout.fresh
        return self.told is not None and fresh is not None and fresh[0] > self.told

    def _wake(self) -> None:
        if self._since is None or self.later is None:
            return
        now = self.lookout.clock.monotonic()
        if self.lookout.tail.unfinished():
            self._since = now
            self.later(_TRADE_MS, self._wake)
            return
        silent = min(self.lookout.silence(), now - self._since)
        if silent >= self.limit_ms and not self.on and self.told is None:
            self.told = now
            text = f"no usable price for {silent / 1000:,.0f} seconds"
            self.notifier.notify("critical", ": ".join(STALE), text)
        self.later(self.limit_ms - silent if silent < self.limit_ms else self.limit_ms, self._wake)
