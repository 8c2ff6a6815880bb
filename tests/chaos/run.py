"""Live many seeds under faults on all cores, print what each fault came to, and shrink the first seed that fails.

python -m tests.chaos.run faults [--watch] [--seeds 10000] [--first 0] [--events 500] [--store postgresql] [--json]
python -m tests.chaos.run kills [--watch] [--seeds 20] [--first 0] [--pairs 200] [--store postgresql] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path
from random import Random
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in ("src", "")]

from tests.chaos import kills as executor  # noqa: E402 - the path above serves a plain start
from tests.chaos import watched  # noqa: E402 - as above
from tests.chaos.backing import standing_on  # noqa: E402 - as above
from tests.chaos.kills import Kill, Verdict, drawn  # noqa: E402 - as above
from tests.store.servers import STORES  # noqa: E402 - as above

from hedgerow.testing.faults import live, vigil  # noqa: E402 - as above
from hedgerow.testing.faults.report import Report, parted, shrunk  # noqa: E402 - as above

__all__ = ["main"]


_CHUNK = 25
_TWICE_EVERY = 50
_SHOWN, _SHRUNK = 20, 3
_TOLD = 200
_ENOUGH = 200
"""From how many seeds on every fault must have struck."""


def faults(seeds: range, events: int, jobs: int, *, watch: bool = False) -> Report:
    """Return what came of the seeds, lived by so many processes: by the executor, or watched through."""
    tasks = [(seeds[start : start + _CHUNK], events, watch) for start in range(0, len(seeds), _CHUNK)]
    report = Report()
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for done in pool.imap_unordered(_chunk, tasks):
            report = report + done
            if report.seeds % _TOLD == 0:
                sys.stderr.write(f"{report.headline()}: {sorted(report.violations)[:_SHOWN]}\n")
    return report


def _chunk(task: tuple[range, int, bool]) -> Report:
    """Live some seeds, and every fiftieth a second time: it must be the same life (I11)."""
    seeds, events, watch = task
    lived = vigil if watch else live
    gc.set_threshold(100_000)  # little lives long here, and looking for it takes time
    report = Report.of(seeds, events, lived)
    for seed in (seed for seed in seeds if seed % _TWICE_EVERY == 0):
        found = parted(seed, events, lived)
        if found:
            report = report + Report(violations={seed: [found]})
    return report


@dataclass(frozen=True, slots=True)
class Deaths:
    """What came of runs with kills: `reached` are the points at which a process did die, `pairs` the runs with both deaths."""

    runs: int
    lives: int
    pairs: int
    reached: frozenset[str]
    violations: tuple[str, ...]
    points: tuple[str, ...]
    ready_ms: int
    over_ms: int

    @property
    def never(self) -> list[str]:
        """The points at which no process died."""
        return sorted(set(self.points) - self.reached)

    def figures(self, seeds: int) -> dict[str, object]:
        """Return the figures that are kept; the longest times until a watch was ready, in seconds: from a start, and from a death."""
        watched = {"ready_s": self.ready_ms / 1_000, "taken_over_s": self.over_ms / 1_000}
        return {
            "seeds": seeds,
            "runs": self.runs,
            "pairs": self.pairs,
            "events": self.lives,
            "points": len(self.points),
            "reached": len(self.reached),
            "never": self.never,
            "violations": len(self.violations),
            **(watched if self.ready_ms else {}),
        }


def kills(seeds: range, pairs: int, jobs: int, *, watch: bool = False) -> Deaths:
    """Return what comes of dying at every point once a seed, and at pairs of points; of an executor, or of a watch."""
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        return _kills(pool, seeds, pairs, watched if watch else executor)


def _kills(pool: Pool, seeds: range, pairs: int, who: Any) -> Deaths:
    names, usual = who.points(), dict(zip(seeds, pool.map(who.hits, seeds), strict=True))
    plans = [(seed, drawn(name, seed, usual[seed])) for name in names for seed in seeds]
    couples = [(a, b) for a in names for b in names]
    chosen = couples if pairs == 0 else Random(0).sample(couples, pairs)  # noqa: S311 - a schedule, no secret
    first = seeds[0]
    plans += [(first, (*drawn(a, first, usual[first]), Kill(b))) for a, b in chosen]
    verdicts: list[Verdict] = []
    alone = len(plans) - len(chosen)
    tasks = [(who.lived, *plan, at < alone) for at, plan in enumerate(plans)]
    for verdict in pool.imap(_died, tasks, chunksize=4):
        verdicts.append(verdict)
        if len(verdicts) % _TOLD == 0:
            sys.stderr.write(f"{len(verdicts):,} of {len(plans):,} runs\n")
    wrong = tuple(
        f"seed {seed}, {' then '.join(f'{k.point} #{k.visit}' for k in died)}: {v.violations[0]}"
        for (seed, died), v in zip(plans, verdicts, strict=True)
        if v.violations
    )
    reached = frozenset(name for v in verdicts for name in v.killed)
    couples_of = zip(plans[alone:], verdicts[alone:], strict=True)
    both = sum(len(v.killed) == len(died) for (_, died), v in couples_of)
    longest = [max((ms for v in verdicts for ms in each(v)), default=0) for each in (_ready, _over)]
    return Deaths(len(plans), sum(v.lives for v in verdicts), both, reached, wrong, tuple(names), *longest)


def _ready(verdict: Verdict) -> list[int]:
    return verdict.ready_ms


def _over(verdict: Verdict) -> list[int]:
    return verdict.over_ms


def _died(run: tuple[Callable[..., Verdict], int, tuple[Kill, ...], bool]) -> Verdict:
    lived, seed, died, whole = run
    return lived(seed, *died, whole=whole)


def main(words: list[str] | None = None) -> int:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["faults", "kills"])
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--watch", action="store_true", help="over the whole watch loop")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--store", choices=("memory", *STORES), help="where journals lie: a file, or a server"
    )
    asked = parser.parse_args(words)
    with standing_on(asked.store or "", lives=asked.what == "faults"):
        return _asked(asked)


def _asked(asked: argparse.Namespace) -> int:
    usual = 2_000 if asked.watch else 10_000
    count = asked.seeds or (usual if asked.what == "faults" else 20)
    seeds = range(asked.first, asked.first + count)
    started = time.monotonic()
    if asked.what == "kills":
        deaths = kills(seeds, asked.pairs, asked.jobs, watch=asked.watch)
        figures = {**deaths.figures(count), "seconds": round(time.monotonic() - started, 1)}
        say(
            json.dumps(figures)
            if asked.json
            else "\n".join(f"{name}: {value}" for name, value in figures.items())
        )
        for said in deaths.violations[:10]:
            say(f"FAILED {said}")
        return 1 if deaths.violations or deaths.never else 0
    return _faults(seeds, asked)


def _faults(seeds: range, asked: argparse.Namespace) -> int:
    started, events, lived = time.monotonic(), asked.events, vigil if asked.watch else live
    report = faults(seeds, events, asked.jobs, watch=asked.watch)
    spent = time.monotonic() - started
    idle = report.idle if report.seeds >= _ENOUGH else []
    if asked.json:
        say(json.dumps({**report.figures(), "never_struck": idle, "seconds": round(spent, 1)}))
    else:
        say(report.table())
        say(f"{report.headline()} in {spent:,.0f} s, {report.seeds / spent:.1f} seeds a second")
    for place, (seed, found) in enumerate(sorted(report.violations.items())[:_SHOWN]):
        held = ", ".join(shrunk(seed, events, lived)) if place < _SHRUNK else "not looked for"
        say(f"FAILED seed {seed}: {found[0]}; the faults that matter: {held}")
    if idle:
        say(f"FAILED {', '.join(idle)} never struck in {report.seeds:,} seeds")
    return 1 if report.violations or idle else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
