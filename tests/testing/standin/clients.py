"""Real ccxt clients of the stand-in server, and a guard that lets no socket leave loopback."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal, localcontext
from typing import Any

from hedgerow.testing.standin import rebase, serving
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET

__all__ = ["CONTRACTS", "NAMES", "OPTIONS", "client", "only_loopback"]

NAMES = {
    "binance": "newClientOrderId",
    "bybit": "orderLinkId",
    "bingx": "clientOrderId",
    "weex": "clientOrderId",
    "mexc": "externalOid",
}
CONTRACTS = {"mexc": 10_000}  # of 0.0001 BTC; the others count coins

OPTIONS: dict[str, dict[str, Any]] = {
    "binance": {"fetchMargins": False, "fetchMarkets": {"types": ["linear", "inverse"]}},
    "bybit": {"fetchMarkets": {"types": ["linear", "inverse"]}},
    "bingx": {},
    "weex": {},
    "mexc": {"fetchMarkets": {"types": {"spot": False, "swap": {"linear": True, "inverse": False}}}},
}


@asynccontextmanager
async def client(stand: Stand, secret: str = SECRET) -> AsyncIterator[Any]:
    """Serve `stand` and yield a ccxt exchange that talks to it, its markets loaded."""
    with localcontext():  # ccxt changes the rounding of everybody's Decimals
        async with serving({stand.tag: stand}) as base, _opened(base, stand, secret) as exchange:
            yield exchange


@asynccontextmanager
async def _opened(base: str, stand: Stand, secret: str) -> AsyncIterator[Any]:
    import ccxt.pro

    options = {"defaultType": "swap", "fetchCurrencies": False, **OPTIONS[stand.tag]}
    exchange = getattr(ccxt.pro, stand.tag)(
        {
            "apiKey": KEY,
            "secret": secret,
            "password": PASSPHRASE,
            "enableRateLimit": False,
            "number": Decimal,
            "options": options,
            "timeout": 2_000,
        }
    )
    exchange.has["fetchCurrencies"] = False
    rebase(exchange, base, stand.tag)
    try:
        await exchange.load_markets()
        yield exchange
    finally:
        await exchange.close()


@contextmanager
def only_loopback() -> Iterator[None]:
    """Fail where a socket connects to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1"}:
            raise AssertionError(f"a socket left loopback: {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment,method-assign]  # the guard is the point
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]  # as it was
