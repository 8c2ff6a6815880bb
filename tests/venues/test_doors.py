"""How doors are opened: what the product's way sets, what is not loaded before, and what stays secret."""

from __future__ import annotations

import asyncio
import sys
import time
from decimal import Decimal

import pytest
import stamina.instrumentation
from tests.architecture.sources import ROOT, run_python
from tests.venues.recordings import opened, run

from hedgerow.model import ports
from hedgerow.model.errors import BadConfig, MissingExtra, StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.orders import Accepted, Order, Refused
from hedgerow.venues.calls import Wire
from hedgerow.venues.clientids import own_id, venue_id
from hedgerow.venues.dialects import VENUES, venue_named
from hedgerow.venues.doors import CcxtVenue, Keys, connect, rebase
from hedgerow.venues.recorded import Answer, Turns, read_answers
from hedgerow.venues.wire import ccxt_library

CANARY = "canary-secret-0123456789"
KEYS = Keys("main", CANARY, CANARY, CANARY)
OURS = "hrmain0a1b2c3d4e5f01"


def test_the_ports_are_kept() -> None:
    venue: CcxtVenue = opened("binance", {"*": {}})[0]
    data: ports.MarketData = venue.data
    trading: ports.Trading = venue.trading
    account: ports.Account = venue.account
    assert (data, trading, account) == (venue.data, venue.trading, venue.account)


@pytest.mark.parametrize("name", list(VENUES))
def test_the_products_way_repeats_nothing_and_checks_everything(name: str) -> None:
    venue = connect(name, KEYS)
    exchange = venue.door.exchange
    assert exchange.number is Decimal
    assert exchange.options["maxRetriesOnFailure"] == 0
    assert exchange.enableRateLimit
    assert exchange.hedgerow_hosts == frozenset(VENUES[name].hosts)
    assert venue.door.self_check
    assert set(venue.door.wallets) == {wallet.name for wallet in VENUES[name].wallets}
    assert CANARY not in repr(KEYS)


@pytest.mark.parametrize("name", ["binance", "bybit", "bingx", "hyperliquid"])
def test_a_sandbox_has_addresses_of_its_own(name: str) -> None:
    live, practice = (connect(name, KEYS, sandbox=on).door.exchange.urls["api"] for on in (False, True))
    assert live != practice


@pytest.mark.parametrize("name", ["weex", "mexc"])
def test_without_a_sandbox_paper_is_advised(name: str) -> None:
    with pytest.raises(BadConfig, match="no sandbox"):
        connect(name, KEYS, sandbox=True)


def test_an_unknown_venue_is_bad_configuration() -> None:
    with pytest.raises(BadConfig, match="binance"):
        venue_named("mtgox")


def test_ccxts_own_names_are_understood() -> None:
    assert venue_named("binanceusdm") is venue_named("binancecoinm") is VENUES["binance"]


def test_without_the_extra_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt.pro", None)
    with pytest.raises(MissingExtra, match="live"):
        ccxt_library()


def test_neither_the_package_nor_the_doors_load_ccxt() -> None:
    done = run_python(
        "-c",
        "import sys, hedgerow, hedgerow.venues.doors; sys.exit(bool({'ccxt', 'aiohttp', 'stamina'} & set(sys.modules)))",
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr


def test_incident_44_a_key_never_leaves_for_another_machine() -> None:
    with pytest.raises(BadConfig):
        rebase(connect("bybit", KEYS).door.exchange, "http://192.0.2.1:80", "bybit")


def test_every_address_is_moved() -> None:
    exchange = connect("bybit", KEYS).door.exchange
    rebase(exchange, "http://127.0.0.1:8080", "bybit")
    addresses = repr(exchange.urls["api"])
    assert "bybit.com" not in addresses
    assert "'http://127.0.0.1:8080/bybit" in addresses
    assert "'ws://127.0.0.1:8080/bybit/v5/trade'" in addresses


def test_our_ids_fit_every_venue_and_come_back() -> None:
    for venue in VENUES.values():
        assert own_id(venue.client_id, venue_id(venue.client_id, OURS)) == OURS


def test_somebody_elses_id_stays_as_it_is() -> None:
    form = VENUES["hyperliquid"].client_id
    assert own_id(form, "0x" + "f" * 32) == "0x" + "f" * 32
    assert own_id(form, "web_1") == "web_1"


class TestReading:
    """What a read does with an answer that is none."""

    @staticmethod
    def read(answer: object, attempts: int = 1) -> object:
        venue, asked = opened("bybit", {"*": answer})
        instrument = run(venue.listings()).of("BTCUSDT").instrument
        wire = Wire(venue.door.exchange, venue.door.venue, attempts=attempts)
        route = venue.door.venue.products["linear"].positions[0]
        try:
            return run(wire.read(route, {"symbol": instrument.symbol}))
        finally:
            assert len(asked) <= attempts

    @pytest.mark.parametrize("status", [408, 418, 429, 500, 502, 503])
    def test_a_venue_out_of_breath_is_out_of_reach(self, status: int) -> None:
        with pytest.raises(VenueUnreachable):
            self.read(Answer(status, "<html></html>"))

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_a_venue_that_says_no_has_refused(self, status: int) -> None:
        # ccxt calls these "exchange not available", which would be asked again for ever.
        with pytest.raises(VenueRefused):
            self.read(Answer(status, "<html></html>"))

    def test_a_read_is_repeated_and_a_refusal_is_not(self, capfd: pytest.CaptureFixture[str]) -> None:
        good = {"retCode": 0, "result": {"list": []}}
        stamina.instrumentation.set_on_retry_hooks(None)  # as it comes: with structlog there it would print
        assert self.read(Turns((Answer(502, "gateway"), Answer(502, "gateway"), good)), attempts=3) == good
        assert capfd.readouterr() == ("", "")
        with pytest.raises(VenueRefused):
            self.read(Turns((Answer(401, "no"), good)), attempts=3)

    def test_a_question_that_hung_is_not_asked_again(self) -> None:
        """Three time-outs one after another would keep half a minute what must be told within fifteen seconds."""
        venue, _ = opened("bybit", {"*": {}})
        asked: list[float] = []

        async def hangs() -> object:
            asked.append(time.monotonic())
            await asyncio.sleep(0.05)
            raise OSError("timed out")

        wire = Wire(venue.door.exchange, venue.door.venue, patience_s=0.05)
        with pytest.raises(VenueUnreachable):
            run(wire.ask(hangs))
        assert len(asked) == 1

    def test_an_answer_of_another_form_is_unknown(self) -> None:
        venue, _ = opened("binance", {"*": [1, 2]})
        with pytest.raises(StateUnknown):
            run(venue.account.positions([run(venue.listings()).of("BTCUSDT").instrument]))


BAN = '{"code":-1003,"msg":"Way too many requests; IP banned until 1795000060000. Please use the websocket."}'


def test_a_ban_is_obeyed_until_it_ends() -> None:
    answers = {"/fapi/v3/positionRisk": Turns((Answer(418, BAN), [])), "/fapi/v1/order": {"orderId": 1}}
    venue, asked = opened("binance", answers)
    now = [1795000000000]
    venue.door.now = lambda: now[0]
    btc = run(venue.listings()).of("BTCUSDT").instrument
    order = Order(OURS, btc, Decimal("0.5"))
    for _ in range(2):
        with pytest.raises(VenueUnreachable):
            run(venue.account.positions([btc]))
    assert len(asked) == 1  # neither repeated nor asked again
    silent = run(venue.trading.place(order))
    assert isinstance(silent, Refused)
    assert len(asked) == 1
    now[0] += 61_000
    assert run(venue.account.positions([btc])) == ()
    assert isinstance(run(venue.trading.place(order)), Accepted)


def test_only_the_lists_of_markets_are_read_at_the_start() -> None:
    venue = connect("bybit", KEYS)
    asked: list[str] = []
    row = {
        "symbol": "BTCUSDT", "contractType": "LinearPerpetual", "status": "Trading", "baseCoin": "BTC", "quoteCoin": "USDT",
        "settleCoin": "USDT", "fundingInterval": 240, "deliveryTime": "0", "priceFilter": {"tickSize": "0.10"},
        "lotSizeFilter": {"minOrderQty": "0.001", "maxOrderQty": "100.000", "qtyStep": "0.001", "minNotionalValue": "5"},
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00"},
    }  # fmt: skip

    async def told(url: str, *_: object, **__: object) -> object:
        asked.append(url)
        return {"retCode": 0, "result": {"category": "linear", "list": [row] if "linear" in url else []}}

    venue.door.exchange.fetch = told
    (btc,) = run(venue.data.instruments())
    assert all("/v5/market/instruments-info" in url for url in asked)
    assert (btc.lot, btc.tick, btc.min_notional) == (Decimal("0.001"), Decimal("0.1"), Decimal(5))
    assert btc.funding_interval_hours == 4.0


def test_recorded_answers_keep_their_figures() -> None:
    read = read_answers('{"/x": {"price": 0.12345678901234567890}}')
    assert read == {"/x": {"price": Decimal("0.12345678901234567890")}}
