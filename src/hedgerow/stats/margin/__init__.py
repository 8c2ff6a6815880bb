"""Margin: brackets, maintenance, liquidation price per venue formula and date, survival (domain §6)."""

from __future__ import annotations

from hedgerow.stats.margin.account import (
    LIQUIDATION_RATIO,
    REDUCE_ONLY_RATIO,
    Collateral,
    PortfolioMargin,
    adjusted_equity,
    adl_rank,
    uni_mmr,
)
from hedgerow.stats.margin.crossing import MarginedPosition, equity, pnl
from hedgerow.stats.margin.liquidation import (
    FORMULAS,
    INVERSE_AT_MARK,
    LINEAR_AT_MARK,
    Formula,
    formula_for,
    liquidation_price,
)
from hedgerow.stats.margin.survival import (
    distance_rule,
    largest_leverage,
    max_fall,
    max_fall_inverse,
    max_rally,
    max_rally_coin_collateral,
    max_rally_inverse,
    required_wallet,
    required_wallet_coin_collateral,
    required_wallet_inverse,
)
from hedgerow.stats.margin.tiers import (
    Bracket,
    Piece,
    Tier,
    cum_amounts,
    initial_margin,
    maintenance_margin,
    maintenance_margins,
    pieces_of,
)

__all__ = [
    "FORMULAS",
    "INVERSE_AT_MARK",
    "LINEAR_AT_MARK",
    "LIQUIDATION_RATIO",
    "REDUCE_ONLY_RATIO",
    "Bracket",
    "Collateral",
    "Formula",
    "MarginedPosition",
    "Piece",
    "PortfolioMargin",
    "Tier",
    "adjusted_equity",
    "adl_rank",
    "cum_amounts",
    "distance_rule",
    "equity",
    "formula_for",
    "initial_margin",
    "largest_leverage",
    "liquidation_price",
    "maintenance_margin",
    "maintenance_margins",
    "max_fall",
    "max_fall_inverse",
    "max_rally",
    "max_rally_coin_collateral",
    "max_rally_inverse",
    "pieces_of",
    "pnl",
    "required_wallet",
    "required_wallet_coin_collateral",
    "required_wallet_inverse",
    "uni_mmr",
]
