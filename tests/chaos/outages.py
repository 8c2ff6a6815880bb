"""A server that dies or cannot be reached while an executor trades: kill -9 of the postmaster, cuts, freezes, lost answers.

    ./check outages [--seeds N] [--jobs N] [--json]

The exchange is this process, the executor another one, the journal on a PostgreSQL behind a road of its own. At random
moments the server is killed and started again, or the road is cut, frozen, or loses one commit or the answer to one. A
process that ends by `JournalFailed` is followed by another, as in real life. In the end I1 to I5 of reliability.md §3.3
hold, by the journal on the server and the exchange alone: nothing was traded twice, nothing that left is missing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import select
import socket
import sys
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, Literal, get_args

import pytest
from tests.chaos.far import receive, send
from tests.chaos.kills import BY_HAND, MOST_LIVES, Kill, Verdict, World, look, prepare, process
from tests.store.forked import fork
from tests.store.roads import Road, road
from tests.store.servers import MEMORY, PostgreSQL, running

from hedgerow.model.errors import HedgerowError, JournalFailed
from hedgerow.store import driver
from hedgerow.store.postgresql import engine_of
from hedgerow.store.server import Server
from hedgerow.testing.faults.lives import finish

__all__ = ["KINDS", "Survival", "outages", "survived"]

Kind = Literal["killed", "cut", "frozen", "answer lost", "commit lost"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_BUSY, _AWAY, _CHUNK = 3, 4, 10
_EVERY, _PATIENCE_S, _LASTS_S, _WAITS = 30, 0.5, 0.3, 0.7
"""Trouble comes with one question in so many; what neither answers nor hangs up is given up soon, and lasts longer."""


class Troubled(World):
    """The exchange of one run, whose executor's server has trouble at some of the questions that are asked here."""

    def __init__(self, seed: int, folder: Path, where: Server, server: PostgreSQL, way: Road) -> None:
        super().__init__(seed, folder, where)
        self._server, self._way = server, way
        self._chance = Random(seed + 7)  # noqa: S311 - a schedule, no secret
        self._well_at: float | None = None
        self.struck: Counter[str] = Counter()

    def answer(self, end: socket.socket) -> None:
        """Answer the other process until it is gone; make trouble, and mend it when its time is over."""
        while (question := self._asked(end)) is not None:
            name, verb, words = question
            if self._well_at is None and self._chance.randrange(_EVERY) == 0:
                self._strike(self._chance.choice(KINDS))
            try:
                value = getattr(self.ports[name], verb)(*words)
                value = finish(value) if hasattr(value, "send") else value
                send(end, (self.time(), False, value))
            except HedgerowError as why:
                send(end, (self.time(), True, why))

    def _asked(self, end: socket.socket) -> Any:
        """Return the next question, None where nobody is there any more."""
        while self._well_at is not None:
            ready, _, _ = select.select([end], [], [], max(self._well_at - monotonic(), 0.0))
            if ready:
                break
            self.mend()
        return receive(end)

    def _strike(self, kind: Kind) -> None:
        self.struck[kind] += 1
        if kind == "killed":
            self._server.kill()
        else:
            self._way.trouble = kind
        if kind not in {"answer lost", "commit lost"}:
            self._well_at = monotonic() + _LASTS_S + (_PATIENCE_S if kind == "frozen" else 0.0)

    def mend_in_time(self) -> None:
        """Wait until all is well, or not: most begin again only then."""
        if self._well_at is not None and self._chance.random() < _WAITS:
            sleep(max(self._well_at - monotonic(), 0.0))
            self.mend()

    def mend(self) -> None:
        """Let all be well."""
        self._way.trouble = ""
        if not self._server.runs():
            self._server.start()
        self._well_at = None


def survived(seed: int, server: PostgreSQL) -> tuple[Verdict, Counter[str]]:
    """Return what comes of a run in which the server has trouble, and of which kind how often."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, road(server.port) as way:
        where = server.server(port=way.port, here=Path(folder))
        world = Troubled(seed, Path(folder), where, server, way)
        for number in (1, 2, BY_HAND):
            prepare(world, number)
            _to_the_end(world, verdict, number)
        world.mend()
        look(world, verdict)
        engine_of(where).dispose()
        world.struck["met"] = way.met
    return verdict, world.struck


def _to_the_end(world: Troubled, verdict: Verdict, number: int) -> None:
    """Start processes until one comes to the end of the plan."""
    for _ in range(MOST_LIVES):
        verdict.lives += 1
        ours, theirs = socket.socketpair()
        child = fork(partial(_named, world, (ours, theirs), verdict.lives, number))
        theirs.close()
        world.answer(ours)
        ours.close()
        how = os.waitstatus_to_exitcode(child.wait())
        if how == 0:
            return
        if how not in {_BUSY, _AWAY}:
            died = world.folder / f"died {verdict.lives}"
            said = died.read_text(encoding="utf-8") if died.exists() else ""
            verdict.violations.append(f"process {verdict.lives} of plan {number} ended with {how}: {said}")
            return
        verdict.killed.append("away" if how == _AWAY else "held")
        world.mend_in_time()
        world.market.go(world.market.now + 16_000)
        sleep(0.02)
    verdict.violations.append(f"plan {number} does not end")


def _named(world: Troubled, ends: tuple[socket.socket, socket.socket], life: int, number: int) -> None:
    no_kill: Kill | None = None
    try:
        process(world, ends, life, no_kill, number)
    except JournalFailed:
        os._exit(_AWAY)
    except Exception:
        (world.folder / f"died {life}").write_text(traceback.format_exc(), encoding="utf-8")
        raise


@dataclass(frozen=True, slots=True)
class Survival:
    """What came of runs: `away` are processes that ended because the server did not answer, `met` commits that got lost, or their answers."""

    runs: int = 0
    lives: int = 0
    away: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    violations: tuple[str, ...] = ()

    def __add__(self, other: Survival) -> Survival:
        """Put two together."""
        return Survival(
            self.runs + other.runs,
            self.lives + other.lives,
            self.away + other.away,
            self.struck + other.struck,
            self.violations + other.violations,
        )

    def figures(self) -> dict[str, object]:
        """Return the figures that are kept."""
        told = {kind: self.struck[kind] for kind in (*KINDS, "met")}
        return {
            "runs": self.runs,
            "processes": self.lives,
            "away": self.away,
            **told,
            "violations": len(self.violations),
        }


def outages(seeds: range) -> Survival:
    """Live seeds on a server of their own, with less patience than usual while they last."""
    found = Survival()
    with pytest.MonkeyPatch.context() as patch, running() as server:
        patch.setattr(driver, "_PATIENCE_S", _PATIENCE_S)
        for seed in seeds:
            verdict, struck = survived(seed, server)
            wrong = tuple(f"seed {seed}: {said}" for said in verdict.violations)
            found += Survival(1, verdict.lives, verdict.killed.count("away"), struck, wrong)
    return found


def main(words: list[str] | None = None) -> int:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    last, started = asked.first + asked.seeds, monotonic()
    parts = [range(at, min(at + _CHUNK, last)) for at in range(asked.first, last, _CHUNK)]
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        found = sum(pool.imap_unordered(outages, parts), Survival())
    figures = {**found.figures(), "seconds": round(monotonic() - started, 1)}
    told = (
        json.dumps(figures)
        if asked.json
        else "\n".join(f"{name}: {value}" for name, value in figures.items())
    )
    sys.stdout.write(told + "\n")
    for said in found.violations[:10]:
        sys.stdout.write(f"FAILED {said}\n")
    return 1 if found.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
