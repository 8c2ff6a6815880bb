"""Funding prints and open interest: one venue, fractions for one interval, nothing after as_of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.files.made import written

from hedgerow.files.funding import funding_read, read_funding, read_open_interest
from hedgerow.model.errors import BadPrices

HEADER = "ts,venue,symbol,rate"
PRINTS = [
    "2025-01-01T16:00:00,binance,BTC,0.0003",
    "2025-01-01T00:00:00,binance,BTC,0.0001",
    "2025-01-01T08:00:00,binance,BTC,-0.0002",
    "2025-01-01T00:00:00,binance,ETH,0.00005",
]


def test_prints_come_oldest_first_by_contract(tmp_path: Path) -> None:
    found = read_funding(written(tmp_path, PRINTS, HEADER))
    assert set(found) == {"BTC", "ETH"}
    assert found["BTC"].venue == "binance"
    np.testing.assert_array_equal(found["BTC"].rates, [0.0001, -0.0002, 0.0003])
    assert found["BTC"].times[0] == np.datetime64("2025-01-01T00:00", "ms")


def test_nothing_after_as_of(tmp_path: Path) -> None:
    found = read_funding(written(tmp_path, PRINTS, HEADER), as_of="2025-01-01T08:00")
    np.testing.assert_array_equal(found["BTC"].rates, [0.0001, -0.0002])


def test_several_venues_need_a_choice(tmp_path: Path) -> None:
    path = written(tmp_path, [*PRINTS, "2025-01-01T00:00:00,bybit,BTC,0.0009"], HEADER)
    with pytest.raises(BadPrices, match="binance, bybit") as caught:
        read_funding(path)
    assert "--funding-venue" in caught.value.advice
    np.testing.assert_array_equal(read_funding(path, "bybit")["BTC"].rates, [0.0009])
    with pytest.raises(BadPrices, match="no venue okx"):
        read_funding(path, "okx")


@pytest.mark.parametrize("rate", ["0.06", "-0.06", "1", "inf", "NaN"])
def test_a_rate_that_is_no_fraction_is_refused(rate: str, tmp_path: Path) -> None:
    with pytest.raises(BadPrices, match="rate") as caught:
        read_funding(written(tmp_path, [*PRINTS, f"2025-01-02T00:00:00,binance,BTC,{rate}"], HEADER))
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("rate", ["0.02", "-0.02"])
def test_two_per_cent_is_real(rate: str, tmp_path: Path) -> None:
    path = written(tmp_path, [*PRINTS, f"2025-01-02T00:00:00,binance,BTC,{rate}"], HEADER)
    assert read_funding(path)["BTC"].rates[-1] == float(rate)


def test_a_print_given_twice_counts_once(tmp_path: Path) -> None:
    assert len(read_funding(written(tmp_path, PRINTS * 2, HEADER))["BTC"].rates) == 3


def test_two_rates_at_one_instant_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPrices, match="BTC has two rates at 2025-01-01T08:00"):
        read_funding(written(tmp_path, [*PRINTS, "2025-01-01T08:00:00,binance,BTC,0.0007"], HEADER))


@pytest.mark.parametrize(
    ("header", "lines", "said"),
    [
        ("ts,symbol", ["2025-01-01T00:00:00,BTC"], "no column rate"),
        ("symbol,rate", ["BTC,0.0001"], "no time column"),
        ("ts,symbol,rate", ["soon,BTC,0.0001"], "times"),
    ],
)
def test_a_file_without_what_is_needed_is_refused(
    header: str, lines: list[str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadPrices, match=said):
        read_funding(written(tmp_path, lines, header))


def test_open_interest_is_the_last_before_as_of(tmp_path: Path) -> None:
    lines = ["2025-01-01T00:00:00,BTC,5", "2025-01-02T00:00:00,BTC,7", "2025-01-01T00:00:00,ETH,9"]
    path = written(tmp_path, lines, "ts,symbol,open_interest_base")
    assert read_open_interest(path) == {"BTC": 7.0, "ETH": 9.0}
    assert read_open_interest(path, as_of="2025-01-01T12:00") == {"BTC": 5.0, "ETH": 9.0}


@pytest.mark.market_data
def test_real_funding_needs_its_venue(data_dir: Path) -> None:
    with pytest.raises(BadPrices, match="8 venues") as caught:
        read_funding(data_dir / "funding.parquet")
    assert "--funding-venue" in caught.value.advice


@pytest.mark.market_data
@pytest.mark.parametrize("venue", ["binance", "bybit", "hyperliquid"])
def test_real_funding_is_read_by_venue(venue: str, data_dir: Path) -> None:
    found = read_funding(data_dir / "funding.parquet", venue)
    assert found
    for prints in found.values():
        assert (np.diff(prints.times) > np.timedelta64(0, "ms")).all()
        assert np.abs(prints.rates).max() <= 0.05


@pytest.mark.market_data
def test_real_open_interest_is_in_coins(data_dir: Path) -> None:
    found = read_open_interest(data_dir / "open_interest_bybit_4h.parquet")
    assert all(amount >= 0 for amount in found.values())
    assert "AVAX" in found


def test_where_sources_differ_the_one_with_more_prints_is_read_and_it_is_said(tmp_path: Path) -> None:
    lines = [f"{line},a" for line in PRINTS] + [
        "2025-01-01T08:00:00,binance,BTC,0.001,b",
        "2025-01-02T00:00:00,binance,BTC,0.002,b",
    ]
    found = funding_read(written(tmp_path, lines, f"{HEADER},source"))
    np.testing.assert_array_equal(found.prints["BTC"].rates, [0.0001, -0.0002, 0.0003, 0.002])
    assert found.notes == (
        "Funding of BTC: 1 prints differ between sources; the source with more prints is read.",
    )


def test_open_interest_of_last_month_is_unknown(tmp_path: Path) -> None:
    lines = ["2025-01-01T00:00:00,BTC,5", "2025-01-30T00:00:00,ETH,9"]
    path = written(tmp_path, lines, "ts,symbol,open_interest_base")
    assert read_open_interest(path) == {"ETH": 9.0}
    assert read_open_interest(path, as_of="2025-01-05") == {"BTC": 5.0}
