"""What a diary leaves of the files of holdings, also one of before it said anything of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.outlets.test_gauges import look

from hedgerow.model.portfolio import FileRow, Portfolio, Position
from hedgerow.model.ports import Record
from hedgerow.model.watched import Ground, Owned
from hedgerow.runs.diary import LOOK, OWNED
from hedgerow.runs.files import FilesBefore, where
from hedgerow.runs.wire import body_of, value_of

PATH = "book.csv"
ROW = FileRow(where(PATH), "a", "b")
BOOK = Portfolio((Position("ETH", Decimal(40)),))
HELD = Record(1, "watch", 1, OWNED, body_of(Owned("a", BOOK)), "")


def looked(*, earlier: bool = False, **changes: Any) -> Record:
    """A look as the diary has it, or as an `earlier` version wrote it."""
    body = body_of(look(**changes))
    if earlier:
        del body["files"]
    return Record(2, "watch", 2, LOOK, body, "")


def test_what_counts_and_what_waits_of_a_file_goes_on() -> None:
    before = FilesBefore.of([HELD, looked(files=(ROW,))])
    assert before.at(PATH) == (ROW, BOOK)
    assert before.at("other.csv") is None
    last = FilesBefore.of([HELD, looked(files=(ROW,)), looked(files=(FileRow(ROW.where, "a"),))])
    assert last.at(PATH) == (FileRow(ROW.where, "a"), BOOK)


def test_without_a_look_or_without_its_holdings_nothing_is_known() -> None:
    assert FilesBefore.of([HELD]).at(PATH) is None
    assert FilesBefore.of([looked(files=(ROW,))]).at(PATH) is None


def test_a_look_on_paper_of_an_earlier_version_rested_on_one_file() -> None:
    assert value_of(looked(earlier=True).body).files == ()
    assert FilesBefore.of([HELD, looked(earlier=True, book="a")]).at(PATH) == (FileRow("", "a"), BOOK)
    ground = Ground(1, 1, "")  # at a venue the fingerprint is that of several files and accounts
    assert FilesBefore.of([HELD, looked(earlier=True, book="a", ground=ground)]).at(PATH) is None
