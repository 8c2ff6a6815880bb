"""Options of the book as JSON: each with its greeks, and the book over moves of the factor."""

from __future__ import annotations

from typing import Any

from hedgerow.hedge.options.curve import BookOptions
from hedgerow.hedge.options.held import HeldOption
from hedgerow.model.display import plain

__all__ = ["curve_json", "held_json", "hold_json"]


def held_json(held: HeldOption) -> dict[str, Any]:
    """Return one option: its terms, its price and the volatility in it, and what it moves with."""
    greeks, quantity = held.greeks, held.position.legs[0].contracts
    return {
        "symbol": held.name.text,
        "account": held.account,
        "underlying": held.coin,
        "option": "call" if held.name.call else "put",
        "strike": held.name.strike,
        "expiry": plain(held.name.ends),
        "settle": held.settle,
        "quantity": held.quantity,
        "quantity_exact": f"{quantity:f}",
        "price_usd": held.price_usd,
        "value_usd": held.value_usd,
        "value_error_usd": held.value_doubt,
        "basis": held.basis,
        "volatility": held.volatility,
        "volatility_error": held.doubt,
        "delta_usd": greeks.delta_usd,
        "delta_error_usd": held.delta_doubt,
        "net_delta": greeks.net_delta,
        "gamma_usd": greeks.gamma_usd,
        "vega_usd": greeks.vega_usd,
        "theta_usd": greeks.theta_usd,
    }


def curve_json(found: BookOptions) -> dict[str, Any]:
    """Return what the options add to the book's beta, and the book over moves of the factor."""
    names = ("moves", "profit_usd", "first_order_usd", "beta_usd")
    series = (found.moves, found.profit_usd, found.first_order_usd, found.left_usd)
    return {
        "beta_usd": found.beta_usd,
        "beta_error_usd": found.doubt_usd,
        "gamma_usd": found.gamma_usd,
        "vega_usd": found.vega_usd,
        "theta_usd": found.theta_usd,
        "curve": dict(zip(names, (plain(part) for part in series), strict=True)),
    }


def hold_json(found: BookOptions) -> dict[str, Any]:
    """Return the book with its hedge over the same moves, and how far the hedge holds; null: beyond half the price."""
    holds = found.holds
    return {
        "moves": plain(found.moves),
        "profit_usd": plain(found.hedged_usd),
        "beta_usd": plain(found.hedged_left_usd),
        "holds": None
        if holds is None
        else {"within_usd": holds.within_usd, "down_to": holds.low, "up_to": holds.high},
    }
