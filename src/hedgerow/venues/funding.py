"""Funding as a venue prints it, made the same everywhere: rate, instant of settlement, interval, realised or forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hedgerow.model.errors import StateUnknown
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import FundingPrint
from hedgerow.venues.fields import FundingFields
from hedgerow.venues.raw import Row, amount, instant, number

__all__ = ["forecast_of", "prints_of", "with_intervals"]

_MINUTE_MS = 60_000
_MINUTES = 60


def prints_of(rows: Sequence[Row], names: FundingFields, instrument: Instrument) -> tuple[FundingPrint, ...]:
    """Return realised rates, oldest first, each instant once."""
    found = {one.at: one for row in rows for one in (_print(row, names, instrument, forecast=False),)}
    return tuple(found[at] for at in sorted(found))


def forecast_of(row: Row, names: FundingFields, instrument: Instrument) -> FundingPrint:
    """Return the rate that the next settlement may bring."""
    return _print(row, names, instrument, forecast=True)


def _print(row: Row, names: FundingFields, instrument: Instrument, *, forecast: bool) -> FundingPrint:
    at = instant(row, names.at)
    if at is None:
        raise StateUnknown(f"a funding rate of {instrument.name} has no time")
    interval = number(row, names.interval) if names.interval else None
    if interval is not None and names.interval_minutes:
        interval /= _MINUTES
    mark = number(row, names.mark) if names.mark else None
    return FundingPrint(
        instrument.name, at, amount(row, names.rate), interval or None, forecast, mark or None
    )


def with_intervals(prints: tuple[FundingPrint, ...], longest_hours: int) -> tuple[FundingPrint, ...]:
    """Return `prints` with the interval of each from the one before it, where the venue does not say it.

    Raises `StateUnknown` where two neighbours lie further apart than the venue's longest interval: records are missing.
    """
    found = list(prints[:1])
    for before, after in pairwise(prints):
        hours = Decimal(round((after.at - before.at) / _MINUTE_MS)) / _MINUTES
        if hours > longest_hours:
            raise StateUnknown(
                f"{after.instrument} has no funding between {before.at} and {after.at}: {hours} hours",
                advice="The venue left a hole: pull this span again, in smaller pieces.",
            )
        found.append(after if after.interval_hours else replace(after, interval_hours=hours))
    return tuple(found)
