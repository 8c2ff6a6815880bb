"""The ledgers of a run: what each contract traded, paid and received; what happened, row by row."""

from __future__ import annotations

from collections import Counter

import numpy as np

from hedgerow.model.journal import Happened, RunResult
from hedgerow.reports.layout import instant
from hedgerow.reports.parts import Figure
from hedgerow.reports.run_bars import chart_months
from hedgerow.reports.run_figures import drawn_figure, months_of
from hedgerow.reports.wording import amount, plain_text

__all__ = ["contracts_of", "figure_contracts", "figure_events", "figure_funding", "figure_rolls"]

_MOST_EVENTS = 200
_QUIET = {"funding", "deposit"}
_NO_CONTRACT = {"deposit", "flow", "spot trade"}
_ROLLS = {"roll", "settled"}


def contracts_of(run: RunResult) -> dict[str, list[Happened]]:
    """Return the events of every contract; what came into the accounts and what became of the book itself is none."""
    found: dict[str, list[Happened]] = {}
    for event in run.events:
        if event.kind not in _NO_CONTRACT:
            found.setdefault(event.instrument, []).append(event)
    return found


def figure_contracts(run: RunResult) -> Figure:
    """Return one row a contract: its time, its trades and their cost, its funding, and whatever else befell it."""
    rows = []
    for name, events in contracts_of(run).items():
        kinds = Counter(e.kind for e in events)
        funding = [e.usd for e in events if e.kind == "funding"]
        besides = [f"{n:,} × {kind}" for kind, n in kinds.items() if kind not in {"trade", "funding"}]
        others = ", ".join(besides + ["price derived"] * (name in run.derived))
        rows.append(
            [
                plain_text(name),
                instant(events[0].time)[:10],
                instant(events[-1].time)[:10],
                f"{kinds['trade']:,}",
                amount(sum(e.usd for e in events if e.kind == "trade"), run.currency, signed=True),
                f"{len(funding):,}",
                amount(sum(u for u in funding if u > 0.0), run.currency, signed=True),
                amount(sum(u for u in funding if u < 0.0), run.currency, signed=True),
                amount(sum(funding), run.currency, signed=True),
                plain_text(others),
            ]
        )
    names = [
        "contract",
        "first",
        "last",
        "trades",
        "their cost",
        "settlements",
        "received",
        "paid",
        "funding",
    ]
    summary = f"{len(rows)} contract{'s' * (len(rows) != 1)}; costs below zero are paid, funding above zero is received."
    return Figure("", "Every contract's ledger", summary, [*names, "besides"], rows, opened=True)


def figure_funding(run: RunResult) -> Figure:
    """Return funding by month, what was received apart from what was paid."""
    months, totals = months_of(run)
    paid = [e for e in run.events if e.kind == "funding"]
    of = np.array([str((e.time - np.timedelta64(1, "ms")).astype("datetime64[M]")) for e in paid])
    usd = np.array([e.usd for e in paid])
    rows = []
    for month in months:
        here = usd[of == month] if len(usd) else usd
        sums = (float(here[here > 0].sum()), float(here[here < 0].sum()), float(here.sum()))
        rows.append([month, str(len(here)), *(amount(x, run.currency, signed=True) for x in sums)])
    whole = amount(float(usd.sum()), run.currency, signed=True)
    against = f"{int((usd < 0).sum()):,} of {len(usd):,}" if len(usd) else "none of 0"
    summary = f"{whole} over the run; {against} settlements were paid, the others received."
    nets = totals[:, run.line_names.index("funding")]
    return drawn_figure(
        (lambda width: chart_months(months, {"funding": nets}, width)) if len(usd) else None,
        "Funding by month, received above zero",
        summary,
        ["month", "settlements", "received", "paid", "net"],
        rows,
    )


def figure_rolls(run: RunResult) -> Figure:
    """Return every roll and every contract that ended."""
    rolled = [e for e in run.events if e.kind in _ROLLS]
    rolls, ended = (sum(e.kind == kind for e in rolled) for kind in ("roll", "settled"))
    caption = "Rolls and expiries"
    if not rolled:
        return Figure("", caption, "No contract ended in this run.", ["when"], [])
    cost = amount(run.totals.get("roll", 0.0), run.currency, signed=True)
    told = f"{rolls // 2} roll{'s' * (rolls != 2)}, {cost} in all, and {ended} contract{'s' * (ended != 1)} settled at expiry"
    derived = ", at derived prices" * any(e.instrument in run.derived for e in rolled)
    summary = f"{told}{derived}. A roll sells one contract and buys another: it has no gain of its own, only its cost."
    return Figure("", caption, summary, _EVENT, _rows(rolled[-_MOST_EVENTS:], run.currency))


def figure_events(run: RunResult) -> Figure:
    """Return the trades, refusals and liquidations."""
    told = [e for e in run.events if e.kind not in _QUIET]
    counted = Counter(e.kind for e in told)
    shown = f", the last {_MOST_EVENTS} below" if len(told) > _MOST_EVENTS else ""
    summary = (
        (", ".join(f"{n:,} × {plain_text(kind)}" for kind, n in counted.items()) or "nothing") + shown + "."
    )
    return Figure(
        "", "What happened besides funding", summary, _EVENT, _rows(told[-_MOST_EVENTS:], run.currency)
    )


_EVENT = ["when", "what", "contract", "contracts", "price", "dollars", "note"]


def _rows(events: list[Happened], currency: str) -> list[list[str]]:
    return [
        [
            instant(e.time),
            plain_text(e.kind),
            plain_text(e.instrument),
            f"{e.contracts:+,.6g}".replace("-", "−"),
            f"{e.price:,.6g}",
            amount(e.usd, currency, signed=True),
            plain_text(e.note),
        ]
        for e in events
    ]
