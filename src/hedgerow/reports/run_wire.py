"""A run as JSON: fractions and dollars, null for what is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hedgerow.hedge.course import by_period, sides
from hedgerow.hedge.effectiveness import Effectiveness
from hedgerow.model.display import plain
from hedgerow.model.journal import RunResult
from hedgerow.reports.run_figures import months_of
from hedgerow.reports.run_ledger import contracts_of

__all__ = ["report_json", "run_json"]


def run_json(run: RunResult, found: Effectiveness) -> dict[str, Any]:
    """Return the document of `backtest --json`: the judgement, the attribution, what was assumed; no rows of bars."""
    return {
        "from": plain(run.times[0]),
        "to": plain(run.times[-1]),
        "source": run.source,
        "simulated": run.simulated,
        "currency": run.currency,
        "factors": list(run.factors),
        "rebalance": run.policy,
        "bars": len(run.times),
        "gained_usd": {"unhedged": plain(run.unhedged_usd[-1]), "hedged": plain(run.gained_usd[-1])},
        "flows_usd": plain(run.flows_usd.sum()),
        "margin_put_in_usd": plain(run.deposits_usd.sum()),
        "effectiveness": plain(found),
        "sides": plain(sides(run)),
        "periods": plain(by_period(run)),
        "attribution_usd": plain(run.totals),
        "events": dict(Counter(event.kind for event in run.events)),
        "derived_prices": list(run.derived),
        "rolls": plain(tuple(e for e in run.events if e.kind == "roll")),
        "expiries": plain(tuple(e for e in run.events if e.kind == "settled")),
        "notes": list(run.notes),
    }


def report_json(
    run: RunResult,
    found: Effectiveness,
    policy: Mapping[str, Any],
    files: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Return the document of `report --format json`: that of `backtest`, and the tables of the page as numbers."""
    months, totals = months_of(run)
    return run_json(run, found) | {
        "attribution_usd_by_month": {
            month: dict(zip(run.line_names, plain(row), strict=True))
            for month, row in zip(months, totals, strict=True)
        },
        "contracts": {
            name: {
                kind: {
                    "count": sum(e.kind == kind for e in events),
                    "usd": sum(e.usd for e in events if e.kind == kind),
                }
                for kind in dict.fromkeys(e.kind for e in events)
            }
            for name, events in contracts_of(run).items()
        },
        "betas": plain(run.betas),
        "policy": dict(policy),
        "files": {name: dict(file) for name, file in files.items()},
    }
