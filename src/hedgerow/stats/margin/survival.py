"""How far a short may be rallied against, and what wallet survives more (domain §6.3).

All moves are fractions of today's price: 0.4 is 40 % up (or down, for a long). An account here is one contract and
its own collateral: spot held elsewhere does not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hedgerow.model.errors import BadInput
from hedgerow.stats.margin.crossing import critical_notional, difference
from hedgerow.stats.margin.tiers import Bracket, Tier, maintenance_margin, pieces_of

__all__ = [
    "distance_rule",
    "largest_leverage",
    "max_fall",
    "max_fall_inverse",
    "max_rally",
    "max_rally_coin_collateral",
    "max_rally_inverse",
    "required_wallet",
    "required_wallet_coin_collateral",
    "required_wallet_inverse",
]

_LEAST_DISTANCE = 0.40
_SIGMAS = 4.0
_RULE_DAYS = 10.0
_DAYS_A_YEAR = 365.0


def max_rally(wallet: float, notional: float, tiers: Sequence[Bracket]) -> float | None:
    """Return the rally a linear short worth `notional` survives on `wallet`; negative: under water today.

    ((W + cum)/N₀ − mmr)/(1 + mmr), in the bracket of the notional after the rally. None without a position, NaN if
    wallet or notional is NaN. Domain §6.3, TV27, TV45.
    """
    if notional == 0.0:
        return None
    if math.isnan(wallet + notional):
        return math.nan
    meeting = critical_notional(wallet + notional, -1.0, pieces_of(tiers))
    return None if meeting is None else meeting / notional - 1.0


def max_fall(wallet: float, notional: float, tiers: Sequence[Bracket]) -> float | None:
    """Return the fall a linear long worth `notional` survives on `wallet`; None where it survives any."""
    if notional == 0.0:
        return None
    if math.isnan(wallet + notional):
        return math.nan
    meeting = critical_notional(difference(wallet, notional), 1.0, pieces_of(tiers))
    return None if meeting is None else 1.0 - meeting / notional


def max_rally_inverse(
    wallet_coin: float, dollars: float, price: float, tiers: Sequence[Bracket]
) -> float | None:
    """Return the rally a short of `dollars` of inverse face survives on `wallet_coin` coins; None where any.

    `tiers` are in coin. A wallet that holds dollars/price coins or more is never liquidated (TV15b, TV25).
    """
    if dollars == 0.0:
        return None
    value = dollars / price
    if math.isnan(wallet_coin + value):
        return math.nan
    meeting = critical_notional(difference(wallet_coin, value), 1.0, pieces_of(tiers))
    return None if meeting is None else value / meeting - 1.0


def max_fall_inverse(
    wallet_coin: float, dollars: float, price: float, tiers: Sequence[Bracket]
) -> float | None:
    """Return the fall a long of `dollars` of inverse face survives on `wallet_coin` coins; `tiers` are in coin."""
    if dollars == 0.0:
        return None
    value = dollars / price
    if math.isnan(wallet_coin + value):
        return math.nan
    meeting = critical_notional(wallet_coin + value, -1.0, pieces_of(tiers))
    return 1.0 - value / meeting if meeting else -math.inf


def max_rally_coin_collateral(
    wallet_usd: float, notional: float, tiers: Sequence[Bracket], haircut: float = 0.0
) -> float | None:
    """Return the rally a linear short survives when its collateral is the coin itself, worth `wallet_usd` today.

    The collateral rises with the rally and counts less its `haircut`. None where it survives any.
    """
    if notional == 0.0:
        return None
    counted = wallet_usd * _counted(haircut)
    if math.isnan(counted + notional):
        return math.nan
    slopes = [(piece, 1.0 + piece.mmr - counted / notional) for piece in pieces_of(tiers)]
    meetings = [(notional + piece.cum) / slope for piece, slope in slopes if slope > 0.0]
    return min(meetings) / notional - 1.0 if meetings else None


def required_wallet(notional: float, rally: float, tiers: Sequence[Bracket]) -> float:
    """Return the quote-coin wallet with which a linear short worth `notional` just survives `rally`.

    N₀·x + MM(N₀(1 + x)). A `rally` below 0 needs what 0 needs: today's maintenance. NaN in, NaN out. Domain §6.3, TV27.
    """
    worst = max(rally, 0.0)
    return notional * worst + maintenance_margin(notional * (1.0 + worst), tiers)


def required_wallet_coin_collateral(
    notional: float, rally: float, tiers: Sequence[Bracket], haircut: float = 0.0
) -> float:
    """Return the dollars today, in the shorted coin itself, with which a linear short just survives `rally`.

    The coin is worth 1 + x times as much when it is needed, less its `haircut` (TV27). NaN in, NaN out.
    """
    worst = max(rally, 0.0)
    return required_wallet(notional, worst, tiers) / ((1.0 + worst) * _counted(haircut))


def required_wallet_inverse(dollars: float, price: float, rally: float, tiers: Sequence[Bracket]) -> float:
    """Return the coins with which an inverse short of `dollars` of face just survives `rally` from `price`.

    U/S₀ − U/S₁ + MM(U/S₁) with S₁ = S₀(1 + x); `tiers` in coin. Tends to U/S₀, all the coin, as x grows; a `rally`
    below 0 needs what 0 needs. NaN in, NaN out.
    """
    after = dollars / (price * (1.0 + max(rally, 0.0)))
    return dollars / price - after + maintenance_margin(after, tiers)


def distance_rule(
    sigma_annual: float, least: float = _LEAST_DISTANCE, sigmas: float = _SIGMAS, days: float = _RULE_DAYS
) -> float:
    """Return how far liquidation must be kept: max(40 %, 4σ√(10 days)), as a fraction of today's price.

    `sigma_annual` is the volatility of the hedge contract a year of 365 days. NaN in, NaN out: unknown. Domain §6.3.
    """
    wide = sigmas * sigma_annual * math.sqrt(days / _DAYS_A_YEAR)
    return math.nan if math.isnan(wide) else max(least, wide)


def largest_leverage(
    distance: float, tiers: Sequence[Bracket] = (Tier(0.0, 0.004),), notional: float = 1.0
) -> float:
    """Return the largest leverage at which a linear short of `notional` survives a rally of `distance`.

    40 % at a flat 0.4 % needs 2.465 or less (domain §6.3).
    """
    return notional / required_wallet(notional, distance, tiers)


def _counted(haircut: float) -> float:
    if not 0.0 <= haircut < 1.0:
        raise BadInput(f"a haircut of {haircut} is not a fraction below 1", advice="Give 0.05 for 5 %.")
    return 1.0 - haircut
