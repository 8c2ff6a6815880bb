"""Options beside the perpetual, as text."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Group, RenderableType

from hedgerow.hedge.options.plan import LegLiquidity, OptionsPlan, PerpBeside, Protection
from hedgerow.model.market import Market
from hedgerow.reports.layout import Fact, columns, facts, header, instant, line, notes, page
from hedgerow.reports.mix_text import mix_cells, mix_facts
from hedgerow.reports.since_text import since_cells
from hedgerow.reports.unwind_text import roll_facts, unwind_cells
from hedgerow.reports.wording import amount, count, number, percent, plus_minus

__all__ = [
    "CLOSING",
    "betas_left",
    "cautions",
    "label_of",
    "liquidity_text",
    "options_part",
    "options_text",
    "orders_of",
    "other_puts",
    "unprotected",
    "verdicts",
]

CLOSING = "Nothing was traded."
_HOW = f"{CLOSING} To keep one as a plan to trade:  hedgerow options BOOK --take put"
_SHOWN = ("", "orders", "paid now", "a month", "at {crash}", "on the way", "beta left", "margin")


def options_text(found: OptionsPlan, market: Market, money: str = "USD", *, last: str | None = None) -> Group:
    """Return the comparison for a terminal; `last` is its last line, where a plan was taken."""
    coin = found.chain.underlying
    lead = header(
        found.chain.simulated or market.simulated,
        f"options of {found.chain.source}, {instant(found.chain.as_of)}",
        f"{coin} at {amount(found.chain.index_usd)}",
        f"book as of {instant(market.as_of)}",
        f"factor {coin}",
    )
    return page(
        lead,
        facts(_book(found, money)),
        _side_by_side(found, money),
        facts(verdicts(found)),
        columns(*unwind_cells(found, money), left=(0, 1), indent=4) if found.unwinds else None,
        facts(roll_facts(found, money)) if found.unwinds else None,
        columns(*since_cells(found.since, money), left=(0,), indent=4) if found.since else None,
        columns(*mix_cells(found, money), left=(0, 1), indent=4) if found.mixes else None,
        facts(mix_facts(found, money)) if found.mixes else None,
        columns(*betas_left(found, money), indent=4) if found.leads else None,
        columns(*_greeks(found, money), indent=4) if found.leads else None,
        columns(*other_puts(found, money), left=(0,), indent=4) if other_puts(found, money)[1] else None,
        notes(cautions(found, money)),
        line(last or _HOW),
    )


def options_part(found: OptionsPlan, money: str = "USD") -> Group:
    """Return the comparison as a part of what `choose` says: the candidates, the verdicts, the beta left, the cautions."""
    ends = ", ".join(str(day)[:10] for day in dict.fromkeys(lead.expiry for lead in found.leads))
    source = f"options of {found.chain.source}, {instant(found.chain.as_of)}"
    return page(
        header(found.chain.simulated, source, f"sized by beta, until {ends or 'no end'}"),
        _side_by_side(found, money),
        facts(verdicts(found)),
        columns(*betas_left(found, money), indent=4) if found.leads else None,
        notes(cautions(found, money)),
        line("Other strikes and expiries, a floor, greeks:  hedgerow options BOOK --floor 15%"),
    )


def _side_by_side(found: OptionsPlan, money: str) -> RenderableType:
    names = [name.format(crash=percent(-found.wanted.crash)) for name in _SHOWN]
    rows = [_row(found, lead, money) for lead in found.leads]
    if found.perp is not None:
        rows.append(_perp_row(found, found.perp, money))
    return columns(names, rows, left=(0, 1), indent=4)


def label_of(found: Protection) -> str:
    """Return what a candidate is called: its kind, and what it is sized by."""
    return f"{found.kind}, by {found.sizing}"


def orders_of(found: Protection) -> str:
    """Return what is bought and sold: `buy 4.2 × 80,000 put, sell 4.2 × 96,000 call`."""
    if found.position is None:
        return ""
    return ", ".join(
        f"{'buy' if leg.count > 0 else 'sell'} {count(abs(leg.contracts))} × {count(leg.quote.strike)}"
        f" {'call' if leg.quote.call else 'put'}"
        for leg in found.position.legs
    )


def unprotected(found: OptionsPlan, money: str = "USD") -> str:
    """Return what the bare book loses in the crash."""
    by_beta, crash = found.at_crash(found.by_beta_usd), found.at_crash(found.crash_usd)
    return f"{amount(by_beta, money, signed=True)} by beta, {amount(crash, money, signed=True)} if betas rise as on 2025-10-10"


def _book(found: OptionsPlan, money: str) -> Iterator[Fact]:
    exposure, wanted = found.exposure, found.wanted
    beta, error = float(exposure.beta_usd[0]), float(exposure.stderr_usd[0])
    coin = found.chain.underlying
    yield "1", "Your book is worth", amount(exposure.nav_usd, money), ""
    yield "2", "and moves like", f"{amount(beta, money)} of {coin}", f"± {plus_minus(error)}"
    yield "3", f"alone, {coin} {percent(-wanted.crash)}", unprotected(found, money), ""
    for expiry in dict.fromkeys(lead.expiry for lead in found.leads):
        days = found.chain.years(expiry) * 365.0
        yield (
            "",
            "the options end",
            str(expiry.astype("datetime64[m]")).replace("T", " ") + " UTC",
            f"in {number(days, 0)} days",
        )
    if wanted.floor is not None:
        allowed = wanted.floor * exposure.nav_usd
        yield (
            "",
            "the floor",
            f"lose at most {percent(wanted.floor)}, {amount(allowed, money)}",
            f"at {coin} {percent(-wanted.crash)}, held to expiry, betas risen",
        )


def _row(found: OptionsPlan, lead: Protection, money: str) -> list[str]:
    left = dict(lead.beta_left)[0.0]
    return [
        label_of(lead),
        orders_of(lead),
        amount(lead.upfront_usd, money, signed=True),
        amount(lead.cost_usd_per_month, money, signed=True),
        _kept(found.at_crash(lead.crash_usd), lead.floor_met, money),
        f"{amount(lead.worst_usd, money, signed=True)} at {percent(lead.worst_move)}",
        amount(left, money),
        amount(lead.rally_needed_usd, money),
    ]


def _perp_row(found: OptionsPlan, perp: PerpBeside, money: str) -> list[str]:
    return [
        "perpetual",
        f"sell {count(perp.contracts)} {perp.instrument.symbol}",
        amount(perp.entry_usd, money, signed=True),
        amount(perp.cost_usd_per_month, money, signed=True),
        _kept(found.at_crash(perp.crash_usd), perp.floor_met, money),
        f"{amount(perp.worst_usd, money, signed=True)} at {percent(perp.worst_move)}",
        amount(dict(perp.beta_left)[0.0], money),
        amount(perp.margin_usd, money),
    ]


def _kept(dollars: float, met: bool | None, money: str) -> str:
    return amount(dollars, money, signed=True) + ("" if met is not False else " MISSED")


def verdicts(found: OptionsPlan) -> list[Fact]:
    """Return of each kind who wins, or why there is none of it."""
    rows: list[Fact] = [("", lead.kind, lead.verdict, "") for lead in found.leads if lead.verdict]
    kinds = {c.kind for c in found.candidates if c.usable}
    for kind in dict.fromkeys(c.kind for c in found.candidates):
        if kind not in kinds:
            why = next(c.reason for c in found.candidates if c.kind == kind)
            rows.append(("", kind, f"none: {why}.", ""))
    if found.leads and "zero-cost collar" not in kinds:
        rows.append(("", "zero-cost collar", "none: no call of these expiries pays for its put.", ""))
    if not found.leads:
        rows.append(("", "no option", "does what is asked on this chain: a perpetual is simply better.", ""))
    return rows


def betas_left(found: OptionsPlan, money: str) -> tuple[list[str], list[list[str]]]:
    """Return dollars of beta left at once after a move, coins by their beta, volatilities as they are."""
    moves = [move for move, _ in found.leads[0].beta_left]
    names = ["dollars of beta left after", *(percent(move, signed=True) or "0 %" for move in moves)]
    rows = [["book alone", *(amount(left, money) for _, left in found.beta_left)]]
    rows += [[label_of(lead), *(amount(left, money) for _, left in lead.beta_left)] for lead in found.leads]
    if found.perp is not None:
        rows.append(["perpetual", *(amount(left, money) for _, left in found.perp.beta_left)])
    if found.mix is not None:
        rows.append(["together", *(amount(left, money) for _, left in found.mix.beta_left)])
    return names, rows


def _greeks(found: OptionsPlan, money: str) -> tuple[list[str], list[list[str]]]:
    """What the options alone move with today: dollars per 100 %, its change, per volatility point, per day, and coins."""
    names = [
        "the options today",
        "delta",
        "gamma",
        "a vol point",
        "a day",
        f"net in {found.chain.underlying}",
    ]
    rows = [
        [
            label_of(lead),
            *(
                amount(part, money, signed=True)
                for part in (g.delta_usd, g.gamma_usd, g.vega_usd, g.theta_usd)
            ),
            number(g.net_delta),
        ]
        for lead in found.leads
        if (g := lead.greeks) is not None
    ]
    return names, rows


def other_puts(found: OptionsPlan, money: str) -> tuple[list[str], list[list[str]]]:
    """Return other strikes and expiries of the put: what each costs a month, and does."""
    sizing = "beta" if found.wanted.floor is None else "floor"
    puts = [c for c in found.candidates if c.kind == "protective put" and c.sizing == sizing and c.usable]
    names = ["puts", *dict.fromkeys(str(c.expiry)[:10] for c in puts)]
    strikes = dict.fromkeys(strike for c in puts for strike in c.strikes)
    spot, rows = found.chain.index_usd, []
    for strike in sorted(strikes, reverse=True):
        cells = {
            str(c.expiry)[
                :10
            ]: f"{amount(c.cost_usd_per_month, money)} a month, worst {amount(c.worst_usd, money)}"
            for c in puts
            if c.strikes[0] == strike
        }
        rows.append(
            [f"{count(strike)} ({percent(strike / spot)})", *(cells.get(day, "") for day in names[1:])]
        )
    return names, rows


def liquidity_text(leg: LegLiquidity) -> str:
    """Return how well one leg is quoted, in words."""
    size = (
        "quoted size unknown"
        if math.isnan(leg.size_share)
        else f"{percent(leg.size_share)} of the quoted size"
    )
    day = "" if math.isnan(leg.volume_share) else f", {number(leg.volume_share, 1)} × the day's volume"
    open_ = "" if math.isnan(leg.interest_share) else f", {percent(leg.interest_share)} of open interest"
    half = "no bid" if math.isnan(leg.half_spread) else f"half the spread {percent(leg.half_spread)}"
    return f"{leg.symbol}: {half}, {size}{open_}{day}"


def cautions(found: OptionsPlan, money: str = "USD") -> tuple[str, ...]:
    """Return what has to be known besides: the way to the floor, alts that fall more, margin in a rally, liquidity."""
    coin, lines = found.chain.underlying, []
    if found.wanted.floor is not None:
        lines.append(
            f"The floor is asked for at {coin} {percent(-found.wanted.crash)} alone; `on the way` is the worst before it,"
            " betas risen, which a floor at one point does not bound."
        )
    lines += [
        f"{label_of(lead)}: the sold leg needs {amount(lead.margin_usd, money)} on the day and"
        f" {amount(lead.rally_needed_usd, money)} at the worst of {coin} +{percent(found.rally)} and"
        f" {percent(-found.wanted.crash)} (standard margin, bought options give no relief)."
        for lead in found.leads
        if lead.rally_needed_usd > 0.0
    ]
    lines += [
        f"{label_of(lead)}: if {coin} rallies {percent(found.rally)} and the other coins stand still, book and it together make"
        f" {amount(lead.flat_rally_usd, money, signed=True)}."
        for lead in found.leads
        if lead.kind.endswith("collar")
    ]
    if found.perp is not None:
        lines.append(
            f"perpetual: {amount(found.perp.rally_needed_usd, money)} of margin for {coin} +{percent(found.rally)}, the book has"
            f" {amount(found.exposure.worth.stablecoins_usd, money)} in stablecoins;"
            f" with the other coins standing still then, {amount(found.perp.flat_rally_usd, money, signed=True)}."
            f" Its funding may lie between {amount(found.perp.low_usd_per_month, money, signed=True)} and"
            f" {amount(found.perp.high_usd_per_month, money, signed=True)} a month (below zero it is received)."
        )
    largest: dict[str, LegLiquidity] = {}
    for leg in (leg for lead in found.leads for leg in lead.liquidity):
        if leg.symbol not in largest or leg.volume_share > largest[leg.symbol].volume_share:
            largest[leg.symbol] = leg
    return (*lines, *(liquidity_text(leg) for leg in largest.values()), *found.warnings)
