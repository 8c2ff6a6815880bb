"""Why a figure is what it is: the formula in words, what went into it, as of when and from where. Lines of text, for a page."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.plan import CostLine, MarginAccount
from hedgerow.hedge.ticket import Ticket
from hedgerow.model.betas import Betas
from hedgerow.model.market import Market
from hedgerow.model.watched import Look
from hedgerow.reports.layout import instant
from hedgerow.reports.ticket import estimator_words
from hedgerow.reports.wording import amount, count, number, percent, plain_text, plus_minus, price

__all__ = ["bar_why", "book_why", "coin_why", "look_why", "plan_why"]

Lines = list[str]
_TERMS = 3
_SCHOOLS = {
    "ols": "least squares",
    "ewls": "least squares in which newer bars count more",
    "huber": "a regression that single wild days do not bend",
    "theilsen": "the median of slopes",
    "kalman": "a beta that may drift",
    "dcc": "changing correlations",
    "welch": "returns trimmed around the market's",
}


def book_why(exposure: Exposure, market: Market) -> dict[str, Lines]:
    """Return why the book is worth what it is, and moves like what it does."""
    source = _source(exposure, market)
    return {
        "worth": [
            "Quantity × price, added up over every coin that has a price; a contract counts with its profit, not with its size.",
            f"{len(exposure.worth.rows)} coins: {_kinds(exposure)}.",
            source,
        ],
        "dollar beta": [
            f"For each coin: dollars that move with it × its beta; then all added up. {_terms(exposure)}",
            (
                f"± {plus_minus(exposure.stderr_usd[0])}: the errors of the betas, weighted by the dollars, with how they go together."
                " Two times in three the true number is within it."
            ),
            f"Betas: {plain_text(estimator_words(exposure.betas))}. {source}",
        ],
        "beta": [
            f"Dollar beta ÷ net value: {amount(exposure.beta_usd[0])} ÷ {amount(exposure.nav_usd)}.",
            source,
        ],
    }


def _kinds(exposure: Exposure) -> str:
    kinds: dict[str, int] = {}
    for row in exposure.worth.rows:
        kinds[row.basis or "unknown"] = kinds.get(row.basis or "unknown", 0) + 1
    return ", ".join(f"{n} {plain_text(name)}" for name, n in kinds.items())


def _terms(exposure: Exposure) -> str:
    rows = sorted(exposure.rows, key=lambda row: -abs(row.beta_usd[0]))
    said = [
        f"{plain_text(row.symbol)} {amount(row.delta_usd)} × {number(row.beta[0])}" for row in rows[:_TERMS]
    ]
    more = f", and {len(rows) - _TERMS} more" if len(rows) > _TERMS else ""
    return f"{' + '.join(said)}{more}." if said else ""


def _source(exposure: Exposure, market: Market) -> str:
    return (
        f"Prices: {plain_text(market.source)}, as of {instant(market.as_of)}, in {exposure.worth.currency}."
    )


def coin_why(betas: Betas, symbol: str) -> Lines:
    """Return why a coin has its beta."""
    if symbol not in betas.symbols:
        return ["It has no beta: no price series, or too little of one."]
    i = betas.symbols.index(symbol)
    method, factor = betas.method[i], betas.factors[0]
    if method == "policy":
        return ["A stablecoin is counted as cash: its beta is 0 by rule, not by measurement."]
    if method == "factor":
        return [f"{factor} is the market itself: its beta is 1."]
    if method == "override":
        return [
            f"Given by hand: {number(betas.beta[i, 0])} ± {number(None if betas.errorless[i] else betas.stderr[i, 0])}.",
            plain_text(betas.note[i]),
        ]
    prior = (
        f"Pulled towards what coins usually have ({number(betas.prior_mean[0])} ± {number(betas.prior_sd[0])}),"
        " the more the less sure its own past is."
    )
    if method == "prior":
        return [
            (
                f"Too young to be measured: {int(betas.n[i])} returns. It has what coins usually have:"
                f" {number(betas.prior_mean[0])} ± {number(betas.prior_sd[0])}."
            )
        ]
    school = next(
        (said for name, said in _SCHOOLS.items() if name in betas.estimator), "the estimator of the settings"
    )
    r2 = (
        ""
        if not math.isfinite(betas.r2[i])
        else f" The market explains {percent(betas.r2[i])} of its swings (R²)."
    )
    return [
        f"How its returns went with those of {factor}, by {school}: {int(betas.n[i])} returns.{r2}",
        prior,
        f"Specification: {plain_text(betas.estimator)}.",
    ]


def plan_why(ticket: Ticket) -> dict[str, Lines]:
    """Return why each figure of a plan is what it is, by the names of the cells."""
    return {
        "trade": _trade(ticket),
        "left": _left(ticket),
        "cost": [
            "Fees, spread and price impact of the trade itself, paid once.",
            *_cost_lines([line for line in ticket.plan.costs if not line.monthly], ticket.currency),
        ],
        "month": [
            "What holding it costs or earns in 30 days. When the funding rate is positive, longs pay shorts: a short hedge receives it.",
            *_cost_lines([line for line in ticket.plan.costs if line.monthly], ticket.currency),
        ],
        "margin": [line for account in ticket.plan.margin for line in _margin(account, ticket.currency)]
        or ["No contract is open or traded: no margin is needed."],
        "survival": [line for account in ticket.plan.margin for line in _survival(account, ticket.currency)]
        or ["Without a contract nothing can be liquidated."],
        "volatility": _volatility(ticket),
    }


def _trade(ticket: Ticket) -> Lines:
    plan, money = ticket.plan, ticket.currency
    lines = [
        "Dollars to trade = (dollar beta of the book − target) ÷ the contract's own beta; then whole lots of it.",
        f"Book {amount(plan.before_usd[0], money)}, target {amount(plan.target_usd[0], money)}.",
    ]
    for leg in plan.legs:
        beta = leg.beta_usd[0] / leg.signed_usd if leg.signed_usd else float("nan")
        lines.append(
            f"{leg.side} {count(leg.contracts)} {plain_text(leg.instrument.symbol)} at {price(leg.price_usd, money)}:"
            f" {amount(leg.notional_usd, money)}, beta {number(beta)}, so {amount(leg.beta_usd[0], money, signed=True)} of dollar beta."
        )
    return [*lines, _of(ticket)]


def _left(ticket: Ticket) -> Lines:
    plan, money = ticket.plan, ticket.currency
    return [
        (
            f"Book {amount(plan.before_usd[0], money)} + contracts {amount(plan.after_usd[0] - plan.before_usd[0], money, signed=True)}"
            f" = {amount(plan.after_usd[0], money)}; ± {plus_minus(plan.stderr_usd[0])} is the error of the betas, which no hedge removes."
        ),
        f"Off the target by {amount(plan.residual_usd[0], money, signed=True)}: whole lots and limits.",
        _of(ticket),
    ]


def _cost_lines(lines: list[CostLine], money: str) -> Lines:
    return [
        f"{line.name}: {amount(line.usd, money, signed=True)} ({amount(line.low_usd, money)} to {amount(line.high_usd, money)}),"
        f" {line.basis}{f': {plain_text(line.note)}' if line.note else ''}"
        for line in lines
    ] or ["Nothing."]


def _margin(account: MarginAccount, money: str) -> Lines:
    return [
        (
            f"{plain_text(account.account)}: enough {account.settle} to survive a move of {percent(account.required_rally)} against it,"
            f" by the venue's own tiers: {amount(account.required_usd, money)}."
        ),
        f"The venue wants {amount(account.initial_usd, money)} to open it and {amount(account.maintenance_usd, money)} to keep it.",
    ]


def _survival(account: MarginAccount, money: str) -> Lines:
    if not account.told:
        return [
            "Not known: the book has contracts there and tells no margin of them. Name the account as a book, or say what is there."
        ]
    given = math.isfinite(account.collateral_usd)
    has = amount(account.collateral_usd if given else account.required_usd, money)
    whose = "given" if given else "which the plan asks for"
    chance = percent(account.liquidation_probability)
    return [
        f"The move at which margin of {has}, {whose}, falls to what the venue wants. Gains of the coins you hold do not count there.",
        f"Chance to touch it within {account.horizon_days:g} days: {chance}.",
    ]


def _volatility(ticket: Ticket) -> Lines:
    before, after, money = ticket.plan.risk_before, ticket.plan.risk_after, ticket.currency
    if before is None or after is None:
        return ["Unknown: a price or a beta is missing."]
    return [
        "A year's usual swing, foretold from how prices moved; market², shared² and own² add up to its square.",
        f"Before: market {amount(before.market_usd, money)}, shared {amount(before.shared_usd, money)}, own {amount(before.own_usd, money)}.",
        f"After: market {amount(after.market_usd, money)}, shared {amount(after.shared_usd, money)}, own {amount(after.own_usd, money)}.",
        _of(ticket),
    ]


def _of(ticket: Ticket) -> str:
    return f"From {plain_text(ticket.source)}, as of {instant(ticket.as_of)}; {plain_text(estimator_words(ticket.betas))}."


def look_why(look: Look, stream: str) -> dict[str, Lines]:
    """Return why the watch says what it does, with the stream of the journal it is written in."""
    at = str(np.datetime64(look.at, "ms"))[:19].replace("T", " ")
    source = f"The look of {at} UTC in the journal, stream {plain_text(stream)}; `hedgerow diary` prints it."
    band = look.band_usd[0] if look.band_usd else float("nan")
    return {
        "beta": [
            "The book's dollar beta and the open contracts' together, at the prices of the look, after what it traded.",
            f"Band ± {plus_minus(band)}: as wide as trading back costs and the coins' own swings make worth while.",
            source,
        ],
        "distance": [
            (
                "The move of the price against a contract at which its account falls to the margin that the venue wants;"
                " the nearest of all accounts, by the venue's own word on positions and coins."
            ),
            source,
        ],
        "funding": [
            "Every payment of the account's ledger, added up by coin; above zero was received. Shorts receive positive rates.",
            "`hedgerow ledger` prints it.",
        ],
    }


def bar_why(exposure: Exposure, market: Market, look: Look | None, stream: str) -> Mapping[str, Lines]:
    """Return why the bar says what it does, by its parts."""
    book = book_why(exposure, market)
    seen = {} if look is None else look_why(look, stream)
    return {
        "worth": book["worth"],
        "beta": seen.get("beta", book["dollar beta"]),
        "distance": seen.get(
            "distance", ["No watch has looked: nothing is known of a position, or there is none."]
        ),
        "funding": seen.get(
            "funding",
            ["Every payment of the account's ledger; none was written yet, or no watch has looked."],
        ),
        "state": [
            "Halted before unknown before a proposal that waits before an alarm before a watch that ended before holding: the gravest word wins."
        ],
    }
