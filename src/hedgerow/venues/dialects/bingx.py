"""BingX: linear swaps in base coins, inverse ("standard coin-M") in contracts of 100 or 10 dollars."""

from __future__ import annotations

from dataclasses import replace

from hedgerow.venues.fields import (
    BalanceFields,
    FillFields,
    FundingFields,
    Listen,
    OrderFields,
    PaidFields,
    PositionFields,
    StreamTable,
    TickerFields,
    TierFields,
)
from hedgerow.venues.quirks import (
    DAY_MS,
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

__all__ = ["BINGX"]

_CLIENT = "clientOrderID clientOrderId"
_POSITION = PositionFields(
    size="positionAmt",
    side="positionSide",
    leg="positionSide",
    single="onlyOnePosition",
    entry="avgPrice entryPrice",
    notional="positionValue",
    unrealised="unrealizedProfit",
    margin="initialMargin",
    margin_mode="isolated",
    at="updateTime",
)
_ORDER = OrderFields(
    id="orderId orderID",
    client=_CLIENT,
    status="status",
    quantity="origQty quantity",
    filled="executedQty",
)
_FILL = FillFields(
    id="tradeId fillId",
    order="orderId",
    quantity="qty volume",
    price="price tradePrice",
    fee="commission",
    fee_coin="commissionAsset currency",
    at="filledTime filledTm tradeTime time",
    client=_CLIENT,
    value="quoteQty amount",
    maker="maker",
    fee_sign=-1,
)
_STREAM = StreamTable(
    event="e",
    words=("order_trade_update",),
    rows="o",
    order=OrderFields(
        id="i",
        client="c",
        status="X",
        quantity="q",
        filled="z",
        symbol="s",
        side="S",
        average="ap",
        reduce_only="ro",
        at="T",
    ),
    fill=FillFields(
        id="t",
        order="i",
        quantity="l",
        price="L",
        fee="n",
        fee_coin="N",
        at="T",
        client="c",
        symbol="s",
        side="S",
        maker="m",
        fee_sign=-1,
    ),
    fill_when=("x", "trade"),
)
_CANCEL = Route("swapV2PrivateDeleteTradeOrder", client=_CLIENT)
_DUAL = Route("swapV1PrivateGetPositionSideDual", rows="data", symbol="")

LINEAR = Product(
    units="units",
    size_in="",
    positions=(Route("swapV2PrivateGetUserPositions", rows="data"),),
    position=_POSITION,
    open_orders=(Route("swapV2PrivateGetTradeOpenOrders", rows="data.orders"),),
    order=_ORDER,
    lookups=(
        Route("swapV2PrivateGetTradeOrder", rows="data.order", client=_CLIENT, optional=True),
        Route("swapV2PrivateGetTradeAllOrders", rows="data.orders", fixed={"limit": 500}),
    ),
    cancel=_CANCEL,
    cancel_stop=_CANCEL,
    fills=Route(
        "swapV2PrivateGetTradeFillHistory",
        rows="data.fill_history_orders data.fill_orders data.fills",
        since="startTs",
        until="endTs",
        limit="pageSize",
        number="pageIndex",
        page=100,
        window_ms=7 * DAY_MS,
    ),
    fill=_FILL,
    paid=Route(
        "swapV2PrivateGetUserIncome",
        rows="data",
        since="startTime",
        until="endTime",
        limit="limit",
        page=1000,
        window_ms=30 * DAY_MS,
        fixed={"incomeType": "FUNDING_FEE"},
    ),
    paid_fields=PaidFields(
        at="time", id="tranId", amount="income", coin="asset", only={"incomeType": "funding_fee"}
    ),
    funding=Route(
        "swapV2PublicGetQuoteFundingRate",
        rows="data",
        since="startTime",
        until="endTime",
        limit="limit",
        page=1000,
    ),
    funding_fields=FundingFields(rate="fundingRate", at="fundingTime", mark="markPrice"),
    funding_now=Route("swapV2PublicGetQuotePremiumIndex", rows="data"),
    forecast=FundingFields(
        rate="lastFundingRate", at="nextFundingTime", mark="markPrice", interval="fundingIntervalHours"
    ),
    tickers=(
        Route("swapV2PublicGetQuoteTicker", rows="data"),
        Route("swapV2PublicGetQuotePremiumIndex", rows="data"),
    ),
    ticker=TickerFields(
        last="lastPrice",
        bid="bidPrice",
        ask="askPrice",
        mark="markPrice",
        index="indexPrice",
        at="closeTime",
    ),
    tiers=Route("swapV1PrivateGetMaintMarginRatio", rows="data"),
    tier=TierFields(floor="minPositionVal", mmr="maintMarginRatio"),
    fees=Route("swapV2PrivateGetUserCommissionRate", rows="data.commission data"),
    fee_taker="takerCommissionRate",
    fee_maker="makerCommissionRate",
    set_up=SetUp(
        mode=_DUAL,
        hedge="dualSidePosition",
        margin=Route("swapV2PrivateGetTradeMarginType", rows="data"),
        margin_mode="marginType",
        leverage=Route("swapV2PrivateGetTradeLeverage", rows="data"),
        leverage_fields=("longLeverage", "shortLeverage"),
        leverage_params=({"side": "LONG"}, {"side": "SHORT"}),
    ),
    dead_man=DeadMan(
        "swapV2PrivatePostTradeCancelAllAfter",
        "timeOut",
        milliseconds=False,
        per_symbol=False,
        on={"type": "ACTIVATE"},
        off={"type": "CLOSE"},
        least=10,
        most=120,
    ),
    candles_page=1440,
    candles_of=frozenset({"last", "mark"}),
)
_INVERSE_CANCEL = Route("cswapV1PrivateDeleteTradeCancelOrder", client=_CLIENT)
INVERSE = replace(
    LINEAR,
    units="contracts",
    size_in="minTickSize",
    positions=(Route("cswapV1PrivateGetUserPositions", rows="data"),),
    position=replace(_POSITION, notional="", notional_coin="positionValue"),
    open_orders=(Route("cswapV1PrivateGetTradeOpenOrders", rows="data.orders data.list"),),
    lookups=(
        Route("cswapV1PrivateGetTradeOrderDetail", rows="data.order data", client=_CLIENT, optional=True),
        Route("cswapV1PrivateGetTradeOrderHistory", rows="data.orders data.list", fixed={"limit": 500}),
    ),
    cancel=_INVERSE_CANCEL,
    cancel_stop=_INVERSE_CANCEL,
    fills=Route(
        "cswapV1PrivateGetTradeAllFillOrders",
        rows="data",
        since="startTs",
        until="endTs",
        limit="pageSize",
        number="pageIndex",
        page=100,
        window_ms=7 * DAY_MS,
    ),
    fill=replace(_FILL, value=""),
    paid=None,
    funding=None,
    funding_now=Route("cswapV1PublicGetMarketPremiumIndex", rows="data"),
    tickers=(
        Route("cswapV1PublicGetMarketTicker", rows="data"),
        Route("cswapV1PublicGetMarketPremiumIndex", rows="data"),
    ),
    tiers=None,
    fees=Route("cswapV1PrivateGetUserCommissionRate", rows="data.commission data"),
    set_up=SetUp(
        margin=Route("cswapV1PrivateGetTradeMarginType", rows="data"),
        margin_mode="marginType",
        leverage=Route("cswapV1PrivateGetTradeLeverage", rows="data"),
        leverage_fields=("longLeverage", "shortLeverage"),
        leverage_params=({"side": "LONG"}, {"side": "SHORT"}),
        set_mode=False,
    ),
    dead_man=None,
)

_MARGIN = BalanceFields(
    coin="asset", total="balance", free="availableMargin availableBalance", unrealised="unrealizedProfit"
)

BINGX = Venue(
    name="bingx",
    ccxt="bingx",
    products={"linear": LINEAR, "inverse": INVERSE},
    wallets=(
        Wallet("linear", "derivatives", Route("swapV3PrivateGetUserBalance", rows="data"), _MARGIN),
        Wallet("inverse", "derivatives", Route("cswapV1PrivateGetUserBalance", rows="data"), _MARGIN),
        Wallet(
            "spot",
            "spot",
            Route("spotV1PrivateGetAccountBalance", rows="data.balances"),
            BalanceFields(coin="asset", free="free", locked="locked"),
        ),
        Wallet(
            "fund",
            "spot",
            Route("fundV1PrivateGetAccountBalance", rows="data.assets"),
            BalanceFields(coin="asset", free="free", locked="locked"),
        ),
    ),
    client_id=ClientId(r"[A-Za-z0-9_]{1,40}", unique=True),
    codes=Codes(
        unknown=frozenset({"100500", "100503", "109500", "110500", "500", "504", "100410"}),
        duplicate=frozenset({"101481", "109201"}),
        absent=frozenset({"80016", "80017", "80018", "109421"}),
        again=frozenset({"100202", "100421", "101204", "101205", "101400", "110424"}),
        banned=frozenset({"429", "109429"}),
        key=frozenset({"401", "403", "100001", "100004", "100412", "100413", "100414", "100419"}),
        refused=(
            (400, 400),
            (80000, 80099),
            (100200, 100299),
            (100400, 100499),
            (101200, 101499),
            (109400, 109499),
            (110400, 110499),
        ),
        words={"no need to change": "unchanged", "not changed": "unchanged"},
    ),
    code="code",
    message="msg",
    fine=frozenset({"0"}),
    requests=Requests(
        leg="positionSide",
        hedged={"hedged": True},
        stop_always={"workingType": "MARK_PRICE"},
        id="data.order.orderId data.order.orderID data.orderId data.orderID orderId",
    ),
    hosts=(
        "open-api.bingx.com",
        "open-api-swap.bingx.com",
        "open-api-ws.bingx.com",
        "open-api-cswap-ws.bingx.com",
        "open-api-vst.bingx.com",
        "vst-open-api-ws.bingx.com",
    ),
    streams=(_STREAM,),
    listen=(Listen("watch_orders"),),  # of linear contracts only; fills come in the same messages
    stream_over=("e", frozenset({"listenkeyexpired"})),
    stream_ids=False,
    permissions=PermissionFields(
        Route("accountV1PrivateGetAccountApiPermissions", rows="data .", symbol=""),
        account="userId shortUid",
        account_route=Route("swapV3PrivateGetUserBalance", rows="data", symbol=""),
        withdraw="permissions",
        withdraw_words=frozenset({"4", "withdraw", "Withdraw"}),
        ip="ipAddresses",
    ),
    options={"defaultType": "swap", "fetchCurrencies": False},
    sandbox="testnet",
    server_time=Route("swapV2PublicGetServerTime", symbol=""),
    time_field="data.serverTime",
)
