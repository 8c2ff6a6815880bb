"""One bar after the other: mark, settle funding, check margin, review, trade; every bar's attribution must close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedgerow.exchange import (
    Delevered,
    Deposited,
    Event,
    ExchangeState,
    Fill,
    FundingDue,
    FundingPaid,
    Liquidation,
    Marked,
    Ordered,
    Outcome,
    Refusal,
    Settlement,
    step,
)
from hedgerow.hedge.attribution import Attribution, check_closes
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.rebalance import Drift, Rebalance, Review, rebalance_of, review
from hedgerow.hedge.rolls import ROLLING, days_left
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError
from hedgerow.model.journal import Estimated, Happened
from hedgerow.runs.collateral import margin_wanted, staked
from hedgerow.runs.desk import Trades, decide
from hedgerow.runs.ends import ending, knowing, rolled, rolls_due
from hedgerow.runs.learning import Known, drifting, estimated, learn
from hedgerow.runs.panel import Panel
from hedgerow.runs.past import Past
from hedgerow.runs.prices import Prices
from hedgerow.runs.resizing import resized
from hedgerow.runs.scene import Scene
from hedgerow.runs.settings import BacktestSettings

__all__ = ["Row", "Walk"]

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Row:
    """What one bar leaves in the record; dollars, betas (K,)."""

    nav: float
    spot: float
    deposit: float
    before: FloatArray
    after: FloatArray
    target: FloatArray
    band: FloatArray
    book_beta: FloatArray
    distance: float
    traded: float
    lines: Attribution


@dataclass(slots=True)
class Walk:
    """The state of a run between two bars.

    `lent` are dollars of margin that the run put in by itself: they are not the owner's, and no target counts them.
    `nav` is the net asset value that the last bar ended with.
    """

    policy: Policy
    past: Past
    panel: Panel = field(init=False)
    prices: Prices = field(init=False)
    settings: BacktestSettings = field(init=False)
    rule: Rebalance = field(init=False)
    state: ExchangeState = field(default_factory=ExchangeState)
    known: Known | None = None
    drift: Drift | None = None
    fixed_target: FloatArray | None = None
    lent: float = 0.0
    nav: float = 0.0
    rule_distance: float = 0.4
    learned: np.datetime64 | None = None
    chosen: np.datetime64 | None = None
    traded: np.datetime64 | None = None
    events: list[Happened] = field(default_factory=list)
    betas: list[Estimated] = field(default_factory=list)
    hedged_with: set[str] = field(default_factory=set)
    own: dict[int, list[Happened]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.panel, self.prices, self.settings = self.past.panel, self.past.prices, self.past.settings
        self.rule = rebalance_of(self.policy.rebalance)
        for event in self.panel.events:
            self.own.setdefault(int(np.searchsorted(self.panel.times, event.time)), []).append(event)

    def bar(self, t: int) -> Row:
        """Walk to the close of bar `t` and return its row."""
        begun = t > self.panel.first
        lines = self._moved(t) if begun else Attribution()
        put_in = self._topped_up(t)
        self.events += self.own.get(t, [])
        if self._due(self.learned, t, self.settings.estimate_days) or self._strange(t):
            self._learn(t)
        elif t in self.own and self.known is not None:
            self.drift = self._drifting(self.known, t)
        lines += self._rolled(t)
        book_beta = self._scene().book_beta(t)
        exposure = after = self._scene().exposure(t, book_beta)
        found, traded = self._review(t, exposure), 0.0
        if found.action == "rebalance":
            traded, cost, paid_in = self._trade(t, found)
            lines, put_in, after = lines + cost, put_in + paid_in, self._scene().exposure(t, book_beta)
        lines, scene = lines + Attribution(rebalance=-float(self.panel.cost_usd[t])), self._scene()
        before, self.nav = self.nav, scene.nav(t)
        if begun:
            change = self.nav - before - put_in - float(self.panel.flow_usd[t])
            check_closes(lines, change, self.nav, scene.gross(t))
        return Row(
            nav=self.nav,
            spot=float(scene.spot(t).sum()),
            deposit=put_in,
            before=exposure,
            after=after,
            target=self._target(t),
            band=found.band_usd,
            book_beta=book_beta,
            distance=scene.distance(t),
            traded=traded,
            lines=lines,
        )

    def _scene(self) -> Scene:
        known = self.known
        beta = known.beta if known else np.zeros((len(self.panel.symbols), len(self.policy.factors)))
        return Scene(self.panel, self.prices, self.state, known.betas if known else None, beta)

    def _moved(self, t: int) -> Attribution:
        """Settle the funding that fell due, mark to the close of `t`, which checks margin, and end what ends."""
        lines = self._scene().price_lines(t)
        held = [h.instrument for h in self.state.holdings]
        for contract in held:
            for due in self.prices.due(contract, t):
                lines += self._happen(t, FundingDue(contract, due.rate, due.mark))
        lines += self._happen(t, Marked({c.name: float(self.prices.mark(c)[t]) for c in held}))
        for event in ending(self._scene(), t, self.settings.deleveraged):
            lines += self._happen(t, event)
        return lines

    def _happen(self, t: int, event: Event) -> Attribution:
        self.state, outcomes = step(self.state, event)
        return self._told(t, outcomes)

    def _told(self, t: int, outcomes: Sequence[Outcome], rolled: str = "") -> Attribution:
        """Write what came of an event into the record; `rolled` is why, where it is part of a roll."""
        lines = Attribution()
        for outcome in outcomes:
            coin = float(self.prices.coin(outcome.instrument.settle)[t])
            last = float(self.prices.last(outcome.instrument)[t])
            line, row = told(self.panel.times[t], outcome, coin, last, rolled)
            lines += line
            self.events.append(row)
        return lines

    def _rolled(self, t: int) -> Attribution:
        """Roll what ends soon, near and far in one step or not at all."""
        soon = ROLLING.early_days + self.past.market.bar_hours / 24.0
        lines, now = Attribution(), self.panel.times[t]
        if self.known is None or all(days_left(h.instrument, now) > soon for h in self.state.holdings):
            return lines
        self.known = knowing(self.known, self.policy, self.past, self._scene(), t)
        for rolling in rolls_due(self.known, self._scene(), t, self.past.views(t)[1]):
            self.state, outcomes = rolled(self.state, rolling, self.prices, t)
            lines += self._told(t, outcomes, rolling.reason)
        return lines

    def _due(self, last: np.datetime64 | None, t: int, days: float) -> bool:
        return last is None or bool((self.panel.times[t] - last) / _DAY >= days - 1e-9)

    def _strange(self, t: int) -> bool:
        """Whether the book holds a coin whose beta was not known at the last estimation."""
        held = (self.panel.units[t] != 0.0) & self.panel.live[t]
        return self.known is not None and bool((held & ~self.known.sure).any())

    def _learn(self, t: int) -> None:
        hedged_with = tuple(h.instrument.underlying for h in self.state.holdings)
        known = learn(self.policy, self.past, t, hedged_with)
        _to_go_by(known, self.state, self.panel.times[t])
        self.known = knowing(known, self.policy, self.past, self._scene(), t)
        self.drift = self._drifting(self.known, t)
        self.learned = self.panel.times[t]
        self.betas += estimated(self.panel.times[t], self.known.betas)

    def _drifting(self, known: Known, t: int) -> Drift:
        scene = self._scene()
        held = {
            h.instrument.name: scene.delta(h.instrument, float(h.contracts), t) for h in self.state.holdings
        }
        return drifting(self.policy, self.past, known, t, held)

    def _target(self, t: int) -> FloatArray:
        if self.fixed_target is not None:
            return self.fixed_target
        if self.policy.target_beta_usd is not None:
            return np.asarray(self.policy.target_beta_usd, dtype=float)
        share = np.asarray(self.policy.target_beta or np.zeros(len(self.policy.factors)), dtype=float)
        return share * (self._scene().nav(t) - self.lent)

    def _review(self, t: int, exposure: FloatArray) -> Review:
        if self.drift is None:
            self._learn(t)
        assert self.drift is not None  # noqa: S101  learned just now
        days = np.inf if self.traded is None else float((self.panel.times[t] - self.traded) / _DAY)
        found = review(exposure, self._target(t), self.rule, self.drift, days)
        if self._due(self.chosen, t, self.settings.choose_days):
            return Review(
                "rebalance", found.gap_usd, found.band_usd, self._target(t), "contracts are chosen anew"
            )
        return found

    def _trade(self, t: int, found: Review) -> tuple[float, Attribution, float]:
        """Trade: dollars traded, what it cost by line, what margin was put in for it."""
        assert self.known is not None  # noqa: S101  a review learns first
        anew = self._due(self.chosen, t, self.settings.choose_days)
        known, views = knowing(self.known, self.policy, self.past, self._scene(), t), self.past.views(t)
        policy = self.past.asked(self.policy, t)

        def decided(scene: Scene) -> Trades:
            simple = None if anew else resized(policy, scene, t, views, known, found.aim_usd)
            if simple is not None:
                return simple
            return decide(policy, self.panel.book_at(t), scene, t, views, known, found.aim_usd, anew=anew)

        asked = staked(decided, self._scene(), t, self.policy, self.rule_distance)
        trades, self.rule_distance = asked.trades, asked.distance
        self.known, self.traded = known, self.panel.times[t]
        self.hedged_with |= {order.instrument.underlying for order in trades.orders}
        if anew:
            self.chosen = self.traded
            self.fixed_target = trades.target_usd if self.policy.target_vol is not None else None
        marks = {o.instrument.name: float(self.prices.mark(o.instrument)[t]) for o in trades.orders}
        cost = self._happen(t, Marked(marks))
        paid_in = self._put_in(t, asked.margin)
        told = len(self.events)
        for order in trades.orders:
            cost += self._happen(t, replace(order, arrival=float(self.prices.last(order.instrument)[t])))
        traded = _filled(self._scene(), trades.orders, self.events[told:], t)
        if anew and not isinstance(self.policy.instruments, tuple):
            self.drift = self._drifting(self.known, t)  # the band's cost is that of the contracts now open
        return traded, cost, paid_in

    def _topped_up(self, t: int) -> float:
        """Add margin once half of the distance is used; nothing where the owner gave a fixed amount."""
        scene = self._scene()
        if self.policy.collateral is not None or not scene.distance(t) < 0.5 * self.rule_distance:
            return 0.0
        return self._put_in(t, margin_wanted(scene, t, (), self.policy, self.rule_distance))

    def _put_in(self, t: int, wanted: Sequence[tuple[str, float]]) -> float:
        total = 0.0
        for settle, coins in wanted:
            self.state, _ = step(self.state, Deposited(settle, coins))
            usd = coins * float(self.prices.coin(settle)[t])
            self.events.append(Happened(self.panel.times[t], "deposit", settle, 0.0, 0.0, usd))
            total += usd
        self.lent += total if self.policy.collateral is None else 0.0
        return total


def _filled(scene: Scene, orders: Sequence[Ordered], told: Sequence[Happened], t: int) -> float:
    """Dollars of the orders that were filled; `told` has what became of each."""
    pairs = zip(orders, told, strict=True)
    return sum(abs(scene.delta(o.instrument, e.contracts, t)) for o, e in pairs if e.kind == "trade")


def _to_go_by(known: Known, state: ExchangeState, now: np.datetime64) -> None:
    """Raise `UsageError` where a contract is open whose coin has no beta any more."""
    for held in state.holdings:
        coin = held.instrument.underlying
        if not np.isfinite(known.betas.of(coin)).all():
            raise UsageError(
                f"at {str(now)[:10]} {held.instrument.symbol} is open, and {coin} has no price to go by",
                advice="End before that (--as-of), or hedge with another contract (--instruments).",
            )


def told(
    time: np.datetime64, outcome: Outcome, coin: float, last: float, rolled: str = ""
) -> tuple[Attribution, Happened]:
    """Return the line of the attribution that an outcome belongs to, and its row among the events.

    A liquidation is at the mark; what that differs from the `last` price, which the book is valued at, is its line too,
    and so it is with what the venue takes at another's bankruptcy. Of a trade that is part of a roll (`rolled` says why)
    all that it costs is the line of the roll, once.
    """
    name, contracts, price, note = outcome.instrument.symbol, 0.0, 0.0, rolled
    line, kind = Attribution(), "settled"
    match outcome:
        case Fill():
            lost = outcome.instrument.pnl(float(outcome.contracts), outcome.price, outcome.arrival) * coin
            fee = outcome.fee * coin
            line, kind = Attribution(slippage=lost, fees=-fee), "trade"
            if rolled:
                line, kind = Attribution(roll=lost - fee), "roll"
            contracts, price = float(outcome.contracts), outcome.price
        case Settlement():
            line = Attribution(fees=-outcome.fee * coin)
            contracts, price = float(outcome.contracts), outcome.price
        case Delevered():
            apart = outcome.instrument.pnl(float(outcome.contracts), outcome.price, last) * coin
            line, kind = Attribution(liquidation=apart), "deleveraged"
            contracts, price = float(outcome.contracts), outcome.price
        case FundingPaid():
            line, kind, price = Attribution(funding=outcome.amount * coin), "funding", outcome.rate
        case Liquidation():
            apart = outcome.instrument.pnl(float(outcome.contracts), outcome.price, last)
            line, kind = (
                Attribution(liquidation=(outcome.shortfall - outcome.fee + apart) * coin),
                "liquidation",
            )
            contracts, price = float(outcome.contracts), outcome.price
        case Refusal():
            kind, contracts = "refused", float(outcome.contracts)
            note = f"roll: {outcome.reason}" if rolled else outcome.reason
    return line, Happened(time, kind, name, contracts, price, line.total, note)
