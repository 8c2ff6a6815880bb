"""Accounts against their venue, and for the accountant: `reconcile` and `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hedgerow.app.accounts import exported, reconciled
from hedgerow.app.plans import Mode
from hedgerow.cli.options import DataOptions, Output, settings_of
from hedgerow.cli.output import answer, progress

__all__ = ["export", "reconcile"]

Live = Annotated[
    bool, Parameter(help="--paper (default), or --live.", negative="--paper", show_default=False)
]


def reconcile(
    account: str | None = None,
    /,
    *,
    adopt: Annotated[
        bool, Parameter(help="Take over what no fill explains.", negative=(), show_default=False)
    ] = False,
    book: Annotated[
        str | None, Parameter(help="From now on the account's contracts hedge this book.", show_default=False)
    ] = None,
    new_key: Annotated[
        bool, Parameter(help="Take another key for this account's.", negative=(), show_default=False)
    ] = False,
    live: Live = False,
    data: DataOptions | None = None,
    output: Output | None = None,
) -> int:
    """Hold the journal against the venue: write fills and funding that it lacks, name what nothing explains.

    Exit code 7 where something is left unexplained: its contracts are not traded until you take it over.

    Parameters
    ----------
    account
        As `status` names it; needed where the journal of real money has several.
    """
    from hedgerow.reports.account_text import agreement_json, agreement_text

    shown = output or Output()
    with progress(shown) as report:
        settings = settings_of(shown, data or DataOptions())
        found = reconciled(
            settings, _mode(live), report, adopt=adopt, account=account, book=book, new_key=new_key
        )
    answer(lambda: agreement_json(found), lambda: agreement_text(found), shown)
    return 0 if found.agrees else 7


def export(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path(),
    live: Live = False,
    output: Output | None = None,
) -> int:
    """Write every fill and funding payment with its dollar value, as CSV and Parquet, for the accountant.

    Where nothing was traded yet it says so, as `ledger` does, and writes nothing.
    """
    shown = output or Output()
    paths = [str(path) for path in exported(settings_of(shown), _mode(live), out)]
    said = "\n".join(f"wrote {path}" for path in paths) or "Nothing was traded yet, and nothing was written."
    answer(lambda: {"files": paths}, lambda: said, shown)
    return 0


def _mode(live: bool) -> Mode:
    return "live" if live else "paper"
