"""What has to be said of a book with options, in plain words."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.options.curve import BookOptions, Holds
from hedgerow.model.display import percent_text

__all__ = ["option_cautions"]

_SOON_DAYS = 14.0
_CRASH = 0.40


def option_cautions(found: BookOptions | None, factors: tuple[str, ...]) -> list[str]:
    """Return how the delta moves, how far a hedge of it holds and what it leaves in a crash, what ends soon, and what is not counted; nothing for none."""
    if found is None:
        return []
    names = " and ".join(factors)
    now, turn = _signed(found.beta_usd), _signed(0.01 * found.gamma_usd)
    lines = [f"Options make {now} of the dollar beta now, and it changes by {turn} with each 1 % of {names}."]
    if found.holds is not None:
        lines += [_held(found.holds, names), _crash(found, names)]
    lines += _ending(found)
    if any(option.quantity < 0 for option in found.options):
        lines.append(
            "Margin of options that were sold is not counted: the venue asks more for calls in a rally, for puts in a fall."
        )
    lines.append(
        "Volatility and loss of one day count options by their delta; the curve and the stress rows price them anew,"
        " volatilities as they are."
    )
    return lines


def _signed(dollars: float) -> str:
    return f"{dollars:+,.0f}".replace("-", "−")


def _held(holds: Holds, names: str) -> str:
    """How far the hedge holds, in words."""
    low = "half its price" if holds.low is None else percent_text(-holds.low, 1)
    high = "half its price" if holds.high is None else percent_text(holds.high, 1)
    return (
        f"The hedge holds, to {holds.within_usd:,.0f} of beta, until {names} falls by {low} or rises by {high};"
        " then size it anew: the delta of the options has moved."
    )


def _crash(found: BookOptions, names: str) -> str:
    """What the hedge of today leaves in a crash and in a rally, in words."""
    assert found.hedged_usd is not None  # noqa: S101  it holds so far, or not
    fall, rise = (float(np.interp(move, found.moves, found.hedged_usd)) for move in (-_CRASH, _CRASH))
    return (
        f"With this hedge the book {_comes_to(fall)} if {names} falls by {percent_text(_CRASH)} at once,"
        f" and {_comes_to(rise)} if it rises by as much."
    )


def _comes_to(dollars: float) -> str:
    if not np.isfinite(dollars):
        return "comes to what is not known"
    return f"{'loses' if dollars < 0.0 else 'gains'} {abs(dollars):,.0f}"


def _ending(found: BookOptions) -> list[str]:
    """Options that end within two weeks: their delta goes with them, or becomes a coin's."""
    soon = [
        (option.name.text, days)
        for option in found.options
        if (days := option.position.years * 365.0) <= _SOON_DAYS
    ]
    names = {name: days for name, days in soon if np.isfinite(days)}
    return [
        f"{name} ends in {days:.0f} days: its delta goes with it, and near its strike it turns within hours."
        for name, days in names.items()
    ]
