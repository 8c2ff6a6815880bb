"""What a watch sees of the small exchange: an owner's holdings that change, prices of now, and a past with known betas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from random import Random

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.model.betas import Betas
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.runs.diary import View
from hedgerow.testing.faults.market import SimMarket

__all__ = ["TRUE", "SimEyes", "SimPolicy"]

TRUE = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6}
"""The betas that the past was made with."""
_DAYS = 120


@cache
def _past() -> Market:
    """Daily closes around true betas, with so little noise that estimates are true."""
    rng = np.random.default_rng(7)
    factor = rng.normal(0.0, 0.03, _DAYS)
    moves = {coin: beta * factor + rng.normal(0.0, 1e-4, _DAYS) for coin, beta in TRUE.items()}
    closes = np.column_stack([1_000.0 * np.cumprod(1.0 + each) for each in moves.values()])
    end = np.datetime64(1_699_920_000_000, "ms")
    times = end - np.arange(_DAYS - 1, -1, -1) * np.timedelta64(86_400_000, "ms")
    volumes = np.full(closes.shape, 1e9)
    made = Market(times, tuple(TRUE), closes, volumes, 24.0, times[-1], source="simulated", kind="perp")
    return replace(made, quote="USDT", quote_assumed=True)


@cache
def _betas(assets: tuple[str, ...]) -> Betas:
    return Policy(estimator="ols").estimate(_past(), assets)


@dataclass(frozen=True, slots=True)
class SimPolicy(Policy):
    """A policy on the one past that all lives share: what was estimated once need not be again."""

    def estimate(self, market: Market, assets: tuple[str, ...]) -> Betas:  # noqa: ARG002
        """Return the betas of the shared past."""
        return _betas(assets)


@dataclass(slots=True)
class SimEyes:
    """The owner's `book` and prices; what was once seen at an instant is seen there again."""

    market: SimMarket
    random: Random
    book: dict[str, Decimal] = field(default_factory=dict)
    views: dict[int, View] = field(default_factory=dict)
    past: Market = field(init=False)

    def __post_init__(self) -> None:
        # The past ends at the prices that this exchange begins with: prices that no market makes are somebody else's fault.
        shared, now = _past(), self.prices()
        scale = np.array([float(now[coin]) for coin in shared.symbols]) / shared.prices[-1]
        self.past = replace(shared, prices=shared.prices * scale)
        for contract in self.market.contracts[1:]:
            dollars = Decimal(self.random.randint(10_000, 60_000))
            self.book[contract.underlying] = round(dollars / self.market.mark(contract), 3)

    def look(self, at: int) -> View:
        """Return what is known at `at`."""
        if at not in self.views:
            past = self.past
            given = {coin: float(price) for coin, price in self.prices().items()}
            seen = replace(past, given=given, as_of=max(np.datetime64(at, "ms"), past.times[-1]))
            rows = tuple(Position(coin, units) for coin, units in self.book.items())
            name = repr(sorted(self.book.items()))
            self.views[at] = View(Portfolio(rows), name, seen, seen, self.market.contracts)
        return self.views[at]

    def prices(self) -> Mapping[str, Decimal]:
        """Return dollars by coin: the middle of its contract."""
        return {each.underlying: self.market.mark(each) for each in self.market.contracts}

    def wanted(self) -> Decimal:
        """Return the dollar beta of the owner's coins, by the true betas."""
        prices = self.prices()
        rows = self.book.items()
        return sum((units * prices[coin] * Decimal(str(TRUE[coin])) for coin, units in rows), Decimal(0))

    def hedged(self) -> Decimal:
        """Return the dollar beta of what the exchange holds, by the true betas."""
        total = Decimal(0)
        for each in self.market.contracts:
            units = self.market.quantity(each.name)
            dollars = units if each.payoff.value == "inverse" else units * self.market.mark(each)
            total += dollars * Decimal(str(TRUE[each.underlying]))
        return total

    def gross(self) -> Decimal:
        """Return dollars of the owner's coins and of all that the exchange holds, neither against the other."""
        prices, total = self.prices(), Decimal(0)
        for each in self.market.contracts:
            units = abs(self.market.quantity(each.name))
            total += units if each.payoff.value == "inverse" else units * self.market.mark(each)
        return total + sum(units * prices[coin] for coin, units in self.book.items())

    def shift(self) -> None:
        """Let the owner buy or sell of one coin."""
        coin = self.random.choice(sorted(self.book))
        times = Decimal(self.random.choice(("0", "0.5", "0.9", "1.2", "1.6")))
        self.book[coin] = round(self.book[coin] * times, 3) or Decimal(self.random.randint(1, 20))
