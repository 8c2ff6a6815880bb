"""Bybit's account: a unified one, its positions, coins, fees, funding, set-up, and what a key may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import Configured, balances_of, holdings_of
from hedgerow.model.ports import Holding
from hedgerow.testing.standin.dialect import Call, Endpoint, Refusal, number
from hedgerow.testing.standin.reading import configured, dead_man, hedge_set, wallet_rows
from hedgerow.testing.standin.tongues.bybit_market import category_of, listed

__all__ = ["ACCOUNT"]

_ZERO = Decimal(0)


def _positions(call: Call) -> Any:
    account, rows = call.stand.account(call.account), []
    coin = call.asked.get("settleCoin")
    for one in listed(call):
        if coin in {None, "", one.settle}:
            held = holdings_of(call.stand.state, account, one)
            rows += [_position(call, h) for h in held]
            if not held and call.asked.get("symbol"):
                rows += [_flat(call, place) for place in ((1, 2) if account.hedge else (0,))]
    return {"category": call.asked.get("category", "linear"), "list": rows, "nextPageCursor": ""}


def _position(call: Call, h: Holding) -> dict[str, Any]:
    one = call.stand.of_symbol(h.instrument.partition(":")[2])
    value = h.notional_coin if h.notional_coin is not None else h.notional
    entry_value = abs(h.quantity) / h.entry if h.notional_coin is not None else abs(h.quantity) * h.entry
    return {
        "symbol": one.symbol,
        "positionIdx": {"net": 0, "long": 1, "short": 2}[h.leg],
        "riskId": 1,
        "riskLimitValue": "",
        "side": "Buy" if h.quantity > 0 else "Sell",
        "size": number(abs(h.quantity)),
        "avgPrice": number(h.entry),
        "positionValue": number(entry_value),
        "markPrice": number(h.mark or _ZERO),
        "tradeMode": 0 if h.margin_mode == "cross" else 1,
        "autoAddMargin": 0,
        "leverage": number(h.leverage or _ZERO),
        "positionBalance": number(value or _ZERO),
        "liqPrice": "" if h.liquidation is None else number(h.liquidation),
        "bustPrice": "",
        "unrealisedPnl": number(h.unrealised or _ZERO),
        "cumRealisedPnl": "0",
        "positionStatus": "Normal",
        "adlRankIndicator": h.adl_rank or 0,
        "isReduceOnly": False,
        "seq": 1,
        "createdTime": str(h.at),
        "updatedTime": str(h.at),
    }


def _flat(call: Call, place: int) -> dict[str, Any]:
    """A contract without a position is a row of empty words where it is asked for by name."""
    one = call.instrument()
    setting = call.stand.account(call.account).setting(one, call.stand.state.rules)
    return {
        "symbol": one.symbol,
        "positionIdx": place,
        "side": "",
        "size": "0",
        "avgPrice": "0",
        "positionValue": "",
        "markPrice": "0",
        "tradeMode": 0 if setting.margin_mode == "cross" else 1,
        "leverage": number(setting.leverage),
        "liqPrice": "",
        "unrealisedPnl": "",
        "positionStatus": "Normal",
        "adlRankIndicator": 0,
        "createdTime": "0",
        "updatedTime": "0",
    }


def _wallet(call: Call) -> Any:
    account, coins = call.stand.account(call.account), []
    bonuses = call.stand.wallets.get((call.account, "bonus"), {})
    for b in balances_of(call.stand.state, account):
        if b.kind == "derivatives":
            gained, bonus = b.unrealised or _ZERO, bonuses.get(b.coin, _ZERO)
            coins.append(
                {
                    "coin": b.coin,
                    "equity": number(b.total + gained + bonus),
                    "walletBalance": number(b.total + bonus),
                    "free": "",
                    "locked": "0",
                    "unrealisedPnl": number(gained),
                    "availableToWithdraw": number(b.free),
                    "totalOrderIM": "0",
                    "totalPositionIM": number(max(b.total - b.free, _ZERO)),
                    "totalPositionMM": "0",
                    "cumRealisedPnl": "0",
                    "bonus": number(bonus),
                    "usdValue": "0",
                    "borrowAmount": "0",
                }
            )
    return {"list": [{"accountType": "UNIFIED", "accountIMRate": "0", "totalEquity": "0", "coin": coins}]}


def _info(call: Call) -> Any:
    account, rules = call.stand.account(call.account), call.stand.state.rules
    modes = {account.setting(one, rules).margin_mode for one in call.stand.instruments}
    return {
        "marginMode": "REGULAR_MARGIN" if modes == {"cross"} else "ISOLATED_MARGIN",
        "updatedTime": "1700000000000",
        "unifiedMarginStatus": 4,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def _fees(call: Call) -> Any:
    account, rows = call.stand.account(call.account), []
    for one in listed(call):
        taker, maker = account.fee_rates(one)
        rows.append({"symbol": one.symbol, "takerFeeRate": number(taker), "makerFeeRate": number(maker)})
    return {"list": rows}


def _ledger(call: Call) -> Any:
    """The account's log: only settlements of funding stand in it here, newest first."""
    since, until = call.whole("startTime", 0), call.whole("endTime", call.at)
    rows = []
    for paid in call.stand.funded.get(call.account, []):
        one = call.stand.of_symbol(paid.payment.instrument.partition(":")[2])
        if since <= paid.payment.at <= until and category_of(one) == call.asked.get("category", "linear"):
            rows.append(
                {
                    "id": paid.payment.payment_id,
                    "symbol": one.symbol,
                    "category": category_of(one),
                    "side": "Buy" if paid.quantity > 0 else "Sell",
                    "transactionTime": str(paid.payment.at),
                    "type": "SETTLEMENT",
                    "qty": number(abs(paid.quantity)),
                    "size": number(paid.quantity),
                    "currency": paid.payment.coin,
                    "tradePrice": number(paid.mark),
                    "funding": number(paid.payment.amount),
                    "fee": "0",
                    "cashFlow": "0",
                    "change": number(paid.payment.amount),
                    "cashBalance": "0",
                    "feeRate": number(paid.rate),
                    "bonusChange": "0",
                    "tradeId": paid.payment.payment_id,
                    "orderId": "",
                    "orderLinkId": "",
                }
            )
    rows.reverse()
    begin, size = call.whole("cursor", 0), call.whole("limit", 20)
    more = str(begin + size) if begin + size < len(rows) else ""
    return {"nextPageCursor": more, "list": rows[begin : begin + size]}


def _leverage(call: Call) -> Any:
    one = call.instrument()
    if call.need("buyLeverage") != call.need("sellLeverage"):
        raise Refusal("leverage", "")
    said = configured(call, Configured(call.at, call.account, one.name, leverage=call.decimal("buyLeverage")))
    if said == "no_change":
        raise Refusal("no_change", "")
    return {}


def _isolated(call: Call) -> Any:
    one, mode = call.instrument(), "isolated" if call.need("tradeMode") == "1" else "cross"
    said = configured(
        call,
        Configured(call.at, call.account, one.name, margin_mode=mode, leverage=call.decimal("buyLeverage")),  # type: ignore[arg-type]  # one of two words
    )
    if said == "no_change":
        raise Refusal("no_change", "")
    return {}


def _set_margin(call: Call) -> Any:
    """The margin mode is the account's, and all its contracts'."""
    modes: dict[str, Any] = {"REGULAR_MARGIN": "cross", "ISOLATED_MARGIN": "isolated"}
    mode = modes.get(call.need("setMarginMode"))
    if mode is None:
        raise Refusal("not_offered", "")
    for one in call.stand.instruments:
        configured(call, Configured(call.at, call.account, one.name, margin_mode=mode))
    return {"reasons": []}


def _mode(call: Call) -> Any:
    hedge_set(call, hedge=call.need("mode") == "3")
    return {}


def _switch(call: Call) -> Any:
    dead_man(call, call.whole("timeWindow", 0) * 1000)
    return {}


def _key(call: Call) -> Any:
    key = call.key
    assert key is not None  # noqa: S101 - the endpoint is signed
    wallet = ["AccountTransfer", "Withdraw"] if key.withdraw else []
    return {
        "id": "1",
        "note": "",
        "apiKey": key.key,
        "readOnly": int(not key.trade),
        "permissions": {
            "ContractTrade": ["Order", "Position"] if key.trade else [],
            "Spot": [],
            "Wallet": wallet,
            "Options": [],
            "Derivatives": ["DerivativesTrade"],
            "Exchange": [],
        },
        "ips": ["127.0.0.1"] if key.ip_bound else ["*"],
        "type": 1,
        "deadlineDay": 83,
        "userID": 24_617_703 + call.stand.place_of(key.account),
        "unified": 0,
        "uta": 1,
        "vipLevel": "No VIP",
        "isMaster": True,
    }


def _earn(call: Call) -> Any:
    rows = [{"coin": row["asset"], "amount": row["free"]} for row in wallet_rows(call, "earn")]
    return {"list": rows, "nextPageCursor": ""}


ACCOUNT = {
    "GET /v5/position/list": Endpoint(_positions),
    "POST /v5/position/set-leverage": Endpoint(_leverage),
    "POST /v5/position/switch-isolated": Endpoint(_isolated),
    "POST /v5/position/switch-mode": Endpoint(_mode),
    "GET /v5/account/wallet-balance": Endpoint(_wallet),
    "GET /v5/earn/position": Endpoint(_earn),
    "GET /v5/account/info": Endpoint(_info),
    "POST /v5/account/set-margin-mode": Endpoint(_set_margin),
    "GET /v5/account/fee-rate": Endpoint(_fees),
    "GET /v5/account/transaction-log": Endpoint(_ledger),
    "POST /v5/order/disconnected-cancel-all": Endpoint(_switch),
    "GET /v5/user/query-api": Endpoint(_key),
}
