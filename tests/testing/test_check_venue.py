"""The battery: the paper venue passes it under every rule, and a venue that is wrong does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

import pytest
from tests.architecture.sources import ROOT

from hedgerow.exchange.venue import Code, VenueEvent, VenueRules
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.orders import Accepted, Fill, Order, OrderReport, Reply
from hedgerow.model.ports import FundingPaid, Holding
from hedgerow.testing.venue import CASES, Bench, VenueCase, check_case, check_venue, paper_bench
from hedgerow.venues.paper_doors import PaperAccount, PaperTrading

BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number}-{case.name}")
def test_the_paper_venue_passes(case: VenueCase) -> None:
    asyncio.run(check_case(case, paper_bench))


@pytest.mark.parametrize(
    "rules",
    [
        VenueRules(ids="free"),
        VenueRules(ids="open", post_only="cancel", band=Decimal("0.1")),
        VenueRules(first_id=2**60),
    ],
    ids=["without-unique-ids", "unique-among-open", "ids-beyond-2-to-the-53"],
)
def test_it_passes_under_the_ways_of_other_venues(rules: VenueRules) -> None:
    async def make() -> Bench:
        return await paper_bench(rules)

    passed = check_venue(make)
    assert len(passed) == len(CASES)


def test_numbers_and_names_are_each_s_own_and_every_case_says_what_it_shows() -> None:
    assert len(CASES) >= 40
    assert len({case.number for case in CASES}) == len({case.name for case in CASES}) == len(CASES)
    assert all(case.shows.endswith(".") for case in CASES)


def test_exemptions_name_a_case_and_a_reason() -> None:
    with pytest.raises(BrokenPromise, match="no case"):
        check_venue(paper_bench, exempt={"flying": "it cannot"})
    with pytest.raises(BrokenPromise, match="no reason"):
        check_venue(paper_bench, exempt={"cancels": " "})


class _Wrong(PaperTrading):
    """A venue's orders with one thing wrong."""

    def __init__(self, bench: Bench) -> None:
        inner = bench.trading
        assert isinstance(inner, PaperTrading)
        super().__init__(inner._venue)


class _Rounds(_Wrong):
    async def place(self, order: Order) -> Reply:
        lot = order.instrument.lot
        return await super().place(replace(order, quantity=order.quantity // lot * lot))


class _Sends_twice(_Wrong):  # noqa: N801
    async def place(self, order: Order) -> Reply:
        await super().place(replace(order, client_id=f"{order.client_id}x"))
        return await super().place(order)


class _Unsigned(_Wrong):
    async def fills(self, instrument: Any, since: int) -> tuple[Fill, ...]:
        found = await super().fills(instrument, since)
        return tuple(replace(f, quantity=abs(f.quantity)) for f in found)


class _Invents(_Wrong):
    async def order(self, order: Order) -> OrderReport | None:
        found = await super().order(order)
        zero = OrderReport(order.client_id, "0", "", _any_state(), Decimal(0), Decimal(0))
        return found or zero


class _Cancels_all(_Wrong):  # noqa: N801
    async def cancel(self, order: Order) -> Reply:
        await super().cancel(order)
        return Accepted("1")


class _Account(PaperAccount):
    def __init__(self, bench: Bench) -> None:
        inner = bench.account
        assert isinstance(inner, PaperAccount)
        super().__init__(inner._venue)


class _In_contracts(_Account):  # noqa: N801
    async def positions(self, instruments: Any) -> tuple[Holding, ...]:
        return tuple(replace(h, quantity=h.quantity * 10) for h in await super().positions(instruments))


class _Funding_turned(_Account):  # noqa: N801
    async def paid(self, instrument: Any, since: int) -> tuple[FundingPaid, ...]:
        return tuple(replace(p, amount=-p.amount) for p in await super().paid(instrument, since))


class _Flat_as_zero(_Account):  # noqa: N801
    async def positions(self, instruments: Any) -> tuple[Holding, ...]:
        found = await super().positions(instruments)
        return found or (Holding(instruments[0].name, Decimal(0), "net", Decimal(0)),)


def _any_state() -> Any:
    from hedgerow.model.orders import OrderState

    return OrderState.CANCELLED


@pytest.mark.parametrize(
    ("wrong", "case"),
    [
        (_Rounds, "whole_lots_only"),
        (_Sends_twice, "long_from_zero"),
        (_Unsigned, "short_from_zero"),
        (_Invents, "unknown_is_none"),
        (_Cancels_all, "cancel_comes_too_late"),
        (_In_contracts, "notional_is_price_times_units"),
        (_Funding_turned, "a_short_receives_positive_funding"),
        (_Flat_as_zero, "close_from_long"),
    ],
)
def test_a_wrong_venue_fails(wrong: type[_Wrong | _Account], case: str) -> None:
    async def make() -> Bench:
        bench = await paper_bench()
        if issubclass(wrong, _Account):
            bench.account = wrong(bench)
        else:
            bench.trading = wrong(bench)
        return bench

    with pytest.raises(BrokenPromise, match=case):
        asyncio.run(check_case(BY_NAME[case], make))


def test_the_reference_lists_every_case() -> None:
    page = (ROOT / "docs" / "reference" / "paper-venue.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == [f"| {case.number} | `{case.name}` | {case.shows} |" for case in CASES]


def test_the_reference_names_every_event_and_code() -> None:
    page = (ROOT / "docs" / "reference" / "paper-venue.md").read_text(encoding="utf-8")
    events = {kind.__name__ for kind in get_args(VenueEvent)}
    codes = set(get_args(Code)) - {""}
    assert {name for name in events | codes if f"`{name}`" not in page} == set()
