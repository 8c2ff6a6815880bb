"""The watch in words and as JSON: a line for everything that happened, and what a rehearsal came to."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.console import Group

from hedgerow.model.briefs import Brief
from hedgerow.model.display import percent_text
from hedgerow.model.watched import Leave, Look, WatchLine
from hedgerow.reports.layout import Fact, facts, line, notes, page
from hedgerow.reports.trade_text import WHOSE, plan_name, stamp
from hedgerow.reports.wording import amount, percent, rounded

_BAND = ("low", "expected", "high")
__all__ = [
    "approved_text",
    "leave_text",
    "line_json",
    "line_text",
    "look_json",
    "summary_json",
    "summary_text",
]


def line_text(told: WatchLine) -> str:
    """Return one line for people: the instant, one verb, the rest in words."""
    at = datetime.fromtimestamp(told.at / 1_000, tz=UTC)
    whose = f"{told.book:<12} " if told.book else ""
    return f"{at:%Y-%m-%d %H:%M:%S}  {whose}{told.action:<10} {told.text}\n"


def line_json(told: WatchLine) -> str:
    """Return the same as a JSON record with an `action`, on one line."""
    record = {"at": stamp(told.at), "action": told.action, "text": told.text}
    record |= {"book": told.book} if told.book else {}
    return json.dumps(record, ensure_ascii=False) + "\n"


def approved_text(name: str, by: Sequence[str], needed: int) -> str:
    """Return that somebody said yes, by how many it is, and whether that is enough."""
    if len(by) >= needed:
        return f"Approved: {name[:12]}." if needed == 1 else f"Approved: {name[:12]}, by {' and '.join(by)}."
    return f"{len(by)} of {needed} approvals of {name[:12]}, by {' and '.join(by)}. It waits for {needed - len(by)} more."


def leave_text(leave: Leave) -> Group:
    """Return what a watch asks leave for: which book, whose money, what it may do without asking again."""
    does = {
        "auto": "trades by itself",
        "propose": "asks before each trade",
        "observe": "only looks",
    }[leave.mode]
    first = f"finishes plan {plan_name(leave.begun)}, which was begun" if leave.begun else ""
    return page(
        line(f"About to watch: {leave.book}", "bold"),
        facts(
            [
                ("", "mode", leave.mode, does),
                ("", "with", WHOSE[leave.money], f"at {leave.venue}, account {leave.account}"),
                *([("", "first", first, "")] if first else []),
                *(("", "within", each, "") for each in leave.bounds),
            ]
        ),
        notes(leave.warnings) if leave.warnings else None,
    )


def look_json(look: Look) -> dict[str, Any]:
    """Return a look as `status --json` has it: what was seen, decided and left, alarms, exact quantities as text."""
    return {
        "at": stamp(look.at),
        "mode": look.mode,
        "action": look.act,
        "reason": look.reason,
        "beta_usd": list(look.beta_usd),
        "stderr_usd": list(look.stderr_usd),
        "target_usd": list(look.target_usd),
        "band_usd": list(look.band_usd),
        "left_usd": list(look.left_usd),
        "in_band": look.in_band,
        "orders": {row.instrument: f"{row.contracts:f}" for row in look.orders},
        "proposal": look.proposal.name if look.proposal else None,
        "distance": look.distance if math.isfinite(look.distance) else None,
        "expiries": _ladder(look),
        "received_30d_usd": look.received_30d_usd,
        "funding": [
            {
                "instrument": row.instrument,
                "interval_hours": row.hours,
                "usual_interval_hours": row.usual_hours,
                "cap": row.cap,
                "next_7_days_usd": dict(zip(_BAND, row.week_usd, strict=True)),
                "next_30_days_usd": dict(zip(_BAND, row.month_usd, strict=True)),
            }
            for row in look.funding
        ],
        "alarms": [
            {
                "watch": row.watch,
                "about": row.about,
                "level": row.level,
                "since": stamp(row.since),
                "text": row.text,
                "advice": row.advice,
            }
            for row in look.alarms
        ],
        "breaker": None
        if look.breaker is None
        else {"since": stamp(look.breaker.since), "why": look.breaker.why, "name": look.breaker.name},
        "asks": [{"name": row.name, "about": row.about, "what": row.what} for row in look.asks],
    }


def _ladder(look: Look) -> list[dict[str, Any]]:
    """The ends of the open contracts, the nearest first."""
    dated = [(row.instrument.expiry, row) for row in look.held or () if row.instrument.expiry is not None]
    return [
        {
            "instrument": row.instrument.name,
            "expires": stamp(round(ends.timestamp() * 1000)),
            "days": (ends.timestamp() * 1000 - look.at) / 86_400_000,
            "units_exact": f"{row.units:f}",
        }
        for ends, row in sorted(dated, key=lambda pair: pair[0])
    ]


def summary_json(
    looks: Sequence[Look], came_to: Brief | None = None, modelled: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what a rehearsal came to; dollars that are not known are null."""
    raised = sum(len(after) for after in _raised(looks))
    found = {
        "looks": len(looks),
        "in_band": sum(look.in_band for look in looks),
        "trades": sum(look.traded_usd > 0.0 for look in looks),
        "traded_usd": sum(look.traded_usd for look in looks),
        "cost_usd": sum(look.cost_usd for look in looks),
        "alarms": raised,
    }
    if came_to is None:
        return found
    effect = came_to.effect
    return found | {
        "hedge_usd": came_to.hedge_usd,
        "hedge_price": _exact(came_to.price),
        "funding": _exact(came_to.funding),
        "fees": _exact(came_to.fees),
        "funding_modelled": list(modelled),
        "variance_removed": effect.realised,
        "variance_removed_promised": effect.promised,
        "days": effect.days,
    }


def _exact(coins: Mapping[str, Decimal] | None) -> dict[str, str] | None:
    return None if coins is None else {coin: str(units) for coin, units in sorted(coins.items())}


def summary_text(looks: Sequence[Look], came_to: Brief | None = None, modelled: Sequence[str] = ()) -> Group:
    """Return what a rehearsal came to, in a few lines; `modelled` are the coins whose funding is no print of the past."""
    found = summary_json(looks)
    share = found["in_band"] / max(found["looks"], 1)
    band = f"{percent_text(share, 1)} ended inside the band, or beyond it by less than the smallest order"
    rows: list[Fact] = [
        ("6", "Looks", f"{found['looks']:,}", band),
        ("", "Trades", f"{found['trades']:,}", f"${found['traded_usd']:,.0f} for ${found['cost_usd']:,.0f}"),
        ("", "Alarms", f"{found['alarms']:,}", "raised, each once"),
    ]
    if came_to is not None:
        rows += _came_to(came_to, modelled)
    return page(line("REHEARSAL: an account of its own, forgotten now", "bold"), facts(rows))


def _came_to(brief: Brief, modelled: Sequence[str]) -> list[Fact]:
    """What the hedge brought, and what it was good for."""
    price = "unknown" if brief.price is None else rounded(brief.price, signed=True)
    basis = f"{', '.join(modelled)} modelled, 0.01 % each 8 hours" if modelled else "as the prices have it"
    effect = brief.effect
    removed = "unknown" if effect.realised is None else percent_text(effect.realised)
    over = effect.why or f"over {effect.days} days; promised {percent(effect.promised)}"
    return [
        ("", "Hedge", amount(brief.hedge_usd, signed=True), "its price, funding and fees together"),
        ("", "  price", price, "realised and not"),
        ("", "  funding", rounded(brief.funding, signed=True), f"above zero received; {basis}"),
        ("", "  fees", rounded(brief.fees), f"{brief.fills:,} fills"),
        ("", "Variance removed", removed, over),
    ]


def _raised(looks: Sequence[Look]) -> list[set[tuple[str, str]]]:
    """Return the alarms that went on, look by look."""
    found: list[set[tuple[str, str]]] = []
    before = set[tuple[str, str]]()
    for look in looks:
        now: set[tuple[str, str]] = {(row.watch, row.about) for row in look.alarms}
        found.append(now - before)
        before = now
    return found
