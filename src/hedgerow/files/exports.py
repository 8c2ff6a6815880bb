"""Layouts of holdings files: which headers mean what, for the plain form and for common exports.

Headers are compared in lower case without blanks and punctuation at the ends. The first layout whose `needs` are all
present wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LAYOUTS", "Layout", "recognise"]

_PLAIN: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "coin", "asset", "ticker", "currency symbol"),
    "quantity": ("quantity", "qty", "amount", "balance", "units"),
    "account": ("account", "venue", "exchange", "wallet"),
    "kind": ("kind", "type"),
    "currency": ("currency",),
    "cost_basis": ("cost_basis", "cost basis"),
    "sector": ("sector",),
    "tags": ("tags", "tag"),
    "locked": ("locked",),
    "underlying": ("underlying",),
    "rate": ("rate", "exchange_rate"),
    "discount": ("discount",),
    "instrument": ("instrument", "contract"),
    "entry_price": ("entry_price", "entry price", "avg_entry_price"),
    "multiplier": ("multiplier", "contract_size"),
    "settle": ("settle", "settlement"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """One format: the headers that tell it, and which header holds which field.

    `quantities` are columns that add up to the quantity, where a format splits it (free and locked, say).
    """

    name: str
    needs: frozenset[str]
    fields: Mapping[str, str]
    quantities: tuple[str, ...] = field(default=())


LAYOUTS: tuple[Layout, ...] = (
    Layout("Binance balances", frozenset({"coin", "free", "locked"}), {"symbol": "coin"}, ("free", "locked")),
    Layout(
        "Binance balances", frozenset({"asset", "free", "locked"}), {"symbol": "asset"}, ("free", "locked")
    ),
    Layout(
        "Binance wallet", frozenset({"coin", "total", "available"}), {"symbol": "coin", "quantity": "total"}
    ),
    Layout("Bybit assets", frozenset({"coin", "equity"}), {"symbol": "coin", "quantity": "equity"}),
    Layout(
        "Bybit assets",
        frozenset({"coin", "wallet balance"}),
        {"symbol": "coin", "quantity": "wallet balance"},
    ),
    Layout(
        "Koinly holdings",
        frozenset({"asset", "quantity", "cost (usd)"}),
        {"symbol": "asset", "quantity": "quantity", "cost_basis": "cost (usd)", "account": "wallet"},
    ),
    Layout(
        "Koinly balances",
        frozenset({"currency", "balance"}),
        {"symbol": "currency", "quantity": "balance", "account": "wallet"},
    ),
    Layout(
        "CoinTracking current balance",
        frozenset({"ticker", "amount", "current price"}),
        {"symbol": "ticker", "quantity": "amount", "account": "exchange"},
    ),
    Layout(
        "CoinTracking current balance",
        frozenset({"amount", "currency", "exchange"}),
        {"symbol": "currency", "quantity": "amount", "account": "exchange"},
    ),
    Layout(
        "rotki balances",
        frozenset({"asset", "amount", "usd_value"}),
        {"symbol": "asset", "quantity": "amount", "account": "location"},
    ),
    Layout(
        "rotki balances",
        frozenset({"asset_symbol", "amount"}),
        {"symbol": "asset_symbol", "quantity": "amount", "account": "location"},
    ),
    Layout(
        "Ghostfolio holdings",
        frozenset({"symbol", "quantity", "assetclass"}),
        {"symbol": "symbol", "quantity": "quantity", "sector": "assetsubclass"},
    ),
)


def recognise(headers: tuple[str, ...]) -> tuple[Layout, dict[str, str]] | None:
    """Return the layout that `headers` (already folded) follow and where each field is; None for none."""
    present = set(headers)
    for layout in LAYOUTS:
        if layout.needs <= present:
            return layout, {name: header for name, header in layout.fields.items() if header in present}
    found = {name: next((a for a in aliases if a in present), "") for name, aliases in _PLAIN.items()}
    fields = {name: header for name, header in found.items() if header}
    if "symbol" in fields and "quantity" in fields:
        return Layout("plain holdings", frozenset(), fields), fields
    return None
