"""Whole lots: the nearest to what is wanted, and honest about what cannot be traded (domain §3.4, TV18)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.hedge.basket import Basket, Trades
from hedgerow.hedge.terms import Terms
from hedgerow.model.amounts import decimal_of, lots_of
from hedgerow.model.arrays import FloatArray
from hedgerow.stats.lots import LotProblem, best_lots

__all__ = ["Placed", "Whole", "place", "place_one"]

Placed = tuple[tuple[Terms, Decimal], ...]

_SOME_BETA = 0.1
_MOST_LOTS = 2.0**53
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Whole:
    """Signed contracts of each leg, what could not be traded and why, and how much less the best lots might cost."""

    placed: Placed
    untraded: tuple[str, ...]
    gap_usd: float


def place_one(terms: Terms, dollars: float) -> tuple[Decimal, str]:
    """Return the signed contracts nearest to `dollars` of one instrument, and why there are none, if so.

    Below the minimum quantity or notional nothing is traded: the wish is reported, not rounded up. Above the
    maximum the maximum is traded and the rest reported.
    """
    contract = terms.instrument
    wanted = decimal_of(repr(dollars / terms.delta_usd))
    contracts = lots_of(wanted, contract.lot) * contract.lot
    name = contract.symbol
    if not contracts and abs(wanted) < contract.lot / 2:
        return Decimal(
            0
        ), f"{name}: {abs(wanted):.2g} contracts are less than half a lot of {contract.lot}: left out"
    if abs(contracts) < contract.min_contracts:
        said = (
            f"{name}: {abs(wanted):.6g} contracts are below the minimum of {contract.min_contracts}: skipped"
        )
        return Decimal(0), said
    notional = abs(float(contracts)) * terms.delta_usd
    if notional < float(contract.min_notional) * terms.quote_usd:
        return Decimal(0), f"{name}: skip: {notional:.0f} < {contract.min_notional}, the smallest order"
    if contract.max_contracts is not None and abs(contracts) > contract.max_contracts:
        most = lots_of(contract.max_contracts, contract.lot, "toward_zero") * contract.lot
        said = f"{name}: {abs(contracts)} contracts wanted, at most {most} allowed; the rest stays unhedged"
        return most.copy_sign(contracts), said
    return contracts, ""


def place(trades: Trades, gap: FloatArray, basket: Basket | None = None) -> Whole:
    """Return `trades` (terms and dollars) in whole lots.

    `gap` (K,) is the dollar beta that the trades together should add. What closes an open contract closes all of it; less
    than a lot of one is not missed. A single contract a factor goes to its nearest lot. More of them, with the programme that chose them: every leg goes to
    its nearest lot, the one with the finest beta per lot takes up what rounding left, and from there the minimum over
    whole lots is searched to the cent, at most half a finest lot off the target.
    """
    if basket is None:
        return _placed(trades, gap, None, np.empty(0))
    moved, rest = np.zeros(len(basket.terms)), []
    closed, said = [], []
    for terms, dollars in trades:
        i = basket.terms.index(terms)
        if not basket.held[i]:
            rest.append((terms, dollars))
        elif dollars == -basket.held[i]:
            contracts, why = place_one(terms, dollars)
            contracts = contracts if why else -basket.contracts[i]
            moved[i] = float(contracts) * terms.delta_usd
            closed += [(terms, contracts)] if contracts else []
            said += [why] if why else []
        elif place_one(terms, dollars)[0] or abs(dollars) > _lot_usd(terms):
            rest.append((terms, dollars))
    found = _placed(tuple(rest), gap - basket.beta.T @ moved, basket, moved)
    return Whole((*closed, *found.placed), (*said, *found.untraded), found.gap_usd)


def _lot_usd(terms: Terms) -> float:
    return float(terms.instrument.lot) * terms.delta_usd


def _placed(trades: Trades, gap: FloatArray, basket: Basket | None, moved: FloatArray) -> Whole:
    """The trades that close nothing; `moved` (M,) are dollars that are traded besides."""
    found = [(terms, *place_one(terms, dollars)) for terms, dollars in trades]
    refused = {terms.instrument.name: why for terms, _, why in found if why}
    if basket is None or len(trades) <= len(gap) or not any(contracts for _, contracts, _ in found):
        return Whole(tuple((t, c) for t, c, _ in found if c), tuple(refused.values()), 0.0)
    started = _settle([(terms, contracts) for terms, contracts, _ in found], gap)
    problem = _problem(basket, trades, gap, moved)
    first = np.array([lots_of(c, t.instrument.lot) for t, c in started], dtype=np.int64)
    best = best_lots(problem, np.array([dollars for _, dollars in trades]), first, worth=_CENT)
    placed = [(t, int(n) * t.instrument.lot) for (t, _), n in zip(trades, best.lots, strict=True)]
    said = tuple(
        refused.get(t.instrument.name, "") for t, c in placed if not c or abs(c) == t.instrument.max_contracts
    )
    left = tuple(
        f"{t.instrument.symbol}: left out, less than a lot"
        for t, c in placed
        if not c and t.instrument.name not in refused
    )
    return Whole(tuple((t, c) for t, c in placed if c), (*filter(None, said), *left), best.gap)


def _problem(basket: Basket, trades: Trades, gap: FloatArray, moved: FloatArray) -> LotProblem:
    """The basket's programme on these trades, a lot of each as the step.

    Holding what is open already costs by what will be held: no trade of it changes the side.
    """
    inside = [basket.terms.index(terms) for terms, _ in trades]
    p, q = basket.programme()
    wanted = basket.held[inside] + np.array([dollars for _, dollars in trades])
    opened = basket.held[inside] != 0.0
    hold = basket.hold[inside]
    contracts = [terms.instrument for terms, _ in trades]
    step = np.array([_lot_usd(t) for t, _ in trades])
    least = [
        max(float(c.min_contracts / c.lot), float(c.min_notional) * t.quote_usd / s)
        for c, (t, _), s in zip(contracts, trades, step, strict=True)
    ]
    most = [_MOST_LOTS if c.max_contracts is None else float(c.max_contracts // c.lot) for c in contracts]
    return LotProblem(
        p=p[np.ix_(inside, inside)],
        q=(q + p @ moved)[inside] + np.where(opened, hold * np.sign(wanted), 0.0),
        kappa=basket.problem().trade[inside] + np.where(opened, 0.0, hold),
        a=basket.beta[inside],
        b=gap,
        step=step,
        least=np.array(least),
        most=np.array(most),
    )


def _settle(placed: list[tuple[Terms, Decimal]], gap: FloatArray) -> list[tuple[Terms, Decimal]]:
    """Let, for each factor, the leg with the least beta per lot absorb the residual of the others."""
    settled = dict(enumerate(placed))
    for k in range(len(gap)):
        steps = {
            i: abs(_lot_beta(t, k)) for i, (t, c) in settled.items() if c and abs(t.beta[k]) > _SOME_BETA
        }
        if not steps:
            continue
        i = min(steps, key=lambda j: (steps[j], j))
        terms, contracts = settled[i]
        missing = float(gap[k]) - sum(float(c) * t.delta_usd * float(t.beta[k]) for t, c in settled.values())
        adjusted = contracts + round(missing / _lot_beta(terms, k)) * terms.instrument.lot
        if _allowed(terms, adjusted):
            settled[i] = (terms, adjusted)
    return [settled[i] for i in range(len(placed))]


def _allowed(terms: Terms, contracts: Decimal) -> bool:
    contract, size = terms.instrument, abs(contracts)
    notional = float(size) * terms.delta_usd
    below_most = contract.max_contracts is None or size <= contract.max_contracts
    return (
        size >= contract.min_contracts
        and notional >= float(contract.min_notional) * terms.quote_usd
        and below_most
    )


def _lot_beta(terms: Terms, k: int) -> float:
    return _lot_usd(terms) * float(terms.beta[k])
