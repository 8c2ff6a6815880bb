"""WEEX: linear swaps. Orders and positions count base coins; its contract size is metadata and no multiplier."""

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

__all__ = ["WEEX"]

_CONFIG = Route("contractPrivateGetCapiV3AccountSymbolConfig", rows="data .")

LINEAR = Product(
    units="units",
    size_in="",
    positions=(Route("contractPrivateGetCapiV3AccountPositionAllPosition", rows="data .", symbol=""),),
    position=PositionFields(
        size="size",
        side="side",
        symbol="symbol coinId",
        entry="entryPrice avgPrice",
        entry_value="openValue",
        notional="openValue",
        unrealised="unrealizePnl",
        liquidation="liquidatePrice",
        margin_mode="marginType marginMode",
        at="updatedTime",
    ),
    open_orders=(
        Route("contractPrivateGetCapiV3OpenOrders", rows="data ."),
        Route("contractPrivateGetCapiV3OpenAlgoOrders", rows="data ."),
    ),
    order=OrderFields(
        id="orderId algoId",
        client="clientOrderId origClientOrderId clientAlgoId",
        status="status algoStatus",
        quantity="origQty quantity",
        filled="executedQty",
        stop="algoId",
        at="updateTime time createTime",
    ),
    lookups=(
        Route(
            "contractPrivateGetCapiV3Order",
            rows="data .",
            symbol="",
            client="origClientOrderId",
            optional=True,
        ),
        Route("contractPrivateGetCapiV3OrderHistory", rows="data ."),
    ),
    cancel=Route("contractPrivateDeleteCapiV3Order", symbol="", client="origClientOrderId"),
    cancel_stop=Route("cancel_order", fixed={"trigger": True}),
    fills=Route(
        "contractPrivateGetCapiV3UserTrades",
        rows="data .",
        since="startTime",
        until="endTime",
        limit="limit",
        page=100,
        window_ms=7 * DAY_MS,
    ),
    fill=FillFields(
        id="id",
        order="orderId",
        quantity="qty",
        price="price",
        fee="commission",
        fee_coin="commissionAsset",
        at="time",
        value="quoteQty",
        maker="maker",
    ),
    paid=Route(
        "contractPrivatePostCapiV3AccountIncome",
        rows="items data.items",
        since="startTime",
        until="endTime",
        limit="limit",
        page=100,
        window_ms=30 * DAY_MS,
        fixed={"incomeType": "position_funding"},
    ),
    paid_fields=PaidFields(
        at="time", id="billId", amount="income", coin="asset", only={"incomeType": "position_funding"}
    ),
    funding=Route(
        "contractGetCapiV3MarketFundingRate",
        rows="data .",
        since="startTime",
        until="endTime",
        limit="limit",
        page=100,
    ),
    funding_fields=FundingFields(rate="fundingRate", at="fundingTime"),
    funding_now=Route("contractGetCapiV3MarketPremiumIndex", rows="data ."),
    forecast=FundingFields(
        rate="forecastFundingRate",
        at="nextFundingTime",
        mark="markPrice",
        interval="collectCycle",
        interval_minutes=True,
    ),
    tickers=(
        Route("contractGetCapiV3MarketTicker24hr", rows="data ."),
        Route("contractGetCapiV3MarketTickerBookTicker", rows="data ."),
        Route("contractGetCapiV3MarketPremiumIndex", rows="data ."),
    ),
    ticker=TickerFields(
        last="lastPrice", bid="bidPrice", ask="askPrice", mark="markPrice", index="indexPrice", at="time"
    ),
    tiers=None,
    tier=TierFields(mmr=""),
    fees=Route("contractPrivateGetCapiV3AccountCommissionRate", rows="data ."),
    fee_taker="takerCommissionRate",
    fee_maker="makerCommissionRate",
    set_up=SetUp(
        margin=_CONFIG,
        margin_mode="marginType",
        leverage=_CONFIG,
        leverage_fields=("crossLeverage",),
        leverage_by_margin={
            "cross": ("crossLeverage",),
            "isolated": ("isolatedLongLeverage", "isolatedShortLeverage"),
        },
        set_mode=False,
        margin_in_leverage={"cross": {"marginMode": "cross"}, "isolated": {"marginMode": "isolated"}},
        must=("separatedType separatedMode", "combined"),
    ),
    candles_page=100,
    candles_params={"historical": True},
)

WEEX = Venue(
    name="weex",
    ccxt="weex",
    products={"linear": LINEAR},
    wallets=(
        Wallet(
            "linear",
            "derivatives",
            Route("contractPrivateGetCapiV3AccountBalance", rows="data ."),
            BalanceFields(
                coin="asset",
                total="balance",
                free="availableBalance",
                unrealised="unrealizePnl",
                includes_unrealised=True,
            ),
        ),
        Wallet(
            "spot",
            "spot",
            Route("privateGetApiV3Account", rows="balances"),
            BalanceFields(coin="asset", free="free", locked="locked"),
        ),
    ),
    client_id=ClientId(r"[A-Za-z0-9_-]{1,36}", unique=False),
    codes=Codes(
        unknown=frozenset({"-1000", "-1001", "-1006", "-1007", "-3613"}),
        again=frozenset({"-1042"}),
        absent=frozenset({"-2200", "FAILED_ORDER_NOT_FOUND"}),
        banned=frozenset({"-1003", "429"}),
        key=frozenset(
            {"-1040", "-1041", "-1043", "-1044", "-1047", "-1049"}
            | {"-1050", "-1051", "-1052", "-1053", "-1055", "-1056", "-1057"}
        ),
        refused=((-1199, -1045), (-2099, -2000), (-3399, -3000)),
        words={
            "system_error": "unknown",
            "system error": "unknown",
            "duplicate": "duplicate",
            "already exist": "duplicate",
            "amount not enough": "again",
            "invalid_argument": "refused",
        },
    ),
    code="errorCode code",
    message="errorMsg msg",
    fine=frozenset({"200", "0", "00000"}),
    requests=Requests(
        reduce_only=False,
        post_only={"timeInForce": "POST_ONLY"},
        leg="positionSide",
        leg_always=True,
        stop_always={"stopLossPriceType": "mark"},
        id="orderId algoId successOrderId data.orderId",
    ),
    hosts=("api-contract.weex.com", "api-spot.weex.com", "ws-contract.weex.com", "ws-spot.weex.com"),
    streams=(
        StreamTable(
            event="e event type",
            words=("orders",),
            rows="d",
            order=OrderFields(
                id="id",
                client="clientOrderId",
                status="status",
                quantity="size",
                filled="cumFillSize",
                side="orderSide",
                average="",
                at="updatedTime createdTime",
            ),
        ),
        StreamTable(
            event="e event type",
            words=("fill",),
            rows="d",
            fill=FillFields(
                id="id",
                order="orderId",
                quantity="fillSize",
                price="fillPrice price",
                fee="fillFee",
                fee_coin="coin",
                at="createdTime",
                side="orderSide",
                value="fillValue",
            ),
        ),
    ),
    stream_ids=False,
    permissions=PermissionFields(
        Route("privateGetApiV3Account", symbol=""), account="uid", trade="canTrade", withdraw="canWithdraw"
    ),
    ipv4=True,
    options={"defaultType": "swap"},
    server_time=Route("contractGetCapiV3MarketTime", symbol=""),
    time_field="serverTime",
)
