"""Pairs on the command line."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, Output, settings_of
from hedgerow.cli.output import answer, closing, progress

__all__ = ["pair"]


def pair(
    long: str,
    short: str,
    /,
    *,
    notional: Annotated[float, Parameter(help="Dollars of the long leg.")] = 10_000.0,
    balance: Annotated[
        Literal["beta", "dollar"], Parameter(help="beta (default), or dollar with a third leg.")
    ] = "beta",
    backtest: Annotated[
        bool, Parameter(help="Walk the pair through the past too, sized anew every week.", negative=())
    ] = False,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    output: Output | None = None,
) -> int:
    """Buy one coin's perpetual and sell another's, so that the market is out: legs, what is left, funding of both.

    Parameters
    ----------
    long
        The coin to be long.
    short
        The coin to be short.
    """
    shown = output or Output()
    with progress(shown) as report:
        settings = settings_of(shown, data or DataOptions(), beta or BetaOptions())
        terms = steps.PairTerms(notional, balance)
        found = steps.pair(settings, long.upper(), short.upper(), terms, report, through_the_past=backtest)

    from hedgerow.reports.pair_text import pair_json, pair_text

    document = pair_json(found.plan, found.run)
    kept = steps.keep_pair(settings, found.plan, document, found.market)

    def text() -> object:
        last = closing(document["plan_id"], kept)
        return pair_text(found.plan, settings.data.currency.upper(), found.run, closing=last)

    answer(lambda: document, text, shown)
    return int(not found.plan.legs)
