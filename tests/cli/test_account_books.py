"""`BOOK` as `venue:NAME`: every wallet once, contracts with their entry, bonus apart, a cold wallet beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK, Run
from tests.testing.standin.clients import client, only_loopback
from tests.testing.standin.served import sent_to, served

from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET, stand_of

TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
SAVING = {"binance", "bybit"}
CONTRACTS = {"mexc": 10_000}
NAMES = {
    "binance": "newClientOrderId",
    "bybit": "orderLinkId",
    "bingx": "clientOrderId",
    "weex": "clientOrderId",
    "mexc": "externalOid",
}
ME = "me"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for tag in TAGS:
        monkeypatch.setenv(f"HEDGEROW_KEY_{tag.upper()}", KEY)
        monkeypatch.setenv(f"HEDGEROW_KEY_{tag.upper()}_SECRET", SECRET)
        monkeypatch.setenv(f"HEDGEROW_KEY_{tag.upper()}_PASSWORD", PASSPHRASE)
    with only_loopback():
        yield


def held(tag: str) -> Stand:
    """A stand whose account is short half a bitcoin and has coins in its other wallets."""
    stand = stand_of(tag)

    async def sell() -> None:
        async with client(stand) as exchange:
            size = 0.5 * CONTRACTS.get(tag, 1)
            await exchange.create_order("BTC/USDT:USDT", "market", "sell", size, None, {NAMES[tag]: "hr1"})

    asyncio.run(sell())
    if tag != "bybit":  # its one wallet is the unified one
        stand.wallets[ME, "spot"] = {"ETH": Decimal(10)}
    if tag in SAVING:
        stand.wallets[ME, "earn"] = {"SOL": Decimal(40)}
    if tag == "mexc":
        stand.wallets[ME, "bonus"] = {"USDT": Decimal(500)}
    return stand


def rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["symbol"]: row for row in document["valuation"]["assets"]}


@pytest.mark.parametrize("tag", TAGS)
def test_an_account_is_a_book_in_which_everything_counts_once(tag: str, tmp_path: Path, run: Run) -> None:
    stand = held(tag)
    with served({tag: stand}) as base:
        done = run("value", f"venue:{tag}", "--config", sent_to(tmp_path, base, tag), "--json")
    assert done.status == 0, done.err
    found = {symbol: Decimal(row["quantity_exact"]) for symbol, row in rows(done.json).items()}
    (leg,) = stand.account(ME).legs.values()
    (fill,) = stand.fills[ME]
    contract = next(symbol for symbol in found if symbol.startswith("BTC") and symbol != "BTC")
    assert found.pop(contract) == leg.quantity * CONTRACTS.get(tag, 1)
    assert found.pop("USDT") == 200_000 - fill.fee
    coins = {"BTC": Decimal(2)} if tag != "weex" else {}  # collateral of inverse contracts
    coins |= {} if tag == "bybit" else {"ETH": Decimal(10)}
    assert found == coins | ({"SOL": Decimal(40)} if tag in SAVING else {})
    said = " ".join(done.json["warnings"])
    assert ("bonus" in said) is (tag == "mexc")
    assert ("receipt" in said) is (tag == "binance")
    assert ("no published tiers" in said) is (tag == "weex")


def test_venues_and_a_cold_wallet_make_one_book(
    tmp_path: Path, run: Run, book: Callable[[str, str], str]
) -> None:
    book("symbol,quantity,account\nBTC,1.5,ledger\n", "cold.csv")
    with served({tag: held(tag) for tag in ("binance", "mexc")}) as base:
        config = sent_to(tmp_path, base, "binance", "mexc")
        with Path(config).open("a") as file:
            file.write('[book]\nsources = ["venue:binance", "venue:mexc", "cold.csv"]\n')
        done = run("value", "venue:all", "--config", config, "--json")
        shown = run("plan", "venue:all", "--config", config)
    assert done.status == 0, done.err
    quantities = {symbol: Decimal(row["quantity_exact"]) for symbol, row in rows(done.json).items()}
    assert quantities["BTC"] == Decimal("5.5")
    assert quantities["ETH"] == 20
    assert shown.status in {0, 1}, shown.err
    assert "read from an account" not in shown.out
    assert len(list((tmp_path / "state").rglob("plans/*.json"))) == int("hedgerow trade" in shown.out)


def test_a_files_rows_of_an_account_that_is_read_itself_are_refused(
    tmp_path: Path, run: Run, book: Callable[[str, str], str]
) -> None:
    book("symbol,quantity,account\nETH,10,binance\n", "cold.csv")
    with served({"binance": held("binance")}) as base:
        config = sent_to(tmp_path, base, "binance")
        with Path(config).open("a") as file:
            file.write('[book]\nsources = ["venue:binance", "cold.csv"]\n')
        done = run("value", "venue:all", "--config", config)
    assert done.status == 4
    assert "count twice" in done.err


def test_an_empty_account_is_no_book_of_its_own_and_no_hindrance_to_others(
    tmp_path: Path, run: Run, book: Callable[[str, str], str]
) -> None:
    book("symbol,quantity\nBTC,1.5\n", "cold.csv")
    stand = stand_of("bybit")
    stand.open_account(Key(KEY, SECRET, "another"), {})
    with served({"bybit": stand}) as base:
        config = sent_to(tmp_path, base, "bybit")
        alone = run("value", "venue:bybit", "--config", config)
        with Path(config).open("a") as file:
            file.write('[book]\nsources = ["venue:bybit", "cold.csv"]\n')
        both = run("value", "venue:all", "--config", config, "--json")
    assert alone.status == 4
    assert "nothing is held" in alone.err
    assert both.status == 0, both.err
    assert rows(both.json)["BTC"]["quantity"] == 1.5


def test_a_wallet_that_cannot_be_read_is_not_empty(tmp_path: Path, run: Run) -> None:
    from hedgerow.testing.standin import Fault

    stand = held("binance")
    said = '{"code": -2015, "msg": "no right to this"}'
    stand.faults.append(Fault("GET /api/v3/account", "instead", status=401, body=said))
    with served({"binance": stand}) as base:
        done = run("value", "venue:binance", "--config", sent_to(tmp_path, base, "binance"))
    assert done.status == 6
    assert "spot wallet cannot be read" in done.err


def test_the_fees_are_the_accounts_own(tmp_path: Path, run: Run) -> None:
    with served({"bybit": held("bybit")}) as base:
        config = sent_to(tmp_path, base, "bybit")
        done = run("choose", "venue:bybit", "--config", config, "--json")
    assert done.status in {0, 1}, done.err
    assert any("taker 5 bp, maker 2 bp" in said for said in done.json["warnings"])


@pytest.mark.parametrize(
    ("until", "says"),
    [("2999-12-31", "A discount in them ends on 2999-12-31"), ("2020-01-31", "ended on 2020-01-31: correct")],
)
def test_when_a_discount_ends_is_said_beside_the_fees(
    until: str, says: str, tmp_path: Path, run: Run
) -> None:
    with served({"bybit": held("bybit")}) as base:
        done = run(
            "choose",
            "venue:bybit",
            "--config",
            sent_to(tmp_path, base, "bybit", more=f'fees_until = "{until}"'),
        )
        bad = run(
            "choose", "venue:bybit", "--config", sent_to(tmp_path, base, "bybit", more='fees_until = "soon"')
        )
    assert done.status in {0, 1}, done.err
    assert says in " ".join(done.out.split())
    assert bad.status == 4
    assert "venues.bybit.fees_until" in bad.err


def test_a_run_on_an_account_goes_through_time_and_is_not_kept(tmp_path: Path, run: Run) -> None:
    with served({"bybit": held("bybit")}) as base:
        config = sent_to(tmp_path, base, "bybit")
        words = ("backtest", "venue:bybit", "--config", config, "--from", "2026-05-01")
        kept = run(*words, "--out", str(tmp_path / "run"))
        assert kept.status == 2
        assert "could not be read again" in kept.err
        done = run(*words, "--json")
        grid = ("target_beta=0,0.5", "--out", str(tmp_path / "sweep"), "--workers", "1", "--json")
        swept = run("sweep", *words[1:], *grid)
    assert done.status in {0, 1}, done.err
    assert swept.status in {0, 1}, swept.err


def test_the_paper_account_is_a_book_too(run: Run) -> None:
    missing = run("value", "venue:paper")
    assert missing.status == 4
    assert "nothing was traded on paper yet" in missing.err
    plan = run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json")
    traded = run("trade", plan.json["plan_id"][:8], "--json")
    assert traded.status == 0, traded.err
    done = run("value", "venue:paper", "--json")
    assert done.status == 0, done.err
    (leg,) = plan.json["plan"]["legs"]
    found = {symbol: Decimal(row["quantity_exact"]) for symbol, row in rows(done.json).items()}
    assert found["BTCUSDT"] == -Decimal(leg["contracts_exact"])
    assert found["USDT"] > 200_000


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("venue:kraken", "no venue"),
        ("venue:all", "no sources"),
        ("venue:hyperliquid", "no key of hyperliquid"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, said: str, run: Run) -> None:
    done = run("value", name)
    assert done.status == 4
    assert said in done.err
