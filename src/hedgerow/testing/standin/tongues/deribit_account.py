"""Deribit's account: positions of one sign, coins apart from what options are worth, and what a key may do."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import balances_of, holdings_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.ports import Balance, Holding
from hedgerow.testing.standin.dialect import Call, Endpoint, Refusal, plain
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.tongues.deribit_market import kind_of

__all__ = ["ACCOUNT", "logged_in", "scope_of"]

_ZERO = Decimal(0)


def _positions(call: Call) -> Any:
    account, kind = call.stand.account(call.account), call.asked.get("kind", "any")
    traded = {fill.instrument for fill in call.stand.fills.get(call.account, [])}
    rows = []
    for one in call.stand.instruments:
        if kind in {"any", kind_of(one)}:
            held = holdings_of(call.stand.state, account, one)
            rows += [_position(call, one, each) for each in held]
            if not held and one.name in traded:
                rows.append(_flat(one))
    return rows


def _position(call: Call, one: Instrument, held: Holding) -> dict[str, Any]:
    """What is sold has a size below 0; what a future is worth in coins stands beside it, of an option it does not."""
    row = {
        "instrument_name": one.symbol,
        "kind": kind_of(one),
        "direction": "buy" if held.quantity > 0 else "sell",
        "size": plain(held.quantity),
        "average_price": plain(held.entry),
        "mark_price": plain(held.mark or _ZERO),
        "index_price": plain(call.stand.prices[one.underlying]),
        "floating_profit_loss": plain(held.unrealised or _ZERO),
        "total_profit_loss": plain(held.unrealised or _ZERO),
        "realized_profit_loss": 0,
        "initial_margin": 0,
        "maintenance_margin": 0,
        "delta": 0,
    }
    if not is_option(one):
        size = (held.notional_coin or _ZERO).copy_sign(held.quantity)
        row |= {"size_currency": plain(size), "leverage": 50, "estimated_liquidation_price": 0}
    return row


def _flat(one: Instrument) -> dict[str, Any]:
    """A contract that was closed stays in the list for a while, without a side."""
    return {
        "instrument_name": one.symbol,
        "kind": kind_of(one),
        "direction": "zero",
        "size": 0,
        "average_price": 0,
        "mark_price": 0,
        "floating_profit_loss": 0,
    }


def _summaries(call: Call) -> Any:
    found = balances_of(call.stand.state, call.stand.account(call.account))
    rows = [_summary(call, each) for each in found if each.kind == "derivatives"]
    return {"id": _ID, "type": "main", "summaries": rows}


def _summary(call: Call, balance: Balance) -> dict[str, Any]:
    state, account = call.stand.state, call.stand.account(call.account)
    worth = _ZERO
    for leg in account.legs.values():
        if leg.instrument.settle == balance.coin and is_option(leg.instrument):
            worth += leg.quantity * (state.listing(leg.instrument.name).mark or _ZERO)
    gained = balance.unrealised or _ZERO
    return {
        "currency": balance.coin,
        "balance": plain(balance.total),
        "equity": plain(balance.total + gained + worth),
        "options_value": plain(worth),
        "futures_session_upl": plain(gained),
        "options_session_upl": 0,
        "available_funds": plain(balance.free),
        "available_withdrawal_funds": plain(balance.free),
        "initial_margin": plain(max(balance.total - balance.free, _ZERO)),
        "maintenance_margin": 0,
        "margin_balance": plain(balance.total + gained),
        "portfolio_margining_enabled": False,
    }


_ID = 24_617_703


def _one_summary(call: Call) -> Any:
    rows = [row for row in _summaries(call)["summaries"] if row["currency"] == call.need("currency")]
    if not rows:
        raise Refusal("missing", "invalid currency")
    extended = {"id": _ID, "type": "main", "username": "stand"}
    return {**rows[0], **(extended if call.asked.get("extended") == "true" else {})}


def logged_in(stand: Stand, asked: dict[str, str]) -> Key:
    """Return the key that signed a login: time, nonce and data, each on a line of its own. Raises `Refusal`."""
    key = stand.keys.get(asked.get("client_id", ""))
    at, nonce = asked.get("timestamp", "0"), asked.get("nonce", "")
    if key is None or asked.get("grant_type") != "client_signature":
        raise Refusal("key", "")
    payload = f"{at}\n{nonce}\n{asked.get('data', '')}"
    good = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good, asked.get("signature", "")):
        raise Refusal("signature", "")
    if abs(stand.now - int(at)) > _WINDOW_MS:
        raise Refusal("timestamp", "")
    return key


_WINDOW_MS = 60_000


def scope_of(key: Key) -> str:
    """Return what a key may do, in the venue's words."""
    rights = {"account": "read", "trade": "read", "wallet": "read"}
    rights |= {"trade": "read_write"} if key.trade else {}
    rights |= {"wallet": "read_write"} if key.withdraw else {}
    return " ".join(["connection mainaccount name:stand", *(f"{what}:{how}" for what, how in rights.items())])


def _auth(call: Call) -> Any:
    key = logged_in(call.stand, dict(call.asked))
    return {
        "access_token": "a-token-of-a-stand-in",
        "refresh_token": "another",
        "expires_in": 31_536_000,
        "token_type": "bearer",
        "scope": scope_of(key),
    }


ACCOUNT = {
    "GET /api/v2/public/auth": Endpoint(_auth, signed=False),
    "GET /api/v2/private/get_positions": Endpoint(_positions),
    "GET /api/v2/private/get_account_summaries": Endpoint(_summaries),
    "GET /api/v2/private/get_account_summary": Endpoint(_one_summary),
}
