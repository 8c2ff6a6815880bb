"""Plans and trades that are kept, as text and as JSON: `orders`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType

from hedgerow.model.deals import Deals, PlanRow, TradeRow
from hedgerow.model.display import plain
from hedgerow.reports.layout import line, page
from hedgerow.reports.trade_text import legs_json, lines_json, lines_table, plan_name, stamp
from hedgerow.reports.wording import amount, count

__all__ = ["deals_json", "deals_text", "plan_said"]


def deals_json(modes: Sequence[Deals]) -> dict[str, Any]:
    """Return the document of `orders --json`, by mode: plans and trades, the newest first."""
    return {
        mode.mode: {
            "trouble": mode.trouble or None,
            "plans": [_plan_json(row) for row in mode.plans],
            "trades": [_trade_json(row) for row in mode.trades],
        }
        for mode in modes
    }


def _plan_json(row: PlanRow) -> dict[str, Any]:
    return {
        "plan_id": row.plan_id,
        "kind": row.kind,
        "made_at": stamp(row.made_at),
        "good_until": stamp(row.good_until),
        "legs": [
            {
                "venue": leg.venue,
                "instrument": leg.instrument,
                "side": leg.side,
                "contracts_exact": leg.contracts,
                "notional_usd": plain(leg.notional_usd),
            }
            for leg in row.legs
        ],
        "beta_after_usd": plain(row.leaves_usd),
        "stderr_usd": plain(row.stderr_usd),
        "cost_usd": plain(row.cost_usd),
        "approved_by": list(row.approved_by),
        "approvals_needed": row.needed,
        "state": row.state,
        "why": row.why,
    }


def _trade_json(row: TradeRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "plan_id": row.plan_id,
        "began_at": stamp(row.at),
        "outcome": row.outcome or None,
        "why": row.why,
        "lines": lines_json(row.lines),
        "legs": legs_json(row.legs),
    }


def deals_text(modes: Sequence[Deals]) -> Group:
    """Return the plans that are kept, and the transcript of each trade."""
    parts: list[RenderableType] = []
    for mode in modes:
        parts += [line(f"{mode.mode}: the journal cannot be read: {mode.trouble}")] if mode.trouble else []
        for plan in mode.plans:
            parts += [line(f"{mode.mode} · plan {plan_name(plan.plan_id)} · {plan_said(plan)}", "bold")]
            parts += [line(f"  {text}") for text in _legs(plan)]
        for trade in mode.trades:
            said = trade.outcome or "under way"
            head = f"{mode.mode} · {trade.account} · trade of {plan_name(trade.plan_id)} · {said}"
            parts += [
                line(f"{head}{f': {trade.why}' if trade.why else ''}", "bold"),
                lines_table(trade.lines),
            ]
    return page(*(parts or [line("Nothing was planned or traded yet.")]))


def plan_said(plan: PlanRow) -> str:
    """Return how a plan stands, in words."""
    names = ", ".join(plan.approved_by) or "nobody yet"
    waits = f"waits for a yes: approved by {names}, {plan.needed} needed"
    return {
        "waits": waits,
        "approved": f"approved by {names}; `hedgerow trade --approved` trades it",
        "under way": "was begun and is not over",
        "traded": f"traded: {plan.why}",
        "stale": plan.why,
    }[plan.state]


def _legs(plan: PlanRow) -> list[str]:
    from decimal import Decimal

    return [
        f"{leg.side} {count(Decimal(leg.contracts))} {leg.instrument} at {leg.venue} ({amount(leg.notional_usd)})"
        for leg in plan.legs
    ]
