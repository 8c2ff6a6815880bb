"""Binance on the samples of its own documentation, and on answers written for the traps."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.venues.markets import endpoints
from tests.venues.recordings import ID, opened, run

from hedgerow.model.errors import StateUnknown
from hedgerow.model.orders import Order, OrderState
from hedgerow.venues.doors import CcxtVenue

D = Decimal
pytestmark = pytest.mark.market_data


@pytest.fixture(scope="module")
def samples(data_dir: Path) -> dict[str, Any]:
    return {
        **endpoints(data_dir, "binance_usdm.json"),
        **endpoints(data_dir, "binance_coinm.json"),
        "GET /fapi/v1/positionSide/dual": {"dualSidePosition": False},
        "GET /fapi/v1/ticker/price": {"symbol": "BTCUSDT", "price": "6000.01", "time": 1589437530011},
        "GET /dapi/v1/openAlgoOrders": [],
    }


@pytest.fixture
def binance(samples: dict[str, Any]) -> CcxtVenue:
    return opened("binance", samples)[0]


def contract(venue: CcxtVenue, name: str) -> Any:
    return run(venue.listings()).of(name).instrument


def test_a_long_is_read_with_its_liquidation_below_the_entry(binance: CcxtVenue) -> None:
    (held,) = run(binance.account.positions([contract(binance, "BTCUSDT")]))
    assert (held.quantity, held.entry, held.notional) == (D("0.001"), D("22185.2"), D("21.12305052"))
    assert held.leg == "long"
    assert held.liquidation is not None
    assert held.liquidation < held.entry
    assert (held.margin_mode, held.leverage, held.at) == ("cross", D(4), 1655217461579)


def test_a_coin_margined_contract_is_a_hundred_dollars(binance: CcxtVenue) -> None:
    (held,) = run(binance.account.positions([contract(binance, "BTCUSD_201225")]))
    assert held.quantity == D(100)
    assert (held.notional, held.notional_coin) == (None, D("11788.66626667"))


def test_the_sample_that_contradicts_our_units_is_kept_as_a_mismatch(binance: CcxtVenue) -> None:
    # The documentation's own example says that one contract is worth 11,788 bitcoin.
    run(binance.account.positions([contract(binance, "BTCUSD_201225")]))
    assert set(binance.door.wrong) == {"binance:BTCUSD_201225"}


def test_waiting_stops_are_among_the_open_orders(samples: dict[str, Any]) -> None:
    binance = opened("binance", samples)[0]
    orders = run(binance.trading.open_orders(contract(binance, "BNBUSDT")))
    (stop,) = (order for order in orders if order.client_id == "MRumok0dkhrP4kCm12AHaB")
    assert (stop.order_id, stop.quantity, stop.filled) == ("2148627", D("-0.01"), D(0))
    assert stop.state is OrderState.ACKED


def test_fills_keep_sign_fee_and_ids_as_text(binance: CcxtVenue) -> None:
    (fill,) = run(binance.trading.fills(contract(binance, "BTCUSDT"), 0))
    assert (fill.quantity, fill.price) == (D("-0.002"), D("7819.01"))
    assert (fill.trade_id, fill.order_id) == ("698759", "25851813")
    assert (fill.fee, fill.fee_coin) == (D("-0.07819010"), "USDT")


def test_wallets_are_told_without_open_profit(binance: CcxtVenue) -> None:
    balances = {one.coin: one for one in run(binance.account.balances())}
    assert balances["USDT"].total == D("23.72469206")
    assert balances["USDT"].kind == "derivatives"


def test_funding_is_read_with_the_real_interval(binance: CcxtVenue) -> None:
    prints = run(binance.data.funding(contract(binance, "BTCUSDT"), 1, 2_000_000_000_000))
    assert [one.rate for one in prints] == [D("0.0001"), D("0.0001")]
    assert [one.interval_hours for one in prints] == [None, D(8)]


def test_income_of_other_kinds_is_no_funding(binance: CcxtVenue) -> None:
    assert run(binance.account.paid(contract(binance, "BTCUSDT"), 0)) == ()


def test_tiers_begin_at_nothing(binance: CcxtVenue) -> None:
    (linear,) = run(binance.data.tiers(contract(binance, "ETHUSDT")))
    (inverse,) = run(binance.data.tiers(contract(binance, "BTCUSD_PERP")))
    assert (linear.floor, linear.mmr, linear.max_leverage) == (0.0, 0.0065, 75.0)
    assert (inverse.floor, inverse.mmr) == (0.0, 0.004)


def test_modes_come_from_two_places(binance: CcxtVenue) -> None:
    modes = run(binance.account.modes(contract(binance, "BTCUSDT")))
    assert (modes.hedge, modes.margin_mode, modes.leverage) == (False, "cross", D(21))


def test_an_order_is_sent_once_and_as_it_is(samples: dict[str, Any]) -> None:
    binance, asked = opened("binance", samples)
    order = Order(ID, contract(binance, "BTCUSDT"), D("-0.5"), "limit", D("64000.1"), reduce_only=True)
    run(binance.trading.place(order))
    (sent,) = (one for one in asked if one.method == "POST")
    assert sent.path == "/fapi/v1/order"
    for said in ("side=SELL", "quantity=0.5&", "price=64000.1&", "reduceOnly=true", f"newClientOrderId={ID}"):
        assert said in (sent.body or "")


def test_an_answer_of_another_form_is_not_flat() -> None:
    binance, _ = opened("binance", {"*": {"something": "else"}})
    with pytest.raises(StateUnknown):
        run(binance.account.positions([contract(binance, "BTCUSDT")]))
