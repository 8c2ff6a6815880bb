"""What every venue keeps, ours and yours: a battery of numbered cases over the ports of `model.ports`.

    check_venue(paper_bench)
    check_venue(make, exempt={"the_dead_man_cancels": "this venue has no such switch"})

`make` returns a fresh `Bench`: the three doors, the contracts, and the hands that move the outside world. Each case has a
number that never changes, a name, and a line that says what it shows (`CASES`). It needs no test framework and raises
`BrokenPromise`, which says what was promised and what came instead. A venue is accepted when every case passes or is
exempted with a reason that its page under docs/venues/ repeats.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from hedgerow.model.errors import BrokenPromise, HedgerowError
from hedgerow.testing.venue.accounts import ACCOUNTS
from hedgerow.testing.venue.bench import Bench
from hedgerow.testing.venue.markets import MARKETS
from hedgerow.testing.venue.orders import ORDERS
from hedgerow.testing.venue.paper import StillFeed, bench_contracts, paper_bench

__all__ = [
    "CASES",
    "Bench",
    "StillFeed",
    "VenueCase",
    "bench_contracts",
    "check_case",
    "check_venue",
    "paper_bench",
]

Make = Callable[[], Awaitable[Bench]]


@dataclass(frozen=True, slots=True)
class VenueCase:
    """One case: its number, its name, what it shows, and how."""

    number: int
    name: str
    shows: str
    run: Callable[[Bench], Awaitable[None]]


def _numbered() -> tuple[VenueCase, ...]:
    found = []
    for first, runs in ((1, ORDERS), (31, ACCOUNTS), (61, MARKETS)):
        for number, run in enumerate(runs, first):
            shows = " ".join((run.__doc__ or "").split())
            found.append(VenueCase(number, run.__name__, shows, run))
    return tuple(found)


CASES = _numbered()


def check_venue(make: Make, *, exempt: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Put a fresh venue of `make()` to every case, each in an event loop of its own, and return the names it passed.

    `exempt` names cases that cannot hold, each with the reason. Raises `BrokenPromise` at the first one that fails, for an
    exemption that names no case or gives no reason.
    """
    excused = exempt or {}
    names = {case.name for case in CASES}
    for name, reason in excused.items():
        if name not in names:
            raise BrokenPromise(f'"{name}" is no case of a venue', advice="CASES lists them all.")
        if not reason.strip():
            raise BrokenPromise(f'the exemption from "{name}" gives no reason')
    passed = tuple(case for case in CASES if case.name not in excused)
    for case in passed:
        asyncio.run(check_case(case, make))
    return tuple(case.name for case in passed)


async def check_case(case: VenueCase, make: Make) -> None:
    """Put a fresh venue to one case; raises `BrokenPromise` with its number."""
    bench = await make()
    try:
        await case.run(bench)
    except HedgerowError as broken:
        raise BrokenPromise(f"case {case.number}, {case.name}: {broken.message}") from broken
    finally:
        await bench.close()
