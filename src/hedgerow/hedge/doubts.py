"""What a plan makes of prices that no market makes: it is not for trading on one that a bar or a venue says.

doubted(worth, plan, (market, hedge)) -> slips
price_refusals(slips, own) -> refusals           none for a price of the user's own: that is his word
price_cautions(slips, own) -> lines              in words, for every one
"""

from __future__ import annotations

from collections.abc import Iterable

from hedgerow.hedge.plan import HedgePlan, Refusal
from hedgerow.hedge.slips import Slip, allowed, coins_of, dollars_by_coin, slips_of
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.market import Market

__all__ = ["doubted", "price_cautions", "price_refusals"]


def doubted(
    worth: Valuation, factors: Iterable[str], markets: tuple[Market, Market], plan: HedgePlan | None = None
) -> tuple[Slip, ...]:
    """Return the slips among what is held, the factors, and the contracts that a plan trades, by the market of each."""
    book, hedge = markets
    legs = () if plan is None else coins_of(leg.instrument for leg in plan.legs)
    found = slips_of(book, dollars_by_coin(worth), factors, legs if hedge is book else ())
    there = {slip.coin for slip in found}
    others = () if hedge is book else slips_of(hedge, {}, always=legs)
    return (*found, *(slip for slip in others if slip.coin not in there))


def price_refusals(slips: Iterable[Slip], own: frozenset[str]) -> tuple[Refusal, ...]:
    """Return why a plan is not for trading, for each price that is not the user's `own`, and each bar of a factor."""
    return tuple(
        Refusal(
            "price jump",
            slip.words,
            max(slip.price / slip.before.price, slip.before.price / slip.price),
            allowed(slip.volatility, slip.days),
            f"look which is right, and {_remedy(slip)}",
        )
        for slip in slips
        if slip.bar or slip.coin not in own
    )


def _remedy(slip: Slip) -> str:
    if slip.bar:
        return "put the bar right in the prices: every beta rests on it"
    return f"give it: --price {slip.coin}=…"


def price_cautions(slips: Iterable[Slip], own: frozenset[str]) -> list[str]:
    """Return each slip in words: both prices, and what stands on it."""
    return [f"No market moves so: {slip.words}. {_rests(slip, own)}" for slip in slips]


def _rests(slip: Slip, own: frozenset[str]) -> str:
    if slip.bar:
        return "Every beta rests on that bar."
    if slip.coin in own:
        return f"It is the price that you gave (--price {slip.coin})."
    return "Every number here stands on it."
