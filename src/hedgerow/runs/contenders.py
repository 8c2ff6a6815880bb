"""How one contender hedges at one step: an estimator with a set of instruments, on what was known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.joint import MOST_CONTRACTS, POOL, joint_problem
from hedgerow.hedge.returns import ReturnKind
from hedgerow.hedge.riskmodel import risk
from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import GOLD, is_stablecoin
from hedgerow.model.errors import UsageError
from hedgerow.model.market import Market
from hedgerow.model.risk import RiskModel
from hedgerow.runs.books import Draw, Joint, mixed_from
from hedgerow.runs.expense import trade_rates
from hedgerow.runs.held import BookStance, Stance
from hedgerow.stats.optimise import on_equalities
from hedgerow.stats.sticky import choose_sticky

__all__ = ["Contender", "Label", "label_of"]

_LEAST_RETURNS = 60
_BASIS_VARIANCE = 0.0007**2
_AVERSION, _HORIZON_DAYS = 10.0, 30.0


@dataclass(frozen=True, slots=True)
class Label:
    """A set of instruments by name; `count` None: the factors themselves, 0: as many as pay, else the N most traded."""

    name: str
    factors: tuple[str, ...]
    count: int | None = None


def label_of(text: str, market: Market) -> Label:
    """Return what `BTC`, `BTC+ETH`, `basket:6` or `auto` means; raises `UsageError` for what nobody knows."""
    if text == "auto":
        return Label(text, ("BTC",), 0)
    if text.startswith("basket:") and text[7:].isascii() and text[7:].isdigit() and int(text[7:]) >= 1:
        return Label(text, ("BTC",), int(text[7:]))
    names = tuple(text.upper().split("+"))
    if all(name in market.symbols for name in names) and len(set(names)) == len(names):
        return Label(text, names)
    raise UsageError(
        f'"{text}" is no set of instruments here',
        advice="Valid: BTC, ETH, BTC+ETH, basket:6, auto, or any coins of the file joined by +.",
    )


@dataclass(slots=True)
class Contender:
    """A specification and a label; `auto` keeps its sets of instruments until they are chosen anew."""

    spec: str
    label: Label
    returns: ReturnKind
    own: bool
    choose_days: float
    notional_usd: float = 0.0
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    chosen_at: np.datetime64 | None = None
    books: tuple[int, BookStance] | None = None

    def betas(self, past: Market, assets: BoolArray) -> Betas:
        """Return the betas of the coins that can be hedged now, and of the factors."""
        seen = np.isfinite(past.prices).sum(axis=0) > _LEAST_RETURNS
        live = assets & np.isfinite(past.prices[-1]) & seen
        symbols = tuple(s for s, on in zip(past.symbols, live, strict=True) if on)
        wanted = tuple(dict.fromkeys(symbols + self.label.factors))
        return estimate(past, wanted, self.label.factors, estimator=self.spec, returns=self.returns)

    def stance(self, past: Market, assets: BoolArray, draw: Draw) -> tuple[Stance, BookStance]:
        """Return the hedges that are set at the last bar of `past`, of every coin and of the books of `draw`."""
        betas = self.betas(past, assets)
        count, factors = len(past.symbols), len(self.label.factors)
        beta, error = np.full((count, factors), np.nan), np.full((count, factors), np.nan)
        places = [past.symbols.index(s) for s in betas.symbols]
        beta[places], error[places] = betas.beta, betas.stderr
        if self.label.count is None:
            dollars = self._plain(past, betas, beta)
            books = mixed_from(dollars, draw, self._before(past, draw))
        else:
            model = risk(past, betas)
            pool = _traded(past, betas, model)
            dollars = self._mixed(past, betas, assets, model, pool)
            joint = Joint.of(self.label.count, own=self.own, notional_usd=self.notional_usd)
            books = joint.stance(past, betas, model, pool, draw, self._before(past, draw))
        self.books = (len(past.times) - 1, books)
        return self._kept(dollars, beta, error), books

    def _before(self, past: Market, draw: Draw) -> FloatArray:
        """What the books held (B, N), at the prices of now; nothing after a draw."""
        if draw.fresh or self.books is None:
            return np.zeros((len(draw.coins), len(past.symbols)))
        row, stance = self.books
        return stance.carried(past, row)

    def _plain(self, past: Market, betas: Betas, beta: FloatArray) -> FloatArray:
        """Hedges (N, N) with the factors alone: minus the betas."""
        own = [past.symbols.index(f) for f in self.label.factors]
        places = [past.symbols.index(s) for s in betas.symbols]
        dollars = np.full((len(past.symbols), len(past.symbols)), np.nan)
        dollars[places] = 0.0
        dollars[np.ix_(places, own)] = -betas.beta
        dollars[~np.isfinite(beta).all(axis=1)] = np.nan
        if not self.own:
            dollars[own] = np.nan
        return dollars

    @staticmethod
    def _kept(dollars: FloatArray, beta: FloatArray, error: FloatArray) -> Stance:
        """A stance on the columns that are used."""
        used = np.flatnonzero(np.nan_to_num(np.abs(dollars)).sum(axis=0) > 0).astype(np.int64)
        kept = dollars[:, used]
        kept[~np.isfinite(dollars).all(axis=1)] = np.nan
        return Stance(used, kept, beta, error)

    def _mixed(
        self, past: Market, betas: Betas, assets: BoolArray, model: RiskModel, pool: tuple[str, ...]
    ) -> FloatArray:
        """Least-variance hedges (N, N) of each asset, its beta held at zero, itself left out unless asked."""
        if self.label.count == 0 and self._due(past):
            self._choose(past, betas, model, pool)
        found = np.full((len(past.symbols), len(past.symbols)), np.nan)
        for i in np.flatnonzero(assets):
            symbol = past.symbols[i]
            if symbol not in model.symbols or not np.isfinite(betas.of(symbol)).all():
                continue
            members = self._members(symbol, pool)
            rows, asset = model.index(members), model.index((symbol,))[0]
            inner = model.covariance[np.ix_(rows, rows)] + _BASIS_VARIANCE * np.eye(len(rows))
            slopes = np.array([betas.of(s) for s in members])
            found[i] = 0.0
            found[i, [past.symbols.index(s) for s in members]] = on_equalities(
                inner, model.covariance[rows, asset], slopes, -betas.of(symbol)
            )
        return found

    def _members(self, symbol: str, pool: tuple[str, ...]) -> tuple[str, ...]:
        others = tuple(s for s in pool if self.own or s != symbol)
        if self.label.count:
            return others[: self.label.count]
        held = tuple(s for s in self.sets.get(symbol, ()) if s in others)
        return held if "BTC" in held else ("BTC", *held)

    def _due(self, past: Market) -> bool:
        if self.chosen_at is None:
            return True
        return bool((past.times[-1] - self.chosen_at) / np.timedelta64(1, "D") >= self.choose_days - 1e-6)

    def _choose(self, past: Market, betas: Betas, model: RiskModel, pool: tuple[str, ...]) -> None:
        """Choose for every coin: forward and by swaps, as long as the variance that goes is worth the trade."""
        self.chosen_at = past.times[-1]
        linear, _ = trade_rates(past, 0.0)
        self.sets = {}
        for symbol in (s for s in betas.symbols if s in model.symbols and np.isfinite(betas.of(s)).all()):
            members = tuple(s for s in pool if self.own or s != symbol)[:POOL]
            if symbol in self.label.factors or "BTC" not in members:
                continue
            rows, asset = model.index(members), model.index((symbol,))[0]
            none = np.zeros(len(rows))
            problem = joint_problem(
                inner=model.covariance[np.ix_(rows, rows)] + _BASIS_VARIANCE * np.eye(len(rows)),
                with_book=model.covariance[rows, asset],
                charge=_AVERSION * _HORIZON_DAYS,
                trade=linear[[past.symbols.index(s) for s in members]],
                hold=none,
                held=none,
                beta=np.array([betas.of(s) for s in members]),
                target=-betas.of(symbol),
            )
            best = choose_sticky(problem, MOST_CONTRACTS, (members.index("BTC"),))[-1]
            self.sets[symbol] = tuple(members[j] for j in best.members)


def _traded(past: Market, betas: Betas, model: RiskModel) -> tuple[str, ...]:
    """Coins with a beta and a covariance, the most traded of the last 90 days first."""
    known = [s for s in betas.symbols if s in model.symbols and np.isfinite(betas.of(s)).all()]
    kept = [s for s in known if not is_stablecoin(s) and s not in GOLD]
    volume = {s: past.daily_volume_usd(s) for s in kept}
    return tuple(sorted(kept, key=lambda s: (-np.nan_to_num(volume[s]), s)))
