"""What is wrong with what was seen: findings for the alarms, in words with numbers.

findings_of(looked, rules) -> findings
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from hedgerow.hedge.alarms import Finding, Standing, standing_of
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.rolls import ROLLING, days_left, far_of
from hedgerow.hedge.valuation import price_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Level
from hedgerow.runs.changing import Changes, correlation_of
from hedgerow.runs.watching import Held, Sight, Verdict

__all__ = ["Facts", "Looked", "findings_of"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the loop knows besides the sight.

    `feed_at` the instant of the newest price; `explained` units by contract that the journal explains; `distance` to
    liquidation (infinite: none, NaN: not known); `paid_30d` dollars of funding received in 30 days, `notional_usd` what it
    was received on; `taken` fills of the venue's own (liquidation, ADL) since the last look; `refusals` why a trade that
    was wanted was not done; `waiting` a proposal that nobody has approved.
    """

    feed_at: int
    explained: Mapping[str, Decimal] = field(default_factory=dict)
    distance: float = math.nan
    paid_30d: float = math.nan
    notional_usd: float = math.nan
    taken: tuple[Fill, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """A sight after it was acted on: the verdict of what is there now, the facts, and how the betas have moved."""

    sight: Sight
    verdict: Verdict
    facts: Facts
    changes: Changes


def findings_of(looked: Looked, limits: Thresholds) -> tuple[Finding, ...]:
    """Return everything that the watches looked at, good and bad."""
    sight, verdict, facts = looked.sight, looked.verdict, looked.facts
    found = [*_feed(sight, facts, limits), *_account(sight, facts), *_halted(sight), *_hands(facts)]
    found += _liquidation(facts, limits)
    found += _funding(facts, limits)
    found += _pegs(sight, limits)
    for held in sight.held or ():
        found += _expiry(held, sight)
    if verdict.exposure is not None:
        found += _drift(verdict, facts)
        found += _links(looked, limits)
    elif verdict.act == "stop" and sight.held is not None:
        found.append(
            Finding("not hedged", "book", "bad", "critical", verdict.reason, "Give the price or the beta.")
        )
    return tuple(found)


def _feed(sight: Sight, facts: Facts, limits: Thresholds) -> list[Finding]:
    age = (sight.at - facts.feed_at) / 1000.0
    text = f"no price for {age:,.0f} seconds"
    advice = "Nothing is sent until prices come again; see whether the venue is in maintenance."
    return [Finding("stale feed", "prices", standing_of(age, *limits.stale_s), "critical", text, advice)]


def _account(sight: Sight, facts: Facts) -> list[Finding]:
    """What is held, against what the journal explains; and what the venue took."""
    if sight.held is None:
        said = "the venue did not say what is held"
        return [Finding("position unknown", "account", "bad", "critical", said, "It is asked again.")]
    found = [Finding("position unknown", "account", "fine", "critical", "")]
    there = {each.instrument.name: each.units for each in sight.held}
    for name in sorted(there.keys() | facts.explained.keys()):
        units, explained = there.get(name, Decimal(0)), facts.explained.get(name, Decimal(0))
        standing: Standing = "bad" if units != explained else "fine"
        text = f"{name}: the venue holds {units:f}, our fills explain {explained:f}"
        advice = "Somebody traded by hand, or the venue took it: look, then `hedgerow reconcile --adopt`."
        taken = [fill for fill in facts.taken if fill.instrument == name]
        if taken and standing == "fine":
            standing = "bad"
            text = (
                f"{name}: the venue took {sum((f.quantity for f in taken), Decimal(0)):f} ({taken[0].kind})"
            )
            advice = "The hedge is being put back; lower its leverage or split it over venues."
        found.append(Finding("hedge lost", name, standing, "critical", text, advice))
    return found


def _halted(sight: Sight) -> list[Finding]:
    standing: Standing = "fine" if sight.halted is None else "bad"
    return [
        Finding(
            "halted", "account", standing, "warning", sight.halted or "", "`hedgerow halt --lift` goes on."
        )
    ]


def _hands(facts: Facts) -> list[Finding]:
    """What was wanted and not done."""
    refused = "; ".join(f"{each.rule}: {each.detail}" for each in facts.refusals)
    return [
        Finding(
            "limits",
            "trade",
            "bad" if facts.refusals else "fine",
            "warning",
            refused,
            "; ".join(each.remedy for each in facts.refusals),
        ),
    ]


def _liquidation(facts: Facts, limits: Thresholds) -> list[Finding]:
    level: Level = "critical" if facts.distance < limits.distance[0] / 2.0 else "warning"
    text = f"liquidation is {facts.distance:.0%} away"
    advice = "Put collateral into the account, or hedge less; `hedgerow plan` says how much is needed."
    standing = standing_of(facts.distance, *limits.distance)
    return [Finding("liquidation", "account", standing, level, text, advice)]


def _funding(facts: Facts, limits: Thresholds) -> list[Finding]:
    rate = facts.paid_30d / facts.notional_usd * 365.0 / 30.0 if facts.notional_usd > 0.0 else math.nan
    text = f"funding cost {-facts.paid_30d:,.0f} dollars in 30 days, {-rate:.1%} of the hedge a year"
    advice = (
        "`hedgerow choose` says what another contract would cost; a positive rate is received by a short."
    )
    return [Finding("funding", "hedge", standing_of(rate, *limits.funding), "warning", text, advice)]


def _pegs(sight: Sight, limits: Thresholds) -> list[Finding]:
    """Stablecoins of the book and the account that have a price of their own."""
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


def _expiry(held: Held, sight: Sight) -> list[Finding]:
    """A contract that ends before it is rolled: told when its roll is due and cannot be done, and loudly when late."""
    now = np.datetime64(sight.at, "ms")
    left = days_left(held.instrument, now)
    if math.isinf(left):
        return []
    late = left <= ROLLING.finish_days
    stuck = left <= ROLLING.start_days and far_of(held.instrument, sight.contracts, now) is None
    name = held.instrument.symbol
    text = f"{name} ends in {left:.1f} days and is not rolled" + (": no later one is listed" if stuck else "")
    standing: Standing = "bad" if late or stuck else "fine"
    advice = "Trade the later contract by `plan` and `trade`, or hedge with a perpetual."
    return [Finding("expiry", name, standing, "critical" if late else "warning", text, advice)]


def _drift(verdict: Verdict, facts: Facts) -> list[Finding]:
    """The dollar beta outside its band after everything that could be done, and why."""
    found = []
    assert verdict.exposure is not None  # noqa: S101  asked with one
    for k, factor in enumerate(verdict.exposure.factors):
        gap, band = float(verdict.gap_usd[k]), float(verdict.band_usd[k])
        why = facts.waiting or "; ".join(each.rule for each in facts.refusals) or verdict.reason
        text = f"dollar beta to {factor} is {'−' if gap < 0 else '+'}${abs(gap):,.0f} off the target, band ± ${band:,.0f}: {why}"
        standing = standing_of(abs(gap), band + verdict.slack_usd, band + verdict.slack_usd)
        found.append(
            Finding("drift", factor, standing, "warning", text, "`hedgerow plan` says what would mend it.")
        )
    return found


def _links(looked: Looked, limits: Thresholds) -> list[Finding]:
    """Whether the coins still move with the market as they did."""
    exposure, sight = looked.verdict.exposure, looked.sight
    assert exposure is not None  # noqa: S101  asked with one
    found = []
    for coin in sorted(looked.changes.sums):
        share = looked.changes.worst(coin)
        up, down = looked.changes.sums[coin]
        text = f"{coin} moves {'more' if up > down else 'less'} with the market than its beta says"
        advice = "The estimate follows by itself; look whether it still fits the coin."
        found.append(Finding("beta changed", coin, standing_of(share, 1.0, 0.5), "warning", text, advice))
    factor = exposure.factors[0]
    # A stablecoin follows nothing: off its peg it has an alarm of its own.
    coins = (p.symbol for p in sight.book.positions if not p.is_derivative and not is_stablecoin(p.symbol))
    spot = {coin: exposure.deltas.get(coin, 0.0) for coin in coins}
    z = correlation_of(sight.market, spot, factor)
    text = f"the book follows {factor} less than it did (z {z:.1f} against the 240 days before)"
    advice = "A hedge removes what follows the market, and less of this book does."
    found.append(Finding("correlation", factor, standing_of(z, *limits.correlation), "warning", text, advice))
    return found
