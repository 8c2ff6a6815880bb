"""Estimators of beta (domain §2): two verbs each, `fit` and `path`, one specification that `spec.estimator` reads."""

from __future__ import annotations

from hedgerow.stats.beta.adjusted import Adjusted
from hedgerow.stats.beta.downside import Downside
from hedgerow.stats.beta.dynamic import Dcc
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors, Estimator
from hedgerow.stats.beta.ewls import Ewls, riskmetrics
from hedgerow.stats.beta.factors import condition_number, total_beta
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.kalman import Kalman, kalman_filter, kalman_mle
from hedgerow.stats.beta.lagged import Dimson, ScholesWilliams
from hedgerow.stats.beta.ols import Ols, returns_needed, stderr_rule
from hedgerow.stats.beta.overlap import HayashiYoshida, hayashi_yoshida
from hedgerow.stats.beta.shrink import Prior, Shrink, cross_section_prior, posterior, vasicek
from hedgerow.stats.beta.spec import DEFAULT, FORMS
from hedgerow.stats.beta.theilsen import TheilSen
from hedgerow.stats.beta.welch import Welch

__all__ = [
    "DEFAULT",
    "FORMS",
    "Adjusted",
    "BetaFit",
    "BetaPath",
    "Dcc",
    "Dimson",
    "Downside",
    "Errors",
    "Estimator",
    "Ewls",
    "HayashiYoshida",
    "Huber",
    "Kalman",
    "Ols",
    "Prior",
    "ScholesWilliams",
    "Shrink",
    "TheilSen",
    "Welch",
    "condition_number",
    "cross_section_prior",
    "hayashi_yoshida",
    "kalman_filter",
    "kalman_mle",
    "posterior",
    "returns_needed",
    "riskmetrics",
    "stderr_rule",
    "total_beta",
    "vasicek",
]
