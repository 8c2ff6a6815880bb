"""Whose contracts an account has: one account hedges one book, from one command to the next.

taken_for(place, at, "book.csv")          refused where its contracts hedge another book
handed_over(place, at, "other.csv")       from now on they hedge this one
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from hedgerow.app.books import is_account
from hedgerow.app.dealing import Dealing, wall_ms
from hedgerow.app.plans import Place
from hedgerow.model.errors import BadConfig

if TYPE_CHECKING:
    from hedgerow.store.plans import KeptPlan

__all__ = ["book_called", "given_back", "handed_over", "owner_of_plan", "taken_for"]

_PAIR = "pair "


def book_called(book: str | Path) -> str:
    """Return what a book is called wherever it is named from: the whole path of its file, or `venue:NAME`."""
    return str(book) if is_account(book) else str(Path(book).resolve())


def owner_of_plan(plan: KeptPlan) -> str:
    """Return whose contracts a plan's would be: those of its book or of its pair; "" for one about what is held already."""
    if plan.kind == "pair":
        return f"{_PAIR}{plan.document['long']}-{plan.document['short']}"
    return "" if plan.book is None else book_called(plan.book["path"])


def taken_for(
    place: Place, at: Dealing, whose: str, counted: frozenset[str] | None = None, *, trades: bool = True
) -> str:
    """Let an account hedge `whose` (`book_called`, `owner_of_plan`), note that where it `trades`, and return whose it was.

    An account without contracts is anybody's, and so is one of which the book itself lists every contract (`counted`, by
    symbol). Two pairs are about their own contracts. Raises `BadConfig` where its contracts hedge another book, and for what `trades`
    where another account has contracts open that hedge this book, or a process at it that does: it would be hedged twice.
    """
    from hedgerow.store.owners import owners_of

    owners = owners_of(place.journal)
    before = owners.of(at.account)
    pairs = before.startswith(_PAIR) and whose.startswith(_PAIR)
    if before not in {"", whose} and not pairs and not _free(at, counted):
        raise _hedges_another(place, at.account, before, whose)
    if trades and before != whose:
        owners.set(at.account, whose, wall_ms())
    if trades and not whose.startswith(_PAIR):
        try:
            _nowhere_else(place, at, owners.accounts_of(whose), whose, counted or frozenset())
        except BadConfig:
            given_back(place, at, before, whose)
            raise
    return before


def given_back(place: Place, at: Dealing, before: str, whose: str) -> None:
    """Undo what `taken_for` noted, where nothing was traded."""
    if before != whose:
        handed_over(place, at, before)


def handed_over(place: Place, at: Dealing, whose: str) -> None:
    """Let an account's contracts hedge `whose` from now on, whatever they hedged before."""
    from hedgerow.store.owners import owners_of

    owners_of(place.journal).set(at.account, whose, wall_ms())


def _nowhere_else(
    place: Place, at: Dealing, accounts: Iterable[str], whose: str, counted: frozenset[str]
) -> None:
    """Raise `BadConfig` where another of the accounts that were taken for a book has contracts open, or a process at it now."""
    from hedgerow.store.journal import look_into

    others = [each for each in accounts if each != at.account]
    for other in others:
        if there := _open_in(at, other) - counted:
            raise _hedged_twice(place, other, whose, f"its contracts are {', '.join(sorted(there))}")
    if others:
        with look_into(place.journal) as journal:
            held = {lease.account for lease, left in journal.leases() if left > 0 and lease.holder}
        for other in held & set(others):
            raise _hedged_twice(place, other, whose, "a process is at it now")


def _free(at: Dealing, counted: frozenset[str] | None) -> bool:
    from hedgerow.runs.trading import unfinished

    if unfinished(at.journal, at.account) is not None:
        return False
    return _open_in(at, at.account) <= (counted or frozenset())


def _open_in(at: Dealing, account: str) -> frozenset[str]:
    """The symbols of the contracts that an account has open by its journal."""
    from hedgerow.runs.ledger import ledger_of

    entries = ledger_of(at.journal.read(account)).entries.values()
    return frozenset(entry.leg.instrument.symbol for entry in entries if entry.quantity)


def _hedges_another(place: Place, account: str, before: str, whose: str) -> BadConfig:
    live = " --live" if place.mode == "live" else ""
    other = "another venue's account" if live else "--state DIR"
    moved = (
        ""
        if whose.startswith(_PAIR)
        else f" To let them hedge this book instead: `hedgerow reconcile {account}{live} --book {quote(whose)}`."
    )
    return BadConfig(
        f"the contracts of {account} hedge {before}, not {whose}: each would undo the other's hedge",
        advice=f"Give each an account of its own ({other}), or put both into one book.{moved}",
    )


def _hedged_twice(place: Place, other: str, whose: str, why: str) -> BadConfig:
    live = " --live" if place.mode == "live" else ""
    return BadConfig(
        f"{whose} is hedged at {other} already ({why}): it would be hedged twice",
        advice=f"End that watch and close its hedge first, or let it hedge another book: `hedgerow reconcile {other}{live} --book FILE`.",
    )
