"""What a day of a watch came to, from its journal and its diary: every number is one of theirs, and None is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hedgerow.model.watched import AlarmRow

__all__ = ["Brief", "BriefBeta", "Effect"]


@dataclass(frozen=True, slots=True)
class BriefBeta:
    """The dollar beta to a factor after the last look, with its error, target and band."""

    factor: str
    usd: float
    stderr_usd: float
    target_usd: float
    band_usd: float


@dataclass(frozen=True, slots=True)
class Effect:
    """The share of the coins' variance that the hedge took, and that it had promised, day by day over so many `days`.

    None: not known; `why` says so of the first.
    """

    realised: float | None
    promised: float | None
    days: int
    why: str


@dataclass(frozen=True, slots=True)
class Brief:
    """How a watched book stands at its last look, `at`, and what came since the look at `since` (milliseconds of UTC).

    `price`, `funding` and `fees` are coins by which the hedge account grew, price with what is not realised (None: a price is not
    known), `insurance` what a venue's fund paid where a liquidation left less than nothing, `put_in` what came into it besides (below zero: was taken out); `hedge_usd` and `put_in_usd` the same in dollars, a
    stablecoin at a dollar; `book_usd` what the rest of the net value gained. `edited`: the holdings were changed meanwhile;
    `flow_usd` what came into them by that, less what went out, at the prices of then, which is no gain (None: not known, and then it is in
    `book_usd`). `distance` is infinite with nothing open. `lent` are coins by which the margin grew that a paper venue put there: nobody's, in no net value. `assumed` are dollar coins that count at one dollar, since nobody prices them.
    """

    account: str
    book: str
    mode: str
    since: int
    at: int
    reason: str
    halted: str | None
    nav_usd: float | None
    nav_change_usd: float | None
    betas: tuple[BriefBeta, ...]
    in_band: bool | None
    distance: float | None
    price: Mapping[str, Decimal] | None
    funding: Mapping[str, Decimal]
    fees: Mapping[str, Decimal]
    put_in: Mapping[str, Decimal] | None
    hedge_usd: float | None
    put_in_usd: float | None
    book_usd: float | None
    edited: bool
    flow_usd: float | None
    funding_30d_usd: float | None
    fills: int
    effect: Effect
    alarms: tuple[AlarmRow, ...]
    insurance: Mapping[str, Decimal] = field(default_factory=dict)
    lent: Mapping[str, Decimal] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
