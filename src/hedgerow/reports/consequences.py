"""What a plan brings: its costs, the risk it leaves, the margin it needs, what more contracts would do."""

from __future__ import annotations

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from hedgerow.hedge.plan import CostLine, FrontierPoint, HedgePlan, MarginAccount
from hedgerow.hedge.ticket import Ticket
from hedgerow.reports.layout import Fact, columns, line
from hedgerow.reports.wording import amount, count, number, percent

__all__ = ["cost_rows", "frontier_line", "frontier_table", "margin_rows", "risk_rows"]

_ONCE = {"fee": "fees"}
_HELD = ("funding", "carry")
_REPLAY = "2025-10-10 replayed"
_SHOWN_COUNTS = (1, 2, 3, 5, 8, 10)


def cost_rows(plan: HedgePlan, money: str) -> list[Fact]:
    """Return what the trade costs at once and what holding it costs or earns a month."""
    once = [cost for cost in plan.costs if not cost.monthly]
    rows: list[Fact] = []
    if once:
        parts = " + ".join(f"{amount(cost.usd, money)} {_ONCE.get(cost.name, cost.name)}" for cost in once)
        share = f"{percent(plan.cost_usd() / plan.nav_usd)} of the book; " if plan.has_ratio else ""
        rows.append(("", "costs now", parts, share + _known(once)))
    monthly = [cost for cost in plan.costs if cost.monthly]
    for i, cost in enumerate(sorted(monthly, key=lambda c: c.name not in _HELD)):
        rows.append(("", "a month" if i == 0 else "", *_month(cost, money)))
    return rows


def _known(costs: list[CostLine]) -> str:
    groups = {basis: [c.name for c in costs if c.basis == basis] for basis in (c.basis for c in costs)}
    return ", ".join(f"{' and '.join(names)} {basis}" for basis, names in groups.items())


def _month(cost: CostLine, money: str) -> tuple[str, str]:
    """A monthly line with its band, seen from where the expectation lies: as earnings or as costs."""
    earned = cost.usd < 0
    low, high = (-cost.high_usd, -cost.low_usd) if earned else (cost.low_usd, cost.high_usd)
    verb = "earns" if earned else "costs"
    band = f"({amount(low, money, signed=True)} … {amount(high, money, signed=True)})"
    return f"{verb} about {amount(abs(cost.usd), money)} {cost.name} {band}", cost.basis


def risk_rows(ticket: Ticket) -> list[Fact]:
    """Return volatility, its parts, daily losses and the worst day replayed, before and after."""
    before, after = ticket.plan.risk_before, ticket.plan.risk_after
    rows: list[Fact] = []
    if before is not None and after is not None and before.volatility_usd > 0:
        money = ticket.currency
        rows.append(("", "volatility", _volatility(ticket.plan, money), _parts(ticket.plan)))
        losses = f"loses more than {_arrow(before.var95_usd, after.var95_usd, money)}"
        tail = f"then {_arrow(before.es95_usd, after.es95_usd, money)} on average"
        rows.append(("", "one day in 20", losses, tail))
        moves = f"R² {number(before.r2)} → {number(after.r2)}"
        linked = f"correlation {number(before.correlation)} → {number(after.correlation)}"
        rows.append(("", f"with {ticket.plan.factors[0]}", moves, linked))
    replay = next((row for row in ticket.stress if row.name == _REPLAY), None)
    if replay is not None:
        said = f"{amount(replay.book_usd, ticket.currency)} unhedged, {amount(replay.net_usd, ticket.currency)} hedged"
        rows.append(("", "worst day replayed", said, replay.description))
    return rows


def _arrow(before: float, after: float, money: str) -> str:
    return f"{amount(before, money)} → {amount(after, money)}"


def _volatility(plan: HedgePlan, money: str) -> str:
    before, after = plan.risk_before, plan.risk_after
    if before is None or after is None:
        return "unknown"
    if plan.has_ratio:
        nav = plan.nav_usd
        return f"{percent(before.volatility_usd / nav)} → {percent(after.volatility_usd / nav)} a year"
    return f"{_arrow(before.volatility_usd, after.volatility_usd, money)} a year"


def _parts(plan: HedgePlan) -> str:
    """What of the variance goes: the market's part and what the coins share or own, apart."""
    before, after = plan.risk_before, plan.risk_after
    if before is None or after is None:
        return ""
    whole = before.volatility_usd**2
    market = (before.market_usd**2 - after.market_usd**2) / whole
    shared = (before.shared_usd**2 - after.shared_usd**2) / whole
    own = (before.own_usd**2 - after.own_usd**2) / whole
    return f"of the variance, market {percent(market)} removed, shared by alts {percent(shared)}, own {percent(own)}"


def margin_rows(plan: HedgePlan, money: str) -> list[Fact]:
    """Return what every account needs, what it survives, and its liquidation."""
    rows: list[Fact] = []
    for account in plan.margin:
        way = "+" if account.shorts else "−"
        need = (
            f"{amount(account.required_usd, money)} margin to survive {way}{percent(account.required_rally)}"
        )
        label = "needs" if len(plan.margin) == 1 else f"needs, {account.account}"
        initial = f"initial {amount(account.initial_usd, money)}, maintenance {amount(account.maintenance_usd, money)}"
        rows.append(("", label, need, initial))
        rows.append(("", "", *_reach(account, plan, money, way)))
    return rows


def _reach(account: MarginAccount, plan: HedgePlan, money: str, way: str) -> tuple[str, str]:
    given = np.isfinite(account.collateral_usd)
    if not account.told:
        return (
            "of margin there nothing is told",
            "liquidation is not known: --collateral, or the account as a book",
        )
    held = f"with {amount(account.collateral_usd, money)} there" if given else "with that"
    if account.max_rally is None:
        return f"{held} it is never liquidated", ""
    venue, _, settle = account.account.partition("/")
    prices = [
        f"{leg.instrument.symbol} at {count(leg.liquidation_price, 2)} {leg.instrument.quote}"
        for leg in plan.legs
        if leg.liquidation_price is not None
        and (leg.instrument.venue, leg.instrument.settle) == (venue, settle)
    ]
    chance = f"chance in {account.horizon_days:g} days {percent(account.liquidation_probability)}"
    return f"{held} liquidated at {way}{percent(account.max_rally)}", "; ".join([chance, *prices[:2]])


def frontier_line(frontier: tuple[FrontierPoint, ...]) -> Text | None:
    """Return what more contracts would remove, in one line; None where they do not."""
    shown = [p for p in frontier if p.count in _SHOWN_COUNTS or p.chosen]
    if len(shown) < 2 or min(p.left for p in shown[1:]) >= shown[0].left:
        return None
    parts = "  ".join(f"{p.count} → {percent(1.0 - p.left)}" for p in shown)
    return line(f"    More contracts (--instruments auto) remove more of the variance:  {parts}")


def frontier_table(frontier: tuple[FrontierPoint, ...], money: str) -> RenderableType | None:
    """Return number of contracts against variance left, cost and margin; the one `auto` takes is marked."""
    if not frontier:
        return None
    rows = [
        [
            f"{point.count}{' auto' if point.chosen else ''}",
            percent(point.left),
            percent(point.market_removed),
            percent(point.shared_removed),
            percent(point.own_removed),
            amount(point.cost_usd, money),
            amount(point.cost_usd_per_month, money, signed=True),
            amount(point.margin_usd, money),
            " + ".join(name for name in point.instruments if name not in before),
        ]
        for point, before in zip(frontier, ((), *(p.instruments for p in frontier)), strict=False)
    ]
    names = [
        "contracts",
        "variance left",
        "market removed",
        "shared",
        "own",
        "costs now",
        "costs a month",
        "margin",
        "adds",
    ]
    return columns(names, rows, left=(0, 8))
