"""What a watch says to the outside besides its terminal: messages, the log, metrics, signs of life.

with outward(settings, place, ask) as out: out.around("paper:paper", "book", say) -> whom the watch has around it
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.briefs import Paperboy
from hedgerow.app.dealing import wall_ms
from hedgerow.app.notify import told
from hedgerow.app.plans import Mode, Place
from hedgerow.app.settings_file import CHANGED, SettingsFile
from hedgerow.app.standing import source_of
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import Level, Notifier
from hedgerow.model.watched import Fact, WatchLine
from hedgerow.outlets.gauges import Gauges, Shot
from hedgerow.outlets.health import served
from hedgerow.outlets.log import Log, log_to
from hedgerow.outlets.messages import LEVELS, clock_of, zone_of
from hedgerow.store.beats import Beat, Beats, beats_of

if TYPE_CHECKING:
    from hedgerow.outlets.courier import Courier
    from hedgerow.runs.monitor import Around, Shown
    from hedgerow.store.keys import Ask

__all__ = ["Outward", "outward"]

_ENDED = "the watch ended"
_HEALTHY_LOOKS = 2.0
"""How many looks' time may pass before the last one is too old."""

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
    """The outlets of one process, shared by all its watches. `beats` has the last sign of life of each.

    `wrong` is why watches ended that nobody stopped. `file` is that of the settings, None: nobody looks at it.
    """

    settings: Settings
    mode: Mode
    log: Log
    courier: Courier | None
    gauges: Gauges
    signs: Beats
    port: int | None
    beats: dict[str, Beat] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    file: SettingsFile | None = None

    def around(self, account: str, book: str, say: Say) -> Around:
        """Return whom a watch has around it: who is called, where its lines go besides `say`, who is shown its looks."""
        from hedgerow.runs.monitor import Around

        source = source_of(account, book)
        notifier: Notifier = _Nobody() if self.courier is None else self.courier.notifier(source)

        def report(line: WatchLine) -> None:
            say(line)
            self._write(account, book, line)

        def looked(shown: Shown) -> None:
            self._show(account, book, shown)
            if self.file is not None and self.file.changed():
                report(WatchLine(shown.look.at, "settings", CHANGED))

        return Around(notifier, report=report, looked=looked, later=_later)

    def stop(self) -> None:
        """Say that every watch ended in order."""
        for beat in self.beats.values():
            self.signs.beat(replace(beat, stopped=True))

    def failed(self, account: str, book: str, mode: str, why: str, *, stopped: bool) -> None:
        """Let the sign of life of a watch be that it could not begin to look; `stopped`: it is not tried again."""
        source, every_s = source_of(account, book), self.settings.watch.every_s
        sign = Beat(source, wall_ms(), every_s, mode, stopped, None if stopped else self.port, failed=why)
        self.signs.beat(sign)
        if source in self.beats:
            self.beats[source] = sign

    def say_ended(self, why: str) -> None:
        """Call where a process that had watched ends for a reason that nobody wanted ("": it was stopped)."""
        if why and self.beats and self.courier is not None:
            self.courier.leave(
                self._process, "critical", _ENDED, f"{why}. Nobody watches until it is started again"
            )

    @property
    def _process(self) -> str:
        """What messages about the process itself are about."""
        return f"{self.mode} watch"

    def _well(self) -> None:
        """Say at the first look that a watch which had ended looks again."""
        if self.courier is None or self.beats:
            return
        self.courier.notifier(self._process)
        if _ENDED in self.courier.standing(self._process):
            self.courier.leave(self._process, "info", _ENDED, "it looks again")

    def _write(self, account: str, book: str, line: WatchLine) -> None:
        """Write a line of a watch into the log; a level as a verb is an alarm."""
        level = next((each for each in LEVELS if each == line.action), None)
        action = line.action if level is None else "alarm"
        head = {"account": account, "book": book, "text": line.text}
        self.log.write(action, level or "info", line.at, {**head, **line.facts})

    def _show(self, account: str, book: str, shown: Shown) -> None:
        """Let metrics and the sign of life of a watch be those of a look."""
        self._well()
        at, every_s = wall_ms(), self.settings.watch.every_s
        took_s = shown.took_ms / 1_000
        shot = Shot(
            account,
            book,
            shown.look,
            shown.factors,
            shown.paid_30d_usd,
            took_s,
            at / 1_000,
            _HEALTHY_LOOKS * every_s,
        )
        self.gauges.show(shot)
        source = source_of(account, book)
        if self.courier is not None:
            self.courier.settle(source, frozenset(f"{row.watch}: {row.about}" for row in shown.look.alarms))
        self.beats[source] = Beat(source, at, every_s, shown.look.mode, port=self.port)
        self.signs.beat(self.beats[source])


def _later(ms: int, act: Callable[[], None]) -> object:
    """Do something in so many milliseconds, also while the loop waits for a venue."""
    return asyncio.get_running_loop().call_later(ms / 1_000, act)


@contextmanager
def outward(settings: Settings, place: Place, ask: Ask, file: Path | None = None) -> Iterator[Outward]:
    """Open the outlets of a process that watches, and close them behind it. Errors as `told`, `log_to` and `served`.

    That it began and how it ended are records too. `file` is that of the settings: that it changed is said after a look.
    """
    with ExitStack() as stack:
        log = stack.enter_context(log_to(settings.log.file, settings.log.level))
        courier = stack.enter_context(told(settings, place, ask))
        gauges = _gauges(log, courier)
        port = settings.watch.metrics_port
        port = None if port is None else stack.enter_context(served(port, gauges))
        out = Outward(settings, place.mode, log, courier, gauges, beats_of(place.journal), port)
        out = out if file is None else replace(out, file=SettingsFile(file))
        boy = _paperboy(settings, place, courier)
        if boy is not None:
            boy.start()
            stack.callback(boy.close)
        log.write("started", "info", wall_ms(), {"mode": place.mode, "port": port})
        ended = "a defect, which its own output tells"
        try:
            yield out
            ended = "; ".join(out.wrong)
            if not ended:
                out.stop()
        except KeyboardInterrupt:
            ended = ""
            out.stop()
            raise
        except HedgerowError as why:
            ended = why.message
            kind = type(why).__name__
            facts: dict[str, Fact] = {"error": kind, "code": why.exit_code, "text": why.message}
            log.write("failed", "critical", wall_ms(), facts)
            raise
        finally:
            out.say_ended(ended)
            log.write("stopped", "info", wall_ms(), {"mode": place.mode})


def _paperboy(settings: Settings, place: Place, courier: Courier | None) -> Paperboy | None:
    """Who brings the daily brief, where one is wanted and there is somebody to bring it to."""
    hour = None if settings.notify.brief is None else clock_of(settings.notify.brief)
    zone = zone_of(settings.notify.zone)
    if hour is None or courier is None:
        return None
    return Paperboy(settings, place.mode, courier, (hour.hour, hour.minute), zone)


def _gauges(log: Log, courier: Courier | None) -> Gauges:
    if courier is None:
        return Gauges(unwritten=lambda: log.lost)
    return Gauges(
        lambda: dict(courier.failures), lambda: courier.outbox.waiting, lambda: log.lost + courier.lost
    )
