"""Binance USD-M (linear: base coins) and COIN-M (inverse: contracts of 100 or 10 dollars)."""

from __future__ import annotations

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
    Units,
    Venue,
    Wallet,
)

__all__ = ["BINANCE"]

_ORDER = OrderFields(
    id="orderId algoId",
    client="clientOrderId clientAlgoId",
    status="status algoStatus",
    quantity="origQty quantity",
    filled="executedQty actualQty",
    stop="algoId",
    at="updateTime time createTime",
)
_STREAM = StreamTable(
    event="e data.e",
    words=("order_trade_update", "algo_update"),
    rows="o data.o",
    order=OrderFields(
        id="i aid",
        client="c caid",
        status="X",
        quantity="q",
        filled="z aq",
        symbol="s",
        side="S",
        average="ap",
        reduce_only="R",
        stop="aid",
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
        kind="c",
    ),
    fill_when=("x", "trade"),
)


_TICKER = TickerFields(
    last="price", bid="bidPrice", ask="askPrice", mark="markPrice", index="indexPrice", at="time"
)


def _history(call: str, *, window_ms: int = 0, kind: str = "") -> Route:
    return Route(
        call,
        since="startTime",
        until="endTime",
        limit="limit",
        page=1000,
        window_ms=window_ms,
        ascending=True,
        fixed={"incomeType": kind} if kind else {},
    )


def _fill(value: str) -> FillFields:
    return FillFields(
        id="id",
        order="orderId",
        quantity="qty",
        price="price",
        fee="commission",
        fee_coin="commissionAsset",
        at="time",
        value=value,
        maker="maker",
    )


def _product(api: str, units: Units, position: PositionFields, floor: str, set_up: SetUp) -> Product:
    """USD-M and COIN-M have the same endpoints below `fapi` and `dapi`, and count differently."""
    private, public = f"{api}Private", f"{api}Public"
    linear = units == "units"
    return Product(
        units=units,
        size_in="" if linear else "contractSize",
        positions=(
            Route("fapiPrivateV3GetPositionRisk")
            if linear
            else Route("dapiPrivateGetPositionRisk", symbol=""),
        ),
        position=position,
        open_orders=(
            Route(f"{private}GetOpenOrders"),
            Route(f"{private}GetOpenAlgoOrders", optional=not linear),  # not in COIN-M's samples
        ),
        order=_ORDER,
        lookups=(
            Route(f"{private}GetOrder", client="origClientOrderId"),
            Route(f"{private}GetAlgoOrder", symbol="", client="clientAlgoId", optional=True),
        ),
        cancel=Route(f"{private}DeleteOrder", client="origClientOrderId"),
        cancel_stop=Route(f"{private}DeleteAlgoOrder", symbol="", client="clientAlgoId"),
        fills=_history(f"{private}GetUserTrades", window_ms=7 * DAY_MS),
        fill=_fill("quoteQty" if linear else "baseQty"),
        paid=_history(f"{private}GetIncome", kind="FUNDING_FEE"),
        paid_fields=PaidFields(
            at="time", id="tranId", amount="income", coin="asset", only={"incomeType": "funding_fee"}
        ),
        funding=_history(f"{public}GetFundingRate"),
        funding_fields=FundingFields(rate="fundingRate", at="fundingTime", mark="markPrice"),
        funding_now=Route(f"{public}GetPremiumIndex"),
        forecast=FundingFields(rate="lastFundingRate", at="nextFundingTime", mark="markPrice"),
        tickers=(
            Route(f"{public}GetTickerPrice"),
            Route(f"{public}GetTickerBookTicker"),
            Route(f"{public}GetPremiumIndex"),
        ),
        ticker=_TICKER,
        tiers=Route("fapiPrivateGetLeverageBracket" if linear else "dapiPrivateV2GetLeverageBracket"),
        tier=TierFields(rows="brackets", floor=floor, mmr="maintMarginRatio", leverage="initialLeverage"),
        fees=Route(f"{private}GetCommissionRate"),
        fee_taker="takerCommissionRate",
        fee_maker="makerCommissionRate",
        set_up=set_up,
        dead_man=DeadMan(
            f"{private}PostCountdownCancelAll", "countdownTime", milliseconds=True, per_symbol=True
        ),
        candles_page=1000,
    )


LINEAR = _product(
    "fapi",
    "units",
    PositionFields(
        size="positionAmt",
        side="positionSide",
        leg="positionSide",
        notional="notional",
        unrealised="unRealizedProfit",
        margin_mode="marginType",
        adl="adl",
    ),
    "notionalFloor",
    SetUp(
        mode=Route("fapiPrivateGetPositionSideDual", symbol=""),
        hedge="dualSidePosition",
        margin=Route("fapiPrivateGetSymbolConfig"),
        margin_mode="marginType",
        leverage=Route("fapiPrivateGetSymbolConfig"),
        leverage_fields=("leverage",),
    ),
)
INVERSE = _product(
    "dapi",
    "contracts",
    PositionFields(
        size="positionAmt",
        side="positionSide",
        leg="positionSide",
        notional_coin="notionalValue",
        unrealised="unRealizedProfit",
        margin_mode="marginType",
        adl="adl",
    ),
    "qtyFloor qtylFloor",
    SetUp(
        mode=Route("dapiPrivateGetPositionSideDual", symbol=""),
        hedge="dualSidePosition",
        margin=Route("dapiPrivateGetAccount", rows="positions", symbol=""),
        margin_mode="isolated",
        leverage=Route("dapiPrivateGetAccount", rows="positions", symbol=""),
        leverage_fields=("leverage",),
    ),
)

_MARGIN = BalanceFields(
    coin="asset",
    total="walletBalance balance",
    free="availableBalance",
    unrealised="unrealizedProfit crossUnPnl",
)

BINANCE = Venue(
    name="binance",
    ccxt="binance",
    products={"linear": LINEAR, "inverse": INVERSE},
    wallets=(
        Wallet("linear", "derivatives", Route("fapiPrivateV3GetAccount", rows="assets ."), _MARGIN),
        Wallet("inverse", "derivatives", Route("dapiPrivateGetAccount", rows="assets ."), _MARGIN),
        Wallet(
            "spot",
            "spot",
            Route("privateGetAccount", rows="balances"),
            BalanceFields(coin="asset", free="free", locked="locked"),
        ),
        Wallet(
            "earn",
            "earn",
            Route("sapiGetSimpleEarnFlexiblePosition", rows="rows"),
            BalanceFields(coin="asset", total="totalAmount", free="totalAmount"),
        ),
    ),
    client_id=ClientId(r"[\.A-Z\:/a-z0-9_-]{1,36}", unique=True),
    codes=Codes(
        unknown=frozenset({"-1000", "-1001", "-1006", "-1007", "-1008", "-1010", "-5041"}),
        duplicate=frozenset({"-4116", "-20132"}),
        absent=frozenset({"-2011", "-2013"}),
        unchanged=frozenset({"-4046", "-4059"}),
        again=frozenset({"-1021", "-2018", "-2019", "-2021", "-2022", "-4131", "-5021", "-5022"}),
        banned=frozenset({"-1003", "-1015"}),
        maintenance=frozenset({"-1016", "-4109"}),
        key=frozenset({"-1002", "-1022", "-2008", "-2014", "-2015", "-4056", "-4057"}),
        refused=(
            (-1023, -1011),
            (-1199, -1099),
            (-2028, -2010),
            (-4499, -4000),
            (-5099, -5000),
            (-20299, -20000),
        ),
        words={"duplicate order": "duplicate", "under maintenance": "unknown"},
    ),
    code="code",
    message="msg",
    fine=frozenset({"200", "0"}),
    requests=Requests(
        leg="positionSide",
        stop_always={"workingType": "MARK_PRICE"},
        id="orderId algoId",
    ),
    hosts=(
        "fapi.binance.com",
        "dapi.binance.com",
        "api.binance.com",
        "fstream.binance.com",
        "dstream.binance.com",
        "ws-fapi.binance.com",
        "ws-dapi.binance.com",
        "demo-fapi.binance.com",
        "demo-dapi.binance.com",
        "demo-api.binance.com",
        "fstream.binancefuture.com",
        "dstream.binancefuture.com",
    ),
    permissions=PermissionFields(
        Route("sapiGetAccountApiRestrictions", symbol=""),
        account="accountAlias",
        account_route=Route("fapiPrivateV3GetBalance", symbol=""),
        trade="enableFutures",
        withdraw="enableWithdrawals",
        ip="ipRestrict",
    ),
    options={
        "fetchCurrencies": False,
        "fetchMargins": False,
        "fetchMarkets": {"types": ["linear", "inverse"]},
        "defaultType": "swap",
        "recvWindow": 5000,
        "watchPositions": {"fetchPositionsSnapshot": False},  # a request that nobody asked for
    },
    streams=(_STREAM,),
    listen=(
        Listen("watch_orders", {"subType": "linear"}),
        Listen("watch_orders", {"subType": "inverse"}),
    ),
    stream_over=("e data.e", frozenset({"listenkeyexpired"})),
    sandbox="demo",
    server_time=Route("fapiPublicGetTime", symbol=""),
)
