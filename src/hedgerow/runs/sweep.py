"""`sweep(points, question)`: many policies through one past, and how much of the best is luck.

The compiled engine takes what it can express, hundreds at a time; the plain one takes the rest, on this machine or, with
Ray, on many. Results are the same whoever computes them and in whatever order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from hedgerow.hedge.attribution import LINES
from hedgerow.hedge.effectiveness import LEAST_DAYS, TRADING, effectiveness
from hedgerow.model.display import plain
from hedgerow.model.errors import BrokenPromise, HedgerowError, UsageError
from hedgerow.model.journal import day_ends
from hedgerow.model.market import Market
from hedgerow.model.portfolio import BookPath, Portfolio
from hedgerow.model.sweeps import Sweep, Tried
from hedgerow.runs.backtest import backtest
from hedgerow.runs.grid import Point
from hedgerow.runs.judging import judged
from hedgerow.runs.past import Catalogue, Past, past_of
from hedgerow.runs.spread import Workers, spread
from hedgerow.runs.twin import inexpressible
from hedgerow.runs.twin.staging import Learned, knobs_of, learned, stage_of

__all__ = ["How", "Question", "key_of", "sweep", "walk_plain"]

_TOLERANCE = 1e-9
_NOTHING = np.empty(0)


@dataclass(frozen=True, slots=True)
class Question:
    """What every policy is asked of; `fingerprint` tells these inputs from any others."""

    book: Portfolio | BookPath
    market: Market
    catalogue: Catalogue
    hedge_market: Market | None = None
    marks: Market | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class How:
    """Who computes: an engine (`auto` is compiled where it can be), and for the plain one so many processes or a cluster."""

    engine: Literal["auto", "plain", "compiled"] = "auto"
    workers: Workers = field(default_factory=Workers)
    seed: int = 0


def key_of(point: Point, question: Question) -> str:
    """Return what names this policy on these inputs, and no other."""
    told = {"policy": plain(point.policy), "times": plain(point.times), "inputs": question.fingerprint}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def sweep(
    points: Sequence[Point],
    question: Question,
    how: How | None = None,
    known: Mapping[str, Tried] | None = None,
    keep: Callable[[Sequence[Tried]], None] = lambda _: None,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> Sweep:
    """Return all `points` walked through the past of `question`, best first.

    `known` are tries that were made before, by their key: they are taken as they are. `keep` is given new ones as soon
    as they are there, `report` how many of how many are done. A policy that cannot be run keeps a row that says why.
    Raises `UsageError` without points, and for the compiled engine alone where it cannot express one.
    """
    if not points:
        raise UsageError("a sweep of nothing", advice="Vary at least one field: rebalance=band,calendar:7.")
    chosen, before = how or How(), known or {}
    keys = [key_of(point, question) for point in points]
    made = {key: before[key] for key in keys if key in before}
    left = {key: point for key, point in zip(keys, points, strict=True) if key not in made}
    total = len(made) + len(left)
    report(len(made), total)
    for batch in _batches(left, question, chosen):
        made |= {tried.key: tried for tried in batch}
        keep([tried for tried in batch if not tried.refused])
        report(len(made), total)
    if all(tried.refused for tried in made.values()):
        raise UsageError(
            f"none of the {len(made)} policies can be run: {next(iter(made.values())).refused}",
            advice="Run one of them with `backtest` to see what it lacks.",
        )
    first = points[0]
    past = _past(first, question)
    return judged([made[key] for key in dict.fromkeys(keys)], past, first.policy, chosen.seed)


def _batches(left: Mapping[str, Point], question: Question, how: How) -> Iterable[list[Tried]]:
    """Results as they come: one batch a group that the compiled engine takes at once, then the others by shares."""
    slow: dict[str, Point] = {}
    for group in _alike(left):
        if how.engine == "plain":
            slow |= group
            continue
        fast, others = _compiled(group, question)
        if others and how.engine == "compiled":
            why = inexpressible(
                next(iter(others.values())).policy, _past(next(iter(others.values())), question)
            )
            raise UsageError(
                f"the compiled engine cannot run {why or 'all of these'}",
                advice="Use --engine auto or plain.",
            )
        slow |= others
        if fast:
            yield fast
    yield from spread(walk_plain, question, slow, how.workers)


def _alike(points: Mapping[str, Point]) -> list[dict[str, Point]]:
    """Points in groups that learn the same from the past."""
    groups: dict[str, dict[str, Point]] = {}
    for key, point in points.items():
        p, t = point.policy, point.times
        told = (p.factor, p.estimator, p.errors, p.exclude, repr(p.overrides), p.instruments, p.own)
        groups.setdefault(repr((told, t.train_days, t.estimate_days, t.start)), {})[key] = point
    return list(groups.values())


def _past(point: Point, question: Question) -> Past:
    q = question
    return past_of(point.policy, q.book, q.market, q.catalogue, q.hedge_market, point.times, q.marks)


def _compiled(group: dict[str, Point], question: Question) -> tuple[list[Tried], dict[str, Point]]:
    """What the compiled engine came to, and the points that it leaves to the plain one."""
    first = next(iter(group.values()))
    try:
        past = _past(first, question)
        fit = {key: point for key, point in group.items() if not inexpressible(point.policy, past)}
        if not fit:
            return [], group
        found = learned(next(iter(fit.values())).policy, past)
    except HedgerowError:
        return [], group  # the plain engine says for each what is wrong with it
    tried = _walked(fit, past, found)
    done = {row.key for row in tried}
    return tried, {key: point for key, point in group.items() if key not in done}


def _walked(group: dict[str, Point], past: Past, found: Learned) -> list[Tried]:
    from hedgerow.runs.twin.many import walk_all

    stage = stage_of(past, found)
    ends = day_ends(past.panel.times[past.panel.first :])
    knobs = [knobs_of(point.policy, found, point.times.choose_days) for point in group.values()]
    walks = walk_all(stage, knobs, ends)
    if not (walks.missed <= _TOLERANCE).all():
        raise BrokenPromise(f"a compiled attribution misses {np.nanmax(walks.missed):g} of the book in a bar")
    gross = stage.bar["gross"]
    size, years = float(gross.mean()), _years(past) if len(ends) > LEAST_DAYS else float("nan")
    paid = -walks.lines[:, [LINES.index(n) for n in TRADING]].sum(axis=1)
    rows = []
    for c, (key, point) in enumerate(group.items()):
        if len(found.legs) > 1 and walks.refused[c]:
            continue  # which of several orders lacks margin depends on their turn: the plain engine decides
        rows.append(
            Tried(
                key=key,
                setting=point.setting,
                engine="compiled",
                hedged=np.diff(walks.gained[c, 1:], prepend=0.0) / gross[ends[:-1]],
                cost_a_year=float(paid[c]) / size / years,
                funding_a_year=float(walks.lines[c, LINES.index("funding")]) / size / years,
                turnover_a_year=float(walks.traded[c]) / size / years,
                outside_band=float(walks.outside[c]),
                least_distance=float(walks.least_distance[c]),
                liquidations=int(walks.liquidations[c]),
            )
        )
    return rows


def _years(past: Past) -> float:
    times = past.panel.times[past.panel.first :]
    return max(float((times[-1] - times[0]) / np.timedelta64(1, "D")) / 365.0, 1e-9)


def walk_plain(key: str, point: Point, question: Question) -> Tried:
    """Return one policy walked by the plain engine; what refuses it is told in the row."""
    q, nan = question, float("nan")
    try:
        run = backtest(
            point.policy, q.book, q.market, q.catalogue, q.hedge_market, settings=point.times, marks=q.marks
        )
    except HedgerowError as why:
        return Tried(key, point.setting, "plain", _NOTHING, nan, nan, nan, nan, nan, 0, why.message)
    found = effectiveness(run, intervals=False)
    return Tried(
        key=key,
        setting=point.setting,
        engine="plain",
        hedged=run.daily()[1],
        cost_a_year=found.cost_a_year,
        funding_a_year=found.funding_a_year,
        turnover_a_year=found.turnover_a_year,
        outside_band=found.outside_band,
        least_distance=found.least_distance,
        liquidations=found.liquidations,
    )
