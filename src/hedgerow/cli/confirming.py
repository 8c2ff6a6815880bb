"""Saying yes to real money: a person types the account's name, or a script gives it. Else nothing is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from hedgerow.model.errors import UsageError
from hedgerow.model.trades import Offer
from hedgerow.model.watched import Leave

__all__ = ["confirmed_by", "let_by"]


def confirmed_by(said: str | None, money: str = "USD") -> Callable[[Offer], None]:
    """Return what asks: `said` is `--yes-live`, else the terminal is asked. It raises `UsageError` for any other answer."""

    def confirm(offer: Offer) -> None:
        from hedgerow.reports.trade_text import offer_text

        _shown(offer_text(offer, money))
        _answered(said, offer.account, "send this")

    return confirm


def let_by(said: Sequence[str], *, asks: bool = True) -> Callable[[Leave], None]:
    """Return what asks whether a watch may trade: the names in `said` are let, else the terminal is asked, where it `asks` at all.

    Errors as `confirmed_by`.
    """

    def confirm(leave: Leave) -> None:
        from hedgerow.reports.watch_text import leave_text

        _shown(leave_text(leave))
        named = leave.account if leave.account in said else said[0] if said else None
        if named is None and not asks:
            raise UsageError(
                f"{leave.account} may not be traded: nobody is asked here",
                advice=f"Say yes by --yes-live {leave.account}, to every worker.",
            )
        _answered(named, leave.account, "let it")

    return confirm


def _shown(text: object) -> None:
    from rich.console import Console

    Console(stderr=True, highlight=False, emoji=False, markup=False).print(text)


def _answered(said: str | None, account: str, what: str) -> None:
    answer = said if said is not None else _typed(account, what)
    if answer.strip() != account:
        raise UsageError(
            f"nothing was sent: the account is {account}, and the answer was {answer.strip() or 'empty'}",
            advice="Type its name as it stands there, or give it by --yes-live.",
        )


def _typed(account: str, what: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "nothing was sent: there is no terminal to ask at",
            advice=f"Say yes by --yes-live {account}.",
        )
    sys.stderr.write(f"Type the account's name to {what} ({account}): ")
    sys.stderr.flush()
    return sys.stdin.readline()
