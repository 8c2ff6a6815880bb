"""Instants: one meaning each, in UTC, whatever they were written as."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest

from hedgerow.files.instants import AsOf, parse_as_of, stamps_of
from hedgerow.model.errors import UsageError

NOON = np.datetime64("2025-11-12T12:00", "ms")
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("when", "instant"),
    [
        ("2025-11-12", "2025-11-13T00:00"),
        (" 20251112 ", "2025-11-13T00:00"),
        (date(2025, 11, 12), "2025-11-13T00:00"),
        ("2025-11-12T00:00", "2025-11-12T00:00"),
        ("2025-11-12T12:00Z", "2025-11-12T12:00"),
        ("2025-11-12 14:00+02:00", "2025-11-12T12:00"),
        (datetime(2025, 11, 12, 12, tzinfo=UTC), "2025-11-12T12:00"),
        (datetime(2025, 11, 12, 14, tzinfo=EAST), "2025-11-12T12:00"),
        (np.datetime64("2025-11-12T12", "h"), "2025-11-12T12:00"),
        ("0001-01-01T00:00+23:59", "0000-12-31T00:01"),
    ],
)
def test_as_of_is_one_instant(when: AsOf, instant: str) -> None:
    assert parse_as_of(when) == np.datetime64(instant, "ms")


@pytest.mark.parametrize(
    "text", ["soon", "2025-02-30", "12.11.2025", "\x1b[2J", "２０２５-11-12", "2025-11-12T25:00"]
)
def test_what_is_no_date_is_a_matter_of_usage(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_as_of(text)
    assert caught.value.exit_code == 2
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "cells",
    [
        ["2025-11-12T12:00:00Z", "2025-11-12T14:00:00+02:00", "2025-11-12T12:00Z"],
        ["2025-11-12T12:00", "2025-11-12 12:00:00", " 2025-11-12T12:00:00.000 "],
        ["1762948800"],
        ["1762948800000"],
        ["1762948800000000"],
        ["1762948800000000000"],
        ["2025-11-12 12:00:00 UTC"],
    ],
)
def test_text_is_one_instant(cells: list[str]) -> None:
    stamps, _ = stamps_of(pl.Series(cells))
    assert set(stamps.to_numpy()) == {NOON}


def test_zones_beside_none_are_told() -> None:
    mixed = pl.Series(["2025-11-12T12:00:00", "2025-11-12T12:00:00Z"])
    assert stamps_of(mixed)[1]
    assert not stamps_of(mixed[:1])[1]
    assert not stamps_of(mixed[1:])[1]


def test_dates_are_midnights() -> None:
    midnight = np.datetime64("2025-11-12", "ms")
    for column in (pl.Series(["2025-11-12"]), pl.Series([date(2025, 11, 12)]), pl.Series([20251112])):
        assert stamps_of(column)[0].to_numpy().tolist() == [midnight.item()]


def test_columns_of_times_keep_their_zone() -> None:
    naive = pl.Series([datetime(2025, 11, 12, 12, tzinfo=UTC).replace(tzinfo=None)])
    for column in (naive, naive.dt.replace_time_zone("UTC"), naive.dt.cast_time_unit("ns")):
        assert stamps_of(column)[0].to_numpy().tolist() == [NOON.item()]
    tokyo = naive.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
    assert stamps_of(tokyo)[0].to_numpy().tolist() == [NOON.item()]


@pytest.mark.parametrize(
    "column", [pl.Series([1.5]), pl.Series([True]), pl.Series([b"x"]), pl.Series([None])]
)
def test_what_holds_no_times_is_null(column: pl.Series) -> None:
    assert stamps_of(column)[0].null_count() == 1


def test_no_rows_are_no_error() -> None:
    assert len(stamps_of(pl.Series([], dtype=pl.String))[0]) == 0
    assert len(stamps_of(pl.Series([], dtype=pl.Int64))[0]) == 0
