"""Risk: variance and what a hedge removes of it, tails, first passage, breaks (domain §7)."""

from __future__ import annotations

from hedgerow.stats.risk.breaks import BreakTest, chow, cusum, fisher_difference, fisher_interval
from hedgerow.stats.risk.passage import (
    first_passage_probability,
    monitored_barrier,
    simulated_passage,
    terminal_probability,
)
from hedgerow.stats.risk.shock import Shock, shocked
from hedgerow.stats.risk.tail import (
    Drawdown,
    Quantile,
    historical_es,
    historical_var,
    max_drawdown,
    normal_es,
    normal_var,
    shortfall_effectiveness,
)
from hedgerow.stats.risk.variance import (
    DAYS_A_YEAR,
    MinVarianceHedge,
    VarianceSplit,
    annualise,
    hedge_effectiveness,
    min_variance_hedge,
    observations_for_stderr,
    split_returns,
    split_variance,
    stderr_of_beta,
    tracking_error,
)

__all__ = [
    "DAYS_A_YEAR",
    "BreakTest",
    "Drawdown",
    "MinVarianceHedge",
    "Quantile",
    "Shock",
    "VarianceSplit",
    "annualise",
    "chow",
    "cusum",
    "first_passage_probability",
    "fisher_difference",
    "fisher_interval",
    "hedge_effectiveness",
    "historical_es",
    "historical_var",
    "max_drawdown",
    "min_variance_hedge",
    "monitored_barrier",
    "normal_es",
    "normal_var",
    "observations_for_stderr",
    "shocked",
    "shortfall_effectiveness",
    "simulated_passage",
    "split_returns",
    "split_variance",
    "stderr_of_beta",
    "terminal_probability",
    "tracking_error",
]
