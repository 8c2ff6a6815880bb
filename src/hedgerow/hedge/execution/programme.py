"""What is to be traded, leg by leg, and by which rules: the value that a plan becomes before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import AccountModes

__all__ = [
    "ANY_MODES",
    "Part",
    "Programme",
    "ProgrammeLeg",
    "Purpose",
    "Rules",
    "Style",
    "client_id",
    "intent_of",
]

Purpose = Literal["trade", "finish", "unwind", "protect"]
"""Why an order is sent: the plan; the plan's rest when time is up; undoing what was done; a stop behind the hedge."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ATTEMPTS = len(_DIGITS) ** 2

ANY_MODES = AccountModes(hedge=False, margin_mode=None, leverage=None)
"""One-way positions; margin mode and leverage as they are."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a leg is traded, and what happens when `deadline_ms` have passed since the programme began.

    `price` is the limit of `limit` orders. `post_only` orders rest at the best price and are placed anew after
    `chase_ms` when it has moved. Parts of a leg (slices) are `gap_ms` apart. At the deadline the rest is crossed
    with a market order, everything done is undone, or the rest is left.
    """

    kind: Literal["market", "limit", "post_only"] = "market"
    price: Decimal | None = None
    chase_ms: int = 15_000
    gap_ms: int = 0
    deadline_ms: int = 300_000
    at_deadline: Literal["cross", "unwind", "leave"] = "cross"


@dataclass(frozen=True, slots=True)
class Part:
    """Signed units that one order is to trade. A `reduce_only` part never opens or turns a position."""

    quantity: Decimal
    reduce_only: bool = False
    canary: bool = False


@dataclass(frozen=True, slots=True)
class ProgrammeLeg:
    """One contract's share of the plan: from a position of `start` units, `planned` more in `parts`.

    `wanted` are the modes that must be read back before the first order. `stop` is how far beyond the price, as a
    fraction, a protective stop stands once the leg is done, `stop_at` the price that it stands at instead; None of both: no stop.
    """

    instrument: Instrument
    start: Decimal
    planned: Decimal
    parts: tuple[Part, ...]
    style: Style = field(default_factory=Style)
    wanted: AccountModes = ANY_MODES
    stop: Decimal | None = None
    stop_at: Decimal | None = None

    @property
    def guarded(self) -> bool:
        """Whether a protective stop is to stand behind it."""
        return self.stop is not None or self.stop_at is not None

    def __post_init__(self) -> None:
        if sum((part.quantity for part in self.parts), Decimal(0)) != self.planned:
            raise BrokenPromise(f"the parts of {self.instrument.name} are not the {self.planned} planned")
        if any(part.quantity * self.planned <= 0 for part in self.parts):
            raise BrokenPromise(f"a part of {self.instrument.name} goes the other way")

    @property
    def name(self) -> str:
        """The contract's name."""
        return self.instrument.name


@dataclass(frozen=True, slots=True)
class Rules:
    """What must hold before something is sent, in milliseconds, and how patient evidence is.

    `settle_ms` is longer than an accepted order can stay invisible plus the longest a request can be under way;
    `quiet_ms` longer than positions lag behind a final report. Writes are counted by the minute; `kept` of them are
    for reductions alone.
    """

    price_ms: int = 5_000
    position_ms: int = 30_000
    skew_ms: int = 1_000
    skew_for_ms: int = 300_000
    settle_ms: int = 16_000
    quiet_ms: int = 3_000
    look_ms: int = 1_000
    stop_ms: int = 10_000
    dead_man_s: int = 60
    grace_ms: int = 120_000
    attempts: int = 3
    again_ms: int = 5_000
    writes: int = 60
    kept: Decimal = Decimal("0.3")
    unit_error: Decimal = Decimal("0.005")
    price_error: Decimal = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Programme:
    """A plan on its way to a venue: legs in the order they are traded, begun at `at` for `account`.

    No leg is further on than one before it; `ahead` is by how much of its plan, as a fraction, one may be further on than
    one after it, and back again where what was done is undone. None: each is traded as fast as it goes.
    `earlier` are the instants of the account's last writes before it: venues count by the minute, not by the plan.
    """

    plan: str
    account: str
    at: int
    legs: tuple[ProgrammeLeg, ...]
    rules: Rules = field(default_factory=Rules)
    ahead: Decimal | None = None
    earlier: tuple[int, ...] = ()


def intent_of(plan: str, leg: int, number: int, purpose: Purpose) -> str:
    """Return the twelve characters that name an intent; the same intent has the same name in every life."""
    return _letters(f"{plan}|{leg}|{number}|{purpose}", 12)


def client_id(account: str, intent: str, attempt: int) -> str:
    """Return the order's id at the venue: 20 characters of [a-z0-9] that all venues take.

    `attempt` rises only after evidence that the last was refused or never arrived. Raises `BrokenPromise` beyond 1,295.
    """
    if not 0 <= attempt < _ATTEMPTS:
        raise BrokenPromise(f"{attempt} is no number of an attempt")
    high, low = divmod(attempt, len(_DIGITS))
    return f"hr{_letters(account, 4)}{intent}{_DIGITS[high]}{_DIGITS[low]}"


def _letters(text: str, count: int) -> str:
    number = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
    letters = ""
    for _ in range(count):
        number, digit = divmod(number, len(_DIGITS))
        letters += _DIGITS[digit]
    return letters
