"""Prices and option chains on paper that change under a watch: it goes on with the new ones, once they are whole.

prices = Renewed(settings)                    before they are read
prices.settled()                              after each look: whether the files are others now, the same at two looks
prices.reopened(open, (at, book), out, around) what is opened anew, asked for until it can be
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from hedgerow.app.dealing import Dealing
from hedgerow.app.desk import Desk
from hedgerow.app.failed import traced_at
from hedgerow.app.feed import stamp_of
from hedgerow.app.outward import Outward
from hedgerow.config import Settings
from hedgerow.model.errors import BadInput, NotEnoughData
from hedgerow.model.watched import WatchLine

if TYPE_CHECKING:
    from hedgerow.runs.monitor import Around

__all__ = ["Renewed"]


class Renewed:
    """The price files of the settings, as they were when this was made."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._first = self._last = stamp_of(settings)

    def settled(self) -> bool:
        """Return whether the files are others than at first, and the same as when this was asked before: half of one is no prices."""
        now = stamp_of(self._settings)
        done, self._last = now == self._last != self._first, now
        return done

    def reopened(
        self, opened: Callable[[], Desk], watched: tuple[Dealing, str], out: Outward, around: Around
    ) -> Desk:
        """Return what is `opened`; while it cannot be, every look's time leaves a look that saw nothing, and a call."""
        at, book = watched
        around.report(WatchLine(at.clock.now(), "prices", "the files of prices changed: they are read anew"))
        while True:
            self._first = self._last = stamp_of(self._settings)
            try:
                with traced_at(at, book, out, around, lambda _: False):
                    return opened()
            except (BadInput, NotEnoughData):
                time.sleep(self._settings.watch.every_s)
