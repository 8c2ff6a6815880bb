"""A market with known betas, and plans made on it."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.hedge.books import book, contract, spot

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ticket import Ticket
from hedgerow.model.instruments import Payoff
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.testing import beta_market
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.simulated import simulated_market

BETAS = {"BTC": 1.0, "ETH": 1.25, "SOL": 1.6}


@cache
def known_market(days: int = 400) -> Market:
    """BTC at 60000, ETH at 3000 and SOL at 200 on the last day; alts move by their beta and a little noise."""
    last = {"BTC": 60000.0, "ETH": 3000.0, "SOL": 200.0}
    return beta_market(BETAS, last, days=days, seed=5)


def contracts() -> tuple[Any, ...]:
    """BTC and ETH perpetuals and an inverse one."""
    inverse = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
    return contract(), contract("ETHUSDT", "ETH"), inverse


def tv14_book() -> Portfolio:
    """40k BTC, 30k ETH, 20k SOL, 10k USDT."""
    return book(spot("BTC", "0.66666666666666666667"), spot("ETH", 10), spot("SOL", 100), spot("USDT", 10000))


def plan(rows: Portfolio | None = None, **policy: Any) -> Ticket:
    """A plan on the known market."""
    return Policy(**policy).plan(rows or tv14_book(), known_market(), contracts())


@cache
def simulated() -> tuple[Market, tuple[Any, ...]]:
    """The embedded market and its catalogue."""
    made = simulated_market(7)
    return made, catalogue(made)
