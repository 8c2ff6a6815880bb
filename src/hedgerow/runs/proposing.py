"""What the watch asks leave for: it stands while it is good, so that somebody has time to say yes.

proposal_of(account, book_id, verdict, sight) -> Proposal
stands(proposal, book_id, verdict, sight, freshness) -> bool
call(notifier, look, before, raised)                        of a new one, once
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256

from hedgerow.hedge.alarms import Raised
from hedgerow.hedge.staleness import Basis, Freshness, stale
from hedgerow.hedge.valuation import contract_price, price_of
from hedgerow.model.amounts import decimal_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import Notifier
from hedgerow.model.watched import Look, NumberRow, OrderRow, Proposal
from hedgerow.runs.watching import Sight, Verdict

__all__ = ["alike", "asked_orders", "basis_of", "call", "proposal_of", "stands"]

_ALIKE = 1.25
"""Sizes within this factor are the same: prices move them a little from look to look."""


def proposal_of(account: str, book_id: str, verdict: Verdict, sight: Sight) -> Proposal:
    """Return a verdict as a proposal, named by the account, the holdings, the orders and what is held."""
    orders = tuple(
        OrderRow(c.name, count) for c, count in sorted(verdict.orders.items(), key=lambda o: o[0].name)
    )
    prices = tuple(
        NumberRow(c.name, decimal_of(repr(_quoted(sight, c))))
        for c in sorted(verdict.orders, key=lambda c: c.name)
    )
    there = _contracts(sight)
    held = tuple(NumberRow(row.instrument, there.get(row.instrument, Decimal(0))) for row in orders)
    content = repr((account, book_id, sight.at, orders, prices, held))
    return Proposal(sha256(content.encode()).hexdigest(), sight.at, orders, prices, held, book_id)


def basis_of(proposal: Proposal) -> Basis:
    """Return what a proposal was made on."""
    prices = {row.name: float(row.number) for row in proposal.prices}
    return Basis(proposal.at, prices, {row.name: row.number for row in proposal.held})


def stands(proposal: Proposal, book_id: str, verdict: Verdict, sight: Sight, freshness: Freshness) -> bool:
    """Return whether a proposal is still good: young, at prices like its own, on what was held, and wanted.

    Wanted: the verdict of now trades the same contracts the same way. Its sizes may differ by what prices moved.
    """
    ways = {c.name: count > 0 for c, count in verdict.orders.items()}
    if ways != {row.instrument: row.contracts > 0 for row in proposal.orders} or proposal.book != book_id:
        return False
    prices = {c.name: _quoted(sight, c) for c in verdict.orders}
    held = _contracts(sight)
    there = {row.name: held.get(row.name, Decimal(0)) for row in proposal.held}
    return not stale(basis_of(proposal), sight.at, prices, there, freshness)


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
    text = f"{said}, in place of {last.name[:8]}" if last is not None else said
    notifier.notify("info" if anew else "warning", f"proposal {name}", text)


def _quoted(sight: Sight, contract: Instrument) -> float:
    """The price as the venue quotes it: in the quote coin, which is no dollar while it is off its peg."""
    quote = price_of(sight.hedge, contract.quote)
    return contract_price(sight.hedge, contract) / (quote if quote > 0.0 else 1.0)


def _contracts(sight: Sight) -> dict[str, Decimal]:
    return {each.instrument.name: each.contracts for each in sight.held or ()}
