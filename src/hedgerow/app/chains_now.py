"""The option chains that the watches at a venue price options by: read or asked for each minute, once for all books.

await ChainsNow(settings).of(market, ["BTC"]) -> {"BTC": chain}
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hedgerow.app.chains import chains_on
from hedgerow.app.dealing import wall_ms
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError, StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.market import Market

if TYPE_CHECKING:
    from hedgerow.model.option_chain import OptionChain

__all__ = ["ChainsNow"]

_FRESH_MS, _AGAIN_MS, _KEPT_MS = 60_000, 10_000, 900_000


@dataclass(slots=True)
class _Told:
    """What was told of a coin's options last, at `at`; `failed` at `tried`: what came of asking since."""

    chain: OptionChain | None = None
    at: int | None = None
    tried: int | None = None
    failed: HedgerowError | None = None

    def counts(self, now: int) -> bool:
        """Whether the chain may be taken for one of now."""
        return self.at is not None and self.chain is not None and 0 <= now - self.at <= _KEPT_MS

    def is_due(self, now: int) -> bool:
        """Whether it is to be asked for again."""
        last, rest = (self.at, _FRESH_MS) if self.failed is None else (self.tried, _AGAIN_MS)
        return last is None or not 0 <= now - last <= rest


@dataclass(slots=True)
class ChainsNow:
    """Chains by coin, each a minute old at most; where a venue does not tell one, it is asked again after ten seconds, and the one before counts for a quarter of an hour."""

    settings: Settings
    _told: dict[str, _Told] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, market: Market, coins: Collection[str]) -> dict[str, OptionChain]:
        """Return the chain of each coin that there is one of; options on the others are unknown.

        Raises `BadPrices` for a file that cannot be read, and what asking a venue raises once nothing told before counts any more.
        """
        async with self._lock:
            for coin in coins:
                await self._renew(market, coin, self._told.setdefault(coin, _Told()))
            return {coin: chain for coin in coins if (chain := self._told[coin].chain) is not None}

    async def _renew(self, market: Market, coin: str, told: _Told) -> None:
        now = wall_ms()
        if told.is_due(now):
            try:
                found = await asyncio.to_thread(chains_on, self.settings, market, (coin,))
                told.chain, told.at, told.failed = found.get(coin), now, None
            except (VenueUnreachable, VenueRefused, StateUnknown) as why:
                told.tried, told.failed = wall_ms(), why
        if told.failed is not None and not told.counts(now):
            raise told.failed.with_traceback(None)
