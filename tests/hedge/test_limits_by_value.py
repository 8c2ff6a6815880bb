"""Every refusal with what was measured, what is allowed and what would satisfy it; at the limit nothing is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.hedge.plans import plan

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.limits import Limits, VenueFacts, check
from hedgerow.hedge.plan import MarginAccount, Refusal

GIVEN = {"ETH": Override((1.25,)), "SOL": Override((1.6,))}
PAPER = VenueFacts("paper", "cex", "nobody", ("US",), date(2026, 11, 1), verified=False)
ACCOUNT = MarginAccount("paper:main", "USDT", 500.0, 1.0, 1.0, 1_000.0, 2.0, 0.3, 0.4, 0.0, 10.0)
MADE = plan(overrides=GIVEN, instruments=("BTCUSDT",))
(LEG,) = MADE.plan.legs


def found(
    account: MarginAccount | None = None,
    limits: Limits | None = None,
    *,
    volume: float = float("inf"),
    venues: tuple[VenueFacts, ...] = (PAPER,),
    **worth: Any,
) -> list[Refusal]:
    """What is refused to a plan of a leg worth 1,000 dollars in a book worth 1,000."""
    leg = replace(LEG, notional_usd=1_000.0)
    made = replace(MADE.plan, legs=(leg,), margin=() if account is None else (account,))
    book = replace(MADE.worth, **{"total_usd": 1_000.0, "gross_usd": 1_000.0, **worth})
    return list(check(made, book, limits or Limits(), venues, {"BTCUSDT": volume}))


def test_what_is_allowed_unless_said_otherwise() -> None:
    usual = Limits()
    assert (usual.max_leverage, usual.least_distance, usual.max_venue_share) == (3.0, None, None)
    assert (usual.max_share_of_daily_volume, usual.max_hedge, usual.allowed_venues) == (0.1, 5.0, None)
    assert (usual.allowed_kinds, usual.jurisdiction) == (("paper", "cex", "dex"), "")


def test_a_liquidation_too_near_says_what_is_missing_and_what_share_could_be_hedged() -> None:
    assert found(ACCOUNT) == [
        Refusal(
            "liquidation distance", "paper:main", 0.3, 0.4, "add 500 collateral, or hedge 50 % of the beta"
        )
    ]
    assert found(replace(ACCOUNT, max_rally=0.4)) == []
    assert found(replace(ACCOUNT, max_rally=None)) == []
    assert found(replace(ACCOUNT, collateral_usd=float("nan"))) == []
    one = found(replace(ACCOUNT, required_usd=1.0, collateral_usd=0.5))
    assert one[0].remedy == "add 0 collateral, or hedge 50 % of the beta"
    none = found(replace(ACCOUNT, required_usd=0.0, collateral_usd=-1.0))
    assert none[0].remedy == "add 1 collateral, or hedge 100 % of the beta"
    owed = found(replace(ACCOUNT, collateral_usd=-500.0))
    assert owed[0].remedy == "add 1,500 collateral, or hedge 0 % of the beta"


def test_leverage_beyond_its_limit() -> None:
    far = replace(ACCOUNT, max_rally=None, leverage=3.0)
    assert found(far) == []
    remedy = "add collateral or trade at most 3 times it"
    assert found(replace(far, leverage=3.1)) == [Refusal("leverage", "paper:main", 3.1, 3.0, remedy)]
    assert found(replace(far, leverage=3.1, collateral_usd=float("nan"))) == []


def test_a_share_of_a_venue_says_what_to_move() -> None:
    far, half = replace(ACCOUNT, max_rally=None), Limits(max_venue_share=0.25)
    remedy = "move 250 of collateral, and the contracts it carries, to another venue"
    assert found(far, half) == [Refusal("venue share", "paper:main", 0.5, 0.25, remedy)]
    assert found(far, Limits(max_venue_share=0.5)) == []
    needed = replace(far, collateral_usd=float("nan"))
    assert [r.measured for r in found(needed, half)] == [1.0]
    poor = found(far, half, total_usd=0.0)
    assert [(r.measured, r.remedy[:8]) for r in poor] == [(float("inf"), "move 500")]
    one = found(replace(far, collateral_usd=0.5), half, total_usd=1.0)
    assert [r.measured for r in one] == [0.5]
    owing = found(far, half, total_usd=-100.0)
    assert [r.remedy[:8] for r in owing] == ["move 500"]


def test_a_hedge_of_the_book_in_times_of_it() -> None:
    assert found(limits=Limits(max_hedge=1.0)) == []
    remedy = "check the target; a larger hedge has to be allowed in the settings (limits.max_hedge)"
    assert found(limits=Limits(max_hedge=0.9)) == [
        Refusal("size of the hedge", "legs together", 1.0, 0.9, remedy)
    ]
    assert [r.measured for r in found(limits=Limits(max_hedge=0.9), gross_usd=0.5)] == [2_000.0]
    assert found(limits=Limits(max_hedge=0.9), gross_usd=0.0) == []


def test_caps_are_dollars_and_at_the_cap_nothing_is_refused() -> None:
    at = Limits(max_instrument_usd={"BTCUSDT": 1_000.0}, max_venue_usd={"paper": 1_000.0})
    assert found(limits=at) == []
    below = Limits(max_instrument_usd={"BTCUSDT": 999.0}, max_venue_usd={"paper": 998.0})
    assert found(limits=below) == [
        Refusal("instrument cap", "BTCUSDT", 1_000.0, 999.0, "name a second contract in --instruments"),
        Refusal("venue cap", "paper", 1_000.0, 998.0, "split the hedge over venues"),
    ]


def test_a_share_of_a_days_volume() -> None:
    assert found(volume=10_000.0) == []
    remedy = "spread it over more contracts or more days"
    assert found(volume=9_999.0) == [
        Refusal("share of daily volume", "BTCUSDT", 1_000.0 / 9_999.0, 0.1, remedy)
    ]
    assert found(volume=1.0) == [Refusal("share of daily volume", "BTCUSDT", 1_000.0, 0.1, remedy)]
    assert found(volume=0.0) == found(volume=float("nan")) == []


def test_venues_that_are_not_allowed() -> None:
    assert found(limits=Limits(allowed_venues=("paper",))) == []
    assert found(limits=Limits(allowed_venues=("bybit",)), venues=()) == [
        Refusal("allowed venues", "paper", 1.0, 0.0, "allow paper or choose another venue")
    ]
    assert found(limits=Limits(allowed_kinds=("dex",))) == [
        Refusal("kind of venue", "paper is a cex", 1.0, 0.0, "allow the kind or choose another")
    ]
    kinds = [replace(PAPER, kind=kind) for kind in ("paper", "cex", "dex")]
    assert [found(venues=(each,)) for each in kinds] == [[], [], []]
    assert found(limits=Limits(jurisdiction="US")) == [
        Refusal(
            "jurisdiction",
            "paper does not serve US, by venues.toml of 2026-11-01 (not verified)",
            1.0,
            0.0,
            "choose another venue, or correct venues.toml",
        )
    ]
    assert found(limits=Limits(jurisdiction="CH")) == found(limits=Limits(jurisdiction="US"), venues=()) == []
    assert found(venues=(replace(PAPER, closed_to=("",)),)) == []


@pytest.mark.parametrize(("needed", "refused"), [(1_000.0, False), (1_000.01, True)])
def test_coins_that_are_free_carry_as_much_as_they_are_worth(needed: float, refused: bool) -> None:
    bitcoin = next(h for h in MADE.worth.holdings if h.position.symbol == "BTC")
    held = (
        replace(bitcoin, value_usd=999.5),
        replace(bitcoin, value_usd=0.5),
        replace(bitcoin, value_usd=-300.0),
    )
    account = replace(ACCOUNT, settle="BTC", collateral_usd=float("nan"), required_usd=needed)
    told = found(account, holdings=held)
    remedy = (
        "give the coins with --collateral, or name a contract that is margined in dollars; "
        "BTC must be free to move"
    )
    want = Refusal("coin for margin", "paper:main, free BTC", 1_000.0, needed, remedy)
    assert told == ([want] if refused else [])
