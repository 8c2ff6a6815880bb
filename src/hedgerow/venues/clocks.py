"""Time for a venue and those who trade on it: the wall's, or one that only moves when somebody waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["VirtualClock", "WallClock"]


class WallClock:
    """The time of this machine, moved by `shift_ms`: a paper venue may open at the end of an old price file."""

    def __init__(self, shift_ms: int = 0) -> None:
        self._shift = shift_ms

    def now(self) -> int:
        """Return milliseconds of UTC, shifted."""
        return time.time_ns() // 1_000_000 + self._shift

    def monotonic(self) -> int:
        """Return milliseconds that never go back."""
        return time.monotonic_ns() // 1_000_000

    async def sleep(self, ms: int) -> None:
        """Wait."""
        await asyncio.sleep(ms / 1000)


class VirtualClock:
    """A clock that stands until somebody waits; `on_move` is told of each new instant."""

    def __init__(self, at: int = 0, on_move: Callable[[int], None] | None = None) -> None:
        self._at, self.on_move = at, on_move

    def now(self) -> int:
        """Return milliseconds of UTC."""
        return self._at

    def monotonic(self) -> int:
        """Return the same milliseconds: this clock never goes back."""
        return self._at

    async def sleep(self, ms: int) -> None:
        """Move on at once, and let others run."""
        self.advance(ms)
        await asyncio.sleep(0)

    def advance(self, ms: int) -> None:
        """Move on by `ms`."""
        self._at += max(ms, 0)
        if self.on_move is not None:
            self.on_move(self._at)
