"""What went wrong elsewhere around restart, journal and account (reliability.md §2 B, C, E): one test an incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from tests.runs.desk import ACCOUNT, BEGIN, BTC, Desk

from hedgerow.hedge.execution import Style
from hedgerow.model.errors import JournalBusy, LeaseHeld, StateUnknown
from hedgerow.model.ports import FundingPaid, Lease
from hedgerow.runs.ledger import funding_record, instrument_record, ledger_of
from hedgerow.store.memory import MemoryStore

DAY = 86_400_000


def test_incident_15_a_position_older_than_any_window_of_fills_is_still_known() -> None:
    desk = Desk()
    desk.trade(desk.plan("-0.5"))
    desk.market.go(desk.market.now + DAY // 24)
    never = desk.market.now + 10**12
    desk.market.fills = [(never, fill) for _, fill in desk.market.fills]  # the venue's own history is gone
    found = desk.reconcile()
    assert (found.gaps, found.ledger.quantity(BTC.name)) == ((), Decimal("-0.5"))
    assert desk.trade(desk.plan("0.5", name="close")).outcome == "complete"
    assert desk.market.quantity(BTC.name) == 0


def test_incident_18_looking_for_a_lost_fill_has_an_end() -> None:
    desk = Desk()
    desk.reconcile()
    desk.market.outside(BTC, Decimal("0.1"), "trade")
    desk.market.fills.pop()
    desk.market.go(desk.market.now + 5_000)
    before = desk.market.now
    assert desk.reconcile().frozen == (BTC.name,)
    assert desk.market.now - before < 15_000


def test_incident_19_a_mismatch_stops_the_trade_and_is_not_a_warning() -> None:
    desk = Desk()
    desk.reconcile()
    desk.market.outside(BTC, Decimal("0.1"), "trade")
    desk.market.fills.pop()
    desk.market.go(desk.market.now + 5_000)
    with pytest.raises(StateUnknown, match="reconcile --adopt"):
        desk.trade(desk.plan("-0.5"))
    assert desk.sent == []


class Busy(MemoryStore):
    """A journal that is locked when an order is to be written."""

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        if opening:
            raise JournalBusy
        return super().append(stream, at, records, lease, opening=opening)


def test_incident_24_a_locked_journal_keeps_the_order_back() -> None:
    desk = Desk()
    desk.store = Busy(desk.clock.monotonic)
    with pytest.raises(JournalBusy):
        desk.trade(desk.plan("-0.5"))
    assert desk.sent == []
    assert desk.market.quantity(BTC.name) == 0


def test_incident_25_two_processes_of_one_account_make_one_hedge() -> None:
    """Peers §4 test 8."""
    desk = Desk()
    plan = desk.plan("-0.5", "-0.1", "-0.4", style=Style(gap_ms=3_000))
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(LeaseHeld):
            desk.trade(plan, "two")
        refused.append("two")

    for ms in (500, 2_500, 6_000):
        desk.when(ms, second)
    assert desk.trade(plan).outcome == "complete"
    assert refused == ["two"] * 3
    assert desk.market.quantity(BTC.name) == Decimal("-0.5")


@pytest.mark.parametrize(
    ("rate", "units", "sign"),
    [("0.001", "0.5", -1), ("0.001", "-0.5", 1), ("-0.001", "0.5", 1), ("-0.001", "-0.5", -1)],
)
def test_incident_34_funding_has_the_sign_of_what_was_paid(rate: str, units: str, sign: int) -> None:
    desk = Desk()
    desk.trade(desk.plan(units))
    desk.market.pay(BTC, Decimal(rate))
    entry = desk.reconcile().ledger.entries[BTC.name]
    assert entry.funding == desk.market.funding[BTC.name]
    assert (entry.funding["USDT"] > 0) == (sign > 0)


def test_incident_35_payments_are_events_and_not_a_rate_times_a_grid() -> None:
    desk = Desk()
    lease = desk.store.acquire(ACCOUNT, "one", 60_000)
    assert lease is not None
    times = [0, 8, 16, 20, 24, 25, 26]
    paid = [
        FundingPaid(BTC.name, BEGIN + hour * 3_600_000, Decimal(-hour - 1) / 100, "USDT", f"p{hour}")
        for hour in times
    ]
    desk.store.append(ACCOUNT, BEGIN, [instrument_record(BTC), *map(funding_record, paid)], lease)
    funding = ledger_of(desk.store.read(ACCOUNT)).entries[BTC.name].funding
    assert funding == {"USDT": sum((each.amount for each in paid), Decimal(0))}


def test_incident_38_maintenance_is_waited_out_and_traded_once() -> None:
    desk = Desk()
    desk.when(1_500, lambda: setattr(desk.road, "closed_until", desk.market.now + 40_000))
    done = desk.trade(desk.plan("-0.5", "-0.1", "-0.4", style=Style(gap_ms=2_000)))
    assert done.outcome == "complete"
    assert desk.market.quantity(BTC.name) == Decimal("-0.5")
    assert len(desk.sent) <= 4
