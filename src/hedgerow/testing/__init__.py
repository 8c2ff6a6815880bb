"""What you need to test your own parts against the promises of ours."""

from __future__ import annotations

from hedgerow.testing.estimator import check_estimator
from hedgerow.testing.markets import beta_market, market_of
from hedgerow.testing.store import check_store
from hedgerow.testing.venue import check_venue

__all__ = ["beta_market", "check_estimator", "check_store", "check_venue", "market_of"]
