"""From a policy and the past to a stage: what the plain engine would look up on the way, looked up beforehand."""

from __future__ import annotations

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
from hedgerow.runs.slippage import slippage
from hedgerow.runs.twin.holdings import Units, valued
from hedgerow.runs.twin.tape import BAR, CONTRACT, DUE, LEAD, LEG, TIER, Knobs, Records, Stage
from hedgerow.stats.margin import cum_amounts, distance_rule

__all__ = ["Learned", "knobs_of", "learned", "stage_of", "units_of"]

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
            found = learn(policy, past, t)
            known.append(found)
            drift.append(drifting(policy, past, found, t))
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
    panel, rules, first = past.panel, Rules(), past.panel.first
    rows = len(panel.times) - first
    bar, lead = np.empty(rows, BAR), np.empty((rows, len(found.legs)), LEAD)
    bar["ms"] = panel.times[first:].astype("datetime64[ms]").astype(np.int64)
    bar["epoch"], bar["coin"] = found.epoch, past.prices.coin(found.legs[0].settle)[first:]
    lead["change"] = panel.factor[first:]
    valued(units_of(panel, found), panel.prices[first:], bar, lead)
    leg, due = _legs_through_time(past, found.legs)
    return Stage(
        bar=bar,
        lead=lead,
        leg=leg,
        due=due,
        contract=_contracts(found.legs),
        tier=_tiers(found.legs),
        leg_beta=np.array([[k.betas.of(c.underlying) for c in found.legs] for k in found.known]),
        leg_covariance=np.array([_covariance(k, found.legs) for k in found.known]),
        liquidation_fee=rules.liquidation_fee,
        most_leverage=rules.max_leverage,
        rule_least=distance_rule(0.0),
        rule_sigmas=distance_rule(1.0, least=0.0),
    )


def units_of(panel: Panel, found: Learned) -> Units:
    """Return what the book holds, and what of it moves with each factor at each estimation."""
    beta = np.array([k.beta.T for k in found.known])
    held = panel.units[panel.first]
    risky = held * ~panel.cash
    return Units(held, np.abs(held), risky, risky * beta, panel.hedged[panel.first] * beta)


def _legs_through_time(past: Past, legs: tuple[Instrument, ...]) -> tuple[Records, Records]:
    """Each contract in every bar (R, J), and its settlements of funding one after the other."""
    first, times = past.panel.first, past.panel.times
    inside = past.prices if past.hedge is past.market else Prices(times, past.market)
    found = np.empty((len(times) - first, len(legs)), LEG)
    due: list[tuple[float, float]] = []
    for j, contract in enumerate(legs):
        column = found[:, j]
        column["last"], column["mark"] = (
            past.prices.last(contract)[first:],
            past.prices.mark(contract)[first:],
        )
        column["under"] = inside.coin(contract.underlying)[first:]
        column["half_spread"], column["impact"] = slippage(past.hedge, contract.underlying, times[first:])
        for t in range(first, len(times)):
            column["due_from"][t - first] = len(due)
            due += [(settled.rate, settled.mark) for settled in past.prices.due(contract, t)]
            column["due_end"][t - first] = len(due)
    return found, np.array(due, DUE)


def _contracts(legs: tuple[Instrument, ...]) -> Records:
    found = np.empty(len(legs), CONTRACT)
    found["multiplier"] = [float(c.multiplier) for c in legs]
    found["lot"] = [float(c.lot) for c in legs]
    found["least_lots"] = [float(c.min_contracts / c.lot) for c in legs]
    found["most_lots"] = [
        _ENDLESS if c.max_contracts is None else int(c.max_contracts // c.lot) for c in legs
    ]
    found["least_notional"] = [float(c.min_notional) for c in legs]
    found["fee"] = [float(c.taker_fee) for c in legs]
    found["tiers"] = [len(c.tiers) for c in legs]
    return found


def _tiers(legs: tuple[Instrument, ...]) -> Records:
    found = np.zeros((len(legs), max(len(c.tiers) for c in legs)), TIER)
    for j, contract in enumerate(legs):
        cums = cum_amounts(contract.tiers)
        rows = [
            (tier.floor, tier.mmr, cum, tier.max_leverage)
            for tier, cum in zip(contract.tiers, cums, strict=True)
        ]
        found[j, : len(rows)] = rows
    return found


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
        to_edge=rule.to_edge,
        calendar_days=float(rule.width or 0.0) if rule.rule == "calendar" else 0.0,
        backstop_days=float(rule.backstop_days),
        choose_days=float(choose_days),
        collateral=float(given.amount) if given is not None else float("nan"),
        most_leverage=float(policy.limits.max_leverage),
        least_distance=float("nan") if least is None else float(least),
    )
