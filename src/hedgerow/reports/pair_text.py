"""A pair as text and as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Group

from hedgerow.hedge.pairs import PairLeg, PairPlan
from hedgerow.model.display import plain
from hedgerow.model.pairs import PairRun, PairStanding
from hedgerow.reports.layout import Fact, columns, facts, header, instant, line, notes, page
from hedgerow.reports.wire import fingerprint
from hedgerow.reports.wording import amount, count, number, percent, plus_minus

__all__ = ["pair_json", "pair_text", "standing_text"]


def pair_text(
    found: PairPlan, money: str = "USD", run: PairRun | None = None, *, closing: str = "Nothing was traded."
) -> Group:
    """Return the pair for a terminal, below it what it would have come to, and `closing` as the last line."""
    lead = header(
        found.simulated,
        "" if found.simulated else found.source,
        f"as of {instant(found.as_of)}",
        f"factor {', '.join(found.factors)}",
        "beta-neutral" if found.balance == "beta" else "dollar-neutral, its beta taken out apart",
    )
    if not found.legs:
        return page(lead, line(f"no pair: {'; '.join(found.refused)}", "bold red"), line(closing))
    rows = [
        [
            "buy" if leg.contracts > 0 else "sell",
            leg.instrument.symbol,
            count(abs(leg.contracts)),
            amount(leg.dollars, money, signed=True),
            amount(float(leg.beta_usd[0]), money, signed=True),
            amount(sum(c.usd for c in leg.costs if not c.monthly), money),
            amount(leg.funding_usd_per_month, money, signed=True),
        ]
        for leg in found.legs
    ]
    names = ["", "contract", "contracts", "dollars", "beta", "costs now", "funding a month"]
    return page(
        lead,
        columns(names, rows, left=(0, 1)),
        facts([*_left(found, money), *_together(found)]),
        notes(
            (
                "Funding below zero is received. Beta-neutral is not a promise that the prices come back to each other.",
            )
        ),
        *([] if run is None else [facts(_past(run, money)), notes(run.notes)]),
        line(closing),
    )


def _past(run: PairRun, money: str) -> list[Fact]:
    """What was isolated, what it cost, and what was not isolated."""
    low, high = (number(b) for b in run.residual_beta[1:])
    total = run.totals
    rows: list[Fact] = [
        ("", "", "", ""),
        (
            "",
            "in the past",
            f"{instant(run.times[0])} to {instant(run.times[-1])}",
            f"sized anew {count(run.rebalanced)} times on what was known",
        ),
        (
            "",
            "alpha",
            amount(total["alpha"], money, signed=True),
            f"{run.long} beyond {run.short}, betas taken out",
        ),
        (
            "",
            "market",
            amount(total["market"], money, signed=True),
            "what the factors did to betas that were left",
        ),
        ("", "funding", amount(total["funding"], money, signed=True), "received; both legs with their signs"),
        ("", "costs", amount(total["costs"], money, signed=True), "fees, half the spread, impact"),
        ("", "volatility", percent(run.volatility), "of the notional, a year"),
        (
            "",
            "not isolated",
            f"beta {number(run.residual_beta[0])} ({low} … {high})",
            f"the factors explain {percent(run.explained)} of what the pair did",
        ),
    ]
    return rows


def _left(found: PairPlan, money: str) -> list[Fact]:
    rows: list[Fact] = [
        (
            "",
            "leaves" if k == 0 else "and",
            f"{amount(float(found.beta_usd[k]), money, signed=True)} of {factor}",
            f"± {plus_minus(float(found.stderr_usd[k]))}",
        )
        for k, factor in enumerate(found.factors)
    ]
    month = sum(leg.funding_usd_per_month for leg in found.legs)
    rows.append(
        (
            "",
            "net dollars",
            amount(found.net_usd, money, signed=True),
            "long less short: to be financed, or lent out",
        )
    )
    rows.append(
        ("", "funding a month", amount(month, money, signed=True), "expected; below zero is received")
    )
    return rows


def _together(found: PairPlan) -> list[Fact]:
    test = found.cointegration
    if test is None:
        return [("", "cointegration", "unknown", "too few prices in common")]
    said = "not found" if not np.isfinite(test.level) else f"at the {percent(test.level)} level"
    half = "never" if not np.isfinite(test.half_life) else f"{number(test.half_life, 0)} bars"
    return [
        (
            "",
            "cointegration",
            said,
            f"statistic {number(test.statistic)}, half-life of the gap {half}, now {number(test.gap, 1)} of its deviations",
        )
    ]


def pair_json(found: PairPlan, run: PairRun | None = None) -> dict[str, Any]:
    """Return the document of `pair --json`; `backtest` is null where none was asked for, and not in the `plan_id`."""
    document: dict[str, Any] = {
        "as_of": plain(found.as_of),
        "source": found.source,
        "simulated": found.simulated,
        "long": found.long,
        "short": found.short,
        "balance": found.balance,
        "factors": list(found.factors),
        "legs": [
            {
                "venue": leg.instrument.venue,
                "instrument": leg.instrument.symbol,
                "side": "buy" if leg.contracts > 0 else "sell",
                "contracts": float(abs(leg.contracts)),
                "contracts_exact": str(abs(leg.contracts)),
                "notional_usd": abs(leg.dollars),
                "price_usd": plain(_price(leg)),
                "beta_usd": plain(leg.beta_usd[0]),
                "cost_usd": sum(c.usd for c in leg.costs if not c.monthly),
                "funding_usd_per_month": plain(leg.funding_usd_per_month),
            }
            for leg in found.legs
        ],
        "refused": list(found.refused),
        "net_usd": plain(found.net_usd),
        "beta_usd": dict(zip(found.factors, plain(found.beta_usd), strict=True)),
        "stderr_usd": dict(zip(found.factors, plain(found.stderr_usd), strict=True)),
        "cointegration": plain(found.cointegration),
    }
    past = None if run is None else _run_json(run)
    return {"plan_id": fingerprint(document), **document, "backtest": past}


def _price(leg: PairLeg) -> float:
    """Dollars of one unit of a leg's underlying: its contracts are linear."""
    return abs(leg.dollars) / float(abs(leg.contracts) * leg.instrument.multiplier)


def _run_json(run: PairRun) -> dict[str, Any]:
    beta, low, high = run.residual_beta
    return {
        "begins": plain(run.times[0]),
        "ends": plain(run.times[-1]),
        "lines_usd": plain(run.totals),
        "total_usd": plain(float(run.lines.sum())),
        "residual_beta": {"middle": plain(beta), "low": plain(low), "high": plain(high)},
        "explained_by_factors": plain(run.explained),
        "volatility": plain(run.volatility),
        "rebalanced": run.rebalanced,
        "notes": list(run.notes),
    }


def standing_text(found: PairStanding, money: str = "USD") -> str:
    """Return on one line how a pair stands that is held: its legs, beta, funding, alpha so far, and its gap."""
    legs = ", ".join(
        f"{leg.instrument.underlying} {amount(leg.dollars, money, signed=True)}, funding"
        f" {amount(leg.funding_usd, money, signed=True)} so far, {amount(leg.funding_month_usd, money, signed=True)} a month"
        for leg in found.legs
    )
    betas = ", ".join(
        f"{amount(beta, money, signed=True)} ± {plus_minus(error)} of {factor}"
        for beta, error, factor in zip(found.beta_usd, found.stderr_usd, found.factors, strict=False)
    )
    alpha = f"{amount(found.alpha_usd, money, signed=True)} ± {plus_minus(found.market_error_usd)}"
    net = amount(found.net_usd, money, signed=True)
    gap = f" · the prices are {number(found.gap, 1)} deviations apart" if np.isfinite(found.gap) else ""
    return f"{legs} · beta {betas or 'unknown'} · alpha {alpha}, {net} after funding and fees{gap}"
