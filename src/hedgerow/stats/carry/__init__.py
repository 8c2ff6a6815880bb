"""Carry: funding and its forecast, basis, rolling, expiry (domain §4, §5)."""

from __future__ import annotations

from hedgerow.stats.carry.basis import (
    AnnualBasis,
    Roll,
    annual_basis,
    basis_beta,
    carried_price,
    perpetual_ratio,
    roll,
)
from hedgerow.stats.carry.dated import CARRY_DAYS, USUAL_CARRY, carry_from_funding
from hedgerow.stats.carry.expiry import (
    last_friday,
    next_quarterly_expiry,
    quarterly_expiries,
    remaining_delta,
    settlement_from_bars,
    settlement_price,
    settlement_window,
)
from hedgerow.stats.carry.forecast import (
    LEAST_PRINTS,
    Ar1,
    FundingForecast,
    fit_ar1,
    fit_funding,
    forecast_funding,
    funding_over,
    prior_funding,
)
from hedgerow.stats.carry.funding import (
    CLAMP,
    INTEREST_8H,
    LARGEST_RATE,
    annual_rate,
    check_rate,
    funding_cash,
    funding_cash_inverse,
    funding_rate,
    parse_rate,
)
from hedgerow.stats.carry.intervals import (
    LADDER_HOURS,
    intervals_of,
    mean_annual,
    trailing_annual,
    worst_rolling,
)
from hedgerow.stats.carry.silence import assumed_settlements

__all__ = [
    "CARRY_DAYS",
    "CLAMP",
    "INTEREST_8H",
    "LADDER_HOURS",
    "LARGEST_RATE",
    "LEAST_PRINTS",
    "USUAL_CARRY",
    "AnnualBasis",
    "Ar1",
    "FundingForecast",
    "Roll",
    "annual_basis",
    "annual_rate",
    "assumed_settlements",
    "basis_beta",
    "carried_price",
    "carry_from_funding",
    "check_rate",
    "fit_ar1",
    "fit_funding",
    "forecast_funding",
    "funding_cash",
    "funding_cash_inverse",
    "funding_over",
    "funding_rate",
    "intervals_of",
    "last_friday",
    "mean_annual",
    "next_quarterly_expiry",
    "parse_rate",
    "perpetual_ratio",
    "prior_funding",
    "quarterly_expiries",
    "remaining_delta",
    "roll",
    "settlement_from_bars",
    "settlement_price",
    "settlement_window",
    "trailing_annual",
    "worst_rolling",
]
