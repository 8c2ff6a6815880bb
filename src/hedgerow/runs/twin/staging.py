"""From a policy and the past to a stage: what the plain engine would look up on the way, looked up beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.exchange import Rules
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import find
from hedgerow.hedge.rebalance import Drift, half_width, rebalance_of
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.runs.learning import Known, drifting, learn
from hedgerow.runs.panel import Panel
from hedgerow.runs.past import Past
from hedgerow.runs.prices import Prices
from hedgerow.runs.twin.slippage import slippage
from hedgerow.runs.twin.tape import Knobs, Stage
from hedgerow.stats.margin import cum_amounts, distance_rule

__all__ = ["Learned", "knobs_of", "learned", "stage_of"]

_DAY = np.timedelta64(1, "D")
_ENDLESS = 2**62


@dataclass(frozen=True, slots=True)
class Learned:
    """What a run learns on its way: one `known` and one `drift` an estimation, and the one in force (R,) after a bar."""

    epoch: IntArray
    known: tuple[Known, ...]
    drift: tuple[Drift, ...]
    legs: tuple[Instrument, ...]


def learned(policy: Policy, past: Past) -> Learned:
    """Return every estimation of a run that has not begun, and its contracts, one on each factor in their order.

    Raises `UsageError` where a contract is not the same all the way.
    """
    panel, days = past.panel, past.settings.estimate_days
    epoch = np.zeros(len(panel.times) - panel.first, dtype=np.int64)
    known: list[Known] = []
    drift: list[Drift] = []
    last: np.datetime64 | None = None
    for t in range(panel.first, len(panel.times)):
        if last is None or (panel.times[t] - last) / _DAY >= days - 1e-9:
            market, hedge = past.views(t)
            found = learn(policy, past.book, panel, market, hedge, past.catalogue(hedge))
            known.append(found)
            drift.append(drifting(policy, panel, found, t, past.market.bars_per_day))
            last = panel.times[t]
        epoch[t - panel.first] = len(known) - 1
    return Learned(epoch, tuple(known), tuple(drift), _legs(policy, known))


def _legs(policy: Policy, known: list[Known]) -> tuple[Instrument, ...]:
    names = policy.instruments if isinstance(policy.instruments, tuple) else ()
    seen = [{find(k.contracts, name) for name in names} for k in known]
    if any(found != seen[0] for found in seen):
        raise UsageError(
            "the compiled engine runs contracts that stay the same, and these change on the way",
            advice="Use --engine plain.",
        )
    return tuple(sorted(seen[0], key=lambda c: policy.factors.index(c.underlying)))


def stage_of(past: Past, found: Learned) -> Stage:
    """Return the stage of a run, with all that its policies share."""
    legs, panel, prices, first = found.legs, past.panel, past.prices, past.panel.first
    spot = panel.units * panel.prices[first:]
    beta = np.array([k.beta for k in found.known])
    inside = prices if past.hedge is past.market else Prices(panel.times, past.market)
    half, impact = slippage(past.hedge, legs, panel.times[first:])
    due_from, due_rate, due_mark = _due(prices, legs, first, len(panel.times))
    floor, rate, cum, leverage = _tiers(legs)
    book_beta, alpha, beta_spot, fx = _own_lines(panel, spot, beta, found.epoch)
    rules = Rules()
    return Stage(
        ms=panel.times[first:].astype("datetime64[ms]").astype(np.int64),
        epoch=found.epoch,
        spot=spot.sum(axis=1),
        gross=np.abs(spot).sum(axis=1),
        book_beta=book_beta,
        alpha=alpha,
        beta_spot=beta_spot,
        fx=fx,
        factor=np.ascontiguousarray(panel.factor[first:]),
        last=_columns(prices.last(c)[first:] for c in legs),
        mark=_columns(prices.mark(c)[first:] for c in legs),
        under=_columns(inside.coin(c.underlying)[first:] for c in legs),
        coin=np.ascontiguousarray(prices.coin(legs[0].settle)[first:]),
        half_spread=half,
        impact=impact,
        due_from=due_from,
        due_rate=due_rate,
        due_mark=due_mark,
        leg_beta=np.array([[k.betas.of(c.underlying) for c in legs] for k in found.known]),
        leg_covariance=np.array([_covariance(k, legs) for k in found.known]),
        multiplier=np.array([float(c.multiplier) for c in legs]),
        lot=np.array([float(c.lot) for c in legs]),
        least_lots=np.array([float(c.min_contracts / c.lot) for c in legs]),
        most_lots=np.array(
            [_ENDLESS if c.max_contracts is None else int(c.max_contracts // c.lot) for c in legs]
        ),
        least_notional=np.array([float(c.min_notional) for c in legs]),
        fee=np.array([float(c.taker_fee) for c in legs]),
        tiers=np.array([len(c.tiers) for c in legs]),
        floor=floor,
        rate=rate,
        cum=cum,
        leverage=leverage,
        liquidation_fee=rules.liquidation_fee,
        most_leverage=rules.max_leverage,
        rule_least=distance_rule(0.0),
        rule_sigmas=distance_rule(1.0, least=0.0),
    )


def _columns(series: Iterable[FloatArray]) -> FloatArray:
    return np.ascontiguousarray(np.column_stack(list(series)))


def _own_lines(
    panel: Panel, spot: FloatArray, beta: FloatArray, epoch: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Dollar beta (R, K) of what is hedged, and what the book's own prices did (R,): alpha, beta, fx."""
    moved = np.zeros(len(spot))
    for e in range(len(beta)):
        rows = np.flatnonzero(epoch == e)
        after = rows[rows + 1 < len(spot)] + 1
        held = spot[after - 1][:, ~panel.cash]
        moved[after] = np.einsum(
            "tn,nk,tk->t", held, beta[e][~panel.cash], panel.factor[panel.first :][after]
        )
    hedged = beta * panel.hedged[:, None]
    book_beta = np.array([values @ hedged[e] for values, e in zip(spot, epoch, strict=True)])
    gained = np.diff(spot, axis=0, prepend=spot[:1])
    return book_beta, gained[:, ~panel.cash].sum(axis=1) - moved, moved, gained[:, panel.cash].sum(axis=1)


def _due(
    prices: Prices, legs: tuple[Instrument, ...], first: int, end: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Settlements of funding by contract and bar: where each bar's begin (J, R+1), their rates and marks."""
    begin = np.zeros((len(legs), end - first + 1), dtype=np.int64)
    rates: list[float] = []
    marks: list[float] = []
    for j, contract in enumerate(legs):
        for t in range(first, end):
            begin[j, t - first] = len(rates)
            for due in prices.due(contract, t):
                rates.append(due.rate)
                marks.append(due.mark)
        begin[j, -1] = len(rates)
    return begin, np.array(rates), np.array(marks)


def _tiers(legs: tuple[Instrument, ...]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Brackets of each contract (J, tiers): floor, rate, what is deducted, largest leverage; infinite beyond the last."""
    shape = (len(legs), max(len(c.tiers) for c in legs))
    floor, rate, cum, leverage = (np.full(shape, fill) for fill in (np.inf, 0.0, 0.0, np.inf))
    for j, contract in enumerate(legs):
        count = len(contract.tiers)
        floor[j, :count] = [tier.floor for tier in contract.tiers]
        rate[j, :count] = [tier.mmr for tier in contract.tiers]
        leverage[j, :count] = [tier.max_leverage for tier in contract.tiers]
        cum[j, :count] = cum_amounts(contract.tiers)
    return floor, rate, cum, leverage


def _covariance(known: Known, legs: tuple[Instrument, ...]) -> FloatArray:
    rows = known.model.index(tuple(c.underlying for c in legs))
    return known.model.covariance[np.ix_(rows, rows)]


def knobs_of(policy: Policy, found: Learned, choose_days: float) -> Knobs:
    """Return what is the policy's own on a stage."""
    rule = rebalance_of(policy.rebalance)
    drift = [replace(d, aversion=policy.risk_aversion / d.size_usd) for d in found.drift]
    given, usd = policy.rules.collateral, policy.target_beta_usd
    target = usd if usd is not None else (policy.target_beta or (0.0,) * len(policy.factors))
    least = policy.limits.least_distance
    return Knobs(
        band=np.array([half_width(rule, d) for d in drift]),
        target=np.array(target, dtype=float),
        of_nav=usd is None,
        to_edge=rule.rule == "band",
        calendar_days=float(rule.width or 0.0) if rule.rule == "calendar" else 0.0,
        backstop_days=float(rule.backstop_days),
        choose_days=float(choose_days),
        collateral=float(given.amount) if given is not None else float("nan"),
        most_leverage=float(policy.limits.max_leverage),
        least_distance=float("nan") if least is None else float(least),
    )
