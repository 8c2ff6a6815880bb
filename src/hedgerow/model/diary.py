"""What a watch decided, as it is looked up afterwards: looks with the quiet ones between them counted, funding payment by payment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hedgerow.model.watched import Look

__all__ = ["Diary", "DiaryRow", "PaidRow"]


@dataclass(frozen=True, slots=True)
class DiaryRow:
    """A look at a book on an account, and how many after it decided the same, until `until` (milliseconds of UTC)."""

    account: str
    book: str
    look: Look
    same: int
    until: int


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One funding payment: coins received, below zero paid."""

    account: str
    instrument: str
    at: int
    amount: Decimal
    coin: str


@dataclass(frozen=True, slots=True)
class Diary:
    """What one mode's journal tells of watching, the newest first; `trouble` says why it cannot be read ("": it can)."""

    mode: Literal["paper", "live"]
    looks: tuple[DiaryRow, ...]
    funding: tuple[PaidRow, ...]
    trouble: str = ""
