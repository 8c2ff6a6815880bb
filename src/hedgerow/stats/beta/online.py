"""The newest betas of a least-squares estimator, one bar at a time: what a bar costs does not grow with what came before.

    online = OnlineBeta(Ols(90), assets=500)
    online.add(y, x)            one bar: (N,) returns of the assets, and of the factor
    online.beta, online.stderr  what `path` of all bars so far says in its last row

Sums are put together from blocks of a window's length, as `rolling_path` does it: nothing is ever taken away from a sum, and
a wild return spoils nothing once it has left. A block costs its own length once it is full, a bar in each.
"""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, check_shape
from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.estimator import Estimator
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.regression import LEAST
from hedgerow.stats.beta.rolling import POWERS, Weighing, line_of

__all__ = ["OnlineBeta"]


class _Blocks:
    """Σ decay^age·p over the last `window` returns of each asset (None: all), of M kinds of p."""

    def __init__(self, assets: int, kinds: int, window: int | None, decay: float) -> None:
        self._window, self._decay = window, decay
        self._head = np.zeros((assets, kinds))
        self._places = np.arange(assets)
        if window is not None:
            self._at = np.zeros(assets, dtype=np.int64)
            self._rows = np.zeros((window, assets, kinds))
            self._tail = np.zeros((window + 1, assets, kinds))
            self._faded = decay ** np.arange(window + 1.0)
            self._weights = decay ** np.arange(window - 1.0, -1.0, -1.0)[:, None, None]

    def add(self, p: FloatArray, used: BoolArray) -> FloatArray:
        """Take in (N, M) of the assets that are `used`, and return the sums (N, M)."""
        grown, whole = self._head * self._decay + p, bool(used.all())
        self._head = grown if whole else np.where(used[:, None], grown, self._head)
        if self._window is None:
            return self._head
        if whole and (self._at == self._at[0]).all():
            return self._abreast(p, int(self._at[0]))
        mine = self._places[used]
        self._rows[self._at[mine], mine] = p[mine]
        self._at[mine] += 1
        sums: FloatArray = self._head + self._faded[self._at, None] * self._tail[self._at, self._places]
        full = self._at == self._window
        if full.any():
            sums[full] = self._head[full]
            self._turn(full)
        return sums

    def _abreast(self, p: FloatArray, at: int) -> FloatArray:
        """The same where all assets are as far in their blocks: no asset is looked up by itself."""
        assert self._window is not None  # noqa: S101  blocks end with it
        self._rows[at] = p
        self._at += 1
        if at + 1 < self._window:
            return np.asarray(self._head + self._faded[at + 1] * self._tail[at + 1])
        sums = self._head
        self._turn(self._at == self._window)
        return sums

    def last(self, i: int, n: int) -> FloatArray:
        """Return the last `n` rows (n, M) of an asset, oldest first; there is a window."""
        at = int(self._at[i])
        return np.concatenate([self._rows[at:, i], self._rows[:at, i]])[len(self._rows) - n :]

    def _turn(self, full: BoolArray) -> None:
        """Begin a new block: what stays of the last one are its sums from each return to its end."""
        whole = bool(full.all())
        block = self._rows if whole else self._rows[:, full]
        block = block if self._decay == 1.0 else block * self._weights
        if whole:
            np.cumsum(block[::-1], axis=0, out=self._tail[:-1][::-1])
        else:
            self._tail[:-1, full] = np.cumsum(block[::-1], axis=0)[::-1]
        self._head = np.where(full[:, None], 0.0, self._head)
        self._at[full] = 0


class OnlineBeta:
    """Betas (N,) of `assets` on one factor by `ols` or `ewls`, brought up to date by each bar.

    `beta` and `stderr` (N,) are those of the estimator's `path` in its last row, to 1e-9: NaN before there are three
    returns; a bar in which an asset or the factor has none (NaN, infinite) changes nothing for that asset. `n` (N,) counts
    returns. Where digits were lost, as the path sees it, that asset is fitted anew from its window. Raises `UsageError`
    for other estimators and for errors by HAC: they need all of their returns at each bar. E1, E2.
    """

    def __init__(self, estimator: Estimator, assets: int) -> None:
        if not isinstance(estimator, (Ols, Ewls)) or estimator.errors == "hac":
            raise UsageError(
                f"{estimator.spec} has no betas bar by bar", advice="Give ols or ewls, without @hac."
            )
        half_life = estimator.half_life if isinstance(estimator, Ewls) else None
        weighing = Weighing(estimator.window, half_life)
        powers = () if estimator.errors == "ols" else POWERS
        self._estimator: Ols | Ewls = estimator
        self._powers = powers
        self._sums = _Blocks(assets, 6, weighing.window, weighing.decay)
        self._fourth = _Blocks(assets, len(powers), weighing.window, weighing.decay**2) if powers else None
        self._past: list[tuple[FloatArray, FloatArray]] = []  # without a window every return counts, for ever
        self.n: IntArray = np.zeros(assets, dtype=np.int64)
        self.beta, self.stderr = np.full(assets, np.nan), np.full(assets, np.nan)

    def add(self, y: FloatArray, x: FloatArray | float) -> None:
        """Take in a bar: returns `y` (N,) of the assets and `x` of the factor, one number or one an asset (N,).

        Raises `BrokenPromise` for shapes that do not fit.
        """
        check_shape("y", y, self.n.shape)
        f = np.broadcast_to(np.asarray(x, dtype=float), y.shape)
        used = np.isfinite(y) & np.isfinite(f)
        self.n += used
        if self._estimator.window is None:
            self._past.append((y.copy(), f.copy()))
        r, f = np.where(used, y, 0.0), np.where(used, f, 0.0)
        ff, rr, one = f * f, r * r, used.astype(float)
        sums = self._sums.add(np.column_stack([one, f, r, ff, f * r, rr]), used)
        powers = {}
        if self._fourth is not None:
            of_x, of_y = (one, f, ff, ff * f, ff * ff), (one, r, rr)
            told = np.column_stack([of_x[i] * of_y[j] for i, j in self._powers])
            powers = dict(zip(self._powers, self._fourth.add(told, used).T, strict=True))
        self._say(list(sums.T), powers, used)

    def _say(
        self, sums: list[FloatArray], powers: dict[tuple[int, int], FloatArray], used: BoolArray
    ) -> None:
        """Bring the betas of who was `used` up to date; who lost digits is fitted plainly."""
        n = np.minimum(self.n, self._estimator.window or self.n)
        with np.errstate(all="ignore"):
            beta, stderr, sound = line_of(sums, powers, n, corrected=isinstance(self._estimator, Ols))
        begun = used & (self.n >= LEAST)
        sound = sound & begun
        self.beta, self.stderr = np.where(sound, beta, self.beta), np.where(sound, stderr, self.stderr)
        for i in np.flatnonzero(begun & ~sound):
            self.beta[i], self.stderr[i] = self._plain(int(i))

    def _plain(self, i: int) -> tuple[float, float]:
        window = self._estimator.window
        if window is None:
            y, x = (np.array([bar[part][i] for bar in self._past]) for part in (0, 1))
        else:
            _, x, y = self._sums.last(i, min(int(self.n[i]), window))[:, :3].T
        fit = self._estimator.fit(y[:, None], x[:, None])
        return float(fit.beta[0, 0]), float(fit.stderr[0, 0])
