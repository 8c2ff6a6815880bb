"""Which of our orders are at the venue, by the journal alone, at every point of a trade that rests."""

from __future__ import annotations

from decimal import Decimal

from tests.runs.desk import ACCOUNT, BTC, Desk

from hedgerow.hedge.execution import Style
from hedgerow.model.orders import units_of
from hedgerow.model.trades import RestingRow
from hedgerow.runs.executor import Executor
from hedgerow.runs.resting import resting
from hedgerow.runs.trading import unfinished
from hedgerow.testing.faults.lives import finish


class Gone(BaseException):
    """The process ends here."""


def rows(desk: Desk) -> tuple[RestingRow, ...]:
    return resting(tuple(desk.store.read(ACCOUNT)))


def interrupted(desk: Desk, style: Style, after_ms: int) -> None:
    """A trade that rests, whose process ends after so long."""

    def ends() -> None:
        raise Gone

    desk.when(after_ms, ends)
    try:
        finish(
            Executor(desk.doors, desk.store, desk.clock, desk.sink).run(
                ACCOUNT, "one", desk.plan("-0.5", style=style)
            )
        )
    except Gone:
        desk.market.go(desk.market.now + 30_000)


def test_an_order_that_rests_is_listed_until_the_trade_is_over() -> None:
    desk = Desk()
    price = desk.market.ask(BTC) * 2
    interrupted(desk, Style("limit", price=price, at_deadline="leave", deadline_ms=60_000), 20_000)
    (row,) = rows(desk)
    assert (row.client_id, row.instrument.name, row.kind) == (desk.sent[-1], BTC.name, "limit")
    assert (row.price, row.known) == (price, True)
    assert row.contracts < row.filled <= 0  # the market takes some of it
    assert units_of(BTC, row.contracts) == Decimal("-0.5")
    assert unfinished(desk.store, ACCOUNT) is not None
    desk.trade(None)
    assert unfinished(desk.store, ACCOUNT) is None
    assert rows(desk) == ()


def test_a_trade_that_is_done_leaves_nothing_and_an_empty_journal_has_nothing() -> None:
    desk = Desk()
    assert rows(desk) == ()
    desk.trade(desk.plan("-0.5"))
    assert rows(desk) == ()
