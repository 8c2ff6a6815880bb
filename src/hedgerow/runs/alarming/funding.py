"""What holding the hedge costs in funding: longs pay shorts at a positive rate, a short receives."""

from __future__ import annotations

import math

from hedgerow.hedge.alarms import Finding, standing_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.display import percent_text
from hedgerow.model.watched import FundingRow
from hedgerow.runs.alarming.facts import Looked

__all__ = ["interval", "paid"]

_A_YEAR = 365.0 / 30.0


def paid(looked: Looked, limits: Thresholds) -> list[Finding]:
    """What was paid in 30 days and what the next 30 are expected to cost, the worse of the two as a yearly rate."""
    facts, rows = looked.facts, looked.facts.foretold
    behind = _rate(facts.paid_30d, facts.notional_usd)
    ahead = _rate(sum(row.month_usd[1] for row in rows) if rows else math.nan, facts.notional_usd)
    rate = min((each for each in (behind, ahead) if math.isfinite(each)), default=math.nan)
    parts = []
    if math.isfinite(behind):
        verb = "cost" if facts.paid_30d < 0.0 else "brought"
        parts.append(
            f"funding {verb} {_dollars(abs(facts.paid_30d))} in 30 days, {behind:+.1%} of the hedge a year"
        )
    if rows:
        week, month = (
            [sum(row.week_usd[k] for row in rows) for k in range(3)],
            [sum(row.month_usd[k] for row in rows) for k in range(3)],
        )
        parts.append(
            f"at 90 % the next 7 days bring {_between(week)}, the next 30 {_between(month)}, {ahead:+.1%} a year expected"
        )
    parts += [_terms(row) for row in rows]
    advice = (
        "`hedgerow choose` says what another contract would cost; a positive rate is received by a short."
    )
    return [
        Finding("funding", "hedge", standing_of(rate, *limits.funding), "warning", "; ".join(parts), advice)
    ]


def interval(looked: Looked, _: Thresholds) -> list[Finding]:
    """Contracts that settle more often than they did: what one settlement may cost falls due that much more often."""
    found = []
    for row in looked.facts.foretold:
        text = (
            f"{row.instrument} settles funding every {row.hours:g} hours; in the last 30 days it was every "
            f"{row.usual_hours:g}"
        )
        if row.cap is not None:
            text += f", at most {percent_text(row.cap, 2)} each"
        advice = "Venues do so when the rate is at its limit: see what the next days cost (`funding`), and compare `hedgerow choose`."
        standing = standing_of(row.usual_hours / row.hours, 1.01, 1.0)
        found.append(Finding("funding interval", row.instrument, standing, "warning", text, advice))
    return found


def _rate(dollars: float, notional: float) -> float:
    return dollars / notional * _A_YEAR if notional > 0.0 else math.nan


def _terms(row: FundingRow) -> str:
    cap = "no cap is known" if row.cap is None else f"at most {percent_text(row.cap, 2)} each"
    return f"{row.instrument} settles every {row.hours:g} hours, {cap}"


def _between(sums: list[float]) -> str:
    low, middle, high = (f"{'−' if each < 0 else '+'}{_dollars(abs(each))}" for each in sums)
    return f"{middle} ({low} to {high})"


def _dollars(amount: float) -> str:
    return f"${amount:,.0f}"
