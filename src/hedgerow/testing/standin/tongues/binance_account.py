"""Binance's account: positions, wallets, set-up, fees, income, what a key may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import Configured, balances_of, holdings_of
from hedgerow.testing.standin.dialect import Call, Endpoint, Refusal, number
from hedgerow.testing.standin.reading import configured, counted, dead_man, hedge_set, wallet_rows
from hedgerow.testing.standin.tongues.binance_market import listed

__all__ = [
    "account",
    "balance",
    "commission",
    "countdown",
    "income",
    "leverage",
    "margin_type",
    "mode",
    "positions",
    "restrictions",
    "savings",
    "set_mode",
    "spot",
    "symbol_config",
]


def positions(*, inverse: bool) -> Endpoint:
    """Return the open positions of USD-M or COIN-M."""

    def handle(call: Call) -> Any:
        account, rows = call.stand.account(call.account), []
        for one in listed(call, inverse=inverse):
            if call.asked.get("symbol", one.symbol) != one.symbol:
                continue
            setting = account.setting(one, call.stand.state.rules)
            held = holdings_of(call.stand.state, account, one)
            for h in held:
                size = counted(one, h.quantity, contracts=inverse)
                value = h.notional_coin if inverse else h.notional
                row = {
                    "symbol": one.symbol,
                    "positionSide": {"net": "BOTH"}.get(h.leg, h.leg.upper()),
                    "positionAmt": number(size),
                    "entryPrice": number(h.entry),
                    "breakEvenPrice": number(h.entry),
                    "markPrice": number(h.mark or Decimal(0)),
                    "unRealizedProfit": number(h.unrealised or Decimal(0)),
                    "liquidationPrice": number(h.liquidation or Decimal(0)),
                    "notionalValue" if inverse else "notional": number((value or Decimal(0)).copy_sign(size)),
                    "marginAsset": one.settle,
                    "adl": h.adl_rank or 0,
                    "updateTime": h.at,
                }
                if inverse:
                    row |= {"leverage": number(setting.leverage), "marginType": h.margin_mode or "cross"}
                rows.append(row)
        return rows

    return Endpoint(handle)


def account(*, inverse: bool) -> Endpoint:
    """Return wallets, and how contracts are set up, of USD-M or COIN-M."""

    def handle(call: Call) -> Any:
        account = call.stand.account(call.account)
        assets = []
        for b in balances_of(call.stand.state, account):
            if b.kind != "derivatives" or (b.coin in {"USDT", "USDC"}) is inverse:
                continue
            assets.append(
                {
                    "asset": b.coin,
                    "walletBalance": number(b.total),
                    "unrealizedProfit": number(b.unrealised or Decimal(0)),
                    "marginBalance": number(b.total + (b.unrealised or Decimal(0))),
                    "availableBalance": number(b.free),
                    "maxWithdrawAmount": number(b.free),
                    "updateTime": call.at,
                }
            )
        rows = []
        for one in listed(call, inverse=inverse):
            setting = account.setting(one, call.stand.state.rules)
            rows.append(
                {
                    "symbol": one.symbol,
                    "leverage": number(setting.leverage),
                    "isolated": setting.margin_mode == "isolated",
                    "positionSide": "BOTH",
                    "positionAmt": "0",
                }
            )
        return {"canTrade": True, "assets": assets, "positions": rows}

    return Endpoint(handle)


def symbol_config(call: Call) -> Any:
    """Return margin type and leverage of each contract."""
    account, rows = call.stand.account(call.account), []
    for one in listed(call, inverse=False):
        if call.asked.get("symbol", one.symbol) == one.symbol:
            setting = account.setting(one, call.stand.state.rules)
            kind = "CROSSED" if setting.margin_mode == "cross" else "ISOLATED"
            leverage = int(setting.leverage)
            rows.append(
                {"symbol": one.symbol, "marginType": kind, "isAutoAddMargin": False, "leverage": leverage}
            )
    return rows


def leverage(call: Call) -> Any:
    """Set the leverage."""
    one = call.instrument()
    configured(call, Configured(call.at, call.account, one.name, leverage=call.decimal("leverage")))
    return {"leverage": call.whole("leverage", 1), "maxNotionalValue": "1000000", "symbol": one.symbol}


def margin_type(call: Call) -> Any:
    """Set the margin type."""
    mode: Any = "isolated" if call.need("marginType") == "ISOLATED" else "cross"
    said = configured(call, Configured(call.at, call.account, call.instrument().name, margin_mode=mode))
    if said == "no_change":
        raise Refusal("no_change", "")
    return {"code": 200, "msg": "success"}


def set_mode(call: Call) -> Any:
    """Let a long and a short coexist, or not."""
    if hedge_set(call, hedge=call.need("dualSidePosition") == "true") == "no_change":
        raise Refusal("no_change_mode", "")
    return {"code": 200, "msg": "success"}


def mode(call: Call) -> Any:
    """Return whether a long and a short may coexist."""
    return {"dualSidePosition": call.stand.account(call.account).hedge}


def commission(call: Call) -> Any:
    """Return the account's own fees."""
    one = call.instrument()
    taker, maker = call.stand.account(call.account).fee_rates(one)
    return {"symbol": one.symbol, "makerCommissionRate": number(maker), "takerCommissionRate": number(taker)}


def income(call: Call) -> Any:
    """Return the funding of the account."""
    since, until = call.whole("startTime", 0), call.whole("endTime", call.at)
    rows = [
        {
            "symbol": paid.payment.instrument.partition(":")[2],
            "incomeType": "FUNDING_FEE",
            "income": number(paid.payment.amount),
            "asset": paid.payment.coin,
            "info": "FUNDING_FEE",
            "time": paid.payment.at,
            "tranId": paid.payment.payment_id,
            "tradeId": "",
        }
        for paid in call.stand.funded.get(call.account, [])
        if since <= paid.payment.at <= until
    ]
    wanted = call.asked.get("symbol")
    return [row for row in rows if wanted in {None, row["symbol"]}][: call.whole("limit", 100)]


def countdown(call: Call) -> Any:
    """Set the dead man's switch."""
    dead_man(call, call.whole("countdownTime", 0))
    return {"symbol": call.need("symbol"), "countdownTime": call.need("countdownTime")}


def restrictions(call: Call) -> Any:
    """Return what the key may do."""
    key = call.key
    return {
        "ipRestrict": key is not None and key.ip_bound,
        "createTime": 1_700_000_000_000,
        "enableReading": True,
        "enableFutures": key is not None and key.trade,
        "enableWithdrawals": key is not None and key.withdraw,
        "enableInternalTransfer": False,
        "permitsUniversalTransfer": False,
        "enableSpotAndMarginTrading": False,
    }


def balance(call: Call) -> Any:
    """Return the wallets of USD-M, and whose they are."""
    rows = balances_of(call.stand.state, call.stand.account(call.account))
    return [
        {
            "accountAlias": f"SgsRmXf{1 + call.stand.place_of(call.account):03d}",
            "asset": b.coin,
            "balance": number(b.total),
            "crossWalletBalance": number(b.total),
            "crossUnPnl": number(b.unrealised or Decimal(0)),
            "availableBalance": number(b.free),
            "maxWithdrawAmount": number(b.free),
            "marginAvailable": True,
            "updateTime": call.at,
        }
        for b in rows
        if b.kind == "derivatives" and b.coin in {"USDT", "USDC"}
    ]


def spot(call: Call) -> Any:
    """Return the spot wallet; flexible savings stand in it again, as receipts named LD and the coin."""
    receipts = [{**row, "asset": f"LD{row['asset']}"} for row in wallet_rows(call, "earn")]
    return {
        "accountType": "SPOT",
        "balances": [*wallet_rows(call, "spot"), *receipts],
        "uid": 1 + call.stand.place_of(call.account),
    }


def savings(call: Call) -> Any:
    """Return flexible savings."""
    rows = [{"asset": row["asset"], "totalAmount": row["free"]} for row in wallet_rows(call, "earn")]
    return {"rows": rows, "total": len(rows)}
