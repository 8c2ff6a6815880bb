"""A protection taken on Deribit's options of now and traded with real money, from the command line: gates, a collar, its end in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product
from pathlib import Path

import pytest
from tests.cli.conftest import Done, Run
from tests.cli.watching import filled, keys_of
from tests.testing.standin.served import sent_to, served

from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import tick_at
from hedgerow.stats.black import black_price
from hedgerow.testing.standin.faults import Fault
from hedgerow.testing.standin.option_worlds import options_listed
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.worlds import KEY, PRICES, SECRET, rules_of

pytestmark = pytest.mark.slow

BOOK = "symbol,quantity\nBTC,2\nETH,10\nUSDT,20000\n"
LIVE = "[trade]\nlive = true\n"
ME = "deribit:24617703"
INDEX = 60_000.0


def chain_of(at: datetime) -> dict[Instrument, Decimal]:
    """Puts and calls on BTC of two expiries at a flat volatility, with what they cost in coins."""
    first, found = options_listed("deribit", 0)[0], {}
    for days in (40, 68):
        ends = (at + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
        years = (ends - at) / timedelta(days=365)
        for strike, side in product(range(40_000, 90_001, 2_000), "PC"):
            worth = float(black_price(INDEX, strike, years, 0.55, side == "C")) / INDEX
            name = f"BTC-{ends.day}{ends:%b%y}-{strike}-{side}".upper()
            one = replace(first, symbol=name, expiry=ends)
            price = Decimal(repr(worth))
            tick = tick_at(one, price)
            steps = (price / tick).to_integral_value(ROUND_HALF_EVEN)
            if steps > 6:
                found[one] = steps * tick
    return found


class There:
    """Deribit as it is played, and how the command line is sent to it."""

    def __init__(self, home: Path, lake: Path) -> None:
        costs = chain_of(datetime.now(tz=UTC))
        clock = Stand("deribit", (), PRICES, lambda: round(datetime.now(tz=UTC).timestamp() * 1000)).clock
        premiums = {one.symbol: price for one, price in costs.items()}
        self.stand = Stand(
            "deribit", tuple(costs), dict(PRICES), clock, rules_of("deribit"), premiums=premiums
        )
        self.stand.open_account(Key(KEY, SECRET, "me"), {"BTC": Decimal(20)})
        self.stand.meddler = self._quoted
        self.home, self.lake, self.config = home, lake, home / "stand-in.toml"
        (home / "book.csv").write_text(BOOK, encoding="utf-8")

    def _quoted(self, request: str) -> Fault | None:
        """Prices are told anew with every question for one: old ones are traded on by nobody."""
        if "ticker" in request or "order_book" in request:
            for one in self.stand.instruments:
                self.stand.quote(one, self.stand.first_price(one))
        return None

    def take(self, run: Run, kind: str, *more: str) -> Done:
        where = ("--market", "bybit", "--lake", str(self.lake), "--config", str(self.config))
        words = (str(self.home / "book.csv"), "--take", kind, "--chain", "venue:deribit")
        return run("options", *words, *where, *more, "--json")

    def trade(self, run: Run, plan: str, *more: str) -> Done:
        return run("trade", plan[:10], "--live", "--config", str(self.config), "--json", *more)

    @property
    def sent(self) -> int:
        return sum(each.endswith(("/private/buy", "/private/sell")) for each in self.stand.heard)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    lake = filled(tmp_path / "lake", ("bybit",))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, said in keys_of("deribit").items():
        monkeypatch.setenv(name, said)
    found = There(tmp_path, lake)
    with served({"deribit": found.stand}) as base:
        sent_to(tmp_path, base, "deribit", more="live = true")
        found.config.write_text(found.config.read_text(encoding="utf-8") + LIVE, encoding="utf-8")
        yield found


def test_a_collar_is_asked_for_traded_whole_and_in_the_ledger_in_coins(there: There, run: Run) -> None:
    taken = there.take(run, "collar")
    assert taken.status == 0, taken.err
    plan = taken.json["taken"]
    assert {leg["venue"] for leg in plan["legs"]} == {"deribit"}
    refused = there.trade(run, plan["plan_id"], "--yes-live", "deribit:another")
    assert refused.status == 2, refused.err
    assert f"the account is {ME}" in refused.err
    assert there.sent == 0
    done = there.trade(run, plan["plan_id"], "--yes-live", ME)
    assert done.status == 0, done.err
    assert (done.json["outcome"], done.json["money"]) == ("complete", "stand-in")
    held = {leg.instrument.symbol: leg.quantity for leg in there.stand.account("me").legs.values()}
    signs = {"buy": 1, "sell": -1}
    assert held == {
        leg["instrument"]: Decimal(leg["contracts_exact"]) * signs[leg["side"]] for leg in plan["legs"]
    }
    fills = there.stand.fills["me"]
    assert {fill.fee_coin for fill in fills} == {"BTC"}
    spent = sum(fill.quantity * fill.price + fill.fee for fill in fills)
    assert there.stand.account("me").wallet("BTC") == 20 - spent
    told = run("ledger", "--live", "--json", "--config", str(there.config)).json
    (account,) = [one for one in told["live"]["accounts"] if one["account"] == ME]
    assert {entry["instrument"]: Decimal(entry["units_exact"]) for entry in account["entries"]} == held
    fees = sum(Decimal(entry["fees"]["BTC"]) for entry in account["entries"])
    assert fees == sum(fill.fee for fill in fills)
    reconciled = run("reconcile", "--live", "--json", "--config", str(there.config))
    assert (reconciled.status, reconciled.json["agrees"]) == (0, True)
    bought = len(fills)
    again = there.trade(run, plan["plan_id"], "--yes-live", ME)
    assert again.status != 0
    assert len(there.stand.fills["me"]) == bought
    closed = run("halt", "--flatten", "--live", "--json", "--config", str(there.config))
    assert closed.status == 0, closed.out
    assert dict(there.stand.account("me").legs) == {}


@pytest.mark.parametrize(
    ("without", "said"),
    [("[trade]\nlive = true\n", "is for paper"), ("live = true\n", "is for paper")],
)
def test_without_both_lines_it_is_a_plan_for_paper(there: There, run: Run, without: str, said: str) -> None:
    text = there.config.read_text(encoding="utf-8")
    there.config.write_text(text.replace(without, "", 1), encoding="utf-8")
    taken = there.take(run, "put")
    assert taken.status == 0, taken.err
    assert {leg["venue"] for leg in taken.json["taken"]["legs"]} == {"paper"}
    there.config.write_text(text, encoding="utf-8")
    refused = there.trade(run, taken.json["taken"]["plan_id"], "--yes-live", ME)
    assert refused.status != 0
    assert said in refused.err
    assert there.sent == 0


@pytest.mark.parametrize(("right", "said"), [("withdraw", "may withdraw"), ("trade", "may not trade")])
def test_a_key_with_a_wrong_right_sends_nothing(there: There, run: Run, right: str, said: str) -> None:
    plan = there.take(run, "put").json["taken"]
    key = there.stand.keys[KEY]
    there.stand.keys[KEY] = replace(key, withdraw=True) if right == "withdraw" else replace(key, trade=False)
    refused = there.trade(run, plan["plan_id"], "--yes-live", ME)
    assert refused.status == 6, refused.err
    assert said in refused.err
    assert there.sent == 0


def test_a_halted_account_sends_nothing(there: There, run: Run) -> None:
    plan = there.take(run, "put").json["taken"]
    assert run("halt", "--why", "a look first", "--config", str(there.config)).status in {0, 1}
    refused = there.trade(run, plan["plan_id"], "--yes-live", ME)
    assert refused.status == 8, refused.err
    assert there.sent == 0


def test_options_and_futures_together_stay_on_paper(there: There, run: Run) -> None:
    refused = there.take(run, "mix", "--floor", "30%", "--with-futures", "--keep", "30%")
    assert refused.status == 2, refused.out
    assert "together are traded on paper" in refused.err


def test_doctor_says_what_could_be_verified_of_it(there: There, run: Run) -> None:
    told = run("doctor", "deribit", "--config", str(there.config))
    assert "it has none: orders stay when this machine dies" in told.out
    assert "the order interface answers this key" in told.out


def test_killed_before_its_answer_it_is_finished_and_bought_once(
    there: There, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first order is taken and its answer lost: the same command finishes it, and no order is there twice."""
    plan = there.take(run, "put").json["taken"]
    there.stand.faults.append(Fault(r"/private/buy$", "silent"))
    done = there.trade(run, plan["plan_id"], "--yes-live", ME)
    assert done.status == 0, done.err
    (leg,) = plan["legs"]
    (held,) = there.stand.account("me").legs.values()
    assert held.quantity == Decimal(leg["contracts_exact"])
    labels = [order.order.client_id for order in there.stand.state.past]
    assert len(labels) == len(set(labels))
