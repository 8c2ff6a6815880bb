"""What you need to test your own parts against the promises of ours."""

from __future__ import annotations

from hedgerow.testing.estimator import check_estimator
from hedgerow.testing.markets import beta_market, market_of

__all__ = ["beta_market", "check_estimator", "market_of"]
