"""Step 6 on the command line: `watch`, `approve`."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from hedgerow.app.watch import approve as approved
from hedgerow.app.watch import rehearse as rehearsed
from hedgerow.app.watch import watch as watched
from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.cli.output import answer, progress
from hedgerow.config import Settings
from hedgerow.model.watched import WatchLine
from hedgerow.reports import watch_text as told

__all__ = ["approve", "watch"]

_WATCH = Group("Watch", sort_key=0)


@Parameter(name="*", group=_WATCH, show_default=False)
@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How the book is watched."""

    mode: Annotated[
        Literal["observe", "propose", "auto"] | None,
        Parameter(help="Say what would be done (default), ask, or do it within the bounds."),
    ] = None
    every: Annotated[float | None, Parameter(help="Seconds between two looks (60).")] = None
    once: Annotated[bool, Parameter(help="Look once.", negative=())] = False
    rehearse: Annotated[
        str | None,
        Parameter(help="In virtual time from this date to the end of the prices, on an account of its own."),
    ] = None
    log: Annotated[
        str | None,
        Parameter(
            help="File that the log is added to, one JSON record a line; - for stderr.",
            allow_leading_hyphen=True,
        ),
    ] = None


def watch(
    book: str,
    /,
    *,
    how: WatchOptions | None = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    output: Output | None = None,
) -> int:
    """Look at the book, its hedge and the market again and again; say, propose or do what keeps the beta in its band.

    On the paper account. Stopped anywhere, the same command goes on; the journal holds every look with its reason.
    One look ends with 1 where a critical alarm is on.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; read again when it changes.
    """
    shown, asked = output or Output(), how or WatchOptions()
    settings = _settings(settings_of(shown, data, beta, hedge), asked)
    say = _printer(shown)
    with progress(shown) as report:
        if asked.rehearse is None:
            try:
                look = watched(settings, book, say, report, once=asked.once)
            except KeyboardInterrupt:
                sys.stderr.write("stopped; the hedge stays as it is\n")
                return 0
            return int(look is not None and any(row.level == "critical" for row in look.alarms))
        looks = rehearsed(settings, book, asked.rehearse, say, report)
    answer(lambda: told.summary_json(looks), lambda: told.summary_text(looks), shown)
    return int(not all(look.in_band for look in looks[1:]))


def approve(
    proposal: str,
    /,
    *,
    who: Annotated[str | None, Parameter(help="Your name; without it the one you are logged in by.")] = None,
    output: Output | None = None,
) -> int:
    """Say yes to what a watch proposes; it trades at its next look, if it still wants the same.

    Parameters
    ----------
    proposal
        The first signs of the proposal's name.
    """
    shown = output or Output()
    name = approved(settings_of(shown), proposal, getpass.getuser() if who is None else who)
    answer(lambda: {"approved": name}, lambda: f"Approved: {name[:12]}.", shown)
    return 0


def _settings(settings: Settings, asked: WatchOptions) -> Settings:
    said = settings.watch
    mode = said.mode if asked.mode is None else asked.mode
    every = said.every_s if asked.every is None else asked.every
    log = settings.log if asked.log is None else replace(settings.log, file=asked.log)
    return replace(settings, watch=replace(said, mode=mode, every_s=every), log=log)


def _printer(shown: Output) -> Callable[[WatchLine], None]:
    def say(line: WatchLine) -> None:
        sys.stdout.write(told.line_json(line) if shown.json else told.line_text(line))
        sys.stdout.flush()

    return say
