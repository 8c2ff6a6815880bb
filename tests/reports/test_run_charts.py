"""What is drawn of a run: no extreme is lost, no line crosses what is unknown, every machine draws the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.runs.test_backtest import run

from hedgerow.reports import run_bars as bars
from hedgerow.reports import run_charts as charts
from hedgerow.reports.charts import svg

MADE = run()


@given(hnp.arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e9, 1e9) | st.just(np.nan)))
def test_of_a_long_series_the_extremes_and_the_ends_are_drawn(values: np.ndarray) -> None:
    picked = charts._picked(values)
    known = np.flatnonzero(np.isfinite(values))
    assert len(picked) <= 602
    assert np.isfinite(values[picked]).all()
    if len(known):
        assert {int(known[0]), int(known[-1])} <= set(picked.tolist())
        assert values[picked].min() == values[known].min()
        assert values[picked].max() == values[known].max()


def test_a_line_is_broken_where_nothing_is_known() -> None:
    values = np.array([1.0, 2.0, np.nan, np.nan, 3.0])
    parts = charts._parted(values)
    assert [i for _, i in parts] == [0, 1, 4]
    assert parts[0][0] == parts[1][0] != parts[2][0]


def test_the_largest_trades_are_drawn_and_the_first_is_not() -> None:
    traded = np.zeros(len(MADE.times))
    traded[2] = 1e9
    traded[3:] = 1.0
    assert 2 not in charts.shown_trades(replace(MADE, traded_usd=traded))
    many = replace(MADE, traded_usd=np.arange(1.0, len(MADE.times) + 1.0))
    assert len(charts.shown_trades(many)) == min(len(MADE.times) - 1, 300)


def test_the_waterfall_goes_on_where_it_stopped() -> None:
    lines = [("alpha", 30.0, "+$30"), ("basis", -50.0, "−$50"), ("together", -20.0, "−$20")]
    drawn = bars.chart_waterfall(lines, charts.BROAD).to_dict()
    (rows,) = (data for data in drawn["datasets"].values() if "said" in data[0])
    assert [(row["from"], row["to"]) for row in rows] == [(0.0, 30.0), (30.0, -20.0), (0.0, -20.0)]


@pytest.mark.parametrize("width", [charts.BROAD, charts.NARROW])
def test_a_chart_is_as_wide_as_it_is_asked_to_be_whatever_the_clock(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    for zone in ("UTC", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        drawn.append(svg(charts.chart_equity(MADE, width), "caption", "summary"))
    assert drawn[0] == drawn[1]
    assert f'width="{width}"' in drawn[0]
    assert ' id="' not in drawn[0]
