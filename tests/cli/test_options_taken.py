"""A protection that is taken, traded on paper, measured again, put into the book, and refused where it no longer fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.cli.test_verbs import validator

BOOK = "symbol,quantity\nBTC,2\nETH,10\nSOL,200\nUSDT,20000\n"
CHAIN = "deribit_option_chains_2025-12-30_31.parquet"


@pytest.fixture
def held(book: Callable[[str], str]) -> str:
    return book(BOOK)


def test_a_collar_is_taken_and_traded_and_the_beta_left_is_what_was_planned(run: Run, held: str) -> None:
    found = run("options", held, "--take", "collar", "--json").json
    assert list(validator("options").iter_errors(found)) == []
    taken = found["taken"]
    assert [leg["side"] for leg in taken["legs"]] == ["buy", "sell"]
    done = run("trade", taken["plan_id"][:8], "--json")
    assert done.status == 0
    traded = done.json
    assert traded["outcome"] == "complete"
    legs = {leg["side"]: leg for leg in traded["legs"]}
    assert all(leg["traded_exact"] == leg["planned_exact"] for leg in legs.values())
    assert set(legs["buy"]["fees"]) == set(traded["credited"]) == {"BTC"}
    assert traded["beta"]["achieved_usd"] == pytest.approx(taken["beta_after_usd"], rel=0.01)
    assert traded["beta"]["before_usd"] == pytest.approx(taken["beta_before_usd"])
    again = run("trade", taken["plan_id"][:8], "--json")
    assert again.status == 1
    assert "put what is held into the book" in json.dumps(again.json, ensure_ascii=False)
    text = run("ledger").out
    assert legs["buy"]["instrument"] in text


def test_what_is_held_is_put_into_the_book_and_counts(run: Run, held: str) -> None:
    taken = run("options", held, "--take", "put", "--json").json["taken"]
    (leg,) = taken["legs"]
    assert run("trade", taken["plan_id"][:8]).status == 0
    refused = run("trade", run("plan", held, "--json").json["plan_id"][:8], "--json")
    assert refused.status == 1
    assert "does not count" in json.dumps(refused.json)
    Path(held).write_text(f"{BOOK}{leg['instrument']},{leg['contracts_exact']}\n", encoding="utf-8")
    plan = run("plan", held, "--json").json
    assert plan["exposure"]["beta_usd"] == pytest.approx(taken["beta_after_usd"], rel=0.01)
    done = run("trade", plan["plan_id"][:8], "--json").json
    assert done["outcome"] == "complete", done


def test_options_and_futures_are_traded_together(run: Run, held: str) -> None:
    words = ("--floor", "15%", "--with-futures", "--keep", "30%")
    taken = run("options", held, *words, "--take", "mix", "--json").json["taken"]
    done = run("trade", taken["plan_id"][:8], "--json").json
    assert done["outcome"] == "complete", done
    assert done["beta"]["achieved_usd"] == pytest.approx(taken["beta_after_usd"], rel=0.02)
    sides = [(leg["side"], "-" in leg["instrument"]) for leg in taken["legs"]]
    assert sides == sorted(sides, key=lambda s: (s[0] == "sell", s[1]))  # bought, futures, sold options


@pytest.mark.parametrize(("which", "said"), [("budget", "budgeted collar"), ("mix", "--with-futures")])
def test_what_is_not_there_cannot_be_taken(run: Run, held: str, which: str, said: str) -> None:
    done = run("options", held, "--take", which)
    assert done.status == 2
    assert said in done.err


def test_a_stop_behind_an_option_is_refused(run: Run, held: str) -> None:
    taken = run("options", held, "--take", "put", "--json").json["taken"]
    done = run("trade", taken["plan_id"][:8], "--stop", "5%")
    assert done.status == 1
    assert "an option has none" in done.out


@pytest.mark.market_data
def test_on_the_real_chain(run: Run, held: str, data_dir: Path) -> None:
    """Deribit's own quotes in coins: puts bought at the ask, fees capped, nothing sold alone."""
    words = ("--chain", str(data_dir / CHAIN), "--prices", str(data_dir / "daily_close.parquet"))
    more = (*words, "--source", "binance_spot", "--quote", "USDT", "--floor", "15%", "--take", "collar")
    taken = run("options", held, *more, "--json").json["taken"]
    assert not taken["simulated"]
    done = run("trade", taken["plan_id"][:8], "--json")
    assert done.status == 0, done.err
    legs = {leg["side"]: leg for leg in done.json["legs"]}
    planned = {leg["side"]: leg for leg in taken["legs"]}
    for side, leg in legs.items():
        assert float(leg["average"]) == pytest.approx(planned[side]["limit"], abs=6e-4)
    fee = float(legs["buy"]["fees"]["BTC"])
    units = float(legs["buy"]["traded_exact"])
    cap = 0.125 * float(legs["buy"]["average"])
    assert fee == pytest.approx(units * min(0.0003, cap), rel=1e-9)
