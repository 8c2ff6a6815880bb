"""How venues differ, as data: what is declared here is read by one engine, and no venue has code of its own.

Venue ─ products ─ units, routes, fields         what a number means and where it stands
      ─ client id, codes, envelope               what an answer to an order means
      ─ requests, set-up, dead man, permissions  what has to be said, and how
      ─ hosts, forbidden paths                   whom we talk to at all

The figures are those of ccxt 4.5.90's source and of the venues'
own sample answers; `docs/venues/` says which could be verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hedgerow.model.orders import OrderState
from hedgerow.venues.fields import (
    BalanceFields,
    FillFields,
    FundingFields,
    Listen,
    Names,
    OrderFields,
    PaidFields,
    PositionFields,
    StreamTable,
    TickerFields,
    TierFields,
)

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "ClientId",
    "Codes",
    "DeadMan",
    "Forbidden",
    "PermissionFields",
    "Product",
    "Requests",
    "Route",
    "SetUp",
    "Units",
    "Venue",
    "Wallet",
]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
Units = Literal["units", "contracts"]
Forbidden = (
    r"withdraw|transfer|sub-?account|sub-?member|api[-_]?key|address_book|create-sub|update-api|delete-api"
)
"""Paths that no request of ours may have, at any venue."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: ccxt's name of the call, its parameters, where the rows are, and how it is paged.

    `page` is the most rows a call returns, `window_ms` the longest span that it may be asked of (0: any). With `cursor`
    the next page is asked by what stands at `next`; with `number` by counting from 1; else by the time of the last row.
    `symbol`, `settle`, `client` and `user` name the parameters for a contract, a settlement coin, a client id and the
    account's address (empty: it takes none). `ascending`: a full page has the oldest rows of its window; otherwise nobody
    knows, and the window is cut in two. `optional`: a refusal here is no answer, another route follows.
    """

    call: str
    rows: Names = ""
    symbol: str = "symbol"
    settle: str = ""
    since: str = ""
    until: str = ""
    limit: str = ""
    page: int = 0
    window_ms: int = 0
    cursor: str = ""
    next: Names = ""
    number: str = ""
    seconds: bool = False
    client: str = ""
    user: str = ""
    ascending: bool = False
    optional: bool = False
    fixed: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Coins of one kind at one endpoint."""

    name: str
    kind: Literal["spot", "earn", "derivatives", "bonus"]
    route: Route
    fields: BalanceFields


@dataclass(frozen=True, slots=True)
class ClientId:
    """What a client id must look like, and by which parameter it is looked up again.

    `unique`: the venue refuses an id that it has had (where False: look before sending again). `hex128`: the venue wants
    128 bits in hexadecimal, which our ids are written as, and read back from.
    """

    pattern: str
    unique: bool
    hex128: bool = False


@dataclass(frozen=True, slots=True)
class Codes:
    """The venue's own codes by what they mean for an order. Ranges are inclusive; a code in no list is `unknown`.

    `unknown` wins over `refused`; `again` are refusals after which a new order may pass; `absent` say that there is no
    such order; `unchanged` that a setting is already what was asked for; `banned` that we asked too much.
    """

    unknown: frozenset[str] = frozenset()
    duplicate: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    unchanged: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()
    maintenance: frozenset[str] = frozenset()
    key: frozenset[str] = frozenset()
    refused: tuple[tuple[int, int], ...] = ()
    words: Mapping[str, Literal["unknown", "duplicate", "absent", "unchanged", "refused", "again"]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class Requests:
    """What an order says besides side, quantity and price: parameters of ccxt's `createOrder`.

    `sides` are the venue's own numbers for (buy, sell, reducing buy, reducing sell). `leg` is the parameter that names
    the leg where long and short coexist, with the words for long and short; `leg_always`: also in one-way mode. `quantity`,
    `price` and `stop_field` name what the request finally says, which is compared with the order before a byte leaves, and
    `id` is where the answer has the order's id.
    """

    client: str = "clientOrderId"
    reduce_only: bool = True
    post_only: Mapping[str, str | bool] = field(default_factory=lambda: {"postOnly": True})
    limit: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, str | int | bool] = field(default_factory=dict)
    leg: str = ""
    leg_words: tuple[str | int, str | int] = ("LONG", "SHORT")
    leg_always: bool = False
    hedged: Mapping[str, str | bool] = field(default_factory=dict)
    sides: tuple[int, int, int, int] | None = None
    stop: str = "stopLossPrice"
    stop_always: Mapping[str, str | int | bool] = field(default_factory=dict)
    stop_rising: Mapping[str, str | int] = field(default_factory=dict)
    stop_falling: Mapping[str, str | int] = field(default_factory=dict)
    market_needs_price: bool = False
    quantity: Names = "quantity qty vol"
    price: Names = "price"
    stop_field: Names = "triggerPrice stopPrice"
    id: Names = "orderId"


@dataclass(frozen=True, slots=True)
class SetUp:
    """How position mode, margin mode and leverage are read and set; None where the venue has no such call.

    Reading: `hedge` is true where the field's word is in `hedge_words`; the leverages of all `leverage_fields` and rows
    must agree, or there is none; `must` names a field and the only word with which the contract can be traded. Setting goes
    through ccxt's unified calls with these parameters.
    """

    mode: Route | None = None
    hedge: Names = ""
    hedge_words: frozenset[str] = frozenset({"true"})
    margin: Route | None = None
    margin_mode: Names = ""
    leverage: Route | None = None
    leverage_fields: tuple[Names, ...] = ()
    set_mode: bool = True
    set_margin: bool = True
    margin_params: Mapping[str, str | int] = field(default_factory=dict)
    leverage_params: tuple[Mapping[str, str | int], ...] = ({},)
    leverage_with_margin: bool = False
    leverage_by_margin: Mapping[str, tuple[Names, ...]] = field(default_factory=dict)
    must: tuple[Names, str] = ("", "")
    margin_in_leverage: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadMan:
    """The venue's own switch that cancels orders when nobody calls any more; times are in seconds or milliseconds."""

    call: str
    time: str
    milliseconds: bool
    per_symbol: bool
    can_stop: bool = True
    on: Mapping[str, str | int] = field(default_factory=dict)
    off: Mapping[str, str | int] = field(default_factory=dict)
    least: int = 1
    most: int = 86_400


@dataclass(frozen=True, slots=True)
class PermissionFields:
    """What a key may do. `withdraw` is a flag, or a list that holds one of `withdraw_words`.

    With `scope` both rights are words of one text, those to trade in `trade_words`. `login`: the question is a login, signed.
    """

    route: Route
    account: Names = ""
    trade: Names = ""
    withdraw: Names = ""
    withdraw_words: frozenset[str] = frozenset()
    read_only: Names = ""
    ip: Names = ""
    account_route: Route | None = None
    scope: Names = ""
    trade_words: frozenset[str] = frozenset()
    login: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A venue's linear or inverse contracts, or its options: units, endpoints, fields.

    `units`: the venue counts in our units (base coins, dollars of inverse contracts), whatever its contract size says, or in
    contracts of `contractSize`. `size_in` is where the venue's own market entry states that size, which must be the one used,
    and `interval_in` where it states the minutes between two settlements of funding.
    """

    units: Units
    size_in: Names
    positions: tuple[Route, ...]
    position: PositionFields
    open_orders: tuple[Route, ...]
    order: OrderFields
    lookups: tuple[Route, ...]
    cancel: Route
    cancel_stop: Route
    fills: Route
    fill: FillFields
    paid: Route | None
    paid_fields: PaidFields
    funding: Route | None
    funding_fields: FundingFields
    funding_now: Route | None
    forecast: FundingFields
    tickers: tuple[Route, ...]
    ticker: TickerFields
    tiers: Route | None
    tier: TierFields
    fees: Route | None = None
    fee_taker: Names = ""
    fee_maker: Names = ""
    interval_in: Names = ""
    longest_interval_hours: int = 8
    history_ms: int = 90 * DAY_MS
    set_up: SetUp = field(default_factory=SetUp)
    dead_man: DeadMan | None = None
    candles_page: int = 500
    candles_params: Mapping[str, str | bool] = field(default_factory=dict)
    candles_of: frozenset[str] = frozenset({"last", "mark", "index"})


@dataclass(frozen=True, slots=True)
class Venue:
    """All that makes a venue different.

    `code`, `message`: where an answer says that it is an error; `fine`: codes that are none. `symbol_in` is where ccxt's
    market entry has the symbol of the venue's own bodies. `options` are ccxt's where we make the exchange, `needs` those
    that any exchange must have for an order to be one request; `silenced` are methods of ccxt that would send requests of
    their own with it. `listen` are the subscriptions of the account's stream; a message in which the field of `stream_over`
    has one of the words beside it ends it. `stream_ids`: a fill is known to have the same id there as in the list of fills.
    """

    name: str
    ccxt: str
    products: Mapping[str, Product]
    wallets: tuple[Wallet, ...]
    client_id: ClientId
    codes: Codes
    code: Names
    message: Names
    fine: frozenset[str]
    requests: Requests
    hosts: tuple[str, ...]
    streams: tuple[StreamTable, ...] = ()
    listen: tuple[Listen, ...] = (Listen("watch_orders"), Listen("watch_my_trades"))
    stream_over: tuple[Names, frozenset[str]] = ("", frozenset())
    stream_ids: bool = True
    states: Mapping[str, OrderState] = field(default_factory=dict)
    symbol_in: str = "id"
    permissions: PermissionFields | None = None
    ipv4: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    needs: Mapping[str, object] = field(default_factory=dict)
    silenced: tuple[str, ...] = ()
    sandbox: str = ""
    server_time: Route | None = None
    time_field: Names = "serverTime"
