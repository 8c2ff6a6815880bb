"""What stands, and stopping it: `status`, `ledger`, `halt`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from hedgerow.app.plans import MODES, Mode
from hedgerow.app.standing import halt as halted
from hedgerow.app.standing import standing
from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer
from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, UsageError
from hedgerow.model.trades import ModeState
from hedgerow.store.server import state_of

__all__ = ["halt", "ledger", "status", "unknown_said"]

Which = Annotated[
    bool | None,
    Parameter(help="Only live (--live), or only paper (--paper).", negative="--paper", show_default=False),
]


def status(*, live: Which = None, output: Output | None = None) -> int:
    """Say who holds which account, what it holds, what is unfinished and what is halted. Needs no lease.

    Exit code 1 where there is something to look at: a halt, an unfinished trade, an alarm or a proposal of a watch, a message
    that did not get through, a journal that cannot be read.
    """
    from hedgerow.reports.account_text import status_json, status_text

    shown = output or Output()
    found = _found(live, shown)
    answer(lambda: status_json(found), lambda: status_text(found), shown)
    return int(any(_to_look_at(mode) for mode in found))


def ledger(*, live: Which = None, output: Output | None = None) -> int:
    """Say what the journal adds up to: positions, realised profit, funding and fees, exact to the coin's last digit.

    A journal that cannot be read ends it with exit code 3, one that is damaged with 7, as it does every other verb.
    """
    from hedgerow.reports.account_text import ledger_text, status_json

    shown = output or Output()
    found = _found(live, shown)
    answer(lambda: status_json(found), lambda: ledger_text(found), shown)
    return max(mode.code for mode in found)


def halt(
    account: str = "*",
    /,
    *,
    why: Annotated[str, Parameter(help="The reason; `status` and refused orders say it.")] = "by hand",
    flatten: Annotated[
        bool,
        Parameter(
            help="Then close every position on paper; with --live those with real money.",
            negative=(),
            show_default=False,
        ),
    ] = False,
    lift: Annotated[bool, Parameter(help="Lift the halt instead.", negative=(), show_default=False)] = False,
    live: Which = None,
    output: Output | None = None,
) -> int:
    """Stop everything that adds risk, at once, in every process; what reduces it goes on. Needs neither journal nor lease.

    Parameters
    ----------
    account
        As `status` names it; without one, every account, paper and live.
    """
    shown = output or Output()
    if flatten and lift:
        raise UsageError("--flatten and --lift are two things", advice="Give one of them.")
    if account != "*" and ":" not in account:
        said = f"NOTHING was {'lifted' if lift else 'halted'}: no account is called {account}"
        raise UsageError(
            said, advice="Accounts are VENUE:ID, as paper:paper; without a name it is every account."
        )
    place = _place_for(shown, lift=lift)
    if flatten:
        from hedgerow.cli.closing import flattened

        return flattened(place, account, why, live, shown)
    was = _in_force(place, _modes(live), account) if lift else ()
    done = halted(place, _modes(live), account, None if lift else why)
    doubt = unknown_said(place, _modes(live), account)
    if shown.json:
        known = {} if doubt is None else {"not_known": doubt}
        answer(
            lambda: {"account": account, "modes": list(done), "halted": None if lift else why, **known},
            str,
            shown,
        )
    elif not shown.quiet:
        whom = "everything" if account == "*" else account
        said = _lifted(whom, was, done) if lift else f"{whom} is halted: {why} ({', '.join(done)})"
        sys.stdout.write(f"{said}\n")
        if lift:
            _still_halted(place, done)
    if doubt is not None:
        sys.stderr.write(f"warning: {doubt}\n")
    return int(doubt is not None)


def _lifted(whom: str, was: tuple[Mode, ...], done: tuple[Mode, ...]) -> str:
    none = [mode for mode in done if mode not in was]
    if not was:
        return f"there was no halt of {whom}"
    return f"the halt of {whom} is lifted ({', '.join(was)})" + (
        f"; there was none ({', '.join(none)})" if none else ""
    )


def _in_force(place: Settings, modes: tuple[Mode, ...], account: str) -> tuple[Mode, ...]:
    """The modes in which an account's own halt, or that of all, is in force."""
    from hedgerow.app.plans import place_of
    from hedgerow.store.halts import halts_of

    return tuple(mode for mode in modes if account in halts_of(place_of(place, mode).journal).now())


def unknown_said(place: Settings, modes: tuple[Mode, ...], account: str) -> str | None:
    """Return in words that no journal knows an account, and which are known; None where one does, or all are meant."""
    from hedgerow.app.standing import known_accounts

    if account == "*":
        return None
    known, unread = known_accounts(place, modes)
    if account in known:
        return None
    others = f" Known: {', '.join(known)}." if known else " None is known."
    blind = f" The journal of {' and of '.join(unread)} cannot be read." if unread else ""
    return f"NO JOURNAL KNOWS {account}, so this may have stopped nothing.{others}{blind}"


def _place_for(shown: Output, *, lift: bool) -> Settings:
    """Return settings that say where the state lies: with --state it does not matter what the file of settings holds."""
    try:
        return settings_of(shown)
    except BadConfig as why:
        if shown.state is not None:
            return Settings(trade=replace(Settings().trade, state=state_of(shown.state)))
        said = f"NOTHING was {'lifted' if lift else 'halted'}: give --state DIR, and it needs no settings."
        raise BadConfig(why.message, advice=said) from None


def _still_halted(place: Settings, modes: tuple[Mode, ...]) -> None:
    """Name the halts that were not lifted: those of single accounts outlive the lifting of the halt of all."""
    for mode in modes:
        for name, why in standing(place, mode).halts.items():
            named = "" if name == "*" else f" {name}"
            sys.stdout.write(f"still halted: {name} ({mode}), {why}: hedgerow halt{named} --lift --{mode}\n")


def _modes(live: bool | None) -> tuple[Mode, ...]:
    return MODES if live is None else (("live",) if live else ("paper",))


def _found(live: bool | None, output: Output) -> tuple[ModeState, ...]:
    settings = settings_of(output)
    return tuple(standing(settings, mode) for mode in _modes(live))


def _to_look_at(mode: ModeState) -> bool:
    waits = any(look.alarms or look.waits for name, look in mode.watches if name not in mode.asleep)
    unfinished = any(account.unfinished for account in mode.accounts)
    return bool(mode.halts or mode.trouble or waits or unfinished or mode.unsent)
