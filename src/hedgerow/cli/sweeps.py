"""Many policies through one past on the command line: `sweep`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.history import BookOptions
from hedgerow.cli.interrupting import kept_when_interrupted
from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.cli.output import answer, computing

__all__ = ["SweepOptions", "sweep"]

_SWEEP = Group("Sweep", sort_key=5)


@Parameter(name="*", group=_SWEEP, show_default=False)
@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How the policies are walked through the past, and by whom."""

    hedge_prices: Annotated[str | None, Parameter(help="Another file for the contracts' prices.")] = None
    from_: Annotated[str | None, Parameter(name="--from", help="First day at the earliest.")] = None
    train: Annotated[float, Parameter(help="Days to learn from before the first trade (90).")] = 90.0
    best: Annotated[int, Parameter(help="Rows to show (10).")] = 10
    out: Annotated[
        Path | None, Parameter(help="Keep the sweep in this folder, and go on from what is there.")
    ] = None
    engine: Annotated[str, Parameter(help="auto (default), plain or compiled.")] = "auto"
    workers: Annotated[int | None, Parameter(help="Processes for the plain engine (one a core).")] = None
    ray: Annotated[
        bool, Parameter(help="Spread the plain engine over the Ray cluster of cluster.address.", negative=())
    ] = False


def sweep(
    book: str,
    /,
    *fields: str,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    run: SweepOptions | None = None,
    own: BookOptions | None = None,
    output: Output | None = None,
) -> int:
    """Walk every combination of some fields of a policy through the past, and say how much of the best is luck.

    Parameters
    ----------
    book
        Spot holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    fields
        What to vary, such as rebalance=band,calendar:7 estimator.half_life=20,40,80 target_beta=0,0.5.
    """
    shown, asked, mine = output or Output(), run or SweepOptions(), own or BookOptions()
    settings = settings_of(shown, data or DataOptions(), beta or BetaOptions(), hedge or HedgeOptions())
    times = steps.Times(
        start=asked.from_,
        train_days=asked.train,
        reweight_days=mine.reweight,
        changes=mine.changes,
        spot_cost_bps=mine.spot_cost,
        leave_days=mine.leave_after,
    )
    workshop = steps.Workshop(asked.engine, asked.workers, asked.ray, asked.out)
    with kept_when_interrupted(asked.out), computing(shown) as report:
        done = steps.sweep(settings, book, fields, times, asked.hedge_prices, workshop, report)

    def text() -> object:
        from hedgerow.reports.sweep_text import sweep_text

        return sweep_text(done, asked.best)

    def document() -> dict[str, Any]:
        from hedgerow.reports.sweep_text import sweep_json

        return sweep_json(done)

    answer(document, text, shown)
    return int(done.best is None or any(row.tried.refused for row in done.rows))
