from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.adjusted import Adjusted
from hedgerow.stats.beta.downside import Downside
from hedgerow.stats.beta.dynamic import Dcc
from hedgerow.stats.beta.estimator import Estimator
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.kalman import Kalman
from hedgerow.stats.beta.lagged import Dimson, ScholesWilliams
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.overlap import HayashiYoshida
from hedgerow.stats.beta.shrink import Shrink
from hedgerow.stats.beta.spec import FORMS, estimator
from hedgerow.stats.beta.theilsen import TheilSen
from hedgerow.stats.beta.welch import Welch

MEANT: dict[str, Estimator] = {
    "default": Huber(60, 300),
    "ols": Ols(),
    "ols:365": Ols(365),
    "ols:365@hac": Ols(365, "hac"),
    "ewls:60": Ewls(60),
    "ewls:60:300": Ewls(60, 300),
    "ewls:7.5:300@ols": Ewls(7.5, 300, "ols"),
    "huber": Huber(),
    "huber:60:300": Huber(60, 300),
    "huber:inf:300": Huber(None, 300),
    "theilsen:90": TheilSen(90),
    "welch:300": Welch(None, 300),
    "bswa:120:700": Welch(120, 700),
    "sw:180@hac": ScholesWilliams(180, "hac"),
    "downside:180:conditional": Downside(180, "conditional"),
    "downside:inf:lpm@sandwich": Downside(None, "lpm", "sandwich"),
    "downside:mean": Downside(None, "mean"),
    "hy:30": HayashiYoshida(30),
    "kalman": Kalman(),
    "kalman:pooled": Kalman(),
    "dcc": Dcc(),
    "kalman:each": Kalman("each"),
    "kalman:1e-05:0.0004": Kalman(noise=(1e-5, 4e-4)),
    "dimson:1(ols:90)": Dimson(1, Ols(90)),
    "shrink(dimson:2(ewls:60))": Shrink(Dimson(2, Ewls(60))),
    "blume(ols:60)": Adjusted(Ols(60), "blume"),
    "bloomberg(ols:60)": Adjusted(Ols(60), "bloomberg"),
    " Shrink( HUBER:60:300 ) ": Shrink(Huber(60, 300)),
}


@pytest.mark.parametrize("spec", MEANT)
def test_means_what_it_says_and_reads_back(spec: str) -> None:
    made = estimator(spec)
    assert made == MEANT[spec]
    assert estimator(made.spec) == made


def test_days_are_turned_into_bars() -> None:
    assert estimator("ols:90d", bars_per_day=6) == Ols(540)
    assert estimator("default", bars_per_day=24) == Huber(1440, 7200)
    assert estimator("ewls:60d:300", bars_per_day=6) == Ewls(360, 300)
    assert estimator("ols:365", bars_per_day=6) == Ols(365)


def test_errors_are_the_specs_own_before_those_asked_for() -> None:
    assert estimator("ols:90", errors="hac") == Ols(90, "hac")
    assert estimator("default", errors="ols") == Huber(60, 300, errors="ols")
    assert estimator("ols:90@hac", errors="sandwich") == Ols(90, "hac")
    assert estimator("shrink(dimson:1(ols:90))", errors="hac") == Shrink(Dimson(1, Ols(90, "hac")))


@pytest.mark.parametrize(
    "spec",
    [
        *(
            "",
            "olss:365",
            "ols:",
            "ols:0",
            "ols:-3",
            "ols:nan",
            "ols:1e9",
            "ols:3:4",
            "ols:1_0",
            "ols:٣٠",
            "365",
        ),
        *("ewls", "ewls:inf", "bswa", "downside:90", "downside:90:upside", "kalman:warm", "kalman:1:2:3"),
        *("kalman:0:1", "dimson(ols)", "dimson:0(ols)", "dimson:21(ols)", "dimson:x(ols)", "shrink:2(ols)"),
        *("shrink()", "shrink(ols", "shrink(ols))", "(ols)", "blume", "ols:365@", "ols@hac@hac", "sh" * 5000),
        "shrink(" * 500 + "ols" + ")" * 500,
    ],
)
def test_what_cannot_be_read_is_refused_with_the_forms(spec: str) -> None:
    with pytest.raises(UsageError) as refused:
        estimator(spec)
    assert len(str(refused.value)) < 700
    assert all(form in refused.value.advice for form in FORMS) or "--stderr" in refused.value.advice


@pytest.mark.parametrize(
    ("spec", "near"),
    [("olss:365", "ols:"), ("hubber:60", "huber:"), ("theil:90", "theilsen:"), ("dimsun:1(ols)", "dimson:")],
)
def test_the_nearest_form_is_named(spec: str, near: str) -> None:
    with pytest.raises(UsageError) as refused:
        estimator(spec)
    assert f"Did you mean {near}" in refused.value.advice


@pytest.mark.parametrize(
    ("spec", "errors", "advice"),
    [
        ("ols", "hc3", "ols, hac or sandwich"),
        ("sw:90", "ols", "hac or sandwich"),
        ("theilsen:90", "hac", "error of its own"),
        ("kalman", "ols", "error of its own"),
    ],
)
def test_errors_an_estimator_does_not_have_are_refused(spec: str, errors: str, advice: str) -> None:
    with pytest.raises(UsageError) as refused:
        estimator(spec, errors=errors)
    assert advice in refused.value.advice


def test_a_window_needs_returns() -> None:
    with pytest.raises(UsageError, match="no window"):
        estimator("ols:1d")


@given(st.text(alphabet="olsewhubrdim:()@0123456789.inf-d ", max_size=25))
def test_any_text_is_an_estimator_or_a_usage_error(text: str) -> None:
    try:
        made = estimator(text)
    except UsageError:
        return
    assert estimator(made.spec) == made
