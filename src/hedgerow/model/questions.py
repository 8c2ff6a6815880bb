"""What a watch asks people about besides its trades, as its diary keeps it: holdings, prices, settings that somebody changed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AskRow", "BookRow", "JumpRow", "SlipRow"]


@dataclass(frozen=True, slots=True)
class AskRow:
    """Something besides a proposal that people may say yes to, by its `name`: what it is about, and what was changed."""

    name: str
    about: str
    what: str


@dataclass(frozen=True, slots=True)
class BookRow:
    """Holdings that changed beyond recognition and that nobody has said to be meant: the question's name, since when and why.

    `accepted` is the fingerprint of the holdings before them.
    """

    name: str
    since: int
    why: str
    accepted: str


@dataclass(frozen=True, slots=True)
class JumpRow:
    """A coin's price in dollars `now`, and the one `before` that it is no market's move from, of the instant `before_at`."""

    coin: str
    now: float
    before: float
    before_at: int


@dataclass(frozen=True, slots=True)
class SlipRow:
    """Prices that no market makes and that nobody has said to be right: the question's name, since when and why, and the prices."""

    name: str
    since: int
    why: str
    jumps: tuple[JumpRow, ...]
