"""A policy through time on the command line: `backtest`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.cli.output import answer, computing, progress, writable, written

__all__ = ["BookOptions", "ContestOptions", "RunOptions", "backtest", "compare"]

_RUN = Group("Run", sort_key=5)
_OWN = Group("Book", sort_key=6)


@Parameter(name="*", group=_OWN, show_default=False)
@dataclass(frozen=True, slots=True)
class BookOptions:
    """What becomes of the book itself on the way."""

    reweight: Annotated[
        float, Parameter(help="Days between trades of the book back to its starting weights.")
    ] = 0.0
    changes: Annotated[
        Literal["flows", "trades"],
        Parameter(
            help="What differs from date to date of the holdings came in or went out: flows (default); or was traded for dollars: trades."
        ),
    ] = "flows"
    spot_cost: Annotated[float, Parameter(help="Basis points that the book's own trades cost (10).")] = 10.0
    leave_after: Annotated[
        float, Parameter(help="Days without a price after which a coin leaves the book.")
    ] = 0.0


@Parameter(name="*", group=_RUN, show_default=False)
@dataclass(frozen=True, slots=True)
class RunOptions:
    """How the past is walked through."""

    rebalance: Annotated[
        str | None,
        Parameter(
            help="band (default), band:0.05, usd:5000, calendar:7, threshold:0.05, stderr:1, fixed:2; @DAYS at the latest."
        ),
    ] = None
    hedge_prices: Annotated[str | None, Parameter(help="Another file for the contracts' prices.")] = None
    from_: Annotated[str | None, Parameter(name="--from", help="First day at the earliest.")] = None
    train: Annotated[float, Parameter(help="Days to learn from before the first trade (90).")] = 90.0
    estimate_every: Annotated[float, Parameter(help="Days between estimations of beta (7).")] = 7.0
    choose_every: Annotated[float, Parameter(help="Days between choices of contracts (112).")] = 112.0
    report: Annotated[Path | None, Parameter(help="Write the report as one HTML file.")] = None
    out: Annotated[Path | None, Parameter(help="Write the run into this folder.")] = None
    adl: Annotated[
        str | None,
        Parameter(help="What the venue takes on the way (ADL): a CSV of time, share, symbol, price."),
    ] = None
    engine: Annotated[str, Parameter(help="plain (default) or compiled: one named contract a factor.")] = (
        "plain"
    )


def backtest(
    book: str,
    /,
    *,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    run: RunOptions | None = None,
    own: BookOptions | None = None,
    output: Output | None = None,
) -> int:
    """Walk a hedge through the past, with costs, funding and margin, on what was known at each bar.

    Parameters
    ----------
    book
        Spot holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    shown, asked, mine = output or Output(), run or RunOptions(), own or BookOptions()
    settings = settings_of(shown, data or DataOptions(), beta or BetaOptions(), hedge or HedgeOptions())
    times = steps.Times(
        start=asked.from_,
        train_days=asked.train,
        estimate_days=asked.estimate_every,
        choose_days=asked.choose_every,
        reweight_days=mine.reweight,
        changes=mine.changes,
        spot_cost_bps=mine.spot_cost,
        leave_days=mine.leave_after,
    )
    _room(asked)
    with progress(shown) as report:
        ways = (asked.rebalance, asked.hedge_prices, asked.engine, asked.adl)
        question = steps.Question(settings, book, times, *ways)
        if asked.out is not None:
            steps.keepable(question)
        done = steps.ask(question, report)
        if asked.out is not None:
            steps.keep(asked.out, done, question)
        if asked.report is not None:
            from hedgerow.reports.run_page import run_page

            report("drawing the report")
            written(asked.report, run_page(steps.told(done, question)))

    def text() -> object:
        from hedgerow.reports.run_text import run_text

        return run_text(done.run, done.found)

    def document() -> dict[str, Any]:
        from hedgerow.reports.run_wire import run_json

        return run_json(done.run, done.found)

    answer(document, text, shown)
    return int(bool(done.found.liquidations))


def _room(asked: RunOptions) -> None:
    """Refuse what could not be written in the end before anything is walked."""
    if asked.report is not None:
        writable(asked.report)
    if asked.out is not None:
        steps.untaken(asked.out)


@Parameter(name="*", group=_RUN, show_default=False)
@dataclass(frozen=True, slots=True)
class ContestOptions:
    """Who runs, and over which course."""

    estimators: Annotated[
        str, Parameter(help="Specifications with commas (default,ols:180,ewls:60). dcc is slow: minutes.")
    ] = "default,ols:180,ewls:60"
    instruments: Annotated[
        str, Parameter(help="BTC (default), ETH, BTC+ETH, basket:6 …, auto (slow), with commas.")
    ] = "BTC"
    train: Annotated[float, Parameter(help="Days before the first window (365).")] = 365.0
    test: Annotated[float, Parameter(help="Days of the next beta that is foretold (60).")] = 60.0
    step: Annotated[float, Parameter(help="Days between estimations (7).")] = 7.0
    from_: Annotated[str | None, Parameter(name="--from", help="First window at the earliest.")] = None
    random_books: Annotated[int, Parameter(help="Random books (50).")] = 50
    coins: Annotated[int, Parameter(help="Coins in each (10).")] = 10
    book_ranks: Annotated[
        str | None, Parameter(help="Ranks by volume their coins are drawn from: 61:128 (all).")
    ] = None
    draw_every: Annotated[float, Parameter(help="Days until books are drawn anew (182).")] = 182.0
    return_: Annotated[
        Literal["simple", "log"],
        Parameter(name="--return", help="simple (default) or log, to repeat a table."),
    ] = "simple"
    own: Annotated[bool, Parameter(negative=(), help="Let a coin be hedged with itself.")] = False
    notional: Annotated[float, Parameter(help="Dollars of each asset, for impact (100000).")] = 100_000.0
    workers: Annotated[int, Parameter(help="Processes that share the rows (1).")] = 1
    ray: Annotated[
        bool, Parameter(negative=(), help="Share them over the Ray cluster of cluster.address.")
    ] = False


def compare(
    *,
    data: DataOptions | None = None,
    contest: ContestOptions | None = None,
    output: Output | None = None,
) -> int:
    """Compare estimators and instruments walk-forward, out of sample, over every coin of a price file."""
    shown, asked = output or Output(), contest or ContestOptions()
    settings = settings_of(shown, data or DataOptions())
    with computing(shown) as report:
        found = steps.compare(
            settings,
            tuple(part.strip() for part in asked.estimators.split(",") if part.strip()),
            tuple(part.strip() for part in asked.instruments.split(",") if part.strip()),
            steps.Course(
                train_days=asked.train,
                test_days=asked.test,
                step_days=asked.step,
                start=asked.from_,
                books=asked.random_books,
                coins=asked.coins,
                returns=asked.return_,
                own=asked.own,
                notional_usd=asked.notional,
                book_ranks=asked.book_ranks,
                draw_days=asked.draw_every,
                workers=asked.workers,
                ray=asked.ray,
            ),
            report,
        )

    def text() -> object:
        from hedgerow.reports.contest_text import contest_text

        return contest_text(found)

    def document() -> dict[str, Any]:
        from hedgerow.reports.contest_text import contest_json

        return contest_json(found)

    answer(document, text, shown)
    return 0
