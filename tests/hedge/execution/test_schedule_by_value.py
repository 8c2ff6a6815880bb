"""Every refusal of a schedule with its figures, and parts and paces to the last lot."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.hedge.books import contract
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
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.ports import AccountModes

TICKET = Ticketed("plan", "paper:main", BEGIN)
MODES = AccountModes(False, "cross", Decimal(5))
FACTS = LegFacts(Decimal(0), Decimal(50_000), MODES, Decimal(10_000), 1e9, 0.03, known=True)
QUANTO = contract("BTCUSD_Q", "BTC", Payoff.QUANTO, "0.00001", "1")


def refused(units: str, ticket: Ticketed = TICKET, one: Instrument = BTC, **facts: Any) -> list[Refusal]:
    found = schedule(ticket, [Wanted(one, Decimal(units))], {one.name: replace(FACTS, **facts)})
    return [] if isinstance(found, Programme) else list(found)


def parts(
    units: str, ticket: Ticketed = TICKET, one: Instrument = BTC, **facts: Any
) -> list[tuple[str, bool, bool]]:
    found = schedule(ticket, [Wanted(one, Decimal(units))], {one.name: replace(FACTS, **facts)})
    assert isinstance(found, Programme), found
    return [(str(part.quantity), part.reduce_only, part.canary) for part in found.legs[0].parts]


def test_refusals_tell_what_was_measured_and_what_helps() -> None:
    name = BTC.name
    small = f"{name}: worth 2.000, less than the 5 of the smallest order"
    assert refused("-0.001", price=Decimal(2_000)) == [
        Refusal("order size", small, -0.001, 0, "trade more, or leave the leg out")
    ]
    apart = Refusal(
        "account modes",
        f"{name}: long and short legs apart",
        1,
        0,
        "switch the account to one-way positions while it is flat",
    )
    assert refused("0.1", modes=AccountModes(True, "cross", Decimal(5))) == [apart]
    paced = replace(TICKET, pace=Pace())
    volume = Refusal(
        "a known volume", name, 0.0, 0, "give daily volume and volatility, or trade without slices"
    )
    assert refused("0.1", paced, volume_usd=0.0) == [volume]
    assert refused("0.1", paced, sigma=0.0) == [replace(volume, measured=1e9)]
    assert refused("0.1", paced, volume_usd=0.5, sigma=0.5) == []
    for unknown in ({"held": None}, {"price": None}, {"price": Decimal(0)}, {"modes": None}):
        (only,) = refused("0.001", free=Decimal(10**6), **unknown)
        assert math.isnan(only.measured)
        assert only.limit == 0
    (limit,) = refused("0.1", replace(TICKET, style=Style("limit")))
    assert math.isnan(limit.measured)
    assert limit.limit == 0
    nothing = schedule(TICKET, [], {})
    assert nothing == (
        Refusal("something to trade", "the plan has no legs", 0, 1, "nothing needs to be done"),
    )
    twice = schedule(TICKET, [Wanted(ETH, Decimal(1))] * 2, {ETH.name: FACTS})
    assert not isinstance(twice, Programme)
    assert twice[0] == Refusal("one leg a contract", ETH.name, 2, 1, "add the legs up")


@pytest.mark.parametrize(
    ("units", "held", "free", "needed"),
    [
        ("1", "0", "10000", None),
        ("1", "0", "9999", "10,000"),
        ("1", "0.5", "9999.50", "10,000"),
        ("-1", "0.5", "0", None),
        ("-1", "0.4", "1999", "2,000"),
        ("-2", "1", "0", None),
        ("-0.5", "0.5", "0", None),
    ],
)
def test_margin_is_needed_for_what_is_opened(units: str, held: str, free: str, needed: str | None) -> None:
    found = refused(units, held=Decimal(held), free=Decimal(free))
    said = f"{float(free):,.1f}".removesuffix(".0")
    want = Refusal(
        "margin",
        f"USDT: {needed} needed, {said} free",
        float(free),
        float((needed or "0").replace(",", "")),
        "bring USDT to the account, or hedge less",
    )
    assert list(found) == ([want] if needed else [])


def test_margin_is_by_the_leverage_asked_for_then_the_accounts_then_none() -> None:
    asked = replace(TICKET, wanted=AccountModes(False, None, Decimal(10)))
    assert [r.limit for r in refused("1", asked, free=Decimal(1))] == [5_000.0]
    assert [r.limit for r in refused("1", free=Decimal(1))] == [10_000.0]
    bare = AccountModes(False, "cross", None)
    assert [r.limit for r in refused("1", modes=bare, free=Decimal(1))] == [50_000.0]
    (unknown,) = refused("1", free=None)
    assert math.isnan(unknown.measured)


def test_margin_of_an_inverse_contract_is_in_its_coin() -> None:
    assert [r.limit for r in refused("5000", one=INVERSE, free=Decimal("0.019"))] == [0.02]
    assert refused("5000", one=INVERSE, free=Decimal("0.02")) == []
    quanto = refused("1000", one=QUANTO, free=Decimal(99))
    assert [r.limit for r in quanto] == [100.0]


def test_margin_of_legs_in_one_coin_is_added_up() -> None:
    wanted = [Wanted(BTC, Decimal(1)), Wanted(ETH, Decimal(1))]
    facts = {each.name: replace(FACTS, free=Decimal(19_999)) for each in (BTC, ETH)}
    found = schedule(TICKET, wanted, facts)
    assert not isinstance(found, Programme)
    assert [(r.detail, r.measured, r.limit) for r in found] == [
        ("USDT: 20,000 needed, 19,999 free", 19_999.0, 20_000.0)
    ]


@pytest.mark.parametrize(
    ("units", "held", "cut"),
    [
        ("-0.5", "0.5", [("-0.5", True, False)]),
        ("-0.4", "0.5", [("-0.4", True, False)]),
        ("-0.6", "0.5", [("-0.5", True, False), ("-0.1", False, False)]),
        ("0.6", "0.5", [("0.6", False, False)]),
        ("0.4", "0.5", [("0.4", False, False)]),
        ("-0.4", "-0.5", [("-0.4", False, False)]),
        ("0.6", "-0.5", [("0.5", True, False), ("0.1", False, False)]),
        ("-0.6", "0", [("-0.6", False, False)]),
    ],
)
def test_what_reduces_and_what_opens(units: str, held: str, cut: list[tuple[str, bool, bool]]) -> None:
    assert parts(units, held=Decimal(held)) == cut


def test_a_turn_whose_halves_are_too_small_is_one_order() -> None:
    coarse = replace(BTC, min_contracts=Decimal("0.1"))
    assert parts("-0.55", one=coarse, held=Decimal("0.5")) == [("-0.55", False, False)]
    assert parts("-0.55", one=coarse, held=Decimal("0.05")) == [("-0.55", False, False)]
    # What reduces may be worth less than the smallest order, what opens may not.
    assert parts("-0.002", held=Decimal("0.001"), price=Decimal(4_000)) == [("-0.002", False, False)]
    assert parts("-0.003", held=Decimal("0.001"), price=Decimal(4_000)) == [
        ("-0.001", True, False),
        ("-0.002", False, False),
    ]


def test_the_first_order_is_the_smallest_with_a_tenth_to_spare() -> None:
    new: dict[str, Any] = {"known": False, "price": Decimal(1_000)}
    assert parts("0.1", **new) == [("0.006", False, True), ("0.094", False, False)]
    assert parts("0.012", **new) == [("0.006", False, True), ("0.006", False, False)]
    assert parts("0.011", **new) == [("0.011", False, True)]
    assert parts("-0.1", **new) == [("-0.006", False, True), ("-0.094", False, False)]
    turned = parts("-0.1", held=Decimal("0.05"), **new)
    assert turned == [("-0.006", True, True), ("-0.044", True, False), ("-0.05", False, False)]
    small = parts("-0.1", held=Decimal("0.006"), **new)
    assert small == [("-0.006", True, True), ("-0.094", False, False)]
    coarse = replace(BTC, min_contracts=Decimal("0.05"))
    assert parts("0.2", one=coarse, **new)[0] == ("0.05", False, True)
    assert parts("2000", one=QUANTO, known=False)[0] == ("1", False, True)


def test_an_undoing_pace_has_one_order() -> None:
    assert slices(1e6, float("nan"), 0.03, Pace()) == (1, 0)
    assert slices(1.0, 1e9, 0.03, Pace()) == (1, 0)
    assert slices(1e9, 1e6, 0.5, Pace())[0] == 200
    assert (Pace().impact_bps, Pace().participation) == (5.0, 0.05)
    two = next(n for n in range(1, 10**7, 1_000) if slices(float(n), 1e8, 0.03, Pace(10.0))[0] == 2)
    assert slices(float(two), 1e8, 0.03, Pace(10.0))[1] == int(two / 2 / (0.05 * 1e8) * 86_400_000) > 0


def test_a_trade_for_two_slices_is_cut_in_two() -> None:
    paced = replace(TICKET, pace=Pace(10.0))
    units = next(n for n in range(1, 2_000) if slices(n * 50.0, 1e7, 0.03, Pace(10.0))[0] == 2)
    cut = parts(str(Decimal(units) / 1000), paced, volume_usd=1e7)
    assert len(cut) == 2
    assert sum(Decimal(part[0]) for part in cut) == Decimal(units) / 1000


def test_slices_give_the_style_their_gap_and_their_time() -> None:
    ticket = replace(TICKET, pace=Pace(5.0, 0.05), style=Style("post_only", deadline_ms=1_000, gap_ms=7))
    found = schedule(ticket, [Wanted(BTC, Decimal("0.7"))], {BTC.name: replace(FACTS, volume_usd=1e7)})
    assert isinstance(found, Programme)
    (leg,) = found.legs
    count, gap = slices(35_000.0, 1e7, 0.03, Pace(5.0, 0.05))
    assert (len(leg.parts), leg.style.gap_ms) == (count, gap)
    assert leg.style == replace(ticket.style, gap_ms=gap, deadline_ms=2 * gap * count)
    slow = replace(ticket, style=replace(ticket.style, gap_ms=gap, deadline_ms=5))
    calm = schedule(slow, [Wanted(BTC, Decimal("0.7"))], {BTC.name: replace(FACTS, volume_usd=1e7)})
    assert isinstance(calm, Programme)
    assert calm.legs[0].style == slow.style
    long = replace(ticket, style=replace(ticket.style, deadline_ms=10**9))
    patient = schedule(long, [Wanted(BTC, Decimal("0.7"))], {BTC.name: replace(FACTS, volume_usd=1e7)})
    assert isinstance(patient, Programme)
    assert patient.legs[0].style.deadline_ms == 10**9


def test_scarcity_is_the_share_of_a_days_volume() -> None:
    wanted = [Wanted(BTC, Decimal("0.1")), Wanted(ETH, Decimal("0.1"))]
    facts = {BTC.name: replace(FACTS, volume_usd=0.5), ETH.name: replace(FACTS, volume_usd=0.0)}
    found = schedule(TICKET, wanted, facts)
    assert isinstance(found, Programme)
    assert [leg.instrument for leg in found.legs] == [ETH, BTC]
    assert found.legs[0].parts == (Part(Decimal("0.1")),)
    assert [leg.start for leg in found.legs] == [0, 0]
