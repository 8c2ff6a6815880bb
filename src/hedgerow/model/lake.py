"""What is said of the lake of market history: what it holds, and where rows are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Gap", "LakeFinding", "LakeLine"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two rows, `after` and `before`, `missing` are not there."""

    after: np.datetime64
    before: np.datetime64
    missing: int


@dataclass(frozen=True, slots=True)
class LakeLine:
    """One kind of rows of one venue: of how many coins, how many, from when to when."""

    kind: str
    venue: str
    coins: int
    rows: int
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True, slots=True)
class LakeFinding:
    """Something that is not whole: where, and what."""

    kind: str
    venue: str
    coin: str
    detail: str
    gaps: tuple[Gap, ...] = ()
