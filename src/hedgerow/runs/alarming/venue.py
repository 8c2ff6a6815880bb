"""Whether a venue answers, by which clock, and what it still lists."""

from __future__ import annotations

import math

import numpy as np

from hedgerow.hedge.alarms import Finding, Standing, standing_of
from hedgerow.hedge.rolls import ROLLING, days_left, expiry_of, far_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.ports import Level
from hedgerow.runs.alarming.facts import Looked
from hedgerow.runs.watching import Held

__all__ = ["clock", "expiry", "feed", "listed", "maintenance"]


def feed(looked: Looked, limits: Thresholds) -> list[Finding]:
    """How old the newest price is."""
    age = (looked.sight.at - looked.facts.feed_at) / 1000.0
    text = f"no price for {age:,.0f} seconds" if looked.facts.feed_at else "no price since the watch began"
    advice = "Nothing is sent until prices come again; see whether the venue is in maintenance."
    return [Finding("stale feed", "prices", standing_of(age, *limits.stale_s), "critical", text, advice)]


def clock(looked: Looked, limits: Thresholds) -> list[Finding]:
    """The venue's clock against ours: signed requests are refused, and no order is sent, where they differ."""
    skew = looked.facts.round.skew_s
    side = "ahead of" if skew > 0.0 else "behind"
    text = f"the venue's clock is {abs(skew):,.1f} seconds {side} this machine's"
    advice = "Nothing is sent while they differ: let this machine's clock be set from the network (NTP)."
    return [Finding("clock", "venue", standing_of(abs(skew), *limits.skew_s), "warning", text, advice)]


def maintenance(looked: Looked, _: Thresholds) -> list[Finding]:
    """The venue says by itself that it is closed."""
    said = looked.facts.maintenance
    standing: Standing = "unknown" if said is None else "bad" if said else "fine"
    text = f"the venue is in maintenance: {said}"
    advice = (
        "Positions and orders there are as they were; it is asked again at each look. See its status page."
    )
    return [Finding("maintenance", "venue", standing, "warning", text, advice)]


_MISSED_DAYS = 1.0
"""Days into its window after which a contract that is still held was not rolled in time."""


def expiry(looked: Looked, _: Thresholds) -> list[Finding]:
    """Contracts that end before they are rolled: told when the roll is due and cannot be done or was not, and loudly when late."""
    return [found for held in looked.sight.held or () for found in _ending(held, looked)]


def _ending(held: Held, looked: Looked) -> list[Finding]:
    now = np.datetime64(looked.sight.at, "ms")
    left = days_left(held.instrument, now)
    if math.isinf(left):
        return []
    missed = left <= ROLLING.start_days - _MISSED_DAYS
    stuck = left <= ROLLING.start_days and far_of(held.instrument, looked.sight.contracts, now) is None
    name = held.instrument.symbol
    if is_option(held.instrument):
        return [_option_ending(held, left)]
    text = f"{name} ends in {left:.1f} days and is not rolled" + (": no later one is listed" if stuck else "")
    standing: Standing = "bad" if missed or stuck else "fine"
    advice = f"`hedgerow roll {name}` does it by hand" + (
        ", into the perpetual: --to perp." if stuck else "."
    )
    late = left <= 2.0 * ROLLING.finish_days
    return [Finding("expiry", name, standing, "critical" if late else "warning", text, advice)]


def _option_ending(held: Held, left: float) -> Finding:
    """An option ends by itself: told a week before, and loudly in the last days; what was sold is owed until then."""
    name, sold = held.instrument.symbol, held.units < 0
    what = "what was sold is owed until then" if sold else "what it protects stands alone from then on"
    text = f"{name} ends in {left:.1f} days, and is exercised or gone: {what}"
    standing: Standing = "bad" if left <= ROLLING.start_days else "fine"
    advice = (
        "Roll the protection: `hedgerow options` says what a later one costs, `--take` keeps it as a plan to trade."
        " Exercise is paid in coins by itself; the watch then hedges what is left."
    )
    level: Level = "critical" if left <= 2.0 * ROLLING.finish_days else "warning"
    return Finding("expiry", name, standing, level, text, advice)


def listed(looked: Looked, _: Thresholds) -> list[Finding]:
    """Open contracts that the venue takes from its list, or gives another end than the one they were bought with."""
    found = []
    now = np.datetime64(looked.sight.at, "ms")
    for held in looked.sight.held or ():
        name = held.instrument.name
        if name not in looked.facts.round.listed:
            found.append(Finding("delisting", name, "unknown", "warning", ""))
            continue
        there = looked.facts.round.listed[name]
        text, level = _news(held.instrument, there, now)
        advice = "Hedge with another contract by `plan` and `trade`, and close this one before it is settled."
        found.append(Finding("delisting", name, "bad" if text else "fine", level, text, advice))
    return found


def _news(held: Instrument, there: Instrument | None, now: np.datetime64) -> tuple[str, Level]:
    """What changed about a contract's end in words, empty: nothing; and how loud that is."""
    if there is None:
        return f"{held.name} is open and no longer listed for trading", "critical"
    if there.expiry == held.expiry:
        return "", "warning"
    before, after = expiry_of(held), expiry_of(there)
    was = "it had no end" if before is None else f"it was to end at {_minute(before)}"
    if after is None:
        return f"{held.name} has no end any more: {was}", "warning"
    left = days_left(there, now)
    said = f"{held.name} is settled at {_minute(after)} UTC, in {left:.1f} days: {was}"
    return said, "critical" if left <= ROLLING.start_days else "warning"


def _minute(instant: np.datetime64) -> str:
    return str(instant)[:16].replace("T", " ")
