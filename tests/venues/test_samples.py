"""Bybit, BingX and WEEX on the shared samples of their own documentation; each value is judged by the raw sample."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.venues.markets import endpoints
from tests.venues.recordings import ID, opened, run

from hedgerow.model.errors import StateUnknown
from hedgerow.model.orders import Order, OrderState
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.recorded import Asked

D = Decimal
pytestmark = pytest.mark.market_data


@pytest.fixture
def bybit(data_dir: Path) -> CcxtVenue:
    return opened("bybit", endpoints(data_dir, "bybit_v5.json"))[0]


@pytest.fixture
def bingx(data_dir: Path) -> CcxtVenue:
    return opened("bingx", endpoints(data_dir, "bingx_perp.json"))[0]


def contract(venue: CcxtVenue, name: str) -> Any:
    return run(venue.listings()).of(name).instrument


class TestBybit:
    """v5, unified account."""

    def test_an_inverse_short_in_dollars(self, bybit: CcxtVenue) -> None:
        (held,) = run(bybit.account.positions([contract(bybit, "BTCUSD")]))
        assert (held.quantity, held.entry, held.notional_coin) == (
            D(-300),
            D("27464.50441675"),
            D("0.01092319"),
        )
        assert (held.liquidation, held.adl_rank, held.leverage) == (None, 2, D(10))
        assert bybit.door.proven == {"bybit:BTCUSD"}

    def test_an_order_with_our_kind_of_id(self, bybit: CcxtVenue) -> None:
        (order,) = run(bybit.trading.open_orders(contract(bybit, "ETHUSDT")))
        assert (order.client_id, order.state) == ("test-000005", OrderState.ACKED)
        assert (order.quantity, order.filled, order.average) == (D("0.10"), D(0), None)

    def test_a_fill_and_its_fee(self, bybit: CcxtVenue) -> None:
        (fill,) = run(bybit.trading.fills(contract(bybit, "ETHPERP"), 1))
        assert (fill.quantity, fill.price, fill.fee, fill.fee_coin) == (
            D("0.1"),
            D("1190.15"),
            D("0.071409"),
            "USDC",
        )
        assert bybit.door.proven == {"bybit:ETHPERP"}

    def test_a_long_pays_a_positive_rate(self, bybit: CcxtVenue) -> None:
        (paid,) = run(bybit.account.paid(contract(bybit, "XRPUSDT"), 1))
        assert (paid.amount, paid.coin, paid.at) == (D("-0.003676"), "USDT", 1672128000000)

    def test_a_bracket_in_per_cent(self, bybit: CcxtVenue) -> None:
        (tier,) = run(bybit.data.tiers(contract(bybit, "BTCUSD")))
        assert (tier.floor, tier.mmr, tier.max_leverage) == (0.0, 0.005, 100.0)

    def test_a_key_that_moves_coins_between_wallets_but_not_away(self, bybit: CcxtVenue) -> None:
        said = run(bybit.account.permissions())
        assert (said.account_id, said.trade, said.withdraw, said.ip_bound) == ("24617703", True, False, False)

    def test_fees_and_modes(self, bybit: CcxtVenue) -> None:
        assert run(bybit.account.fees(contract(bybit, "ETHUSDT"))) == (D("0.0006"), D("0.0001"))
        assert run(bybit.account.modes(contract(bybit, "BTCUSD"))).margin_mode == "cross"

    def test_coins_of_which_there_are_none_are_left_out(self, bybit: CcxtVenue) -> None:
        assert run(bybit.account.balances()) == ()

    def test_an_order_is_taken_and_a_cancel_is_asked(self, bybit: CcxtVenue) -> None:
        order = Order(ID, contract(bybit, "BTCUSDT"), D("-0.5"))
        assert getattr(run(bybit.trading.place(order)), "order_id", "") == "1321003749386327552"
        assert (
            getattr(run(bybit.trading.cancel(order)), "order_id", "")
            == "c6f055d9-7f21-4079-913d-e6523a9cfffa"
        )


class TestBingx:
    """Linear swaps."""

    def test_a_short_with_its_liquidation_above_the_entry(self, bingx: CcxtVenue) -> None:
        (held,) = run(bingx.account.positions([contract(bingx, "BNB-USDT")]))
        assert (held.quantity, held.entry, held.leg) == (D("-0.20"), D("246.43"), "short")
        assert held.liquidation is not None
        assert held.liquidation > held.entry
        assert held.margin_mode == "isolated"

    def test_open_orders(self, bingx: CcxtVenue) -> None:
        orders = run(bingx.trading.open_orders(contract(bingx, "BTC-USDT")))
        assert {order.quantity for order in orders} == {D("-0.0030")}
        assert {order.state for order in orders} == {OrderState.ACKED}

    def test_funding_paid(self, bingx: CcxtVenue) -> None:
        (paid,) = run(bingx.account.paid(contract(bingx, "LDO-USDT"), 1))
        assert (paid.amount, paid.coin) == (D("-0.0292"), "USDT")

    def test_fills_of_the_old_endpoint_have_no_id(self, data_dir: Path) -> None:
        samples = endpoints(data_dir, "bingx_perp.json")
        old = samples["GET /openApi/swap/v2/trade/allFillOrders"]
        venue = opened("bingx", {"/openApi/swap/v2/trade/fillHistory": old})[0]
        with pytest.raises(StateUnknown, match="has no id"):
            run(venue.trading.fills(contract(venue, "WLD-USDT"), 1))

    def test_brackets(self, bingx: CcxtVenue) -> None:
        tiers = run(bingx.data.tiers(contract(bingx, "BTC-USDT")))
        assert [(tier.floor, tier.mmr) for tier in tiers] == [(0.0, 0.0038), (150000.0, 0.004)]

    def test_modes_and_fees(self, bingx: CcxtVenue) -> None:
        btc = contract(bingx, "BTC-USDT")
        modes = run(bingx.account.modes(btc))
        assert (modes.hedge, modes.margin_mode, modes.leverage) == (True, "cross", D(50))
        assert run(bingx.account.fees(btc)) == (D("0.0005"), D("0.0002"))

    def test_the_wallet_and_the_one_that_was_never_opened(self, bingx: CcxtVenue) -> None:
        (held,) = run(bingx.account.balances())
        assert (held.coin, held.total, held.free) == ("USDT", D("300.0000"), D("300.0000"))


def said(asked: Asked) -> dict[str, Any]:
    return json.loads(asked.body) if asked.body else dict(parse_qsl(urlsplit(asked.url).query))


class TestWeex:
    """Requests only: there are no samples of answers."""

    @pytest.fixture
    def requests(self, data_dir: Path) -> list[dict[str, Any]]:
        read = json.loads((data_dir / "fixtures_api" / "weex_requests_ccxt.json").read_text())
        found: list[dict[str, Any]] = read["requests"]
        return found

    def test_a_stop_loss(self, requests: list[dict[str, Any]]) -> None:
        (sample,) = (one for one in requests if one["method"] == "createStopLossOrder")
        venue, asked = opened("weex", {"*": {}})
        order = Order(ID, contract(venue, "DOGEUSDT"), D(-100), reduce_only=True, stop=D("0.01"))
        run(venue.trading.place(order))
        assert asked[-1].url == sample["url"]
        assert sample["body"].items() <= said(asked[-1]).items()

    @pytest.mark.parametrize(
        ("method", "verb", "name"),
        [
            ("fetchPositions", "positions", "DOGEUSDT"),
            ("fetchMarginMode", "modes", "DOGEUSDT"),
            ("fetchTradingFee", "fees", "DOGEUSDT"),
        ],
    )
    def test_reads_go_where_the_sample_goes(
        self, requests: list[dict[str, Any]], method: str, verb: str, name: str
    ) -> None:
        (sample,) = (one for one in requests if one["method"] == method)
        venue, asked = opened(
            "weex", {"*": [{"takerCommissionRate": "0.1", "makerCommissionRate": "0.1", "size": "0"}]}
        )
        one = contract(venue, name)
        run(getattr(venue.account, verb)([one] if verb == "positions" else one))
        assert asked[-1].url == sample["url"]

    def test_open_orders_are_asked_of_both_endpoints(self, requests: list[dict[str, Any]]) -> None:
        samples = [one["url"].partition("?")[0] for one in requests if one["method"] == "fetchOpenOrders"]
        venue, asked = opened("weex", {"*": []})
        run(venue.trading.open_orders(contract(venue, "DOGEUSDT")))
        assert [one.url.partition("?")[0] for one in asked] == samples

    def test_leverage_is_set_for_a_margin_mode(self, requests: list[dict[str, Any]]) -> None:
        sample = next(one for one in requests if one["method"] == "setLeverage")
        venue, asked = opened("weex", {"*": {}})
        leverage, symbol, params = sample["input"]
        run(venue.door.exchange.set_leverage(leverage, symbol, params))
        assert asked[-1].url == sample["url"]
        assert said(asked[-1]) == sample["body"]
