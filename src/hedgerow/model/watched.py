"""What the watch leaves in its diary: every look with what it rested on, so that the day can be decided again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from hedgerow.model.instruments import Instrument
from hedgerow.model.option_chain import OptionChain
from hedgerow.model.portfolio import FileRow, Portfolio
from hedgerow.model.ports import AccountModes
from hedgerow.model.questions import AskRow, BookRow, JumpRow, SlipRow

__all__ = [
    "AlarmRow",
    "BreakerRow",
    "DayRow",
    "Fact",
    "FundingRow",
    "Ground",
    "Leave",
    "Listed",
    "Look",
    "MarkRow",
    "ModesRow",
    "NumberRow",
    "OrderRow",
    "Owned",
    "PositionRow",
    "Proposal",
    "RefusedRow",
    "SumRow",
    "WatchLine",
    "WatchName",
    "orders_said",
]


WatchName = Literal[
    "drift",
    "liquidation",
    "stale feed",
    "hedge lost",
    "funding",
    "beta changed",
    "correlation",
    "depeg",
    "expiry",
    "position unknown",
    "not hedged",
    "halted",
    "limits",
    "account mode",
    "clock",
    "maintenance",
    "counterparty",
    "basis",
    "delisting",
    "stop missing",
    "breaker",
    "estimator",
    "funding interval",
    "pair",
    "book changed",
    "price jump",
]
"""What is watched."""


Fact = str | float | bool | tuple[str | float, ...] | None
"""What a machine reads of a line."""


@dataclass(frozen=True, slots=True)
class WatchLine:
    """One thing that happened: milliseconds of UTC, one verb, the rest in words with numbers.

    `facts` is the same for a machine: names to text, numbers (NaN: unknown), or tuples of them.
    `book` is whose watch it is where several are looked at, "" where there is one.
    """

    at: int
    action: str
    text: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    book: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a look at a venue rested on besides prices and holdings, so that it can be decided again.

    `as_of` the instant of its prices and `bars_to` the close of the last bar of its history, in milliseconds of UTC;
    `listed` the fingerprint of the contracts; `chains` what prices options that are held, cut to what tells their prices.
    """

    as_of: int
    bars_to: int
    listed: str
    chains: tuple[OptionChain, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """Contracts as a venue listed them, by their fingerprint."""

    name: str
    contracts: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True)
class Owned:
    """The owner's holdings as they were read, by their fingerprint."""

    name: str
    book: Portfolio


@dataclass(frozen=True, slots=True)
class Leave:
    """What a person is asked before a watch may trade: which book, whose money, and what it may do without asking again.

    `money` is real, the venue's sandbox, or a stand-in on this machine; `bounds` in words. `begun` is the plan that the account's
    journal holds unfinished, "" for none: it is finished first.
    """

    book: str
    account: str
    venue: str
    money: Literal["real money", "sandbox", "stand-in"]
    mode: Literal["observe", "propose", "auto"]
    bounds: tuple[str, ...] = ()
    begun: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PositionRow:
    """Signed units held of a contract, got at `entry` in its quote coin."""

    instrument: Instrument
    units: Decimal
    entry: Decimal


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A Decimal by name: coins of the margin wallet, prices."""

    name: str
    number: Decimal


@dataclass(frozen=True, slots=True)
class OrderRow:
    """Signed contracts that were decided to be traded."""

    instrument: str
    contracts: Decimal


def orders_said(orders: Iterable[OrderRow]) -> str:
    """Return orders in words: sides, contracts above zero, contracts' names without their venue."""
    return ", ".join(
        f"{'buy' if row.contracts > 0 else 'sell'} {abs(row.contracts):f} {row.instrument.partition(':')[2]}"
        for row in orders
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the watch asks leave for, by a `name` made of its content: orders, and what they rest on.

    `prices` and `held` (signed contracts) by contract at the instant `at`; `book` is the fingerprint of the holdings, `wish` what is
    to be left, in words, "" of earlier versions. `over` says why the proposal that it stands in place of was withdrawn, "" for none.
    """

    name: str
    at: int
    orders: tuple[OrderRow, ...]
    prices: tuple[NumberRow, ...]
    held: tuple[NumberRow, ...]
    book: str
    wish: str = ""
    over: str = ""

    @property
    def words(self) -> str:
        """The orders in words."""
        return orders_said(self.orders)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A trade that the venue refused: its orders, why, how often in a row, and until when (milliseconds of UTC) it is not sent again.

    `rests_on` is the fingerprint of the holdings, positions and margin coins that it was refused on.
    """

    orders: tuple[OrderRow, ...]
    why: str
    times: int
    until: int
    rests_on: str


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm that is on since an instant: which watch, about what, how loud, in words, and what to do."""

    watch: WatchName
    about: str
    level: Literal["info", "warning", "critical"]
    since: int
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class SumRow:
    """A coin's running sums of the watch on its beta."""

    coin: str
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class ModesRow:
    """How the account trades a contract: as it has to (`kept`), and `now`, since `changed_at` otherwise."""

    instrument: str
    kept: AccountModes
    now: AccountModes
    changed_at: int | None


@dataclass(frozen=True, slots=True)
class FundingRow:
    """Dollars that a position is foretold to receive in 7 and 30 days (below zero: to pay): low, expected, high at 90 %.

    `hours` between settlements now and usually; `cap` of one settlement's rate, None: not known.
    """

    instrument: str
    hours: float
    usual_hours: float
    cap: float | None
    week_usd: tuple[float, ...]
    month_usd: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MarkRow:
    """Dollars held of a coin or a contract, short below zero, at its price in dollars."""

    name: str
    dollars: float
    price: float


@dataclass(frozen=True, slots=True)
class DayRow:
    """The first look of a day: what was held, what the hedge promised of it, and what the holdings of the day before did.

    `coins` and `hedge` with the `factor`'s price; `removed` the share of variance that the hedge should remove, `against` its
    correlation with what is short of it (None: the risk model does not know); `beta_usd` ± `stderr_usd` of the coins. Then, in
    dollars, `plain_usd` of the coins and `hedge_usd` of the hedge, and the factor's move; None where a price was missing.
    """

    at: int
    coins: tuple[MarkRow, ...]
    hedge: tuple[MarkRow, ...]
    factor: MarkRow
    removed: float | None
    against: float | None
    beta_usd: float
    stderr_usd: float
    plain_usd: float | None = None
    hedge_usd: float | None = None
    factor_move: float | None = None


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """The open breaker: its name, since when and why, and what was held then."""

    name: str
    since: int
    why: str
    safe: tuple[PositionRow, ...]


@dataclass(frozen=True, slots=True)
class HoldsRow:
    """How far the factors may fall (`low`, below zero) and rise before options take the dollar beta out of its band; None: by more than half."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """One look: what was seen at `at`, what was decided and why, and how it stood after it.

    Seen: `held` and `coins` as the venue said (None: it did not), `prices` of now in dollars, `book` the fingerprint of the
    holdings, `trouble` why positions are not known, `traded_at` the last trade before it, `halted`. Decided: `act`, `reason`, `orders`, dollar betas (one a factor,
    empty where unknown) with target and band; `learned` says that betas were estimated at this look. After: `left_usd`, the
    dollar beta once everything was done (± `left_stderr_usd`), `slack_usd` the smallest order, `alarms` that are on, `cost_usd` and `traded_usd` of the trade. `sums`, as of the close `sums_at`, are what tells a changed
    beta, beyond `threshold`. `modes` are how open contracts were set, `asks` what people may answer besides the proposal. `received_30d_usd` is funding
    of the last 30 days (None within the first week), `funding` what it may come to. `blind` says why prices or holdings were not
    known, "" where they were; `ground` is what a look at a venue rested on, None on paper.
    `promised_usd` is what the trade was to cost, `expects_usd` what one that is proposed is to cost (None: it was not said), `day` the record of a day,
    `breaker` the open one, `proved_from` since when promises are held against what came, `closed_by` who closed a breaker at this look. `lent` is what
    of the `coins` the paper venue put there: margin that is nobody's, in no net value. `flow_usd` are the dollars by which the
    owner changed the holdings since the look before, at the prices of this one; NaN: they were changed, and it is not known by how much.
    `refused` is the trade that the venue refused last and that is still wanted, None: there is none.
    `changed_book` is the open question about the holdings, `book_by` who answered one at this look; `slip` and `slip_by` are the same
    about prices, and `meant` are those that somebody said to be right. `holds` is how far the band holds by options; None: there are none, or it is left already. `files` are the files that the holdings were read from.
    `read_to` is the place of the account's last record that was known before anything was sent; 0: an earlier version did not say.
    `assumed` are dollar coins of the book and the account that count at one dollar, since nobody prices them.
    """

    at: int
    mode: Literal["observe", "propose", "auto"]
    act: Literal["hold", "rebalance", "roll", "stop"]
    reason: str
    trouble: str
    book: str
    held: tuple[PositionRow, ...] | None
    coins: tuple[NumberRow, ...] | None
    prices: tuple[NumberRow, ...]
    halted: str | None
    traded_at: int | None
    learned: bool
    beta_usd: tuple[float, ...]
    stderr_usd: tuple[float, ...]
    target_usd: tuple[float, ...]
    band_usd: tuple[float, ...]
    nav_usd: float
    orders: tuple[OrderRow, ...]
    proposal: Proposal | None
    approved_by: str
    done: str
    traded_usd: float
    cost_usd: float
    left_usd: tuple[float, ...]
    slack_usd: float
    distance: float
    alarms: tuple[AlarmRow, ...]
    sums: tuple[SumRow, ...] = ()
    sums_at: int | None = None
    threshold: float = 0.0
    left_stderr_usd: tuple[float, ...] = ()
    modes: tuple[ModesRow, ...] = ()
    asks: tuple[AskRow, ...] = ()
    received_30d_usd: float | None = None
    funding: tuple[FundingRow, ...] = ()
    blind: str = ""
    ground: Ground | None = None
    promised_usd: float | None = None
    expects_usd: float | None = None
    day: DayRow | None = None
    breaker: BreakerRow | None = None
    proved_from: int = 0
    closed_by: str = ""
    lent: tuple[NumberRow, ...] = ()
    flow_usd: float = 0.0
    refused: RefusedRow | None = None
    changed_book: BookRow | None = None
    book_by: str = ""
    slip: SlipRow | None = None
    slip_by: str = ""
    meant: tuple[JumpRow, ...] = ()
    holds: HoldsRow | None = None
    files: tuple[FileRow, ...] = ()
    read_to: int = 0
    assumed: tuple[str, ...] = ()

    @property
    def left_error_usd(self) -> tuple[float, ...]:
        """The error of `left_usd`; looks of earlier versions tell that of before their trade."""
        return self.left_stderr_usd or self.stderr_usd

    @property
    def waits(self) -> bool:
        """Whether the proposal waits for somebody's yes."""
        return self.mode == "propose" and self.proposal is not None and not self.approved_by

    @property
    def in_band(self) -> bool:
        """Whether the dollar beta ended inside its band; False where it is not known."""
        rows = zip(self.left_usd, self.target_usd, self.band_usd, strict=False)
        return bool(self.left_usd) and all(
            abs(left - target) <= band + self.slack_usd for left, target, band in rows
        )
