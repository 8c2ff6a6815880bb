"""What each page says, as text and rows: the numbers are the steps' own, the wording is the ticket's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hedgerow.app.watch import saw
from hedgerow.hedge.exposure import AssetExposure, Exposure
from hedgerow.hedge.plan import MarginAccount
from hedgerow.hedge.ranking import Candidate, Ranking
from hedgerow.hedge.ticket import Ticket
from hedgerow.reports.layout import instant
from hedgerow.reports.page import betas_figure, costs_figure, stress_figure, survival_figure
from hedgerow.reports.parts import Figure
from hedgerow.reports.ticket import estimator_words
from hedgerow.reports.wording import amount, count, number, percent, plain_text, plus_minus, price
from hedgerow.web.bar import strip_of
from hedgerow.web.editing import Entered, editing_view
from hedgerow.web.optional import held_options, option_cells, options_beside
from hedgerow.web.room import Room, Seen
from hedgerow.web.why import book_why, coin_why, plan_why

__all__ = ["book_view", "exposure_view", "hedge_view", "what_if"]

_NO_ERROR = {"policy", "factor"}
_NOT_MEASURED = {*_NO_ERROR, "prior", "override"}


def book_view(room: Room, entered: Entered | None = None) -> dict[str, Any]:
    """Return the first page: holdings, worth, betas with their errors, and how to change them.

    Raises what reading the book raises.
    """
    exposure, warnings = room.beta()
    worth, money = exposure.worth, exposure.worth.currency
    betas = {row.symbol: row for row in exposure.rows}
    ordered = sorted(worth.rows, key=lambda a: -abs(a.value_usd) if np.isfinite(a.value_usd) else -math.inf)
    rows = [
        {
            "coin": plain_text(asset.symbol),
            "quantity": count(asset.quantity),
            "price": price(asset.price_usd, money),
            "worth": amount(asset.value_usd, money),
            **(
                option_cells(worth, asset.symbol)
                or {
                    **_beta_cells(betas.get(asset.symbol)),
                    "why": coin_why(exposure.betas, asset.symbol),
                }
            ),
        }
        for asset in ordered
    ]
    return {
        **_head(room, exposure),
        "worth": amount(None if _nothing(exposure) else worth.total_usd, money),
        "moves": _moves(exposure),
        "ratio": _ratio(exposure),
        "rows": rows,
        "unknown": [plain_text(name) for name in exposure.unknown],
        "warnings": _lines(warnings),
        "figures": room.drawn("book", lambda: (betas_figure(exposure.betas, worth.assets),)),
        "estimator": plain_text(estimator_words(exposure.betas)),
        "editing": editing_view(room, entered),
        "why": book_why(exposure, room.desk().market),
    }


def exposure_view(room: Room, seen: Seen) -> dict[str, Any]:
    """Return the second page: dollar beta with its error against target and band, by coin and account."""
    exposure, warnings = room.beta()
    money, look = exposure.worth.currency, seen.look_of(room.name)
    rows = sorted(exposure.rows, key=lambda row: -abs(row.beta_usd[0]))
    strips = []
    if look is not None:
        for k, name in enumerate(exposure.factors[: len(look.left_usd)]):
            numbers = (look.left_usd[k], look.left_error_usd[k], look.target_usd[k], look.band_usd[k])
            strips.append((plain_text(name), strip_of(*numbers, money)))
    return {
        **_head(room, exposure),
        "moves": _moves(exposure),
        "ratio": _ratio(exposure),
        "same": look is None or saw(look, room.book),
        "strips": strips,
        "watched": None if look is None else _watched(exposure, look.beta_usd, look.left_usd, money),
        "rows": [_exposed(row, exposure) for row in rows],
        "accounts": [
            (plain_text(name), amount(float(dollars[0]), money)) for name, dollars in exposure.accounts
        ],
        "why": book_why(exposure, room.desk().market),
        "options": held_options(room, exposure),
        "unknown": [plain_text(name) for name in exposure.unknown],
        "warnings": _lines(warnings),
    }


def hedge_view(room: Room) -> dict[str, Any]:
    """Return the third page: contracts side by side, the plan by the policy in force, and the slider's reach."""
    exposure, ranking, warnings = room.choose()
    ticket = room.ticket()
    return {
        **_head(room, exposure),
        "slider": _slider(ticket),
        "plan": what_if(ticket),
        "names": ["contract", "cost (− earns)", "risk added", "left a year", "margin", "of volume", "why"],
        "rows": [
            _candidate(c, ranking, exposure.worth.currency) for c in (*ranking.candidates, *ranking.baselines)
        ],
        "horizon": f"{ranking.horizon_days:g}",
        "options": options_beside(room),
        "figures": room.drawn("hedge", lambda: _figures(ticket)),
        "unknown": [plain_text(name) for name in ticket.unknown],
        "warnings": _lines((*warnings, *ticket.warnings)),
    }


def what_if(ticket: Ticket) -> dict[str, Any]:
    """Return what a plan would do in words, and what refuses it: the same on the page and while the slider moves."""
    plan, money = ticket.plan, ticket.currency
    legs = [
        f"{leg.side} {count(leg.contracts)} {plain_text(leg.instrument.symbol)} ({amount(leg.notional_usd, money)})"
        for leg in plan.legs
    ]
    month = sum(line.usd for line in plan.costs if line.monthly)
    verb = "earns" if month < 0 else "costs"
    return {
        "plan_target": _left(ticket, plan.target_usd),
        "cells": {
            "trade": ", ".join(legs) or "nothing to trade",
            "left": f"{_left(ticket, plan.after_usd)} ± {_error(ticket)}",
            "cost": amount(plan.cost_usd(), money),
            "month": f"{verb} {amount(abs(month), money)}" if math.isfinite(month) else "unknown",
            "margin": amount(sum(a.required_usd for a in plan.margin), money),
            "survival": _survival(plan.margin),
            "volatility": _volatility(ticket),
        },
        "refused": [plain_text(f"{r.rule}: {r.detail}. {r.remedy}") for r in ticket.refusals],
        "untraded": [plain_text(line) for line in plan.untraded],
        "why": plan_why(ticket),
    }


def _figures(ticket: Ticket) -> tuple[Figure, ...]:
    legs = (costs_figure(ticket), survival_figure(ticket)) if ticket.plan.legs else ()
    return (*legs, *((stress_figure(ticket),) if ticket.stress else ()))


def _head(room: Room, exposure: Exposure) -> dict[str, Any]:
    market = room.desk().market
    lead = (
        f"{plain_text(market.source)} · as of {instant(market.as_of)} · factor {', '.join(exposure.factors)}"
    )
    return {"simulated": market.simulated, "lead": lead, "book": room.words}


def _nothing(exposure: Exposure) -> bool:
    rows = exposure.worth.rows
    return bool(exposure.worth.unknown) and not any(np.isfinite(row.value_usd) for row in rows)


def _moves(exposure: Exposure) -> list[str]:
    if exposure.unknown and not exposure.rows:
        return ["unknown"]
    money = exposure.worth.currency
    return [
        f"{amount(dollars, money)} ± {plus_minus(error)} of {plain_text(name)}"
        for name, dollars, error in zip(exposure.factors, exposure.beta_usd, exposure.stderr_usd, strict=True)
    ]


def _ratio(exposure: Exposure) -> str:
    if not exposure.has_ratio:
        return "none: the net value is at most 5 % of the gross"
    return f"{number(exposure.beta[0])} ± {number(exposure.stderr[0])}"


def _beta_cells(row: AssetExposure | None) -> dict[str, str]:
    if row is None:
        return {"beta": "unknown", "error": "unknown", "share": "", "width": "0", "note": ""}
    return {
        "beta": number(row.beta[0]),
        "error": "" if row.method in _NO_ERROR else number(row.stderr[0]),
        "share": percent(row.share) if np.isfinite(row.share) and row.method != "policy" else "",
        "width": f"{min(abs(row.share), 1.0) * 100:.1f}" if np.isfinite(row.share) else "0",
        "note": plain_text(row.note or (row.method if row.method in _NOT_MEASURED else "measured")),
    }


def _exposed(row: AssetExposure, exposure: Exposure) -> dict[str, str]:
    money = exposure.worth.currency
    return {
        "coin": plain_text(row.symbol),
        "moves": amount(row.delta_usd, money),
        "dollars": amount(row.beta_usd[0], money, signed=True),
        "dollars_error": "" if row.method in _NO_ERROR else plus_minus(row.stderr_usd[0]),
        **_beta_cells(row),
    }


def _watched(
    exposure: Exposure, before: tuple[float, ...], left: tuple[float, ...], money: str
) -> list[tuple[str, str, str]]:
    rows = zip(exposure.factors, before, left, strict=False)
    return [(plain_text(name), amount(b, money), amount(after, money)) for name, b, after in rows]


def _candidate(candidate: Candidate, ranking: Ranking, money: str) -> dict[str, Any]:
    contract = candidate.instrument
    best = candidate is ranking.best
    name = contract.symbol if contract else candidate.name
    if contract is not None and not math.isfinite(candidate.score_usd):
        return {
            "name": plain_text(name),
            "best": False,
            "cells": ["not usable", "", "", "", ""],
            "why": plain_text(candidate.reason),
        }
    cells = [
        amount(candidate.cost_usd, money),
        amount(candidate.basis_risk_usd, money),
        amount(candidate.volatility_left_usd, money),
        amount(candidate.margin_usd, money),
        percent(candidate.liquidity.share_of_daily_volume) if contract else "",
    ]
    return {"name": plain_text(name), "best": best, "cells": cells, "why": plain_text(candidate.reason)}


def _slider(ticket: Ticket) -> dict[str, str] | None:
    """How far the slider goes: from nothing to a quarter beyond the book's own beta; None without a ratio."""
    exposure, plan = ticket.exposure, ticket.plan
    if not exposure.has_ratio or not np.isfinite(exposure.beta[0]):
        return None
    own = float(exposure.beta[0])
    low, high = math.floor(min(own * 1.25, 0.0) * 20) / 20, math.ceil(max(own * 1.25, 0.05) * 20) / 20
    at = min(max(float(plan.ratio(plan.target_usd)[0]), low), high)
    return {
        "low": f"{low:.2f}",
        "high": f"{high:.2f}",
        "at": f"{at:.2f}",
        "own": number(own),
        "factor": plain_text(plan.factors[0]),
    }


def _left(ticket: Ticket, dollars: Any) -> str:
    plan = ticket.plan
    return number(plan.ratio(dollars)[0]) if plan.has_ratio else amount(dollars[0], ticket.currency)


def _error(ticket: Ticket) -> str:
    plan = ticket.plan
    return number(plan.stderr_usd[0] / plan.nav_usd) if plan.has_ratio else plus_minus(plan.stderr_usd[0])


def _survival(margin: tuple[MarginAccount, ...]) -> str:
    if not margin:
        return "no margin needed"
    found = []
    for account in margin:
        way = "+" if account.shorts else "−"
        far = "any move" if account.max_rally is None else f"{way}{percent(account.max_rally)}"
        far = far if account.told else "not known"
        found.append(far if len(margin) == 1 else f"{plain_text(account.account)} {far}")
    return "; ".join(found)


def _volatility(ticket: Ticket) -> str:
    plan = ticket.plan
    before, after = plan.risk_before, plan.risk_after
    if before is None or after is None:
        return "unknown"
    if plan.has_ratio:
        return f"{percent(before.volatility_usd / plan.nav_usd)} → {percent(after.volatility_usd / plan.nav_usd)} a year"
    return f"{amount(before.volatility_usd, ticket.currency)} → {amount(after.volatility_usd, ticket.currency)} a year"


def _lines(warnings: tuple[str, ...]) -> list[str]:
    return [plain_text(line) for line in dict.fromkeys(warnings)]
