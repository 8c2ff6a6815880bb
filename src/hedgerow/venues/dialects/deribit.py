"""Deribit, v2: options paid in coins, in coins of what they are on; inverse perpetuals and futures, in dollars, for their prices.

Everything is a GET, orders too, so that one which sends must leave once (`venues.wire`). The end of an option is no fill there, and
funding runs without rows of its own: perpetuals are listed for their prices, and no executor's ledger could account for them.
"""

from __future__ import annotations

from hedgerow.venues.fields import (
    BalanceFields,
    FillFields,
    FundingFields,
    OrderFields,
    PaidFields,
    PositionFields,
    StreamTable,
    TickerFields,
    TierFields,
)
from hedgerow.venues.quirks import (
    DAY_MS,
    HOUR_MS,
    ClientId,
    Codes,
    PermissionFields,
    Product,
    Requests,
    Route,
    SetUp,
    Venue,
    Wallet,
)

__all__ = ["DERIBIT"]

_NAME = "instrument_name"
_RATES_PAGE = 744


def _either(name: str) -> str:
    """A field of an order: its own row, or beside its fills in the answer to who placed it."""
    return f"{name} result.order.{name}"


_ORDER = OrderFields(
    id=_either("order_id"),
    client=_either("label"),
    status=_either("order_state"),
    quantity=_either("amount"),
    filled=_either("filled_amount"),
    symbol=_either(_NAME),
    side=_either("direction"),
    average=_either("average_price"),
    reduce_only=_either("reduce_only"),
    stop="trigger_price stop_price",
    at=f"{_either('last_update_timestamp')} creation_timestamp",
)
_FILL = FillFields(
    id="trade_id",
    order="order_id",
    quantity="amount",
    price="price",
    fee="fee",
    fee_coin="fee_currency",
    at="timestamp",
    client="label",
    symbol=_NAME,
    side="direction",
    maker="liquidity",
    maker_word="m",
)
_FILLS = Route(
    "privateGetGetUserTradesByInstrumentAndTime",
    "result.trades",
    symbol=_NAME,
    since="start_timestamp",
    until="end_timestamp",
    limit="count",
    page=100,
    ascending=True,
    fixed={"include_old": True, "sorting": "asc"},
)
_TICKER = TickerFields(
    symbol=_NAME,
    last="last_price",
    bid="best_bid_price",
    ask="best_ask_price",
    mark="mark_price",
    index="index_price",
    at="timestamp",
)


def _product(kind: str) -> Product:
    """Options count in coins, futures in dollars; the endpoints are the same."""
    option, cancel = kind == "option", Route("cancel_order")
    return Product(
        units="units",
        size_in="",
        positions=(Route("privateGetGetPositions", "result", symbol="", fixed={"kind": kind}),),
        position=_position(option=option),
        open_orders=(
            Route("privateGetGetOpenOrdersByInstrument", "result", symbol=_NAME, fixed={"type": "all"}),
        ),
        order=_ORDER,
        lookups=(
            Route("privateGetGetOrderStateByLabel", "result", symbol="", settle="currency", client="label"),
            Route(
                "privateGetGetOrderHistoryByInstrument",
                "result",
                symbol=_NAME,
                fixed={"count": 100, "include_old": True, "include_unfilled": True},
            ),
        ),
        cancel=cancel,
        cancel_stop=cancel,
        fills=_FILLS,
        fill=_FILL,
        paid=None,
        paid_fields=PaidFields(at="", id=""),
        funding=None if option else _rates(),
        funding_fields=FundingFields(rate="interest_1h", at="timestamp", symbol=_NAME),
        funding_now=None,
        forecast=FundingFields(rate="", at=""),
        tickers=(Route("publicGetTicker", "result", symbol=_NAME),),
        ticker=_TICKER,
        tiers=None,
        tier=TierFields(mmr=""),
        longest_interval_hours=1,
        history_ms=365 * DAY_MS,
        set_up=SetUp(set_mode=False, set_margin=False),
        candles_page=1000,
        candles_of=frozenset({"last"}),
    )


def _position(*, option: bool) -> PositionFields:
    """What a future is worth in coins stands beside it; of an option it does not."""
    return PositionFields(
        size="size",
        side="direction",
        symbol=_NAME,
        entry="average_price",
        mark="mark_price",
        notional_coin="" if option else "size_currency",
        unrealised="floating_profit_loss",
        liquidation="estimated_liquidation_price",
        leverage="leverage",
        at="",
    )


def _rates() -> Route:
    """A rate for every hour, at most a month of them at once: a window of less cannot have more."""
    return Route(
        "publicGetGetFundingRateHistory",
        "result",
        symbol=_NAME,
        since="start_timestamp",
        until="end_timestamp",
        page=_RATES_PAGE,
        window_ms=(_RATES_PAGE - 2) * HOUR_MS,
    )


DERIBIT = Venue(
    name="deribit",
    ccxt="deribit",
    products={"option": _product("option"), "inverse": _product("future")},
    wallets=(
        Wallet(
            "account",
            "derivatives",
            Route("privateGetGetAccountSummaries", rows="result.summaries", symbol=""),
            BalanceFields(
                coin="currency", total="balance", free="available_funds", unrealised="futures_session_upl"
            ),
        ),
    ),
    client_id=ClientId(r"[A-Za-z0-9_-]{1,64}", unique=False),
    codes=Codes(
        unknown=frozenset({"10001", "10040", "10048", "11031", "11094", "13008", "13025"}),
        absent=frozenset({"10004", "10010", "10029", "11008", "11044"}),
        again=frozenset({"10005", "10006", "10007", "10008", "10009", "11054"}),
        banned=frozenset({"10028", "10047"}),
        maintenance=frozenset({"10041", "11051"}),
        key=frozenset(
            {
                "9999",
                "10000",
                "10019",
                "11042",
                "12005",
                "13000",
                "13001",
                "13002",
                "13003",
                "13004",
                "13007",
                "13009",
                "13012",
                "13021",
            }
        ),
        refused=((10002, 10046), (11029, 11057), (13010, 13020), (-32700, -32000)),
    ),
    code="error.code",
    message="error.data.reason error.message",
    fine=frozenset(),
    requests=Requests(
        client="label",
        stop_always={"trigger": "mark_price"},
        quantity="amount",
        price="price",
        stop_field="trigger_price",
        id="result.order.order_id result.order_id",
    ),
    hosts=("www.deribit.com", "test.deribit.com"),
    streams=(
        StreamTable("params.channel", ("user.orders.*",), "params.data", order=_ORDER),
        StreamTable("params.channel", ("user.trades.*",), "params.data", fill=_FILL),
    ),
    # A login that is not taken: ccxt raises it away, and whoever waits for the login would wait for ever.
    stream_over=("error.code", frozenset({"13004", "13009", "13021"})),
    permissions=PermissionFields(
        Route("publicGetAuth", rows="result", symbol=""),
        account="id",
        scope="scope",
        withdraw_words=frozenset({"wallet:read_write", "custody:read_write", "account:read_write"}),
        trade_words=frozenset({"trade:read_write"}),
        login=True,
        account_route=Route(
            "privateGetGetAccountSummary",
            rows="result",
            symbol="",
            fixed={"currency": "BTC", "extended": True},
        ),
    ),
    sandbox="testnet",
    server_time=Route("publicGetGetTime", symbol=""),
    time_field="result",
)
