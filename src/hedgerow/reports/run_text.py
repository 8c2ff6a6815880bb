"""A run as text: portfolio, hedge and hedged portfolio side by side, the judgement, and where the money came from.

run_text(run, found) -> Group
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from rich.console import Group

from hedgerow.hedge.course import Side, sides
from hedgerow.hedge.effectiveness import Effectiveness
from hedgerow.model.journal import RunResult
from hedgerow.reports.layout import Fact, columns, facts, header, instant, line, notes, page
from hedgerow.reports.wording import amount, number, percent
from hedgerow.stats.bootstrap import Interval

__all__ = ["LINES", "befallen", "counted", "interval_words", "judged", "run_text", "side_by_side", "whole"]

LINES = {
    "alpha": "what the coins did besides the market",
    "beta_spot": "what the market did to the book",
    "beta_hedge": "what the market did to the hedge",
    "alpha_hedge": "what the contracts' coins did besides the market",
    "basis": "what the contracts did besides their coins",
    "collateral": "what coins that are margin did",
    "funding": "received, or paid below zero",
    "fees": "of the exchange",
    "slippage": "half the spread, and impact",
    "roll": "from one contract to the next",
    "fx": "dollar coins off their dollar, coins that profit is in",
    "liquidation": "its fees, less what the fund bore of the loss: no earning",
    "rebalance": "trades of the book itself",
}


_NOTHING = 0.005
"""Dollars that no line is written for: what rounding leaves."""


def run_text(run: RunResult, found: Effectiveness) -> Group:
    """Return the run for a terminal."""
    lead = header(
        run.simulated,
        "" if run.simulated else run.source,
        f"{instant(run.times[0])} to {instant(run.times[-1])}",
        f"factor {', '.join(run.factors)}",
        f"rebalanced by {run.policy}",
    )
    rows: list[Fact] = [("", name, said, aside) for name, said, aside in judged(found, run.currency)]
    times = sum(e.kind == "deposit" for e in run.events)
    put_in = amount(float(run.deposits_usd.sum()), run.currency)
    rows.append(("", "margin put in", put_in, f"{times:,} time{'s' * (times != 1)}; in no gain"))
    lines = [
        [name.replace("_", " "), amount(usd, run.currency, signed=True), LINES.get(name, "")]
        for name, usd in run.totals.items()
        if not abs(usd) < _NOTHING
    ]
    return page(
        lead,
        notes(befallen(run)) if befallen(run) else None,
        columns(["", "portfolio", "hedge", "hedged"], side_by_side(run), left=(0,)),
        facts(rows),
        columns(["where it came from", "dollars", ""], lines, left=(0, 2)),
        notes(run.notes) if run.notes else None,
        line("Past prices promise nothing."),
    )


def interval_words(found: Interval, said: Callable[[float], str]) -> str:
    """Return a figure with its bounds, or why there are none."""
    if not np.isfinite(found.low):
        return f"{said(found.middle)} (too few days for an interval)"
    return f"{said(found.middle)} ({said(found.low)} … {said(found.high)})"


def befallen(run: RunResult) -> list[str]:
    """Return what went wrong on the way, a sentence each: what was liquidated and when, which orders were refused and why."""
    ended = [e for e in run.events if e.kind == "liquidation"]
    days = list(dict.fromkeys(str(e.time - np.timedelta64(1, "ms"))[:10] for e in ended))
    more = f" and on {len(days) - 1} more day{'s' * (len(days) != 2)}" if len(days) > 1 else ""
    said = [f"The hedge was liquidated on {days[0]}{more}: {counted(len(ended))}."] if ended else []
    refused = Counter(e.note for e in run.events if e.kind == "refused")
    if refused:
        why = "; ".join(f"{n:,} × {reason}" for reason, n in refused.most_common(3))
        several = refused.total() != 1
        said.append(
            f"{refused.total():,} order{'s were' if several else ' was'} refused, and left the hedge as it was: {why}."
        )
    return said


def counted(liquidations: int) -> str:
    """Return a number of liquidations in words."""
    return "1 liquidation" if liquidations == 1 else f"{liquidations:,} liquidations"


def whole(found: Effectiveness) -> str:
    """Return what fractions are of: the book, or the gross value of one that is short somewhere."""
    return "the book" if found.net else "the book's gross value"


def judged(found: Effectiveness, currency: str) -> list[tuple[str, str, str]]:
    """Return name, value and remark of every figure of the judgement; what is a year, in dollars too."""
    book = whole(found)

    def dollars(share: float, *, signed: bool = False) -> str:
        return f"{amount(share * found.size_usd, currency, signed=signed)} a year"

    return [
        (
            "variance removed",
            interval_words(found.variance_removed, percent),
            f"90 % block bootstrap, {found.days:,} days",
        ),
        (
            "residual beta",
            interval_words(found.residual_beta, number),
            f"target {amount(found.target_usd, currency)}, mean: {number(found.target_nav)} of net asset value as it was"
            f" (margin put in left out), {number(found.target_beta)} of {book}"
            if found.target_usd
            else "target 0",
        ),
        (
            "turnover a year",
            f"{number(found.turnover_a_year)} × {book}",
            f"{dollars(found.turnover_a_year)}; {book} was {amount(found.size_usd, currency)}, mean",
        ),
        (
            "trading cost a year",
            percent(found.cost_a_year),
            f"of {book}, {dollars(found.cost_a_year)}: fees, spread, impact, rolls",
        ),
        (
            "funding a year",
            percent(found.funding_a_year, signed=True),
            f"of {book}, {dollars(found.funding_a_year, signed=True)}; above zero is received",
        ),
        (
            "cost of variance",
            number(found.cost_per_variance),
            "a year's cost, funding included, for each unit removed",
        ),
        ("outside the band", percent(found.outside_band), "of bars, before their trade"),
        ("nearest liquidation", percent(found.least_distance), counted(found.liquidations)),
    ]


def side_by_side(run: RunResult) -> list[list[str]]:
    """Return the three columns, row by row."""
    found = sides(run)
    rows: list[tuple[str, Callable[[Side], str]]] = [
        ("gained", lambda s: amount(s.gained_usd, run.currency, signed=True)),
        (
            f"a year, of the book's {'value' if run.is_net else 'gross value'}",
            lambda s: percent(s.return_a_year, signed=True),
        ),
        ("volatility a year", lambda s: percent(s.volatility)),
        ("one day in 20, average loss", lambda s: percent(s.es95)),
        ("worst day", lambda s: percent(s.worst_day)),
        ("largest drawdown", lambda s: percent(s.drawdown)),
    ]
    for k, factor in enumerate(run.factors):
        rows.append((f"beta to {factor}", lambda s, k=k: number(float(s.beta[k]))))  # type: ignore[misc]
    rows += [
        ("trading costs", lambda s: amount(-s.cost_usd, run.currency, signed=True)),
        ("funding", lambda s: amount(s.funding_usd, run.currency, signed=True)),
    ]
    if any(side.liquidation_usd for side in found):
        rows.append(
            (
                "liquidation, besides prices",
                lambda s: amount(s.liquidation_usd, run.currency, signed=True),
            )
        )
    return [[name, *(said(side) for side in found)] for name, said in rows]
