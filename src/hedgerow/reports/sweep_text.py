"""A sweep as text and as JSON."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Group

from hedgerow.model.display import plain
from hedgerow.model.sweeps import Judged, Sweep
from hedgerow.reports.layout import columns, line, notes, page
from hedgerow.reports.wording import count, number, percent, plain_text

__all__ = ["sweep_json", "sweep_text"]

_MEASURED = [
    "score",
    "removed",
    "vol left",
    "beta left",
    "cost",
    "funding",
    "turnover",
    "liquidated",
    "may be best",
]
_SHORT = {"estimator.half_life": "half-life", "estimator.window": "window", "band_usd": "band of $"}
_ASKED = 0.1


def sweep_text(done: Sweep, shown: int) -> Group:
    """Return the best `shown` rows for a terminal, what luck has to do with it, and what was refused."""
    there = [row for row in done.rows if not row.tried.refused]
    refused = [row for row in done.rows if row.tried.refused]
    lead = line(
        f"{count(len(done.rows))} policies · {count(done.days)} days · alone the book moves"
        f" {percent(done.unhedged_volatility)} a year"
    )
    told: list[Any] = [lead]
    if there:
        cells = [_cells(row) for row in there[:shown]]
        told += [columns(["policy", *_MEASURED], cells, left=(0,)), *_luck(done, there)]
    told += [line(f"{_setting(row)}: {plain_text(row.tried.refused)}") for row in refused[: max(shown, 1)]]
    return page(*told, notes(done.notes))


def _cells(row: Judged) -> list[str]:
    tried = row.tried
    return [
        _setting(row),
        percent(row.score),
        percent(row.variance_removed),
        percent(row.volatility_hedged),
        number(row.residual_beta),
        percent(tried.cost_a_year),
        percent(tried.funding_a_year, signed=True),
        number(tried.turnover_a_year, 1),
        count(tried.liquidations),
        number(row.confidence) if math.isfinite(row.confidence) else "–",
    ]


def _luck(done: Sweep, there: list[Judged]) -> list[Any]:
    best = there[0]
    if not math.isfinite(done.luck):
        return []
    peers = sum(row.confidence >= _ASKED for row in there)
    return [
        line(
            f"The best scores {percent(best.score)} ({percent(done.low)} … {percent(done.high)}); picked out of"
            f" {count(len(there))}, expect at least {percent(best.score + done.luck)}: {percent(done.luck)} of it is luck."
        ),
        line(
            f"{count(peers)} of them may be the best as well (confidence set, 90 %): prefer the simplest of these."
        ),
        line(
            f"score: half of {number(done.aversion, 0)} × variance left, plus costs, less funding, a year; lower is better."
        ),
    ]


def _setting(row: Judged) -> str:
    """What was varied, in one phrase: a rule, an estimator and contracts speak for themselves, numbers are named."""
    told = []
    for name, value in row.tried.setting.items():
        bare = name in {"rebalance", "estimator", "instruments"} and not value.isdigit()
        told.append(plain_text(value if bare else f"{_SHORT.get(name, name.replace('_', ' '))} {value}"))
    return ", ".join(told)


def sweep_json(done: Sweep) -> dict[str, Any]:
    """Return the document of `sweep --json`: every try but its daily returns."""
    document: dict[str, Any] = plain(done)
    document["rows"] = [_flat(row) for row in document["rows"]]
    return document


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    whole = row | row["tried"]
    return {name: value for name, value in whole.items() if name not in {"tried", "hedged"}}
