"""Many processes that want one account, put to sleep, woken and killed: never two senders with a valid fence.

    ./check leases [--json] [--seeds N] [--store postgresql]

A schedule starts two to eight processes. Who gets the lease writes a line to the journal, looks at the lease's end once
more, and adds the line to a file that stands for the venue. Meanwhile they are stopped for up to three times the lease,
woken, killed and replaced. Afterwards, from journal and venue file alone:

- fences never fall along the journal, and each is of one holder: at no time could two write;
- whatever reached the venue was in the journal before, under its sender's fence, and reached it once;
- the chain of digests holds.

`late` counts what no lease can rule out: a process that slept between its last look and its send. Each of these was in
the journal before the other took over, which is part of the second line.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tests.store.forked import Child, fork
from tests.store.servers import STORES, stores

from hedgerow.model.errors import JournalBusy, LeaseLost
from hedgerow.model.ports import Lease, Record
from hedgerow.store.journal import Journal, milliseconds, open_journal
from hedgerow.store.server import Where

ACCOUNT, STREAM = "paper:main", "orders"
TTL_MS, MARGIN_MS = 80, 20
LASTS_S, LASTS_ON_A_SERVER_S = 0.6, 1.2
"""A server needs longer until the first of them are connected."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one schedule came to."""

    events: int
    points: int
    fences: int
    late: int
    violations: tuple[str, ...]


def worker(place: Path, where: Where, seed: int) -> None:
    """Take the account whenever it is free, and send for as long as it is ours."""
    rng = np.random.default_rng(seed)
    holder = f"worker-{seed}"
    venue = os.open(place / "venue", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    journal = open_journal(where)
    while True:
        with suppress(JournalBusy, LeaseLost):
            lease = journal.acquire(ACCOUNT, holder, TTL_MS)
            if lease is not None:
                send_for_a_while(journal, lease, venue, rng)
        time.sleep(rng.uniform(0.0, 0.004))


def send_for_a_while(journal: Journal, lease: Lease, venue: int, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(1, 40)):
        if milliseconds() > lease.expires - 2 * TTL_MS // 3:
            renewed = journal.renew(lease, TTL_MS)
            if renewed is None:
                return
            lease = renewed
        name = f"{lease.holder}-{int(rng.integers(2**60)):x}"
        journal.append(STREAM, 0, [("sent", {"id": name, "holder": lease.holder})], lease, opening=True)
        if milliseconds() < lease.expires - MARGIN_MS:
            os.write(venue, f"{lease.fence} {name}\n".encode())
        time.sleep(rng.uniform(0.0, 0.003))
    journal.release(lease)


def schedule(seed: int, place: Path, where: Where) -> Found:
    """Run one schedule and judge it."""
    rng = np.random.default_rng(seed)
    open_journal(where).close()
    numbers = itertools.count(seed * 1_000)

    def another() -> Child:
        return fork(partial(worker, place, where, next(numbers)))

    workers = [another() for _ in range(rng.integers(2, 9))]
    try:
        points = disturb(rng, workers, another, LASTS_S if isinstance(where, Path) else LASTS_ON_A_SERVER_S)
    finally:
        for each in workers:
            each.end()
    return judged(place, where, points)


def disturb(
    rng: np.random.Generator, workers: list[Child], another: Callable[[], Child], lasts_s: float
) -> int:
    """Stop, wake, kill and replace until the time is over; return how often."""
    points = 0
    asleep: dict[int, float] = {}
    end = time.monotonic() + lasts_s
    while (now := time.monotonic()) < end:
        for chosen in [each for each, until in asleep.items() if now >= until]:
            workers[chosen].send(signal.SIGCONT)
            del asleep[chosen]
        chosen = int(rng.integers(len(workers)))
        if chosen not in asleep:
            points += 1
            if rng.random() < 0.3:
                workers[chosen].end()
                workers[chosen] = another()
            else:
                workers[chosen].send(signal.SIGSTOP)
                asleep[chosen] = now + rng.uniform(0.3, 3.0) * TTL_MS / 1_000
        time.sleep(rng.uniform(0.005, 0.06))
    return points


def judged(place: Path, where: Where, points: int) -> Found:
    """Look at what journal and venue hold."""
    with open_journal(where) as journal:
        journal.verify()
        records = list(journal.read(STREAM))
    path = place / "venue"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    sent = [(int(fence), name) for fence, name in (line.split() for line in lines)]
    late, highest = 0, 0
    for fence, _ in sent:
        late += fence < highest
        highest = max(highest, fence)
    wrong = (*of_the_journal(records), *of_the_venue(records, sent))
    return Found(len(records) + len(sent), points, len({r.fence for r in records}), late, wrong)


def of_the_journal(records: list[Record]) -> list[str]:
    holders: dict[int, object] = {}
    wrong = [
        f"record {after.seq} has fence {after.fence} after {before.fence}"
        for before, after in itertools.pairwise(records)
        if after.fence < before.fence
    ]
    return wrong + [
        f"fence {record.fence} is of {holders[record.fence]} and of {record.body['holder']}"
        for record in records
        if holders.setdefault(record.fence, record.body["holder"]) != record.body["holder"]
    ]


def of_the_venue(records: list[Record], sent: list[tuple[int, str]]) -> list[str]:
    written = {str(record.body["id"]): record.fence for record in records}
    wrong = [f"{name} was sent and is not in the journal" for _, name in sent if name not in written]
    wrong += [f"{name} was sent under another fence" for f, name in sent if written.get(name, f) != f]
    names = [name for _, name in sent]
    return wrong + [f"{name} was sent twice" for name in set(names) if names.count(name) > 1]


def main(words: list[str]) -> int:
    """Exit status: 1 where a schedule went wrong; its seed is printed."""
    parser = argparse.ArgumentParser(description="Processes that fight over one account.")
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--store", choices=STORES, default=STORES[0])
    asked = parser.parse_args(words)
    found: list[Found] = []
    with stores(asked.store) as there:
        for seed in range(asked.first, asked.first + asked.seeds):
            with there.place(None) as (place, where):
                found.append(schedule(seed, place, where))
            for line in found[-1].violations:
                sys.stderr.write(f"seed {seed}: {line}\n")
    told = {
        "store": asked.store,
        "seeds": asked.seeds,
        "events": sum(each.events for each in found),
        "points": sum(each.points for each in found),
        "fences": sum(each.fences for each in found),
        "late": sum(each.late for each in found),
        "violations": sum(len(each.violations) for each in found),
    }
    sys.stdout.write(json.dumps(told) + "\n" if asked.json else f"{told}\n")
    return int(told["violations"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
