"""Layouts of holdings files: which headers mean what, for the plain form and for common exports.

Headers are compared in lower case without blanks and quotes at the ends. In a pattern `a|b` is either, and a `*` at the
end is anything more. The first layout whose `needs` are all present wins. What is new is added here, as a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LAYOUTS", "MOVEMENTS", "PLAIN", "Layout", "ghostfolio_ticker", "recognise", "refusal"]

PLAIN = "plain holdings"


@dataclass(frozen=True, slots=True)
class Layout:
    """One format: the headers that tell it, and which header holds which field.

    `quantities` are columns that add up to the quantity, where a format splits it (free and locked, say). Where the
    column `sign_from` says what a row is, `signs` says how it counts; 0 leaves it out.
    """

    name: str
    needs: tuple[str, ...]
    fields: Mapping[str, str]
    quantities: tuple[str, ...] = ()
    sign_from: str = ""
    signs: Mapping[str, int] = field(default_factory=dict)


_PLAIN: Mapping[str, str] = {
    "symbol": "symbol|coin|asset|ticker|asset_symbol",
    "quantity": "quantity|qty|amount|balance|units|contracts",
    "account": "account|venue|exchange|wallet|location",
    "kind": "kind|type",
    "currency": "currency|cost_currency",
    "cost_basis": "cost_basis|cost basis|cost",
    "sector": "sector",
    "tags": "tags|tag",
    "locked": "locked",
    "underlying": "underlying",
    "rate": "rate|exchange_rate",
    "discount": "discount",
    "instrument": "instrument|contract",
    "entry_price": "entry_price|entry price|avg_entry_price|entryprice",
    "multiplier": "multiplier|contract_size|contract size",
    "settle": "settle|settlement",
    "expiry": "expiry|expires|delivery",
}
_OWN_MEANING = {"symbol", "quantity", "currency", "rate", "locked"}
_ANNOTATIONS = {name: p.partition("|")[0] for name, p in _PLAIN.items() if name not in _OWN_MEANING}
_COST = {"cost_basis": "cost (*"}
_LIABILITIES = {"asset": 1, "assets": 1, "liability": -1, "liabilities": -1}
_ACTIVITIES = {
    "buy": 1,
    "sell": -1,
    "dividend": 0,
    "fee": 0,
    "interest": 0,
    "item": 0,
    "liability": 0,
    "stake": 0,
}

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "Binance balances", ("asset|coin", "free", "locked"), {"symbol": "asset|coin"}, ("free", "locked")
    ),
    Layout(
        "Binance wallet",
        ("coin|asset", "total|total balance", "available|available balance"),
        {"symbol": "coin|asset", "quantity": "total|total balance", "account": "account|wallet"},
    ),
    Layout(
        "Bybit assets",
        ("coin", "walletbalance|wallet balance|equity"),
        {
            "symbol": "coin",
            "quantity": "walletbalance|wallet balance|equity",
            "account": "accounttype|account type",
        },
    ),
    Layout(
        "Koinly holdings",
        ("asset|currency", "quantity|amount|balance", "cost (*|value (*"),
        {
            "symbol": "asset|currency",
            "quantity": "quantity|amount|balance",
            "account": "wallet|wallet name",
            **_COST,
        },
    ),
    Layout(
        "Koinly balances",
        ("currency", "balance"),
        {"symbol": "currency", "quantity": "balance", "account": "wallet|wallet name"},
    ),
    Layout(
        "CoinTracking current balance",
        ("ticker|cur.|currency|coin", "amount", "current price*|price*|value in *|current value*"),
        {"symbol": "ticker|cur.|currency|coin", "quantity": "amount", "account": "exchange|trade group"},
    ),
    Layout(
        "rotki balances",
        ("category", "asset_symbol|asset|asset_identifier", "amount"),
        {"symbol": "asset_symbol|asset|asset_identifier", "quantity": "amount", "account": "location"},
        sign_from="category",
        signs=_LIABILITIES,
    ),
    Layout(
        "rotki balances",
        ("asset_symbol|asset|symbol", "amount", "usd_value|value"),
        {"symbol": "asset_symbol|asset|symbol", "quantity": "amount", "account": "location"},
    ),
    Layout(
        "Ghostfolio activities",
        ("symbol", "quantity", "unitprice", "type"),
        {"symbol": "symbol", "quantity": "quantity", "account": "accountid"},
        sign_from="type",
        signs=_ACTIVITIES,
    ),
    Layout(
        "Ghostfolio holdings",
        ("symbol", "quantity", "assetclass|datasource"),
        {"symbol": "symbol", "quantity": "quantity"},
    ),
)

MOVEMENTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("a CoinTracking list of trades", ("cur.", "buy|sell|fee"), "Export Current Balance instead."),
    ("a Binance list of movements", ("operation", "coin", "change"), "Export the balances instead."),
    (
        "a list of trades",
        ("side", "price|executed|filled", "pair|symbol|market"),
        "Give the holdings instead.",
    ),
    (
        "a Koinly list of transactions",
        ("sent amount", "received amount"),
        "Export the holdings report instead.",
    ),
    ("a rotki list of events", ("event_type", "amount|balance"), "Export the balances snapshot instead."),
)
"""Files that list what happened, not what is held: their name, what tells them, and what to export instead."""

_COINGECKO: Mapping[str, str] = {
    "bitcoin": "BTC",
    "ethereum": "ETH",
    "solana": "SOL",
    "ripple": "XRP",
    "cardano": "ADA",
    "dogecoin": "DOGE",
    "polkadot": "DOT",
    "chainlink": "LINK",
    "litecoin": "LTC",
    "avalanche-2": "AVAX",
    "binancecoin": "BNB",
    "tron": "TRX",
    "uniswap": "UNI",
    "cosmos": "ATOM",
    "near": "NEAR",
    "aave": "AAVE",
    "stellar": "XLM",
    "monero": "XMR",
    "bitcoin-cash": "BCH",
    "ethereum-classic": "ETC",
    "tether": "USDT",
    "usd-coin": "USDC",
    "dai": "DAI",
    "wrapped-bitcoin": "WBTC",
    "staked-ether": "STETH",
    "wrapped-steth": "WSTETH",
    "polygon-ecosystem-token": "POL",
    "arbitrum": "ARB",
    "optimism": "OP",
    "sui": "SUI",
    "aptos": "APT",
    "hyperliquid": "HYPE",
    "pepe": "PEPE",
    "shiba-inu": "SHIB",
    "filecoin": "FIL",
    "internet-computer": "ICP",
    "algorand": "ALGO",
}
_CURRENCIES = ("USD", "EUR", "GBP", "CHF")


def ghostfolio_ticker(name: str) -> str:
    """Return the coin that Ghostfolio's name stands for: `BTC-USD`, `BTCUSD` and `bitcoin` are BTC; others stay."""
    if name in _COINGECKO:
        return _COINGECKO[name]
    for currency in _CURRENCIES:
        coin = name.removesuffix(currency).removesuffix("-")
        if name.endswith(currency) and coin:
            return coin
    return name


def _find(pattern: str, headers: tuple[str, ...]) -> str:
    """Return the header that a pattern names, the first alternative first; empty where there is none."""
    for one in pattern.split("|"):
        if one.endswith("*"):
            found = next((h for h in headers if h.startswith(one[:-1])), "")
        else:
            found = one if one in headers else ""
        if found:
            return found
    return ""


def recognise(headers: tuple[str, ...]) -> tuple[Layout, dict[str, str]] | None:
    """Return the layout that `headers` (already folded) follow and where each field is; None for none."""
    for layout in LAYOUTS:
        if all(_find(need, headers) for need in layout.needs):
            # The plain columns are read in every layout, so that an export may be annotated.
            found = {n: _find(p, headers) for n, p in {**_ANNOTATIONS, **layout.fields}.items()}
            return layout, {name: header for name, header in found.items() if header}
    found = {name: _find(pattern, headers) for name, pattern in _PLAIN.items()}
    fields = {name: header for name, header in found.items() if header}
    if "symbol" in fields and "quantity" in fields:
        return Layout(PLAIN, (), fields), fields
    return None


def refusal(headers: tuple[str, ...]) -> tuple[str, str] | None:
    """Return what a file is and what to export instead, when it lists movements and not holdings; None otherwise."""
    for name, needs, advice in MOVEMENTS:
        if all(_find(need, headers) for need in needs):
            return name, advice
    return None
