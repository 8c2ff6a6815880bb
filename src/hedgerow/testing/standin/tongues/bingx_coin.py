"""BingX's coin-margined contracts, below /openApi/cswap: counted in contracts of 100 dollars, without tiers and funding paid.

No answer of these is among the venue's samples: all are written from the fields that ccxt's parser reads.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import balances_of, holdings_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Holding
from hedgerow.testing.standin.dialect import Call, Endpoint, number
from hedgerow.testing.standin.reading import counted, fills_of
from hedgerow.testing.standin.tongues.bingx_account import fees, leverage, margin, set_leverage, set_margin
from hedgerow.testing.standin.tongues.bingx_market import depth, klines, premium, ticker

__all__ = ["COINED", "coined", "sized"]

_ZERO = Decimal(0)


def coined(one: Instrument) -> bool:
    """Return whether a contract is margined in coin."""
    return one.payoff is Payoff.INVERSE


def sized(one: Instrument, size: Decimal) -> str:
    """Return a size as the venue counts it, without its sign."""
    return number(abs(counted(one, size, contracts=coined(one))))


def _listed(call: Call) -> list[Instrument]:
    wanted = call.asked.get("symbol", "")
    return [one for one in call.stand.instruments if coined(one) and wanted in {"", one.symbol}]


def _contracts(call: Call) -> Any:
    return [
        {
            "symbol": one.symbol,
            "pricePrecision": max(-int(one.tick.as_tuple().exponent), 0),
            "minTickSize": number(one.multiplier),
            "minTradeValue": number(one.multiplier),
            "minQty": "1.00000000",
            "status": 1,
            "timeOnline": 1_716_912_000_000,
        }
        for one in _listed(call)
    ]


def _row(handler: Any) -> Endpoint:
    """A handler that answers with one row where the linear contracts have an object."""
    return Endpoint(lambda call: [handler(call)], signed=False)


def _positions(call: Call) -> Any:
    account = call.stand.account(call.account)
    return [_position(one, h) for one in _listed(call) for h in holdings_of(call.stand.state, account, one)]


def _position(one: Instrument, h: Holding) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "positionId": "1",
        "positionSide": "LONG" if h.quantity > 0 else "SHORT",
        "isolated": h.margin_mode == "isolated",
        "positionAmt": sized(one, h.quantity),
        "availableAmt": sized(one, h.quantity),
        "unrealizedProfit": number(h.unrealised or _ZERO),
        "initialMargin": number((h.notional_coin or _ZERO) / (h.leverage or Decimal(1))),
        "liquidationPrice": float(h.liquidation or _ZERO),
        "avgPrice": number(h.entry),
        "leverage": int(h.leverage or 1),
        "markPrice": number(h.mark or _ZERO),
        "onlyOnePosition": h.leg == "net",
        "riskRate": "0",
        "maxMarginReduction": "0",
        "updateTime": h.at,
    }


def _balance(call: Call) -> Any:
    coins = {one.settle for one in call.stand.instruments if coined(one)}
    return [
        {
            "asset": b.coin,
            "balance": number(b.total),
            "equity": number(b.total + (b.unrealised or _ZERO)),
            "unrealizedProfit": number(b.unrealised or _ZERO),
            "availableMargin": number(b.free),
            "usedMargin": number(b.total - b.free),
            "freezedMargin": "0",
        }
        for b in balances_of(call.stand.state, call.stand.account(call.account))
        if b.kind == "derivatives" and b.coin in coins
    ]


def _fills(call: Call) -> Any:
    since, until = call.whole("startTs", 0), call.whole("endTs", call.at) + 1
    one = call.instrument() if call.asked.get("symbol") else None
    rows = [_fill(call, fill) for fill in fills_of(call, one, since, until)][::-1]
    page, size = call.whole("pageIndex", 1), call.whole("pageSize", 50)
    return [row for row in rows if row][(page - 1) * size : page * size]


def _fill(call: Call, fill: Fill) -> dict[str, Any]:
    one = call.stand.of_symbol(fill.instrument.partition(":")[2])
    if not coined(one):
        return {}
    return {
        "orderId": fill.order_id,
        "symbol": one.symbol,
        "type": "MARKET",
        "side": "BUY" if fill.quantity > 0 else "SELL",
        "positionSide": "BOTH",
        "tradeId": fill.trade_id,
        "volume": sized(one, fill.quantity),
        "tradePrice": number(fill.price),
        "amount": number(abs(fill.quantity)),
        "realizedPnl": "0",
        "commission": number(-fill.fee),
        "currency": fill.fee_coin,
        "buyer": fill.quantity > 0,
        "maker": bool(fill.maker),
        "tradeTime": fill.at,
    }


_ROOT = "/openApi/cswap/v1"
COINED = {
    f"GET {_ROOT}/market/contracts": Endpoint(_contracts, signed=False),
    f"GET {_ROOT}/market/ticker": _row(ticker),
    f"GET {_ROOT}/market/premiumIndex": _row(premium),
    f"GET {_ROOT}/market/depth": Endpoint(depth, signed=False),
    f"GET {_ROOT}/market/klines": Endpoint(klines, signed=False),
    f"GET {_ROOT}/user/positions": Endpoint(_positions),
    f"GET {_ROOT}/user/balance": Endpoint(_balance),
    f"GET {_ROOT}/user/commissionRate": Endpoint(fees),
    f"GET {_ROOT}/trade/allFillOrders": Endpoint(_fills),
    f"GET {_ROOT}/trade/leverage": Endpoint(leverage),
    f"POST {_ROOT}/trade/leverage": Endpoint(set_leverage),
    f"GET {_ROOT}/trade/marginType": Endpoint(margin),
    f"POST {_ROOT}/trade/marginType": Endpoint(set_margin),
}
"""The endpoints but those of orders, which are the linear ones' in other words."""
