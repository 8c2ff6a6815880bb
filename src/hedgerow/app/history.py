"""From settings to a run through the past, and onto the disk."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from hedgerow.app.desk import Report, market_of, open_desk
from hedgerow.app.workers import workers_of
from hedgerow.config import Settings
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import UsageError

if TYPE_CHECKING:
    from hedgerow.hedge.effectiveness import Effectiveness
    from hedgerow.model.contest import Contest
    from hedgerow.model.instruments import Instrument
    from hedgerow.model.journal import Deleverage, RunResult
    from hedgerow.model.market import Market
    from hedgerow.model.portfolio import BookPath, Portfolio
    from hedgerow.runs import BacktestSettings
    from hedgerow.runs.settings import BookWays

__all__ = ["Asked", "Course", "Tested", "Times", "asked_of", "backtest", "compare"]


@dataclass(frozen=True, slots=True)
class Times:
    """When a run begins, how often it looks, and what becomes of the book: the first day at the earliest, and days.

    The book's are as in `runs.settings.BookWays`, its cost in basis points.
    """

    start: str | None = None
    train_days: float = 90.0
    estimate_days: float = 7.0
    choose_days: float = 112.0
    reweight_days: float = 0.0
    changes: str = "flows"
    spot_cost_bps: float = 10.0
    leave_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Tested:
    """A run with its judgement and the policy it tested."""

    run: RunResult
    found: Effectiveness
    policy: Policy


@dataclass(frozen=True, slots=True)
class Asked:
    """What the past is asked: a policy, its book, markets, marks, contracts and times, and what is to be said of them."""

    policy: Policy
    book: Portfolio | BookPath
    market: Market
    hedge: Market | None
    marks: Market | None
    catalogue: Callable[[Market], tuple[Instrument, ...]]
    times: BacktestSettings
    remarks: tuple[str, ...]


def asked_of(
    settings: Settings,
    book: str | Path,
    times: Times,
    hedge_prices: str | None = None,
    report: Report = lambda _: None,
) -> Asked:
    """Return what settings, files and times ask; raises `UsageError` for times that mean nothing."""
    from hedgerow.files.instants import parse_as_of
    from hedgerow.runs import BacktestSettings
    from hedgerow.venues.catalogue import catalogue

    for name, days in (
        ("--train", times.train_days),
        ("--estimate-every", times.estimate_days),
        ("--choose-every", times.choose_days),
    ):
        if not (math.isfinite(days) and days > 0.0):
            raise UsageError(f"{name} {days:g} means nothing", advice="Give days above 0.")
    ways = _ways(times)
    desk = open_desk(settings, book, report, through_time=True)
    hedge = None if desk.hedge_market is desk.market else desk.hedge_market
    if hedge_prices is not None:
        hedge, _ = market_of(
            replace(settings.data, prices=hedge_prices), desk.policy.factor, settings.data.hedge_source
        )
    start = parse_as_of(times.start) - np.timedelta64(1, "D") if times.start else None
    return Asked(
        policy=desk.policy,
        book=desk.path if len(desk.path.books) > 1 else desk.book,
        market=desk.market,
        hedge=hedge,
        marks=_marks(settings, hedge_prices),
        catalogue=catalogue,
        times=BacktestSettings(times.train_days, times.estimate_days, times.choose_days, start, ways),
        remarks=desk.remarks,
    )


def _ways(times: Times) -> BookWays:
    from hedgerow.runs.settings import BookWays

    for name, number in (
        ("--reweight", times.reweight_days),
        ("--spot-cost", times.spot_cost_bps),
        ("--leave-after", times.leave_days),
    ):
        if not (math.isfinite(number) and number >= 0.0):
            raise UsageError(f"{name} {number:g} means nothing", advice="Give a number above 0.")
    changes: dict[str, Literal["flows", "trades"]] = {"flows": "flows", "trades": "trades"}
    if times.changes not in changes:
        raise UsageError(f'--changes "{times.changes}" means nothing', advice="Give flows or trades.")
    return BookWays(times.reweight_days, changes[times.changes], times.spot_cost_bps / 1e4, times.leave_days)


def backtest(
    settings: Settings,
    book: str | Path,
    times: Times,
    rebalance: str | None = None,
    hedge_prices: str | None = None,
    report: Report = lambda _: None,
    engine: str = "plain",
    adl: str | None = None,
) -> Tested:
    """Return the settings' policy walked through their prices, on contracts of those or of `hedge_prices`.

    `engine` is plain, or compiled for the policies that it can express. `adl` is a script of what the venue takes.
    """
    from hedgerow.hedge.effectiveness import effectiveness
    from hedgerow.runs import backtest as walked

    if engine not in {"plain", "compiled"}:
        raise UsageError(f'there is no engine "{engine}"', advice="Give plain or compiled.")
    asked = asked_of(settings, book, times, hedge_prices, report)
    script = _script(adl)
    walk = replace(asked.times, deleveraged=script)
    policy = replace(asked.policy, rebalance=rebalance) if rebalance is not None else asked.policy
    question = (policy, asked.book, asked.market, asked.catalogue, asked.hedge)
    report("walking through the past")
    if engine == "compiled":
        from hedgerow.runs.twin import twin

        run = twin(*question, settings=walk, marks=asked.marks)
    else:
        run = walked(
            *question,
            settings=walk,
            report=lambda share: report(f"walking: {share:.0%}"),
            marks=asked.marks,
        )
    notes = tuple(dict.fromkeys((*run.notes, *asked.remarks, *_untaken(script, run))))
    run = replace(run, notes=notes, seed=settings.data.seed)
    return Tested(run, effectiveness(run), policy)


def _script(adl: str | None) -> tuple[Deleverage, ...]:
    """What the venue takes on the way, of a file."""
    if adl is None:
        return ()
    from hedgerow.files.deleveraged import read_deleveraged

    return read_deleveraged(adl)


def _untaken(script: tuple[Deleverage, ...], run: RunResult) -> list[str]:
    """Say which lines of a script found nothing: another time, or a contract that was not held."""
    took = {(happened.time, happened.instrument) for happened in run.events if happened.kind == "deleveraged"}
    said = []
    for line in script:
        at = int(np.searchsorted(run.times, line.time))
        bar = run.times[at] if at < len(run.times) else None
        of = {name for time, name in took if time == bar}
        if not of or (line.symbol and line.symbol not in of | {name.partition(":")[2] for name in of}):
            named = line.symbol or "the hedge"
            said.append(f"Nothing was there to take of {named} at {line.time}Z, as the script has it.")
    return said


def _marks(settings: Settings, hedge_prices: str | None) -> Market | None:
    """The marks of the contracts' file, where it has any; they are in dollars, and so has the run to be."""
    from hedgerow.files.prices import read_marks

    data = settings.data
    path = hedge_prices or data.prices
    if data.market is not None and hedge_prices is None and data.currency.upper() == "USD":
        from hedgerow.app.lake import lake_marks

        return lake_marks(data, settings.hedge.factor)
    if path is None or data.currency.upper() != "USD":
        return None
    source = data.hedge_source or data.source
    return read_marks(path, source=source, quote=data.quote, as_of=data.as_of, label=data.label)


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a contest: days before it, of the beta that is foretold, between steps; random books.

    `workers` processes share it, or with `ray` the cluster of the settings. The others are as in `runs.contest.ContestSettings`.
    """

    train_days: float = 365.0
    test_days: float = 60.0
    step_days: float = 7.0
    start: str | None = None
    books: int = 50
    coins: int = 10
    returns: Literal["simple", "log"] = "simple"
    own: bool = False
    notional_usd: float = 100_000.0
    book_ranks: str | None = None
    draw_days: float = 182.0
    workers: int = 1
    ray: bool = False


def _ranks(text: str | None) -> tuple[int, int] | None:
    """`61:128` as two ranks; raises `UsageError` for anything else."""
    if text is None:
        return None
    low, _, high = text.partition(":")
    if not (
        low.isascii() and low.isdigit() and high.isascii() and high.isdigit() and 1 <= int(low) <= int(high)
    ):
        raise UsageError(f'--book-ranks "{text}" means nothing', advice="Give first and last: 61:128.")
    return int(low), int(high)


def compare(
    settings: Settings,
    estimators: tuple[str, ...],
    instruments: tuple[str, ...],
    course: Course,
    report: Report = lambda _: None,
) -> Contest:
    """Return the contest of `estimators` and `instruments` over the settings' prices."""
    from hedgerow.files.instants import parse_as_of
    from hedgerow.runs.contest import ContestSettings
    from hedgerow.runs.contest import compare as contested

    for name, number in (
        ("--train", course.train_days),
        ("--test", course.test_days),
        ("--step", course.step_days),
        ("--notional", course.notional_usd),
        ("--draw-every", course.draw_days),
    ):
        if not (math.isfinite(number) and number > 0.0):
            raise UsageError(f"{name} {number:g} means nothing", advice="Give a finite number above 0.")
    if course.books < 0 or course.coins < 1:
        raise UsageError("such random books mean nothing", advice="Give --random-books ≥ 0 and --coins ≥ 1.")
    if not estimators or not instruments:
        raise UsageError("nobody to compare", advice="Give --estimators and --instruments.")
    report("reading prices")
    market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
    start = parse_as_of(course.start) - np.timedelta64(1, "D") if course.start else None
    asked = ContestSettings(
        train_days=course.train_days,
        step_days=course.step_days,
        test_days=course.test_days,
        books=course.books,
        coins=course.coins,
        start=start,
        seed=settings.data.seed,
        returns=course.returns,
        own=course.own,
        notional_usd=course.notional_usd,
        book_ranks=_ranks(course.book_ranks),
        draw_days=course.draw_days,
    )
    return contested(
        market,
        estimators,
        instruments,
        asked,
        lambda share: report(f"comparing: {share:.0%}"),
        workers_of(settings, course.workers, course.ray),
    )
