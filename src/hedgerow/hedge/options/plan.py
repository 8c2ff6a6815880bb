"""What is asked of a protection, and what one is found to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.legs import OptionGreeks, OptionPosition
from hedgerow.hedge.options.since import OptionsSince
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_chain import OptionChain
from hedgerow.stats.smile import Smile

__all__ = [
    "Kind",
    "LegLiquidity",
    "Mix",
    "OptionsPlan",
    "PerpBeside",
    "Protection",
    "Roll",
    "Sizing",
    "Unwind",
    "Wanted",
    "at_move",
    "units_by_beta",
    "units_by_delta",
    "units_for_floor",
]

Kind = Literal["protective put", "put spread", "zero-cost collar", "budgeted collar"]
Sizing = Literal["beta", "floor"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a protection is for. Shares are fractions: `floor` of net value, `crash` and `strike` of the coin's spot.

    Without a `floor` it is sized by beta; `budget_usd` asks for a collar that costs at most that; `horizon_days` is how long
    it has to last at least, `strike` where the bought put is looked for. With `keep` options and futures are mixed: that share
    of what the book gains in a rally is to be kept.
    """

    floor: float | None = None
    crash: float = 0.40
    budget_usd: float | None = None
    horizon_days: float = 30.0
    strike: float = 0.90
    keep: float | None = None


@dataclass(frozen=True, slots=True)
class LegLiquidity:
    """What is quoted of one leg: half its spread as a share of the middle; the order as shares, NaN where unknown.

    `size_share` is of the quoted size on our side, `interest_share` of open interest, `volume_share` of the day's volume.
    """

    symbol: str
    half_spread: float
    size_share: float
    interest_share: float
    volume_share: float


@dataclass(frozen=True, slots=True)
class Protection:
    """One candidate. Profits are dollars of book and protection together at expiry, fees and premium in.

    `by_beta_usd` and `crash_usd` (N,) run over the plan's `moves`: coins by their beta, and with betas as on 2025-10-10.
    `worst_usd` is the least of the latter down to the crash, at `worst_move`. `now_usd` is the crash at once, volatilities as
    they are. `beta_left` are dollars of beta left at once after a move of the factor. `flat_rally_usd` is the rally with every
    other coin standing still. `floor_met` is None without a floor. A candidate that cannot be has a `reason` and no position.
    """

    kind: Kind
    sizing: Sizing
    expiry: np.datetime64
    days: float
    strikes: tuple[float, ...]
    position: OptionPosition | None = None
    cost_usd_per_month: float = np.nan
    by_beta_usd: FloatArray = field(default_factory=lambda: np.empty(0))
    crash_usd: FloatArray = field(default_factory=lambda: np.empty(0))
    worst_usd: float = np.nan
    worst_move: float = np.nan
    now_usd: float = np.nan
    beta_left: tuple[tuple[float, float], ...] = ()
    greeks: OptionGreeks | None = None
    margin_usd: float = 0.0
    rally_needed_usd: float = 0.0
    flat_rally_usd: float = np.nan
    liquidity: tuple[LegLiquidity, ...] = ()
    floor_met: bool | None = None
    lead: bool = False
    reason: str = ""
    verdict: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be traded."""
        return self.position is not None

    @property
    def upfront_usd(self) -> float:
        """Premium and fees, in dollars now; below 0 it is received."""
        return self.position.premium_usd + self.position.fee_usd if self.position is not None else np.nan


@dataclass(frozen=True, slots=True)
class PerpBeside:
    """The perpetual that does the same: short `contracts`, its profit by the horizon, its funding, its margin.

    `cost_usd_per_month` is below 0 where the short expects to receive funding; `low` and `high` are its band.
    """

    instrument: Instrument
    contracts: Decimal
    notional_usd: float
    entry_usd: float
    cost_usd_per_month: float
    low_usd_per_month: float
    high_usd_per_month: float
    days: float
    hedge_usd: FloatArray
    by_beta_usd: FloatArray
    crash_usd: FloatArray
    worst_usd: float
    worst_move: float
    beta_left: tuple[tuple[float, float], ...]
    margin_usd: float
    rally_needed_usd: float
    flat_rally_usd: float
    floor_met: bool | None


@dataclass(frozen=True, slots=True)
class Mix:
    """Options and short futures that together hold the floor at every move down to the crash, at the least cost.

    `still_usd` is what it costs until `expiry` if the coin stands still: premium, fees, entry and expected funding, less what
    the options then pay. `kept` is the share of the book's gain in the rally that stays, of at least `keep` asked. Profits (N,)
    run over the plan's moves as a candidate's do; `margin_usd` is needed in the worse of rally and crash. `proven`: nothing
    cheaper exists. One that cannot be has a `reason` and nothing in it.
    """

    expiry: np.datetime64
    days: float
    keep: float
    position: OptionPosition | None = None
    instrument: Instrument | None = None
    contracts: Decimal = Decimal(0)
    notional_usd: float = 0.0
    upfront_usd: float = 0.0
    still_usd: float = np.nan
    by_beta_usd: FloatArray = field(default_factory=lambda: np.empty(0))
    crash_usd: FloatArray = field(default_factory=lambda: np.empty(0))
    worst_usd: float = np.nan
    worst_move: float = np.nan
    kept: float = np.nan
    margin_usd: float = 0.0
    flat_rally_usd: float = np.nan
    beta_left: tuple[tuple[float, float], ...] = ()
    proven: bool = False
    reason: str = ""

    @property
    def usable(self) -> bool:
        """Whether there is one."""
        return not self.reason

    @property
    def cost_usd_per_month(self) -> float:
        """What it costs over 30 days of its own, if the coin stands still."""
        return self.still_usd / self.days * 30.0


@dataclass(frozen=True, slots=True)
class Roll:
    """A later option in the place of one that is held, as many units on the same side.

    `cost_usd` is paid now in all, below 0 received; `a_day_usd` what the later one costs a day if the coin stands still,
    and `saves_usd` a day less than the one that is held. `as_good`: its strike protects, or risks, no worse than that one's.
    """

    symbol: str
    expiry: np.datetime64
    strike: float
    days: float
    cost_usd: float
    a_day_usd: float
    saves_usd: float
    as_good: bool

    @property
    def pays(self) -> bool:
        """Whether it costs less a day than what is held, and does as much."""
        return self.as_good and self.saves_usd > 0.0


@dataclass(frozen=True, slots=True)
class Unwind:
    """An option that is held: `units` of it, below zero sold. Dollars are of all of them.

    `now_usd` is what unwinding brings now at `price`, fees off, below zero what it takes; `exercise_usd` what exercise would bring
    of that. Held to its end in `days` it pays `still_usd` if the coin stands still, `crash_usd` in the crash; `a_day_usd` is lost a
    day until then if it stands still. Holding brings more where the coin ends beyond `edge_usd`, by the market's own prices
    with this `chance`. One that cannot be unwound has a `reason`.
    """

    symbol: str
    units: Decimal
    call: bool
    price: float = np.nan
    now_usd: float = np.nan
    exercise_usd: float = np.nan
    days: float = np.nan
    still_usd: float = np.nan
    crash_usd: float = np.nan
    a_day_usd: float = np.nan
    edge_usd: float = np.nan
    chance: float = np.nan
    rolls: tuple[Roll, ...] = ()
    reason: str = ""

    @property
    def above(self) -> bool:
        """Whether holding brings more above the edge; else below it."""
        return self.call == (self.units > 0)

    @property
    def best_roll(self) -> Roll | None:
        """The roll that saves most a day, None where none pays."""
        return max((r for r in self.rolls if r.pays), key=lambda r: r.saves_usd, default=None)


@dataclass(frozen=True, slots=True)
class OptionsPlan:
    """The book, what it loses unprotected, and every candidate beside the perpetual. `moves` (N,) are of the factor.

    `beta_left` is the bare book's dollar beta at once after a move of the factor: coins that fall are less to fall. `since` is what the
    book's options gained since an earlier chain, where that was asked for.
    """

    wanted: Wanted
    exposure: Exposure
    chain: OptionChain
    smiles: Mapping[np.datetime64, Smile]
    moves: FloatArray
    by_beta_usd: FloatArray
    crash_usd: FloatArray
    rally: float
    candidates: tuple[Protection, ...]
    perp: PerpBeside | None
    beta_left: tuple[tuple[float, float], ...]
    warnings: tuple[str, ...]
    mixes: tuple[Mix, ...] = ()
    unwinds: tuple[Unwind, ...] = ()
    since: OptionsSince | None = None

    @property
    def free_usd(self) -> float:
        """Dollars of the book that can be margin: stablecoins, and the coin that the options are paid in."""
        worth, coin = self.exposure.worth, self.chain.settle
        rows = (h for h in worth.holdings if h.option is None and h.position.instrument is None)
        own = sum(h.value_usd for h in rows if h.position.symbol == coin and np.isfinite(h.value_usd))
        return max(worth.stablecoins_usd, 0.0) + (0.0 if is_stablecoin(coin) else max(own, 0.0))

    @property
    def mix(self) -> Mix | None:
        """The mix of options and futures that costs least a month of those that the book has the margin of, None where there is none."""
        found = [each for each in self.mixes if each.usable and each.margin_usd <= self.free_usd]
        return min(found, key=lambda each: each.cost_usd_per_month, default=None)

    @property
    def beyond(self) -> Mix | None:
        """The cheapest mix, where the book has not the margin of it; None where it has, or there is none."""
        found = [each for each in self.mixes if each.usable]
        least = min(found, key=lambda each: each.cost_usd_per_month, default=None)
        return None if least is None or least.margin_usd <= self.free_usd else least

    @property
    def leads(self) -> tuple[Protection, ...]:
        """The candidate of each kind that is shown first."""
        return tuple(found for found in self.candidates if found.lead)

    def at_crash(self, profits: FloatArray) -> float:
        """Return profits over `moves` at the crash that was asked for."""
        return at_move(self.moves, profits, -self.wanted.crash)


def at_move(moves: FloatArray, profits: FloatArray, move: float) -> float:
    """Return profits over a grid of `moves` at one of them."""
    return float(profits[int(np.argmin(np.abs(moves - move)))])


def units_by_beta(beta_usd: float, spot_usd: float) -> float:
    """Return how many units of options on the factor stand for a dollar beta: D ÷ S (TV19b)."""
    return beta_usd / spot_usd


def units_by_delta(beta_usd: float, spot_usd: float, delta: float) -> float:
    """Return how many make today's delta neutral: D ÷ (S·|Δ|). Far more than by beta: too many in a crash (TV19b)."""
    return beta_usd / (spot_usd * abs(delta))


def units_for_floor(loss_usd: float, allowed_usd: float, gain_usd: float) -> float:
    """Return how many units that each gain `gain_usd` in the crash, costs off, bring a loss to what is allowed.

    0 where the loss is allowed already; infinite where a unit gains nothing.
    """
    lacking = loss_usd - allowed_usd
    if lacking <= 0.0:
        return 0.0
    return lacking / gain_usd if gain_usd > 0.0 else np.inf
