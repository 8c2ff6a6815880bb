"""All legs are checked before any is sent; the scarce one goes first, in orders the market can bear."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, ETH, INVERSE

from hedgerow.hedge.execution import (
    LegFacts,
    Pace,
    Part,
    Programme,
    Style,
    Ticketed,
    Wanted,
    schedule,
    slices,
)
from hedgerow.hedge.plan import Refusal
from hedgerow.model.instruments import MarginTier
from hedgerow.model.ports import AccountModes

TICKET = Ticketed("plan", "paper:main", BEGIN)
FACTS = LegFacts(
    Decimal(0),
    Decimal(50_000),
    AccountModes(False, "cross", Decimal(5)),
    Decimal(10_000),
    1e9,
    0.03,
    known=True,
)


def refusals(found: Programme | tuple[Refusal, ...]) -> list[str]:
    assert not isinstance(found, Programme)
    return [refusal.rule for refusal in found]


def test_one_leg_that_cannot_be_traded_stops_all_and_every_reason_is_told() -> None:
    wanted = [Wanted(BTC, Decimal("0.1")), Wanted(ETH, Decimal("0.001"))]
    facts = {BTC.name: FACTS, ETH.name: replace(FACTS, modes=None, price=Decimal(3_000))}
    assert refusals(schedule(TICKET, wanted, facts)) == ["order size", "account modes"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"held": None}, "a known position"),
        ({"price": None}, "a known price"),
        ({"price": Decimal("NaN")}, "a known price"),
        ({"modes": None}, "account modes"),
        ({"modes": AccountModes(True, "cross", Decimal(5))}, "account modes"),
        ({"free": None}, "margin"),
        ({"free": Decimal(100)}, "margin"),
    ],
)
def test_what_is_not_known_or_not_enough_is_refused(changes: dict[str, object], rule: str) -> None:
    facts = {BTC.name: replace(FACTS, **changes)}  # type: ignore[arg-type]
    assert rule in refusals(schedule(TICKET, [Wanted(BTC, Decimal("0.1"))], facts))


TIERS = (MarginTier(0.0, 0.004, 20.0), MarginTier(10_000.0, 0.01, 5.0), MarginTier(50_000.0, 0.05, 2.0))


@pytest.mark.parametrize(
    ("held", "units", "leverage", "tiers", "refused"),
    [
        ("0", "0.19", 20, TIERS, False),
        ("0", "0.2", 20, TIERS, True),
        ("0", "-0.2", 20, TIERS, True),
        ("0.1", "0.1", 20, TIERS, True),
        ("0.3", "-0.1", 20, TIERS, False),  # what reduces is never refused
        ("0.3", "-0.6", 20, TIERS, False),  # as large the other way as it was
        ("0", "0.9", 5, TIERS, False),
        ("0", "1", 5, TIERS, True),
        ("0", "1", 2, TIERS, False),
        ("0", "1", 20, (), False),  # not known: the venue says it
    ],
)
def test_a_position_beyond_the_bracket_of_its_leverage_is_refused(
    held: str, units: str, leverage: int, tiers: tuple[MarginTier, ...], *, refused: bool
) -> None:
    modes = AccountModes(False, "cross", Decimal(leverage))
    known = replace(FACTS, held=Decimal(held), modes=modes, free=Decimal(10**9), tiers=tiers)
    found = schedule(TICKET, [Wanted(BTC, Decimal(units))], {BTC.name: known})
    assert (isinstance(found, Programme) or refusals(found)) == (["position size"] if refused else True)


def test_a_bracket_of_an_inverse_contract_is_in_its_coin() -> None:
    modes = AccountModes(False, "cross", Decimal(20))
    tiers = (MarginTier(0.0, 0.004, 20.0), MarginTier(2.0, 0.01, 5.0))
    known = replace(FACTS, modes=modes, free=Decimal(10**9), tiers=tiers)
    wanted = [Wanted(INVERSE, Decimal(90_000))]  # dollars: 1.8 BTC
    assert isinstance(schedule(TICKET, wanted, {INVERSE.name: known}), Programme)
    wanted = [Wanted(INVERSE, Decimal(110_000))]
    assert refusals(schedule(TICKET, wanted, {INVERSE.name: known})) == ["position size"]


def test_the_leverage_that_is_asked_for_is_the_one_that_counts() -> None:
    known = replace(FACTS, modes=AccountModes(False, "cross", Decimal(20)), free=Decimal(10**9), tiers=TIERS)
    asked = replace(TICKET, wanted=AccountModes(False, "cross", Decimal(3)))
    wanted = [Wanted(BTC, Decimal("0.5"))]
    assert refusals(schedule(TICKET, wanted, {BTC.name: known})) == ["position size"]
    assert isinstance(schedule(asked, wanted, {BTC.name: known}), Programme)


def test_the_scarcest_leg_goes_first_and_an_unknown_volume_is_the_scarcest() -> None:
    wanted = [Wanted(BTC, Decimal("0.1")), Wanted(ETH, Decimal("0.1")), Wanted(INVERSE, Decimal(5_000))]
    inverse = replace(FACTS, free=Decimal(1), volume_usd=math.nan)
    facts = {BTC.name: FACTS, ETH.name: replace(FACTS, volume_usd=1e6), INVERSE.name: inverse}
    found = schedule(TICKET, wanted, facts)
    assert isinstance(found, Programme)
    assert [leg.instrument for leg in found.legs] == [INVERSE, ETH, BTC]


def test_a_turn_is_cut_into_closing_and_opening() -> None:
    facts = {BTC.name: replace(FACTS, held=Decimal("0.2"))}
    found = schedule(TICKET, [Wanted(BTC, Decimal("-0.5"))], facts)
    assert isinstance(found, Programme)
    assert found.legs[0].parts == (Part(Decimal("-0.2"), reduce_only=True), Part(Decimal("-0.3")))


def test_the_first_order_in_a_new_contract_is_the_smallest() -> None:
    facts = {BTC.name: replace(FACTS, known=False, price=Decimal(4_000))}
    found = schedule(TICKET, [Wanted(BTC, Decimal("0.5"))], facts)
    assert isinstance(found, Programme)
    assert found.legs[0].parts == (Part(Decimal("0.002"), canary=True), Part(Decimal("0.498")))


def test_slices_follow_the_square_root_law() -> None:
    count, gap = slices(1e6, 1e8, 0.03, Pace(10.0, 0.05))
    assert count == 9
    assert gap == int(1e6 / 9 / (0.05 * 1e8) * 86_400_000)
    one, _ = slices(1e6 / count, 1e8, 0.03, Pace(10.0, 0.05))
    assert one == 1


def test_slices_are_whole_lots_that_add_up() -> None:
    ticket = replace(TICKET, pace=Pace(5.0, 0.05), style=Style("post_only"))
    facts = {BTC.name: replace(FACTS, volume_usd=1e7)}
    found = schedule(ticket, [Wanted(BTC, Decimal("0.7"))], facts)
    assert isinstance(found, Programme)
    (leg,) = found.legs
    assert len(leg.parts) > 10
    assert sum(part.quantity for part in leg.parts) == Decimal("0.7")
    assert all(part.quantity % BTC.lot == 0 for part in leg.parts)
    assert leg.style.deadline_ms >= leg.style.gap_ms * len(leg.parts)
