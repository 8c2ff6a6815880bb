"""What is kept of a plan, and what it is held against when it is traded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import BOOK, Run, run

__all__ = ["run"]

HEDGE = ("plan", "BOOK", "--instruments", "BTCUSDT", "--collateral", "120000USDT")
PAIR = ("pair", "ETH", "BTC", "--notional", "50000")
BETAS = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.5}


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Four hundred days of three coins and of a USDT that is worth ninety cents."""
    rng = np.random.default_rng(11)
    lead = rng.normal(0.0, 0.03, 400)
    moves = {coin: beta * lead + rng.normal(0.0, 0.01, 400) for coin, beta in BETAS.items()}
    closes = {coin: 1_000.0 * np.cumprod(1.0 + move) for coin, move in moves.items()}
    days = np.arange(np.datetime64("2025-01-01"), np.datetime64("2025-01-01") + 400)
    rows = [
        ",".join([str(day), *(f"{path[i]:.6f}" for path in closes.values()), "0.9"])
        for i, day in enumerate(days)
    ]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["date,BTC,ETH,SOL,USDT", *rows]), encoding="utf-8")
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,100\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("words", [HEDGE, PAIR])
def test_a_plan_is_held_against_prices_in_the_coin_that_the_venue_quotes(
    run: Run, prices: Path, words: tuple[str, ...]
) -> None:
    book = str(prices.with_name("book.csv"))
    asked = [book if word == "BOOK" else word for word in words]
    plan = run(*asked, "--prices", str(prices), "--json")
    assert plan.json["plan_id"], plan.err
    traded = run("trade", plan.json["plan_id"], "--json")
    assert (traded.status, traded.json.get("outcome")) == (0, "complete"), traded.out


def test_a_plan_and_a_watch_choose_the_same_contract(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "coins.csv"
    book.write_text("symbol,quantity\nBTC,5\nETH,10\n", encoding="utf-8")
    (leg,) = run("plan", str(book), "--json").json["plan"]["legs"]
    looked = run("watch", str(book), "--once")
    assert looked.status == 0, looked.err
    assert f"sell {float(leg['contracts']):g} {leg['instrument']}" in " ".join(looked.out.split())


@pytest.mark.parametrize("contract", ["BTCUSDT_251226", "BTCUSD_251226", "paper:ETHUSDT_260626"])
def test_a_dated_contract_is_named_until_it_ends(run: Run, prices: Path, contract: str) -> None:
    book = prices.with_name("book.csv")
    asked = ("plan", str(book), "--prices", str(prices), "--as-of", "2025-12-20", "--collateral")
    done = run(*asked, "2000BTC" if "USD_" in contract else "200000USDT", "--instruments", contract, "--json")
    assert done.status in {0, 1}, done.err
    (leg,) = done.json["plan"]["legs"]
    assert contract.endswith(leg["instrument"])
    coin = leg["instrument"][:3]
    book.write_text(
        f"symbol,quantity,instrument,entry_price\nETH,100,,\n{coin},-1,{contract},1000\n", encoding="utf-8"
    )
    worth = run("value", str(book), "--prices", str(prices), "--as-of", "2025-12-20")
    assert worth.status == 0, worth.err
    late = run(*asked[:5], "2025-12-27", "--instruments", "BTCUSDT_251226")
    assert late.status != 0


def test_a_plan_for_the_book_of_an_account_is_kept_and_traded(run: Run) -> None:
    hedge = run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json").json
    assert run("trade", hedge["plan_id"]).status == 0
    asked = ("plan", "venue:paper", "--instruments", "BTCUSDT", "--json", "--target-beta-usd")
    half, none = (run(*asked, usd).json for usd in ("-100000", "0"))
    assert [leg["side"] for leg in half["plan"]["legs"]] == ["buy"]
    done = run("trade", half["plan_id"], "--json")
    assert (done.status, done.json["outcome"]) == (0, "complete"), done.out
    assert done.json["beta"]["achieved_usd"] == pytest.approx(-100_000.0, abs=200.0)
    late = run("trade", none["plan_id"])
    assert (late.status, "venue:paper holds something else" in late.err) == (4, True)
    (account,) = run("status", "--json").json["paper"]["accounts"]
    assert account["hedges"] == "venue:paper"
