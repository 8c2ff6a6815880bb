"""A file of holdings that is written while it is read: what counts, look by look."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hedgerow.app.beside import Holdings
from hedgerow.app.settling import Settling
from hedgerow.config import Settings
from hedgerow.model.errors import BadPortfolio

OLD, NEW = b"symbol,quantity\nETH,40\nSOL,500\n", b"symbol,quantity\nETH,40\nSOL,550\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "book.csv"
    path.write_bytes(OLD)
    return path


def test_a_change_counts_from_the_second_look_that_reads_the_same(file: Path) -> None:
    settling = Settling(str(file), OLD)
    assert settling.poll() is None
    file.write_bytes(NEW)
    assert settling.poll() is None
    assert settling.poll() == NEW
    assert settling.poll() == NEW  # until it was taken
    settling.took(NEW)
    assert settling.poll() is None


def test_a_file_that_grows_while_it_is_read_does_not_count_until_it_stands_still(file: Path) -> None:
    settling = Settling(str(file), OLD)
    for end in range(1, len(NEW), 5):
        file.write_bytes(NEW[:end])
        assert settling.poll() is None
    file.write_bytes(NEW)
    assert settling.poll() is None
    assert settling.poll() == NEW


def test_what_was_put_back_is_no_change_and_half_of_it_is_forgotten(file: Path) -> None:
    settling = Settling(str(file), OLD)
    file.write_bytes(NEW[:20])
    assert settling.poll() is None
    file.write_bytes(OLD)
    assert settling.poll() is None
    file.write_bytes(NEW[:20])
    assert settling.poll() is None  # seen before what was put back: it is the first look again


def test_a_file_that_is_away_for_one_look_is_being_replaced_and_for_two_is_gone(file: Path) -> None:
    settling = Settling(str(file), OLD)
    file.unlink()
    assert settling.poll() is None
    file.write_bytes(OLD)
    assert settling.poll() is None
    file.unlink()
    assert settling.poll() is None
    with pytest.raises(BadPortfolio):
        settling.poll()
    file.write_bytes(OLD)
    assert settling.poll() is None


def test_what_another_process_read_goes_on(file: Path) -> None:
    """Of a look before what counted and what waited are known: each look is a life of its own."""
    row = Settling(str(file), OLD).row
    for text, counts in (
        (OLD, OLD),
        (NEW[:20], OLD),
        (NEW, OLD),
        (OLD, OLD),
        (NEW, OLD),
        (NEW, NEW),
        (NEW, NEW),
        (OLD, NEW),
        (OLD, OLD),
    ):
        file.write_bytes(text)
        settling = Settling(str(file), text, row)
        new = settling.poll()
        if new is not None:
            settling.took(new)
        row = settling.row
        assert (settling.counts(counts), row.waits == "") == (True, text == counts)


def test_the_holdings_of_a_venues_watch_settle_and_what_cannot_be_read_is_not_taken_for_what_was(
    file: Path,
) -> None:
    holdings = Holdings(Settings(), str(file), "bybit", {})

    def units() -> list[str]:
        book = asyncio.run(holdings.read((), frozenset()))
        return [str(row.quantity) for row in book.positions]

    assert units() == ["40", "500"]
    file.write_bytes(NEW[:-5])  # a last row without its number
    assert units() == ["40", "500"]
    for _ in range(2):
        with pytest.raises(BadPortfolio, match="line 3"):
            units()
    file.write_bytes(NEW)
    with pytest.raises(BadPortfolio, match="the next look"):
        units()
    assert units() == ["40", "550"]
    assert units() == ["40", "550"]
