"""What every estimator of betas keeps, ours and yours: a battery of promises on made-up returns.

    check_estimator(lambda: MyEstimator(window=90))
    check_estimator(make, exempt={"scale of y": "the bounds lie around a beta of 1"})

It needs no test framework and raises `BrokenPromise`, which says what was promised and what came instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BrokenPromise, UsageError
from hedgerow.stats.beta.estimator import BetaFit, Estimator

__all__ = ["PROMISES", "check_estimator"]

Make = Callable[[], Estimator]

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12
_ROWS, _ASSETS = 150, 4


def check_estimator(make: Make, *, exempt: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Put a fresh estimator of `make()` to every promise in `PROMISES` and return the names of those it kept.

    `exempt` names promises that cannot hold, each with the reason. Raises `BrokenPromise` at the first one broken,
    for a numerical warning, and for an exemption that names no promise or gives no reason.
    """
    excused = exempt or {}
    for name, reason in excused.items():
        if name not in PROMISES:
            raise BrokenPromise(
                f'"{name}" is no promise of an estimator', advice=f"Promises: {', '.join(PROMISES)}."
            )
        if not reason.strip():
            raise BrokenPromise(f'the exemption from "{name}" gives no reason')
    kept = tuple(name for name in PROMISES if name not in excused)
    for name in kept:
        _put_to(name, make)
    return kept


def _put_to(name: str, make: Make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            PROMISES[name](make)
        except BrokenPromise as broken:
            raise BrokenPromise(f"{make().spec} breaks its promise, {name}: {broken.message}") from None
        except Warning as warning:
            raise BrokenPromise(f"{make().spec} breaks its promise, {name}: it warns, {warning}") from None


def _factor(rows: int = _ROWS, seed: int = 7, volatility: float = 0.03) -> FloatArray:
    """(T, 1) returns of a factor with fat tails."""
    return np.asarray(volatility * np.random.default_rng(seed).standard_t(5, size=(rows, 1)))


def _panel(rows: int = _ROWS, noise: float = 0.02) -> tuple[FloatArray, FloatArray]:
    """(T, N) returns of assets and (T, 1) of their factor, without gaps."""
    x = _factor(rows)
    beta = np.linspace(0.7, 2.2, _ASSETS)
    own = np.random.default_rng(11).standard_t(5, size=(rows, _ASSETS))
    return 0.0005 + beta * x + noise * own, x


def _with_gaps() -> tuple[FloatArray, FloatArray]:
    """The panel with holes in one asset, a late listing, a delisting and a row without the factor."""
    y, x = _panel()
    y[[20, 21, 70, 133], 0] = np.nan
    y[:40, 1] = np.nan
    y[140:, 2] = np.nan
    x[55] = np.nan
    return y, x


def _same(what: str, got: FloatArray, want: FloatArray, relative: float = _RELATIVE) -> None:
    """Raise `BrokenPromise` where two arrays differ, in their NaNs too."""
    if got.shape != want.shape:
        raise BrokenPromise(f"{what} has shape {got.shape}, expected {want.shape}")
    wrong = ~np.isclose(got, want, rtol=relative, atol=_ABSOLUTE, equal_nan=True)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise BrokenPromise(f"{what}{list(at)} is {got[at]:.12g}, expected {want[at]:.12g}")


def _alike(what: str, got: BetaFit, want: BetaFit, assets: FloatArray | slice = slice(None)) -> None:
    for name in ("beta", "stderr", "alpha", "r2", "n", "n_eff", "resid_vol"):
        one, other = (np.asarray(getattr(fit, name), dtype=float)[assets] for fit in (got, want))
        _same(f"{name} {what}", one, other)


def _shapes(make: Make) -> None:
    y, x = _panel()
    (rows, assets), kept = y.shape, (y.copy(), x.copy())
    fit, path = make().fit(y, x), make().path(y, x)
    shapes = {
        "beta": (assets, 1),
        "stderr": (assets, 1),
        "residuals": (rows, assets),
        "covariance": (assets, assets),
    }
    for field in fields(BetaFit):
        found = np.shape(getattr(fit, field.name))
        if found != shapes.get(field.name, (assets,)):
            raise BrokenPromise(f"{field.name} has shape {found}")
    for name, want in (("beta", (rows, assets, 1)), ("stderr", (rows, assets, 1)), ("n", (rows, assets))):
        if np.shape(getattr(path, name)) != want:
            raise BrokenPromise(
                f"{name} of the path has shape {np.shape(getattr(path, name))}, expected {want}"
            )
    if not np.issubdtype(fit.n.dtype, np.integer) or not np.issubdtype(path.n.dtype, np.integer):
        raise BrokenPromise("n counts returns, it must be an integer")
    _same("y after the fit", y, kept[0])
    _same("x after the fit", x, kept[1])
    if not (make().spec and make().spec == make().spec.strip()):
        raise BrokenPromise("spec is empty or has spaces around it")


def _repeats(make: Make) -> None:
    y, x = _with_gaps()
    estimator = make()
    first = estimator.fit(y, x)
    _alike("the second time", estimator.fit(y, x), first)


def _covariance(make: Make) -> None:
    y, x = _with_gaps()
    fit = make().fit(y, x)
    known = np.isfinite(fit.beta).reshape(-1)
    if not known.all():
        raise BrokenPromise(f"there is no beta for assets with {fit.n} returns")
    if (fit.stderr < 0).any():
        raise BrokenPromise("a standard error is negative")
    _same("diagonal of the covariance", np.diag(fit.covariance), fit.stderr.reshape(-1) ** 2)
    _same("transposed covariance", fit.covariance.T, fit.covariance)
    values = np.linalg.eigvalsh(fit.covariance)
    if values[0] < -1e-10 * values[-1]:
        raise BrokenPromise(
            f"the covariance has the eigenvalue {values[0]:.3g}, it is not positive semidefinite"
        )


def _counted(make: Make) -> None:
    y, x = _with_gaps()
    fit = make().fit(y, x)
    shown = np.isfinite(fit.residuals)
    _same("n", fit.n.astype(float), shown.sum(axis=0).astype(float))
    if (shown & ~(np.isfinite(y) & np.isfinite(x))).any():
        raise BrokenPromise("a row without a return has a residual")


def _gaps(make: Make) -> None:
    y, x = _panel()
    holes = np.zeros(_ROWS, dtype=bool)
    holes[[3, 30, 31, 90, 120]] = True
    holed = y.copy()
    holed[holes, 0] = np.nan
    dropped = make().fit(y[~holes], x[~holes])
    _alike("with NaN rather than without the rows", make().fit(holed, x), dropped, slice(0, 1))


def _unknown(make: Make) -> None:
    y, x = _panel()
    y[:, 3] = np.nan
    for rows in (0, 1, 2):
        fit = make().fit(y[:rows], x[:rows])
        if not np.isnan(fit.beta).all() or not np.isnan(fit.stderr).all():
            raise BrokenPromise(f"{rows} returns give the betas {fit.beta[:, 0]}, not NaN")
    fit, path = make().fit(y, x), make().path(y, x)
    if not np.isnan(fit.beta[3]).all() or not np.isnan(path.beta[:, 3]).all() or fit.n[3] != 0:
        raise BrokenPromise(f"an asset without returns has the beta {fit.beta[3, 0]}, not NaN")
    if not np.isnan(path.beta[:2]).all():
        raise BrokenPromise("the path begins before there are three returns")
    if not np.isfinite(fit.beta[:3]).all():
        raise BrokenPromise("an asset without returns takes the others' betas with it")


def _still(make: Make) -> None:
    y, x = _panel()
    for level in (0.0, 0.01, -3e-7):
        fit = make().fit(y, np.full_like(x, level))
        if not np.isnan(fit.beta).all() or not np.isnan(fit.stderr).all():
            raise BrokenPromise(
                f"a factor that always returns {level} has the betas {fit.beta[:, 0]}, not NaN"
            )
    for level in (0.0, 0.01):
        fit = make().fit(np.full_like(y, level), x)
        for name in ("beta", "stderr", "alpha", "r2", "covariance"):
            if np.isinf(getattr(fit, name)).any():
                raise BrokenPromise(f"{name} is infinite for assets that always return {level}")


def _alone(make: Make) -> None:
    y, x = _with_gaps()
    other = y.copy()
    other[:, 1:] = -2.0 * other[:, [3, 2, 1]]
    _alike("in other company", make().fit(other, x), make().fit(y, x), slice(0, 1))


def _prefix(make: Make) -> None:
    y, x = _with_gaps()
    path = make().path(y, x)
    for t in (0, 1, 2, 3, 9, 21, 29, 30, 44, 45, 55, 56, 72, 101, 140, 149):
        fit = make().fit(y[: t + 1], x[: t + 1])
        _same(f"beta of the path at row {t}, against the fit up to there, ", path.beta[t], fit.beta)
        _same(f"stderr of the path at row {t}, against the fit up to there, ", path.stderr[t], fit.stderr)
        _same(f"n of the path at row {t}, ", path.n[t].astype(float), fit.n.astype(float))


def _truncation(make: Make) -> None:
    y, x = _with_gaps()
    path = make().path(y, x)
    for t in (31, 90):
        later_y, later_x = y.copy(), x.copy()
        later_y[t + 1 :] = -3.0 * later_y[t + 1 :] + 1.0
        later_x[t + 1 :] *= 5.0
        later_y[t + 10, 0] = np.nan
        changed = make().path(later_y, later_x)
        _same(f"beta up to row {t} under another future ", changed.beta[: t + 1], path.beta[: t + 1])
        _same(f"stderr up to row {t} under another future ", changed.stderr[: t + 1], path.stderr[: t + 1])


def _order(make: Make) -> None:
    y, x = _with_gaps()
    turned = np.array([2, 0, 3, 1])
    want, got = make().fit(y, x), make().fit(y[:, turned], x)
    for name in ("beta", "stderr", "alpha", "r2", "n_eff"):
        _same(f"{name} in another order ", getattr(got, name), getattr(want, name)[turned])
    _same("covariance in another order ", got.covariance, want.covariance[np.ix_(turned, turned)])


def _scaled(make: Make, of_y: float, of_x: float) -> None:
    y, x = _with_gaps()
    want, got = make().fit(y, x), make().fit(of_y * y, of_x * x)
    for name in ("beta", "stderr"):
        _same(f"{name} of scaled returns ", getattr(got, name), of_y / of_x * getattr(want, name))


def _itself(make: Make) -> None:
    returns = np.random.default_rng(3).standard_t(5, size=1200) * 0.006
    price = np.cumprod(1.0 + returns)
    for bars in (1, 2, 4, 8):
        close = price[::bars][-160:]
        x = (close[1:] / close[:-1] - 1.0)[:, None]
        holed, late = x.copy(), x.copy()
        holed[np.random.default_rng(5).choice(len(x), len(x) // 5, replace=False)] = np.nan
        late[: len(x) // 2] = np.nan
        _is_one(make, np.concatenate([x, holed, late], axis=1), x, f"bars of {bars}")
        seen = np.delete(close, np.random.default_rng(5).choice(len(close), len(close) // 5, replace=False))
        spanning = (seen[1:] / seen[:-1] - 1.0)[:, None]
        _is_one(make, spanning, spanning[:, None, :], f"returns over gaps, bars of {bars}")


def _is_one(make: Make, y: FloatArray, x: FloatArray, where: str) -> None:
    fit = make().fit(y, x)
    if not (np.abs(fit.beta - 1.0) < 1e-12).all() or not (fit.stderr < 1e-12).all():
        raise BrokenPromise(f"the factor's beta to itself is {fit.beta[:, 0]} ± {fit.stderr[:, 0]}, {where}")


def _one_bar(make: Make) -> None:
    y, x = _panel(noise=0.002)
    want = make().fit(y, x).beta
    extra_y, extra_x = np.insert(y, 60, np.nan, axis=0), np.insert(x, 60, 0.05, axis=0)
    without = x.copy()
    without[60] = np.nan
    for what, got in (("more", make().fit(extra_y, extra_x)), ("less", make().fit(y, without))):
        if not (np.abs(got.beta / want - 1.0) < 0.01).all():
            raise BrokenPromise(f"one bar {what} of the factor turns {want[:, 0]} into {got.beta[:, 0]}")


def _own_factors(make: Make) -> None:
    y, x = _panel()
    own = np.repeat(x[:, None, :], _ASSETS, axis=1)
    _alike("with the factor given asset by asset", make().fit(y, own), make().fit(y, x))


def _several(make: Make) -> None:
    y, x = _panel()
    both = np.concatenate([x, 0.5 * x + _factor(seed=13)], axis=1)
    try:
        fit, path = make().fit(y, both), make().path(y, both)
    except UsageError:
        return
    if fit.beta.shape != (_ASSETS, 2) or path.beta.shape != (*y.shape, 2) or not np.isfinite(fit.beta).all():
        raise BrokenPromise(
            f"two factors give betas of shape {fit.beta.shape} and a path of {path.beta.shape}"
        )
    _same("diagonal of the covariance", np.diag(fit.covariance), fit.stderr.reshape(-1) ** 2)
    _same("last row of the path", path.beta[-1], fit.beta)


PROMISES: Mapping[str, Callable[[Make], None]] = {
    "shapes": _shapes,
    "the same twice": _repeats,
    "joint covariance": _covariance,
    "returns counted": _counted,
    "gaps stay gaps": _gaps,
    "unknown is not zero": _unknown,
    "no motion, no beta": _still,
    "each asset for itself": _alone,
    "path equals fit": _prefix,
    "no future": _truncation,
    "order of assets": _order,
    "scale of y": lambda make: _scaled(make, 3.7, 1.0),
    "scale of x": lambda make: _scaled(make, 1.0, 0.013),
    "scale of both": lambda make: _scaled(make, 41.0, 41.0),
    "one to itself": _itself,
    "one bar more or less": _one_bar,
    "a factor per asset": _own_factors,
    "several factors": _several,
}
"""What is promised, by name; give names as `exempt` with a reason where a promise cannot hold."""
