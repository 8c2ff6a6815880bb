"""`halt --flatten`: halt first, then close, account by account, and tell what is closed, what is open and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hedgerow.app.plans import MODES, Mode
from hedgerow.app.standing import halt as halted
from hedgerow.app.standing import standing
from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer, progress
from hedgerow.cli.standing import unknown_said
from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, HedgerowError
from hedgerow.reports.layout import line, notes, page
from hedgerow.reports.wire import error_json

if TYPE_CHECKING:
    from rich.console import Group

    from hedgerow.app.flatten import Closed

__all__ = ["flattened"]

_UNHALTED = "It is not closed either: what goes on there could open it again."


def flattened(place: Settings, account: str, why: str, live: bool | None, shown: Output) -> int:
    """Halt, close what may be closed, tell it, and return the worst exit code of all accounts.

    With `live` None everything is halted and paper is closed: real money is traded only where --live says so.
    """
    wanted: tuple[Mode, ...] = tuple(reversed(MODES)) if live is None else ("live",) if live else ("paper",)
    done, failed = _halted(place, wanted, account, why)
    closing = [mode for mode in done if live or mode == "paper"]
    settings = _settings(shown, done)
    from hedgerow.app.flatten import Closed, flatten

    found = [Closed(mode, account, failed=each) for mode, each in failed]
    with progress(shown) as report:
        for mode in closing:
            found += flatten(settings, mode, report, account)
    still = _open_live(settings, account) if live is None else None
    doubt = unknown_said(place, MODES if live is None else wanted, account)
    words = f" {account}" if account != "*" else ""
    said = [*([] if still is None else [_said_live(still, words)]), *([] if doubt is None else [doubt])]
    modes = [mode for mode in MODES if mode in done]
    head = {"account": account, "modes": modes, "halted": why, "live_open": still or [], "not_known": doubt}
    answer(lambda: {**head, **_document(found)}, lambda: _text(found, said), shown)
    return max([int(bool(said)), *(each.code for each in found)])


def _halted(
    place: Settings, modes: Sequence[Mode], account: str, why: str
) -> tuple[list[Mode], list[tuple[Mode, HedgerowError]]]:
    """Halt each mode for itself: one that cannot be written keeps no other from being closed."""
    done: list[Mode] = []
    failed: list[tuple[Mode, HedgerowError]] = []
    for mode in modes:
        try:
            done += halted(place, (mode,), account, why, also=True)
        except HedgerowError as problem:
            problem.advice = f"{problem.advice} {_UNHALTED}".strip()
            failed.append((mode, problem))
    return done, failed


def _settings(shown: Output, done: Sequence[Mode]) -> Settings:
    try:
        return settings_of(shown)
    except BadConfig as why:
        said = f"Halted ({', '.join(done) or 'nothing'}), and NOTHING was closed: that needs settings that can be read."
        raise BadConfig(why.message, advice=said) from None


def _open_live(settings: Settings, account: str) -> list[str] | None:
    """The live accounts that have something open by the journal, "*" where it cannot be read; None where none has."""
    there = standing(settings, "live")
    if there.trouble:
        return ["*"]
    found = [
        each.account
        for each in there.accounts
        if account in {"*", each.account}
        and (each.unfinished or any(entry.quantity for entry in each.entries))
    ]
    return found or None


def _said_live(accounts: Sequence[str], words: str) -> str:
    which = "the live journal cannot be read" if accounts == ["*"] else ", ".join(accounts)
    return (
        f"LIVE positions are halted, NOT closed ({which}), only paper was: hedgerow halt{words} --flatten --live"
        " closes them."
    )


def _document(found: Sequence[Closed]) -> dict[str, Any]:
    from hedgerow.app.trade import Refused
    from hedgerow.reports import trade_text as told

    return {
        "closed": [
            told.refused_json(one.plan_id, one.refusals) if isinstance(one, Refused) else told.trade_json(one)
            for each in found
            for one in each.done
        ],
        "others": [{"account": each.account, **_exact(each.others)} for each in found if each.others],
        "failed": [
            {
                "mode": each.mode,
                "account": each.account,
                **error_json(each.failed),
                "open_by_journal": None if each.left is None else _exact(each.left),
            }
            for each in found
            if each.failed is not None
        ],
    }


def _exact(contracts: Mapping[str, Decimal]) -> dict[str, Any]:
    return {"contracts_exact": {name: str(count) for name, count in contracts.items()}}


def _text(found: Sequence[Closed], more: Sequence[str]) -> Group:
    from hedgerow.app.trade import Refused
    from hedgerow.reports import trade_text as told

    texts = [
        told.refused_text(one.plan_id, one.refusals) if isinstance(one, Refused) else told.trade_text(one)
        for each in found
        for one in each.done
    ]
    said = [text for each in found for text in _said(each)] + list(more)
    quiet = not texts and not any(each.failed for each in found)  # what failed is no "nothing"
    nothing = line("Halted. There was nothing of this journal to close.") if quiet else None
    return page(*texts, nothing, notes(said) if said else None)


def _said(each: Closed) -> list[str]:
    """What an account leaves: contracts of somebody else, or what went wrong and what is open then."""
    said = []
    if each.others:
        said.append(
            f"{each.account} holds what this journal never traded, and it stays OPEN: {_counted(each.others)}."
            " Close it at the venue."
        )
    if each.failed is not None:
        left = (
            "what it still holds is NOT KNOWN"
            if each.left is None
            else f"OPEN by the journal: {_counted(each.left)}"
            if each.left
            else "by the journal nothing of it is open"
        )
        whom = each.mode if each.account == "*" else f"{each.account} ({each.mode})"
        said.append(f"{whom} was NOT closed: {each.failed.message}; {left}. {each.failed.advice}".strip())
    return said


def _counted(contracts: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{count:+,f} contracts of {name}" for name, count in contracts.items())
