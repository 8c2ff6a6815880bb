"""How a venue's door is opened.

connect(...)        the product's way: keys, hosts pinned, self-check of units, all wallets
venue_of(exchange)  around a ccxt exchange that somebody else made: the seam for outside answers and requests
rebase(exchange)    every address of an exchange to a server of one's own, on loopback

See docs/venues/seams.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

from hedgerow.model.errors import BadConfig, VenueRefused
from hedgerow.model.ports import Permissions
from hedgerow.venues.ccxt_account import CcxtAccount
from hedgerow.venues.ccxt_data import CcxtMarketData
from hedgerow.venues.ccxt_venue import CcxtTrading
from hedgerow.venues.dialects import venue_named
from hedgerow.venues.door import Door
from hedgerow.venues.feeds import follow
from hedgerow.venues.listing import Listings
from hedgerow.venues.quirks import Venue
from hedgerow.venues.reading import Whose
from hedgerow.venues.streams import StreamState
from hedgerow.venues.wire import Exchange, ccxt_library, pin, watch

__all__ = ["CcxtVenue", "Keys", "allow_live", "connect", "credentials_of", "rebase", "venue_of"]

Answer = TypeVar("Answer")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Keys:
    """A key of a venue. It is shown nowhere: its `repr` names the account only."""

    account: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)
    wallet: str = field(default="", repr=False)

    def settings(self) -> dict[str, str]:
        """Return them as ccxt takes them."""
        named = {
            "apiKey": self.key,
            "secret": self.secret,
            "password": self.password,
            "walletAddress": self.wallet,
            "privateKey": self.secret if self.wallet else "",
        }
        return {name: said for name, said in named.items() if said}


@dataclass(frozen=True, slots=True)
class CcxtVenue:
    """The three ports of one account at one venue."""

    door: Door
    data: CcxtMarketData
    trading: CcxtTrading
    account: CcxtAccount

    async def listings(self) -> Listings:
        """Return the venue's contracts by every name they have."""
        return await self.door.listings()

    async def stream(self) -> StreamState:
        """Return what the account's stream has told so far; the first call begins to listen to the exchange's messages."""
        await self.door.listings()
        return follow(self.door).state

    async def during(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return what `work` does with the venue, and close it behind it."""
        try:
            return await work()
        finally:
            await self.close()

    async def close(self) -> None:
        """Close sessions and sockets."""
        await self.door.exchange.close()


def venue_of(
    exchange: Exchange,
    name: str = "",
    *,
    account: str = "outside",
    hosts: tuple[str, ...] = (),
    wallets: tuple[str, ...] = (),
    hedged: bool = False,
    self_check: bool = False,
) -> CcxtVenue:
    """Return our ports around a ccxt exchange (async or pro), as it is: its markets if it has any, its `fetch`, its proxies.

    `name` is ours or ccxt's, by default the exchange's own. `hosts` replace the venue's list, `wallets` are those of
    `balances` (by default the derivatives one of the exchange's product). The self-check is off, because a single answer
    can prove nothing; `connect` switches it on. Raises `BadConfig` for a venue without a table.
    """
    venue = venue_named(name or exchange.id)
    for key, said in venue.needs.items():
        if exchange.options.get(key) is None:
            exchange.options[key] = said
    watch(exchange, venue.silenced)
    pin(exchange, hosts or venue.hosts, ipv4=venue.ipv4)
    door = Door(
        exchange=exchange,
        venue=venue,
        whose=Whose(venue.name, account),
        wallets=wallets or (_main_wallet(exchange, venue),),
        hedged=hedged,
        self_check=self_check,
        given=bool(exchange.markets),
    )
    found = CcxtVenue(door, CcxtMarketData(door), CcxtTrading(door), CcxtAccount(door))
    if door.given:
        door.list_markets()
        follow(door)
    return found


def _main_wallet(exchange: Exchange, venue: Venue) -> str:
    inverse = exchange.id == "binancecoinm" or exchange.options.get("defaultSubType") == "inverse"
    names = [wallet.name for wallet in venue.wallets if wallet.kind == "derivatives"]
    return "inverse" if inverse and "inverse" in names else names[0]


def connect(
    name: str,
    keys: Keys,
    *,
    sandbox: bool = False,
    hedged: bool = False,
    wallets: tuple[str, ...] = (),
    settings: Mapping[str, Any] | None = None,
) -> CcxtVenue:
    """Return a venue's ports with a key: exact numbers, no repeats by ccxt, hosts pinned, units checked before any order.

    `wallets` are those that count (all the venue's table names by default), `settings` ccxt's own (a proxy, a time-out). Raises `MissingExtra` without the extra `live`, `BadConfig` for a venue
    without a table or without a sandbox.
    """
    venue = venue_named(name)
    library = ccxt_library()
    exchange = getattr(library, venue.ccxt)(
        {
            "number": Decimal,
            "enableRateLimit": True,
            "timeout": 10_000,
            **dict(settings or {}),
            **keys.settings(),
            "has": {"fetchCurrencies": False},  # a private call at most venues, of which nothing here is used
            "options": {"maxRetriesOnFailure": 0, **venue.options, **venue.needs},
        }
    )
    if sandbox:
        _sandbox(exchange, venue)
    return venue_of(
        exchange,
        venue.name,
        account=keys.account,
        wallets=wallets or tuple(wallet.name for wallet in venue.wallets),
        hedged=hedged,
        self_check=True,
    )


def credentials_of(name: str) -> tuple[str, ...]:
    """Return which fields of `Keys` a venue wants. Errors as `connect`."""
    needed = getattr(ccxt_library(), venue_named(name).ccxt)().requiredCredentials
    words = {
        "apiKey": "key",
        "secret": "secret",
        "password": "password",
        "walletAddress": "wallet",
        "privateKey": "secret",
    }
    return tuple(dict.fromkeys(words[one] for one in words if needed.get(one)))


def _sandbox(exchange: Exchange, venue: Venue) -> None:
    if venue.sandbox == "demo":
        exchange.enable_demo_trading(True)
    elif venue.sandbox == "testnet":
        exchange.set_sandbox_mode(True)
    else:
        raise BadConfig(
            f"{venue.name} has no sandbox that can be used", advice="Paper trading is the place to practise."
        )


def allow_live(said: Permissions, *, override: bool = False) -> tuple[str, ...]:
    """Return what to warn of before a key trades live. Raises `VenueRefused` for a key that may withdraw or may not trade.

    `override` is the owner's written line in the configuration: the right to withdraw is then a warning at every start.
    """
    if said.trade is False:
        raise VenueRefused("this key may not trade", advice="Allow derivatives for it, and nothing else.")
    warnings = []
    if said.withdraw is None:
        warnings.append("the venue does not say whether this key may withdraw: look at its page")
    elif said.withdraw and override:
        warnings.append("this key may withdraw: whoever gets it can take everything")
    elif said.withdraw:
        raise VenueRefused(
            "this key may withdraw", advice="Make one without that right: docs/venues says how."
        )
    if said.ip_bound is not True:
        warnings.append("this key is not known to be bound to an address: bind it")
    return tuple(warnings)


def rebase(exchange: Exchange, base: str, tag: str) -> None:
    """Send every request and stream of `exchange` to `base` (http://127.0.0.1:PORT), below the path /`tag`.

    The path of the venue is kept. Only loopback is taken: to another machine a key must not go. Call it after
    `set_sandbox_mode` or `enable_demo_trading`, never before. Raises `BadConfig` for any other address.
    """
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if host not in _LOOPBACK or parts.scheme not in {"http", "https"} or not port:
        said = base or "an empty address"
        raise BadConfig(f"{said} is no server on this machine", advice="Use http://127.0.0.1 and a port.")
    exchange.urls["api"] = _rebased(exchange.urls["api"], base.rstrip("/"), tag, exchange.hostname or "host")
    pin(exchange, (host,))


def _rebased(node: object, base: str, tag: str, hostname: str) -> object:
    if isinstance(node, str):
        parts = urlsplit(node.replace("{hostname}", hostname))
        start = base if parts.scheme.startswith("http") else base.replace("http", "ws", 1)
        return f"{start}/{tag}{parts.path}"
    if isinstance(node, dict):
        return {key: _rebased(inner, base, tag, hostname) for key, inner in node.items()}
    return node
