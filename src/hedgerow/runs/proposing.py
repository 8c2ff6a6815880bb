"""What the watch asks leave for: it stands while it is good, so that somebody has time to say yes.

proposal_of(account, book_id, verdict, sight, wish) -> Proposal
over(proposal, asked, verdict, sight, freshness) -> why it does not stand any more, "" where it stands
call(notifier, look, before, raised)                        of a new one, once
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256

import numpy as np

from hedgerow.hedge.alarms import Raised
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.staleness import Basis, Freshness, stale
from hedgerow.hedge.terms import terms_of
from hedgerow.hedge.valuation import contract_price, price_of
from hedgerow.model.amounts import decimal_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import Notifier
from hedgerow.model.watched import Look, NumberRow, OrderRow, Proposal
from hedgerow.runs.watching import Sight, Verdict

__all__ = ["alike", "asked_orders", "basis_of", "call", "over", "proposal_of", "wish_of"]

_ALIKE = 1.25
"""Sizes within this factor are the same: prices move them a little from look to look."""


def proposal_of(account: str, book_id: str, verdict: Verdict, sight: Sight, wish: str) -> Proposal:
    """Return a verdict as a proposal, named by the account, the holdings, the orders, what is held and the wish."""
    orders = tuple(
        OrderRow(c.name, count) for c, count in sorted(verdict.orders.items(), key=lambda o: o[0].name)
    )
    prices = tuple(
        NumberRow(c.name, decimal_of(repr(_quoted(sight, c))))
        for c in sorted(verdict.orders, key=lambda c: c.name)
    )
    there = _contracts(sight)
    held = tuple(NumberRow(row.instrument, there.get(row.instrument, Decimal(0))) for row in orders)
    content = repr((account, book_id, sight.at, orders, prices, held, wish))
    return Proposal(sha256(content.encode()).hexdigest(), sight.at, orders, prices, held, book_id, wish)


def wish_of(policy: Policy) -> str:
    """Return what a policy wants left, in words."""
    beta, dollars = policy.target_beta, policy.target_beta_usd
    if beta is not None:
        return f"a beta of {', '.join(f'{each:g}' for each in beta)}"
    return f"{', '.join(f'{each:,.0f}' for each in dollars)} dollars of beta" if dollars else "no beta"


def basis_of(proposal: Proposal) -> Basis:
    """Return what a proposal was made on."""
    prices = {row.name: float(row.number) for row in proposal.prices}
    return Basis(proposal.at, prices, {row.name: row.number for row in proposal.held})


def over(proposal: Proposal, asked: Proposal, verdict: Verdict, sight: Sight, freshness: Freshness) -> str:
    """Return why a proposal does not stand any more, "" where it does: young, at prices like its own, on what was held, and wanted.

    Wanted: what is `asked` now, by the `verdict`, trades the same contracts the same way for the same wish, and to about the same
    dollar beta. What is left between them is less than the band, or than the prices may move that a proposal stands at, and a lot.
    """
    if proposal.book != asked.book:
        return "the holdings changed"
    if proposal.wish and proposal.wish != asked.wish:
        return f"{asked.wish} is to be left now, it was {proposal.wish}"
    if _ways(proposal) != _ways(asked):
        return f"now it would be: {asked.words}"
    there = _contracts(sight)
    prices = {contract.name: _quoted(sight, contract) for contract in verdict.orders}
    held = {row.name: there.get(row.name, Decimal(0)) for row in proposal.held}
    old = stale(basis_of(proposal), sight.at, prices, held, freshness)
    if old:
        return old[0].detail
    same = _about_as_large(proposal, verdict, sight, freshness)
    return "" if same else f"its size is not what is missing any more, which is now: {asked.words}"


def _ways(proposal: Proposal) -> dict[str, bool]:
    return {row.instrument: row.contracts > 0 for row in proposal.orders}


def _about_as_large(proposal: Proposal, verdict: Verdict, sight: Sight, freshness: Freshness) -> bool:
    """Whether a proposal of the verdict's contracts moves the dollar beta about as far; False where that is not known."""
    if verdict.learned is None or verdict.exposure is None:
        return False
    was = asked_orders(proposal, verdict)
    less, lots = np.zeros(len(verdict.band_usd)), np.zeros(len(verdict.band_usd))
    for contract, count in verdict.orders.items():
        terms = terms_of(contract, verdict.learned.known.betas, sight.hedge)
        less += float(count - was[contract]) * terms.delta_usd * terms.beta
        lots += float(contract.lot) * terms.delta_usd * np.abs(terms.beta)
    moves = freshness.max_move * verdict.exposure.gross_usd
    return bool(np.all(np.abs(less) <= np.maximum(verdict.band_usd, moves) + lots))


def asked_orders(proposal: Proposal, verdict: Verdict) -> dict[Instrument, Decimal]:
    """Return a proposal's orders by contract; `verdict` trades the same contracts."""
    known = {c.name: c for c in verdict.orders}
    return {known[row.instrument]: row.contracts for row in proposal.orders}


def alike(one: tuple[OrderRow, ...], other: tuple[OrderRow, ...]) -> bool:
    """Return whether two trades are of the same contracts, the same way, in about the same sizes."""
    sizes = {row.instrument: row.contracts for row in one}
    if sizes.keys() != {row.instrument for row in other}:
        return False
    return all(1.0 / _ALIKE < float(row.contracts / sizes[row.instrument]) < _ALIKE for row in other)


def call(notifier: Notifier, look: Look, before: Look | None, raised: Iterable[Raised]) -> None:
    """Tell of a proposal that did not stand at the look `before`, once; nothing where an alarm that was `raised` has told its name.

    One that was only made anew, with about the same orders, is an `info`.
    """
    asked, last = look.proposal, before.proposal if before is not None and before.waits else None
    if asked is None or not look.waits or (last is not None and last.name == asked.name):
        return
    name = asked.name[:8]
    if any(name in each.finding.text for each in raised):
        return
    anew = last is not None and alike(last.orders, asked.orders)
    said = f"{asked.words}: {look.reason}; `hedgerow approve {name}`"
    why = f": {asked.over}" if asked.over else ""
    text = f"{said}, in place of {last.name[:8]}{why}" if last is not None else said
    notifier.notify("info" if anew else "warning", f"proposal {name}", text)


def _quoted(sight: Sight, contract: Instrument) -> float:
    """The price as the venue quotes it: in the quote coin, which is no dollar while it is off its peg."""
    quote = price_of(sight.hedge, contract.quote)
    return contract_price(sight.hedge, contract) / (quote if quote > 0.0 else 1.0)


def _contracts(sight: Sight) -> dict[str, Decimal]:
    return {each.instrument.name: each.contracts for each in sight.held or ()}
