"""Hyperliquid, the decentralised sixth: linear swaps in base coins, one address instead of a key, two endpoints."""

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
    Product,
    Requests,
    Route,
    SetUp,
    Venue,
    Wallet,
)

__all__ = ["HYPERLIQUID"]

_FILL = FillFields(
    id="tid",
    order="oid",
    quantity="sz",
    price="px",
    fee="fee",
    fee_coin="feeToken",
    at="time",
    client="cloid",
    symbol="coin",
    taker="crossed",
    kind="dir",
)
_ORDER = OrderFields(
    id="order.oid oid",
    client="order.cloid cloid",
    status="status",
    quantity="order.origSz origSz",
    filled="",
    remaining="order.sz sz",
    symbol="order.coin coin",
    side="order.side side",
    average="",
    reduce_only="order.reduceOnly reduceOnly",
    assumed="open",
    at="statusTimestamp order.timestamp timestamp",
)


def _info(kind: str, rows: str, *, symbol: str = "", user: bool = True, **more: str) -> Route:
    return Route(
        "publicPostInfo", rows=rows, symbol=symbol, user="user" if user else "", fixed={"type": kind, **more}
    )


def _history(kind: str, page: int, *, symbol: str = "", user: bool = True) -> Route:
    return Route(
        "publicPostInfo",
        rows=".",
        symbol=symbol,
        user="user" if user else "",
        since="startTime",
        until="endTime",
        page=page,
        ascending=True,
        fixed={"type": kind},
    )


LINEAR = Product(
    units="units",
    size_in="",
    positions=(_info("clearinghouseState", "assetPositions"),),
    position=PositionFields(
        size="position.szi",
        symbol="position.coin",
        entry="position.entryPx",
        mark="",
        notional="position.positionValue",
        unrealised="position.unrealizedPnl",
        liquidation="position.liquidationPx",
        margin_mode="position.leverage.type",
        leverage="position.leverage.value",
        at="",
    ),
    open_orders=(_info("frontendOpenOrders", "."),),
    order=_ORDER,
    lookups=(
        Route(
            "publicPostInfo",
            rows="order",
            symbol="",
            user="user",
            client="oid",
            fixed={"type": "orderStatus"},
        ),
    ),
    cancel=Route("cancel_order", client="clientOrderId"),
    cancel_stop=Route("cancel_order", client="clientOrderId"),
    fills=_history("userFillsByTime", 2000),
    fill=_FILL,
    paid=_history("userFunding", 500),
    paid_fields=PaidFields(
        at="time", id="", amount="delta.usdc", symbol="delta.coin", only={"delta.type": "funding"}
    ),
    funding=_history("fundingHistory", 500, symbol="coin", user=False),
    funding_fields=FundingFields(rate="fundingRate", at="time", symbol="coin"),
    funding_now=None,
    forecast=FundingFields(rate="", at=""),
    tickers=(_info("l2Book", ".", symbol="coin", user=False),),
    ticker=TickerFields(symbol="coin", bid="levels.0.0.px", ask="levels.1.0.px", at="time"),
    tiers=None,
    tier=TierFields(mmr=""),
    fees=_info("userFees", "."),
    fee_taker="userCrossRate",
    fee_maker="userAddRate",
    longest_interval_hours=8,
    history_ms=365 * DAY_MS,
    set_up=SetUp(
        margin=_info("activeAssetData", ".", symbol="coin"),
        margin_mode="leverage.type",
        leverage=_info("activeAssetData", ".", symbol="coin"),
        leverage_fields=("leverage.value",),
        set_mode=False,
        set_margin=False,
        margin_in_leverage={"cross": {"marginMode": "cross"}, "isolated": {"marginMode": "isolated"}},
    ),
    candles_page=5000,
    candles_of=frozenset({"last"}),
)

HYPERLIQUID = Venue(
    name="hyperliquid",
    ccxt="hyperliquid",
    products={"linear": LINEAR},
    wallets=(
        Wallet(
            "perp",
            "derivatives",
            _info("clearinghouseState", "."),
            BalanceFields(
                coin="",
                assumed="USDC",
                total="marginSummary.accountValue",
                free="withdrawable",
                includes_unrealised=True,
                unrealised_rows=("assetPositions", "position.unrealizedPnl"),
            ),
        ),
        Wallet(
            "spot",
            "spot",
            _info("spotClearinghouseState", "balances"),
            BalanceFields(coin="coin", total="total", used=("hold",)),
        ),
    ),
    client_id=ClientId(r"0x[0-9a-f]{32}", unique=False, hex128=True),
    codes=Codes(
        absent=frozenset({"unknownOid"}),
        words={
            "never placed, already canceled": "absent",
            "post only order would have immediately matched": "again",
            "reduce only order would increase": "refused",
            "insufficient margin": "again",
            "must have minimum value": "refused",
            "divisible by tick size": "refused",
            "invalid size": "refused",
            "zero size": "refused",
            "away from the reference price": "refused",
            "could not immediately match": "again",
            "no liquidity available": "again",
            "too many cumulative requests": "again",
            "does not exist": "refused",
            "already used": "duplicate",
        },
    ),
    code="status",
    message="response",
    fine=frozenset({"ok", "order", "success"}),
    requests=Requests(
        market_needs_price=True,
        quantity="action.orders.0.s",
        price="action.orders.0.p",
        stop_field="action.orders.0.t.trigger.triggerPx",
        id="response.data.statuses.0.resting.oid response.data.statuses.0.filled.oid",
    ),
    hosts=("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz"),
    streams=(
        StreamTable("channel", ("orderupdates",), "data", order=_ORDER),
        StreamTable("channel", ("userfills",), "data.fills", fill=_FILL),
    ),
    symbol_in="baseName",
    options={"fetchMarkets": {"types": ["swap"]}, "builderFee": False},
    silenced=("initialize_client",),
    sandbox="testnet",
)
