"""Events a second of the venue's pure core, on schedules of 500 events as the fault simulator has them.

A third are books, a quarter marks, a fifth orders (more than half of them at market), the rest cancels and time that passes.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from decimal import Decimal

from hedgerow.exchange.venue import (
    AllCancelled,
    Credited,
    Listed,
    Marked,
    Passed,
    Placed,
    Quoted,
    VenueEvent,
    VenueState,
    step,
)
from hedgerow.model.orders import Order
from hedgerow.testing.venue import bench_contracts

SCHEDULES, EVENTS = 60, 500
CONTRACT = bench_contracts()[0]


def schedule(seed: int) -> list[VenueEvent]:
    """One schedule: a market that jitters around 60,000 and an account that trades it."""
    chance = random.Random(seed)  # noqa: S311
    made: list[VenueEvent] = [Listed(0, CONTRACT), Credited(0, "me", "USDT", Decimal(10**7))]
    made.append(Marked(0, {CONTRACT.name: Decimal(60_000)}))
    while len(made) < EVENTS:
        made.append(_event(len(made), chance))
    return made


def _event(at: int, chance: random.Random) -> VenueEvent:
    kind, near = chance.random(), Decimal(60_000 + chance.randint(-50, 50))
    if kind < 0.35:
        sizes = ((10, 1), (20, 2), (100, 50))
        bids = tuple((near - away, Decimal(size)) for away, size in sizes)
        return Quoted(at, CONTRACT.name, bids, tuple((near + away, Decimal(size)) for away, size in sizes))
    if kind < 0.6:
        return Marked(at, {CONTRACT.name: near})
    if kind < 0.8:
        units, price = Decimal(chance.randint(1, 50)) / 100, None if chance.random() < 0.6 else near
        signed = units if chance.random() < 0.5 else -units
        return Placed(at, "me", Order(f"c{at}", CONTRACT, signed, "limit" if price else "market", price))
    return AllCancelled(at, "me") if kind < 0.9 else Passed(at)


def seconds(events: list[VenueEvent]) -> float:
    """Processor seconds of one schedule."""
    state, begun = VenueState(), time.process_time()
    for event in events:
        state, _ = step(state, event)
    return time.process_time() - begun


def main() -> None:
    """Print the median over the schedules."""
    took = statistics.median(seconds(schedule(seed)) for seed in range(SCHEDULES))
    sys.stdout.write(
        f"{1 / took:.0f} schedules of {EVENTS} events a second on one core, {took / EVENTS * 1e6:.1f} µs an event\n"
    )


if __name__ == "__main__":
    main()
