"""The part of the speed table that every check measures: a few one-thread rows, in seconds, at a third of their target.

A third, because a check runs on whatever machine there is, beside whatever else runs there. The peers are those of the
tools' environment; `./check bench` has them all, at the whole target.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace

from benchmarks import recursive, rolling
from benchmarks.race import Row, race, text_of

SLACK = 3.0
PEERS = {"pandas", "copying the panel", "pandas ewm", "NumPy, a row at a time"}


def rows() -> list[Row]:
    """Return the rows of these peers."""
    found = []
    for work in (rolling.work(), *recursive.works()):
        kept = [replace(peer, target=peer.target / SLACK) for peer in work.peers if peer.name in PEERS]
        found += race(work.title, work.ours, kept, rounds=5)
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    table = rows()
    print(text_of(table))
    sys.exit(not all(row.ok for row in table))
