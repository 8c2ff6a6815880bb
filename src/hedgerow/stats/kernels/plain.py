"""What the kernels compute, said plainly in NumPy: the truth they are tested against."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray

__all__ = ["rolling_beta_plain"]


def rolling_beta_plain(y: FloatArray, x: FloatArray, window: int, least: int) -> FloatArray:
    """Return what `rolling_beta` returns, window by window: centred, then divided."""
    out = np.full(y.shape, np.nan)
    for t in range(len(y)):
        rows = slice(max(t - window + 1, 0), t + 1)
        used = np.isfinite(y[rows]) & np.isfinite(x[rows])[:, None]
        count = used.sum(axis=0)
        lead = np.where(used, np.where(np.isfinite(x[rows]), x[rows], 0.0)[:, None], 0.0)
        follow = np.where(used, y[rows], 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            lead = np.where(used, lead - lead.sum(axis=0) / count, 0.0)
            follow = np.where(used, follow - follow.sum(axis=0) / count, 0.0)
            slope = (lead * follow).sum(axis=0) / (lead * lead).sum(axis=0)
        out[t] = np.where(count >= least, slope, np.nan)
    return out
