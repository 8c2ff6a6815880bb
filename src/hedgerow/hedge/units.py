"""Is a contract what we think it is? Price × base quantity against what the venue itself says it is worth.

A multiplier that is off by ten makes a hedge off by ten. Nothing is traded on a contract that fails this.
"""

from __future__ import annotations

import math

from hedgerow.hedge.plan import Refusal
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Instrument

__all__ = ["unit_refusal"]

_TOLERANCE = 0.005


def unit_refusal(
    instrument: Instrument, contracts: float, price_usd: float, reported_usd: float, settle_usd: float = 1.0
) -> Refusal | None:
    """Return a refusal where our notional of `contracts` is more than 0.5 % off the venue's own, else None.

    An unknown price or report (NaN) is refused as well: what cannot be checked is not traded.
    """
    ours = instrument.notional_usd(contracts, price_usd, settle_usd)
    checkable = math.isfinite(price_usd) and reported_usd > 0
    off = abs(ours / reported_usd - 1.0) if checkable else math.inf
    if off <= _TOLERANCE:
        return None
    told = f"{instrument.name}: {ours:,.2f} by our multiplier of {instrument.multiplier}, {reported_usd:,.2f} by the venue"
    return Refusal(
        "contract units",
        told,
        off,
        _TOLERANCE,
        f"correct the multiplier: at most {percent_text(_TOLERANCE, 1)} off",
    )
