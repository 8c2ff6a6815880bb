"""Funding: who pays whom, how much, and what that is a year (domain §4).

A positive rate means longs pay shorts: a short hedge *receives*. Rates are fractions per interval, never percent.
Cash is positive when it is received.
"""

from __future__ import annotations

import re

from hedgerow.model.errors import BadInput, BadPrices

__all__ = [
    "CLAMP",
    "INTEREST_8H",
    "LARGEST_RATE",
    "annual_rate",
    "check_rate",
    "funding_cash",
    "funding_cash_inverse",
    "funding_rate",
    "parse_rate",
]

INTEREST_8H = 0.0001
CLAMP = 0.0005
LARGEST_RATE = 0.05

_HOURS_A_YEAR = 24.0 * 365.0
_RATE = re.compile(r"([+\-−]?)\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\s*(%|bps?|)", re.IGNORECASE)
_UNITS = {"": 1.0, "%": 1e-2, "bp": 1e-4, "bps": 1e-4}


def funding_cash(quantity: float, mark: float, rate: float) -> float:
    """Return what one settlement pays the holder of `quantity` base units, in the quote coin; short below zero.

    −q·mark·f, with the *mark* (or whatever price the venue names) at the settlement instant, never the entry, and
    only if the position is held then. NaN in, NaN out. Domain §4.1-4.2, TV20.
    """
    return -quantity * mark * rate


def funding_cash_inverse(dollars: float, mark: float, rate: float) -> float:
    """Return what one settlement pays the holder of `dollars` of inverse face, in coin; short below zero (TV20)."""
    return -dollars / mark * rate


def funding_rate(
    premium: float,
    interval_hours: float = 8.0,
    *,
    interest: float = INTEREST_8H,
    clamp: float = CLAMP,
    cap: float | None = None,
) -> float:
    """Return the rate of one interval from the average `premium` of the perpetual over its index.

    F = P + clamp(I − P, ±0.05 %), scaled by interval/8 h, then limited to ±`cap`; premium and interest are per 8 h,
    the cap per interval. Between a premium of −4 and +6 bp that is the interest alone, so a positive rate is no
    proof of a premium. NaN in, NaN out. Domain §4.2, TV20b.
    """
    drawn = min(max(interest - premium, -clamp), clamp)
    raw = (premium + drawn) * interval_hours / 8.0
    return raw if cap is None else min(max(raw, -cap), cap)


def annual_rate(rate: float, interval_hours: float, *, compounded: bool = False) -> float:
    """Return `rate` per interval as a fraction a year of 365 days, simple or compounded each interval.

    The interval is the *actual* one: 0.01 % is 10.95 % a year every 8 h and 43.8 % every 2 h. Raises `BadInput` for
    an interval that is not positive. Domain §4.2, TV20.
    """
    if interval_hours <= 0.0:
        raise BadInput(f"a funding interval of {interval_hours} h is not positive")
    times = _HOURS_A_YEAR / interval_hours
    return float((1.0 + rate) ** times - 1.0) if compounded else rate * times


def check_rate(rate: float, cap: float | None = None) -> float:
    """Return `rate` if it can be a fraction per interval: at most 5 %, or the venue's `cap` where that is more.

    Raises `BadPrices`: a larger one is a percentage read as a fraction. NaN passes: unknown is not wrong.
    """
    limit = max(LARGEST_RATE, cap or 0.0)
    if abs(rate) > limit:
        raise BadPrices(
            f"a funding rate of {rate} per interval is beyond ±{limit:g}",
            advice="Rates are fractions: 0.01 % is 0.0001. Write the percent sign, or give the venue's cap.",
        )
    return rate


def parse_rate(text: str, cap: float | None = None) -> float:
    """Return the fraction that `text` names: "0.0001", "0.01%" and "1bp" are the same rate.

    Raises `BadPrices` for anything that is not one number with an optional %, bp or bps, and as `check_rate` does.
    """
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise BadPrices(f"{text!r} is not a rate", advice="Write 0.0001, 0.01% or 1bp.")
    sign, digits, unit = found.groups()
    value = float(digits) * _UNITS[unit.lower()]
    return check_rate(-value if sign in {"-", "−"} else value, cap)
