"""One table a venue; `venue_named` finds it by our name or by ccxt's."""

from __future__ import annotations

from hedgerow.model.errors import BadConfig
from hedgerow.venues.dialects.binance import BINANCE
from hedgerow.venues.dialects.bingx import BINGX
from hedgerow.venues.dialects.bybit import BYBIT
from hedgerow.venues.dialects.deribit import DERIBIT
from hedgerow.venues.dialects.hyperliquid import HYPERLIQUID
from hedgerow.venues.dialects.mexc import MEXC
from hedgerow.venues.dialects.weex import WEEX
from hedgerow.venues.quirks import Venue

__all__ = ["VENUES", "venue_named"]

VENUES: dict[str, Venue] = {
    venue.name: venue for venue in (BINANCE, BYBIT, BINGX, WEEX, MEXC, HYPERLIQUID, DERIBIT)
}
_SAME = {"binanceusdm": "binance", "binancecoinm": "binance"}


def venue_named(name: str) -> Venue:
    """Return a venue's table; raises `BadConfig` for a venue that is in none."""
    found = VENUES.get(_SAME.get(name, name))
    if found is None:
        raise BadConfig(f'"{name}" is no venue that can be traded', advice=f"There are: {', '.join(VENUES)}.")
    return found
