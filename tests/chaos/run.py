"""Live many seeds under faults on all cores, print what each fault came to, and shrink the first seed that fails.

python -m tests.chaos.run faults [--seeds 10000] [--first 0] [--events 500] [--json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in ("src", "")]

from hedgerow.testing.faults.report import Report, shrunk  # noqa: E402 - the path above serves `python tests/chaos/run.py`

__all__ = ["main"]


def faults(seeds: range, events: int) -> Report:
    """Return what came of the seeds, lived on all cores."""
    cores = os.cpu_count() or 1
    tasks = [(seeds[start::cores], events) for start in range(cores)]
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        parts = pool.starmap(Report.of, tasks)
    return sum(parts[1:], parts[0])


def main(words: list[str] | None = None) -> int:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["faults"])
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    started = time.monotonic()
    report = faults(range(asked.first, asked.first + asked.seeds), asked.events)
    spent = time.monotonic() - started
    if asked.json:
        say(json.dumps({**report.figures(), "seconds": round(spent, 1)}))
    else:
        say(report.table())
        say(f"{report.headline()} in {spent:,.0f} s, {report.seeds / spent:.1f} seeds a second")
    for seed, found in sorted(report.violations.items())[:3]:
        say(
            f"FAILED seed {seed}: {found[0]}; the faults that matter: {', '.join(shrunk(seed, asked.events))}"
        )
    return 1 if report.violations else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
