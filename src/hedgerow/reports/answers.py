"""The answers of `value`, `beta`, `choose` and `stress` as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.curve import book_options
from hedgerow.hedge.ranking import Candidate, Ranking
from hedgerow.hedge.ruin import Survival
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.betas import Betas
from hedgerow.model.market import Market
from hedgerow.reports.held_text import curve_table, held_table, option_facts
from hedgerow.reports.layout import columns, facts, header, instant, line, notes, page
from hedgerow.reports.obstacles import spoken_warnings, unknown_text
from hedgerow.reports.ticket import estimator_words, exposure_rows, exposure_table, worth_rows
from hedgerow.reports.wording import amount, count, number, percent, price

__all__ = ["beta_text", "choose_text", "stress_text", "value_text"]


def value_text(worth: Valuation, market: Market, recognised: str = "") -> Group:
    """Return step 1a: every asset with its price and value."""
    rows = [
        [
            asset.symbol,
            count(asset.quantity),
            price(asset.price_usd, worth.currency),
            amount(asset.value_usd, worth.currency),
            "" if asset.basis == "market" else asset.basis,
        ]
        for asset in sorted(worth.rows, key=lambda a: -abs(a.value_usd) if np.isfinite(a.value_usd) else 0.0)
    ]
    return page(
        _first(market, recognised),
        facts(worth_rows(worth)),
        columns(["asset", "quantity", "price", "value", ""], rows, left=(0, 4)),
        held_table(worth.options, worth.currency),
        unknown_text(worth.unknown, worth.warnings, plan=False),
        _warned(worth.warnings),
    )


def beta_text(exposure: Exposure, market: Market, warnings: tuple[str, ...], recognised: str = "") -> Group:
    """Return steps 1b and 2: every coin's beta with its error, R² and how it came about, and the book's."""
    money, options = exposure.worth.currency, book_options(exposure)
    held = option_facts(options, exposure.factors, money)
    return page(
        _first(market, recognised, f"factor {', '.join(exposure.factors)}", estimator_words(exposure.betas)),
        facts([*worth_rows(exposure.worth), *exposure_rows(exposure, money), *held]),
        exposure_table(exposure),
        held_table(exposure.options, money),
        curve_table(options, exposure.factors, money),
        _beta_table(exposure.betas, exposure.worth.assets),
        unknown_text(exposure.unknown, warnings),
        _warned(warnings),
    )


def _beta_table(betas: Betas, symbols: tuple[str, ...]) -> RenderableType:
    names = ["coin", "R²", "returns", "effective", "before shrinking", "method"]
    rows = []
    for symbol in symbols:
        if symbol not in betas.symbols:
            continue
        i = betas.symbols.index(symbol)
        raw = f"{number(betas.raw[i, 0])} ± {number(betas.raw_stderr[i, 0])}"
        rows.append(
            [
                symbol,
                number(betas.r2[i]) if np.isfinite(betas.r2[i]) else "",
                str(int(betas.n[i])),
                number(betas.n_eff[i], 0) if np.isfinite(betas.n_eff[i]) else "",
                raw if np.isfinite(betas.raw[i, 0]) else "",
                betas.method[i],
            ]
        )
    return columns(names, rows, left=(0, 5))


def choose_text(
    exposure: Exposure, ranking: Ranking, market: Market, warnings: tuple[str, ...], recognised: str = ""
) -> Group:
    """Return step 3: the candidates side by side over the horizon, with the two baselines."""
    money = exposure.worth.currency
    rows = [_candidate(c, ranking, money) for c in (*ranking.candidates, *ranking.baselines)]
    known = any(np.isfinite(c.liquidity.share_of_open_interest) for c in ranking.candidates)
    names = ["", "cost", "risk added", "left a year", "margin", "of volume", "unwind", "open int.", "reason"]
    if not known:
        names.pop(-2)
        rows = [[*row[:-2], row[-1]] for row in rows]
        warnings = (*warnings, "Shares of open interest are unknown: none was given (--open-interest).")
    return page(
        _first(
            market, recognised, f"factor {', '.join(exposure.factors)}", f"over {ranking.horizon_days:g} days"
        ),
        facts(
            [*exposure_rows(exposure, money), *option_facts(book_options(exposure), exposure.factors, money)]
        ),
        columns(names, rows, left=(0, len(names) - 1), indent=2),
        unknown_text(exposure.unknown, warnings),
        _warned(warnings),
    )


def _candidate(candidate: Candidate, ranking: Ranking, money: str) -> list[str]:
    liquidity = candidate.liquidity
    mark = "→ " if candidate is ranking.best else "  "
    name = candidate.instrument.symbol if candidate.instrument else candidate.name
    if candidate.instrument is not None and not np.isfinite(candidate.score_usd):
        return [mark + name, *[""] * 7, candidate.reason]
    hours = liquidity.hours_to_unwind
    traded = [
        percent(liquidity.share_of_daily_volume),
        f"{number(hours, 1)} h" if np.isfinite(hours) else "unknown",
        percent(liquidity.share_of_open_interest),
    ]
    return [
        mark + name,
        amount(candidate.cost_usd, money),
        amount(candidate.basis_risk_usd, money),
        amount(candidate.volatility_left_usd, money),
        amount(candidate.margin_usd, money),
        *(traded if candidate.instrument else [""] * 3),
        candidate.reason,
    ]


def stress_text(ticket: Ticket, lives: Sequence[Survival] = ()) -> Group:
    """Return every scenario for the book alone, the hedge, and both, and how likely its accounts survive."""
    money = ticket.currency
    rows = [
        [
            row.name,
            amount(row.book_usd, money, signed=True),
            amount(row.hedge_usd, money, signed=True),
            amount(row.net_usd, money, signed=True),
            f"{', '.join(row.liquidated)} liquidated; {amount(row.top_up_usd, money)} would save it. {row.description}"
            if row.liquidated
            else row.description,
        ]
        for row in ticket.stress
    ]
    spoken = spoken_warnings(ticket.warnings)
    return page(
        header(
            ticket.simulated,
            "" if ticket.simulated else ticket.source,
            f"as of {instant(ticket.as_of)}",
            f"factor {', '.join(ticket.plan.factors)}",
        ),
        facts([*worth_rows(ticket.worth), *exposure_rows(ticket.exposure, money)]),
        columns(["scenario", "book", "hedge", "together", ""], rows, left=(0, 4), indent=2),
        *_survival(lives),
        unknown_text(ticket.unknown, ticket.warnings),
        notes(spoken) if spoken else None,
    )


def _survival(lives: Sequence[Survival]) -> list[RenderableType]:
    """The chance that accounts are liquidated, where it was drawn."""
    if not lives:
        return []
    days, paths, hours = lives[0].horizon_days, lives[0].paths, lives[0].look_hours
    rows = [
        [
            one.account,
            percent(one.formula),
            f"{percent(one.chance)} ± {percent(one.stderr)}"
            if one.chance > 0.0
            else f"below {percent(one.at_most)}",
            percent(one.chance_half),
        ]
        if np.isfinite(one.chance)
        else [one.account, percent(one.formula), "unknown", "unknown"]
        for one in lives
    ]
    said = (
        f"Liquidated within {count(days)} days, the hedge left alone: {count(paths)} ways drawn from the market's own returns,"
        f" looked at every {'day' if hours == 24.0 else f'{count(hours)} h'}"
    )
    names = ["account", "by formula", "drawn", f"in {count(days / 2.0)} days"]
    return [line(said), columns(names, rows, left=(0,), indent=2)]


def _first(market: Market, recognised: str, *more: str) -> RenderableType:
    source = "" if market.simulated else market.source
    return header(market.simulated, source, f"as of {instant(market.as_of)}", *more, recognised)


def _warned(warnings: tuple[str, ...]) -> RenderableType | None:
    spoken = spoken_warnings(dict.fromkeys(warnings))
    return notes(spoken) if spoken else None
