"""The corpus of bad input: a typed error that says what and where, or the stated reading; never anything else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.cases import Case
from tests.corpus.holdings import HOLDINGS
from tests.corpus.prices import PRICES

from hedgerow.files.books import read_books
from hedgerow.files.funding import read_funding
from hedgerow.files.portfolio import parse_portfolio, read_portfolio
from hedgerow.files.prices import parse_market, read_market
from hedgerow.model.errors import BadInput, BadPortfolio, BadPrices, HedgerowError
from hedgerow.model.market import Market

SECONDS = 30.0  # of this process alone, so that a busy machine fails nobody; a bomb would take minutes


def assert_refused(case: Case, read: Callable[[], object], error: type[BadInput]) -> None:
    with pytest.raises(HedgerowError) as caught:
        read()
    why = caught.value
    assert type(why) is error
    assert why.exit_code == 4
    assert why.file == case.file
    assert case.said in str(why)
    assert case.line is None or why.line == case.line
    assert not case.column or why.column == case.column
    assert why.advice
    assert len(str(why)) < 700
    assert all(c.isprintable() or c == "\n" for c in str(why))


def counts(market: Market) -> dict[str, int]:
    seen = np.isfinite(market.prices).sum(axis=0)
    return {name: int(count) for name, count in zip(market.symbols, seen, strict=True)}


@pytest.mark.parametrize("case", HOLDINGS, ids=lambda case: case.text)
def test_holdings(case: Case) -> None:
    data, started = case.data, time.process_time()
    if case.reads is None:
        assert_refused(case, lambda: parse_portfolio(data, case.file), BadPortfolio)
    else:
        found = parse_portfolio(data, case.file)
        assert {row.symbol: f"{row.quantity:f}" for row in found.positions} == case.reads
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("case", PRICES, ids=lambda case: case.text)
def test_prices(case: Case) -> None:
    data, started = case.data, time.process_time()
    if case.reads is None:
        assert_refused(case, lambda: parse_market(data, case.file), BadPrices)
    else:
        found = parse_market(data, case.file)
        assert counts(found) == case.reads
        assert not (found.prices <= 0).any()
    assert time.process_time() - started < SECONDS


READERS: list[Callable[[Path], object]] = [read_portfolio, read_market, read_funding, read_books]


def fifo(folder: Path) -> Path:
    path = folder / "pipe.csv"
    os.mkfifo(path)
    return path


def looping(folder: Path) -> Path:
    path = folder / "loop.csv"
    path.symlink_to(path)
    return path


def dangling(folder: Path) -> Path:
    path = folder / "gone.csv"
    path.symlink_to(folder / "nothing.csv")
    return path


PLACES: dict[str, Callable[[Path], Path]] = {
    "absent": lambda folder: folder / "absent.csv",
    "an empty folder": lambda folder: folder,
    "device": lambda folder: folder / "/dev/zero",
    "null device": lambda folder: folder / "/dev/null",
    "FIFO": fifo,
    "link to nothing": dangling,
    "link to itself": looping,
    "below a file": lambda folder: folder / __file__ / "x.csv",
    "NUL in the name": lambda folder: folder / "a\0b.csv",
    "long name": lambda folder: folder / ("a" * 5_000 + ".csv"),
    "escape in the name": lambda folder: folder / "\x1b[31m.csv",
}


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_refused_at_once(
    place: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    if place == "an empty folder" and read is read_books:
        assert read_books(tmp_path).books == {}
        return
    started = time.process_time()
    with pytest.raises(BadInput) as caught:
        read(PLACES[place](tmp_path))
    assert caught.value.exit_code == 4
    assert "\x1b" not in str(caught.value)
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", ["pipe.json", "pipe.csv"])
def test_a_pipe_in_a_folder_does_not_hang(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    read: Callable[[Path], object] = read_books if name.endswith("json") else read_market
    with pytest.raises(BadPrices, match=r"pipe\."):
        read(tmp_path)


def test_a_sparse_file_of_a_terabyte_is_refused_unread(tmp_path: Path) -> None:
    for name, read in (("b.csv", read_portfolio), ("p.csv", read_market)):
        path = tmp_path / name
        with path.open("wb") as handle:
            handle.truncate(1 << 40)
        with pytest.raises(BadInput, match="larger than"):
            read(path)


def test_no_two_cases_bear_one_name() -> None:
    names = [case.text for case in HOLDINGS], [case.text for case in PRICES]
    for listed in names:
        assert len(set(listed)) == len(listed)
