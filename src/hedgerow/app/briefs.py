"""The daily brief: from the journal on demand, and left with the courier at its hour, from a thread of its own.

briefs(settings, "paper") -> a brief of every watch
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from hedgerow.app.dealing import wall_ms
from hedgerow.app.plans import Mode, place_of
from hedgerow.app.standing import WATCH, asleep, watchings
from hedgerow.config import Settings
from hedgerow.model.briefs import Brief
from hedgerow.model.errors import HedgerowError
from hedgerow.reports.brief_text import brief_text, brief_title

if TYPE_CHECKING:
    from hedgerow.outlets.courier import Courier

__all__ = ["Paperboy", "briefs"]

_SOURCE = "brief"
_LATE_MIN = 120
_LOOK_S = 20.0


def briefs(settings: Settings, mode: Mode) -> tuple[Brief, ...]:
    """Return a brief of every watch of a mode that looked within the last day, none where there is none. Raises what reading the journal raises."""
    from hedgerow.runs.brief import brief_of
    from hedgerow.store.journal import look_into

    path = place_of(settings, mode).journal
    if not path.exists():
        return ()
    factors = tuple(part.strip() for part in settings.hedge.factor.split(","))
    found = []
    with look_into(path) as journal:
        old = asleep(path, watchings(journal))
        for stream in (each for each in journal.streams() if each.startswith(WATCH)):
            if stream.rpartition(":")[2] in old:
                continue  # what it saw then is no news of a day
            account, _, book = stream.removeprefix(WATCH).rpartition(":")
            found.append(brief_of((account, book), journal.read(stream), journal.read(account), factors))
    return tuple(each for each in found if each is not None)


@dataclass(slots=True)
class Paperboy:
    """Leaves the brief with the courier once a day, at `hour` and `minute` of a zone, or as soon after it as there is a process.

    What was brought is known from what was told: a process that begins again brings none twice.
    """

    settings: Settings
    mode: Mode
    courier: Courier
    at: tuple[int, int]
    zone: tzinfo
    now: Callable[[], int] = wall_ms
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look at the clock."""
        self._thread = threading.Thread(target=self._run, name="brief", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def step(self) -> bool:
        """Leave the brief if it is its hour and it was not left today, and return whether it was."""
        local = datetime.fromtimestamp(self.now() / 1_000, tz=UTC).astimezone(self.zone)
        late = (local.hour - self.at[0]) * 60 + local.minute - self.at[1]
        title = brief_title(f"{local:%Y-%m-%d}")
        if not 0 <= late < _LATE_MIN or self._brought(title):
            return False
        try:
            text = brief_text(briefs(self.settings, self.mode))
        except HedgerowError as why:
            text = f"there is no brief: {why.message}"
        self.courier.leave(_SOURCE, "info", title, text, everybody=True)
        return True

    def _brought(self, title: str) -> bool:
        rows = (each.message for each in self.courier.spool.all())
        return any(one.source == _SOURCE and one.title == title for one in rows)

    def _run(self) -> None:
        while not self._end.is_set():
            self.step()
            self._end.wait(_LOOK_S)
