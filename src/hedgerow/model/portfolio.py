"""Holdings: signed positions, cash included, spot and derivatives, over any number of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hedgerow.model.arrays import TimeArray
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_names import OptionName

__all__ = ["BookPath", "FileRow", "Portfolio", "Position", "PositionKind"]


class PositionKind(StrEnum):
    """What a row of the book is."""

    SPOT = "spot"
    COLLATERAL = "collateral"
    DERIVATIVE = "derivative"


@dataclass(frozen=True, slots=True)
class Position:
    """One row of the book.

    `symbol` is the coin held, or the contract's underlying. `quantity` is in coins, negative when borrowed and
    sold, or in contracts for a derivative, whose `instrument` and `entry_price` (quote coin) then stand here.
    A wrapped or staked token may say what it stands for: `underlying`, coins of it per token (`rate`) and the
    `discount` at which it trades (0.02 is two per cent below); without them it needs a price of its own.
    `locked` coins count in value and beta, never as collateral. `line` is where the row stood in its file.
    An `option` is a derivative too: `symbol` is then its name, `underlying` its coin, `quantity` in units of the coin, sold
    below zero; it needs no entry price, its worth is what it can be sold for.
    """

    symbol: str
    quantity: Decimal
    kind: PositionKind = PositionKind.SPOT
    account: str = ""
    currency: str = ""
    cost_basis: Decimal | None = None
    instrument: Instrument | None = None
    entry_price: Decimal | None = None
    underlying: str | None = None
    rate: Decimal | None = None
    discount: Decimal = Decimal(0)
    sector: str = ""
    tags: tuple[str, ...] = ()
    locked: bool = False
    line: int | None = None
    option: OptionName | None = None

    @property
    def is_derivative(self) -> bool:
        """True for contracts, whose worth is their profit or premium, not their notional."""
        return self.kind is PositionKind.DERIVATIVE


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The whole book, in the order of its file.

    `recognised` says in words which format was read; `notes` what the reader summed, ignored or assumed;
    `nothing_of` names the coins whose rows say 0.
    """

    positions: tuple[Position, ...]
    source: str = ""
    recognised: str = ""
    notes: tuple[str, ...] = ()
    nothing_of: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every coin once, in order of first appearance; wrapped tokens by their own name."""
        return tuple(dict.fromkeys(position.symbol for position in self.positions))


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of holdings, by the fingerprint of `where` it is: the fingerprints of what counts of it, and of what was read there once and does not yet.

    `waits` is "" where nothing does.
    """

    where: str
    counts: str
    waits: str = ""


@dataclass(frozen=True, slots=True)
class BookPath:
    """A book through time: each of `books` (S,) is held from its instant in `since` (S,), rising, until the next's."""

    since: TimeArray
    books: tuple[Portfolio, ...]
    notes: tuple[str, ...] = ()
