"""Durable intents a second, against one bare append and flush each: what the disk itself allows, in turn with ours.

An intent is an append to the journal that returns: lease and halt looked at, chained, committed, flushed. The yardstick
writes the same bytes at the end of a file and calls fsync. Both on the disk of the working folder, or of TMPDIR.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from benchmarks.race import Row, text_of

from hedgerow.model.ports import Lease
from hedgerow.store.chain import text_of as body_text
from hedgerow.store.journal import Journal, open_journal

ROUNDS, EACH, AT_LEAST = 15, 40, 0.5
INTENT = {
    "client_id": "hrab12c0ffee123456a1",
    "instrument": "paper:BTCUSDT",
    "quantity": Decimal("-4.832"),
    "kind": "limit",
    "price": Decimal("62500.1"),
    "reduce_only": False,
    "plan": "3f9a1c7e" * 8,
}


def ours(journal: Journal, lease: Lease) -> float:
    """Seconds of one intent."""
    begun = time.perf_counter()
    for n in range(EACH):
        journal.append("orders", n, [("intent", INTENT)], lease, opening=True)
    return (time.perf_counter() - begun) / EACH


def bare(opened: int) -> float:
    """Seconds of one append and flush."""
    line = f"{body_text(INTENT)}\n".encode()
    begun = time.perf_counter()
    for _ in range(EACH):
        os.write(opened, line)
        os.fsync(opened)
    return (time.perf_counter() - begun) / EACH


def rows() -> list[Row]:
    """Return the table: one row."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", ".")) as place:
        opened = os.open(Path(place) / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with open_journal(Path(place) / "journal.db") as journal:
            lease = journal.acquire("paper:main", "benchmark", 600_000)
            if lease is None:
                raise SystemExit("a fresh journal gave no lease")
            pairs = [(ours(journal, lease), bare(opened)) for _ in range(ROUNDS + 1)][1:]
        os.close(opened)
    mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = theirs / mine
    what = f"one durable intent ({1 / mine:,.0f} a second)"
    return [Row(what, mine, "a bare append and fsync", theirs, ratio, AT_LEAST, ratio >= AT_LEAST)]


if __name__ == "__main__":
    found = rows()
    print(text_of(found))
    sys.exit(not all(row.ok for row in found))
