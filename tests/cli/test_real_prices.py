"""The command line on real prices: the numbers of an outside regression, and the books that break tools."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK, Done, Run

pytestmark = pytest.mark.market_data

DECIMALS = 1e-9  # the reference is written with ten decimals
Plan = Callable[..., Done]
Reference = list[dict[str, str]]


@pytest.fixture
def plan(run: Run, data_dir: Path) -> Plan:
    """Run a verb (`plan` unless told) on the daily closes of 2025-11-12."""

    def call(path: str, *words: str, verb: str = "plan", as_of: str = "2025-11-12") -> Done:
        prices = ("--prices", str(data_dir / "daily_close.parquet"), "--source", "bybit_perp")
        return run(verb, path, "--json", *prices, "--as-of", as_of, *words)

    return call


@pytest.fixture
def reference(data_dir: Path) -> Reference:
    with (data_dir / "reference_betas.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def reference_book(reference: Reference, book: Callable[[str], str]) -> str:
    return book("symbol,quantity\n" + "".join(f"{row['symbol']},1\n" for row in reference))


def by_symbol(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["symbol"]: row for row in document["betas"]}


def test_betas_and_errors_equal_an_outside_regression(
    plan: Plan, reference: Reference, reference_book: str
) -> None:
    done = plan(reference_book, "--estimator", "ols:365", "--stderr", "ols")
    assert done.status == 0, done.err
    found = by_symbol(done.json)
    assert len(reference) >= 40
    for row in reference:
        ours = found[row["symbol"]]
        assert ours["beta"] == pytest.approx(float(row["beta_btc"]), abs=DECIMALS)
        if row["symbol"] != "BTC":
            assert ours["stderr"] == pytest.approx(float(row["se_ols"]), abs=DECIMALS)


def test_betas_to_two_factors_equal_an_outside_regression(
    plan: Plan, reference: Reference, reference_book: str
) -> None:
    done = plan(
        reference_book, "--estimator", "ols:365", "--stderr", "ols", "--factor", "BTC,ETH", verb="beta"
    )
    found = by_symbol(done.json)
    compared = 0
    for row in reference:
        if row["symbol"] in {"BTC", "ETH"} or not row["beta2_btc"]:
            continue
        ours = found[row["symbol"]]["beta_by_factor"]
        assert ours["BTC"] == pytest.approx(float(row["beta2_btc"]), abs=DECIMALS)
        assert ours["ETH"] == pytest.approx(float(row["beta2_eth"]), abs=DECIMALS)
        compared += 1
    assert compared >= 38


def test_the_example_book_gets_its_plan(plan: Plan) -> None:
    done = plan(BOOK)
    assert done.status == 0, done.err
    ticket = done.json
    assert ticket["as_of"] == "2025-11-13T00:00:00Z"
    assert not ticket["simulated"]
    assert ticket["plan"]["legs"]
    assert abs(ticket["plan"]["beta_after"]) < 1e-3
    assert any("USDT is assumed" in warning for warning in ticket["warnings"])
    assert ticket["plan"]["legs"][0]["liquidation_price"] > 0


def test_a_book_without_net_value_reaches_its_target_in_dollars(
    plan: Plan, book: Callable[[str], str]
) -> None:
    prices = {row["symbol"]: row["price_usd"] for row in plan(BOOK, verb="value").json["valuation"]["assets"]}
    long, short = 50_000 / prices["SOL"], 50_000 / prices["ETH"]
    path = book(f"symbol,quantity\nSOL,{long:.6f}\nETH,{-short:.6f}\n")
    done = plan(path, "--target-beta-usd", "0", "--instruments", "BTCUSDT")
    assert done.status == 0, done.err
    assert done.json["exposure"]["beta"] is None
    assert abs(done.json["exposure"]["nav_usd"]) < 1.0
    assert abs(done.json["plan"]["residual_beta_usd"]) < 120.0
    assert plan(path, "--target-beta", "0").status == 2


def test_a_book_of_stablecoins_has_no_beta(plan: Plan, book: Callable[[str], str]) -> None:
    done = plan(book("symbol,quantity\nUSDT,5000\nUSDC,5000\n"))
    assert done.status == 0, done.err
    assert done.json["exposure"]["beta_usd"] == 0.0
    assert done.json["plan"]["legs"] == []
    usdc = next(row for row in done.json["valuation"]["assets"] if row["symbol"] == "USDC")
    assert usdc["price_usd"] != 1.0
    assert usdc["price_usd"] == pytest.approx(1.0, abs=0.01)


def test_a_coin_listed_that_week_is_unknown_until_a_beta_is_given(
    plan: Plan, book: Callable[[str], str]
) -> None:
    path = book("symbol,quantity\nETH,10\nCOW,5000\n")
    done = plan(path, as_of="2024-11-12")
    assert done.status == 1
    assert done.json["unknown"] == ["COW"]
    cow = by_symbol(done.json)["COW"]
    assert (cow["beta"], cow["stderr"], cow["method"]) == (None, None, "unknown")
    given = plan(path, "--beta", "COW=1.8:0.6", as_of="2024-11-12")
    assert given.status == 0, given.err
    assert by_symbol(given.json)["COW"]["method"] == "override"


def test_funding_books_and_open_interest_are_measured(plan: Plan, data_dir: Path) -> None:
    done = plan(
        BOOK,
        *("--funding", str(data_dir / "funding.parquet"), "--funding-venue", "binance"),
        *("--open-interest", str(data_dir / "open_interest_bybit_4h.parquet")),
        *("--books", str(data_dir / "orderbooks")),
        verb="choose",
    )
    assert done.status == 0, done.err
    perp = next(row for row in done.json["ranking"] if row["instrument"] == "BTCUSDT")
    basis = {line["name"]: line["basis"] for line in perp["costs"]}
    assert basis["funding"] == "measured"
    assert perp["liquidity"]["share_of_open_interest"] > 0


def test_an_index_is_a_factor(plan: Plan, tmp_path: Path) -> None:
    weights = tmp_path / "index.csv"
    weights.write_text(
        "date,symbol,weight\n2024-01-01,BTC,0.7\n2024-01-01,ETH,0.3\n2025-06-30,BTC,0.6\n2025-06-30,ETH,0.4\n",
        encoding="utf-8",
    )
    done = plan(BOOK, "--factor", f"index:{weights}")
    assert done.status == 0, done.err
    assert done.json["factor"] == "INDEX"
    (leg,) = done.json["plan"]["legs"]
    assert abs(done.json["plan"]["beta_after"]) < 1e-2
    assert not math.isclose(abs(leg["beta_usd"]), leg["notional_usd"], rel_tol=1e-6)


def test_the_whole_currency_changes_and_no_beta_does(plan: Plan) -> None:
    dollars, coins = plan(BOOK, verb="beta").json, plan(BOOK, "--currency", "USDC", verb="beta").json
    assert coins["currency"] == "USDC"
    rate = dollars["valuation"]["total_usd"] / coins["valuation"]["total_usd"]
    assert rate == pytest.approx(1.0, abs=0.01)
    assert rate != 1.0
    for one, other in zip(dollars["betas"], coins["betas"], strict=True):
        assert one["beta"] == pytest.approx(other["beta"], rel=1e-9)


@pytest.mark.slow
def test_a_year_of_hours_with_real_basis_and_funding(run: Run, data_dir: Path, tmp_path: Path) -> None:
    """Spot against perpetuals through 2025: the lines close, the beta is out, the page is one file."""
    page = tmp_path / "out.html"
    words: tuple[str, ...] = ("--prices", str(data_dir / "hourly_spot_binance_2024_2025.parquet"))
    words += ("--hedge-prices", str(data_dir / "hourly_perp_mark_binance_2025.parquet"))
    words += ("--funding", str(data_dir / "funding.parquet"), "--funding-venue", "binance")
    done = run("backtest", BOOK, *words, "--json", "--report", str(page))
    assert done.status == 0, done.err
    found = done.json
    assert found["bars"] > 8700
    assert sum(found["attribution_usd"].values()) == pytest.approx(found["gained_usd"]["hedged"], abs=1e-3)
    judged = found["effectiveness"]
    assert judged["variance_removed"]["low"] > 0.8
    assert abs(judged["residual_beta"]["middle"]) < 0.12
    assert found["attribution_usd"]["funding"] > 0
    assert found["events"]["funding"] > 1000
    assert page.stat().st_size < 2_000_000
