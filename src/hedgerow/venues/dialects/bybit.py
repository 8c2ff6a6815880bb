"""Bybit v5, unified account: linear in base coins, inverse in dollars."""

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
    DeadMan,
    PermissionFields,
    Product,
    Requests,
    Route,
    SetUp,
    Venue,
    Wallet,
)

__all__ = ["BYBIT"]

_LIST = "result.list"
_NEXT = "result.nextPageCursor"
_ORDER = OrderFields(
    id="orderId",
    client="orderLinkId",
    status="orderStatus",
    quantity="qty",
    filled="cumExecQty",
    average="avgPrice",
    at="updatedTime createdTime",
)
_FILL = FillFields(
    id="execId",
    order="orderId",
    quantity="execQty",
    price="execPrice",
    fee="execFee",
    fee_coin="feeCurrency feeCoin",
    at="execTime",
    client="orderLinkId",
    value="execValue",
    maker="isMaker",
    kind="execType",
    skip={"execType": "funding", "category": "spot"},
)
_TICKER = TickerFields(
    last="lastPrice", bid="bid1Price", ask="ask1Price", mark="markPrice", index="indexPrice"
)


_PAID = PaidFields(
    at="transactionTime execTime",
    id="tradeId execId id",
    amount="funding",
    cost="execFee",
    coin="currency feeCurrency",
    only={"type": "settlement", "execType": "funding"},
)
_FORECAST = FundingFields(
    rate="fundingRate", at="nextFundingTime", mark="markPrice", interval="fundingIntervalHour"
)
_TIER = TierFields(
    cap="riskLimitValue", mmr="maintenanceMargin", initial="initialMargin", leverage="maxLeverage"
)


def _set_up(category: dict[str, str | int | bool]) -> SetUp:
    held = Route("privateGetV5PositionList", rows=_LIST, fixed=category)
    return SetUp(
        mode=held,
        hedge="positionIdx",
        hedge_words=frozenset({"1", "2"}),
        margin=Route("privateGetV5AccountInfo", rows="result", symbol=""),
        margin_mode="marginMode",
        leverage=held,
        leverage_fields=("leverage",),
    )


def _product(kind: str) -> Product:
    """The same endpoints with another `category`; what is worth dollars in one is worth coins in the other."""
    category: dict[str, str | int | bool] = {"category": kind}
    linear = kind == "linear"
    orders = Route("privateGetV5OrderRealtime", _LIST, cursor="cursor", next=_NEXT, fixed=category)
    cancel = Route("privatePostV5OrderCancel", client="orderLinkId", fixed=category)
    return Product(
        units="units" if linear else "contracts",
        size_in="",
        positions=(_positions(category, "settleCoin" if linear else ""),),
        position=_position("positionValue", linear=linear),
        open_orders=(orders,),
        order=_ORDER,
        lookups=(
            Route("privateGetV5OrderRealtime", _LIST, client="orderLinkId", fixed=category),
            Route("privateGetV5OrderHistory", _LIST, client="orderLinkId", fixed=category),
        ),
        cancel=cancel,
        cancel_stop=cancel,
        fills=_history("privateGetV5ExecutionList", "startTime", category, 100),
        fill=_FILL,
        paid=_history(
            "privateGetV5AccountTransactionLog",
            "startTime",
            {**category, "type": "SETTLEMENT", "accountType": "UNIFIED"},
            50,
            symbol="",
        ),
        paid_fields=_PAID,
        funding=_rates(category),
        funding_fields=FundingFields(rate="fundingRate", at="fundingRateTimestamp"),
        funding_now=Route("publicGetV5MarketTickers", _LIST, fixed=category),
        forecast=_FORECAST,
        tickers=(Route("publicGetV5MarketTickers", _LIST, fixed=category),),
        ticker=_TICKER,
        tiers=Route("publicGetV5MarketRiskLimit", _LIST, cursor="cursor", next=_NEXT, fixed=category),
        tier=_TIER,
        fees=Route("privateGetV5AccountFeeRate", _LIST, fixed=category),
        fee_taker="takerFeeRate",
        fee_maker="makerFeeRate",
        interval_in="fundingInterval",
        history_ms=2 * 365 * DAY_MS,
        set_up=_set_up(category),
        dead_man=_SWITCH,
        candles_page=1000,
    )


def _rates(category: dict[str, str | int | bool]) -> Route:
    """A page has the newest 200 rates of its window: a window of 199 hours cannot have more."""
    return Route(
        "publicGetV5MarketFundingHistory",
        _LIST,
        since="startTime",
        until="endTime",
        limit="limit",
        page=200,
        window_ms=199 * HOUR_MS,
        fixed=category,
    )


def _positions(category: dict[str, str | int | bool], settle: str) -> Route:
    return Route(
        "privateGetV5PositionList",
        _LIST,
        settle=settle,
        cursor="cursor",
        next=_NEXT,
        limit="limit",
        page=200,
        fixed=category,
    )


def _position(value: str, *, linear: bool) -> PositionFields:
    return PositionFields(
        size="size",
        side="side",
        leg="positionIdx",
        entry="avgPrice",
        notional=value if linear else "",
        notional_coin="" if linear else value,
        unrealised="unrealisedPnl",
        liquidation="liqPrice",
        adl="adlRankIndicator",
        at="updatedTime",
    )


def _history(
    call: str, since: str, fixed: dict[str, str | int | bool], page: int, symbol: str = "symbol"
) -> Route:
    return Route(
        call,
        _LIST,
        symbol=symbol,
        since=since,
        until="endTime",
        limit="limit",
        page=page,
        window_ms=7 * DAY_MS,
        cursor="cursor",
        next=_NEXT,
        fixed=fixed,
    )


# Works only while a private stream is open, and cannot be switched off by a program: it runs out.
_SWITCH = DeadMan(
    "privatePostV5OrderDisconnectedCancelAll",
    "timeWindow",
    milliseconds=False,
    per_symbol=False,
    can_stop=False,
    on={"product": "DERIVATIVES"},
    least=3,
    most=300,
)

BYBIT = Venue(
    name="bybit",
    ccxt="bybit",
    products={"linear": _product("linear"), "inverse": _product("inverse")},
    wallets=(
        Wallet(
            "unified",
            "derivatives",
            Route(
                "privateGetV5AccountWalletBalance",
                rows="result.list.0.coin",
                symbol="",
                fixed={"accountType": "UNIFIED"},
            ),
            BalanceFields(
                coin="coin",
                total="walletBalance",
                used=("totalPositionIM", "totalOrderIM", "locked"),
                unrealised="unrealisedPnl",
                bonus="bonus",
            ),
        ),
        Wallet(
            "earn",
            "earn",
            Route("privateGetV5EarnPosition", rows=_LIST, symbol="", fixed={"category": "FlexibleSaving"}),
            BalanceFields(coin="coin", total="amount", free="amount"),
        ),
    ),
    client_id=ClientId(r"[A-Za-z0-9_-]{1,36}", unique=True),
    codes=Codes(
        unknown=frozenset(
            {
                "-1",
                "10000",
                "10016",
                "10019",
                "170007",
                "170032",
                "170146",
                "170147",
                "170001",
                "170234",
                "170035",
            }
        ),
        duplicate=frozenset({"110072", "12141", "170141", "140072", "10014", "110030", "140030"}),
        absent=frozenset({"110001", "140001", "170213", "20001"}),
        unchanged=frozenset({"110025", "110026", "110027", "110043", "140025", "140026", "140027", "140043"}),
        again=frozenset({"10002", "110004", "110007", "110012", "110017", "110045", "110094"}),
        banned=frozenset({"10006", "10018", "10429"}),
        maintenance=frozenset({"10030", "110066"}),
        key=frozenset(
            {"10003", "10004", "10005", "10007", "10008", "10009", "10010", "10024", "10028", "33004"}
        ),
        refused=((10001, 10029), (12000, 12999), (110000, 110999), (130000, 149999), (170000, 170999)),
    ),
    code="retCode ret_code",
    message="retMsg ret_msg",
    fine=frozenset({"0"}),
    requests=Requests(
        leg="positionIdx", leg_words=(1, 2), stop_always={"triggerBy": "MarkPrice"}, id="result.orderId"
    ),
    hosts=(
        "api.bybit.com",
        "stream.bybit.com",
        "api-testnet.bybit.com",
        "stream-testnet.bybit.com",
        "api-demo.bybit.com",
        "stream-demo.bybit.com",
    ),
    streams=(
        StreamTable("topic", ("order", "order.*"), "data", order=_ORDER, skip={"category": "spot"}),
        StreamTable("topic", ("execution", "execution.*"), "data", fill=_FILL, skip=_FILL.skip),
    ),
    # A login that is not taken is told without the request; ccxt then never sends another on the same connection.
    stream_over=("success", frozenset({"false"})),
    permissions=PermissionFields(
        Route("privateGetV5UserQueryApi", rows="result", symbol=""),
        account="userID",
        trade="permissions.ContractTrade",
        withdraw="permissions.Wallet",
        withdraw_words=frozenset({"Withdraw"}),
        read_only="readOnly",
        ip="ips",
    ),
    options={"fetchCurrencies": False, "fetchMarkets": {"types": ["linear", "inverse"]}},
    needs={"enableUnifiedMargin": False, "enableUnifiedAccount": True},
    sandbox="testnet",
    server_time=Route("publicGetV5MarketTime", symbol=""),
    time_field="time result.timeSecond",
)
