"""WEEX's account: positions by leg, coins whose balance counts open profit, set-up, funding paid, what a key may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import Configured, balances_of, holdings_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import Holding
from hedgerow.testing.standin.dialect import Call, Endpoint, Refusal, number
from hedgerow.testing.standin.reading import configured, wallet_rows

__all__ = ["ACCOUNT"]

_ZERO = Decimal(0)


def _positions(call: Call) -> Any:
    account = call.stand.account(call.account)
    return [
        _position(one, h)
        for one in call.stand.instruments
        for h in holdings_of(call.stand.state, account, one)
        if call.asked.get("symbol", one.symbol) == one.symbol
    ]


def _position(one: Instrument, h: Holding) -> dict[str, Any]:
    size = abs(h.quantity)
    return {
        "id": 1,
        "asset": one.settle,
        "symbol": one.symbol,
        "side": "LONG" if h.quantity > 0 else "SHORT",
        "marginType": "CROSSED" if h.margin_mode == "cross" else "ISOLATED",
        "separatedMode": "COMBINED",
        "separatedOpenOrderId": 0,
        "leverage": number(h.leverage or _ZERO),
        "size": number(size),
        "openValue": number(size * h.entry),
        "openFee": "0",
        "fundingFee": "0",
        "marginSize": "0",
        "isolatedMargin": "0",
        "isAutoAppendIsolatedMargin": False,
        "cumOpenSize": number(size),
        "cumCloseSize": "0",
        "createdTime": h.at,
        "updatedTime": h.at,
        "unrealizePnl": number(h.unrealised or _ZERO),
        "liquidatePrice": number(h.liquidation or _ZERO),
    }


def _balance(call: Call) -> Any:
    rows = []
    for b in balances_of(call.stand.state, call.stand.account(call.account)):
        if b.kind == "derivatives" and b.coin in {"USDT", "USDC"}:
            gained = b.unrealised or _ZERO
            rows.append(
                {
                    "asset": b.coin,
                    "balance": number(b.total + gained),
                    "availableBalance": number(b.free),
                    "frozen": "0",
                    "unrealizePnl": number(gained),
                }
            )
    return rows


def _config(call: Call) -> Any:
    account, rows = call.stand.account(call.account), []
    for one in call.stand.instruments:
        if call.asked.get("symbol", one.symbol) == one.symbol:
            setting = account.setting(one, call.stand.state.rules)
            leverage = number(setting.leverage)
            rows.append(
                {
                    "symbol": one.symbol,
                    "marginType": "CROSSED" if setting.margin_mode == "cross" else "ISOLATED",
                    "separatedType": "COMBINED",
                    "crossLeverage": leverage,
                    "isolatedLongLeverage": leverage,
                    "isolatedShortLeverage": leverage,
                }
            )
    return rows


def _set_leverage(call: Call) -> Any:
    one = call.instrument()
    leverage = call.asked.get("crossLeverage") or call.need("isolatedLongLeverage")
    configured(call, Configured(call.at, call.account, one.name, leverage=Decimal(leverage)))
    return {"code": "200", "msg": "success", "requestTime": call.at}


def _set_margin(call: Call) -> Any:
    mode: Any = {"CROSSED": "cross", "ISOLATED": "isolated"}.get(call.need("marginType"))
    if mode is None:
        raise Refusal("not_offered", "")
    configured(call, Configured(call.at, call.account, call.instrument().name, margin_mode=mode))
    return {"code": "200", "msg": "success", "requestTime": call.at}


def _income(call: Call) -> Any:
    """Funding that was paid, newest first; one end of the interval alone is refused."""
    if bool(call.asked.get("startTime")) is not bool(call.asked.get("endTime")):
        raise Refusal("missing", "startTime and endTime go together")
    since, until, wanted = (
        call.whole("startTime", 0),
        call.whole("endTime", call.at),
        call.asked.get("symbol"),
    )
    rows = []
    for paid in call.stand.funded.get(call.account, []):
        symbol = paid.payment.instrument.partition(":")[2]
        if since <= paid.payment.at <= until and wanted in {None, symbol}:
            rows.append(
                {
                    "billId": paid.payment.payment_id,
                    "asset": paid.payment.coin,
                    "symbol": symbol,
                    "income": number(paid.payment.amount),
                    "incomeType": "position_funding",
                    "balance": "0",
                    "fillFee": "0",
                    "time": str(paid.payment.at),
                    "transferReason": "UNKNOWN_TRANSFER_REASON",
                }
            )
    limit = call.whole("limit", 20)
    return {"hasNextPage": len(rows) > limit, "nextKey": None, "items": rows[:limit][::-1]}


def _fees(call: Call) -> Any:
    one = call.instrument()
    taker, maker = call.stand.account(call.account).fee_rates(one)
    return {"symbol": one.symbol, "makerCommissionRate": number(maker), "takerCommissionRate": number(taker)}


def _spot(call: Call) -> Any:
    key = call.key
    return {
        "canTrade": key is not None and key.trade,
        "canWithdraw": key is not None and key.withdraw,
        "canDeposit": True,
        "updateTime": call.at,
        "accountType": "SPOT",
        "balances": wallet_rows(call, "spot"),
        "permissions": ["SPOT"],
        "uid": 8_886_281_669 + (0 if key is None else call.stand.place_of(key.account)),
    }


ACCOUNT = {
    "GET /capi/v3/account/position/allPosition": Endpoint(_positions),
    "GET /capi/v3/account/position/singlePosition": Endpoint(_positions),
    "GET /capi/v3/account/balance": Endpoint(_balance),
    "GET /capi/v3/account/symbolConfig": Endpoint(_config),
    "POST /capi/v3/account/leverage": Endpoint(_set_leverage),
    "POST /capi/v3/account/marginType": Endpoint(_set_margin),
    "POST /capi/v3/account/income": Endpoint(_income),
    "GET /capi/v3/account/commissionRate": Endpoint(_fees),
    "GET /api/v3/account/": Endpoint(_spot),
    "GET /api/v3/account": Endpoint(_spot),
}
