"""The top bar, the same on every page: worth, dollar beta inside its band, distance to liquidation, one word for the state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hedgerow.app.watch import saw
from hedgerow.model.errors import HedgerowError
from hedgerow.model.trades import ModeState
from hedgerow.model.watched import Look
from hedgerow.reports.wording import amount, percent, plain_text, plus_minus
from hedgerow.web.room import Room, Seen
from hedgerow.web.why import bar_why

__all__ = ["Bar", "Strip", "bar_of", "state_of", "strip_of"]

_MARGIN = 1.15
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Strip:
    """A dollar beta drawn as a point with its error inside the band: places from 0 (left) to 100, and the same in words."""

    point: float
    low: float
    high: float
    band_low: float
    band_high: float
    target: float
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar says; `state` is one word of `state_of`, `why` the reason, `tone` how it is coloured."""

    worth: str
    beta: str
    beta_note: str
    strip: Strip | None
    distance: str
    funding: str
    state: str
    why: str
    tone: str
    simulated: bool
    whys: Mapping[str, list[str]] = field(default_factory=dict)


def bar_of(room: Room, seen: Seen) -> Bar:
    """Return the bar. A book that cannot be read is unknown in it, not missing."""
    look = seen.look_of(room.name)
    state, why, tone = state_of(seen, look)
    simulated = room.settings.data.prices is None and room.settings.data.market is None
    try:
        exposure, _ = room.beta()
    except HedgerowError:
        return Bar("unknown", "unknown", "the book cannot be read", None, "", "", state, why, tone, simulated)
    known = look is not None and bool(look.left_usd)
    money = exposure.worth.currency
    beta, error = float(exposure.beta_usd[0]), float(exposure.stderr_usd[0])
    note = "the book alone: no watch has looked at it yet"
    strip = None
    if look is not None and known:
        beta, error = look.left_usd[0], look.left_error_usd[0]
        note = f"the book {'with its hedge' if seen.hedged(room.name) else 'without a hedge'}, at the watch's last look"
        note += "; the error is of before its trade" if look.traded_usd and not look.left_stderr_usd else ""
        note += "" if saw(look, room.book) else "; the holdings have changed since"
        strip = strip_of(beta, error, look.target_usd[0], look.band_usd[0], money)
    elif look is not None:
        note = "the book alone: the watch does not know it"
    return Bar(
        amount(exposure.nav_usd, money),
        f"{amount(beta, money)} ± {plus_minus(error)} of {plain_text(exposure.factors[0])}",
        note,
        strip,
        _distance(look, hedged=seen.hedged(room.name)),
        _funding(seen.mode_of(room.name)),
        state,
        why,
        tone,
        room.desk().market.simulated,
        bar_why(exposure, room.desk().market, look, f"watch:…:{room.name}"),
    )


def state_of(seen: Seen, look: Look | None) -> tuple[str, str, str]:
    """Return the state in one or two words, the reason, and its tone: stop, ask or calm."""
    halts = {name: why for mode in seen.modes for name, why in mode.halts.items()}
    trouble = next((mode.trouble for mode in seen.modes if mode.trouble), "")
    if halts:
        names = ", ".join("everything" if name == _ALL else name for name in sorted(halts))
        return (
            "halted",
            f"{plain_text(names)}: {plain_text('; '.join(dict.fromkeys(halts.values())))}",
            "stop",
        )
    if trouble:
        return "unknown", f"the journal cannot be read: {plain_text(trouble)}", "stop"
    if any(seen.asks(each) for _, _, each in seen.watches):
        return "waiting for you", "a proposal wants your yes", "ask"
    return (
        ("not watched", "no watch has looked at this book", "ask") if look is None else _watched(seen, look)
    )


def _watched(seen: Seen, look: Look) -> tuple[str, str, str]:
    if look.alarms:
        said = "1 alarm is on" if len(look.alarms) == 1 else f"{len(look.alarms)} alarms are on"
        return "look at it", said, "stop"
    if not seen.running:
        return "not watched", "no watch is running now, or its look is late", "ask"
    return "holding", "inside the band" if look.in_band else plain_text(look.reason), "calm"


def strip_of(beta: float, error: float, target: float, band: float, money: str) -> Strip | None:
    """Return the strip around the target; None where a number is not known. An error that is not known is said, and not drawn."""
    if not all(map(math.isfinite, (beta, target, band))):
        return None
    drawn = error if math.isfinite(error) else 0.0
    reach = max(abs(beta - target) + drawn, band, 1.0) * _MARGIN

    def place(dollars: float) -> float:
        return round(50.0 + 50.0 * (dollars - target) / reach, 2)

    inside = "inside" if abs(beta - target) <= band else "outside"
    words = (
        f"{amount(beta, money)} ± {plus_minus(error)}, {inside} the band of {amount(target - band, money)} to "
        f"{amount(target + band, money)} around the target {amount(target, money)}"
    )
    ends = (place(beta - drawn), place(beta + drawn), place(target - band), place(target + band))
    return Strip(place(beta), *ends, place(target), words)


def _distance(look: Look | None, *, hedged: bool) -> str:
    """The nearest liquidation by the last look; a position that nobody looked at has an unknown one."""
    if look is None:
        return "unknown" if hedged else "no position"
    if math.isinf(look.distance):
        return "none near" if hedged else "no position"
    return percent(look.distance)


def _funding(mode: ModeState) -> str:
    """Coins of funding so far, received above zero."""
    total: dict[str, Decimal] = {}
    for account in mode.accounts:
        for entry in account.entries:
            for coin, coins in entry.funding.items():
                total[coin] = total.get(coin, Decimal(0)) + coins
    said = [
        f"{'received' if coins > 0 else 'paid'} {abs(coins):,.2f} {plain_text(coin)}"
        for coin, coins in sorted(total.items())
        if coins
    ]
    return ", ".join(said) or "none yet"
