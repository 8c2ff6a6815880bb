"""Protection through the past: a path that can be reckoned by hand, and one that cannot see ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hedgerow.hedge.options.walk import Assumed, History, Walk, walk
from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.black import black_price

FREE = Assumed(half_spread=0.0, perp_cost=0.0, funding=0.0, skew=0.0)
START = 40


def history(last: float = 1.0, days: int = 31, seed: int = 3) -> History:
    """BTC at 60,000 after forty restless days, and at `last` of that from the eleventh day on; the book is one BTC and a half."""
    before = 60_000.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.025, START + 1)))
    spot = np.concatenate(
        (before * 60_000.0 / before[-1], np.full(10, 60_000.0), np.full(days - 11, 60_000.0 * last))
    )
    times = np.datetime64("2025-08-01", "D") + np.arange(len(spot))
    return History(times.astype("datetime64[ms]"), spot, 1.5 * spot, 1.5 * spot)


def found(last: float, **more: object) -> Walk:
    return walk(history(last), START, assumed=replace(FREE, **more))  # type: ignore[arg-type]


def test_a_fall_is_paid_for_below_the_strike() -> None:
    """By hand: puts on 1.5 coins at 54,000, held to their end; the perpetual takes all of it."""
    seen = found(0.7)
    past = np.diff(np.log(history().spot_usd[: START + 1]))[-30:]
    sigma = max(1.1 * np.std(past, ddof=1) * np.sqrt(365), 0.35)
    premium = 1.5 * (float(black_price(60_000, 54_000, 30 / 365, sigma, call=False)) + 0.0003 * 60_000)
    assert seen.premium_usd[0] == pytest.approx(premium, rel=1e-9)
    assert seen.alone[-1] == pytest.approx(-27_000)
    assert seen.perpetual[-1] == pytest.approx(0.0, abs=1e-6)
    assert seen.put[29] == pytest.approx(-27_000 + 1.5 * (54_000 - 42_000) - premium, rel=0.02)
    assert seen.collar[29] == pytest.approx(-9_000, rel=0.02)  # down to the strike, and nothing for it
    assert seen.rolled == (0, 30)


def test_a_rise_is_kept_with_a_put_and_given_away_by_the_others() -> None:
    seen = found(1.4)
    assert seen.alone[-1] == pytest.approx(36_000)
    assert seen.put[29] == pytest.approx(36_000 - seen.premium_usd[0], rel=0.01)
    assert seen.perpetual[-1] == pytest.approx(0.0, abs=1e-6)
    assert 0.0 < seen.collar[29] < 0.5 * seen.alone[-1]


def test_costs_and_funding_have_their_signs() -> None:
    quiet, dear = found(1.0), found(1.0, half_spread=0.05, perp_cost=0.001)
    assert dear.put[29] < quiet.put[29]
    assert dear.collar[29] < quiet.collar[29]
    assert dear.perpetual[-1] == pytest.approx(-90.0)
    assert found(1.0, funding=0.0003).perpetual[10] == pytest.approx(10 * 0.0003 * 90_000)


def test_a_collar_costs_nothing_when_it_is_opened() -> None:
    for more in ({}, {"half_spread": 0.02}):
        seen = found(1.0, **more)
        assert seen.collar[0] <= 1e-6 * 60_000
        assert seen.put[0] <= 1e-9


def test_no_day_knows_the_days_after_it() -> None:
    """Cut short, it is the same up to there."""
    whole = history(0.7, days=45)
    cut = History(whole.times[:-20], whole.spot_usd[:-20], whole.book_usd[:-20], whole.beta_usd[:-20])
    long, short = walk(whole, START), walk(cut, START)
    for name in ("alone", "perpetual", "put", "collar"):
        assert getattr(short, name) == pytest.approx(getattr(long, name)[:-20], rel=1e-12)


@pytest.mark.parametrize("last", [0.6, 1.0, 1.3])
def test_the_lines_of_each_day_are_what_the_options_gained_in_it(last: float) -> None:
    """Exact to 1e-9 of the book, over rolls and over expiry, with spread and fee on lines of their own."""
    seen = walk(history(last, days=45), START, assumed=Assumed())
    for gained, lines in ((seen.put, seen.put_lines), (seen.collar, seen.collar_lines)):
        own = np.diff(gained - seen.alone, prepend=0.0)
        totals = np.array([each.total for each in lines])
        assert np.abs(totals - own).max() < 1e-9 * 90_000
        assert lines[0].delta == 0.0
        assert lines[0].fees < 0.0
        assert [i for i, each in enumerate(lines) if each.slippage] == list(seen.rolled)
    if last < 1.0:
        assert sum(each.delta for each in seen.put_lines) > 0.0
        assert sum(each.gamma for each in seen.put_lines) > 0.0
    assert sum(each.theta for each in seen.put_lines) < 0.0


@pytest.mark.parametrize("start", [29, 71, 500])
def test_too_little_past_is_told(start: int) -> None:
    with pytest.raises(NotEnoughData):
        walk(history(), start)
