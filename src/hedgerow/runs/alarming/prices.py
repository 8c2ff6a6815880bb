"""Prices that should be near each other: a stablecoin and its dollar, a contract and its index, a coin and itself a day ago."""

from __future__ import annotations

import math

import numpy as np

from hedgerow.hedge.alarms import Finding, standing_of
from hedgerow.hedge.rolls import days_left
from hedgerow.hedge.valuation import price_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.display import percent_text
from hedgerow.runs.alarming.facts import Looked

__all__ = ["basis", "jumps", "pegs"]

_LEAST_DAYS = 7.0
"""A basis is brought to a year over a week at least: the last days of a contract make any tick look like a yearly rate."""


def pegs(looked: Looked, limits: Thresholds) -> list[Finding]:
    """Stablecoins of the book and the account that have a price of their own."""
    sight = looked.sight
    held = {*sight.book.symbols, *(sight.coins or {})}
    found = []
    for coin in sorted(
        c for c in held if is_stablecoin(c) and c in {*sight.market.symbols, *sight.market.given}
    ):
        away = abs(price_of(sight.market, coin) - 1.0)
        text = f"{coin} is at {price_of(sight.market, coin):.4f} dollars"
        advice = "What is kept in it loses that much; margin in it too."
        found.append(Finding("depeg", coin, standing_of(away, *limits.depeg), "critical", text, advice))
    return found


def jumps(looked: Looked, _: Thresholds) -> list[Finding]:
    """Prices that no market makes, which nobody has said to be right."""
    asked = looked.lasting.slip
    if asked is None:
        return []
    advice = (
        "Nothing is sent until you have looked: put the prices right (the file, or `--price COIN=dollars`), or, if they are right, "
        f"`hedgerow approve {asked.name[:8]}`."
    )
    if looked.facts.kept_back:
        stay = ", ".join(f"{name} at {mark:,f}" for name, mark in sorted(looked.facts.kept_back.items()))
        advice += (
            f" Until then the paper account keeps {stay}: nothing is liquidated on a price that is doubted."
        )
    return [
        Finding("price jump", asked.name[:8], "bad", "critical", f"no market moves so: {asked.why}", advice)
    ]


def basis(looked: Looked, limits: Thresholds) -> list[Finding]:
    """Marks of the open contracts against their index: a perpetual's as it is, a dated one's as a yearly rate."""
    found = []
    now = np.datetime64(looked.sight.at, "ms")
    for held in looked.sight.futures:
        name = held.instrument.name
        away = looked.facts.basis.get(name, math.nan)
        left = days_left(held.instrument, now)
        dated = math.isfinite(left)
        a_year = away * 365.0 / max(left, _LEAST_DAYS)
        measure, bounds = (a_year, limits.basis_year) if dated else (away, limits.basis)
        side = "above" if away > 0.0 else "below"
        rate = f", {a_year:+.0%} a year over {left:.0f} days" if dated else ""
        lost = (away > 0.0) is (held.units < 0)
        text = f"{name} is {percent_text(abs(away), 2)} {side} its index{rate}: this position has {'lost' if lost else 'gained'} that"
        advice = "It comes back if the two meet again. Trade now only what has to be; `hedgerow choose` shows others."
        found.append(Finding("basis", name, standing_of(abs(measure), *bounds), "warning", text, advice))
    return found
