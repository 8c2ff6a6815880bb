"""What a watch says to the outside besides its terminal: messages, the log.

with outward(settings, place, ask) as out: out.around("paper:paper", "book", say) -> whom the watch has around it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hedgerow.app.dealing import wall_ms
from hedgerow.app.notify import told
from hedgerow.app.plans import Place
from hedgerow.app.standing import source_of
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import Level, Notifier
from hedgerow.model.watched import WatchLine
from hedgerow.outlets.log import Log, log_to
from hedgerow.outlets.messages import LEVELS

if TYPE_CHECKING:
    from hedgerow.outlets.courier import Courier
    from hedgerow.runs.monitor import Around
    from hedgerow.store.keys import Ask

__all__ = ["Outward", "outward"]

Say = Callable[[WatchLine], None]


@dataclass(slots=True)
class _Nobody:
    """A notifier for a terminal: the lines say it already, and the diary keeps it."""

    told: list[tuple[Level, str, str]] = field(default_factory=list)

    def notify(self, level: Level, title: str, text: str) -> None:
        """Remember a message."""
        self.told.append((level, title, text))


@dataclass(frozen=True, slots=True)
class Outward:
    """The outlets of one process, shared by all its watches."""

    log: Log
    courier: Courier | None

    def around(self, account: str, book: str, say: Say) -> Around:
        """Return whom a watch has around it: who is called, and where its lines go besides `say`."""
        from hedgerow.runs.monitor import Around

        source = source_of(account, book)
        notifier: Notifier = _Nobody() if self.courier is None else self.courier.notifier(source)

        def report(line: WatchLine) -> None:
            say(line)
            self._write(account, book, line)

        return Around(notifier, report=report)

    def _write(self, account: str, book: str, line: WatchLine) -> None:
        """Write a line of a watch into the log; a level as a verb is an alarm."""
        level = next((each for each in LEVELS if each == line.action), None)
        action = line.action if level is None else "alarm"
        head = {"account": account, "book": book, "text": line.text}
        self.log.write(action, level or "info", line.at, {**head, **line.facts})


@contextmanager
def outward(settings: Settings, place: Place, ask: Ask) -> Iterator[Outward]:
    """Open the outlets of a process that watches, and close them behind it. Errors as `told` and `log_to`.

    That it began and how it ended are records too.
    """
    with log_to(settings.log.file, settings.log.level) as log, told(settings, place, ask) as courier:
        log.write("started", "info", wall_ms(), {"mode": place.mode})
        try:
            yield Outward(log, courier)
        except HedgerowError as why:
            kind = type(why).__name__
            log.write(
                "failed", "critical", wall_ms(), {"error": kind, "code": why.exit_code, "text": why.message}
            )
            raise
        finally:
            log.write("stopped", "info", wall_ms(), {"mode": place.mode})
