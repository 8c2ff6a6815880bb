"""The embedded market: no network, no key, no account; SIMULATED wherever it shows."""

from __future__ import annotations

import numpy as np

from hedgerow.model.errors import BadPrices
from hedgerow.model.market import FundingPrints, Market
from hedgerow.stats.factor_market import factor_market

__all__ = ["simulated_market"]


def simulated_market(seed: int = 7, as_of: np.datetime64 | None = None) -> Market:
    """Return the simulated market of `seed`, up to `as_of` (its end, 2026-07-01 00:00 UTC, by default).

    Raises `BadPrices` for an instant before its first bar.
    """
    made = factor_market(seed)
    until = made.times[-1] if as_of is None else as_of
    kept, paid = made.times <= until, made.funding_times <= until
    if not kept.any():
        raise BadPrices(
            f"the simulated market begins at {made.times[0]}",
            advice="Give a later --as-of, or real --prices.",
        )
    funding = {}
    for i, symbol in enumerate(made.symbols):
        rates = made.funding[paid, i]
        known = np.isfinite(rates)
        if known.any():
            funding[symbol] = FundingPrints("simulated", made.funding_times[paid][known], rates[known])
    return Market(
        times=made.times[kept],
        symbols=made.symbols,
        prices=made.prices[kept],
        volumes_usd=made.volumes_usd[kept],
        bar_hours=24.0,
        as_of=until,
        source="simulated",
        kind="perp",
        quote="USDT",
        simulated=True,
        funding=funding,
        sectors=made.sectors,
    )
