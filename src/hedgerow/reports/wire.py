"""The JSON of every verb: fractions, dollars, `side` with quantities that are never negative, null for unknown.

`value` ⊂ `beta` ⊂ `choose` ⊂ `plan` share their parts, so that a reader of one reads them all. The schemas lie in
`reports/schema/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hedgerow.hedge.exposure import AssetExposure, Exposure
from hedgerow.hedge.options.curve import book_options
from hedgerow.hedge.plan import CostLine, HedgePlan, Leg
from hedgerow.hedge.ranking import Candidate, Ranking
from hedgerow.hedge.ruin import Survival
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.display import plain
from hedgerow.model.errors import BadInput, HedgerowError
from hedgerow.model.market import Market, iso_time
from hedgerow.reports.held_wire import curve_json, held_json, hold_json

__all__ = [
    "beta_json",
    "choose_json",
    "encode",
    "error_json",
    "fingerprint",
    "plan_json",
    "stress_json",
    "value_json",
]

_HASHED_DIGITS = 10


def encode(document: dict[str, Any]) -> str:
    """Return the text of a document: ASCII, so that nothing in a name reaches a terminal as a command."""
    return json.dumps(plain(document), indent=2, allow_nan=False)


def error_json(error: HedgerowError) -> dict[str, Any]:
    """Return an error as JSON: its exit code, its words, and where in the input it is."""
    told: dict[str, Any] = {
        "code": error.exit_code,
        "kind": type(error).__name__,
        "message": error.message,
        "advice": error.advice,
    }
    if isinstance(error, BadInput):
        told |= {"file": error.file or None, "line": error.line, "column": error.column or None}
    return {"error": told}


def value_json(worth: Valuation, market: Market, recognised: str = "") -> dict[str, Any]:
    """Return `value`: what the book is worth."""
    return {
        **_origin(market.as_of, market.source, worth.currency, simulated=market.simulated),
        "recognised": recognised,
        "valuation": _valuation(worth),
        "warnings": list(worth.warnings),
        "unknown": list(worth.unknown),
    }


def beta_json(
    exposure: Exposure, market: Market, warnings: Iterable[str], recognised: str = ""
) -> dict[str, Any]:
    """Return `beta`: each coin's beta with its error, and the book's."""
    return {
        **_origin(market.as_of, market.source, exposure.worth.currency, simulated=market.simulated),
        "recognised": recognised,
        **_factors(exposure),
        "estimator": _estimator(exposure.betas),
        "valuation": _valuation(exposure.worth),
        "betas": _betas(exposure.betas, exposure.worth.assets),
        "exposure": _exposure(exposure, None),
        "warnings": list(warnings),
        "unknown": list(exposure.unknown),
    }


def choose_json(
    exposure: Exposure, ranking: Ranking, market: Market, warnings: Iterable[str], recognised: str = ""
) -> dict[str, Any]:
    """Return `choose`: what `beta` says, and every candidate with its cost and the reason it lost."""
    document = beta_json(exposure, market, warnings, recognised)
    document["exposure"] = _exposure(exposure, ranking.target_usd)
    document["horizon_days"] = ranking.horizon_days
    document["ranking"] = _ranking(ranking, exposure.factors)
    return document


def stress_json(ticket: Ticket, lives: Sequence[Survival] = ()) -> dict[str, Any]:
    """Return `stress`: every scenario for the book alone, the hedge, and both; and how likely its accounts survive."""
    return {
        **_origin(ticket.as_of, ticket.source, ticket.currency, simulated=ticket.simulated),
        "recognised": ticket.recognised,
        **_factors(ticket.exposure),
        "exposure": _exposure(ticket.exposure, ticket.plan.target_usd),
        "plan": _plan(ticket.plan, ticket.exposure),
        "stress": plain(ticket.stress),
        "survival": [{**plain(one), "at_most": plain(one.at_most)} for one in lives],
        "warnings": list(ticket.warnings),
        "unknown": list(ticket.unknown),
    }


def plan_json(ticket: Ticket) -> dict[str, Any]:
    """Return `plan`: the whole ticket under its `plan_id`.

    The id is the SHA-256 of the document without it, numbers at ten significant digits.
    """
    known = (*ticket.worth.assets, *(leg.instrument.underlying for leg in ticket.plan.legs))
    document: dict[str, Any] = {
        **_origin(ticket.as_of, ticket.source, ticket.currency, simulated=ticket.simulated),
        "recognised": ticket.recognised,
        **_factors(ticket.exposure),
        "complete": ticket.complete,
        "estimator": _estimator(ticket.betas),
        "valuation": _valuation(ticket.worth),
        "betas": _betas(ticket.betas, tuple(dict.fromkeys(known))),
        "exposure": _exposure(ticket.exposure, ticket.plan.target_usd),
        "horizon_days": ticket.ranking.horizon_days,
        "ranking": _ranking(ticket.ranking, ticket.exposure.factors),
        "plan": _plan(ticket.plan, ticket.exposure),
        "cost": _cost(ticket.plan),
        "margin": plain(ticket.plan.margin),
        "frontier": plain(ticket.plan.frontier),
        "risk": {"before": plain(ticket.plan.risk_before), "after": plain(ticket.plan.risk_after)},
        "stress": plain(ticket.stress),
        "refusals": plain(ticket.refusals),
        "flags": plain(ticket.flags),
        "warnings": list(ticket.warnings),
        "unknown": list(ticket.unknown),
    }
    return {"plan_id": fingerprint(document), **document}


def fingerprint(document: dict[str, Any]) -> str:
    """Return the SHA-256 of a document, numbers at ten significant digits."""
    text = json.dumps(_rounded(plain(document)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_HASHED_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def _origin(as_of: np.datetime64, source: str, currency: str, *, simulated: bool) -> dict[str, Any]:
    return {"as_of": iso_time(as_of), "source": source, "simulated": simulated, "currency": currency}


def _factors(exposure: Exposure) -> dict[str, Any]:
    return {"factor": ",".join(exposure.factors), "factors": list(exposure.factors)}


def _estimator(betas: Betas) -> dict[str, Any]:
    return {
        "spec": betas.estimator,
        "bar_hours": betas.bar_hours,
        "prior_mean": plain(dict(zip(betas.factors, betas.prior_mean, strict=True))),
        "prior_sd": plain(dict(zip(betas.factors, betas.prior_sd, strict=True))),
        "prior_note": betas.prior_note,
        "condition_number": plain(betas.condition_number),
    }


def _valuation(worth: Valuation) -> dict[str, Any]:
    assets = [
        {
            "symbol": row.symbol,
            "quantity": plain(row.quantity),
            "quantity_exact": f"{row.quantity:f}",
            "price_usd": plain(row.price_usd),
            "value_usd": plain(row.value_usd),
            "basis": row.basis,
        }
        for row in worth.rows
    ]
    document: dict[str, Any] = {
        "total_usd": plain(worth.total_usd),
        "gross_usd": plain(worth.gross_usd),
        "stablecoins_usd": plain(worth.stablecoins_usd),
        "assets": assets,
    }
    return document | ({"options": [held_json(each) for each in worth.options]} if worth.options else {})


def _betas(betas: Betas, symbols: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_beta(betas, betas.symbols.index(symbol)) for symbol in symbols if symbol in betas.symbols]


def _beta(betas: Betas, i: int) -> dict[str, Any]:
    sure = np.isfinite(betas.beta[i]).all() and not betas.errorless[i]
    stderr = betas.stderr[i] if sure else np.full(len(betas.factors), np.nan)
    return {
        "symbol": betas.symbols[i],
        "beta": plain(betas.beta[i, 0]),
        "stderr": plain(stderr[0]),
        "r2": plain(betas.r2[i]),
        "n": int(betas.n[i]),
        "n_eff": plain(betas.n_eff[i]),
        "method": betas.method[i],
        "note": betas.note[i],
        "beta_by_factor": _by_factor(betas.factors, betas.beta[i]),
        "stderr_by_factor": _by_factor(betas.factors, stderr),
    }


def _by_factor(factors: tuple[str, ...], numbers: FloatArray) -> dict[str, float | None]:
    return {factor: plain(number) for factor, number in zip(factors, numbers, strict=True)}


def _exposure(exposure: Exposure, target_usd: FloatArray | None) -> dict[str, Any]:
    document = {
        "beta_usd": plain(exposure.beta_usd[0]),
        "stderr_usd": plain(exposure.stderr_usd[0]),
        "beta": plain(exposure.beta[0]),
        "stderr": plain(exposure.stderr[0]),
        "nav_usd": plain(exposure.nav_usd),
        "gross_usd": plain(exposure.gross_usd),
        "beta_usd_by_factor": _by_factor(exposure.factors, exposure.beta_usd),
        "stderr_usd_by_factor": _by_factor(exposure.factors, exposure.stderr_usd),
        "assets": [_asset(row, exposure.factors) for row in exposure.rows],
        "accounts": [
            {"account": name, "beta_usd_by_factor": _by_factor(exposure.factors, dollars)}
            for name, dollars in exposure.accounts
        ],
    }
    options = book_options(exposure)
    if options is not None:
        document["options"] = curve_json(options)
    if target_usd is not None:
        document["target_beta_usd"] = plain(target_usd[0])
        document["target_beta_usd_by_factor"] = _by_factor(exposure.factors, target_usd)
    return document


def _asset(row: AssetExposure, factors: tuple[str, ...]) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "delta_usd": plain(row.delta_usd),
        "beta_usd_by_factor": _by_factor(factors, row.beta_usd),
        "stderr_usd_by_factor": _by_factor(factors, row.stderr_usd),
        "share": plain(row.share),
        "method": row.method,
    }


def _ranking(ranking: Ranking, factors: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [_candidate(c, factors, baseline=False) for c in ranking.candidates]
    return rows + [_candidate(c, factors, baseline=True) for c in ranking.baselines]


def _candidate(candidate: Candidate, factors: tuple[str, ...], *, baseline: bool) -> dict[str, Any]:
    instrument = candidate.instrument
    return {
        "instrument": instrument.symbol if instrument else candidate.name,
        "venue": instrument.venue if instrument else None,
        "name": candidate.name,
        "baseline": baseline,
        "usable": candidate.usable,
        "side": None
        if baseline or not np.isfinite(candidate.contracts)
        else ("sell" if candidate.contracts < 0 else "buy"),
        "contracts": plain(abs(candidate.contracts)),
        "notional_usd": plain(candidate.notional_usd),
        "beta_by_factor": _by_factor(factors, candidate.beta),
        "beta_left_usd_by_factor": _by_factor(factors, candidate.beta_left_usd),
        "cost_usd": plain(candidate.cost_usd),
        "costs": _lines(candidate.costs),
        "basis_risk_usd": plain(candidate.basis_risk_usd),
        "volatility_left_usd": plain(candidate.volatility_left_usd),
        "risk_cost_usd": plain(candidate.risk_cost_usd),
        "score_usd": plain(candidate.score_usd),
        "margin_usd": plain(candidate.margin_usd),
        "liquidity": plain(candidate.liquidity),
        "reason": candidate.reason,
    }


def _lines(lines: tuple[CostLine, ...]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = plain(lines)
    return shown


def _plan(plan: HedgePlan, exposure: Exposure) -> dict[str, Any]:
    factors = plan.factors
    options = book_options(exposure, plan)
    return ({} if options is None else {"options": hold_json(options)}) | {
        "legs": [_leg(leg, factors) for leg in plan.legs],
        "beta_before": plain(plan.ratio(plan.before_usd)[0]),
        "beta_after": plain(plan.ratio(plan.after_usd)[0]),
        "beta_before_usd": plain(plan.before_usd[0]),
        "beta_after_usd": plain(plan.after_usd[0]),
        "residual_beta_usd": plain(plan.residual_usd[0]),
        "stderr_usd": plain(plan.stderr_usd[0]),
        "before_usd_by_factor": _by_factor(factors, plan.before_usd),
        "after_usd_by_factor": _by_factor(factors, plan.after_usd),
        "target_usd_by_factor": _by_factor(factors, plan.target_usd),
        "residual_usd_by_factor": _by_factor(factors, plan.residual_usd),
        "stderr_usd_by_factor": _by_factor(factors, plan.stderr_usd),
        "untraded": list(plan.untraded),
        "notes": list(plan.notes),
    }


def _leg(leg: Leg, factors: tuple[str, ...]) -> dict[str, Any]:
    contract = leg.instrument
    return {
        "venue": contract.venue,
        "instrument": contract.symbol,
        "underlying": contract.underlying,
        "payoff": contract.payoff.value,
        "expiry": contract.expiry.strftime("%Y-%m-%dT%H:%M:%SZ") if contract.expiry else None,
        "side": leg.side,
        "contracts": plain(leg.contracts),
        "contracts_exact": f"{leg.contracts:f}",
        "base_quantity": plain(leg.base_quantity),
        "notional_usd": plain(leg.notional_usd),
        "price_usd": plain(leg.price_usd),
        "beta_usd": plain(leg.beta_usd[0]),
        "beta_usd_by_factor": _by_factor(factors, leg.beta_usd),
        "liquidation_price": plain(leg.liquidation_price),
        "costs": _lines(leg.costs),
        "cite": contract.cite,
    }


def _cost(plan: HedgePlan) -> dict[str, Any]:
    return {
        "fee_usd": plain(plan.cost_usd("fee")),
        "spread_usd": plain(plan.cost_usd("spread")),
        "impact_usd": plain(plan.cost_usd("impact")),
        "funding_usd_per_month": plain(plan.cost_usd("funding")),
        "carry_usd_per_month": plain(plan.cost_usd("carry")),
        "roll_usd_per_month": plain(plan.cost_usd("roll")),
        "capital_usd_per_month": plain(plan.cost_usd("capital")),
        "total_usd": plain(plan.cost_usd()),
        "lines": _lines(plan.costs),
    }
