"""The ticket as text, in the order of the work: worth, beta, contract, size.

ticket_text(ticket) -> something a rich console prints
"""

from __future__ import annotations

import numpy as np
from rich.console import Group, RenderableType

from hedgerow.hedge.exposure import AssetExposure, Exposure
from hedgerow.hedge.options.curve import book_options
from hedgerow.hedge.plan import HedgePlan, Leg
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument
from hedgerow.reports.consequences import cost_rows, frontier_line, frontier_table, margin_rows, risk_rows
from hedgerow.reports.held_text import curve_table, option_facts
from hedgerow.reports.layout import Fact, columns, facts, header, instant, line, notes, page
from hedgerow.reports.obstacles import refusals_text, spoken_warnings, unknown_text
from hedgerow.reports.wording import amount, bar, count, number, percent, plus_minus

__all__ = [
    "contract_words",
    "estimator_words",
    "exposure_rows",
    "exposure_table",
    "leg_table",
    "ticket_text",
    "worth_rows",
]

_SHOWN_COINS = 15
_PAYOFF = {"linear": "", "inverse": "inverse ", "quanto": "quanto ", "option": "option "}


def ticket_text(ticket: Ticket, *, whole: bool = False, closing: str = "Nothing was traded.") -> Group:
    """Return the ticket for a terminal; `whole` lists every coin and the full frontier, `closing` is the last line."""
    money, plan = ticket.currency, ticket.plan
    options = book_options(ticket.exposure, plan)
    spoken = spoken_warnings(ticket.warnings)
    basket = whole or len(plan.legs) > len(plan.factors)
    top = (
        header(
            ticket.simulated,
            "" if ticket.simulated else ticket.source,
            f"as of {instant(ticket.as_of)}",
            f"factor {', '.join(plan.factors)}",
            estimator_words(ticket.betas),
        ),
        facts(
            [
                *worth_rows(ticket.worth, ticket.doubts),
                *exposure_rows(ticket.exposure, money),
                *option_facts(options, plan.factors, money),
            ]
        ),
    )
    bottom = (
        refusals_text(ticket.refusals),
        unknown_text(ticket.unknown, ticket.warnings),
        notes(spoken) if spoken else None,
        line(closing),
    )
    if ticket.unknown and not ticket.exposure.rows:
        return page(*top, *bottom)
    return page(
        *top,
        exposure_table(ticket.exposure, None if whole else _SHOWN_COINS),
        facts([*_contract_rows(ticket), *_size_rows(plan, money)]),
        leg_table(plan.legs, money) if len(plan.legs) > 1 else None,
        facts([*cost_rows(plan, money), *risk_rows(ticket), *margin_rows(plan, money)]),
        curve_table(options, plan.factors, money),
        frontier_table(plan.frontier, money) if basket else frontier_line(plan.frontier),
        *bottom,
    )


def estimator_words(betas: Betas) -> str:
    """Return the estimator by its specification, the default one by its name."""
    bars = 24.0 / betas.bar_hours
    usual = f"shrink(huber:{60 * bars:g}:{300 * bars:g})"
    return "default estimator, 300 days" if betas.estimator == usual else f"estimator {betas.estimator}"


def worth_rows(worth: Valuation, doubts: tuple[str, ...] = ()) -> list[Fact]:
    """Return step 1; `doubts` are coins whose price is in doubt."""
    apart = abs(worth.gross_usd - worth.total_usd) > 0.01 * max(worth.gross_usd, 1.0)
    asides = [f"long and short together {amount(worth.gross_usd, worth.currency)}"] if apart else []
    if asides and worth.options:
        asides = [f"{asides[0]}, of options what they move with or are worth, the larger"]
    nothing = bool(worth.unknown) and not any(np.isfinite(row.value_usd) for row in worth.rows)
    asides += [f"without {len(worth.unknown)} unknown"] if worth.unknown and not nothing else []
    asides += [f"on a price of {', '.join(doubts)} that no market makes"] if doubts else []
    total = amount(None if nothing else worth.total_usd, worth.currency)
    return [("1", "Your book is worth", total, ", ".join(asides))]


def exposure_rows(exposure: Exposure, money: str) -> list[Fact]:
    """Return step 2: dollars of each factor, and the ratio where there is one."""
    rows: list[Fact] = []
    if exposure.unknown and not exposure.rows:
        return [("2", "and moves like", "unknown", "no coin of the book has a known price and beta")]
    for k, factor in enumerate(exposure.factors):
        said = f"{amount(exposure.beta_usd[k], money)} of {factor}   (± {plus_minus(exposure.stderr_usd[k])})"
        ratio = f"beta {number(exposure.beta[k])} ± {number(exposure.stderr[k])}"
        aside = ratio if exposure.has_ratio else "no ratio: the net value is at most 5 % of the gross"
        rows.append(("2" if k == 0 else "", "and moves like" if k == 0 else "and", said, aside))
    return rows


def exposure_table(exposure: Exposure, most: int | None = None) -> RenderableType:
    """Return the coins with their betas, the largest part first; `most` of them, the rest in one line."""
    rows = sorted(exposure.rows, key=lambda row: (-abs(row.beta_usd[0]), -abs(row.delta_usd), row.symbol))
    shown = rows if most is None else rows[:most]
    parts = all(0.0 <= row.share <= 1.0 for row in rows if np.isfinite(row.share) and row.beta_usd[0])
    largest = max((abs(row.beta_usd[0]) for row in rows), default=0.0)
    names = ["coin", "moves with"]
    for factor in exposure.factors:
        names += ["beta" if len(exposure.factors) == 1 else f"beta {factor}", "±"]
    cells = [_coin(row, exposure.worth, largest, as_share=parts) for row in shown]
    if len(rows) > len(shown):
        rest = rows[len(shown) :]
        dollars = amount(sum(row.delta_usd for row in rest), exposure.worth.currency)
        blank = [""] * (2 * len(exposure.factors))
        share = sum(row.share for row in rest if np.isfinite(row.share))
        added = amount(sum(float(row.beta_usd[0]) for row in rest), exposure.worth.currency, signed=True)
        cells.append([f"{len(rest)} more", dollars, *blank, "", percent(share) if parts else added, ""])
    wide = len(names)
    which = "the" if len(exposure.factors) == 1 else exposure.factors[0]
    title = f"of {which} beta" if parts else "dollars of beta"
    return columns([*names, "", title, ""], cells, left=(0, wide, wide + 2))


def _named(row: AssetExposure, worth: Valuation) -> str:
    """A coin's name, with what of it are options: its dollars are then theirs too."""
    kinds = {h.option is not None for h in worth.holdings if any(s == row.symbol for s, _ in h.delta_usd)}
    return row.symbol + {(True,): " (options)", (False, True): " and options"}.get(tuple(sorted(kinds)), "")


def _coin(row: AssetExposure, worth: Valuation, largest: float, *, as_share: bool) -> list[str]:
    """One coin's cells: its part of the beta as a share, or in dollars where longs and shorts offset each other."""
    money = worth.currency
    cells = [_named(row, worth), amount(row.delta_usd, money)]
    policy = row.method == "policy"
    for beta, stderr in zip(row.beta, row.stderr, strict=True):
        cells += [number(beta), "" if policy or row.method == "factor" else number(stderr)]
    shown = percent(row.share) if as_share else amount(row.beta_usd[0], money, signed=True)
    if policy or (as_share and not np.isfinite(row.share)):
        shown = ""
    return [*cells, bar(row.beta_usd[0], largest), shown, "" if row.method == "factor" else row.note]


def contract_words(contract: Instrument) -> str:
    """Return a contract in words: `BTCUSDT perpetual, paper`."""
    kind = "perpetual" if contract.is_perpetual else f"to {contract.expiry:%Y-%m-%d}"
    return f"{contract.symbol} {_PAYOFF[contract.payoff.value]}{kind}, {contract.venue}"


def _contract_rows(ticket: Ticket) -> list[Fact]:
    legs = [leg.instrument for leg in ticket.plan.legs]
    best = ticket.ranking.best
    if not legs and not any(ticket.plan.target_usd - ticket.plan.before_usd):
        return [("3", "Contract", "none needed", "what is known is at its target")]
    if best is None or best.instrument is None:
        return [("3", "No contract fits", "", "`hedgerow choose` tells why, one by one")]
    if len(legs) > 1:
        aside = "market and shared alt moves go together" if len(legs) > len(ticket.plan.factors) else ""
        return [("3", "Contracts", " + ".join(contract.symbol for contract in legs), aside)]
    chosen = legs[0] if legs else best.instrument
    if chosen != best.instrument:
        aside = f"`hedgerow choose` puts {best.name} first where one contract is to do it all"
        return [("3", "Contract", contract_words(chosen), aside)]
    others = [c for c in ticket.ranking.candidates if c is not best][:2]
    told = "; ".join(f"{c.instrument.symbol}: {c.reason}" for c in others if c.instrument)
    return [("3", "Best contract", contract_words(chosen), f"not {told}" if told else "")]


def _size_rows(plan: HedgePlan, money: str) -> list[Fact]:
    rows: list[Fact] = []
    if not plan.legs:
        rows.append(("4", "Trade", "nothing", "; ".join(plan.untraded)))
    elif len(plan.legs) == 1:
        rows.append(("4", plan.legs[0].side.capitalize(), _leg_words(plan.legs[0], money), ""))
    else:
        total = sum(leg.notional_usd for leg in plan.legs)
        rows.append(("4", "Trade", f"{len(plan.legs)} legs, {amount(total, money)} in all", ""))
    for k, factor in enumerate(plan.factors):
        rows.append(("", "leaves" if k == 0 else "and", *_left(plan, k, factor, money)))
    return rows


def _leg_words(leg: Leg, money: str) -> str:
    coins = f"{count(leg.base_quantity)} {leg.instrument.underlying}"
    return f"{coins} · {count(leg.contracts)} contracts · {amount(leg.notional_usd, money)}"


def _left(plan: HedgePlan, k: int, factor: str, money: str) -> tuple[str, str]:
    """What is left of one factor, and the target, the lot."""
    target, after, error = plan.target_usd[k], plan.after_usd[k], plan.stderr_usd[k]
    lots = [abs(leg.beta_usd[k]) / float(leg.contracts) * float(leg.instrument.lot) for leg in plan.legs]
    lot = f"; one lot = {amount(min(lots), money)} of beta" if len(lots) == 1 else ""
    if plan.has_ratio:
        left = f"beta {number(plan.ratio(plan.after_usd)[k])} ± {number(error / plan.nav_usd)} of {factor}"
        return left, f"target {number(plan.ratio(plan.target_usd)[k])}{lot}"
    return f"{amount(after, money)} of {factor} ± {plus_minus(error)}", f"target {amount(target, money)}{lot}"


def leg_table(legs: tuple[Leg, ...], money: str) -> RenderableType:
    """Return the orders of a basket."""
    rows = [
        [
            leg.side,
            leg.instrument.symbol,
            count(leg.contracts),
            f"{count(leg.base_quantity)} {leg.instrument.underlying}",
            amount(leg.notional_usd, money),
            count(leg.liquidation_price, 2) if leg.liquidation_price is not None else "none",
        ]
        for leg in legs
    ]
    return columns(["", "contract", "contracts", "coins", "notional", "liquidation"], rows, left=(0, 1))
