"""Rules before a trade: every refusal, not the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.hedge.plans import plan

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.limits import Limits, VenueFacts, check
from hedgerow.hedge.ticket import Ticket

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
