"""The collateral plan in words and as JSON: what to move where, for a rally of so much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group

from hedgerow.model.display import percent_text
from hedgerow.model.rally import RallyNeed, RallyPlan
from hedgerow.reports.layout import Fact, facts, line, notes, page
from hedgerow.reports.trade_text import stamp

__all__ = ["collateral_json", "collateral_text"]


def collateral_json(plans: Sequence[RallyPlan]) -> dict[str, Any]:
    """Return the plans: dollars and fractions, exact coins of the sources as text."""
    found = [
        {
            "book": plan.book,
            "at": stamp(plan.at),
            "rally": plan.rally,
            "distance_after": plan.distance,
            "unknown": plan.unknown or None,
            "accounts": [
                {
                    "account": need.account,
                    "settle": need.settle,
                    "equity_usd": need.equity_usd,
                    "net_usd": need.net_usd,
                    "distance": need.distance,
                    "lacking_usd": need.lacking_usd,
                    "lacking_coins": need.lacking_coins,
                    "settle_usd": need.settle_usd,
                    "settle_assumed": need.assumed,
                    "sources": [{"account": at, "coins_exact": f"{coins:f}"} for at, coins in need.sources],
                }
                for need in plan.needs
            ],
        }
        for plan in plans
    ]
    return {"plans": found}


def collateral_text(plans: Sequence[RallyPlan]) -> Group:
    """Return the plans for people."""
    if not plans:
        return page(line("No watch has looked at a hedge yet: hedgerow watch BOOK"))
    return page(*(part for plan in plans for part in _parts(plan)))


def _parts(plan: RallyPlan) -> list[Any]:
    title = f"{plan.book} at {stamp(plan.at)}: for a rally of {percent_text(plan.rally)}, and {percent_text(plan.distance)} to liquidation after it"
    if plan.unknown or not plan.needs:
        return [line(title, "bold"), line(plan.unknown or "no contract is open")]
    rows = [row for need in plan.needs for row in _rows(need)]
    warnings = [f"{need.settle} is assumed to be worth a dollar." for need in plan.needs if need.assumed]
    warnings.append("An estimate from the last look; nothing is moved. The venue's own figures go before it.")
    return [line(title, "bold"), facts(rows), notes(dict.fromkeys(warnings))]


def _rows(need: RallyNeed) -> list[Fact]:
    reach = "no liquidation" if need.distance is None else f"liquidation {percent_text(need.distance)} away"
    side = "short" if need.net_usd < 0.0 else "long"
    found: list[Fact] = [
        ("", need.account, f"${need.equity_usd:,.0f} behind ${abs(need.net_usd):,.0f} {side}", reach)
    ]
    if not need.lacking_usd > 0.0:
        return [*found, ("", "", "enough", "")]
    wanted = f"bring {need.lacking_coins:,.6g} {need.settle}"
    found.append(("", "", wanted, f"${need.lacking_usd:,.0f}"))
    left = need.lacking_coins
    for at, coins in need.sources:
        if left > 0.0:
            part = min(float(coins), left)
            found.append(
                ("", "", f"  {part:,.6g} from {at or 'where no account is named'}", f"of {coins:,f} there")
            )
            left -= part
    if need.sources and left > 1e-9 * need.lacking_coins:
        found.append(("", "", f"  {left:,.6g} are not in the book", ""))
    return found
