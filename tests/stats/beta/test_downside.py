from __future__ import annotations

from typing import Any

import numpy as np
import statsmodels.api as sm
from tests.stats.beta.panels import close, d24, panel

from hedgerow.stats.beta.downside import Downside


def test_TV08_downside(vectors: dict[str, Any]) -> None:
    v = vectors["TV08_robust"]
    conditional, mean, lpm = (d24(f"downside:24:{name}") for name in ("conditional", "mean", "lpm"))
    assert conditional.beta[0, 0] == close(v["downside_conditional"])
    assert mean.beta[0, 0] == close(v["downside_ACX_threshold_mean"])
    assert lpm.beta[0, 0] == close(v["downside_LPM0"])
    assert conditional.n[0] == lpm.n[0] == v["n_down"]


def test_equals_statsmodels_on_the_falls_of_the_window() -> None:
    y, x = panel()
    f, r = x[-120:, 0], y[-120:, 0]
    for variant, falls in (("conditional", f < 0), ("mean", f < f.mean())):
        fit = Downside(120, "mean" if variant == "mean" else "conditional").fit(y, x)
        done = sm.OLS(r[falls], sm.add_constant(f[falls])).fit()
        assert (fit.beta[0, 0], fit.stderr[0, 0]) == close((done.params[1], done.bse[1]))
    lpm = Downside(120, "lpm").fit(y, x)
    done = sm.OLS(r, np.minimum(f, 0.0)).fit()
    assert lpm.beta[0, 0] == close(done.params[0])
    assert lpm.alpha[0] == 0.0


def test_a_factor_that_never_falls_has_no_downside() -> None:
    y, x = panel()
    for variant in ("conditional", "lpm"):
        fit = Downside(None, "lpm" if variant == "lpm" else "conditional").fit(y, np.abs(x))
        assert np.isnan(fit.beta).all()
        assert (fit.n == 0).all()
