"""What contracts cost at every bar of a run, and when they settle funding."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hedgerow.hedge.rolls import expiry_of
from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.stats.carry import (
    CARRY_DAYS,
    USUAL_CARRY,
    assumed_settlements,
    carried_price,
    carry_from_funding,
    settlement_from_bars,
    settlement_window,
)

__all__ = ["Prices", "Settlement"]

_YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement of funding: its rate and the mark then, between the closes around it in proportion to time.

    `measured` is False where no rate was given and the usual one is taken.
    """

    rate: float
    mark: float
    measured: bool = True


@dataclass(slots=True)
class Prices:
    """Series of the hedge's market on the run's own bars (T,), made once for each contract and coin.

    A contract without a series of its own is priced by its coin's, and `derived` says how. `index` is the market whose
    coins dated contracts settle on, the hedge's own by default.
    """

    times: TimeArray
    market: Market
    marks: Market | None = None
    index: Market | None = None
    derived: dict[str, str] = field(default_factory=dict)
    _ending: set[str] = field(default_factory=set)
    _last: dict[str, FloatArray] = field(default_factory=dict)
    _marks: dict[str, FloatArray] = field(default_factory=dict)
    _coins: dict[str, FloatArray] = field(default_factory=dict)
    _index: dict[str, FloatArray] = field(default_factory=dict)
    _due: dict[str, dict[int, list[Settlement]]] = field(default_factory=dict)
    _assumed: dict[str, set[int]] = field(default_factory=dict)

    def last(self, contract: Instrument) -> FloatArray:
        """Return the contract's close (T,) in its quote coin, the last known where a bar is missing, NaN before any.

        A dated contract is at its settlement price in the bar that it ends in, and NaN after it.
        """
        if contract.name not in self._last:
            self._last[contract.name] = self._of_contract(contract) / self.coin(contract.quote)
        return self._last[contract.name]

    @property
    def ending(self) -> set[str]:
        """Symbols of the dated contracts that were asked for: they have no funding."""
        return set(self._ending)

    def ends(self, contract: Instrument) -> int | None:
        """Return the bar in which a contract expires, None where it does not within the run."""
        expiry = expiry_of(contract)
        if expiry is None or not self.times[0] < expiry <= self.times[-1]:
            return None
        return int(np.searchsorted(self.times, expiry, side="left"))

    def mark(self, contract: Instrument) -> FloatArray:
        """Return the contract's mark (T,), which margin and funding are on: its close where no mark is known."""
        if self.marks is None or contract.underlying not in self.marks.symbols:
            return self.last(contract)
        if contract.name not in self._marks:
            last = self.last(contract)
            known = self._series(contract.underlying, self.marks) / self.coin(contract.quote)
            if contract.expiry is not None:
                known = known * (last * self.coin(contract.quote) / self._series(contract.underlying))
                known[self.ends(contract) or slice(0)] = np.nan
            self._marks[contract.name] = np.where(np.isfinite(known), known, last)
        return self._marks[contract.name]

    def coin(self, symbol: str) -> FloatArray:
        """Return dollars a coin (T,); a stablecoin without a series is at one dollar, which the run says."""
        if symbol not in self._coins:
            self._coins[symbol] = self._series(symbol)
        return self._coins[symbol]

    def index_of(self, symbol: str) -> FloatArray:
        """Return dollars a coin (T,) where dated contracts settle, in the book's market, or where that has none, here."""
        if symbol not in self._index:
            known = self.index is not None and symbol in self.index.symbols
            self._index[symbol] = self._series(symbol, self.index if known else None)
        return self._index[symbol]

    def due(self, contract: Instrument, bar: int) -> list[Settlement]:
        """Return the settlements after the bar before and up to the close of `bar`."""
        if contract.name not in self._due:
            self._due[contract.name] = self._settlements(contract)
        return self._due[contract.name].get(bar, [])

    @property
    def assumed(self) -> tuple[str, ...]:
        """Stablecoins that were asked for and that no series prices."""
        return tuple(
            sorted(s for s in self._coins if s not in self.market.symbols and s != "USD" and is_stablecoin(s))
        )

    def _series(self, symbol: str, market: Market | None = None) -> FloatArray:
        market = market or self.market
        if symbol not in market.symbols:
            constant = self.market.given.get(symbol, 1.0 if is_stablecoin(symbol) else np.nan)
            return np.full(len(self.times), constant)
        raw = market.prices[:, market.column(symbol)]
        rows = np.where(np.isfinite(raw), np.arange(len(raw)), -1)
        np.maximum.accumulate(rows, out=rows)
        at = np.searchsorted(market.times, self.times, side="right") - 1
        known = np.where(at >= 0, rows[np.maximum(at, 0)], -1)
        return np.where(known >= 0, raw[np.maximum(known, 0)], np.nan)

    def _of_contract(self, contract: Instrument) -> FloatArray:
        """Dollars of a contract (T,): its own series, else its coin's, with the carry until expiry if it has one."""
        own = contract.symbol in self.market.symbols
        series = self._series(contract.symbol if own else contract.underlying)
        if not own and contract.payoff is not Payoff.LINEAR:
            self.derived[contract.symbol] = (
                f"the price and the funding of the {contract.underlying} perpetual"
            )
        expiry = expiry_of(contract)
        if expiry is None:
            return series
        self._ending.add(contract.symbol)
        years = (expiry - self.times) / _YEAR
        if not own:
            self.derived[contract.symbol] = (
                f"{contract.underlying} × exp(c·T), T years to expiry, c the mean funding of the {CARRY_DAYS:g} days before"
                f" ({USUAL_CARRY:.2%} a year where there is none)"
            )
            series = carried_price(series, self._carry(contract.underlying), years)
        series = np.where(years >= 0.0, series, np.nan)
        end = self.ends(contract)
        if end is not None:
            series[end] = self._settled(contract, expiry)
        return series

    def _carry(self, symbol: str) -> FloatArray:
        """The carry (T,) that a dated contract of the coin is priced with: what its funding was, known at each bar."""
        prints = self.market.funding.get(symbol)
        if prints is None:
            return carry_from_funding(None, None, self.times)
        return carry_from_funding(prints.times, prints.rates, self.times)

    def _settled(self, contract: Instrument, expiry: np.datetime64) -> float:
        """Dollars at which a contract settles: its index, averaged over the venue's window."""
        seconds = settlement_window(contract.venue, expiry.astype("datetime64[D]").item())
        return settlement_from_bars(self.times, self.index_of(contract.underlying), expiry, seconds)

    def unmeasured(self, contract: str) -> frozenset[int]:
        """Return the bars in which a contract, by its symbol, settled at a rate that nobody measured."""
        return frozenset(self._assumed.get(contract, ()))

    def _settlements(self, contract: Instrument) -> dict[int, list[Settlement]]:
        """The settlements by bar: as they were paid, and as they usually are where nothing is known."""
        if not contract.is_perpetual:
            return {}
        prints = self.market.funding.get(contract.underlying)
        known = np.isfinite(prints.rates) if prints is not None else np.zeros(0, dtype=bool)
        times = prints.times[known] if prints is not None else self.times[:0]
        rates = prints.rates[known] if prints is not None else np.zeros(0)
        usual_times, usual_rates = assumed_settlements(times, self.times[0], self.times[-1])
        when = np.concatenate([times, usual_times])
        order = np.argsort(when, kind="stable")
        measured = np.arange(len(when)) < len(times)
        found: dict[int, list[Settlement]] = {}
        bars = np.searchsorted(self.times, when, side="left")
        marks, every = self.mark(contract), np.concatenate([rates, usual_rates])
        for i in order.tolist():
            bar = int(bars[i])
            if 0 < bar < len(self.times) and (measured[i] or np.isfinite(marks[bar - 1] + marks[bar])):
                whole = (self.times[bar] - self.times[bar - 1]) / np.timedelta64(1, "ms")
                share = float((when[i] - self.times[bar - 1]) / np.timedelta64(1, "ms") / whole)
                mark = float(marks[bar - 1] + share * (marks[bar] - marks[bar - 1]))
                found.setdefault(bar, []).append(Settlement(float(every[i]), mark, bool(measured[i])))
                if not measured[i]:
                    self._assumed.setdefault(contract.symbol, set()).add(bar)
        return found
