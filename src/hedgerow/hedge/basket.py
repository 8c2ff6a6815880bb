"""Several contracts for one book: the least risk that its cost is worth, with the target beta held throughout.

Everything in dollars over the horizon: price of variance × variance + expected costs, minimised on
Σ β_j h_j = target − exposure (domain §3.2, `interfaces.md` §3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hedgerow.hedge.charges import capital_line, entry_rate, holding_rate, trade_lines
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.figures import book_weights
from hedgerow.hedge.joint import MOST_CONTRACTS, joint_problem
from hedgerow.hedge.margin import Stake, wallet_for
from hedgerow.hedge.plan import FrontierPoint
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.terms import MONTH_DAYS, Terms
from hedgerow.model.arrays import FloatArray
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Payoff
from hedgerow.model.risk import RiskModel
from hedgerow.stats.margin import distance_rule
from hedgerow.stats.sticky import StickyProblem, StickyStep, choose_sticky, solve_on

__all__ = [
    "Basket",
    "Trades",
    "basket_for_volatility",
    "frontier_of",
    "polished",
    "solve_named",
    "target_for_volatility",
]

Trades = tuple[tuple[Terms, float], ...]

_TAIL = 0.25
_CAPITAL_A_MONTH = 0.05 / 12.0
_LEAST_GAIN_USD = 1.0
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Basket:
    """The problem in arrays: M usable contracts, one an underlying.

    `gap` (K,) dollars of beta the trades must add; `inner` (M, M) and `with_book` (M,) dollar covariances a day,
    contracts' own basis risk included; `held` (M,) dollars, `contracts` and the book's `weights` are of what is open.
    `trade` (M,) is what a dollar costs to trade, `hold` (M,) what it costs to hold over the horizon: funding where it has
    to be paid, its tail, the capital of its margin. Funding that would be earned is no reason to hold a contract: a hedge
    is not a carry trade.
    """

    exposure: Exposure
    risk: RiskModel
    terms: tuple[Terms, ...]
    start: tuple[int, ...]
    beta: FloatArray
    gap: FloatArray
    inner: FloatArray
    with_book: FloatArray
    book_variance: float
    weights: FloatArray
    rows: tuple[int, ...]
    held: FloatArray
    contracts: tuple[Decimal, ...]
    trade: FloatArray
    hold: FloatArray
    price_of_variance: float
    days: float

    @classmethod
    def of(cls, exposure: Exposure, ranking: Ranking, risk: RiskModel) -> Basket:
        """Return the problem that `ranking` poses, its best candidates first."""
        order = {c.name: i for i, c in enumerate(ranking.candidates)}
        barred = {c.name for c in ranking.candidates if not c.usable}
        usable = sorted(
            (
                t
                for t in ranking.offered
                if not t.unusable
                and t.instrument.name not in barred
                and t.instrument.underlying in risk.symbols
            ),
            key=lambda t: order.get(t.instrument.name, len(order)),
        )
        best_of: dict[str, Terms] = {}
        for terms in usable:
            best_of.setdefault(terms.instrument.underlying, terms)
        stands = {p.instrument.name for p in ranking.standing if p.instrument is not None}
        best_of |= {t.instrument.underlying: t for t in usable if t.instrument.name in stands}
        one_each = tuple(best_of.values())
        held, contracts = _open(exposure, ranking, one_each)
        rows = tuple(risk.index(tuple(t.instrument.underlying for t in one_each)))
        weights = book_weights(exposure, risk)
        inner = risk.covariance[np.ix_(rows, rows)] + np.diag([t.basis_volatility**2 for t in one_each])
        gap = ranking.target_usd - exposure.beta_usd
        beta = np.array([t.beta for t in one_each]).reshape(len(one_each), len(gap))
        whole = float(gap[0] + held @ beta[:, 0])
        months = ranking.horizon_days / MONTH_DAYS
        size = max(exposure.nav_usd, exposure.gross_usd)
        return cls(
            exposure=exposure,
            risk=risk,
            terms=one_each,
            start=_first(one_each, len(gap)),
            beta=beta,
            gap=gap,
            inner=inner,
            with_book=risk.covariance[list(rows)] @ weights,
            book_variance=float(weights @ risk.covariance @ weights),
            weights=weights,
            rows=rows,
            held=held,
            contracts=contracts,
            trade=np.array([entry_rate(t, whole / 4.0) for t in one_each]),
            hold=np.array([_holding(t, whole) * months for t in one_each]),
            price_of_variance=0.5 * ranking.risk_aversion / size if size > 0 else 0.0,
            days=ranking.horizon_days,
        )

    def towards(self, target_usd: FloatArray) -> Basket:
        """Return the same problem for another target."""
        return replace(self, gap=target_usd - self.exposure.beta_usd)

    @property
    def charge(self) -> float:
        """Twice the price of variance times the horizon: what makes ½h'Ph its cost."""
        return 2.0 * self.price_of_variance * self.days

    @property
    def stands(self) -> tuple[int, ...]:
        """The contracts that are open."""
        return tuple(np.flatnonzero(self.held).tolist())

    def programme(self) -> tuple[FloatArray, FloatArray]:
        """Return P and q of ½h'Ph + q'h for trades h (M,): variance over the horizon at its price."""
        return self.charge * self.inner, self.charge * self.with_book

    def problem(self) -> StickyProblem:
        """Return the programme in dollars held, the open ones included."""
        without = self.with_book - self.risk.covariance[np.ix_(self.rows, self.rows)] @ self.held
        return joint_problem(
            inner=self.inner,
            with_book=without,
            charge=self.charge,
            trade=self.trade,
            hold=self.hold,
            held=self.held,
            beta=self.beta,
            target=self.gap + self.beta.T @ self.held,
        )

    def trades(self, h: FloatArray) -> Trades:
        """Return what has to be traded to hold `h` (M,): nothing of a contract that stays as it is."""
        moved = h - self.held
        return tuple((self.terms[i], float(moved[i])) for i in np.flatnonzero(moved))

    def variance(self, h: FloatArray) -> float:
        """Return the daily variance, in dollars², of the book once `h` (M,) is held."""
        moved = h - self.held
        return float(self.book_variance + 2.0 * moved @ self.with_book + moved @ self.inner @ moved)


def _open(
    exposure: Exposure, ranking: Ranking, terms: tuple[Terms, ...]
) -> tuple[FloatArray, tuple[Decimal, ...]]:
    """Dollars and contracts of what is open of each of `terms`, where it is a hedge: what closing it would trade."""
    place = {t.instrument.name: i for i, t in enumerate(terms)}
    dollars, contracts = np.zeros(len(terms)), [Decimal(0)] * len(terms)
    for holding in exposure.worth.holdings:
        contract = holding.position.instrument
        i = place.get(contract.name) if contract is not None else None
        if i is not None and holding.delta_usd and holding.position in ranking.standing:
            dollars[i] += float(holding.position.quantity) * terms[i].delta_usd
            contracts[i] += holding.position.quantity
    return dollars, tuple(contracts)


def _first(terms: tuple[Terms, ...], factors: int) -> tuple[int, ...]:
    """The first usable contract whose largest beta is on each factor: where the frontier begins."""
    found: list[int] = []
    for k in range(factors):
        place = next(
            (i for i, t in enumerate(terms) if int(np.argmax(np.abs(t.beta))) == k and i not in found), None
        )
        if place is not None:
            found.append(place)
    return tuple(found)


def _holding(terms: Terms, gap: float) -> float:
    """What a dollar costs a month: the funding it pays in the hedge's direction, a quarter of its band, its capital."""
    tail = _TAIL * (terms.funding.high - terms.funding.low) / 2.0
    paid = max(holding_rate(terms) * (1.0 if gap > 0 else -1.0), 0.0)
    return paid + tail + 0.5 * _CAPITAL_A_MONTH


def solve_named(basket: Basket) -> Trades:
    """Return the best dollars of every contract there is, costs counted exactly; none where no mix meets the target."""
    if np.linalg.matrix_rank(basket.beta) < len(basket.gap):
        return ()
    return polished(basket, tuple(range(len(basket.terms))))


def polished(basket: Basket, members: tuple[int, ...]) -> Trades:
    """Return the trades to the best dollars of one set, costs counted exactly; a contract outside it is closed."""
    return basket.trades(solve_on(basket.problem(), members, basket.held).h)


def frontier_of(basket: Basket) -> tuple[tuple[FrontierPoint, ...], tuple[StickyStep, ...]]:
    """Return variance left against number of contracts held, and the sets behind it.

    The point that `auto` takes is marked: from the hedge that stands, or from one contract, the last whose gain over the
    one before (variance at its price, in dollars over the horizon) exceeds what it costs more, and a dollar.
    """
    if len(basket.start) < len(basket.gap) or basket.book_variance <= 0.0:
        return (), ()
    if not np.any(basket.gap) and not basket.stands:
        return (), ()
    problem, stands = basket.problem(), basket.stands
    most = max(min(MOST_CONTRACTS, len(basket.terms)), len(stands))
    fewer = [choose_sticky(problem, n, stands)[-1:] for n in range(len(basket.gap), len(stands))]
    onward = _paying(basket, choose_sticky(problem, most, stands or basket.start))
    before = tuple(step for found in fewer for step in found)
    chosen = len(before) + next(
        (
            i
            for i in range(len(onward) - 1)
            if onward[i].objective - onward[i + 1].objective <= _LEAST_GAIN_USD
        ),
        len(onward) - 1,
    )
    steps = (*before, *onward)
    points = tuple(_point(basket, step, chosen=i == chosen) for i, step in enumerate(steps))
    return points, steps


def _paying(basket: Basket, steps: tuple[StickyStep, ...]) -> tuple[StickyStep, ...]:
    """The sets that leave less variance than those before them."""
    kept: list[StickyStep] = []
    for step in steps:
        if not kept or basket.variance(step.h) < basket.variance(kept[-1].h):
            kept.append(step)
    return tuple(kept)


def _point(basket: Basket, step: StickyStep, *, chosen: bool) -> FrontierPoint:
    held = np.flatnonzero(step.h)
    trades = basket.trades(step.h)
    left = basket.weights.copy()
    left[list(basket.rows)] += step.h - basket.held
    before, after = _parts(basket.weights, basket.risk), _parts(left, basket.risk)
    removed = (before - after) / basket.book_variance
    now = sum(line.usd for t, d in trades for line in trade_lines(t, d))
    margin = _margin([t for t, _ in trades], np.array([d for _, d in trades]), basket.risk)
    month = sum(holding_rate(t) * d for t, d in trades) + capital_line(margin).usd
    return FrontierPoint(
        count=len(held),
        instruments=tuple(basket.terms[i].instrument.symbol for i in held),
        left=basket.variance(step.h) / basket.book_variance,
        market_removed=float(removed[0]),
        shared_removed=float(removed[1]),
        own_removed=float(removed[2]),
        cost_usd=now,
        cost_usd_per_month=month,
        margin_usd=margin,
        chosen=chosen,
    )


def _parts(weights: FloatArray, risk: RiskModel) -> FloatArray:
    return np.array(
        [weights @ part @ weights for part in (risk.market_part, risk.shared_part, risk.own_part)]
    )


def _margin(terms: list[Terms], h: FloatArray, risk: RiskModel) -> float:
    """Collateral that the distance rule wants, account by account: one for each venue and settlement coin."""
    accounts: dict[tuple[str, str], list[Stake]] = {}
    for t, d in zip(terms, h, strict=True):
        if d:
            stake = Stake(t.instrument, float(d), t.price_usd, t.settle_usd)
            accounts.setdefault((t.instrument.venue, t.instrument.settle), []).append(stake)
    return sum(_account_margin(tuple(stakes), risk) for stakes in accounts.values())


def _account_margin(stakes: tuple[Stake, ...], risk: RiskModel) -> float:
    weights = np.zeros(len(risk.symbols))
    for stake in stakes:
        weights[risk.index((stake.instrument.underlying,))[0]] += stake.dollars
    gross = sum(abs(stake.dollars) for stake in stakes)
    distance = distance_rule(risk.volatility(weights) / gross * float(np.sqrt(365.0)))
    return wallet_for(stakes, distance, 3.0, in_coin=stakes[0].instrument.payoff is Payoff.INVERSE)


def target_for_volatility(basket: Basket, wanted_usd: float) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the dollar beta at which the predicted annual volatility is `wanted_usd`, hedging with the best contract.

    Of the two sizes that reach it, the smaller hedge. Out of reach from below: nothing is hedged. Out of reach from
    above, because the coins' own risk alone is larger: the least attainable, and a sentence that says so.
    """
    if not basket.start:
        return basket.exposure.beta_usd, ("No contract can change the volatility.",)
    i = basket.start[0]
    wanted = wanted_usd**2 / 365.0
    square, cross = float(basket.inner[i, i]), float(basket.with_book[i])
    if basket.book_variance <= wanted:
        return basket.exposure.beta_usd, (
            "The book is already below the volatility asked for: nothing to hedge.",
        )
    least = basket.book_variance - cross**2 / square
    if least > wanted:
        h = -cross / square
        nav = basket.exposure.nav_usd
        note = (
            f"A volatility of {percent_text(wanted_usd / nav)} is out of reach with {basket.terms[i].instrument.symbol}: the coins'"
            f" own risk alone is {percent_text(np.sqrt(least * 365.0) / nav)}, the least attainable."
        )
        return basket.exposure.beta_usd + h * basket.beta[i], (note,)
    root = float(np.sqrt(cross**2 - square * (basket.book_variance - wanted)))
    h = (-cross + root) / square if cross > 0 else (-cross - root) / square
    return basket.exposure.beta_usd + h * basket.beta[i], ()


def basket_for_volatility(
    basket: Basket, members: tuple[int, ...], wanted_usd: float
) -> tuple[FloatArray, Trades, tuple[str, ...]]:
    """Return the dollar beta, the dollars of `members`, and what to say, for a volatility of `wanted_usd` a year.

    The share of the beta that is taken out is searched between none and all; where all of it is not enough, all.
    """
    whole = -basket.exposure.beta_usd

    def hedged(share: float) -> tuple[Trades, float]:
        aimed = replace(basket, gap=share * whole)
        h = solve_on(aimed.problem(), members, aimed.held).h
        return aimed.trades(h), float(np.sqrt(basket.variance(h) * 365.0))

    if float(np.sqrt(basket.book_variance * 365.0)) <= wanted_usd:
        note = "The book is already below the volatility asked for: nothing to hedge."
        return basket.exposure.beta_usd, (), (note,)
    low, high = 0.0, 1.0
    trades, least = hedged(1.0)
    if least > wanted_usd:
        nav = basket.exposure.nav_usd
        note = (
            f"A volatility of {percent_text(wanted_usd / nav)} is out of reach with these contracts and the beta at 0:"
            f" {percent_text(least / nav)} is left."
        )
        return np.zeros_like(whole), trades, (note,)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if hedged(middle)[1] <= wanted_usd else (middle, high)
    return basket.exposure.beta_usd + high * whole, hedged(high)[0], ()
