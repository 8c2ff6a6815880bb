"""Holdings of several dates: each set is the whole book from its instant on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hedgerow.files.book_path import parse_book_path, read_book_path
from hedgerow.files.portfolio import parse_portfolio
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.portfolio import BookPath

SERIES = "date,symbol,quantity\n2024-03-01,SOL,10\n2024-03-01,USDT,500\n2024-01-01,SOL,20\n"


def series(text: str) -> BookPath:
    return parse_book_path(text.encode(), "book.csv")


def held(path: BookPath) -> list[dict[str, str]]:
    return [{p.symbol: str(p.quantity) for p in book.positions} for book in path.books]


def test_rows_of_a_date_are_the_book_from_the_end_of_that_day() -> None:
    path = series(SERIES)
    assert path.since.tolist() == [
        np.datetime64("2024-01-02T00:00", "ms").item(),
        np.datetime64("2024-03-02T00:00", "ms").item(),
    ]
    assert held(path) == [{"SOL": "20"}, {"SOL": "10", "USDT": "500"}]
    assert path.notes[0] == "book.csv: 2 sets of holdings, from 2024-01-02T00:00 to 2024-03-02T00:00."
    assert not any("columns not used" in note for note in path.notes)


def test_an_instant_is_that_instant_in_utc() -> None:
    path = series("ts,symbol,quantity\n2024-01-01T08:00,SOL,1\n2024-01-01T10:00+01:00,SOL,2\n")
    assert [str(when)[:16] for when in path.since] == ["2024-01-01T08:00", "2024-01-01T09:00"]


def test_a_row_of_nothing_takes_a_coin_out() -> None:
    path = series(SERIES + "2024-04-01,SOL,0\n2024-04-01,USDT,900\n")
    assert held(path)[-1] == {"USDT": "900"}
    assert any("left out, their quantity is 0: SOL" in note for note in path.notes)


def test_one_date_or_none_is_one_book() -> None:
    for text in ("symbol,quantity\nSOL,1\n", "date,symbol,quantity\n2024-01-01,SOL,1\n"):
        path = series(text)
        assert held(path) == [{"SOL": "1"}]
        assert path.books[0] == parse_portfolio(text.encode(), "book.csv")


def test_parquet_dates_are_read_alike(tmp_path: Path) -> None:
    file = tmp_path / "book.parquet"
    frame = pl.read_csv(SERIES.encode(), try_parse_dates=True)
    assert frame.schema["date"] == pl.Date
    frame.write_parquet(file)
    path, text = read_book_path(file), series(SERIES)
    assert path.since.tolist() == text.since.tolist()
    assert held(path) == held(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,symbol,quantity\n2024-01-01,SOL,1\nsoon,SOL,2\n", 'line 3, column date: "soon" is no date'),
        ("date,symbol,quantity\n2024-01-01,SOL,1\n,SOL,2\n", '"" is no date'),
        (
            "date,symbol,quantity\n2024-01-01,SOL,1\n2024-02-01,SOL,0\n",
            "book.csv at 2024-02-02T00:00: holds no position",
        ),
        ("date,symbol,quantity\n2024-01-01,SOL,1\n2024-02-01,SOL,x\n", "line 3"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(BadPortfolio) as caught:
        series(text)
    assert said in caught.value.message


def test_one_answer_of_several_dates_is_refused() -> None:
    """Summed, they would be a book nobody ever held; the last alone, perhaps a purchase."""
    with pytest.raises(BadPortfolio, match="holds 2 dates") as caught:
        parse_portfolio(SERIES.encode(), "book.csv")
    assert "`backtest`" in caught.value.advice
