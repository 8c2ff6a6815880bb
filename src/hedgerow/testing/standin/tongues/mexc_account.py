"""MEXC's account: positions in contracts, assets whose equity counts open profit, set-up, funding, what a key may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import Configured, balances_of, holdings_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.ports import Holding
from hedgerow.testing.standin.dialect import Bare, Call, Endpoint, plain
from hedgerow.testing.standin.reading import configured, counted, hedge_set, wallet_rows
from hedgerow.testing.standin.tongues.mexc_market import pages

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
    worth = h.notional_coin if one.payoff is Payoff.INVERSE else h.notional
    margin = (worth or _ZERO) / (h.leverage or Decimal(1))
    return {
        "positionId": 1,
        "symbol": one.symbol,
        "positionType": 1 if h.quantity > 0 else 2,
        "openType": 2 if h.margin_mode == "cross" else 1,
        "state": 1,
        "holdVol": plain(abs(counted(one, h.quantity, contracts=True))),
        "frozenVol": 0,
        "closeVol": 0,
        "holdAvgPrice": plain(h.entry),
        "openAvgPrice": plain(h.entry),
        "closeAvgPrice": 0,
        "liquidatePrice": plain(h.liquidation or _ZERO),
        "oim": plain(margin),
        "im": plain(margin),
        "holdFee": 0,
        "realised": 0,
        "leverage": int(h.leverage or 1),
        "adlLevel": h.adl_rank or 0,
        "createTime": h.at,
        "updateTime": h.at,
        "autoAddIm": False,
    }


def _assets(call: Call) -> Any:
    """What was given on trial stands in a coin's equity, and beside it as the bonus that is part of it."""
    coins = {one.settle for one in call.stand.instruments}
    rows, bonuses = [], call.stand.wallets.get((call.account, "bonus"), {})
    for b in balances_of(call.stand.state, call.stand.account(call.account)):
        if b.kind == "derivatives" and b.coin in coins:
            gained, bonus = b.unrealised or _ZERO, bonuses.get(b.coin, _ZERO)
            rows.append(
                {
                    "currency": b.coin,
                    "positionMargin": plain(b.total - b.free),
                    "availableBalance": plain(b.free),
                    "cashBalance": plain(b.total),
                    "frozenBalance": 0,
                    "equity": plain(b.total + gained + bonus),
                    "unrealized": plain(gained),
                    "bonus": plain(bonus),
                }
            )
    return rows


def _leverage(call: Call) -> Any:
    account, one = call.stand.account(call.account), call.instrument()
    setting = account.setting(one, call.stand.state.rules)
    open_type = 2 if setting.margin_mode == "cross" else 1
    return [
        {
            "positionType": side,
            "openType": open_type,
            "leverage": int(setting.leverage),
            "level": 1,
            "imr": 0.01,
            "mmr": 0.005,
            "maxVol": 1_000_000,
        }
        for side in (1, 2)
    ]


def _set_leverage(call: Call) -> Any:
    one = call.instrument()
    mode: Any = {"1": "isolated", "2": "cross"}.get(call.asked.get("openType", "2"), "cross")
    leverage = call.decimal("leverage")
    configured(call, Configured(call.at, call.account, one.name, margin_mode=mode, leverage=leverage))
    return None


def _mode(call: Call) -> Any:
    return 1 if call.stand.account(call.account).hedge else 2


def _set_mode(call: Call) -> Any:
    hedge_set(call, hedge=call.need("positionMode") == "1")
    return None


def _funding(call: Call) -> Any:
    wanted, rows = call.asked.get("symbol"), []
    for paid in call.stand.funded.get(call.account, []):
        one = call.stand.of_symbol(paid.payment.instrument.partition(":")[2])
        if wanted in {None, "", one.symbol}:
            rows.append(
                {
                    "id": paid.payment.payment_id,
                    "symbol": one.symbol,
                    "positionType": 1 if paid.quantity > 0 else 2,
                    "positionValue": plain(abs(paid.quantity) * paid.mark),
                    "funding": plain(paid.payment.amount),
                    "rate": plain(paid.rate),
                    "settleTime": paid.payment.at,
                }
            )
    return pages(rows[::-1], call)


def _fees(call: Call) -> Any:
    taker, maker = call.stand.account(call.account).fee_rates(call.instrument())
    return {
        "level": 0,
        "takerFee": plain(taker),
        "makerFee": plain(maker),
        "realTakerFee": plain(taker),
        "realMakerFee": plain(maker),
    }


def _spot(call: Call) -> Any:
    key = call.key
    return Bare(
        canTrade=key is not None and key.trade,
        canWithdraw=key is not None and key.withdraw,
        canDeposit=True,
        accountType="SPOT",
        balances=wallet_rows(call, "spot"),
        permissions=["SPOT"],
    )


ACCOUNT = {
    "GET /api/v3/account": Endpoint(_spot),
    "GET /api/v1/private/position/open_positions": Endpoint(_positions),
    "GET /api/v1/private/position/leverage": Endpoint(_leverage),
    "POST /api/v1/private/position/change_leverage": Endpoint(_set_leverage),
    "GET /api/v1/private/position/position_mode": Endpoint(_mode),
    "POST /api/v1/private/position/change_position_mode": Endpoint(_set_mode),
    "GET /api/v1/private/position/funding_records": Endpoint(_funding),
    "GET /api/v1/private/account/assets": Endpoint(_assets),
    "GET /api/v1/private/account/tiered_fee_rate": Endpoint(_fees),
}
