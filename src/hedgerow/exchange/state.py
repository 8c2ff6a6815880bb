"""What an exchange remembers: a margin account for each settlement coin, and the marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument, Payoff

__all__ = ["Account", "ExchangeState", "Holding", "Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the venue charges beyond a contract's own fees. `liquidation_fee` is a fraction of what is closed.

    Assumed: half a per cent, between the clearance fees that venues publish.
    """

    liquidation_fee: float = 0.005
    max_leverage: float = 20.0


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position: signed `contracts` at an average `entry` in the quote coin."""

    instrument: Instrument
    contracts: Decimal
    entry: float

    def profit(self, price: float) -> float:
        """Return the unrealised profit in the settlement coin at `price`."""
        return self.instrument.pnl(float(self.contracts), self.entry, price)

    def notional(self, price: float) -> float:
        """Return the position's value in the settlement coin, never negative: what tiers and fees are on."""
        return notional_in_settle(self.instrument, float(self.contracts), price)

    def traded(self, contracts: Decimal, price: float) -> tuple[Holding, float]:
        """Return the holding after buying (or selling) `contracts` at `price`, and what that realised in coins.

        Adding averages the entry, harmonically for inverse contracts; reducing realises and keeps it; going through
        zero does both.
        """
        before, after = self.contracts, self.contracts + contracts
        if before * contracts >= 0:
            return replace(self, contracts=after, entry=self._averaged(contracts, price)), 0.0
        closed = before if before * after < 0 else -contracts
        realised = self.instrument.pnl(float(closed), self.entry, price)
        return replace(self, contracts=after, entry=price if before * after < 0 else self.entry), realised

    def _averaged(self, contracts: Decimal, price: float) -> float:
        old, new = abs(float(self.contracts)), abs(float(contracts))
        if self.instrument.payoff is Payoff.INVERSE:
            return (old + new) / (old / self.entry + new / price)
        return (old * self.entry + new * price) / (old + new)


def notional_in_settle(instrument: Instrument, contracts: float, price: float) -> float:
    """Return |contracts| at `price` in the settlement coin."""
    size = abs(contracts) * float(instrument.multiplier)
    return size / price if instrument.payoff is Payoff.INVERSE else size * price


@dataclass(frozen=True, slots=True)
class Account:
    """A cross-margin wallet in one settlement coin with its positions, one for each contract."""

    settle: str
    wallet: float = 0.0
    holdings: tuple[Holding, ...] = ()

    def holding(self, instrument: Instrument) -> Holding | None:
        """Return the position in `instrument`, or None."""
        return next((h for h in self.holdings if h.instrument.name == instrument.name), None)

    def having(self, holding: Holding, cash: float = 0.0) -> Account:
        """Return the account with this position in place of the old one, and `cash` coins more."""
        others = tuple(h for h in self.holdings if h.instrument.name != holding.instrument.name)
        kept = (*others, holding) if holding.contracts else others
        return Account(self.settle, self.wallet + cash, kept)


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """Accounts by settlement coin, the last mark of every contract in its quote coin, what the fund has taken in coins."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    marks: Mapping[str, float] = field(default_factory=dict)
    insurance: Mapping[str, float] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    def account(self, settle: str) -> Account:
        """Return the account in this coin, empty if there is none yet."""
        return self.accounts.get(settle) or Account(settle)

    def with_account(self, account: Account) -> ExchangeState:
        """Return the state with this account in place of the old one."""
        accounts = {**self.accounts, account.settle: account}
        return ExchangeState(accounts, self.marks, self.insurance, self.rules)

    def mark(self, instrument: Instrument) -> float:
        """Return the contract's mark; raises `BrokenPromise` where it was never marked."""
        price = self.marks.get(instrument.name)
        if price is None:
            raise BrokenPromise(f"{instrument.name} was never marked")
        return price

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """Every open position."""
        return tuple(h for account in self.accounts.values() for h in account.holdings)
