"""A policy through time on the command line: `backtest`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.cli.output import answer, progress, written

__all__ = ["RunOptions", "backtest"]

_RUN = Group("Run", sort_key=5)


@Parameter(name="*", group=_RUN, show_default=False)
@dataclass(frozen=True, slots=True)
class RunOptions:
    """How the past is walked through."""

    rebalance: Annotated[
        str | None,
        Parameter(
            help="band (default), band:0.05, calendar:7, threshold:0.05, stderr:1, fixed:2; @DAYS at the latest."
        ),
    ] = None
    hedge_prices: Annotated[str | None, Parameter(help="Another file for the contracts' prices.")] = None
    from_: Annotated[str | None, Parameter(name="--from", help="First day at the earliest.")] = None
    train: Annotated[float, Parameter(help="Days to learn from before the first trade (90).")] = 90.0
    estimate_every: Annotated[float, Parameter(help="Days between estimations of beta (7).")] = 7.0
    choose_every: Annotated[float, Parameter(help="Days between choices of contracts (112).")] = 112.0
    report: Annotated[Path | None, Parameter(help="Write the report as one HTML file.")] = None
    out: Annotated[Path | None, Parameter(help="Write the run into this folder.")] = None


def backtest(
    book: str,
    /,
    *,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    run: RunOptions | None = None,
    output: Output | None = None,
) -> int:
    """Walk a hedge through the past, with costs, funding and margin, on what was known at each bar.

    Parameters
    ----------
    book
        Spot holdings: CSV, JSON, TOML or Parquet with symbol and quantity.
    """
    shown, asked = output or Output(), run or RunOptions()
    settings = settings_of(shown, data or DataOptions(), beta or BetaOptions(), hedge or HedgeOptions())
    times = steps.Times(asked.from_, asked.train, asked.estimate_every, asked.choose_every)
    with progress(shown) as report:
        done = steps.backtest(settings, book, times, asked.rebalance, asked.hedge_prices, report)
        if asked.out is not None:
            steps.keep(asked.out, done, settings, book, asked.hedge_prices)
        if asked.report is not None:
            from hedgerow.reports.run_page import run_page

            written(asked.report, run_page(done.run, done.found))

    def text() -> object:
        from hedgerow.reports.run_page import run_text

        return run_text(done.run, done.found)

    def document() -> dict[str, Any]:
        from hedgerow.reports.run_wire import run_json

        return run_json(done.run, done.found)

    answer(document, text, shown)
    return int(bool(done.found.liquidations))
