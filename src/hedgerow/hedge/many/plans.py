"""The plan of every book: the best contract, whole lots, costs, margin, and what is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.accounts import AccountRules
from hedgerow.hedge.lots import place_one
from hedgerow.hedge.many.books import Books
from hedgerow.hedge.many.candidates import capital_usd, costs_of, wallets_for
from hedgerow.hedge.many.exposures import Exposures, exposures_of
from hedgerow.hedge.many.universe import Universe
from hedgerow.hedge.terms import MONTH_DAYS, Terms
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.display import Result
from hedgerow.model.instruments import Instrument
from hedgerow.stats.margin import distance_rule

__all__ = ["BookPlans", "plan_books"]

_YEAR = 365.0
_TIE = 1e-6


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BookPlans(Result):
    """One plan a book, as columns (B,): what to trade, and what that costs, needs and leaves.

    `choice` is the row of `instruments`, −1 for none, with the `reason`; `lots` are signed, sold below zero, each
    `instruments[choice].lot` contracts. Dollars: net worth, dollar beta with its error before and after, the target, the
    notional, what the trade costs at once and a month (negative: earned), the margin that the distance rule wants,
    and a year's volatility before and after. NaN is unknown. `unknown` are coins without a price or a beta, which no
    number counts: such a book is not traded.
    """

    names: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    nav_usd: FloatArray
    beta_usd: FloatArray
    stderr_usd: FloatArray
    target_usd: FloatArray
    choice: IntArray
    lots: IntArray
    notional_usd: FloatArray
    after_usd: FloatArray
    after_stderr_usd: FloatArray
    cost_usd: FloatArray
    month_usd: FloatArray
    margin_usd: FloatArray
    volatility_usd: FloatArray
    volatility_after_usd: FloatArray
    reason: tuple[str, ...]
    unknown: tuple[tuple[str, ...], ...]

    def headline(self) -> str:
        """Return the result in one line."""
        traded = int((self.lots != 0).sum())
        return f"{len(self.names):,} books, {traded:,} to trade, {sum(map(bool, self.unknown)):,} with something unknown"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and a row for each book; `contracts` are signed."""
        columns = ["nav_usd", "beta_usd", "stderr_usd", "target_usd", "notional_usd", "after_usd"]
        columns += ["after_stderr_usd", "cost_usd", "month_usd", "margin_usd"]
        columns += ["volatility_usd", "volatility_after_usd"]
        numbers = np.column_stack([getattr(self, name) for name in columns]).tolist()
        rows: list[list[object]] = []
        for i, name in enumerate(self.names):
            one = self.instruments[self.choice[i]] if self.choice[i] >= 0 else None
            contracts = None if one is None else int(self.lots[i]) * one.lot
            said = self.reason[i] or ", ".join(f"{coin} unknown" for coin in self.unknown[i])
            rows.append([name, one.name if one else "", contracts, *numbers[i], said])
        return ["book", "instrument", "contracts", *columns, "reason"], rows


def plan_books(universe: Universe, books: Books) -> BookPlans:
    """Return the plan of every book of `books`, whose symbols are the universe's, in its order.

    The numbers are those of `Policy.rank` and `size` on the universe's betas and covariance, to rounding. A book with
    something unknown, or without the ratio that its target is given in, is not traded.
    """
    found = exposures_of(universe, books)
    target = _targets(universe, found)
    blocked = np.array([bool(each) for each in found.unknown], dtype=bool) | ~np.isfinite(target)
    shared = _Shared.of(universe, found, target)
    scores = np.array([_score(shared, terms) for terms in universe.terms]).reshape(-1, len(target))
    finite = np.where(np.isfinite(scores), scores, np.inf)
    best = np.argmin(finite, axis=0) if len(finite) else np.zeros(len(target), dtype=np.int64)
    usable = np.isfinite(finite[best, np.arange(len(target))]) if len(finite) else np.zeros(len(target), bool)
    choice = np.where(usable & ~blocked, best, -1)
    reasons = np.where(choice < 0, "no contract can hedge it", "").astype(object)
    reasons[~np.isfinite(target)] = "no beta per dollar: give a target in dollars"
    reasons[[bool(each) for each in found.unknown]] = ""
    return _planned(shared, books, choice, reasons)


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What every candidate is judged by: exposures, targets (B,), Σw (B, M), w'Σw (B,), the price of variance (B,)."""

    universe: Universe
    found: Exposures
    target: FloatArray
    covered: FloatArray
    variance: FloatArray
    price: FloatArray

    @classmethod
    def of(cls, universe: Universe, found: Exposures, target: FloatArray) -> _Shared:
        covered = found.dollars @ universe.model.covariance
        size = np.maximum(found.nav_usd, found.gross_usd)
        with np.errstate(divide="ignore"):
            price = np.where(size > 0.0, 0.5 * universe.policy.risk_aversion / size, 0.0)
        variance = np.maximum(np.einsum("bm,bm->b", covered, found.dollars), 0.0)
        return cls(universe, found, target, covered, variance, price)

    @property
    def rules(self) -> AccountRules:
        """How margin is judged."""
        return self.universe.policy.rules

    def wanted(self, terms: Terms) -> FloatArray:
        """Dollars (B,) of a contract that bring each book to its target."""
        dollars: FloatArray = (self.target - self.found.beta_usd) / float(terms.beta[0])
        return dollars

    def distance(self, terms: Terms) -> float:
        """The move against it that the contract's account has to survive."""
        if self.rules.least_distance is not None:
            return self.rules.least_distance
        i = self.universe.model.symbols.index(terms.instrument.underlying)
        daily = float(np.sqrt(self.universe.model.covariance[i, i]))
        return distance_rule(daily * float(np.sqrt(_YEAR)))

    def left(self, terms: Terms, dollars: FloatArray) -> FloatArray:
        """One day's variance (B,) with `dollars` (B,) of the contract, its own basis included."""
        i = self.universe.model.symbols.index(terms.instrument.underlying)
        own = float(self.universe.model.covariance[i, i])
        moved = self.variance + 2.0 * dollars * self.covered[:, i] + dollars**2 * own
        return np.maximum(moved, 0.0) + (dollars * terms.basis_volatility) ** 2


def _targets(universe: Universe, found: Exposures) -> FloatArray:
    policy = universe.policy
    if policy.target_beta_usd is not None:
        return np.full(len(found.nav_usd), float(policy.target_beta_usd[0]))
    if policy.target_beta is None:
        return np.zeros(len(found.nav_usd))
    return np.where(found.has_ratio, float(policy.target_beta[0]) * found.nav_usd, np.nan)


def _score(shared: _Shared, terms: Terms) -> FloatArray:
    """Dollars over the horizon that a contract costs each book, the risk it leaves included."""
    dollars, rules = shared.wanted(terms), shared.rules
    margin = wallets_for(terms, dollars, shared.distance(terms), rules.max_leverage)
    costs, months = costs_of(terms, dollars), rules.horizon_days / MONTH_DAYS
    total = costs.once + (costs.a_month + capital_usd(margin)) * months
    charged = shared.price * shared.left(terms, dollars) * rules.horizon_days
    score: FloatArray = total + charged
    return score


def _planned(shared: _Shared, books: Books, choice: IntArray, reasons: FloatArray) -> BookPlans:
    """Whole lots of the contract of each book, and what follows from them."""
    found, count = shared.found, len(choice)
    lots, dollars = np.zeros(count, dtype=np.int64), np.zeros(count)
    cost, month, margin = (np.zeros(count) for _ in range(3))
    after, variance = found.beta_usd.copy(), shared.variance.copy()
    known = found.known.copy()
    for c, terms in enumerate(shared.universe.terms):
        mine = np.flatnonzero(choice == c)
        if not len(mine):
            continue
        lots[mine], reasons[mine] = _whole(terms, shared.wanted(terms)[mine])
        dollars[mine] = lots[mine] * float(terms.instrument.lot) * terms.delta_usd
        after[mine] += dollars[mine] * float(terms.beta[0])
        costs = costs_of(terms, dollars[mine])
        cost[mine] = costs.once
        margin[mine] = wallets_for(terms, dollars[mine], shared.distance(terms), shared.rules.max_leverage)
        month[mine] = costs.a_month + capital_usd(margin[mine])
        full = np.zeros(count)
        full[mine] = dollars[mine]
        variance[mine] = shared.left(terms, full)[mine]
        if terms.instrument.underlying in shared.universe.betas.symbols:
            known[mine, shared.universe.betas.symbols.index(terms.instrument.underlying)] += dollars[mine]
    covariance = shared.universe.betas.covariance
    error = np.einsum("bn,bn->b", known @ np.where(np.isfinite(covariance), covariance, 0.0), known)
    return BookPlans(
        names=books.names,
        instruments=tuple(t.instrument for t in shared.universe.terms),
        nav_usd=found.nav_usd,
        beta_usd=found.beta_usd,
        stderr_usd=found.stderr_usd,
        target_usd=shared.target,
        choice=choice,
        lots=lots,
        notional_usd=np.abs(dollars),
        after_usd=after,
        after_stderr_usd=np.sqrt(np.maximum(error, 0.0)),
        cost_usd=cost,
        month_usd=month,
        margin_usd=margin,
        volatility_usd=np.sqrt(shared.variance * _YEAR),
        volatility_after_usd=np.sqrt(variance * _YEAR),
        reason=tuple(reasons),
        unknown=found.unknown,
    )


def _whole(terms: Terms, dollars: FloatArray) -> tuple[IntArray, list[str]]:
    """Signed lots nearest to `dollars` (B,), and why there are none: by arithmetic, and one by one where it is close."""
    contract = terms.instrument
    lot = float(contract.lot)
    wanted = dollars / terms.delta_usd
    ratio = wanted / lot
    lots = np.rint(ratio)
    size = np.abs(lots) * lot
    tie = np.abs(np.abs(ratio - np.trunc(ratio)) - 0.5) < _TIE
    small = (size < float(contract.min_contracts)) | (
        size * terms.delta_usd < float(contract.min_notional) * terms.quote_usd * (1.0 + _TIE)
    )
    large = contract.max_contracts is not None and size >= float(contract.max_contracts)
    reasons = [""] * len(dollars)
    for i in np.flatnonzero(tie | small | large | ~np.isfinite(ratio)):
        exact, reasons[i] = place_one(terms, float(dollars[i]))
        lots[i] = float(exact / contract.lot)
    return lots.astype(np.int64), reasons
