"""Journals against venues, and journals for the accountant.

reconciled(settings, "paper") -> Agreement
exported(settings, "paper", folder) -> the files that were written
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.app.books import is_account
from hedgerow.app.dealing import Dealing, data_of, dealing
from hedgerow.app.desk import Report, market_of
from hedgerow.app.plans import Mode, Place, place_of
from hedgerow.app.standing import account_names, entries_of
from hedgerow.app.whose import book_called, handed_over
from hedgerow.config import Settings
from hedgerow.model.errors import BadInput, HedgerowError, StateUnknown, UsageError
from hedgerow.model.trades import Agreement, Unexplained

if TYPE_CHECKING:
    import polars as pl

    from hedgerow.app.live import Reached

__all__ = ["exported", "reconciled"]


def reconciled(
    settings: Settings,
    mode: Mode,
    report: Report = lambda _: None,
    *,
    adopt: bool = False,
    account: str | None = None,
    book: str | None = None,
    new_key: bool = False,
) -> Agreement:
    """Bring the journal up to what the venue says and return what is left; with `adopt`, take over what nothing explains.

    With `book` the account's contracts hedge that book from now on: until then who hedges another one there is refused. With
    `new_key` another key than before is taken for the account's, where the venue does not say whose it is: refused while it holds
    other positions than the journal, which it may with `adopt`.
    Of several live accounts one has to be named. An unfinished trade's contracts are left to `trade`, which settles them.
    Raises what holding an account raises.
    """
    place = place_of(settings, mode)
    if not place.journal.exists():
        raise UsageError(f"nothing was traded yet in {place}", advice="`hedgerow trade` begins a journal.")
    if book is not None and not is_account(book) and not Path(book).is_file():
        raise BadInput("there is no such file", file=book, advice="Give the book's file, or venue:NAME.")
    with _held(settings, place, account, report, new_key=new_key) as (at, there):
        report("asking the venue")
        if new_key and there is not None:
            _is_the_same(at, trusted=adopt)
            from hedgerow.app.live import keep_mark

            keep_mark(place, there)
        found = _agreement(at, adopt=adopt)
        if book is not None:
            handed_over(place, at, book_called(book))
        return found


@contextmanager
def _held(
    settings: Settings, place: Place, account: str | None, report: Report, *, new_key: bool
) -> Iterator[tuple[Dealing, Reached | None]]:
    """The account of a journal, held; with how it was reached, None for paper."""
    if place.mode == "live":
        from hedgerow.app.live import accounts_of, live_dealing

        failed: list[HedgerowError] = []
        found = list(accounts_of(settings, place, account or _only(place), failed, another_key=new_key))
        if failed or not found:
            raise failed[0] if failed else UsageError(f"{place.journal} has no account {account}")
        with live_dealing(settings, place, found[0], ()) as at:
            yield at, found[0]
        return
    report("reading prices")
    settings = data_of(place, settings)
    market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
    with dealing(place, market, (), settings) as at:
        yield at, None


def _is_the_same(at: Dealing, *, trusted: bool) -> None:
    """Raise `StateUnknown` where the venue holds other positions than the journal: nothing of it is written down before."""
    from hedgerow.runs.ledger import ledger_of
    from hedgerow.runs.trading import held_now

    ledger = ledger_of(at.journal.read(at.account))
    held = at.ask(lambda doors: held_now(doors, tuple(ledger.instruments.values())))
    apart = [name for name, units in held.items() if units != ledger.quantity(name)]
    if apart and not trusted:
        raise StateUnknown(
            f"the new key's account holds other positions than {at.account} by its journal: {', '.join(apart)}",
            advice="It may be of another account. Look at the venue's own page; if it is the same one, add --adopt.",
        )


def _only(place: Place) -> str:
    """The one account of a journal; raises `UsageError` where there are several."""
    names = account_names(place)
    if not names:
        raise UsageError(f"nothing was traded yet in {place}", advice="Its journal has no account.")
    if len(names) != 1:
        raise UsageError(
            f"the journal has {len(names)} accounts", advice=f"Name one of them: {', '.join(names)}."
        )
    return names[0]


def _agreement(at: Dealing, *, adopt: bool) -> Agreement:
    from hedgerow.runs.ledger import ledger_of
    from hedgerow.runs.reconcile import reconcile
    from hedgerow.runs.trading import unfinished

    contracts = tuple(ledger_of(at.journal.read(at.account)).instruments.values())
    begun = unfinished(at.journal, at.account)
    unsettled = frozenset(leg.name for leg in begun.legs) if begun is not None else frozenset()
    found = at.ask(
        lambda doors: reconcile(
            doors, at.journal, at.clock, at.lease, contracts, adopt=adopt, unsettled=unsettled
        )
    )
    return Agreement(
        at.account,
        found.new_fills,
        found.new_payments,
        tuple(order.client_id or order.order_id for order in found.open_orders),
        tuple(Unexplained(g.instrument, g.held, g.explained, g.adopted) for g in found.gaps),
        entries_of(found.ledger),
    )


def exported(settings: Settings, mode: Mode, folder: Path) -> tuple[Path, ...]:
    """Write fills and funding as CSV and Parquet and return the files, none where nothing was traded yet.

    Raises `BadInput` where they cannot be written.
    """
    from hedgerow.runs.bookkeeping import fills_table, funding_table
    from hedgerow.store.journal import look_into

    place = place_of(settings, mode)
    if not place.journal.exists():
        return ()
    with look_into(place.journal) as journal:
        records = {name: tuple(journal.read(name)) for name in journal.streams()}
    tables: dict[str, Any] = {"fills": fills_table(records), "funding": funding_table(records)}
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            written += _both(table, folder / f"{mode}-{name}")
    except OSError as why:
        raise BadInput(
            f"cannot be written: {why.strerror}", file=str(folder), advice="Give another folder with --out."
        ) from None
    return tuple(written)


def _both(table: pl.DataFrame, stem: Path) -> list[Path]:
    from hedgerow.runs.bookkeeping import for_spreadsheet

    csv, parquet = stem.with_suffix(".csv"), stem.with_suffix(".parquet")
    for_spreadsheet(table).write_csv(csv)
    table.write_parquet(parquet)
    return [csv, parquet]
