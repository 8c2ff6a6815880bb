"""What a cluster adds: 100,000 books planned by one worker and by two, and the cost of a task beside plain Ray.

Ray starts servers of its own; it comes with the extra `cluster`. `python -m benchmarks.cluster` prints the table,
`HEDGEROW_BOOKS` are as many as one wants. Every number of every plan is compared, to the last bit, with what this process
makes of it before anything is told. Plans are held against one worker of the same cluster, whose target is twice 0.85;
tasks against Ray's own of the same work, ten thousand of them. A busy machine starts Ray only with
`RAY_agent_register_timeout_ms=120000` in the environment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
from benchmarks.many import POLICY, books_of
from benchmarks.race import Peer, Row, race, text_of

from hedgerow.hedge.many import BookPlans, Books, Universe
from hedgerow.runs.many import plan_many
from hedgerow.runs.spread import Workers, spread
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.simulated import simulated_market

BOOKS, TASKS = int(os.environ.get("HEDGEROW_BOOKS", "100000")), 10_000
EFFICIENCY, WORKERS = 0.85, 2
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}


def same(one: BookPlans, other: BookPlans) -> None:
    """Raise where any bit of any column differs."""
    for field in fields(BookPlans):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        equal = mine.tobytes() == theirs.tobytes() if isinstance(mine, np.ndarray) else mine == theirs
        if not equal:
            raise SystemExit(f"the plans of one worker and of several differ: {field.name}")


@contextmanager
def cluster(cores: int) -> Iterator[None]:
    """A cluster of so many cores on this machine, connected to."""
    import ray

    ray.init(address="local", num_cpus=cores, **_QUIET)
    try:
        yield
    finally:
        ray.shutdown()


def planned(universe: Universe, books: Books, cores: int) -> tuple[float, BookPlans]:
    """Seconds by the wall for all plans on so many workers, which have started before, and the plans."""
    workers = Workers(cores, ray=True)
    with cluster(cores):
        few = Books(books.names[: 4_000 * cores], books.symbols, books.quantities[: 4_000 * cores])
        plan_many(universe, few, workers)  # what is compiled and imported is there from here on
        begun = time.perf_counter()
        found = plan_many(universe, books, workers)
        return time.perf_counter() - begun, found


def plans() -> list[Row]:
    """One worker beside two."""
    market = simulated_market()
    one = books_of(market)
    times = -(-BOOKS // len(one.names))
    quantities = np.tile(one.quantities, (times, 1))[:BOOKS]
    quantities *= np.random.default_rng(3).uniform(0.5, 2.0, (BOOKS, 1))
    books = Books(tuple(f"book {i}" for i in range(BOOKS)), one.symbols, quantities)
    universe = Universe.of(POLICY, market, catalogue(market), books.symbols)
    here = plan_many(universe, books)
    took = {cores: planned(universe, books, cores) for cores in (1, WORKERS)}
    for _, found in took.values():
        same(found, here)
    alone, both = took[1][0], took[WORKERS][0]
    ratio, target = alone / both, EFFICIENCY * WORKERS
    title = f"plans of {BOOKS:,} books × 30 coins, {WORKERS} Ray workers, by the wall"
    return [Row(title, both, "1 Ray worker", alone, ratio, target, ratio >= target)]


def nothing(_key: str, point: int, shared: int) -> int:
    """A task of next to no work."""
    return point + shared


def tasks() -> list[Row]:
    """What a point costs beside a Ray task of its own."""
    import ray

    points = {str(i): i for i in range(TASKS)}
    alone = ray.remote(nothing)

    def ours() -> int:
        return sum(sum(share) for share in spread(nothing, 1, points, Workers(WORKERS, ray=True)))

    def plain() -> int:
        return int(sum(ray.get([alone.remote(key, point, 1) for key, point in points.items()])))

    def agree(one: object, other: object) -> None:
        if not one == other == sum(range(TASKS)) + TASKS:
            raise SystemExit(f"the tasks differ: {one} against {other}")

    with cluster(WORKERS):
        return race(
            f"{TASKS:,} tasks of no work on {WORKERS} Ray workers, by the wall",
            ours,
            [Peer("a plain Ray task each", plain, 1.0, agree)],
            rounds=3,
            clock=time.perf_counter,
        )


def rows() -> list[Row]:
    """Both tables."""
    made: list[Callable[[], list[Row]]] = [partial(plans), partial(tasks)]
    return [row for each in made for row in each()]


if __name__ == "__main__":
    print(text_of(rows()))
