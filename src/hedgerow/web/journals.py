"""What lies beside the journals and is looked up for the pages: plans and trades, decisions, this machine, parts of reports."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from hedgerow.app.books import is_account
from hedgerow.app.deals import deals
from hedgerow.app.diary import diary
from hedgerow.app.doctor import machine
from hedgerow.app.plans import MODES, place_of
from hedgerow.app.standing import mark, marks
from hedgerow.config import Settings
from hedgerow.model.checks import Check
from hedgerow.model.deals import Deals
from hedgerow.model.diary import Diary
from hedgerow.reports.parts import Section
from hedgerow.reports.run_page import RunReport

__all__ = ["Kept"]

_DEALS_S, _LONG_S = 5.0, 60.0
_PARTS = 200


@dataclass(slots=True)
class Kept:
    """What a state folder keeps, read anew only where something was written. One thread at a time."""

    settings: Settings
    book: str
    _lock: RLock = field(default_factory=RLock)
    _deals: tuple[object, float, tuple[Deals, ...]] | None = None
    _diaries: tuple[object, tuple[Diary, ...]] | None = None
    _machine: tuple[object, float, tuple[Check, ...]] | None = None
    _parts: OrderedDict[tuple[int, str], tuple[RunReport, list[Section]]] = field(default_factory=OrderedDict)

    def forget(self) -> None:
        """Look at everything anew the next time."""
        with self._lock:
            self._deals = self._diaries = self._machine = None

    def deals(self) -> tuple[Deals, ...]:
        """Return what both modes keep of plans and trades, read anew where a file of theirs has changed."""
        with self._lock:
            written, now = self._kept_marks(), time.monotonic()
            if self._deals is None or self._deals[0] != written or now - self._deals[1] > _DEALS_S:
                self._deals = (written, now, tuple(deals(self.settings, mode) for mode in MODES))
            return self._deals[2]

    def diaries(self) -> tuple[Diary, ...]:
        """Return the decision journals of both modes, read anew where a file of theirs has changed."""
        with self._lock:
            written = self._kept_marks()
            if self._diaries is None or self._diaries[0] != written:
                self._diaries = (written, tuple(diary(self.settings, mode) for mode in MODES))
            return self._diaries[1]

    def machine(self) -> tuple[Check, ...]:
        """Return what is found of this machine without asking anybody, at most a minute old while nothing was written."""
        with self._lock:
            written, now = self._kept_marks(), time.monotonic()
            if self._machine is None or self._machine[0] != written or now - self._machine[1] > _LONG_S:
                self._machine = (written, now, machine(self.settings))
            return self._machine[2]

    def _kept_marks(self) -> tuple[object, ...]:
        book = None if is_account(self.book) else mark(Path(self.book))
        plans = (mark(place_of(self.settings, mode).plans) for mode in MODES)
        return (book, *plans, *(marks(self.settings, mode) for mode in MODES))

    def part(self, report: RunReport, heading: str, make: Callable[[], list[Section]]) -> list[Section]:
        """Return a part of a run's report, drawn once."""
        key = (id(report), heading)
        with self._lock:
            known = self._parts.get(key)
            if known is None or known[0] is not report:
                self._parts[key] = known = (report, make())
                while len(self._parts) > _PARTS:
                    self._parts.popitem(last=False)
            return known[1]
