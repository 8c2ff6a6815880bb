"""BingX's account: positions, coins, set-up, fees, funding paid, what a key may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import Configured, balances_of, holdings_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.ports import Holding
from hedgerow.testing.standin.dialect import Call, Endpoint, Refusal, number
from hedgerow.testing.standin.reading import configured, dead_man, hedge_set, wallet_rows

__all__ = ["ACCOUNT", "fees", "leverage", "margin", "set_leverage", "set_margin"]

_ZERO = Decimal(0)


def _positions(call: Call) -> Any:
    account, rows = call.stand.account(call.account), []
    for one in call.stand.instruments:
        if call.asked.get("symbol", one.symbol) == one.symbol and one.payoff is Payoff.LINEAR:
            rows += [_position(one, h) for h in holdings_of(call.stand.state, account, one)]
    return rows


def _position(one: Instrument, h: Holding) -> dict[str, Any]:
    return {
        "positionId": "1",
        "symbol": one.symbol,
        "currency": one.settle,
        "positionAmt": number(abs(h.quantity)),
        "availableAmt": number(abs(h.quantity)),
        "positionSide": "LONG" if h.quantity > 0 else "SHORT",
        "isolated": h.margin_mode == "isolated",
        "avgPrice": number(h.entry),
        "initialMargin": number((h.notional or _ZERO) / (h.leverage or Decimal(1))),
        "leverage": int(h.leverage or 1),
        "unrealizedProfit": number(h.unrealised or _ZERO),
        "realisedProfit": "0",
        "liquidationPrice": float(h.liquidation or _ZERO),
        "markPrice": number(h.mark or _ZERO),
        "positionValue": number(h.notional or _ZERO),
        "onlyOnePosition": h.leg == "net",
        "riskRate": "0.0008",
        "maxMarginReduction": "0.0000",
        "updateTime": h.at,
    }


def _balance(call: Call) -> Any:
    rows = []
    for b in balances_of(call.stand.state, call.stand.account(call.account)):
        if b.kind == "derivatives" and b.coin in {"USDT", "USDC"}:
            gained = b.unrealised or _ZERO
            rows.append(
                {
                    "userId": str(1 + call.stand.place_of(call.account)),
                    "asset": b.coin,
                    "balance": number(b.total),
                    "equity": number(b.total + gained),
                    "unrealizedProfit": number(gained),
                    "realisedProfit": "0",
                    "availableMargin": number(b.free),
                    "usedMargin": number(b.total - b.free),
                    "freezedMargin": "0",
                }
            )
    return rows


def leverage(call: Call) -> Any:
    """Return the leverage of both sides."""
    account, one = call.stand.account(call.account), call.instrument()
    now = int(account.setting(one, call.stand.state.rules).leverage)
    return {
        "longLeverage": now,
        "shortLeverage": now,
        "maxLongLeverage": 150,
        "maxShortLeverage": 150,
    }


def set_leverage(call: Call) -> Any:
    """Set the leverage."""
    one = call.instrument()
    configured(call, Configured(call.at, call.account, one.name, leverage=call.decimal("leverage")))
    return {"leverage": call.whole("leverage", 1), "symbol": one.symbol}


def margin(call: Call) -> Any:
    """Return the margin mode."""
    account, one = call.stand.account(call.account), call.instrument()
    mode = account.setting(one, call.stand.state.rules).margin_mode
    return {"marginType": "CROSSED" if mode == "cross" else "ISOLATED"}


def set_margin(call: Call) -> Any:
    """Set the margin mode."""
    mode: Any = {"CROSSED": "cross", "ISOLATED": "isolated"}.get(call.need("marginType"))
    if mode is None:
        raise Refusal("not_offered", "")
    configured(call, Configured(call.at, call.account, call.instrument().name, margin_mode=mode))
    return {}


def _mode(call: Call) -> Any:
    return {"dualSidePosition": "true" if call.stand.account(call.account).hedge else "false"}


def _set_mode(call: Call) -> Any:
    hedge_set(call, hedge=call.need("dualSidePosition") == "true")
    return {"dualSidePosition": call.need("dualSidePosition")}


def _income(call: Call) -> Any:
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
                    "symbol": symbol,
                    "incomeType": "FUNDING_FEE",
                    "income": number(paid.payment.amount),
                    "asset": paid.payment.coin,
                    "info": "Funding Fee",
                    "time": paid.payment.at,
                    "tranId": paid.payment.payment_id,
                    "tradeId": "",
                }
            )
    return rows[: call.whole("limit", 100)]


def fees(call: Call) -> Any:
    """Return the account's own fees."""
    taker, maker = call.stand.account(call.account).fee_rates(call.stand.instruments[0])
    return {"commission": {"takerCommissionRate": float(taker), "makerCommissionRate": float(maker)}}


def _tiers(call: Call) -> Any:
    one, rows = call.instrument(), []
    ends = [tier.floor for tier in one.tiers[1:]] + [1e9]
    for place, (tier, end) in enumerate(zip(one.tiers, ends, strict=True)):
        rows.append(
            {
                "tier": f"Tier {place + 1}",
                "symbol": one.symbol,
                "minPositionVal": number(Decimal(str(tier.floor))),
                "maxPositionVal": number(Decimal(str(end))),
                "maintMarginRatio": number(Decimal(str(tier.mmr))),
                "maintAmount": "0",
            }
        )
    return rows


def _switch(call: Call) -> Any:
    seconds = call.whole("timeOut", 0) if call.need("type") == "ACTIVATE" else 0
    dead_man(call, seconds * 1000)
    return {
        "triggerTime": call.at + seconds * 1000 if seconds else 0,
        "status": "ACTIVATED" if seconds else "CLOSED",
    }


def _permissions(call: Call) -> Any:
    key = call.key
    allowed = (
        [2]
        + ([3] if key is not None and key.trade else [])
        + ([4] if key is not None and key.withdraw else [])
    )
    return {
        "apiKey": "" if key is None else key.key,
        "permissions": allowed,
        "ipAddresses": ["127.0.0.1"],
        "note": "",
    }


def _spot(call: Call) -> Any:
    return {"balances": wallet_rows(call, "spot")}


def _fund(call: Call) -> Any:
    return {"assets": wallet_rows(call, "fund")}


ACCOUNT = {
    "GET /openApi/swap/v2/user/positions": Endpoint(_positions),
    "GET /openApi/swap/v3/user/balance": Endpoint(_balance),
    "GET /openApi/spot/v1/account/balance": Endpoint(_spot),
    "GET /openApi/fund/v1/account/balance": Endpoint(_fund),
    "GET /openApi/swap/v2/user/income": Endpoint(_income),
    "GET /openApi/swap/v2/user/commissionRate": Endpoint(fees),
    "GET /openApi/swap/v2/trade/leverage": Endpoint(leverage),
    "POST /openApi/swap/v2/trade/leverage": Endpoint(set_leverage),
    "GET /openApi/swap/v2/trade/marginType": Endpoint(margin),
    "POST /openApi/swap/v2/trade/marginType": Endpoint(set_margin),
    "GET /openApi/swap/v1/positionSide/dual": Endpoint(_mode),
    "POST /openApi/swap/v1/positionSide/dual": Endpoint(_set_mode),
    "GET /openApi/swap/v1/maintMarginRatio": Endpoint(_tiers),
    "POST /openApi/swap/v2/trade/cancelAllAfter": Endpoint(_switch),
    "GET /openApi/v1/account/apiPermissions": Endpoint(_permissions),
}
