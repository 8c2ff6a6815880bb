"""Saying yes to real money: a person types the account's name, or a script gives it. Else nothing is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable

from hedgerow.model.errors import UsageError
from hedgerow.model.trades import Offer

__all__ = ["confirmed_by"]


def confirmed_by(said: str | None, money: str = "USD") -> Callable[[Offer], None]:
    """Return what asks: `said` is `--yes-live`, else the terminal is asked. It raises `UsageError` for any other answer."""

    def confirm(offer: Offer) -> None:
        from rich.console import Console

        from hedgerow.reports.trade_text import offer_text

        console = Console(stderr=True, highlight=False, emoji=False, markup=False)
        console.print(offer_text(offer, money))
        answer = said if said is not None else _typed(offer)
        if answer.strip() != offer.account:
            raise UsageError(
                f"nothing was sent: the account is {offer.account}, and the answer was {answer.strip() or 'empty'}",
                advice="Type its name as it stands there, or give it by --yes-live.",
            )

    return confirm


def _typed(offer: Offer) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "nothing was sent: there is no terminal to ask at",
            advice=f"Say yes by --yes-live {offer.account}.",
        )
    sys.stderr.write(f"Type the account's name to send this ({offer.account}): ")
    sys.stderr.flush()
    return sys.stdin.readline()
