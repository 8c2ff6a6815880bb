"""A run's book and hedge at one bar, as numbers: worth, dollar beta, distance to liquidation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.exchange import Account, ExchangeState, equity, maintenance
from hedgerow.hedge.attribution import Attribution, LegMove, SpotMoves, WalletMove, attribute
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

    def exposure(self, t: int, book_beta: FloatArray | None = None) -> FloatArray:
        """Return the dollar beta (K,) of the book (`book_beta` where it is known), the contracts and coins that are margin."""
        total = self.book_beta(t) if book_beta is None else book_beta
        for account in self.state.accounts.values():
            beta = self.coin_beta(account.settle)
            if beta.any():
                coins = account.wallet + self.unrealised(account, t)
                total = total + coins * float(self.prices.coin(account.settle)[t]) * beta
        for held in self.state.holdings:
            dollars = self.delta(held.instrument, float(held.contracts), t)
            total = total + dollars * self.contract_beta(held.instrument)
        return total

    def unrealised(self, account: Account, t: int) -> float:
        """Return the coins of an account's open profit at the last prices."""
        return sum(h.profit(float(self.prices.last(h.instrument)[t])) for h in account.holdings)

    def coin_beta(self, symbol: str) -> FloatArray:
        """Return the (K,) betas of a coin; a dollar coin has none."""
        if self.betas is None or is_stablecoin(symbol):
            return np.zeros(self.beta.shape[1])
        return self.betas.of(symbol)

    def contract_beta(self, contract: Instrument) -> FloatArray:
        """Return the (K,) betas of a contract per dollar of its delta."""
        if self.betas is None or is_stablecoin(contract.underlying):
            return np.zeros(self.beta.shape[1])
        return self.betas.of_contract(contract.symbol, contract.underlying)

    def price_usd(self, contract: Instrument, t: int) -> float:
        """Return the contract's price in dollars."""
        return float(self.prices.last(contract)[t] * self.prices.coin(contract.quote)[t])

    def delta(self, contract: Instrument, contracts: float, t: int) -> float:
        """Return dollars per 100 % of the underlying of so many contracts."""
        price = self.price_usd(contract, t)
        if contract.payoff is Payoff.LINEAR:
            return contracts * contract.dollar_delta(price)
        settle = float(self.prices.coin(contract.settle)[t])
        if contract.payoff is Payoff.INVERSE:
            return contracts * contract.dollar_delta(price) * (settle / price)
        return contracts * contract.dollar_delta(price, settle)

    def nav(self, t: int) -> float:
        """Return dollars of the book and the hedge accounts at the marks of bar `t`."""
        total = float(self.spot(t).sum())
        for account in self.state.accounts.values():
            coins = account.wallet + self.unrealised(account, t)
            total += coins * float(self.prices.coin(account.settle)[t])
        return total

    def gross(self, t: int) -> float:
        """Return dollars of everything held, longs and shorts alike."""
        legs = sum(abs(self.delta(h.instrument, float(h.contracts), t)) for h in self.state.holdings)
        return float(np.abs(self.spot(t)).sum()) + legs

    def distance(self, t: int) -> float:
        """Return the move against the nearest account that would liquidate it, to first order; NaN with nothing open.

        Of inverse contracts to first order in what a dollar buys: a rally makes each dollar of a short cost fewer coins.
        """
        found = [self._reach(account, t) for account in self.state.accounts.values() if account.holdings]
        return min(found, default=float("nan"))

    def _reach(self, account: Account, t: int) -> float:
        net = sum(self.delta(h.instrument, float(h.contracts), t) for h in account.holdings)
        spare = equity(self.state, account) - maintenance(self.state, account)
        if not net:
            return float("inf")
        share = spare * float(self.prices.coin(account.settle)[t]) / abs(net)
        if any(h.instrument.payoff is not Payoff.INVERSE for h in account.holdings):
            return share
        if net > 0.0:
            return share / (1.0 + share)
        return share / (1.0 - share) if share < 1.0 else float("inf")

    def price_lines(self, t: int) -> Attribution:
        """Return what prices did between the close before and that of bar `t`, by line."""
        start, held = self.spot(t - 1), self.panel.units[t - 1]
        end = np.where(held != 0.0, held * self.panel.prices[t], 0.0)
        change = np.divide(end, start, out=np.ones_like(end), where=start != 0.0) - 1.0
        spots = SpotMoves(start, change, self.beta, self.panel.cash)
        legs: list[LegMove] = []
        wallets: list[WalletMove] = []
        for account in self.state.accounts.values():
            coin0, coin1 = (float(self.prices.coin(account.settle)[i]) for i in (t - 1, t))
            unrealised = self.unrealised(account, t - 1)
            for held in account.holdings:
                last = self.prices.last(held.instrument)
                gained = (held.profit(float(last[t])) - held.profit(float(last[t - 1]))) * coin1
                dollars = self.delta(held.instrument, float(held.contracts), t - 1)
                beta = self.contract_beta(held.instrument)
                legs.append(LegMove(dollars, beta, gained, self._apart(held.instrument.underlying, t)))
            cash = is_stablecoin(account.settle)
            wallets.append(WalletMove(account.wallet, unrealised, coin0, coin1, cash))
        return attribute(spots, legs, wallets, self.panel.factor[t])

    def _apart(self, coin: str, t: int) -> float:
        """A coin's return in bar `t` beyond what the factors explain; 0 where the book's market has no price of it."""
        start, end = self.prices.index_of(coin)[t - 1 : t + 1]
        found = float(end / start - 1.0 - self.coin_beta(coin) @ self.panel.factor[t])
        return found if np.isfinite(found) else 0.0
