"""Whole lots: the nearest to what is wanted, and honest about what cannot be traded (domain §3.4, TV18)."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.hedge.terms import Terms
from hedgerow.model.amounts import decimal_of, lots_of
from hedgerow.model.arrays import FloatArray

__all__ = ["Placed", "place", "place_one"]

Placed = tuple[tuple[Terms, Decimal], ...]


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
    if notional < float(contract.min_notional):
        return Decimal(0), f"{name}: skip: {notional:.0f} < {contract.min_notional}, the smallest order"
    if contract.max_contracts is not None and abs(contracts) > contract.max_contracts:
        most = lots_of(contract.max_contracts, contract.lot, "toward_zero") * contract.lot
        said = f"{name}: {abs(contracts)} contracts wanted, at most {most} allowed; the rest stays unhedged"
        return most.copy_sign(contracts), said
    return contracts, ""


def place(trades: tuple[tuple[Terms, float], ...], gap: FloatArray) -> tuple[Placed, tuple[str, ...]]:
    """Return `trades` (terms and dollars) in whole lots, and what could not be traded.

    `gap` (K,) is the dollar beta that the trades together should add. A single contract a factor goes to its
    nearest lot. With more, every leg goes to its nearest lot and the one with the finest beta per lot takes up what
    rounding left, so that the residual is at most half of that lot.
    """
    placed: list[tuple[Terms, Decimal]] = []
    untraded: list[str] = []
    for terms, dollars in trades:
        contracts, why = place_one(terms, dollars)
        if why:
            untraded.append(why)
        if contracts:
            placed.append((terms, contracts))
    if placed and len(trades) > len(gap):
        placed = _settle(placed, gap)
    return tuple(placed), tuple(untraded)


def _settle(placed: list[tuple[Terms, Decimal]], gap: FloatArray) -> list[tuple[Terms, Decimal]]:
    """Let, for each factor, the leg with the least beta per lot absorb the residual of the others."""
    settled = dict(enumerate(placed))
    for k in range(len(gap)):
        steps = {i: abs(_lot_beta(terms, k)) for i, (terms, _) in settled.items() if abs(terms.beta[k]) > 0.1}
        if not steps:
            continue
        i = min(steps, key=lambda j: (steps[j], j))
        terms, contracts = settled[i]
        missing = float(gap[k]) - sum(float(c) * t.delta_usd * float(t.beta[k]) for t, c in settled.values())
        extra = round(missing / _lot_beta(terms, k))
        adjusted = contracts + extra * terms.instrument.lot
        if abs(adjusted) >= terms.instrument.min_contracts:
            settled[i] = (terms, adjusted)
    return [settled[i] for i in range(len(placed))]


def _lot_beta(terms: Terms, k: int) -> float:
    return float(terms.instrument.lot) * terms.delta_usd * float(terms.beta[k])
