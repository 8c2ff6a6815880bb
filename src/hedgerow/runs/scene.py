"""A run's book and hedge at one bar, as numbers: worth, dollar beta, distance to liquidation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.exchange import ExchangeState, equity, maintenance
from hedgerow.hedge.attribution import Attribution, LegMove, SpotMove, WalletMove, attribute
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.runs.panel import Panel
from hedgerow.runs.prices import Prices

__all__ = ["Scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is held, and the `betas` it is judged by; `beta` (N, K) are those of the book's coins."""

    panel: Panel
    prices: Prices
    state: ExchangeState
    betas: Betas | None
    beta: FloatArray

    def spot(self, t: int) -> FloatArray:
        """Return dollars (N,) of each coin of the book."""
        values: FloatArray = self.panel.worth[t]
        return values

    def book_beta(self, t: int) -> FloatArray:
        """Return the dollar beta (K,) of the part of the book that is to be hedged."""
        hedged = self.panel.hedged[t]
        total: FloatArray = np.where(hedged != 0.0, hedged * self.panel.prices[t], 0.0) @ self.beta
        return total

    def exposure(self, t: int) -> FloatArray:
        """Return the dollar beta (K,) of the book, of the contracts and of coins that are margin."""
        total = self.book_beta(t)
        for account in self.state.accounts.values():
            dollars = account.wallet * float(self.prices.coin(account.settle)[t])
            total = total + dollars * self.coin_beta(account.settle)
        for held in self.state.holdings:
            dollars = self.delta(held.instrument, float(held.contracts), t)
            total = total + dollars * self.coin_beta(held.instrument.underlying)
        return total

    def coin_beta(self, symbol: str) -> FloatArray:
        """Return the (K,) betas of a coin; a dollar coin has none."""
        if self.betas is None or is_stablecoin(symbol):
            return np.zeros(self.beta.shape[1])
        return self.betas.of(symbol)

    def price_usd(self, contract: Instrument, t: int) -> float:
        """Return the contract's price in dollars."""
        return float(self.prices.last(contract)[t] * self.prices.coin(contract.quote)[t])

    def delta(self, contract: Instrument, contracts: float, t: int) -> float:
        """Return dollars per 100 % of the underlying of so many contracts."""
        settle = float(self.prices.coin(contract.settle)[t]) if contract.payoff is Payoff.QUANTO else 1.0
        return contracts * contract.dollar_delta(self.price_usd(contract, t), settle)

    def nav(self, t: int) -> float:
        """Return dollars of the book and the hedge accounts at the marks of bar `t`."""
        total = float(self.spot(t).sum())
        for account in self.state.accounts.values():
            profit = sum(h.profit(float(self.prices.last(h.instrument)[t])) for h in account.holdings)
            total += (account.wallet + profit) * float(self.prices.coin(account.settle)[t])
        return total

    def gross(self, t: int) -> float:
        """Return dollars of everything held, longs and shorts alike."""
        legs = sum(abs(self.delta(h.instrument, float(h.contracts), t)) for h in self.state.holdings)
        return float(np.abs(self.spot(t)).sum()) + legs

    def distance(self, t: int) -> float:
        """Return the move against the nearest account that would liquidate it, to first order; NaN with nothing open."""
        found = [np.nan]
        for account in self.state.accounts.values():
            net = abs(sum(self.delta(h.instrument, float(h.contracts), t) for h in account.holdings))
            spare = (
                (equity(self.state, account) - maintenance(self.state, account)) if account.holdings else 0.0
            )
            if account.holdings:
                coin = float(self.prices.coin(account.settle)[t])
                found.append(spare * coin / net if net > 0.0 else np.inf)
        return float(np.nanmin(found)) if len(found) > 1 else float("nan")

    def price_lines(self, t: int) -> Attribution:
        """Return what prices did between the close before and that of bar `t`, by line."""
        start, held = self.spot(t - 1), self.panel.units[t - 1]
        end = np.where(held != 0.0, held * self.panel.prices[t], 0.0)
        spots = [
            SpotMove(float(v0), float(v1 / v0 - 1.0) if v0 else 0.0, b, bool(cash))
            for v0, v1, b, cash in zip(start, end, self.beta, self.panel.cash, strict=True)
        ]
        legs: list[LegMove] = []
        wallets: list[WalletMove] = []
        for account in self.state.accounts.values():
            coin0, coin1 = (float(self.prices.coin(account.settle)[i]) for i in (t - 1, t))
            unrealised = 0.0
            for held in account.holdings:
                mark = self.prices.last(held.instrument)
                before = held.profit(float(mark[t - 1]))
                gained = (held.profit(float(mark[t])) - before) * coin1
                unrealised += before
                dollars = self.delta(held.instrument, float(held.contracts), t - 1)
                legs.append(LegMove(dollars, self.coin_beta(held.instrument.underlying), gained))
            beta, cash = self.coin_beta(account.settle), is_stablecoin(account.settle)
            wallets.append(WalletMove(account.wallet, unrealised, coin0, coin1, beta, cash))
        return attribute(spots, legs, wallets, self.panel.factor[t])
