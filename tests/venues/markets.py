"""Market entries as ccxt's classes make them, and the shared samples of the venues' answers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgerow.model.option_names import option_named

__all__ = ["coin_option", "endpoints", "market", "markets_of"]


def market(
    symbol: str,
    id_: str,
    *,
    size: str = "1",
    lot: str = "0.001",
    tick: str = "0.1",
    info: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A contract: linear where quote and settlement coin are the same, else inverse."""
    pair, settle = symbol.split(":")
    base, quote = pair.split("/")
    settle, _, date = settle.partition("-")
    linear, option = settle == quote, date.endswith(("-P", "-C"))
    return {
        "id": id_,
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "settle": settle,
        "baseId": base,
        "quoteId": quote,
        "settleId": settle,
        "type": "option" if option else "future" if date else "swap",
        "spot": False,
        "margin": False,
        "swap": not date,
        "future": bool(date) and not option,
        "option": option,
        "active": True,
        "contract": True,
        "linear": linear,
        "inverse": not linear,
        "taker": Decimal("0.0005"),
        "maker": Decimal("0.0002"),
        "contractSize": Decimal(size),
        "expiry": None,
        "expiryDatetime": None,
        "strike": None,
        "optionType": None,
        "precision": {"amount": Decimal(lot), "price": Decimal(tick)},
        "limits": {
            "amount": {"min": Decimal(lot), "max": None},
            "price": {"min": None, "max": None},
            "cost": {"min": None, "max": None},
            "leverage": {"min": None, "max": None},
        },
        "info": info or {},
        **more,
    }


def coin_option(symbol: str, id_: str, lot: str, **more: Any) -> dict[str, Any]:
    """An option that is paid in the coin that it is on, with the ticks that such have."""
    named = option_named(id_)
    assert named is not None
    info = {"tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}]}
    ends = {"expiry": round(named.expiry.timestamp() * 1000), "strike": named.strike}
    fees = {"taker": Decimal("0.0003"), "maker": Decimal("0.0003")}
    return market(symbol, id_, lot=lot, tick="0.0001", **({"info": info} | ends | fees | more))


_BINANCE = {"orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"]}

_MARKETS: dict[str, list[dict[str, Any]]] = {
    "binance": [
        market("BTC/USDT:USDT", "BTCUSDT", info=_BINANCE),
        market("ETH/USDT:USDT", "ETHUSDT", tick="0.01", info=_BINANCE),
        market("BTC/USD:BTC", "BTCUSD_PERP", size="100", lot="1", info={**_BINANCE, "contractSize": 100}),
        market(
            "BTC/USD:BTC-201225", "BTCUSD_201225", size="100", lot="1", info={**_BINANCE, "contractSize": 100}
        ),
        market(
            "BTC/USD:BTC-200925",
            "BTCUSD_200925",
            size="100",
            lot="0.1",
            info={**_BINANCE, "contractSize": 100},
        ),
        market(
            "BTC/USD:BTC-200626", "BTCUSD_200626", size="100", lot="1", info={**_BINANCE, "contractSize": 100}
        ),
        market("BNB/USDT:USDT", "BNBUSDT", lot="0.01", tick="0.01", info=_BINANCE),
    ],
    "bybit": [
        market("BTC/USDT:USDT", "BTCUSDT"),
        market("ETH/USDT:USDT", "ETHUSDT", lot="0.01", tick="0.01"),
        market("XRP/USDT:USDT", "XRPUSDT", lot="1", tick="0.0001"),
        market("ETH/USDC:USDC", "ETHPERP", lot="0.01", tick="0.01"),
        market("BTC/USD:BTC", "BTCUSD", lot="1", tick="0.5"),
    ],
    "bingx": [
        market("BTC/USDT:USDT", "BTC-USDT", lot="0.0001"),
        market("BNB/USDT:USDT", "BNB-USDT", lot="0.01", tick="0.01"),
        market("WLD/USDT:USDT", "WLD-USDT", lot="0.1", tick="0.0001"),
        market("LDO/USDT:USDT", "LDO-USDT", lot="0.1", tick="0.0001"),
        market("OP/USDT:USDT", "OP-USDT", lot="0.1", tick="0.0001"),
        market("SOL/USD:SOL", "SOL-USD", size="10", lot="1", tick="0.001", info={"minTickSize": "10"}),
    ],
    "weex": [
        # The contract size of the venue's own list, which must not be used.
        market("BTC/USDT:USDT", "BTCUSDT", size="0.0001", lot="0.0001"),
        market("DOGE/USDT:USDT", "DOGEUSDT", size="100", lot="100", tick="0.00001"),
    ],
    "mexc": [
        market("BTC/USDT:USDT", "BTC_USDT", size="0.0001", lot="1", info={"contractSize": 0.0001}),
        market("ETH/USDT:USDT", "ETH_USDT", size="0.01", lot="1", tick="0.01", info={"contractSize": 0.01}),
        market("BTC/USD:BTC", "BTC_USD", size="100", lot="1", tick="0.5", info={"contractSize": 100}),
    ],
    "hyperliquid": [
        market("BTC/USDC:USDC", "0", lot="0.00001", tick="1", baseId="0", baseName="BTC"),
        market("ETH/USDC:USDC", "1", lot="0.0001", tick="0.1", baseId="1", baseName="ETH"),
    ],
    "deribit": [
        market("BTC/USD:BTC", "BTC-PERPETUAL", size="10", lot="10", tick="0.5"),
        market("ETH/USD:ETH", "ETH-PERPETUAL", size="1", lot="1", tick="0.05"),
        coin_option("BTC/USD:BTC-260227-54000-P", "BTC-27FEB26-54000-P", "0.1"),
        coin_option("BTC/USD:BTC-260227-67000-C", "BTC-27FEB26-67000-C", "0.1"),
        coin_option("ETH/USD:ETH-190222-120-C", "ETH-22FEB19-120-C", "1"),
        market("BTC/USDC:USDC", "BTC_USDC-PERPETUAL", size="0.001", lot="0.001"),
    ],
}


def markets_of(venue: str) -> list[dict[str, Any]]:
    """The contracts that the cases of a venue speak of."""
    return _MARKETS[venue]


def endpoints(data_dir: Path, file: str) -> dict[str, Any]:
    """The shared sample answers of a venue by "METHOD /path"; of several to one path the last."""
    read = json.loads((data_dir / "fixtures_api" / file).read_text())
    return {f"{one['http_method']} {one['path']}": one["response"] for one in read["endpoints"]}
