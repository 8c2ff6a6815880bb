"""What an account needs: maintenance at any price, the rally it survives, the wallet that survives more (domain §6).

An account is all legs at one venue with one settlement coin. Its equity and its maintenance margin are functions of
one move x of all its underlyings together; it is liquidated where they meet. Spot held elsewhere does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.stats.margin import maintenance_margin

__all__ = ["Stake", "equity_after", "maintenance_after", "survivable_move", "wallet_for"]

_FURTHEST = 100.0
_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Stake:
    """A position as margin sees it: `dollars` of the underlying at today's price, short below zero."""

    instrument: Instrument
    dollars: float
    price_usd: float
    settle_usd: float


def maintenance_after(stakes: tuple[Stake, ...], move: float) -> float:
    """Return dollars of maintenance margin when every underlying has moved by `move` (0.4 is 40 % up).

    Linear tiers are in the quote coin, at par with the dollar here; inverse and quanto tiers are in the settlement
    coin, a quanto's at today's price of it.
    """
    total = 0.0
    for stake in stakes:
        tiers = stake.instrument.tiers
        if stake.instrument.payoff is Payoff.INVERSE:
            coin = stake.price_usd * (1.0 + move)
            total += maintenance_margin(abs(stake.dollars) / coin, tiers) * coin
        elif stake.instrument.payoff is Payoff.QUANTO:
            coins = abs(stake.dollars) * (1.0 + move) / stake.settle_usd
            total += maintenance_margin(coins, tiers) * stake.settle_usd
        else:
            total += maintenance_margin(abs(stake.dollars) * (1.0 + move), tiers)
    return total


def equity_after(stakes: tuple[Stake, ...], wallet_usd: float, move: float, *, in_coin: bool) -> float:
    """Return the account's equity in dollars after `move`; a wallet held in the underlying itself moves with it."""
    profit = sum(stake.dollars for stake in stakes) * move
    return wallet_usd * (1.0 + move if in_coin else 1.0) + profit


def survivable_move(stakes: tuple[Stake, ...], wallet_usd: float, *, in_coin: bool) -> float | None:
    """Return the distance (positive) to the move against the account at which it is liquidated; None: never.

    A net short account is endangered by a rally, a net long one by a fall. 0 where it is under water today.
    """
    against = 1.0 if sum(stake.dollars for stake in stakes) < 0 else -1.0
    furthest = _FURTHEST if against > 0 else 1.0 - _TOLERANCE

    def spare(distance: float) -> float:
        move = against * distance
        return equity_after(stakes, wallet_usd, move, in_coin=in_coin) - maintenance_after(stakes, move)

    if not stakes or spare(0.0) <= 0.0:
        return 0.0 if stakes else None
    if spare(furthest) > 0.0:
        return None
    low, high = 0.0, furthest
    while high - low > _TOLERANCE * max(1.0, high):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spare(middle) > 0.0 else (low, middle)
    return low


def wallet_for(stakes: tuple[Stake, ...], distance: float, max_leverage: float, *, in_coin: bool) -> float:
    """Return the dollars of collateral today that survive a move of `distance` against the account (TV27).

    Never less than the leverage cap wants. A wallet in the underlying itself grows, or shrinks, on the way. Longs and
    shorts in one account may both go wrong: then every leg's move is counted against it.
    """
    gross = sum(abs(stake.dollars) for stake in stakes)
    least = gross / max_leverage
    if abs(sum(stake.dollars for stake in stakes)) < gross:
        return max(gross * distance + maintenance_after(stakes, distance), least)
    shorts = any(stake.dollars < 0 for stake in stakes)
    move = distance if shorts else -min(distance, 1.0 - _TOLERANCE)
    grown = 1.0 + move if in_coin else 1.0
    return max((gross * abs(move) + maintenance_after(stakes, move)) / grown, least)
