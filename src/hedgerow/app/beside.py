"""The owner's holdings at each look: a file that is read again when it changes, accounts that are asked, or both together.

holdings = Holdings(settings, "venue:all", "bybit", doors)
book = await holdings.read(contracts, mine)

The watched account is read by the watch itself: its margin coins and the contracts that its journal knows are the hedge,
and are left out here. Nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.books import is_account, merged, portfolio_of, sources_of
from hedgerow.app.settling import Settling
from hedgerow.config import VENUE_BOOK, Settings
from hedgerow.files.portfolio import opened_holdings, parse_portfolio
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.instruments import Instrument
from hedgerow.model.portfolio import FileRow, Portfolio, Position, PositionKind
from hedgerow.runs.files import FilesBefore

if TYPE_CHECKING:
    from hedgerow.venues.accounts import Account
    from hedgerow.venues.doors import CcxtVenue

__all__ = ["Holdings"]


@dataclass(slots=True)
class Holdings:
    """A book named `source` that is hedged at `venue`, or by its key venue/label; `doors` are those of every account that is read, by venue.

    `before` is what counted of its files at the last look before this process.
    """

    settings: Settings
    source: str
    venue: str
    doors: Mapping[str, CcxtVenue]
    before: FilesBefore = field(default_factory=FilesBefore)
    _files: dict[str, tuple[Settling, Portfolio]] = field(default_factory=dict)

    @property
    def files(self) -> tuple[tuple[FileRow, Portfolio], ...]:
        """The files that it is of, each with what counts of it."""
        return tuple((file.row, book) for file, book in self._files.values())

    async def read(self, contracts: Sequence[Instrument], mine: frozenset[str]) -> Portfolio:
        """Return what the owner holds now beside the hedge; `mine` are the contracts that the hedge's journal knows.

        Raises `BadPortfolio`, and what the venues raise: a wallet that cannot be read is not empty.
        """
        sources = sources_of(self.settings, self.source) if is_account(self.source) else (self.source,)
        files = [self._file(one, contracts) for one in sources if not is_account(one)]
        names = [one.removeprefix(VENUE_BOOK) for one in sources if is_account(one)]
        read = [portfolio_of(name, await _account(self.doors[name], contracts)) for name in names]
        if not read and len(files) == 1:
            return files[0]
        whole = merged(read, files)
        return replace(whole, positions=tuple(row for row in whole.positions if not self._hedges(row, mine)))

    def _file(self, path: str, contracts: Sequence[Instrument]) -> Portfolio:
        file, book = self._files.get(path) or self._first(path, contracts)
        data = file.poll()
        if data is not None:
            book = self._parsed(path, data, contracts)
            file.took(data)
        self._files[path] = file, book
        return book

    def _first(self, path: str, contracts: Sequence[Instrument]) -> tuple[Settling, Portfolio]:
        """What is read at first, or what counted at the last look before this process, where that was something else."""
        data, before = opened_holdings(Path(path)), self.before.at(path)
        book = self._parsed(path, data, contracts)
        file = Settling(path, data, None if before is None else before[0])
        return file, book if before is None or file.counts(data) else before[1]

    def _parsed(self, path: str, data: bytes, contracts: Sequence[Instrument]) -> Portfolio:
        comma, name = self.settings.data.decimal_comma, Path(path).name
        book = parse_portfolio(data, name, decimal_comma=comma, instruments=tuple(contracts))
        for row in book.positions:
            if row.account == self.venue and row.kind is not PositionKind.SPOT:
                raise BadPortfolio(
                    f"{row.symbol} is on the margin account of {row.account}, which is read itself: it would count twice",
                    file=Path(path).name,
                    line=row.line,
                    advice="Take the row out of the file.",
                )
        return book

    def _hedges(self, row: Position, mine: frozenset[str]) -> bool:
        """Whether a row is of the hedge, which the watch reads itself."""
        if row.account != self.venue or row.kind is PositionKind.SPOT:
            return False
        return row.kind is PositionKind.COLLATERAL or (
            row.instrument is not None and row.instrument.name in mine
        )


async def _account(door: CcxtVenue, contracts: Sequence[Instrument]) -> Account:
    """What an account holds now, its contracts with the tiers that are known."""
    from hedgerow.venues.accounts import Account
    from hedgerow.venues.catalogue import CAUTIOUS

    listed = {one.instrument.name: one.instrument for one in (await door.listings()).all}
    balances = await door.account.balances()
    holdings = await door.account.positions(tuple(listed.values()))
    tiers = {one.name: one.tiers for one in contracts}
    held = {
        one.instrument: replace(listed[one.instrument], tiers=tiers.get(one.instrument, CAUTIOUS))
        for one in holdings
    }
    return Account(balances, holdings, held)
