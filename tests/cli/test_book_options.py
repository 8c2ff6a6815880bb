"""A book that holds options, as a user runs it: value, beta, plan, in text and JSON, simulated and on Deribit's real chain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.test_verbs import validator

from hedgerow.venues.simulated import simulated_market
from hedgerow.venues.simulated_chain import simulated_chain

CHAIN = "deribit_option_chains_2025-12-30_31.parquet"
COINS = "symbol,quantity\nBTC,2\nETH,10\nSOL,200\nUSDT,20000\n"
REAL = COINS + "BTC-27FEB26-80000-P,2\nBTC-27FEB26-100000-C,-1.5\nETH-27FEB26-2800-P,5\n"


def a_simulated() -> tuple[str, str]:
    """A put and a call that the simulated market quotes, a tenth from its price."""
    chain = simulated_chain(simulated_market())
    ahead = [q for q in chain.quotes if q.expiry == chain.expiries[1]]
    near = [
        min((q for q in ahead if q.call == call), key=lambda q: abs(q.strike / chain.index_usd - share))
        for call, share in ((False, 0.9), (True, 1.1))
    ]
    return near[0].symbol, near[1].symbol


@pytest.fixture
def held(book: Callable[[str], str]) -> str:
    put, call = a_simulated()
    return book(f"{COINS}{put},2\n{call},-1\n")


@pytest.mark.parametrize("verb", ["value", "beta", "choose", "plan", "stress"])
def test_json_keeps_its_schema(run: Run, held: str, verb: str) -> None:
    done = run(verb, held, "--json")
    assert done.status == 0
    assert list(validator(verb).iter_errors(done.json)) == []


def test_options_are_in_every_number(run: Run, held: str, book: Callable[[str], str]) -> None:
    found, bare = run("plan", held, "--json").json, run("plan", book(COINS), "--json").json
    options = found["valuation"]["options"]
    assert [o["quantity"] for o in options] == [2.0, -1.0]
    assert [o["option"] for o in options] == ["put", "call"]
    added = sum(o["value_usd"] for o in options)
    assert found["valuation"]["total_usd"] - bare["valuation"]["total_usd"] == pytest.approx(added)
    moved = sum(o["delta_usd"] for o in options)
    assert moved < 0.0
    beta = found["exposure"]["beta_usd"] - bare["exposure"]["beta_usd"]
    assert beta == pytest.approx(moved, rel=1e-9)
    assert found["exposure"]["options"]["beta_usd"] == pytest.approx(moved, rel=1e-9)
    curve = found["exposure"]["options"]["curve"]
    assert (curve["moves"][0], curve["moves"][-1]) == (-0.5, 0.5)
    hold = found["plan"]["options"]
    assert hold["holds"]["down_to"] < 0.0 < hold["holds"]["up_to"]
    assert found["complete"]
    assert "options" not in bare["exposure"]
    assert "options" not in bare["valuation"]
    assert "options" not in bare["plan"]


def test_a_row_that_is_options_says_so_and_what_is_counted_of_them(
    run: Run, book: Callable[[str], str]
) -> None:
    put, call = a_simulated()
    alone = run("plan", book(f"ETH,10\nUSDT,20000\n{put},-2\n".join(("symbol,quantity\n", ""))))
    assert "BTC (options)" in alone.out
    both = run("plan", book(f"{COINS}{put},2\n{call},-1\n"))
    assert "BTC and options" in both.out
    assert "options" not in run("plan", book(COINS)).out.partition("Best contract")[0]
    worth = " ".join(run("value", book(f"{COINS}{put},2\n{call},-1\n")).out.split())
    assert "long and short together" in worth
    assert "of options what they move with or are worth, the larger" in worth


@pytest.mark.parametrize("verb", ["value", "plan"])
def test_of_an_option_that_has_ended_it_is_said_to_take_the_row_out(
    run: Run, book: Callable[[str], str], verb: str
) -> None:
    done = run(verb, book(f"{COINS}BTC-27MAR20-80000-P,2\nNOSUCH,3\n"))
    said = " ".join(done.out.split())
    assert done.status == 1
    assert "BTC-27MAR20-80000-P (it ended on 2020-03-27: take the row out" in said
    assert "Take the row of BTC-27MAR20-80000-P out of the book. Give --price NOSUCH=…" in said
    assert "--chain" not in said
    alone = run(verb, book(f"{COINS}BTC-27MAR20-80000-P,2\n"))
    assert "--chain" not in alone.out
    assert "--exclude" not in alone.out


def test_text_says_it(run: Run, held: str) -> None:
    worth, beta, plan = (" ".join(run(verb, held).out.split()) for verb in ("value", "beta", "plan"))
    put, _ = a_simulated()
    for text in (worth, beta):
        assert put in text
        assert "options held" in text
        assert "a vol point" in text
    for text in (beta, plan):
        assert "options are" in text
        assert "beta then" in text
    assert "beta left then" in plan
    assert "The hedge holds" in plan


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--floor", "15%", "--budget", "0.5%"),
        ("--horizon", "300"),
        ("--floor", "15%", "--with-futures"),
        ("--floor", "1%", "--with-futures", "--keep", "99%"),
    ],
)
def test_json_of_options_keeps_its_schema(run: Run, held: str, words: tuple[str, ...]) -> None:
    done = run("options", held, *words, "--json")
    assert list(validator("options").iter_errors(done.json)) == []


def test_in_another_currency_options_are_worth_as_much(run: Run, held: str) -> None:
    dollars, coins = (
        run("value", held, "--currency", c, "--json").json["valuation"] for c in ("USD", "USDC")
    )
    rate = dollars["total_usd"] / coins["total_usd"]
    assert len(coins["options"]) == 2
    for mine, theirs in zip(dollars["options"], coins["options"], strict=True):
        for name in ("value_usd", "delta_usd", "gamma_usd", "vega_usd", "theta_usd"):
            assert mine[name] == pytest.approx(rate * theirs[name], rel=1e-9)
        assert mine["net_delta"] == pytest.approx(theirs["net_delta"], rel=1e-9)


def test_what_is_held_is_unwound_or_rolled(run: Run, held: str) -> None:
    put, call = a_simulated()
    done = run("options", held, "--json")
    found = {each["symbol"]: each for each in done.json["held"]}
    assert set(found) == {put, call}
    assert found[put]["side"] == "sell"
    assert found[put]["now_usd"] > 0.0 > found[call]["now_usd"]
    assert found[call]["side"] == "buy"
    assert found[put]["holding"]["better"] == "below"
    assert all(sum(roll["lead"] for roll in each["rolls"]) <= 1 for each in found.values())
    text = " ".join(run("options", held).out.split())
    for told in ("to unwind", "brings now", "held is better if", "To roll"):
        assert told in text


def real(data_dir: Path) -> tuple[str, ...]:
    prices = str(data_dir / "daily_close.parquet")
    return ("--prices", prices, "--source", "binance_spot", "--quote", "USDT")


def known(document: dict[str, Any]) -> dict[str, Any]:
    return {o["symbol"]: o for o in document["valuation"].get("options", [])}


@pytest.mark.market_data
def test_on_deribits_chain(run: Run, book: Callable[[str], str], data_dir: Path) -> None:
    words = ("plan", book(REAL), *real(data_dir), "--chain", str(data_dir / CHAIN))
    done = run(*words, "--json")
    assert done.status == 0
    options = known(done.json)
    assert set(options) == {"BTC-27FEB26-80000-P", "BTC-27FEB26-100000-C", "ETH-27FEB26-2800-P"}
    put = options["BTC-27FEB26-80000-P"]
    assert put["settle"] == "BTC"
    assert 2_000 < put["price_usd"] < 3_500
    assert -0.35 < put["net_delta"] / put["quantity"] < -0.2
    # net of the premium in coins: further from zero than Black's own
    own = put["delta_usd"] / 87_648
    assert put["net_delta"] < own < 0.0
    assert own - put["net_delta"] == pytest.approx(put["value_usd"] / 87_648, rel=2e-3)
    assert options["BTC-27FEB26-100000-C"]["value_usd"] < 0.0


@pytest.mark.market_data
def test_without_a_chain_or_with_an_old_one_nothing_is_zero(
    run: Run, book: Callable[[str], str], data_dir: Path
) -> None:
    mine = book(REAL)
    bare = run("plan", mine, *real(data_dir), "--json")
    old = run(
        "plan", mine, *real(data_dir), "--chain", str(data_dir / CHAIN), "--as-of", "2025-12-29", "--json"
    )
    late = run(
        "plan", mine, *real(data_dir), "--chain", str(data_dir / CHAIN), "--as-of", "2025-12-30", "--json"
    )
    for done in (bare, old):
        assert done.status == 1
        assert set(done.json["unknown"]) == {
            "BTC-27FEB26-80000-P",
            "BTC-27FEB26-100000-C",
            "ETH-27FEB26-2800-P",
        }
        assert not done.json["complete"]
    assert late.status == 0  # the chain of 21:17 that day
    told = run("plan", mine, *real(data_dir)).out
    assert "--chain FILE (a chain of this moment)" in " ".join(told.split())


@pytest.mark.market_data
def test_choose_puts_options_beside_the_contracts(
    run: Run, book: Callable[[str], str], data_dir: Path
) -> None:
    """Only where a chain is given; what the contracts are does not change by it."""
    mine, prices, chain = book(COINS), real(data_dir), ("--chain", str(data_dir / CHAIN))
    bare, found = run("choose", mine, *prices, "--json"), run("choose", mine, *prices, *chain, "--json")
    assert found.status == 0
    assert list(validator("choose").iter_errors(found.json)) == []
    document = found.json
    options = document.pop("options")
    assert document == bare.json
    assert {c["kind"] for c in options["candidates"] if c["lead"]} >= {"protective put", "zero-cost collar"}
    assert {c["sizing"] for c in options["candidates"]} == {"beta"}
    whole = run("options", mine, *prices, *chain, "--json").json
    assert options["candidates"] == whole["candidates"]
    text = " ".join(run("choose", mine, *prices, *chain).out.split())
    for told in (
        "sized by beta, until",
        "ahead of the perpetual",
        "dollars of beta left after",
        "of open interest",
    ):
        assert told in text


def test_choose_says_why_there_are_none(run: Run, held: str, tmp_path: Path) -> None:
    chain = tmp_path / "chain.csv"
    head = "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,futures_price,index_price"
    row = "2026-06-30T20:00:00,BTC-25SEP26-50000-P,put,50000,2026-09-25T08:00:00,0.02,0.03,62000,61000"
    chain.write_text(f"{head}\n{row}\n", encoding="utf-8")
    two = run("choose", held, "--factor", "BTC,ETH", "--chain", str(chain))
    assert two.status == 1  # the options of the book are not in that chain
    assert "No options beside them" in " ".join(two.out.split())
    assert run("choose", held, "--chain", "nowhere.csv").status == 4


@pytest.mark.market_data
def test_what_the_options_gained_in_a_day_on_the_real_chain(
    run: Run, book: Callable[[str], str], data_dir: Path
) -> None:
    """The figures of docs/how-to/options.md: by line, and against the file's own quotes, read apart."""
    import polars as pl

    put = "BTC-27FEB26-80000-P"
    held = book(f"{COINS}{put},2\nBTC-27FEB26-100000-C,-1.5\n")
    chain = str(data_dir / CHAIN)
    words = ("--chain", chain, "--prices", str(data_dir / "daily_close.parquet"), "--source", "binance_spot")
    done = run("options", held, *words, "--quote", "USDT", "--since", "2025-12-30", "--json")
    assert list(validator("options").iter_errors(done.json)) == []
    since = done.json["since"]
    assert (since["from"][:16], since["to"][:16]) == ("2025-12-30T21:17", "2025-12-31T21:18")
    first, second = since["options"]
    rows = pl.read_parquet(chain).filter(pl.col("instrument_name") == put).sort("timestamp")
    worth = [
        (row["bid_price"] + row["ask_price"]) / 2.0 * row["index_price"]
        for row in rows.iter_rows(named=True)
        if row["timestamp"][:13] in {"2025-12-30T21", "2025-12-31T21"}
    ]
    assert first["gained_usd"] == pytest.approx(
        2.0 * (worth[1] - worth[0]), abs=0.5
    )  # a chain has one index, its rows are told within minutes
    assert sum(first["lines"].values()) == pytest.approx(first["gained_usd"], abs=1e-9 * 2.0 * 90_000.0)
    shown = {name: round(first["lines"][name]) for name in ("delta", "gamma", "theta", "vega", "basis")}
    assert shown == {"delta": 236, "gamma": 5, "theta": -83, "vega": 43, "basis": -7}
    assert second["lines"]["theta"] > 0.0 > second["lines"]["gamma"]
    text = run("options", held, *words, "--quote", "USDT", "--since", "2025-12-30").out
    assert "held since 2025-12-30 21:17 UTC" in text
    assert "together" in text


def test_gains_need_an_earlier_chain(run: Run, held: str) -> None:
    done = run("options", held, "--since", "2025-12-30")
    assert done.status == 2
    assert "one file with rows of both moments" in done.err
