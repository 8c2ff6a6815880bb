"""E11 as an estimator: DCC-GARCH(1,1), its parameters learnt as the history grows and resting in between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.dcc import (
    DccParameters,
    GarchParameters,
    fit_correlation,
    fit_garch,
    garch_variances,
    recursion,
)
from hedgerow.stats.beta.estimator import BetaFit, BetaPath
from hedgerow.stats.beta.regression import LEAST, explained, moves, one_factor, own_factors, usable_rows

__all__ = ["Dcc", "learnt_rows"]

_LEAST_TO_LEARN = 250
_MOST_TO_LEARN = 1000
_GROWTH = 1.5
_GRAIN = 0.01
_USUAL_MARGIN, _USUAL_PAIR = (0.06, 0.92), (0.02, 0.96)
_ONE = 1.0 - 1e-12
_REMEMBERED = 1024


def learnt_rows(count: int) -> int:
    """Return how many of `count` returns an asset's levels and parameters rest on: 3, 5, 7, 11 … , a half more each."""
    known, size = 0, float(LEAST)
    while np.ceil(size) <= count:
        known, size = int(np.ceil(size)), size * _GROWTH
    return known


@dataclass(frozen=True, slots=True)
class _Filtered:
    """What the filter knows after each of (n,) returns: beta, its unit error; the forecast errors, plain and scaled."""

    beta: FloatArray
    stderr: FloatArray
    residuals: FloatArray
    scaled: FloatArray
    n_eff: float


@dataclass(frozen=True, slots=True)
class Dcc:
    """β_{t+1} = ρ_{t+1}·σ_y/σ_x of Engle's (2002) DCC-GARCH(1,1), each asset for itself, one factor, no intercept.

    Long-run variances and correlation are those of the asset's first 3, 5, 7 … returns (a half more each time), so that
    they rest in between; so do α, β, a and b, by Gaussian quasi-likelihood on the last 1,000 of those, from 250 returns
    on, rounded to the percent of their odds; before that 0.06, 0.92, 0.02, 0.96. The error is
    σ_y/σ_x·√((1−ρ²)/(n_eff−2)), `n_eff` by the weights that a and b give past products; the parameters' own errors are
    not in it. Slow: some 10 ms for each asset and learning.
    """

    learns_from: int = _LEAST_TO_LEARN

    @property
    def spec(self) -> str:
        """The specification that makes this estimator; `learns_from` other than 250 has no short form."""
        return "dcc"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the next bar. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        f, used = own_factors(y, x)[:, :, 0], usable_rows(y, x, None)
        assets = y.shape[1]
        beta, stderr, n_eff = (np.full(assets, np.nan) for _ in range(3))
        residuals, scaled = np.full(y.shape, np.nan), np.zeros(y.shape)
        for i in range(assets):
            own = used[:, i]
            run = self._filter(y[own, i], f[own, i], learnt_rows(int(own.sum())))
            if run is None:
                continue
            beta[i], stderr[i], n_eff[i] = run.beta[-1], run.stderr[-1], run.n_eff
            residuals[own, i], scaled[own, i] = run.residuals, run.scaled
        return _fit(y, used, residuals, (beta, stderr, n_eff), scaled)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas after every row, by what was learnt until then. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        f, used = own_factors(y, x)[:, :, 0], usable_rows(y, x, None)
        n = np.cumsum(used, axis=0)
        beta, stderr = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
        for i in range(y.shape[1]):
            own = used[:, i]
            found = self._through(y[own, i], f[own, i])
            begun = n[:, i] > 0
            beta[begun, i], stderr[begun, i] = found[:, n[begun, i] - 1]
        return BetaPath(beta[:, :, None], stderr[:, :, None], n.astype(np.int64))

    def _through(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """(2, n) betas and errors after each return, learning anew where it is due."""
        found = np.full((2, len(y)), np.nan)
        starts = [k for k in range(LEAST, len(y) + 1) if learnt_rows(k) == k]
        for start, end in pairwise([*starts, len(y) + 1]):
            run = self._filter(y[: end - 1], x[: end - 1], start)
            if run is not None:
                found[:, start - 1 : end - 1] = run.beta[start - 1 :], run.stderr[start - 1 :]
        return found

    def _filter(self, y: FloatArray, x: FloatArray, known: int) -> _Filtered | None:
        """Filter all returns with what the first `known` tell; None where that is nothing."""
        early = np.column_stack([x, y])[:known]
        if known < LEAST or not moves(early, np.ones(early.shape, dtype=bool)).all():
            return None
        level = early.var(axis=0)
        p = _learnt((early / np.sqrt(level))[-_MOST_TO_LEARN:], known >= self.learns_from)
        h_x, h_y = (
            garch_variances(r, GarchParameters(m.omega * v, m.alpha, m.beta), float(v))
            for r, m, v in zip((x, y), (p.x, p.y), level, strict=True)
        )
        z = np.column_stack([x / np.sqrt(h_x[:-1]), y / np.sqrt(h_y[:-1])])
        rho = _correlation(z, p, known)
        ratio = np.sqrt(h_y / h_x)
        n_eff = _effective(p, known)
        left = np.where(np.abs(rho) < _ONE, 1.0 - rho**2, 0.0)
        u = y - rho[:-1] * ratio[:-1] * x
        return _Filtered(
            beta=(rho * ratio)[1:],
            stderr=(ratio * np.sqrt(left / max(n_eff - 2.0, 1.0)))[1:],
            residuals=u,
            scaled=u / np.sqrt(h_y[:-1]),
            n_eff=n_eff,
        )


def _correlation(z: FloatArray, p: DccParameters, known: int) -> FloatArray:
    """(n + 1,) ρ, the first before any return; its long run is that of the first `known` rows."""
    pairs = ((0, 1), (0, 0), (1, 1))
    q = []
    for i, k in pairs:
        product = z[:, i] * z[:, k]
        level = float(product[:known].mean())
        q.append(recursion((1.0 - p.a - p.b) * level + p.a * product, p.b, level))
    return np.asarray(np.clip(q[0] / np.sqrt(q[1] * q[2]), -1.0, 1.0))


def _effective(p: DccParameters, known: int) -> float:
    """How many returns as good as equally weighted make the correlation: 1/Σw², the long run spread over `known`."""
    far = (1.0 - p.a - p.b) / (1.0 - p.b)
    return 1.0 / (p.a**2 / (1.0 - p.b**2) + far**2 / known)


def _learnt(unit: FloatArray, learns: bool) -> DccParameters:
    """Parameters of (n, 2) factor and asset returns of variance 1, the factor first."""
    if not learns:
        margin = GarchParameters(1.0 - sum(_USUAL_MARGIN), *_USUAL_MARGIN)
        return DccParameters(margin, margin, *_USUAL_PAIR)
    x, y = (np.ascontiguousarray(column).tobytes() for column in unit.T)
    a, b = _pair(x, y)
    return DccParameters(_margin(x), _margin(y), a, b)


@lru_cache(maxsize=_REMEMBERED)
def _margin(r: bytes) -> GarchParameters:
    """What was learnt from the same returns is not learnt again: walking forward asks for it at every step."""
    found = fit_garch(np.frombuffer(r))
    alpha, beta = _rounded(found.alpha, found.beta)
    return GarchParameters(1.0 - alpha - beta, alpha, beta)


@lru_cache(maxsize=_REMEMBERED)
def _pair(x: bytes, y: bytes) -> tuple[float, float]:
    margins = [(np.frombuffer(r), _margin(r)) for r in (x, y)]
    z = np.column_stack([r / np.sqrt(garch_variances(r, m, 1.0)[:-1]) for r, m in margins])
    if abs(float(np.atleast_2d(np.corrcoef(z, rowvar=False))[0, 1])) > _ONE:
        return _USUAL_PAIR
    return _rounded(*fit_correlation(z))


def _rounded(one: float, two: float) -> tuple[float, float]:
    """To the percent of the odds against the rest: a search that ends a hair elsewhere finds the same."""
    rest = 1.0 - one - two
    first, second = (math.exp(round(math.log(max(p / rest, 1e-12)) / _GRAIN) * _GRAIN) for p in (one, two))
    return first / (1.0 + first + second), second / (1.0 + first + second)


def _fit(
    y: FloatArray,
    used: BoolArray,
    residuals: FloatArray,
    found: tuple[FloatArray, FloatArray, FloatArray],
    scaled: FloatArray,
) -> BetaFit:
    beta, stderr, n_eff = found
    known = np.isfinite(beta)
    c = (used & known).astype(float)
    r2, vol = explained(y, np.where(c > 0, residuals, 0.0), c)
    length = np.sqrt((scaled**2).sum(axis=0))
    unit = scaled / np.where(length > 0, length, 1.0)
    alike: FloatArray = unit.T @ unit
    np.fill_diagonal(alike, 1.0)
    return BetaFit(
        beta=beta[:, None],
        stderr=stderr[:, None],
        alpha=np.where(known, 0.0, np.nan),
        r2=np.where(known, r2, np.nan),
        n=used.sum(axis=0).astype(np.int64),
        n_eff=n_eff,
        residuals=residuals,
        covariance=alike * stderr[:, None] * stderr,
        resid_vol=np.where(known, vol, np.nan),
    )
