"""The command line by the wall's clock, but for this: who would wait is at once where waiting would have brought him.

python -m tests.cli.unhurried WORDS        a command in a process of its own
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

from hedgerow.venues import clocks

__all__ = ["unhurry"]

_machine_ns = time.monotonic_ns


class _Unhurried(clocks.WallClock):
    """A clock that is ahead of the wall's by all that was waited in this process."""

    ahead_ms = 0

    def now(self) -> int:
        return super().now() + _Unhurried.ahead_ms

    async def sleep(self, ms: int) -> None:
        _Unhurried.ahead_ms += max(ms, 0)
        await asyncio.sleep(0)


def _ahead_ns() -> int:
    return _machine_ns() + _Unhurried.ahead_ms * 1_000_000


def unhurry(put: Callable[[object, str, object], None]) -> None:
    """Let this process wait for nothing; leases run on the same clock. `put` sets an attribute."""
    put(clocks, "WallClock", _Unhurried)
    put(time, "monotonic_ns", _ahead_ns)


if __name__ == "__main__":
    from hedgerow.cli import main

    unhurry(setattr)
    sys.exit(main(sys.argv[1:]))
