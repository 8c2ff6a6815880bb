"""What the page of trades says: plans that wait for a yes, orders and fills as they happened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.model.deals import Deals, PlanRow, TradeRow
from hedgerow.model.orders import contracts_of
from hedgerow.model.trades import LegTraded
from hedgerow.reports.trade_text import clock, coins
from hedgerow.reports.wording import amount, count, percent, plain_text, plus_minus
from hedgerow.web.room import Room
from hedgerow.web.watched import moment

__all__ = ["trade_view"]

_OPEN = ("waits", "approved", "under way")
_SPOKEN = {
    "waits": "waits for a yes",
    "approved": "approved, waits for its trade",
    "under way": "is being traded",
    "traded": "traded",
    "stale": "no longer good",
}


def trade_view(room: Room) -> dict[str, Any]:
    """Return the page of trades: both modes' plans, those that wait first, and the newest trades."""
    found = room.kept.deals()
    plans = [(mode, row) for mode in found for row in mode.plans]
    plans.sort(key=lambda pair: (pair[1].state not in _OPEN, -pair[1].made_at))
    trades = [(mode, row) for mode in found for row in mode.trades]
    trades.sort(key=lambda pair: -pair[1].at)
    return {
        "book": room.words,
        "troubles": [f"{mode.mode}: {plain_text(mode.trouble)}" for mode in found if mode.trouble],
        "plans": [_plan(mode, row) for mode, row in plans],
        "trades": [_trade(mode, row) for mode, row in trades],
        "halted": bool(room.seen().paper.halts),
    }


def _plan(mode: Deals, row: PlanRow) -> dict[str, Any]:
    leaves = "" if row.leaves_usd is None else f"{amount(row.leaves_usd)} ± {plus_minus(row.stderr_usd)}"
    return {
        "id": row.plan_id,
        "short": row.plan_id[:12],
        "mode": mode.mode,
        "made": moment(row.made_at),
        "good": moment(row.good_until),
        "legs": [
            f"{leg.side} {count(Decimal(leg.contracts))} {plain_text(leg.instrument)} ({amount(leg.notional_usd)})"
            for leg in row.legs
        ],
        "leaves": leaves or "not told for a pair",
        "cost": amount(row.cost_usd) if row.cost_usd is not None else "not told for a pair",
        "yes": [plain_text(who) for who in row.approved_by],
        "needed": row.needed,
        "state": row.state,
        "said": _SPOKEN[row.state],
        "why": plain_text(row.why),
        "open": row.state in _OPEN,
    }


def _trade(mode: Deals, row: TradeRow) -> dict[str, Any]:
    return {
        "id": row.plan_id,
        "short": plain_text(row.plan_id[:20] if row.plan_id.startswith("flatten") else row.plan_id[:12]),
        "mode": mode.mode,
        "account": plain_text(row.account),
        "at": moment(row.at),
        "outcome": plain_text(row.outcome or "under way"),
        "why": plain_text(row.why),
        "lines": [(clock(each.at), each.action, plain_text(each.text)) for each in row.lines],
        "legs": [_leg(leg) for leg in row.legs],
    }


def _leg(leg: LegTraded) -> dict[str, str]:
    planned, traded = (abs(contracts_of(leg.instrument, units)) for units in (leg.planned, leg.traded))
    worse = "" if leg.slippage is None else percent(float(leg.slippage), signed=True)
    return {
        "contract": plain_text(leg.instrument.name),
        "side": "buy" if leg.planned > 0 else "sell",
        "planned": count(planned.normalize()),
        "traded": count(traded.normalize()),
        "average": "" if leg.average is None else f"{leg.average:,.6g}",
        "slippage": worse,
        "fees": plain_text(coins(leg.fees)),
        "fills": f"{leg.fills}",
    }
