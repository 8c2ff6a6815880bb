"""DCC-GARCH: the vector, and parameters that were put in."""

from __future__ import annotations

from typing import Any

import arch as untyped
import numpy as np
import pytest
from tests.golden.datasets import D24_X, D24_Y, d200

from hedgerow.model.errors import BadInput, NotEnoughData
from hedgerow.stats.beta.dcc import DccParameters, GarchParameters, dcc_beta, fit_dcc, fit_garch

outside: Any = untyped


def test_TV10_DCC(vectors: dict[str, Any]) -> None:
    v = vectors["TV10_DCC"]
    x, y = D24_X, D24_Y
    margins = [GarchParameters(v[f"omega_{name}"], v["alpha"], v["beta"]) for name in ("x", "y")]
    found = dcc_beta(y, x, DccParameters(margins[0], margins[1], v["dcc_a"], v["dcc_b"]))
    assert found.variance_x == pytest.approx(v["h_x_next"], rel=1e-9)
    assert found.variance_y == pytest.approx(v["h_y_next"], rel=1e-9)
    assert found.correlation == pytest.approx(v["rho_next"], rel=1e-9)
    assert found.beta == pytest.approx(v["beta_next"], rel=1e-9)


def simulated(seed: int, rows: int = 2000) -> Any:
    """GARCH(1,1) returns with α 0.1, β 0.85 and 3 % a day."""
    rng = np.random.default_rng(seed)
    h, out = 0.0009, []
    for _ in range(rows):
        r = np.sqrt(h) * rng.standard_normal()
        out.append(r)
        h = 0.0009 * 0.05 + 0.10 * r**2 + 0.85 * h
    return np.array(out)


@pytest.mark.slow
def test_the_margins_are_those_of_an_outside_implementation() -> None:
    r = simulated(3)
    mine = fit_garch(r)
    theirs = outside.arch_model(100 * r, mean="Zero", vol="GARCH", p=1, q=1).fit(disp="off").params
    assert mine.alpha == pytest.approx(float(theirs["alpha[1]"]), abs=0.03)
    assert mine.beta == pytest.approx(float(theirs["beta[1]"]), abs=0.05)


@pytest.mark.slow
def test_a_beta_that_was_put_in_is_found() -> None:
    x = simulated(1, 800)
    y = 1.5 * x + 0.02 * np.random.default_rng(2).standard_normal(800)
    found = dcc_beta(y, x, fit_dcc(y, x))
    assert found.beta == pytest.approx(1.5, abs=0.25)


def test_what_has_no_long_run_or_gaps_is_refused() -> None:
    x, y, _ = d200()
    fine, wild = GarchParameters(2e-5, 0.08, 0.87), GarchParameters(2e-5, 0.2, 0.9)
    with pytest.raises(BadInput, match="no long run"):
        dcc_beta(y, x, DccParameters(fine, wild, 0.05, 0.9))
    with pytest.raises(BadInput, match="no gaps"):
        dcc_beta(np.where(x > 0.02, np.nan, y), x, DccParameters(fine, fine, 0.05, 0.9))
    with pytest.raises(NotEnoughData, match="too few"):
        fit_garch(x[:50])
