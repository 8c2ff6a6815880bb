from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Estimator
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.spec import estimator
from hedgerow.testing.estimator import PROMISES, check_estimator

BOUNDS = "the bounds lie around a beta of 1, so y and x are only scaled together"
TO_ONE = "it pulls towards 1, whatever the scale"
BARS = "a lag is one bar back in time, and a hole stays between its neighbours"
TIME = "beta goes on walking while an asset has no return"
LEADS = "the lag and the lead see different rows at the two ends"
POOL = "the cross-section of all assets is what it shrinks to"
GIVEN = "Q and R are given in the units of the returns"

EXEMPT: dict[str, dict[str, str]] = {
    "default": {},
    "ols:90": {},
    "ols@hac": {"gaps stay gaps": BARS},
    "ols:90@sandwich": {},
    "ewls:30": {},
    "ewls:30:90@ols": {},
    "huber": {},
    "huber:30:90": {},
    "welch:90": {"scale of y": BOUNDS, "scale of x": BOUNDS},
    "bswa:30:90": {"scale of y": BOUNDS, "scale of x": BOUNDS},
    "theilsen:60": {},
    "downside:90:conditional": {},
    "downside:90:mean": {},
    "downside:90:lpm": {},
    "sw:90": {"gaps stay gaps": BARS, "one to itself": LEADS},
    "hy:90": {},
    "kalman": {"gaps stay gaps": TIME},
    "kalman:each": {"gaps stay gaps": TIME},
    "kalman:0.001:0.0004": {
        "gaps stay gaps": TIME,
        "scale of y": GIVEN,
        "scale of x": GIVEN,
        "scale of both": GIVEN,
        "one to itself": GIVEN,
    },
    "dcc": {},
    "dimson:1(ols:90)": {"gaps stay gaps": BARS},
    "dimson:2(ewls:30)": {"gaps stay gaps": BARS},
    "shrink(ols:90)": {"gaps stay gaps": POOL, "each asset for itself": POOL},
    "blume(ols:90)": {"scale of y": TO_ONE, "scale of x": TO_ONE, "one to itself": TO_ONE},
    "bloomberg(ols:90)": {"scale of y": TO_ONE, "scale of x": TO_ONE},
}


@pytest.mark.parametrize("spec", EXEMPT)
def test_every_estimator_keeps_its_promises(spec: str) -> None:
    kept = check_estimator(lambda: estimator(spec), exempt=EXEMPT[spec])
    assert set(kept) == set(PROMISES) - set(EXEMPT[spec])


@pytest.mark.parametrize(("spec", "promise"), [(spec, name) for spec in EXEMPT for name in EXEMPT[spec]])
def test_no_exemption_is_idle(spec: str, promise: str) -> None:
    others = {name: "looked at elsewhere" for name in PROMISES if name != promise}
    with pytest.raises(BrokenPromise, match=promise):
        check_estimator(lambda: estimator(spec), exempt=others)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Least squares with one defect."""

    defect: str
    inner: Estimator

    @property
    def spec(self) -> str:
        return f"wrong {self.defect}"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        if self.defect == "fills":
            return self.inner.fit(np.nan_to_num(y), np.nan_to_num(x))
        fit = self.inner.fit(
            y[::-1] if self.defect == "newest" else y, x[::-1] if self.defect == "newest" else x
        )
        if self.defect == "zero":
            return replace(fit, beta=np.nan_to_num(fit.beta), stderr=np.nan_to_num(fit.stderr))
        if self.defect == "touches":
            y *= 1.001
        if self.defect == "warns":
            np.log(np.array([-1.0]))
        if self.defect == "uneven":
            covariance = fit.covariance.copy()
            covariance[0, 1] *= 2.0
            return replace(fit, covariance=covariance)
        return fit

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        if self.defect in {"fills", "zero", "warns", "newest"}:
            return path_by_fits(self, y, x)
        path = self.inner.path(y, x)
        if self.defect == "looks ahead":
            ahead = np.roll(path.beta, -1, axis=0)
            return BetaPath(np.where(np.isnan(path.beta), np.nan, ahead), path.stderr, path.n)
        return path


@pytest.mark.parametrize(
    ("defect", "promise"),
    [
        ("fills", "returns counted"),
        ("zero", "unknown is not zero"),
        ("touches", "shapes"),
        ("warns", "it warns"),
        ("uneven", "joint covariance"),
        ("looks ahead", "path equals fit"),
        ("newest", "returns counted"),
    ],
)
def test_a_defect_is_found_and_named(defect: str, promise: str) -> None:
    with pytest.raises(BrokenPromise, match=promise) as broken:
        check_estimator(lambda: Wrong(defect, Ols(90)))
    assert f"wrong {defect} breaks its promise" in broken.value.message


def test_look_ahead_is_found_by_the_truncation_alone() -> None:
    others = {name: "looked at elsewhere" for name in PROMISES if name != "no future"}
    with pytest.raises(BrokenPromise, match="under another future"):
        check_estimator(lambda: Wrong("looks ahead", Ols(90)), exempt=others)


@pytest.mark.parametrize("exempt", [{"scale of z": "no such thing"}, {"shapes": " "}])
def test_an_exemption_needs_a_promise_and_a_reason(exempt: dict[str, str]) -> None:
    with pytest.raises(BrokenPromise):
        check_estimator(Ols, exempt=exempt)
