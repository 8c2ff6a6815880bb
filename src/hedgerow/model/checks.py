"""What a look at something found: it holds, it does not, or nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Asked", "Check", "Outcome"]

Outcome = Literal["verified", "wrong", "not verified"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at, what came of it, and the evidence or the reason; `unreached`: nobody answered."""

    name: str
    outcome: Outcome
    detail: str
    unreached: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking a venue at an instant, milliseconds of UTC."""

    at: int
    checks: tuple[Check, ...]
