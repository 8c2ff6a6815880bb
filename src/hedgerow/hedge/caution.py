"""Warnings in plain words: what the reader of a ticket should not miss."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.collateral import NEW
from hedgerow.hedge.options.cautions import option_cautions
from hedgerow.hedge.options.curve import book_options
from hedgerow.hedge.ticket import Ticket
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.display import percent_text
from hedgerow.model.market import Market

__all__ = ["stale_prices", "warnings_of"]

_LARGE_SHARE = 0.25
_CONDITION = 100.0


def warnings_of(ticket: Ticket, market: Market) -> tuple[str, ...]:
    """Return the warnings of a ticket, the most telling first."""
    lines = [*ticket.worth.warnings]
    lines += _betas(ticket)
    lines += _size(ticket)
    lines += _margin(ticket)
    lines += _costs(ticket)
    lines += option_cautions(book_options(ticket.exposure, ticket.plan), ticket.exposure.factors)
    lines += [
        f"{flag.symbol}: {flag.kind}, {flag.detail}" for flag in market.flags if flag.symbol in _held(ticket)
    ]
    lines += stale_prices(market, (*sorted(_held(ticket)), *ticket.exposure.factors))
    lines += [*ticket.ranking.warnings, *ticket.plan.notes, *ticket.plan.untraded]
    return tuple(dict.fromkeys(lines))


def stale_prices(market: Market, symbols: tuple[str, ...]) -> list[str]:
    """Say which prices are not the last bar's: they count, and they are not of this moment."""
    ages = {
        s: quote.age_bars for s in symbols if (quote := market.quote_of(s)) is not None and quote.age_bars
    }
    return [f"{s}: its last price is {age} bar{'s' if age > 1 else ''} old." for s, age in ages.items()]


def _held(ticket: Ticket) -> set[str]:
    return {*ticket.worth.assets, *(leg.instrument.underlying for leg in ticket.plan.legs)}


def _betas(ticket: Ticket) -> list[str]:
    lines: list[str] = []
    betas, total = ticket.betas, float(ticket.exposure.stderr_usd[0])
    held = ticket.exposure.deltas
    for symbol, method, note in zip(betas.symbols, betas.method, betas.note, strict=True):
        if symbol not in ticket.worth.assets:
            continue
        if method == "unknown":
            lines.append(f"unknown: beta of {symbol} ({note})")
        elif method == "override":
            lines.append(f"{symbol}'s beta is yours: {note}.")
        elif note and method not in {"factor", "policy"}:
            lines.append(f"{symbol} rests on {note}.")
        if method == "prior" and total > 0:
            part = (held[symbol] * betas.stderr[betas.symbols.index(symbol), 0] / total) ** 2
            if part > _LARGE_SHARE:
                lines.append(
                    f"{symbol}'s error makes {percent_text(part)} of the variance of your uncertainty."
                )
    if betas.condition_number > _CONDITION:
        names = " and ".join(betas.factors)
        lines.append(
            f"{names} move so alike (condition number {betas.condition_number:.0f}) that the split of beta between"
            " them is unstable; their sum is not."
        )
    return lines


def _size(ticket: Ticket) -> list[str]:
    lines: list[str] = []
    plan = ticket.plan
    wanted = abs(plan.target_usd - plan.before_usd)
    if plan.legs and bool((wanted < plan.stderr_usd).all()):
        lines.append("The beta to be hedged is smaller than its own error: this trade is noise.")
    if plan.legs and plan.risk_before and plan.risk_after:
        before, after = plan.risk_before.volatility_usd, plan.risk_after.volatility_usd
        smaller = bool((abs(plan.after_usd) <= abs(plan.before_usd)).all())
        if smaller and after > 1.001 * before:
            lines.append(
                "This hedge takes the market out and still raises the predicted volatility: it adds its own risk."
            )
    lines += [
        f"{account.account} is margined in {account.settle}: the plan takes it from free {account.settle} of yours;"
        f" bought for it, the coin would bring a beta of its own (--collateral 1{account.settle} counts it)."
        for account in plan.margin
        if not is_stablecoin(account.settle) and not np.isfinite(account.collateral_usd)
    ]
    return lines


def _margin(ticket: Ticket) -> list[str]:
    lines = [
        f"The collateral is {coin} and the contracts settle in {account.settle}: change it, or the venue counts less of it."
        for coin in (h.position.symbol for h in ticket.worth.holdings if h.position.tags == NEW)
        for account in ticket.plan.margin
        if account.settle != coin and is_stablecoin(account.settle) and is_stablecoin(coin)
    ]
    for account in ticket.plan.margin:
        if not account.told:
            lines.append(
                f"The book has contracts in {account.account} and no margin of them: how far they are from liquidation is not known."
                " Give --collateral, or plan with the account as a book (`venue:NAME`)."
            )
            continue
        given = np.isfinite(account.collateral_usd)
        if given and account.max_rally is not None and account.max_rally < account.required_rally:
            way = "rally" if account.shorts else "fall"
            lines.append(
                f"{account.collateral_usd:,.0f} of collateral in {account.account} would be liquidated by a {way} of"
                f" {percent_text(account.max_rally)}; the rule wants {percent_text(account.required_rally)}."
            )
    return lines


def _costs(ticket: Ticket) -> list[str]:
    turns = any(line.name == "funding" and line.usd < 0 < line.high_usd for line in ticket.plan.costs)
    lines = (
        ["Funding may turn: a short earns it while the rate is positive and pays while it is negative."]
        if turns
        else []
    )
    assumed = sorted({line.name for line in ticket.plan.costs if line.basis == "assumed"})
    if assumed:
        lines.append(f"Assumed, not measured: {', '.join(assumed)}.")
    return lines
