"""What contracts cost at every bar of a run, and when they settle funding."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market

__all__ = ["Prices", "Settlement"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement of funding: its rate and the mark then, between the closes around it in proportion to time."""

    rate: float
    mark: float


@dataclass(slots=True)
class Prices:
    """Series of the hedge's market on the run's own bars (T,), made once for each contract and coin."""

    times: TimeArray
    market: Market
    marks: Market | None = None
    _last: dict[str, FloatArray] = field(default_factory=dict)
    _marks: dict[str, FloatArray] = field(default_factory=dict)
    _coins: dict[str, FloatArray] = field(default_factory=dict)
    _due: dict[str, dict[int, list[Settlement]]] = field(default_factory=dict)

    def last(self, contract: Instrument) -> FloatArray:
        """Return the contract's close (T,) in its quote coin, the last known where a bar is missing, NaN before any."""
        if contract.name not in self._last:
            self._last[contract.name] = self._series(contract.underlying) / self.coin(contract.quote)
        return self._last[contract.name]

    def mark(self, contract: Instrument) -> FloatArray:
        """Return the contract's mark (T,), which margin and funding are on: its close where no mark is known."""
        if self.marks is None or contract.underlying not in self.marks.symbols:
            return self.last(contract)
        if contract.name not in self._marks:
            known = self._series(contract.underlying, self.marks) / self.coin(contract.quote)
            self._marks[contract.name] = np.where(np.isfinite(known), known, self.last(contract))
        return self._marks[contract.name]

    def coin(self, symbol: str) -> FloatArray:
        """Return dollars a coin (T,); a stablecoin without a series is at one dollar, which the run says."""
        if symbol not in self._coins:
            self._coins[symbol] = self._series(symbol)
        return self._coins[symbol]

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

    def _settlements(self, contract: Instrument) -> dict[int, list[Settlement]]:
        prints = self.market.funding.get(contract.underlying)
        if prints is None or not contract.is_perpetual:
            return {}
        marks = self.mark(contract)
        bars = np.searchsorted(self.times, prints.times, side="left")
        found: dict[int, list[Settlement]] = {}
        for bar, when, rate in zip(bars.tolist(), prints.times, prints.rates.tolist(), strict=True):
            if 0 < bar < len(self.times) and np.isfinite(rate):
                whole = (self.times[bar] - self.times[bar - 1]) / np.timedelta64(1, "ms")
                share = float((when - self.times[bar - 1]) / np.timedelta64(1, "ms") / whole)
                mark = float(marks[bar - 1] + share * (marks[bar] - marks[bar - 1]))
                found.setdefault(bar, []).append(Settlement(rate, mark))
        return found
