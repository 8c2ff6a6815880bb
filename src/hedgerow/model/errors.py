"""Every error Hedgerow raises, drawn as one tree.

    HedgerowError                 10  a defect: please report it
    ├── UsageError                 2  the command line was wrong
    ├── MissingExtra               3  the command needs something that is not installed
    ├── ClusterFailed              3  the cluster cannot be reached, or its workers died
    ├── JournalFailed              3  the journal cannot be read or written; nothing was lost
    │   ├── JournalFull               … the disk is full
    │   ├── JournalReadOnly           … its file or folder may not be written
    │   └── JournalBusy               … another process held it too long
    ├── BadInput                   4  a file, a value or a setting cannot be used
    │   ├── BadPortfolio              … the holdings
    │   ├── BadPrices                 … the prices, funding or order books
    │   ├── BadConfig                 … the configuration
    │   └── UnknownSymbol             … a coin or contract nobody knows
    ├── NotEnoughData              4  an estimate was asked of too little history
    ├── VenueUnreachable           5  the venue does not answer
    │   └── VenueInMaintenance        … and says that it is in maintenance
    ├── NotSent                    5  a message was not taken by the service that it goes to
    ├── VenueRefused               6  the venue said no: key, mode, limit, region
    ├── StateUnknown               7  what exists at the venue is not known: reconcile first
    │   ├── UnitMismatch              … the venue's own notional is not ours
    │   └── JournalBroken             … the journal is damaged, or somebody changed it
    ├── Halted                     8  trading was stopped and has not been released
    ├── LeaseHeld                  9  another process trades this account
    │   └── LeaseLost                 … and took it over while this one was at work
    └── BrokenPromise             10  an invariant of the program does not hold

The docstring of a class is its default message. The number is the exit code of the command line.
Bad data that can be worked around is *returned* with the result; a refusal is a *value*; only a broken
promise or unusable input *raises*.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BadConfig",
    "BadInput",
    "BadPortfolio",
    "BadPrices",
    "BrokenPromise",
    "ClusterFailed",
    "Halted",
    "HedgerowError",
    "JournalBroken",
    "JournalBusy",
    "JournalFailed",
    "JournalFull",
    "JournalReadOnly",
    "LeaseHeld",
    "LeaseLost",
    "MissingExtra",
    "NotEnoughData",
    "NotSent",
    "StateUnknown",
    "UnitMismatch",
    "UnknownSymbol",
    "UsageError",
    "VenueInMaintenance",
    "VenueRefused",
    "VenueUnreachable",
]


class HedgerowError(Exception):
    """Something went wrong inside Hedgerow."""

    exit_code: ClassVar[int] = 10

    def __init__(self, message: str = "", *, advice: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.advice = advice
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.advice}" if self.advice else self.message


class UsageError(HedgerowError):
    """The command cannot be understood."""

    exit_code: ClassVar[int] = 2


class MissingExtra(HedgerowError):
    """The command needs something that is not installed."""

    exit_code: ClassVar[int] = 3


class ClusterFailed(HedgerowError):
    """Other processes that were to compute cannot be reached, or died; what was kept of their work is whole."""

    exit_code: ClassVar[int] = 3


class JournalFailed(HedgerowError):
    """The journal cannot be read or written; what it holds is as it was."""

    exit_code: ClassVar[int] = 3


class JournalFull(JournalFailed):
    """The disk that the journal lies on is full; what it holds is as it was."""


class JournalReadOnly(JournalFailed):
    """The journal may not be written; what it holds is as it was."""


class JournalBusy(JournalFailed):
    """Another process holds the journal and does not let go; what it holds is as it was."""


class BadInput(HedgerowError):
    """The input cannot be used.

    `file`, `line` (1-based) and `column` (its name, or its 1-based position where it has none) say where.
    """

    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        message: str = "",
        *,
        advice: str = "",
        file: str = "",
        line: int | None = None,
        column: str = "",
    ) -> None:
        self.file, self.line, self.column = file, line, column
        where = file
        if line is not None:
            where = f"{where} line {line}".strip()
        if column:
            where = f"{where}, column {column}" if where else f"column {column}"
        text = message or (type(self).__doc__ or "").partition("\n")[0]
        super().__init__(f"{where}: {text}" if where else text, advice=advice)


class BadPortfolio(BadInput):
    """The holdings cannot be read."""


class BadPrices(BadInput):
    """The market data cannot be read."""


class BadConfig(BadInput):
    """The configuration cannot be used."""


class UnknownSymbol(BadInput):
    """No coin or contract of that name is known."""


class NotEnoughData(HedgerowError):
    """There is too little history for this estimate."""

    exit_code: ClassVar[int] = 4


class VenueUnreachable(HedgerowError):
    """The venue does not answer."""

    exit_code: ClassVar[int] = 5


class VenueInMaintenance(VenueUnreachable):
    """The venue says that it is in maintenance."""


class NotSent(HedgerowError):
    """The message was not taken by the service that it goes to."""

    exit_code: ClassVar[int] = 5


class VenueRefused(HedgerowError):
    """The venue said no."""

    exit_code: ClassVar[int] = 6


class StateUnknown(HedgerowError):
    """What exists at the venue is not known."""

    exit_code: ClassVar[int] = 7


class UnitMismatch(StateUnknown):
    """The venue's own notional is not what this quantity is worth."""


class JournalBroken(StateUnknown):
    """The journal is damaged, or somebody changed it."""


class Halted(HedgerowError):
    """Trading is halted."""

    exit_code: ClassVar[int] = 8


class LeaseHeld(HedgerowError):
    """Another process trades this account."""

    exit_code: ClassVar[int] = 9


class LeaseLost(LeaseHeld):
    """Another process has taken this account over."""


class BrokenPromise(HedgerowError):
    """An invariant of the program does not hold; nothing was traded on it."""
