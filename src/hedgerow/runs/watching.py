"""One look of the watch, decided: a pure step from what is seen to what is to be done, and why.

    judge(watching, sight, policy, rules) -> Verdict

The same policy, review and no-trade band as the backtest. Nothing in here asks anybody or knows the time: the same sight
gives the same verdict, so that a day that was watched can be decided again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.margin import Stake
from hedgerow.hedge.plan import MarginAccount
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import HEDGE_TAG, candidates_for, find
from hedgerow.hedge.rebalance import Drift, rebalance_of, review
from hedgerow.hedge.riskmodel import risk
from hedgerow.hedge.rolls import ROLLING, RollRule
from hedgerow.hedge.sizing import size
from hedgerow.hedge.target import target_dollars
from hedgerow.hedge.valuation import LENT, contract_price, price_of, value
from hedgerow.model.arrays import FloatArray
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option, option_row
from hedgerow.model.orders import contracts_of
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.runs.learning import RECENT_DAYS, Known, Moving, drift_of, in_reach
from hedgerow.runs.reducing import Reduced, reduced
from hedgerow.runs.rolling import held_names, lasting, named, roll_due

__all__ = [
    "UNTOLD",
    "Act",
    "Held",
    "Learned",
    "Sight",
    "Verdict",
    "judge",
    "learned",
    "margin_before",
    "stakes_of",
    "whole_book",
]

Act = Literal["hold", "rebalance", "roll", "stop"]
_DAY_MS = 86_400_000
UNTOLD = "the venue did not say what is held: that is not flat"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Held:
    """An open contract: signed `units`, the entry price in the quote coin."""

    instrument: Instrument
    units: Decimal
    entry: Decimal

    @property
    def contracts(self) -> Decimal:
        """Signed contracts."""
        return contracts_of(self.instrument, self.units)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at the instant `at` (milliseconds of UTC), and nothing later.

    `held` and `coins` (of the derivatives wallet, without unrealised profit) are the venue's own words; None: it did not
    answer, which is not flat. `market` and `hedge` end with the prices of now; `contracts` are what the venue lists. `blind`
    says why prices or holdings of now are not known, "" where they are: the rest is then of before. `lent` are those of the `coins`
    that the paper venue put there and nobody owns; below zero, coins that the owner will have brought.
    """

    at: int
    book: Portfolio
    market: Market
    hedge: Market
    contracts: tuple[Instrument, ...]
    held: tuple[Held, ...] | None
    coins: Mapping[str, Decimal] | None
    halted: str | None = None
    blind: str = ""
    lent: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def futures(self) -> tuple[Held, ...]:
        """What is held and is no option: what a hedge is sized, traded and rolled in."""
        return tuple(each for each in self.held or () if not is_option(each.instrument))

    @property
    def options(self) -> tuple[Held, ...]:
        """Options that are held: they count in what the book moves with, and are left to themselves."""
        return tuple(each for each in self.held or () if is_option(each.instrument))

    @property
    def unseen(self) -> str:
        """Why nothing can be decided, "" where everything is known."""
        return UNTOLD if self.held is None or self.coins is None else self.blind


@dataclass(frozen=True, slots=True)
class Learned:
    """Betas, covariance and what bands are made of, as of their last estimation `at`, for the coins of `assets`.

    `drift` is of the holdings of then, `positions`.
    """

    known: Known
    drift: Drift
    at: int
    assets: frozenset[str]
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done: `orders` are signed contracts by contract, empty for hold and stop. Arrays are (K,).

    `exposure` is None where positions or betas are not known. `aim_usd` is the dollar beta that the orders aim at.
    `margin` are the accounts that they need; `slack_usd` is the smallest order of the open contracts, `cost_usd` what
    trading is to cost by the plan, fees and slippage. `ahead` is how far apart the legs of a roll may be, as a fraction;
    None: not bounded.
    """

    act: Act
    reason: str
    learned: Learned | None
    exposure: Exposure | None = None
    target_usd: FloatArray = field(default_factory=lambda: np.zeros(0))
    band_usd: FloatArray = field(default_factory=lambda: np.zeros(0))
    aim_usd: FloatArray = field(default_factory=lambda: np.zeros(0))
    orders: Mapping[Instrument, Decimal] = field(default_factory=dict)
    margin: tuple[MarginAccount, ...] = ()
    slack_usd: float = 0.0
    cost_usd: float | None = None
    ahead: Decimal | None = None

    @property
    def gap_usd(self) -> FloatArray:
        """Dollar beta (K,) off the target; empty where it is not known."""
        return self.exposure.beta_usd - self.target_usd if self.exposure is not None else np.zeros(0)


def whole_book(sight: Sight) -> Portfolio:
    """Return the owner's book with the hedge account in it: its coins as collateral, what is lent apart, and its contracts.

    An option that the account holds counts once, as the venue says: a row of the book of the same name is left out.
    """
    coins, lent = sight.coins or {}, sight.lent
    own = {coin: coins.get(coin, _ZERO) - lent.get(coin, _ZERO) for coin in {**coins, **lent}}
    rows = [
        Position(coin, amount, PositionKind.COLLATERAL, _venue_of(sight), tags=tags)
        for amounts, tags in ((own, ()), (lent, (LENT,)))
        for coin, amount in amounts.items()
        if amount
    ]
    rows += [
        Position(
            held.instrument.underlying,
            held.contracts,
            PositionKind.DERIVATIVE,
            held.instrument.venue,
            instrument=held.instrument,
            entry_price=held.entry,
            tags=(HEDGE_TAG,),
        )
        for held in sight.futures
    ]
    rows += [option_row(held.instrument, held.contracts) for held in sight.options]
    there = {held.instrument.symbol for held in sight.options}
    own_rows = (row for row in sight.book.positions if row.option is None or row.symbol not in there)
    return replace(sight.book, positions=(*own_rows, *rows))


def _venue_of(sight: Sight) -> str:
    return sight.contracts[0].venue if sight.contracts else ""


def learned(policy: Policy, sight: Sight, before: Learned | None, every_days: float = 1.0) -> Learned:
    """Return what is known of the book's coins: estimated anew after `every_days`, or for a coin that is new in the book.

    Raises what estimating raises: `NotEnoughData`, `UnknownSymbol`, `UsageError`.
    """
    assets = frozenset(value(whole_book(sight), sight.market).assets)
    if before is not None and sight.at - before.at < every_days * _DAY_MS and assets <= before.assets:
        return before
    now = np.datetime64(sight.at, "ms")
    there = lasting(sight.contracts, now)
    policy = _named(policy, there)
    usable = in_reach(there, policy, sight.market)
    pool = candidates_for(policy.instruments, policy.factors, sight.book, sight.hedge, usable, own=policy.own)
    held = [each.instrument for each in sight.held or ()]
    names = [c.underlying for c in (*pool, *held)] + [c.settle for c in (*usable, *held)]
    betas = policy.estimate(sight.market, tuple(dict.fromkeys([*sorted(assets), *names])))
    places = [i for i, symbol in enumerate(betas.symbols) if np.isfinite(betas.beta[i]).all()]
    sure = np.isin(np.arange(len(betas.symbols)), places)
    known = Known(betas, risk(sight.market, betas), usable, np.where(sure[:, None], betas.beta, 0.0), sure)
    return Learned(known, _drift(policy, sight, known), sight.at, assets, sight.book.positions)


def _named(policy: Policy, contracts: tuple[Instrument, ...]) -> Policy:
    """The policy with a dated contract that is about to end, or has, named whatever its date."""
    return replace(policy, instruments=named(policy.instruments, contracts))


def _drift(policy: Policy, sight: Sight, known: Known) -> Drift:
    """What the band is made of: the owner's coins as they moved lately, and what the open contracts cost to trade."""
    book = sight.book if sight.book.positions else whole_book(sight)  # of a pair, its legs are all there is
    worth = value(book, sight.market).counted(frozenset(policy.exclude))
    deltas = {
        s: usd
        for s, usd in worth.delta_usd().items()
        if s in known.betas.symbols and s in sight.market.symbols
    }
    rows = [known.betas.symbols.index(s) for s in deltas]
    columns = [sight.market.column(s) for s in deltas]
    bars = round(RECENT_DAYS * sight.market.bars_per_day) + 1
    moving = Moving(
        tuple(deltas),
        np.array(list(deltas.values())),
        known.beta[rows],
        sight.market.prices[-bars:, columns],
        sight.market.bars_per_day,
        max(worth.gross_usd, 1.0),
    )
    open_usd = {h.instrument.name: _dollars(h, sight) for h in sight.futures}
    return drift_of(policy, known, moving, sight.hedge, open_usd)


def _dollars(held: Held, sight: Sight) -> float:
    price = contract_price(sight.hedge, held.instrument)
    return float(held.contracts) * held.instrument.dollar_delta(price)


def stakes_of(sight: Sight, orders: Mapping[Instrument, Decimal]) -> tuple[Stake, ...]:
    """Return signed contracts as margin sees them, at the prices of now."""
    found = []
    for contract, count in orders.items():
        price, settle = contract_price(sight.hedge, contract), price_of(sight.market, contract.settle)
        found.append(Stake(contract, float(count) * contract.dollar_delta(price, settle), price, settle))
    return tuple(found)


def margin_before(verdict: Verdict, sight: Sight, policy: Policy) -> dict[str, float]:
    """Return dollars by settlement coin that accounts need before a verdict's orders leave.

    Of a roll that is the margin, at the policy's leverage, of all that is open, and of what opens as far as it may be ahead.
    """
    if verdict.act != "roll":
        return {account.settle: account.required_usd for account in verdict.margin}
    open_now = {held.instrument: held.contracts for held in sight.futures}
    opens = {one: count for one, count in verdict.orders.items() if open_now.get(one, _ZERO) * count >= 0}
    found: dict[str, float] = {}
    for held, share in ((open_now, 1.0), (opens, float(1 if verdict.ahead is None else verdict.ahead))):
        for stake in stakes_of(sight, held):
            coin = stake.instrument.settle
            found[coin] = found.get(coin, 0.0) + share * abs(stake.dollars) / policy.rules.max_leverage
    return found


def _least(held: Held, sight: Sight) -> float:
    """Dollars of the smallest order of an open contract: what is rounded to less than its least worth is not sent."""
    contract = held.instrument
    price = contract_price(sight.hedge, contract)
    lots = float(max(contract.lot, contract.min_contracts)) * contract.dollar_delta(price)
    return max(lots, float(contract.min_notional) + 0.5 * float(contract.lot) * contract.dollar_delta(price))


def judge(
    before: Learned | None, traded_at: int | None, sight: Sight, policy: Policy, roll_rule: RollRule = ROLLING
) -> Verdict:
    """Return what is to be done about what is seen; `traded_at` is the last trade's instant, None: never.

    Holds where anything needed is not known: an order rests on what is known, or it is not sent. Errors as `learned`.
    """
    if sight.held is None or sight.unseen:
        return Verdict("stop", sight.unseen, before)
    known = learned(policy, sight, before)
    exposure = policy.expose(whole_book(sight), sight.market, betas=known.known.betas)
    if exposure.unknown:
        names = ", ".join(exposure.unknown)
        return Verdict("stop", f"{names}: price or beta unknown, and a hedge around it is a guess", known)
    target = target_dollars(exposure, policy.target_beta, policy.target_beta_usd)
    rule = rebalance_of(policy.rebalance)
    days = np.inf if traded_at is None else (sight.at - traded_at) / _DAY_MS
    # A book that was bought into or sold from since has a band of its own, long before its betas are estimated anew.
    same = sight.book.positions == known.positions
    drift = known.drift if same else _drift(policy, sight, known.known)
    found = review(exposure.beta_usd, target, rule, drift, float(days))
    told = Verdict("hold", found.reason, known, exposure, target, found.band_usd, found.aim_usd)
    told = replace(told, slack_usd=max((_least(held, sight) for held in sight.futures), default=0.0))
    if sight.halted is not None:
        return replace(told, act="stop", reason=f"halted: {sight.halted}")
    open_now = tuple((each.instrument, each.contracts) for each in sight.futures)
    now = np.datetime64(sight.at, "ms")
    due = roll_due(open_now, sight.contracts, sight.hedge, known.known.betas, now, roll_rule)
    if due is not None:
        told = replace(told, act="roll", reason=due.reason, orders=due.orders)
        return replace(told, ahead=due.ahead, cost_usd=due.cost_usd)
    if found.action == "hold":
        return told
    return _sized(told, sight, policy)


def _sized(told: Verdict, sight: Sight, policy: Policy) -> Verdict:
    """The orders that bring the book to its aim: of the contracts that are open, or else of the best."""
    learned_, held = told.learned, sight.futures
    assert learned_ is not None and told.exposure is not None  # noqa: S101, PT018  judged with both
    fresh = not held
    names: str | int | tuple[str, ...] = policy.instruments
    if isinstance(names, tuple):
        names = held_names(names, [each.instrument for each in held])
    elif not fresh:
        names = tuple(each.instrument.name for each in held)
    aim = told.target_usd if fresh else told.aim_usd
    asked = replace(
        policy,
        target_beta=None,
        target_beta_usd=tuple(float(x) for x in aim),
        collateral=None,
        instruments=names,
    )
    known = learned_.known
    open_now = (h.instrument for h in held if h.instrument.tiers)  # without tiers its margin is not known
    listed = tuple({c.name: c for c in (*known.contracts, *open_now)}.values())
    first = _first(told, sight, names, listed)
    if first.enough:
        return replace(told, act="rebalance", orders=first.orders, aim_usd=aim, cost_usd=first.cost_usd)
    if first.orders:
        rest = told.exposure.beta_usd + first.gap_usd
        asked = replace(asked, target_beta_usd=tuple(float(x) for x in rest))
    exposure, ranking, model = asked.rank(
        whole_book(sight), sight.market, listed, sight.hedge, known.betas, known.model, frontier=False
    )
    plan = size(exposure, ranking, model, instruments=names, rules=asked.rules)
    orders = {leg.instrument: leg.contracts * (-1 if leg.side == "sell" else 1) for leg in plan.legs}
    orders = {**first.orders, **orders}
    if not orders:
        why = plan.untraded[0] if plan.untraded else "less than a lot is missing"
        return replace(told, act="hold", reason=why)
    cost = plan.cost_usd() + first.cost_usd
    return replace(told, act="rebalance", orders=orders, margin=plan.margin, aim_usd=aim, cost_usd=cost)


def _first(
    told: Verdict, sight: Sight, names: str | int | tuple[str, ...], listed: tuple[Instrument, ...]
) -> Reduced:
    """What goes of open contracts that are not named before a named one is traded; of a pair, whose legs are all there is, nothing."""
    assert told.learned is not None and told.exposure is not None  # noqa: S101, PT018  judged with both
    missing = told.aim_usd - told.exposure.beta_usd
    if not isinstance(names, tuple) or not sight.book.positions:
        return Reduced(missing)
    mine = {find(listed, name).name for name in names}
    others = [(each.instrument, each.contracts) for each in sight.futures if each.instrument.name not in mine]
    return reduced(missing, others, told.learned.known.betas, sight.hedge)
