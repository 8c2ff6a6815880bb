"""How far the market may go against each account of the hedge, and how much money moves that further away.

    hedge_accounts(worth) -> accounts                      as they stand
    hedge_accounts(worth, traded, put) -> accounts         after a trade, with money put in
    account.distance, account.lacking_usd(0.25)

An account is a venue and a settlement coin. The money in it is the book's collateral there and what its contracts have
gained; coins kept elsewhere do not count. What a venue says of its own liquidation price goes before these estimates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hedgerow.hedge.accounts import move_alone, open_stakes
from hedgerow.hedge.margin import Stake, survivable_move, wallet_for
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import PositionKind

__all__ = ["HedgeAccount", "hedge_accounts", "nearest", "short_usd"]


@dataclass(frozen=True, slots=True)
class HedgeAccount:
    """Contracts of one `venue` that settle in one coin, and the dollars behind them; `settle_usd` is that coin's price."""

    venue: str
    settle: str
    stakes: tuple[Stake, ...]
    equity_usd: float
    settle_usd: float

    @property
    def name(self) -> str:
        """Venue and coin."""
        return f"{self.venue}/{self.settle}"

    @property
    def in_coin(self) -> bool:
        """Whether the money moves with the contracts: inverse ones are margined in their own coin."""
        return any(stake.instrument.payoff is Payoff.INVERSE for stake in self.stakes)

    @property
    def net_usd(self) -> float:
        """Dollars of all contracts, short below zero."""
        return sum(stake.dollars for stake in self.stakes)

    @property
    def distance(self) -> float:
        """The move against the account, a fraction, at which it is liquidated; infinite: none, NaN: not known.

        All contracts move together; with longs and shorts it is the least move of one alone (TV24's cross formula).
        """
        if math.isnan(self.equity_usd):
            return math.nan
        found = [survivable_move(self.stakes, self.equity_usd, in_coin=self.in_coin)]
        if abs(self.net_usd) < sum(abs(stake.dollars) for stake in self.stakes):
            found = [move_alone(self.stakes, stake, self.equity_usd) for stake in self.stakes]
        return min((each for each in found if each is not None), default=math.inf)

    def lacking_usd(self, distance: float) -> float:
        """Return the dollars that have to come in so that a move of `distance` is survived; 0 where it is already."""
        wanted = wallet_for(self.stakes, distance, math.inf, in_coin=self.in_coin) if self.stakes else 0.0
        return max(wanted - self.equity_usd, 0.0)


def hedge_accounts(
    worth: Valuation, traded: Sequence[Stake] = (), put_usd: Mapping[str, float] | None = None
) -> tuple[HedgeAccount, ...]:
    """Return every account with a contract in it, of the book at market and after stakes `traded` as well.

    `put_usd` are dollars that each account (by its name) has at least by then. An account with money of unknown worth
    has NaN of it.
    """
    names = dict.fromkeys(
        (h.position.instrument.venue, h.position.instrument.settle)
        for h in worth.holdings
        if h.position.instrument is not None
    )
    names |= dict.fromkeys((stake.instrument.venue, stake.instrument.settle) for stake in traded)
    found = []
    for venue, settle in names:
        name = f"{venue}/{settle}"
        mine = [s for s in traded if (s.instrument.venue, s.instrument.settle) == (venue, settle)]
        stakes = _netted([*open_stakes(name, worth), *mine])
        if stakes:
            equity = max(_equity(worth, venue, settle), (put_usd or {}).get(name, -math.inf))
            found.append(HedgeAccount(venue, settle, stakes, equity, _price(worth, settle, stakes)))
    return tuple(found)


def nearest(accounts: Sequence[HedgeAccount]) -> float:
    """Return the least distance of all; infinite where nothing is open, NaN where one is not known."""
    found = [account.distance for account in accounts]
    return math.nan if any(math.isnan(each) for each in found) else min(found, default=math.inf)


def short_usd(accounts: Sequence[HedgeAccount]) -> float:
    """Return the dollars of all short contracts."""
    return sum(max(-stake.dollars, 0.0) for account in accounts for stake in account.stakes)


def _netted(stakes: Sequence[Stake]) -> tuple[Stake, ...]:
    """One stake a contract; what is closed is none."""
    found: dict[str, Stake] = {}
    for stake in stakes:
        before = found.get(stake.instrument.name)
        found[stake.instrument.name] = (
            stake if before is None else replace(before, dollars=before.dollars + stake.dollars)
        )
    size = max((abs(stake.dollars) for stake in stakes), default=0.0)
    return tuple(each for each in found.values() if abs(each.dollars) > 1e-12 * size)


def _equity(worth: Valuation, venue: str, settle: str) -> float:
    """Collateral there and the profit of contracts that settle in it; NaN where one of them is not known."""
    total = 0.0
    for holding in worth.holdings:
        contract, position = holding.position.instrument, holding.position
        if contract is not None:
            mine = (contract.venue, contract.settle) == (venue, settle)
        else:
            mine = position.kind is PositionKind.COLLATERAL and (position.account, position.symbol) == (
                venue,
                settle,
            )
        total += holding.value_usd if mine else 0.0
    return total


def _price(worth: Valuation, settle: str, stakes: Sequence[Stake]) -> float:
    """Dollars of the settlement coin: as the book has it, else as an inverse contract's own price; NaN: not known."""
    known = (h.price_usd for h in worth.holdings if h.position.symbol == settle and not h.position.instrument)
    own = next((s.price_usd for s in stakes if s.instrument.payoff is Payoff.INVERSE), math.nan)
    return next((price for price in known if math.isfinite(price)), own)
