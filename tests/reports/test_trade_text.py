"""What came of a trade, in words."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest
from rich.console import Console
from tests.hedge.books import contract

from hedgerow.model.trades import LegTraded, Money, Traded, TradeLine
from hedgerow.reports.trade_text import coins, trade_json, trade_text


def printed(asked: str, *, recovered: bool) -> str:
    out = io.StringIO()
    done = Traded(
        "aaaabbbbcccc", "paper", "paper:paper", "complete", "", recovered, (), (), {}, None, (), asked
    )
    Console(file=out, width=130).print(trade_text(done))
    return out.getvalue()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("aaaabbbbcccc", "It had been begun before: this finished it."),
        ("ddddeeeeffff", "finished first. Plan ddddeeeeffff was not begun: ask for it again."),
        ("", "A trade that had been begun was finished first."),
    ],
)
def test_what_was_finished_is_told_by_what_was_asked_for(asked: str, says: str) -> None:
    told = printed(asked, recovered=True)
    assert says in told
    assert ("not begun" in told) == (asked == "ddddeeeeffff")
    assert says not in printed(asked, recovered=False)


def test_how_long_legs_were_apart_is_told_where_there_are_two() -> None:
    leg = LegTraded(contract(), Decimal(1))
    done = Traded(
        "a", "paper", "paper:paper", "complete", "", False, (), (leg, leg), {}, None, exposed_ms=1_260
    )
    out = io.StringIO()
    Console(file=out, width=130).print(trade_text(done))
    Console(file=out, width=130).print(trade_text(replace(done, legs=(leg,))))
    Console(file=out, width=130).print(trade_text(replace(done, exposed_ms=0)))
    assert out.getvalue().count("legs apart") == 1
    assert "1.3 s" in out.getvalue()
    assert trade_json(done)["exposed_ms"] == 1_260


def test_what_was_undone_has_no_price_and_a_transcript_its_day() -> None:
    leg = LegTraded(contract(), Decimal("-0.500"), Decimal("0.000"), average=Decimal(2_480), fills=2)
    line = TradeLine(1_782_864_000_000, "began", "x")
    done = Traded("flatten-1795970342176", "paper", "a", "unwound", "", False, (line,), (leg,), {}, None)
    out = io.StringIO()
    Console(file=out, width=130).print(trade_text(done))
    assert "plan flatten-1795970342176 · 2026-07-01 UTC" in out.getvalue()
    assert "2,480" not in out.getvalue()
    assert "sold 0 of" in out.getvalue()
    assert coins({"USDT": Decimal("210000.00000000"), "BTC": Decimal("-0.5")}) == "-0.5 BTC, 210,000 USDT"


@pytest.mark.parametrize(
    ("mode", "money", "says"),
    [
        ("paper", "paper", "PAPER"),
        ("live", "real money", "LIVE"),
        ("live", "sandbox", "SANDBOX"),
        ("live", "stand-in", "STAND-IN"),
    ],
)
def test_a_trade_says_whose_money_it_was(mode: Literal["paper", "live"], money: Money, says: str) -> None:
    done = Traded("a", mode, "bybit:1", "complete", "", False, (), (), {}, None, money=money)
    out = io.StringIO()
    Console(file=out, width=130).print(trade_text(done))
    assert out.getvalue().startswith(f"{says} · account bybit:1")
    assert trade_json(done)["money"] == money
