"""What is known of coins by their name: pegged, gold, wrapped, renamed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["GOLD", "RENAMED", "STABLECOINS", "WRAPPED", "at_par", "is_stablecoin"]

STABLECOINS: frozenset[str] = frozenset(
    [
        "USD",
        "USDT",
        "USDC",
        "DAI",
        "FDUSD",
        "TUSD",
        "BUSD",
        "USDE",
        "USDP",
        "PYUSD",
        "USDD",
        "GUSD",
        "LUSD",
        "FRAX",
        "USD1",
        "USDS",
        "RLUSD",
        "CRVUSD",
        "GHO",
        "SUSD",
        "USTC",
        "EUR",
        "EURC",
        "EURT",
        "EURI",
        "AEUR",
        "USD0",
        "USDG",
        "USDTB",
        "USDB",
        "FEI",
        "MIM",
    ]
)
"""Beta is 0 by policy (domain §1.5); the value stays at the market's price. Fiat cash counts with them."""

GOLD: frozenset[str] = frozenset({"PAXG", "XAUT"})
"""Estimated like any coin, but no part of the cross-section that the prior is made of."""

WRAPPED: Mapping[str, str] = MappingProxyType(
    {
        "WBTC": "BTC",
        "CBBTC": "BTC",
        "TBTC": "BTC",
        "BTCB": "BTC",
        "LBTC": "BTC",
        "WETH": "ETH",
        "STETH": "ETH",
        "WSTETH": "ETH",
        "RETH": "ETH",
        "CBETH": "ETH",
        "WEETH": "ETH",
        "EETH": "ETH",
        "BETH": "ETH",
        "WBETH": "ETH",
        "SWETH": "ETH",
        "EZETH": "ETH",
        "METH": "ETH",
        "WSOL": "SOL",
        "MSOL": "SOL",
        "JITOSOL": "SOL",
        "BNSOL": "SOL",
        "JUPSOL": "SOL",
        "BBSOL": "SOL",
        "WBNB": "BNB",
        "WAVAX": "AVAX",
        "SAVAX": "AVAX",
        "WPOL": "POL",
        "STMATIC": "POL",
        "MATICX": "POL",
        "STATOM": "ATOM",
        "STNEAR": "NEAR",
    }
)
"""Wrapped and staked tokens, and the coin whose moves they follow (domain §1.7)."""

RENAMED: Mapping[str, str] = MappingProxyType(
    {"MATIC": "POL", "FTM": "S", "RNDR": "RENDER", "LUNA": "LUNC or LUNA2"}
)
"""Tickers that changed. Only ever a hint to the user: which coin is meant is the user's to say."""

_AT_PAR = frozenset(
    {"WBTC", "CBBTC", "TBTC", "BTCB", "WETH", "STETH", "EETH", "BETH", "WSOL", "WBNB", "WAVAX", "WPOL"}
)


def is_stablecoin(symbol: str) -> bool:
    """Return True for a coin pegged to a currency, or the currency itself."""
    return symbol in STABLECOINS


def at_par(symbol: str) -> bool:
    """Return True for a wrapped token redeemable one for one by design; others need their exchange rate."""
    return symbol in _AT_PAR
