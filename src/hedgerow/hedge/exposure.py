"""Step 2: what the book moves like.

    expose(worth, betas) -> Exposure

The dollar beta is the primary number: dollars gained per 100 % of the factor. The ratio is for display, and a
long/short book of net value 0 has none (`architecture.md` §2.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.options.held import HeldOption, doubts_of
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.display import Result, error_text
from hedgerow.model.errors import UnknownSymbol

__all__ = ["LEAST_NET", "AssetExposure", "Exposure", "expose", "joint_error"]

LEAST_NET = 0.05
_DOLLAR = 1.0
"""What moves by less leaves no error to speak of."""


@dataclass(frozen=True, slots=True)
class AssetExposure:
    """One coin's part: the dollars moving with it, its betas and what they add, each (K,) with its error.

    `share` is its part of the book's dollar beta to the first factor, NaN where that is 0.
    """

    symbol: str
    delta_usd: float
    beta: FloatArray
    stderr: FloatArray
    beta_usd: FloatArray
    stderr_usd: FloatArray
    share: float
    method: str
    note: str


@dataclass(frozen=True, slots=True, repr=False)
class Exposure(Result):
    """The book's dollar beta to K factors: `beta_usd` and `stderr_usd` (K,), from the joint covariance (TV32).

    `beta` (K,) is per dollar of net asset value, NaN where that is at most 5 % of the gross book. What has no
    price or no beta is named in `unknown` and in no number. `options` are those of the book that are to be hedged; what their
    quotes leave open of their delta is in the errors.
    """

    factors: tuple[str, ...]
    beta_usd: FloatArray
    stderr_usd: FloatArray
    nav_usd: float
    gross_usd: float
    rows: tuple[AssetExposure, ...]
    accounts: tuple[tuple[str, FloatArray], ...]
    unknown: tuple[str, ...]
    worth: Valuation
    betas: Betas
    options: tuple[HeldOption, ...] = ()

    @property
    def has_ratio(self) -> bool:
        """True where the book has net value enough for a beta per dollar."""
        return self.nav_usd > LEAST_NET * self.gross_usd and self.nav_usd > 0

    @property
    def beta(self) -> FloatArray:
        """(K,) dollar beta per dollar of net asset value."""
        return self.beta_usd / self.nav_usd if self.has_ratio else np.full(len(self.factors), np.nan)

    @property
    def stderr(self) -> FloatArray:
        """(K,) error of `beta`."""
        return self.stderr_usd / self.nav_usd if self.has_ratio else np.full(len(self.factors), np.nan)

    @property
    def deltas(self) -> dict[str, float]:
        """Dollars moved with each coin that has a beta."""
        return {row.symbol: row.delta_usd for row in self.rows}

    def headline(self) -> str:
        """Return the result in one line."""
        parts = [
            f"{dollars:,.0f} ± {error_text(error)} of {name}"
            for name, dollars, error in zip(self.factors, self.beta_usd, self.stderr_usd, strict=True)
        ]
        missing = f", without {', '.join(self.unknown)}: unknown" if self.unknown else ""
        return f"Exposure {', '.join(parts)} on {self.nav_usd:,.0f}{missing}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = ["symbol", "delta_usd"]
        for factor in self.factors:
            end = "" if len(self.factors) == 1 else f"_{factor.lower()}"
            names += [f"beta{end}", f"stderr{end}", f"beta_usd{end}", f"stderr_usd{end}"]
        rows: list[list[object]] = []
        for r in self.rows:
            cells = zip(r.beta, r.stderr, r.beta_usd, r.stderr_usd, strict=True)
            rows.append(
                [r.symbol, r.delta_usd, *(number for group in cells for number in group), r.share, r.method]
            )
        return [*names, "share", "method"], rows


def expose(worth: Valuation, betas: Betas, excluded: frozenset[str] = frozenset()) -> Exposure:
    """Return the book's dollar beta with its standard error, by coin and by account.

    `excluded` coins and tags stay in the net asset value but are not to be hedged: their beta is not counted.
    Raises `UnknownSymbol` when `betas` lacks one of the book's coins altogether; a coin whose beta is unknown is
    left out and named.
    """
    counted = _sloped(worth.counted(excluded), betas)
    deltas = counted.delta_usd()
    absent = [symbol for symbol in deltas if symbol not in betas.symbols and deltas[symbol]]
    if absent:
        raise UnknownSymbol(
            f"{', '.join(absent)} were not estimated", advice="Estimate worth.assets, all of them."
        )
    errors = np.where(betas.errorless[:, None], np.nan, betas.stderr)
    places = {symbol: i for i, symbol in enumerate(betas.symbols)}
    doubts = doubts_of(counted.options)
    rows = tuple(
        _doubted(_row(dollars, betas, places[symbol], errors), doubts.get(symbol, 0.0))
        for symbol, dollars in deltas.items()
        if symbol in places
    )
    known = tuple(row for row in rows if np.isfinite(row.beta).all())
    total = np.sum([row.beta_usd for row in known], axis=0) if known else np.zeros(len(betas.factors))
    shared = tuple(_with_share(row, total[0]) for row in known)
    names = tuple(row.symbol for row in known)
    unknown = dict.fromkeys((*counted.unknown, *(row.symbol for row in rows if row.symbol not in names)))
    accounts = tuple(
        (account, _account_beta(counted.delta_usd(account), betas)) for account in counted.accounts
    )
    stderr = joint_error({row.symbol: row.delta_usd for row in known}, betas, doubts)
    return Exposure(
        betas.factors,
        total,
        stderr,
        worth.total_usd,
        worth.gross_usd,
        shared,
        accounts,
        tuple(unknown),
        worth,
        betas,
        counted.options,
    )


def _sloped(worth: Valuation, betas: Betas) -> Valuation:
    """The book with dated contracts as the dollars of their coin that they move like."""
    if not betas.slopes:
        return worth
    held = []
    for holding in worth.holdings:
        contract = holding.position.instrument
        slope = betas.slopes.get(contract.symbol, 1.0) if contract is not None else 1.0
        own, others = holding.delta_usd[:1], holding.delta_usd[1:]
        moved = tuple((symbol, dollars * slope) for symbol, dollars in own)
        held.append(replace(holding, delta_usd=(*moved, *others)))
    return replace(worth, holdings=tuple(held))


def _row(dollars: float, betas: Betas, i: int, errors: FloatArray) -> AssetExposure:
    symbol, beta, stderr = betas.symbols[i], betas.beta[i], errors[i]
    note = betas.note[i] if not is_stablecoin(symbol) else "by policy"
    return AssetExposure(
        symbol,
        dollars,
        beta,
        stderr,
        dollars * beta,
        abs(dollars) * stderr,
        float("nan"),
        betas.method[i],
        note,
    )


def _doubted(row: AssetExposure, doubt: float) -> AssetExposure:
    """The row with the error that the quotes of options leave in its dollars."""
    if not doubt:
        return row
    return replace(row, stderr_usd=np.hypot(row.stderr_usd, doubt * row.beta))


def _with_share(row: AssetExposure, total: float) -> AssetExposure:
    share = float(row.beta_usd[0] / total) if total else float("nan")
    return AssetExposure(
        row.symbol,
        row.delta_usd,
        row.beta,
        row.stderr,
        row.beta_usd,
        row.stderr_usd,
        share,
        row.method,
        row.note,
    )


def _account_beta(deltas: dict[str, float], betas: Betas) -> FloatArray:
    """The known dollar beta of one account; its unknown coins are named in the whole."""
    total = np.zeros(len(betas.factors))
    for symbol, dollars in deltas.items():
        if symbol in betas.symbols and np.isfinite(betas.of(symbol)).all():
            total += dollars * betas.of(symbol)
    return total


def joint_error(
    deltas: dict[str, float], betas: Betas, doubts: Mapping[str, float] | None = None
) -> FloatArray:
    """(K,) sqrt(V' Cov V) over the coins with a beta (TV32); NaN where a coin counts whose beta was given without an error.

    `doubts` are dollars by which a coin's own delta may be wrong, where options are held on it.
    """
    coins, count = betas.beta.shape
    weights = np.array([deltas.get(symbol, 0.0) for symbol in betas.symbols])
    blocks = betas.covariance.reshape(coins, count, coins, count)
    held = np.flatnonzero(weights)
    if np.any(betas.errorless & (np.abs(weights) >= _DOLLAR)):
        return np.full(count, np.nan)
    errors = [
        float(np.sqrt(max(weights[held] @ blocks[held, k][:, held, k] @ weights[held], 0.0)))
        for k in range(count)
    ]
    found = np.array(errors)
    for symbol, doubt in (doubts or {}).items():
        if symbol in betas.symbols and np.isfinite(betas.of(symbol)).all():
            found = np.hypot(found, doubt * betas.of(symbol))
    return found
