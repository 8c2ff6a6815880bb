"""MEXC futures: everything counts contracts (of 0.0001 BTC, say), side and purpose are one number from 1 to 4."""

from __future__ import annotations

from dataclasses import replace

from hedgerow.model.orders import OrderState
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
    PermissionFields,
    Product,
    Requests,
    Route,
    SetUp,
    Venue,
    Wallet,
)

__all__ = ["MEXC"]

# 1 opens a long, 2 closes a short, 3 opens a short, 4 closes a long.
_SIDES = {"1": "buy", "2": "buy", "3": "sell", "4": "sell"}
_ORDER = OrderFields(
    id="orderId id",
    client="externalOid",
    status="state",
    quantity="vol",
    filled="dealVol",
    average="dealAvgPrice",
    stop="triggerType",
    sides=_SIDES,
    at="updateTime createTime",
)
_FILL = FillFields(
    id="id",
    order="orderId",
    quantity="vol",
    price="price",
    fee="fee",
    fee_coin="feeCurrency",
    at="timestamp",
    client="externalOid",
    taker="taker isTaker",
    sides=_SIDES,
)
_LEVERAGE = Route("contractPrivateGetPositionLeverage", rows="data")


def _paged(call: str, rows: str, symbol: str = "symbol", **fixed: str | int | bool) -> Route:
    return Route(call, rows=rows, symbol=symbol, limit="page_size", number="page_num", page=100, fixed=fixed)


LINEAR = Product(
    units="contracts",
    size_in="contractSize",
    positions=(Route("contractPrivateGetPositionOpenPositions", rows="data"),),
    position=PositionFields(
        size="holdVol",
        side="positionType",
        entry="openAvgPrice holdAvgPrice",
        notional="",
        unrealised="unRealizedPnl unrealizedPnl",
        liquidation="liquidatePrice",
        margin="im",
        margin_mode="openType margin_mode",
        adl="adlLevel",
        at="updateTime",
    ),
    open_orders=(
        _paged("contractPrivateGetOrderListOpenOrders", "data", ""),
        _paged("contractPrivateGetPlanorderListOrders", "data", states=1),
    ),
    order=_ORDER,
    lookups=(
        Route(
            "contractPrivateGetOrderExternalSymbolExternalOid",
            rows="data",
            client="external_oid",
            optional=True,
        ),
        Route("contractPrivateGetOrderListHistoryOrders", rows="data", fixed={"page_size": 100}),
    ),
    cancel=Route("contractPrivatePostOrderCancelWithExternal", client="externalOid"),
    cancel_stop=Route("cancel_order", fixed={"trigger": True}),
    fills=replace(
        _paged("contractPrivateGetOrderListOrderDeals", "data.resultList data"),
        since="start_time",
        until="end_time",
        window_ms=89 * DAY_MS,
    ),
    fill=_FILL,
    paid=_paged("contractPrivateGetPositionFundingRecords", "data.resultList"),
    paid_fields=PaidFields(at="settleTime", id="id", amount="funding"),
    funding=_paged("contractPublicGetFundingRateHistory", "data.resultList"),
    funding_fields=FundingFields(rate="fundingRate", at="settleTime", interval="collectCycle"),
    funding_now=Route("contractPublicGetFundingRateSymbol", rows="data"),
    forecast=FundingFields(rate="fundingRate", at="nextSettleTime", interval="collectCycle"),
    tickers=(Route("contractPublicGetTicker", rows="data"),),
    ticker=TickerFields(
        last="lastPrice", bid="bid1", ask="ask1", mark="fairPrice", index="indexPrice", at="timestamp"
    ),
    tiers=Route("contractPublicGetDetail", rows="data"),
    tier=TierFields(
        mmr="",
        steps=(
            "riskBaseVol riskIncrVol",
            "riskIncrVol",
            "maxVol",
            "maintenanceMarginRate",
            "initialMarginRate",
            "riskIncrMmr",
            "riskIncrImr",
        ),
    ),
    fees=Route("contractPrivateGetAccountTieredFeeRate", rows="data"),
    fee_taker="realTakerFee takerFee",
    fee_maker="realMakerFee makerFee",
    longest_interval_hours=24,
    history_ms=89 * DAY_MS,
    set_up=SetUp(
        mode=Route("contractPrivateGetPositionPositionMode", symbol=""),
        hedge="data",
        hedge_words=frozenset({"1"}),
        margin=_LEVERAGE,
        margin_mode="openType",
        leverage=_LEVERAGE,
        leverage_fields=("leverage",),
        leverage_params=({"positionType": 1}, {"positionType": 2}),
        leverage_with_margin=True,
        margin_in_leverage={"cross": {"openType": 2}, "isolated": {"openType": 1}},
    ),
    candles_page=2000,
)

MEXC = Venue(
    name="mexc",
    ccxt="mexc",
    products={"linear": LINEAR, "inverse": LINEAR},
    wallets=(
        Wallet(
            "futures",
            "derivatives",
            Route("contractPrivateGetAccountAssets", rows="data"),
            BalanceFields(
                coin="currency",
                total="equity",
                free="availableBalance",
                locked="frozenBalance",
                unrealised="unrealized",
                bonus="bonus",
                includes_unrealised=True,
            ),
        ),
        Wallet(
            "spot",
            "spot",
            Route("spotPrivateGetAccount", rows="balances"),
            BalanceFields(coin="asset", free="free", locked="locked"),
        ),
    ),
    client_id=ClientId(r"[A-Za-z0-9_-]{1,32}", unique=False),
    codes=Codes(
        unknown=frozenset({"500", "501", "503", "504", "9999", "603"}),
        absent=frozenset({"2040", "2041"}),
        again=frozenset({"513", "2005", "2009", "30004", "30005"}),
        banned=frozenset({"429", "510"}),
        maintenance=frozenset({"604", "801", "11444"}),
        key=frozenset(
            {"401", "402", "403", "406", "511", "602", "701", "702", "703", "704", "1000", "10072", "700002"}
        ),
        refused=(
            (400, 400),
            (513, 513),
            (600, 603),
            (1001, 1999),
            (2000, 2199),
            (3000, 8999),
            (10001, 11999),
            (30000, 33333),
            (70000, 70099),
            (88000, 88099),
            (700001, 700099),
        ),
        words={"duplicat": "duplicate", "already exist": "duplicate"},
    ),
    code="code",
    message="message msg",
    fine=frozenset({"0", "200"}),
    requests=Requests(
        reduce_only=False,
        sides=(1, 3, 2, 4),
        hedged={"hedged": True},
        stop="triggerPrice",
        stop_always={"executeCycle": 2, "trend": 2, "orderType": 5},
        stop_rising={"triggerType": 1},
        stop_falling={"triggerType": 2},
        id="data.orderId data",
    ),
    hosts=("api.mexc.com", "contract.mexc.com", "wbs-api.mexc.com"),
    streams=(
        StreamTable("channel", ("push.personal.order",), "data", order=_ORDER),
        StreamTable("channel", ("push.personal.order.deal",), "data", fill=_FILL),
    ),
    listen=(Listen("watch_orders"),),  # one login brings all
    stream_over=("channel", frozenset({"rs.error"})),
    states={
        "1": OrderState.ACKED,
        "2": OrderState.ACKED,
        "3": OrderState.FILLED,
        "4": OrderState.CANCELLED,
        "5": OrderState.REFUSED,
    },
    permissions=PermissionFields(
        Route("spotPrivateGetAccount", symbol=""), trade="canTrade", withdraw="canWithdraw"
    ),
    options={
        "defaultType": "swap",
        "fetchCurrencies": False,
        "fetchMarkets": {"types": {"spot": False, "swap": {"linear": True, "inverse": True}}},
    },
    server_time=Route("contractPublicGetPing", symbol=""),
    time_field="data",
)
