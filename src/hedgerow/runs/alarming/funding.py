"""What holding the hedge costs in funding: longs pay shorts at a positive rate, a short receives."""

from __future__ import annotations

import math

from hedgerow.hedge.alarms import Finding, standing_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.runs.alarming.facts import Looked

__all__ = ["paid"]


def paid(looked: Looked, limits: Thresholds) -> list[Finding]:
    """What was paid in 30 days, as a yearly rate of the hedge."""
    facts = looked.facts
    rate = facts.paid_30d / facts.notional_usd * 365.0 / 30.0 if facts.notional_usd > 0.0 else math.nan
    text = f"funding cost {-facts.paid_30d:,.0f} dollars in 30 days, {-rate:.1%} of the hedge a year"
    advice = (
        "`hedgerow choose` says what another contract would cost; a positive rate is received by a short."
    )
    return [Finding("funding", "hedge", standing_of(rate, *limits.funding), "warning", text, advice)]
