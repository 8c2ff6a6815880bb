"""Costs: fee, spread, book walk, square-root impact, funding, carry, roll, capital (domain §10)."""

from __future__ import annotations

from hedgerow.stats.costs.book import (
    BASIS_POINTS,
    Side,
    SizeUnit,
    WalkResult,
    half_spread_bps,
    mid_price,
    walk,
)
from hedgerow.stats.costs.charges import (
    Basis,
    CapitalCost,
    CarryCost,
    Charge,
    CoinFeeCost,
    Cost,
    FeeCost,
    FundingCost,
    ImpactCost,
    RollCost,
    SpreadCost,
    Trade,
    charges,
    cost_rate,
    fee_in_coin,
    spread_from_book,
    spread_from_volume,
)
from hedgerow.stats.costs.impact import (
    SPREAD_BAND,
    average_impact_bps,
    modelled_half_spread_bps,
    peak_impact_bps,
)

__all__ = [
    "BASIS_POINTS",
    "SPREAD_BAND",
    "Basis",
    "CapitalCost",
    "CarryCost",
    "Charge",
    "CoinFeeCost",
    "Cost",
    "FeeCost",
    "FundingCost",
    "ImpactCost",
    "RollCost",
    "Side",
    "SizeUnit",
    "SpreadCost",
    "Trade",
    "WalkResult",
    "average_impact_bps",
    "charges",
    "cost_rate",
    "fee_in_coin",
    "half_spread_bps",
    "mid_price",
    "modelled_half_spread_bps",
    "peak_impact_bps",
    "spread_from_book",
    "spread_from_volume",
    "walk",
]
