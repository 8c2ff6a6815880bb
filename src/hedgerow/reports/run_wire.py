"""A run as JSON: fractions and dollars, null for what is unknown."""

from __future__ import annotations

from typing import Any

from hedgerow.hedge.effectiveness import Effectiveness
from hedgerow.model.display import plain
from hedgerow.model.journal import RunResult

__all__ = ["run_json"]


def run_json(run: RunResult, found: Effectiveness) -> dict[str, Any]:
    """Return the document of `backtest --json`: the judgement, the attribution, what was assumed; no rows of bars."""
    kinds = dict.fromkeys(event.kind for event in run.events)
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
        "effectiveness": plain(found),
        "attribution_usd": plain(run.totals),
        "events": {kind: sum(event.kind == kind for event in run.events) for kind in kinds},
        "notes": list(run.notes),
    }
