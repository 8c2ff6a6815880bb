"""What you need to test your own parts against the promises of ours."""

from __future__ import annotations

from hedgerow.testing.estimator import check_estimator

__all__ = ["check_estimator"]
