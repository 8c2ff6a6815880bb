"""The book's file changed by a page: another file put in its place, quantities set, the last change taken back.

put_in(settings, "book.csv", data, "mine.json") -> Changed
set_quantities(settings, "book.csv", {0: "12"}, None, seen) -> Changed
take_back(settings, "book.csv") -> what was put back

A file is whole or as it was; what stood there before lies beside it as NAME.before-INSTANT, the last twenty of them.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.books import is_account
from hedgerow.config import Settings, state_path
from hedgerow.model.errors import BadConfig, BadInput, BadPortfolio, UsageError
from hedgerow.model.instruments import Instrument

if TYPE_CHECKING:
    from hedgerow.files.holdings import RowFault
    from hedgerow.files.records import Records

__all__ = ["Changed", "backups", "example", "put_in", "rows_of", "set_quantities", "take_back"]

_KEPT = 20


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a change: where the file before it is kept, or what is wrong row by row, and then nothing was written."""

    before: Path | None
    faults: tuple[RowFault, ...] = ()


def example(settings: Settings, of: Path) -> str:
    """Return a book to play with: the file `of`, copied into the state folder where it is not there. Raises `BadConfig`."""
    from hedgerow.store.folders import put_whole

    where = state_path(settings) / "example.csv"
    try:
        if not where.exists():
            put_whole(of.read_bytes(), where, where.with_name("example.csv.begun"), private=True)
    except OSError as why:
        raise BadConfig(
            f"{where}: the example cannot be written: {why.strerror}",
            advice="Let this user write there, or give another folder with --state.",
        ) from None
    return str(where)


def rows_of(book: str) -> Records:
    """Return the rows of a book's file as they stand there. Raises `BadPortfolio`."""
    from hedgerow.files.portfolio import opened_holdings
    from hedgerow.files.records import records_of

    where = _file(book)
    return records_of(opened_holdings(where), where.name)


def put_in(
    settings: Settings, book: str, data: bytes, name: str, instruments: tuple[Instrument, ...] = ()
) -> Changed:
    """Put the holdings of another file, whose `name` tells its format, in the place of the book's.

    A file of another format is written in the book's, and has to read the same there. Raises `BadPortfolio` where it does not,
    and `BadInput` where nothing can be written.
    """
    from hedgerow.files.holdings import faults_of, same_positions, written
    from hedgerow.files.portfolio import parse_portfolio
    from hedgerow.files.records import records_of

    where, said = _file(book), _short(name)
    comma = settings.data.decimal_comma
    faults = faults_of(data, said, decimal_comma=comma, instruments=instruments)
    if faults:
        return Changed(None, faults)
    if Path(said).suffix.lower() != where.suffix.lower():
        read = parse_portfolio(data, said, decimal_comma=comma, instruments=instruments)
        data = written(records_of(data, said), where.name)
        again = parse_portfolio(data, where.name, decimal_comma=comma, instruments=instruments)
        if not same_positions(read, again):
            raise BadPortfolio(
                f"would read otherwise as {where.suffix}",
                file=said,
                advice=f"Give it as {where.suffix}; a cell that begins with = + - @ is a formula there.",
            )
    return Changed(_replace(where, data))


def set_quantities(
    settings: Settings,
    book: str,
    quantities: Mapping[int, str],
    added: tuple[str, str] | None,
    seen: str,
    instruments: tuple[Instrument, ...] = (),
) -> Changed:
    """Set quantities by row of the book's file, and add a (symbol, quantity).

    `seen` is the fingerprint of the file that was shown: raises `BadPortfolio` where it has changed since.
    """
    from hedgerow.files.holdings import changed, faults_in, faults_of, written
    from hedgerow.files.runs import fingerprint

    where = _file(book)
    if fingerprint(where) != seen:
        raise BadPortfolio(
            "was changed since this page showed it: nothing was written",
            file=where.name,
            advice="Load the page again and look at what it holds now.",
        )
    comma, rows = settings.data.decimal_comma, changed(rows_of(book), where.name, quantities, added)
    faults = faults_in(rows, where.name, decimal_comma=comma, instruments=instruments)
    data = written(rows, where.name)
    faults = faults or faults_of(data, where.name, decimal_comma=comma, instruments=instruments)
    return Changed(None, faults) if faults else Changed(_replace(where, data))


def take_back(book: str) -> str:
    """Put back what the book's file held before its last change, and return its name. The change itself is kept as well.

    Raises `UsageError` where nothing was changed.
    """
    where, kept = _file(book), backups(book)
    if not kept:
        raise UsageError("nothing was changed here", advice="There is nothing to take back.")
    last = kept[-1]
    _replace(where, last.read_bytes())
    last.unlink()
    return last.name


def backups(book: str) -> tuple[Path, ...]:
    """Return what is kept of a book's file, the newest last."""
    where = Path(book).resolve()
    return tuple(sorted(where.parent.glob(f"{escape(where.name)}.before-*Z")))


def _file(book: str) -> Path:
    """The file behind a book, wherever a link leads. Raises `UsageError` for an account, `BadPortfolio` for what is no file."""
    if is_account(book):
        raise UsageError(
            f"{book} is what the account holds",
            advice="It changes by trading; a file of holdings can be edited.",
        )
    where = Path(book).resolve()
    if not where.is_file():
        raise BadPortfolio("is no file", file=Path(book).name, advice="Give a file of holdings to `serve`.")
    return where


def _short(name: str) -> str:
    """A name that came from elsewhere: the last part of it, for its ending and for words."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return last[-80:].lstrip(".") or "holdings.csv"


def _replace(where: Path, data: bytes) -> Path:
    """Keep what is there, put new bytes in its place whole, and return where the old ones are."""
    from hedgerow.store.folders import put_whole

    private = not stat.S_IMODE(where.stat().st_mode) & 0o004
    kept = where.with_name(f"{where.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    try:
        put_whole(where.read_bytes(), kept, kept.with_name(f"{kept.name}.begun"), private=private)
        put_whole(data, where, where.with_name(f"{where.name}.begun"), private=private)
    except OSError as why:
        raise BadInput(
            f"cannot be written: {why.strerror}",
            file=where.name,
            advice="Let this user write there; the file is as it was.",
        ) from None
    for old in backups(str(where))[:-_KEPT]:
        old.unlink(missing_ok=True)
    return kept
