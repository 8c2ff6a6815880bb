"""The ledger is the fold of the journal: every fill once, in the venue's order, and money to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.desk import ACCOUNT, BEGIN, BTC, ETH, Desk

from hedgerow.model.errors import JournalBroken, StateUnknown
from hedgerow.model.legs import Leg
from hedgerow.model.orders import Fill
from hedgerow.model.ports import FundingPaid, Holding, Record
from hedgerow.runs.ledger import (
    Adopted,
    Fold,
    Ledger,
    adoption,
    fill_record,
    funding_record,
    instrument_record,
    ledger_of,
)
from hedgerow.store.chain import body_of, text_of
from hedgerow.testing.faults.doors import SimAccount
from hedgerow.testing.faults.plans import CONTRACTS


def records(*lines: tuple[str, dict[str, object]]) -> list[Record]:
    """Lines as a store gives them back."""
    return [
        Record(i + 1, ACCOUNT, BEGIN, kind, body_of(text_of(body)), "")
        for i, (kind, body) in enumerate(lines)
    ]


def fill(number: int, quantity: str, price: str, at: int = BEGIN) -> Fill:
    """A fill with a fee of 1."""
    return Fill(
        "sim",
        "main",
        f"t{number}",
        f"x{number}",
        "",
        BTC.name,
        Decimal(quantity),
        Decimal(price),
        Decimal(1),
        "USDT",
        at,
    )


INTRODUCED = instrument_record(BTC)


def test_fills_are_folded_once_and_in_the_venues_order() -> None:
    first, second = fill(1, "1", "100"), fill(2, "-1", "110", BEGIN + 5)
    right = ledger_of(records(INTRODUCED, fill_record(first), fill_record(second)))
    mixed = ledger_of(records(INTRODUCED, fill_record(second), fill_record(first), fill_record(second)))
    assert right == mixed
    entry = right.entries[BTC.name]
    assert (entry.quantity, entry.realised, entry.fills) == (Decimal(0), Decimal(10), 2)
    assert dict(entry.fees) == {"USDT": Decimal(2)}
    assert right.cash("USDT") == Decimal(8)


def test_trades_of_the_same_instant_are_in_the_order_of_their_numbers() -> None:
    told = [fill(10, "-2", "120"), fill(9, "1", "100"), fill(2, "1", "90")]
    entry = ledger_of(records(INTRODUCED, *map(fill_record, told))).entries[BTC.name]
    assert (entry.realised, entry.leg) == (Decimal(50), Leg(BTC))


def test_funding_is_what_was_paid_whatever_the_interval() -> None:
    """Peers §4 test 6: eight-hourly, then hourly payments; each once."""
    hours = [0, 8, 16, 17, 18, 19]
    paid = [
        FundingPaid(BTC.name, BEGIN + hour * 3_600_000, Decimal("-0.0123") * (hour + 1), "USDT", f"p{hour}")
        for hour in hours
    ]
    lines = [INTRODUCED, *map(funding_record, paid), *map(funding_record, paid[:3])]
    ledger = ledger_of(records(*lines))
    assert ledger.entries[BTC.name].funding == {"USDT": sum(payment.amount for payment in paid)}
    assert ledger.cash("USDT") == sum(payment.amount for payment in paid)
    assert ledger.last_funding == {BTC.name: paid[-1].at}


def test_funding_in_another_coin_is_never_added_to_the_settlement_coins() -> None:
    paid = [
        FundingPaid(BTC.name, BEGIN, Decimal("-1.5"), "USDT", "p1"),
        FundingPaid(BTC.name, BEGIN + 1, Decimal("0.002"), "BNB", "p2"),
        FundingPaid(BTC.name, BEGIN + 2, Decimal("-0.0005"), "BNB", "p3"),
    ]
    ledger = ledger_of(records(INTRODUCED, *map(funding_record, paid)))
    assert ledger.entries[BTC.name].funding == {"USDT": Decimal("-1.5"), "BNB": Decimal("0.0015")}
    assert (ledger.cash("USDT"), ledger.cash("BNB")) == (Decimal("-1.5"), Decimal("0.0015"))
    assert ledger.coins == {"USDT", "BNB"}


def test_what_was_taken_over_is_part_of_the_position() -> None:
    lines = [INTRODUCED, adoption(Adopted(BTC.name, Decimal(2), Decimal(100), BEGIN, "held before"))]
    ledger = ledger_of(records(*lines, fill_record(fill(1, "-2", "90", BEGIN + 1))))
    assert ledger.quantity(BTC.name) == 0
    assert ledger.entries[BTC.name].realised == Decimal(-20)
    assert ledger.quantity("sim:NOTHING") == 0


def test_records_are_called_what_older_journals_call_them() -> None:
    paid = FundingPaid(BTC.name, BEGIN, Decimal(1), "USDT", "p1")
    taken = Adopted(BTC.name, Decimal(1), Decimal(1), BEGIN, "by hand")
    kinds = [INTRODUCED, fill_record(fill(1, "1", "100")), funding_record(paid), adoption(taken)]
    assert [kind for kind, _ in kinds] == ["instrument", "fill", "funding", "adopted"]


def test_a_ledger_that_grows_is_the_one_that_is_added_up_anew() -> None:
    """Records come late, twice, before what they are about is described, and contracts change meanwhile."""
    paid = [FundingPaid(BTC.name, BEGIN + i, Decimal(i) / 7, "USDT", f"p{i}") for i in range(4)]
    fills = [fill(i, str(i % 5 - 2 or 3), str(90 + i), BEGIN + i) for i in range(12)]
    lines = [
        *(funding_record(paid[0]), fill_record(fills[3]), funding_record(paid[1]), fill_record(fills[1])),
        *(INTRODUCED, INTRODUCED, fill_record(fills[4]), fill_record(fills[2]), fill_record(fills[3])),
        *(funding_record(paid[2]), instrument_record(replace(BTC, lot=Decimal("0.01")))),
        *(fill_record(fills[5]), adoption(Adopted(BTC.name, Decimal(1), Decimal(95), BEGIN + 4, "by hand"))),
        *(funding_record(paid[2]), fill_record(fills[11]), fill_record(fills[0]), INTRODUCED),
        *(instrument_record(ETH), *map(fill_record, fills), *map(funding_record, paid)),
    ]
    told = records(*lines)
    grown = Fold()
    for count, record in enumerate(told, 1):
        grown.take(record)
        if count >= 5:
            assert grown.ledger() == _added_up(told[:count])
    assert grown.ledger() is grown.ledger()
    assert grown.ledger().last_fill == {BTC.name: BEGIN + 11}
    assert grown.ledger().last_funding == {BTC.name: BEGIN + 3}


def _added_up(told: list[Record]) -> Ledger:
    """The same in one go: contracts first, then fills by their instants, then payments."""
    order = {"instrument": 0, "fill": 1, "adopted": 1, "funding": 2}
    ordered = sorted(told, key=lambda r: (order[r.kind], _at(r)))
    fold = Fold()
    for record in ordered:
        fold.take(record)
    since = {r.body["symbol"]: r.at for r in reversed(told) if r.kind == "instrument"}
    return replace(fold.ledger(), since={f"sim:{symbol}": at for symbol, at in since.items()})


def _at(record: Record) -> tuple[int, int, int]:
    if record.kind == "instrument":
        return (0, 0, 0)
    number = str(record.body.get("trade_id", "t0"))
    return (int(str(record.body["at"])), 0 if record.kind == "adopted" else 1, int(number[1:]))


def test_what_is_no_money_is_passed_over() -> None:
    event: tuple[str, dict[str, object]] = ("event", {"is": "Tick"})
    found = ledger_of(records(INTRODUCED, event, fill_record(fill(1, "1", "100")), event))
    assert found.quantity(BTC.name) == 1


def test_a_trade_of_what_nobody_described_is_not_guessed() -> None:
    with pytest.raises(JournalBroken, match="does not say what that is"):
        ledger_of(records(fill_record(fill(1, "1", "100"))))


def test_a_first_look_takes_over_what_is_held_and_later_gaps_need_a_person() -> None:
    desk = Desk()
    desk.market.outside(BTC, Decimal("0.02"), "trade")
    desk.market.go(desk.market.now + 5_000)
    first = desk.reconcile()
    assert (first.gaps, first.ledger.quantity(BTC.name)) == ((), Decimal("0.02"))
    desk.market.outside(BTC, Decimal("0.03"), "trade")
    desk.market.fills.pop()
    desk.market.go(desk.market.now + 5_000)
    second = desk.reconcile()
    assert second.frozen == (BTC.name,)
    assert second.ledger.quantity(BTC.name) == Decimal("0.02")
    third = desk.reconcile(adopt=True)
    assert (third.frozen, third.ledger.quantity(BTC.name)) == ((), Decimal("0.05"))


def test_fills_and_payments_that_came_while_nobody_looked_are_written() -> None:
    desk = Desk()
    desk.reconcile()
    desk.market.outside(BTC, Decimal("0.02"), "liquidation")
    desk.market.pay(BTC, Decimal("0.001"))
    desk.market.go(desk.market.now + 5_000)
    found = desk.reconcile()
    assert (found.new_fills, found.new_payments, found.gaps) == (1, 1, ())
    entry = found.ledger.entries[BTC.name]
    assert (entry.quantity, entry.funding) == (Decimal("0.02"), desk.market.funding[BTC.name])
    again = desk.reconcile()
    assert (again.new_fills, again.new_payments) == (0, 0)


def test_news_of_one_contract_hides_none_of_another() -> None:
    desk = Desk()
    desk.reconcile()
    desk.market.outside(BTC, Decimal("0.02"), "trade")
    desk.market.pay(BTC, Decimal("0.001"))
    desk.market.go(desk.market.now + 300_000)
    desk.market.outside(ETH, Decimal("0.02"), "trade")
    desk.market.pay(ETH, Decimal("0.001"))
    desk.market.go(desk.market.now + 5_000)
    assert desk.reconcile(only=[ETH]).new_payments == 1
    found = desk.reconcile()
    assert (found.new_fills, found.new_payments, found.gaps) == (1, 1, ())


def test_a_closed_position_without_a_fill_has_no_price_to_be_taken_over_at() -> None:
    desk = Desk()
    desk.market.outside(BTC, Decimal("0.02"), "trade")
    desk.reconcile()
    desk.market.outside(BTC, Decimal("-0.02"), "trade")
    desk.market.fills.pop()
    desk.market.go(desk.market.now + 5_000)
    with pytest.raises(StateUnknown, match="tells no price"):
        desk.reconcile(adopt=True)


def test_legs_held_apart_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def apart(_self: SimAccount, _instruments: object) -> tuple[Holding, ...]:
        return (Holding(BTC.name, Decimal(1), "long", Decimal(100)),)

    monkeypatch.setattr(SimAccount, "positions", apart)
    with pytest.raises(StateUnknown, match="held apart"):
        Desk().reconcile()


def test_a_contract_that_changed_is_described_anew() -> None:
    desk = Desk()
    desk.reconcile()
    changed = replace(BTC, lot=Decimal("0.002"))
    lease = desk.store.acquire(ACCOUNT, "x", 1_000)
    assert lease is not None
    desk.store.append(ACCOUNT, BEGIN + 9, [instrument_record(changed)], lease)
    ledger = ledger_of(desk.store.read(ACCOUNT))
    assert ledger.instruments[BTC.name] == changed
    assert ledger.since[BTC.name] < BEGIN + 9 * 10**6
    assert set(ledger.instruments) == {each.name for each in CONTRACTS}
