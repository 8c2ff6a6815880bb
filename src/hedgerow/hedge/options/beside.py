"""The perpetual beside the options: sized to do the same, and a sentence on which does it better."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from hedgerow.hedge.charges import entry_rate, holding_lines, holding_rate
from hedgerow.hedge.margin import Stake, maintenance_after, wallet_for
from hedgerow.hedge.options.plan import PerpBeside, Protection, units_by_beta, units_for_floor
from hedgerow.hedge.options.scene import Scene
from hedgerow.hedge.terms import MONTH_DAYS, Terms, terms_of
from hedgerow.model.amounts import to_lots
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.stats.black import black_price
from hedgerow.stats.smile import Smile

__all__ = ["chance_between", "perp_beside", "perp_terms", "verdict_of"]

_MAX_LEVERAGE = 3.0
_SIMPLY = 0.25
_FINE = np.round(np.arange(-0.95, 3.0 + 1e-9, 0.005), 4)
_NUDGE = 1e-4


def perp_beside(
    scene: Scene, market: Market, catalogue: tuple[Instrument, ...], days: float
) -> PerpBeside | None:
    """Return the linear perpetual on the factor, short as much as the same sizing asks for, held `days`; None: there is none.

    Its profit has entry costs and expected funding in; every figure is of one margin account of its own.
    """
    terms = perp_terms(scene, market, catalogue)
    if terms is None:
        return None
    contracts = _contracts(terms, scene, days)
    if not contracts:
        return None
    dollars = -float(contracts) * terms.delta_usd
    entry = entry_rate(terms, dollars) * -dollars
    monthly = [line for line in holding_lines(terms, dollars) if line.name == "funding"]
    month = sum(line.usd for line in monthly)
    hedge = dollars * scene.moves - entry - month * days / MONTH_DAYS
    crash = scene.crash_usd + hedge
    worst, where = scene.worst(crash)
    stake = (Stake(terms.instrument, dollars, terms.price_usd, terms.settle_usd),)
    rally = dollars * scene.rally - entry - month * days / MONTH_DAYS
    return PerpBeside(
        terms.instrument,
        contracts,
        -dollars,
        entry,
        month,
        sum(line.low_usd for line in monthly),
        sum(line.high_usd for line in monthly),
        days,
        hedge,
        scene.by_beta_usd + hedge,
        crash,
        worst,
        where,
        tuple((m, scene.book_beta_after(m) + dollars * (1.0 + m)) for m in scene.shown_moves),
        wallet_for(stake, scene.rally, _MAX_LEVERAGE, in_coin=False),
        -dollars * scene.rally + maintenance_after(stake, scene.rally),
        scene.flat_rally_usd + rally,
        scene.meets(crash),
    )


def perp_terms(scene: Scene, market: Market, catalogue: tuple[Instrument, ...]) -> Terms | None:
    """Return the terms of the linear perpetual on the factor; None where there is none that can be used."""
    found = [
        i
        for i in catalogue
        if i.underlying == scene.chain.underlying and i.is_perpetual and i.payoff is Payoff.LINEAR
    ]
    terms = terms_of(found[0], scene.exposure.betas, market) if found else None
    return None if terms is None or terms.unusable else terms


def _contracts(terms: Terms, scene: Scene, days: float) -> Decimal:
    """Contracts to sell: nearest lot for the beta, the next one up for a floor."""
    lot, a_contract = terms.instrument.lot, terms.delta_usd
    if scene.wanted.floor is None:
        return to_lots(units_by_beta(float(scene.exposure.beta_usd[0]), a_contract), lot)
    costs = entry_rate(terms, float(scene.exposure.beta_usd[0])) - holding_rate(terms) * days / MONTH_DAYS
    dollars = units_for_floor(-scene.at_crash(scene.crash_usd), scene.allowed_usd, scene.wanted.crash - costs)
    if not math.isfinite(dollars):
        return Decimal(0)
    return (Decimal(repr(dollars / a_contract)) / lot).to_integral_value(ROUND_CEILING) * lot


def chance_between(smile: Smile, forward: float, low: float, high: float) -> float:
    """Return the chance, by the option market's own prices, that the coin ends between two prices.

    Minus the slope of the call's price by its strike is the chance to end above it.
    """

    def above(price: float) -> float:
        if price <= 0.0:
            return 1.0
        if not math.isfinite(price):
            return 0.0
        k = price * np.array([1.0 - _NUDGE, 1.0 + _NUDGE])
        calls = black_price(forward, k, smile.years, smile.volatility(np.log(k / forward)), call=True)
        return float(np.clip((calls[0] - calls[1]) / (k[1] - k[0]), 0.0, 1.0))

    return max(above(low) - above(high), 0.0)


def verdict_of(found: Protection, perp: PerpBeside | None, scene: Scene) -> str:
    """Return one sentence on where the option does better than the perpetual, how likely that is, and who wins.

    Both are sized to do the same and held to the option's expiry; the chances are the option market's own.
    """
    if perp is None or found.position is None:
        return ""
    if found.sizing != ("beta" if scene.wanted.floor is None else "floor"):
        return ""
    carried = perp.cost_usd_per_month * found.days / MONTH_DAYS
    of_perp = -perp.notional_usd * _FINE - perp.entry_usd - carried
    ahead = found.position.profit_usd(_FINE) > of_perp
    smile, spot = scene.smiles[found.expiry], scene.chain.index_usd
    forward = found.position.legs[0].quote.forward_usd
    where, chance = [], 0.0
    for low, high in _runs(ahead):
        chance += chance_between(smile, forward, spot * (1.0 + low), spot * (1.0 + high))
        where.append(_between(low, high))
    coin, day = scene.chain.underlying, str(found.expiry)[:10]
    if not where:
        return f"A perpetual is simply better: it is ahead of this wherever {coin} ends."
    told = (
        f"if {coin} ends {' or '.join(where)} by {day}, a chance of {percent_text(chance)} by its own prices"
    )
    if chance < _SIMPLY:
        return f"A perpetual is simply better: this is ahead of it only {told}."
    return f"This is ahead of the perpetual {told}; else the perpetual is."


def _runs(ahead: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return the stretches of moves in which the option is ahead, open at the ends of the grid."""
    found = []
    padded = np.concatenate(([False], ahead, [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        low = -1.0 if start == 0 else float(_FINE[start])
        high = math.inf if end == len(_FINE) else float(_FINE[end - 1])
        found.append((low, high))
    return found


def _between(low: float, high: float) -> str:
    if math.isinf(high):
        return f"above {percent_text(low, signed=True)}"
    if low <= -1.0:
        return f"below {percent_text(high, signed=True)}"
    return f"between {percent_text(low, signed=True)} and {percent_text(high, signed=True)}"
