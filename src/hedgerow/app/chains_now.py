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
from hedgerow.model.errors import StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.market import Market

if TYPE_CHECKING:
    from hedgerow.model.option_chain import OptionChain

__all__ = ["ChainsNow"]

_FRESH_MS = 60_000
_KEPT_MS = 900_000


@dataclass(slots=True)
class ChainsNow:
    """Chains by coin, each a minute old at most; where a venue does not tell one, the one before counts for a quarter of an hour."""

    settings: Settings
    _told: dict[str, tuple[int, OptionChain | None]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, market: Market, coins: Collection[str]) -> dict[str, OptionChain]:
        """Return the chain of each coin that there is one of; options on the others are unknown.

        Raises `BadPrices` for a file that cannot be read, and what asking a venue raises once nothing told before counts any more.
        """
        async with self._lock:
            for coin in coins:
                await self._renew(market, coin)
            return {coin: chain for coin in coins if (chain := self._told[coin][1]) is not None}

    async def _renew(self, market: Market, coin: str) -> None:
        now = wall_ms()
        at, before = self._told.get(coin, (None, None))
        if at is not None and 0 <= now - at <= _FRESH_MS:
            return
        try:
            found = await asyncio.to_thread(chains_on, self.settings, market, (coin,))
        except (VenueUnreachable, VenueRefused, StateUnknown):
            if at is None or before is None or not 0 <= now - at <= _KEPT_MS:
                raise
            return
        self._told[coin] = now, found.get(coin)
