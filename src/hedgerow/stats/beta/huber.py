"""E8: Huber's M-estimator on exponential weights; the default of Hedgerow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.ewls import decay
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.prefix import path_by
from hedgerow.stats.beta.regression import Lines, fit_by, fit_lines

__all__ = ["Huber"]

_NORMAL_MEDIAN = 0.6744897501960817  # Φ⁻¹(0.75)
_TOLERANCE = 1e-13
_EXACT = 1e-13
_ROUNDS = 500
_FEW = 8


@dataclass(frozen=True, slots=True)
class Huber:
    """Iteratively reweighted: c = w·min(1, k·s/|u|), s = median|u|/Φ⁻¹(0.75), to a fixed point (E8, TV08, TV48).

    Residuals are not centred, the scale is unweighted, the intercept included. `half_life` None weighs all returns
    alike. Errors: the sandwich. An asset whose residuals are mostly zero keeps its least-squares line.
    """

    half_life: float | None = None
    window: int | None = None
    k: float = 1.345
    errors: Errors = "sandwich"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator; `k` other than 1.345 has no short form."""
        return named("huber", self.half_life, self.window, errors=self.errors, usual="sandwich")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window."""
        return fit_by(self._solve, y, x, self.window, self.errors)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row."""
        return path_by(self._solve, y, x, self.window, self.errors)

    def _solve(self, y: FloatArray, x: FloatArray, used: BoolArray) -> tuple[Lines, FloatArray]:
        w = decay(used, self.half_life)
        c = w * _reweighted(y, x, w, self.k).T
        return fit_lines(y, x, c), c


def _reweighted(y: FloatArray, x: FloatArray, w: FloatArray, k: float) -> FloatArray:
    """Return (N, T) weights min(1, k·s/|u|) at the fixed point; assets leave the loop as they reach theirs."""
    start = fit_lines(y, x, w)
    n = (w > 0).sum(axis=0).astype(np.int64)
    design = np.concatenate([np.ones((*y.shape, 1)), start.centred], axis=2).transpose(1, 2, 0)
    size = np.sqrt(np.einsum("tni,tni->ni", start.centred, start.centred))
    design[:, 1:] /= np.where(size > 0, size, 1.0)[:, :, None]
    y0 = np.where(w > 0, y, 0.0).T
    moves = np.sqrt(np.einsum("nt,nt->n", y0, y0))
    factor = np.ones(y0.shape)
    busy = np.flatnonzero(np.isfinite(start.beta).all(axis=1) & (n > start.parameters) & (moves > 0))
    work = _Loop(
        np.ascontiguousarray(design[busy]), y0[busy], np.ascontiguousarray(w.T[busy]), n[busy], moves[busy]
    )
    u = start.residuals.T[busy]
    line = np.full((len(busy), design.shape[1]), np.inf)
    for _ in range(_ROUNDS):
        if not len(busy):
            break
        shrink = work.shrinkage(u, k)
        before, (line, u) = line, work.refit(shrink)
        factor[busy] = shrink
        going = np.abs(line - before).max(axis=1) > _TOLERANCE * work.moves
        if not going.all():
            busy, work, line, u = busy[going], work.only(going), line[going], u[going]
    return factor


@dataclass(frozen=True, slots=True)
class _Loop:
    """The assets still moving: design (N, P, T) of unit columns, y and w (N, T), rows `n` and size of y (N,)."""

    design: FloatArray
    y: FloatArray
    w: FloatArray
    n: IntArray
    moves: FloatArray

    def only(self, kept: BoolArray) -> _Loop:
        return _Loop(self.design[kept], self.y[kept], self.w[kept], self.n[kept], self.moves[kept])

    def shrinkage(self, u: FloatArray, k: float) -> FloatArray:
        """Return min(1, k·s/|u|); 1 where the line already goes through most rows."""
        size = np.abs(u)
        limit = k / _NORMAL_MEDIAN * _median(np.where(self.w > 0, size, np.inf), self.n)
        limit = np.where(limit > _EXACT * self.moves, limit, np.inf)[:, None]
        return np.where(size > limit, limit / np.where(size > limit, size, 1.0), 1.0)

    def refit(self, shrink: FloatArray) -> tuple[FloatArray, FloatArray]:
        weighted = self.design * (self.w * shrink)[:, None, :]
        gram = weighted @ self.design.transpose(0, 2, 1)
        line = np.asarray(np.linalg.solve(gram, weighted @ self.y[:, :, None]), dtype=np.float64)
        return line[:, :, 0], self.y - (line.transpose(0, 2, 1) @ self.design)[:, 0, :]


def _median(size: FloatArray, n: IntArray) -> FloatArray:
    """Return the median of the first `n` of each row (N, T) in order, the others being infinite."""
    low, high = (n - 1) // 2, n // 2
    places = np.unique(np.concatenate([low, high]))
    ordered = np.partition(size, places, axis=1) if len(places) <= _FEW else np.sort(size, axis=1)
    rows = np.arange(len(n))
    middle: FloatArray = 0.5 * (ordered[rows, low] + ordered[rows, high])
    return middle
