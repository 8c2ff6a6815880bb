"""Step 6 on the command line: `watch`, `approve`."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from hedgerow.app.approved import approvals_of, approve_plan
from hedgerow.app.crew import watch_shared
from hedgerow.app.pair_watch import pair_of, rehearse_pair, watch_pair
from hedgerow.app.paper_watch import Rehearsed
from hedgerow.app.plans import MODES
from hedgerow.app.watch import approve as approved
from hedgerow.app.watch import rehearse as rehearsed
from hedgerow.app.watch import watch as watched
from hedgerow.app.watch import watch_live as watched_live
from hedgerow.cli.confirming import let_by
from hedgerow.cli.interrupting import terminated_as_interrupted
from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.cli.output import answer, progress
from hedgerow.config import Settings, config_path
from hedgerow.model.errors import UsageError
from hedgerow.model.watched import Look, WatchLine
from hedgerow.reports import watch_text as told

__all__ = ["approve", "watch"]

_COMMAND = re.compile(r"`(hedgerow (?:approve|halt|reconcile|status)\b[^`]*)`")
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
    live: Annotated[bool, Parameter(help="On a venue's account.", negative=())] = False
    at: Annotated[
        tuple[str, ...],
        Parameter(
            help="The venue, where --market does not say it, or another of its keys (bybit/desk2); of several books once for each.",
            negative="",
        ),
    ] = ()
    share: Annotated[
        bool,
        Parameter(
            help="With --live and a --state on a server: watch a part of the books, with all who were started so.",
            negative=(),
        ),
    ] = False
    yes_live: Annotated[
        tuple[str, ...],
        Parameter(help="An account's name, in place of typing it; may be repeated.", negative=""),
    ] = ()


def watch(
    *books: str,
    how: WatchOptions | None = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    output: Output | None = None,
) -> int:
    """Look at the book, its hedge and the market again and again; say, propose or do what keeps the beta in its band.

    On the paper account, or with `--live` on a venue's. Stopped anywhere, the same command goes on; the journal holds every
    look with its reason. One look ends with 1 where a critical alarm is on.

    Parameters
    ----------
    books
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; read again when it changes. With --live several,
        each on an account of its own. Or the first signs of the id of a pair that was traded on paper.
    """
    shown, asked = output or Output(), how or WatchOptions()
    settings = _settings(settings_of(shown, data, beta, hedge), asked)
    if asked.live:
        return _live(settings, books, asked, shown)
    if asked.at or asked.yes_live or asked.share:
        raise UsageError(
            "--at, --share and --yes-live are of a venue's account, and this is paper", advice="Add --live."
        )
    return _paper(settings, _one(books), asked, shown)


def _one(books: tuple[str, ...]) -> str:
    """The book that is watched on paper."""
    if len(books) != 1:
        said = (
            f"{' and '.join(books)} would both be hedged on the one paper account"
            if books
            else "no book is named"
        )
        raise UsageError(said, advice="Give one file of holdings, or --state DIR to each watch.")
    return books[0]


def _live(settings: Settings, books: tuple[str, ...], asked: WatchOptions, shown: Output) -> int:
    if asked.rehearse is not None:
        raise UsageError("a rehearsal is on paper", advice="Leave --live or --rehearse out.")
    market = settings.data.market
    venues = asked.at or ((market.strip().partition(":")[0],) if market is not None else ())
    if asked.share:
        return _shared(settings, books, venues, asked, shown)
    said: list[WatchLine] = []
    out = _printer(shown)

    def say(line: WatchLine) -> None:
        said.append(line)
        out(line)

    let = let_by(asked.yes_live)
    ended = watched_live(settings, books, venues, say, let, once=asked.once, file=_file(shown))
    for look in ended.looks if asked.once else ():
        if look is not None and not any(line.at == look.at for line in said):
            _still(look, out, bare=True)
    if not asked.once:
        sys.stderr.write("stopped; the hedge stays as it is\n")
    alarmed = any(row.level == "critical" for look in ended.looks if look is not None for row in look.alarms)
    return ended.code or int(asked.once and alarmed)


def _shared(
    settings: Settings, books: tuple[str, ...], venues: tuple[str, ...], asked: WatchOptions, shown: Output
) -> int:
    """Watch a share of the books: nobody can be asked at a book that is taken over in the night."""
    if asked.once:
        raise UsageError("books are shared by who goes on watching", advice="Leave --once or --share out.")
    code = watch_shared(settings, books, venues, _printer(shown), let_by(asked.yes_live, asks=False))
    sys.stderr.write("stopped; the hedges stay as they are\n")
    return code


def _paper(settings: Settings, book: str, asked: WatchOptions, shown: Output) -> int:
    said: list[WatchLine] = []
    out = _printer(shown)

    def say(line: WatchLine) -> None:
        said.append(line)
        out(line)

    watching, rehearsing = _of(settings, book, shown)
    if asked.rehearse is None:
        try:
            with progress(shown) as report, terminated_as_interrupted():
                look = watching(say, report, once=asked.once)
        except KeyboardInterrupt:
            sys.stderr.write("stopped; the hedge stays as it is\n")
            return 0
        if asked.once and look is not None and not any(line.action == "proposal" for line in said):
            _still(look, say, bare=not said)
        return int(look is not None and any(row.level == "critical" for row in look.alarms))
    with progress(shown) as report:
        done = rehearsing(asked.rehearse, say, report)
    sums = done.looks, done.came_to, done.modelled
    answer(lambda: told.summary_json(*sums), lambda: told.summary_text(*sums), shown)
    return int(not all(look.in_band for look in done.looks[1:]))


def _still(look: Look, say: Callable[[WatchLine], None], *, bare: bool) -> None:
    """Say that a proposal waits which an earlier look told of, or, of a look that said nothing (`bare`), how things still stand.

    One look that says nothing looks like one that did nothing.
    """
    if look.waits and look.proposal is not None and not look.traded_usd:
        name = look.proposal.name[:8]
        said = f"{name} waits: `hedgerow approve {name}`"
        say(WatchLine(look.at, "waiting", said, {"proposal": look.proposal.name}))
    elif bare:
        why = "; ".join(filter(None, (look.reason, look.trouble, look.done)))
        say(WatchLine(look.at, look.act, f"{why}: as at the look before", {"reason": look.reason}))


def _file(shown: Output) -> Path:
    """The file of the settings, whether or not there is one."""
    return Path(shown.config) if shown.config is not None else config_path()


def _of(
    settings: Settings, book: str, shown: Output
) -> tuple[Callable[..., Look | None], Callable[..., Rehearsed]]:
    """How what is named is watched, and how it is rehearsed: a file of holdings, or a pair that was traded."""
    pair = pair_of(settings, book)
    if pair is None:
        return partial(watched, settings, book, file=_file(shown)), partial(rehearsed, settings, book)
    return partial(watch_pair, settings, pair), partial(rehearse_pair, settings, pair)


def approve(
    proposal: str,
    /,
    *,
    who: Annotated[str | None, Parameter(help="Your name; without it the one you are logged in by.")] = None,
    plan: Annotated[
        bool,
        Parameter(help="It is a plan's id; `trade --approved` trades it.", negative=(), show_default=False),
    ] = False,
    live: Annotated[bool, Parameter(help="It is for real money.", negative=(), show_default=False)] = False,
    output: Output | None = None,
) -> int:
    """Say yes to what a watch proposes; it trades at its next look, if it still wants the same. Or to a plan that is kept.

    Parameters
    ----------
    proposal
        The first signs of the proposal's name, or of the plan's id.
    """
    shown, name = output or Output(), getpass.getuser() if who is None else who
    settings = settings_of(shown)
    if plan:
        found = approve_plan(settings, proposal, name, "live" if live else "paper")
    else:
        found = approved(settings, proposal, name, ("live",) if live else MODES)
    names, needed = approvals_of(settings, found, ("live",) if live else MODES), settings.watch.approvals
    answer(
        lambda: {"approved": found, "by": list(names), "needed": needed},
        lambda: told.approved_text(found, names, needed),
        shown,
    )
    return 0


def _settings(settings: Settings, asked: WatchOptions) -> Settings:
    said = settings.watch
    mode = said.mode if asked.mode is None else asked.mode
    every = said.every_s if asked.every is None else asked.every
    books = said.books if asked.mode is None else tuple(replace(each, mode=None) for each in said.books)
    log = settings.log if asked.log is None else replace(settings.log, file=asked.log)
    return replace(settings, watch=replace(said, mode=mode, every_s=every, books=books), log=log)


def _where(text: str, state: str | None) -> str:
    """A line whose commands are of the state that was named: without it they would act on another account."""
    if state is None:
        return text
    return _COMMAND.sub(lambda found: f"`{found[1]} --state {quote(str(state))}`", text)


def _printer(shown: Output) -> Callable[[WatchLine], None]:
    """What prints a line where stdout is now: while something is read it is another's."""
    stream = sys.stdout

    def say(line: WatchLine) -> None:
        line = replace(line, text=_where(line.text, shown.state))
        stream.write(told.line_json(line) if shown.json else told.line_text(line))
        stream.flush()

    return say
