"""Rules before a trade: every refusal, not the first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.hedge.plans import plan

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.limits import Limits, VenueFacts, check
from hedgerow.hedge.plan import MarginAccount
from hedgerow.hedge.ticket import Ticket
from hedgerow.model.portfolio import PositionKind

GIVEN = {"ETH": Override((1.25,)), "SOL": Override((1.6,))}
PAPER = VenueFacts("paper", "cex", "nobody", ("US",), date(2026, 11, 1), verified=False)


def ticket(**policy: Any) -> Ticket:
    return plan(overrides=GIVEN, instruments=("BTCUSDT",), **policy)


def rules(made: Ticket, limits: Limits, *, volume: float = 1e9) -> list[str]:
    found = check(made.plan, made.worth, limits, (PAPER,), {"BTCUSDT": volume})
    assert all(refusal.remedy for refusal in found)
    return [refusal.rule for refusal in found]


def test_within_its_limits_nothing_is_refused() -> None:
    assert rules(ticket(), Limits()) == []


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (Limits(max_instrument_usd={"BTCUSDT": 1000.0}), "instrument cap"),
        (Limits(max_venue_usd={"paper": 1000.0}), "venue cap"),
        (Limits(max_venue_share=0.1), "venue share"),
        (Limits(allowed_venues=("kraken",)), "allowed venues"),
        (Limits(allowed_kinds=("dex",)), "kind of venue"),
        (Limits(jurisdiction="US"), "jurisdiction"),
    ],
)
def test_each_rule_refuses(limits: Limits, rule: str) -> None:
    assert rules(ticket(), limits) == [rule]


def test_a_trade_too_large_for_its_market() -> None:
    assert rules(ticket(), Limits(), volume=200_000.0) == ["share of daily volume"]


def test_all_refusals_are_listed() -> None:
    tight = Limits(
        max_instrument_usd={"BTCUSDT": 1.0},
        max_venue_usd={"paper": 1.0},
        allowed_venues=(),
        jurisdiction="US",
    )
    found = rules(ticket(collateral="5000USDT"), tight, volume=1.0)
    assert found == [
        "liquidation distance",
        "leverage",
        "instrument cap",
        "share of daily volume",
        "venue cap",
        "allowed venues",
        "jurisdiction",
    ]


def test_margin_that_nobody_told_of_is_asked_for_and_no_leverage_is_made_up() -> None:
    made = ticket(collateral="5000USDT")
    untold = replace(made.plan, margin=tuple(replace(each, told=False) for each in made.plan.margin))
    (found,) = check(untold, made.worth, Limits(), (PAPER,), {"BTCUSDT": 1e9})
    assert found.rule == "liquidation distance"
    assert found.remedy.startswith("say what margin is there: --collateral; it takes ")


def test_what_is_not_verified_says_so() -> None:
    made = ticket()
    told = check(made.plan, made.worth, Limits(jurisdiction="US"), (PAPER,), {})[0].detail
    assert "not verified" in told
    assert "2026-11-01" in told
    checked = replace(PAPER, verified=True)
    assert (
        "not verified"
        not in check(made.plan, made.worth, Limits(jurisdiction="US"), (checked,), {})[0].detail
    )


def test_a_hedge_larger_than_the_book_allows() -> None:
    made = ticket()
    times = sum(leg.notional_usd for leg in made.plan.legs) / made.worth.gross_usd
    assert rules(made, Limits(max_hedge=times)) == []
    assert rules(made, Limits(max_hedge=times * 0.999)) == ["size of the hedge"]


def test_a_book_of_nothing_has_no_size_to_be_larger_than() -> None:
    made = ticket()
    worth = replace(made.worth, holdings=(), gross_usd=0.0)
    assert check(made.plan, worth, Limits(max_hedge=0.0), (PAPER,), {"BTCUSDT": 1e9}) == ()


@pytest.mark.parametrize(("most", "refused"), [("1", True), ("2", True), ("2.001", False)])
def test_an_order_as_large_as_the_largest(most: str, refused: bool) -> None:
    made = ticket()
    (only,) = made.plan.legs
    largest = replace(only.instrument, max_contracts=Decimal(most))
    large = replace(made.plan, legs=(replace(only, instrument=largest, contracts=Decimal(2)),))
    found = [refusal.rule for refusal in check(large, made.worth, Limits(), (PAPER,), {"BTCUSDT": 1e9})]
    assert found == (["largest order"] if refused else [])


COIN_MARGIN = MarginAccount("paper:main", "BTC", float("nan"), 1.0, 1.0, 1_000.0, 1.0, None, 0.4, 0.0, 10.0)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, False),
        ({"required_usd": 1e9}, True),
        ({"required_usd": 1e9, "settle": "USDT"}, False),
        ({"required_usd": 1e9, "collateral_usd": 1e9}, False),
        ({"settle": "DOGE"}, True),
    ],
)
def test_a_coin_that_is_margin_has_to_be_there(changes: dict[str, Any], refused: bool) -> None:
    made = ticket()
    account = replace(COIN_MARGIN, **changes)
    loose = Limits(max_leverage=1e9, least_distance=0.0)
    found = check(replace(made.plan, margin=(account,)), made.worth, loose, (PAPER,), {"BTCUSDT": 1e9})
    assert ("coin for margin" in [refusal.rule for refusal in found]) is refused


@pytest.mark.parametrize("change", [{"locked": True}, {"kind": PositionKind.DERIVATIVE}, {"value": -1.0}])
def test_a_coin_that_is_not_free_carries_no_margin(change: dict[str, Any]) -> None:
    made = ticket()
    value = change.pop("value", None)
    holdings = tuple(
        replace(h, position=replace(h.position, **change), value_usd=value or h.value_usd)
        if h.position.symbol == "BTC"
        else h
        for h in made.worth.holdings
    )
    account = replace(COIN_MARGIN, required_usd=0.5)
    there = replace(made.plan, margin=(account,))
    free = check(there, made.worth, Limits(), (PAPER,), {"BTCUSDT": 1e9})
    bound = check(there, replace(made.worth, holdings=holdings), Limits(), (PAPER,), {"BTCUSDT": 1e9})
    assert [[r.rule for r in found] for found in (free, bound)] == [[], ["coin for margin"]]


def test_incident_31_a_short_that_a_rally_would_liquidate_is_refused_with_what_is_missing() -> None:
    """A cross account is refused before it is opened: nothing that trades could save it from a coin that goes up 50 times."""

    def short(collateral: float) -> Ticket:
        return plan(overrides=GIVEN, instruments=("ETHUSDT",), collateral=f"{collateral:.0f}USDT")

    made = short(5_000.0)
    assert made.plan.legs[0].signed_usd < 0
    (refusal,) = [one for one in made.refusals if one.rule == "liquidation distance"]
    (account,) = made.plan.margin
    assert account.max_rally is not None
    assert account.max_rally < account.required_rally
    missing = float(re.findall(r"add ([\d,]+) collateral", refusal.remedy)[0].replace(",", ""))
    enough = short(5_000.0 + missing + 1.0)
    assert not any(one.rule == "liquidation distance" for one in enough.refusals)
    assert any(one.rule == "liquidation distance" for one in short(5_000.0 + missing - 500.0).refusals)
