"""Step 4: how many contracts.

    size(exposure, ranking, risk) -> HedgePlan

One contract a factor in closed form (TV14), or a basket by quadratic programme with the target beta as a constraint;
then whole lots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hedgerow.hedge.accounts import AccountRules, account_name, accounts_of, liquidation_price_of
from hedgerow.hedge.basket import (
    Basket,
    Trades,
    basket_for_volatility,
    frontier_of,
    solve_named,
    target_for_volatility,
)
from hedgerow.hedge.charges import capital_line, holding_lines, trade_lines
from hedgerow.hedge.exposure import Exposure, joint_error
from hedgerow.hedge.figures import book_weights, risk_figures
from hedgerow.hedge.lots import Whole, place
from hedgerow.hedge.options.held import doubts_of
from hedgerow.hedge.plan import CostLine, FrontierPoint, HedgePlan, Leg, MarginAccount
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.target import target_dollars
from hedgerow.hedge.terms import Terms
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError
from hedgerow.model.risk import RiskModel

__all__ = ["size", "target_of_volatility"]

_LEAST_NOTED_GAP_USD = 1.0


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which contracts, how many dollars of each, towards which target; and what was said on the way."""

    trades: Trades
    target: FloatArray
    frontier: tuple[FrontierPoint, ...]
    notes: tuple[str, ...] = ()
    basket: Basket | None = None


def size(
    exposure: Exposure,
    ranking: Ranking,
    risk: RiskModel,
    *,
    target_beta: tuple[float, ...] | float | None = None,
    target_beta_usd: tuple[float, ...] | float | None = None,
    target_vol: float | None = None,
    instruments: str | int | tuple[str, ...] = 1,
    rules: AccountRules | None = None,
) -> HedgePlan:
    """Return the contracts that bring `exposure` to its target, in whole lots.

    The target is that of `ranking` unless one is given here. `rules` say what collateral there is and how margin is
    judged. Where the ranking is without a frontier, the plan is too, unless its choice rests on one.

    With `target_vol` (a fraction of net asset value a year) the target is instead found so that the predicted
    volatility is that number; where that cannot be reached, the least attainable is taken and said. What cannot be
    traded (below the minimum, above the maximum) is reported and stays as residual.
    """
    if target_beta is not None or target_beta_usd is not None:
        ranking = replace(ranking, target_usd=target_dollars(exposure, target_beta, target_beta_usd))
    if not ranking.frontier and instruments == 1 and target_vol is None:
        choice = _Choice(_best_each(ranking, exposure), ranking.target_usd, ())
    else:
        choice = _choose(exposure, ranking, risk, target_vol, instruments)
    whole = place(choice.trades, choice.target - exposure.beta_usd, choice.basket)
    judged = rules or AccountRules(horizon_days=ranking.horizon_days)
    return _plan(exposure, risk, choice, whole, judged)


def _choose(
    exposure: Exposure,
    ranking: Ranking,
    risk: RiskModel,
    target_vol: float | None,
    instruments: str | int | tuple[str, ...],
) -> _Choice:
    basket = Basket.of(exposure, ranking, risk)
    target: FloatArray = ranking.target_usd
    notes: tuple[str, ...] = ()
    if target_vol is not None:
        target, notes = target_of_volatility(exposure, ranking, risk, target_vol)
        basket = basket.towards(target)
    decided = instruments == 1 or isinstance(instruments, tuple)
    points, solutions = frontier_of(basket) if ranking.frontier or not decided else ((), ())
    if isinstance(instruments, tuple):
        chosen = _Choice(solve_named(basket), target, points, notes, basket)
        return _for_volatility(chosen, tuple(range(len(basket.terms))), target_vol)
    if instruments == 1:
        return _Choice(_best_each(replace(ranking, target_usd=target), exposure), target, points, notes)
    wanted = (
        next((p.count for p in points if p.chosen), len(points))
        if instruments == "auto"
        else int(instruments)
    )
    if not solutions:
        return _Choice(
            (), target, points, (*notes, "No basket: no contract has a known beta and covariance.")
        )
    place = min(range(len(solutions)), key=lambda i: abs(points[i].count - wanted))
    step, count = solutions[place], points[place].count
    if count < wanted:
        note = f"{wanted} contracts asked for; beyond {count} another costs more than the risk it removes."
        notes = (*notes, note)
    chosen = _Choice(basket.trades(step.h), target, points, notes, basket)
    return _for_volatility(chosen, step.members, target_vol)


def _for_volatility(chosen: _Choice, members: tuple[int, ...], target_vol: float | None) -> _Choice:
    """Aim several contracts at the volatility itself: one contract's target would take out too much."""
    basket = chosen.basket
    if target_vol is None or basket is None or not chosen.trades:
        return chosen
    target, trades, notes = basket_for_volatility(basket, members, target_vol * basket.exposure.nav_usd)
    return _Choice(trades, target, chosen.frontier, notes, basket.towards(target))


def target_of_volatility(
    exposure: Exposure, ranking: Ranking, risk: RiskModel, target_vol: float
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the dollar beta (K,) at which the predicted volatility is `target_vol` a year of net asset value.

    With what there is to say of it. Raises `UsageError` for a book without a ratio.
    """
    if not exposure.has_ratio:
        raise UsageError(
            "a volatility target needs net asset value to be a fraction of",
            advice="This book's net value is at most 5 % of its gross: give --target-beta-usd instead.",
        )
    basket = Basket.of(exposure, ranking, risk)
    return target_for_volatility(basket, target_vol * exposure.nav_usd)


def _best_each(ranking: Ranking, exposure: Exposure) -> Trades:
    """The best candidate of the ranking for each factor, sized in closed form: N = (β* − β)·V / (β_F·δ)."""
    trades: list[tuple[Terms, float]] = []
    for k, wanted in enumerate(ranking.target_usd - exposure.beta_usd):
        best = next((c for c in ranking.candidates if c.usable and int(np.argmax(np.abs(c.beta))) == k), None)
        terms = next(
            (t for t in ranking.offered if best is not None and t.instrument == best.instrument), None
        )
        if terms is not None and abs(wanted) > 0:
            trades.append((terms, float(wanted / terms.beta[k])))
    return tuple(trades)


def _plan(
    exposure: Exposure,
    risk: RiskModel,
    choice: _Choice,
    whole: Whole,
    rules: AccountRules,
) -> HedgePlan:
    trades = tuple((terms, float(contracts) * terms.delta_usd) for terms, contracts in whole.placed)
    margin = accounts_of(trades, exposure.worth, risk, rules)
    by_name = {account.account: account for account in margin}
    legs = tuple(
        _leg(
            terms,
            contracts,
            dollars,
            liquidation_price_of(terms, by_name[account_name(terms)], trades, exposure.worth),
        )
        for (terms, contracts), (_, dollars) in zip(whole.placed, trades, strict=True)
    )
    added = np.sum([leg.beta_usd for leg in legs], axis=0) if legs else np.zeros(len(exposure.factors))
    held = dict(exposure.deltas)
    weights = book_weights(exposure, risk)
    basis = 0.0
    for terms, dollars in trades:
        name = terms.instrument.underlying
        held[name] = held.get(name, 0.0) + dollars
        weights[risk.index((name,))[0]] += dollars
        basis += (dollars * terms.basis_volatility) ** 2
    return HedgePlan(
        factors=exposure.factors,
        legs=legs,
        before_usd=exposure.beta_usd,
        target_usd=choice.target,
        after_usd=exposure.beta_usd + added,
        stderr_usd=joint_error(held, exposure.betas, doubts_of(exposure.options)),
        nav_usd=exposure.nav_usd,
        has_ratio=exposure.has_ratio,
        costs=_costs(legs, margin),
        margin=margin,
        frontier=choice.frontier,
        risk_before=risk_figures(book_weights(exposure, risk), risk),
        risk_after=risk_figures(weights, risk, float(np.sqrt(basis))),
        untraded=whole.untraded,
        notes=(*choice.notes, *_lots_note(whole)),
    )


def _lots_note(whole: Whole) -> tuple[str, ...]:
    if whole.gap_usd <= _LEAST_NOTED_GAP_USD:
        return ()
    return (f"Whole lots: the best there are may save up to ${whole.gap_usd:,.0f} more over the horizon.",)


def _leg(terms: Terms, contracts: Decimal, dollars: float, liquidation_price: float | None) -> Leg:
    units = float(contracts) * terms.delta_usd / terms.price_usd
    return Leg(
        instrument=terms.instrument,
        side="sell" if contracts < 0 else "buy",
        contracts=abs(contracts),
        base_quantity=abs(units),
        notional_usd=abs(dollars),
        price_usd=terms.price_usd,
        beta_usd=dollars * terms.beta,
        liquidation_price=liquidation_price,
        costs=(*trade_lines(terms, dollars), *holding_lines(terms, dollars)),
    )


def _costs(legs: tuple[Leg, ...], margin: tuple[MarginAccount, ...]) -> tuple[CostLine, ...]:
    """Add the legs' lines up by name; a sum is as well known as its worst part."""
    order = ("measured", "modelled", "assumed")
    lines = [line for leg in legs for line in leg.costs] + [
        capital_line(account.required_usd) for account in margin
    ]
    total: dict[str, CostLine] = {}
    for line in lines:
        so_far = total.get(line.name)
        if so_far is None:
            total[line.name] = line
            continue
        total[line.name] = CostLine(
            line.name,
            so_far.usd + line.usd,
            so_far.low_usd + line.low_usd,
            so_far.high_usd + line.high_usd,
            line.monthly,
            max(so_far.basis, line.basis, key=order.index),
            so_far.note if so_far.note == line.note else "several contracts",
        )
    return tuple(total.values())
