"""Dated contracts: what an account holds, when each has to be rolled, into what, at what cost; and one rolled by hand.

ladder(settings, "paper")                             every dated contract that is held, with its ways on
proposed(settings, "paper", "BTCUSDT_260626")         the roll as a plan that is kept, for `app.trade` to trade
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.app.dealing import data_of, wall_ms
from hedgerow.app.desk import Report, market_of, policy_of
from hedgerow.app.plans import Kept, Mode, keep_roll, place_of
from hedgerow.app.quoting import quotes_of
from hedgerow.app.standing import standing
from hedgerow.config import DataSettings, Settings
from hedgerow.hedge.roll_costs import Rung, Way, apart, way_on, ways_on
from hedgerow.hedge.rolls import days_left, stage_of, window_of
from hedgerow.hedge.terms import MONTH_DAYS
from hedgerow.model.errors import BadInput, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import contracts_of
from hedgerow.model.trades import AccountState, EntryRow

if TYPE_CHECKING:
    from hedgerow.model.betas import Betas
    from hedgerow.model.market import Market

__all__ = ["PERPETUAL", "Ladder", "Proposed", "ladder", "proposed"]

PERPETUAL = "perp"
"""What `--to` calls the perpetual of the same kind."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is held that ends, the first to end first, and on what prices it was reckoned."""

    rungs: tuple[Rung, ...]
    market: Market | None
    now: np.datetime64


@dataclass(frozen=True, slots=True)
class Proposed:
    """A roll by hand: its way, what it is held against, and the plan that was kept of it, as its document."""

    rung: Rung
    way: Way
    beside: Way | None
    open_usd: float
    market: Market
    document: dict[str, Any]
    kept: Kept


@dataclass(frozen=True, slots=True)
class _Account:
    """An account as its journal has it, with what its venue lists and costs now."""

    name: str
    rows: Mapping[str, EntryRow]
    listed: tuple[Instrument, ...]
    market: Market
    betas: Betas
    halves: Mapping[str, float]
    now: np.datetime64

    def rung(self, row: EntryRow) -> Rung:
        """Return where a contract that is held stands, and its ways on."""
        near, count = row.instrument, contracts_of(row.instrument, row.quantity)
        left = days_left(near, self.now)
        ways: tuple[tuple[Way, Way | None], ...] = ()
        if left > 0.0:
            ways = ways_on(near, count, self.listed, self.betas, self.market, self.now, halves=self.halves)
        return Rung(self.name, near, count, left, window_of(near), stage_of(near, self.now), ways)


def ladder(settings: Settings, mode: Mode, report: Report = lambda _: None) -> Ladder:
    """Return every dated contract that the accounts of a mode hold by their journals, with its ways on.

    Raises what reading prices and asking venues raises, and `BadInput` for a journal that cannot be read.
    """
    rungs: list[Rung] = []
    market: Market | None = None
    now: np.datetime64 = np.datetime64(wall_ms(), "ms")
    for state in _accounts(settings, mode):
        held = _held(state)
        if not any(row.instrument.expiry for row in held.values()):
            continue
        at = _opened(settings, mode, state, report)
        market, now = at.market, at.now
        rungs += [at.rung(row) for row in held.values() if row.instrument.expiry]
    return Ladder(tuple(sorted(rungs, key=lambda r: (r.days, r.near.name))), market, now)


def proposed(
    settings: Settings,
    mode: Mode,
    contract: str,
    to: str | None = None,
    limit_usd: float | None = None,
    report: Report = lambda _: None,
) -> Proposed:
    """Return the roll of a contract that is held into `to`, a later contract or the perpetual, kept to be traded.

    Without `to` it is the next of its kind. Raises `UsageError` for what is not held, has ended or cannot be rolled into,
    where a trade is unfinished, and where `limit_usd` between the legs cannot be kept; and what `ladder` raises.
    """
    state, row = _found(settings, mode, contract)
    if state.unfinished:
        raise UsageError(
            f"{state.account} has a trade that was begun and is not over",
            advice=f"Finish it first: hedgerow trade {state.unfinished[:12]}{' --live' * (mode == 'live')}.",
        )
    at, near = _opened(settings, mode, state, report), row.instrument
    rung = at.rung(row)
    if rung.stage == "ended":
        raise UsageError(
            f"{near.symbol} has ended: the venue settles it, and there is nothing to roll",
            advice="`hedgerow reconcile` reads what became of it; `hedgerow plan` hedges anew.",
        )
    if is_option(near):
        raise UsageError(
            f"{near.symbol} is an option: it ends by itself",
            advice="`hedgerow options BOOK` says what a later one costs, and --take keeps it as a plan to trade.",
        )
    way, beside = _way(at, rung, to)
    if way.why_not:
        raise UsageError(f"{near.symbol} cannot be rolled into {way.far.symbol}: {way.why_not}")
    ahead, open_usd = apart(way, limit_usd)
    if limit_usd is not None and open_usd > limit_usd * 1.001:
        raise UsageError(
            f"the legs cannot be kept within {limit_usd:,.0f} dollars: with the smallest orders it is {open_usd:,.0f}",
            advice="Give a larger --leg-risk, or leave it out.",
        )
    from hedgerow.reports.roll_text import roll_json

    document = roll_json(rung, way, beside, (ahead, open_usd), at.market, at.betas.factors)
    there = at.rows.get(way.far.name)
    far = Decimal(0) if there is None else contracts_of(way.far, there.quantity)
    held = {near.name: f"{rung.contracts:f}", way.far.name: f"{far:f}"}
    kept = keep_roll(
        _settings_at(settings, mode, near),
        document,
        held,
        _capital(at, way, ahead, settings.trade.leverage),
        quotes_of((near, way.far), at.market),
    )
    return Proposed(rung, way, beside, open_usd, at.market, document, kept)


def _settings_at(settings: Settings, mode: Mode, near: Instrument) -> Settings:
    """Return the settings with the prices that an account lives on: paper's own, or the lake of its venue, under what was given."""
    if mode == "paper":
        lives = data_of(place_of(settings, mode), settings).data
    else:
        lives = replace(DataSettings(), market=near.venue)
    usual = DataSettings()
    given = {
        f.name: told
        for f in fields(usual)
        if (told := getattr(settings.data, f.name)) != getattr(usual, f.name)
    }
    if "prices" in given or "market" in given:
        lives = replace(lives, prices=None, market=None)
    trade = replace(settings.trade, live=settings.trade.live and mode == "live")
    return replace(settings, data=replace(lives, **given), trade=trade)


def _accounts(settings: Settings, mode: Mode) -> tuple[AccountState, ...]:
    found = standing(settings, mode)
    if found.trouble:
        raise BadInput(found.trouble, file=found.place, advice=found.advice)
    return found.accounts


def _held(state: AccountState) -> dict[str, EntryRow]:
    return {row.instrument.name: row for row in state.entries if row.quantity}


def _found(settings: Settings, mode: Mode, contract: str) -> tuple[AccountState, EntryRow]:
    """The one contract of that name that an account of the mode holds."""
    wanted = contract.strip().upper()
    held = [(state, row) for state in _accounts(settings, mode) for row in _held(state).values()]
    found = [(s, r) for s, r in held if wanted in {r.instrument.symbol.upper(), r.instrument.name.upper()}]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted({row.instrument.name for _, row in held})) or "nothing"
    said = "more than one account holds" if found else f"no {mode} account holds"
    raise UsageError(
        f"{said} {contract.strip()}",
        advice=f"By the journal there is {names}. `hedgerow roll` lists what ends.",
    )


def _opened(settings: Settings, mode: Mode, state: AccountState, report: Report) -> _Account:
    """An account with its venue's calendar and prices, and the betas of what it holds."""
    from hedgerow.app.contracts import dated_of, quoted_now

    rows = _held(state)
    held = tuple(row.instrument for row in rows.values())
    first = held[0]
    asked, name = _settings_at(settings, mode, first), None if mode == "paper" else first.venue
    report("reading prices")
    market, factor = market_of(asked.data, asked.hedge.factor, asked.data.source)
    report("reading what the venue lists")
    listed = dated_of(asked, market, name)
    kinds = {one.family for one in held}
    mine = tuple(one for one in (*held, *listed) if one.family in kinds)
    halves: dict[str, float] = {}
    now: np.datetime64 = max(market.as_of, np.datetime64(state.last_at or 0, "ms"))
    if name is not None:
        now = np.datetime64(wall_ms(), "ms")
        alive = tuple(one for one in dict.fromkeys(mine) if days_left(one, now) > 0.0)
        market, halves = quoted_now(asked, market, name, alive)
        market = replace(market, as_of=now)
    report("estimating betas")
    policy = replace(policy_of(asked), factor=factor)
    coins = tuple(dict.fromkeys(one.underlying for one in held))
    betas = policy.estimate(market, (*coins, *(each for each in policy.factors if each not in coins), "USDT"))
    return _Account(state.account, rows, listed, market, betas, halves, now)


def _way(at: _Account, rung: Rung, to: str | None) -> tuple[Way, Way | None]:
    """The way that was asked for, and what to hold it against: the perpetual, or of the perpetual the next contract."""
    near, count = rung.near, rung.contracts
    if to is None:
        if near.expiry is None:
            raise UsageError(f"{near.symbol} does not end", advice="Say into what: --to CONTRACT.")
        found = next(((way, beside) for way, beside in rung.ways if way.far.expiry), None)
        if found is None:
            raise UsageError(
                f"the venue lists nothing later than {near.symbol}",
                advice=f"Roll into the perpetual: hedgerow roll {near.symbol} --to {PERPETUAL}.",
            )
        return found
    if to.strip().lower() == PERPETUAL:
        return _into_perpetual(at, rung)
    wanted = to.strip().upper()
    chosen = [(w, b) for w, b in rung.ways if wanted in {w.far.symbol.upper(), w.far.name.upper()}]
    if not chosen:
        names = ", ".join(w.far.symbol for w, _ in rung.ways if w.far.expiry) or "nothing"
        raise UsageError(
            f"{near.symbol} ({count:f} contracts) cannot be rolled into {to.strip()}",
            advice=f"Of its kind, and later, the venue lists {names}; or --to {PERPETUAL}.",
        )
    return chosen[0]


def _into_perpetual(at: _Account, rung: Rung) -> tuple[Way, Way | None]:
    near = rung.near
    perpetual = next((c for c in at.listed if c.family == near.family and c.expiry is None), None)
    if perpetual is None or perpetual.name == near.name:
        said = "is one already" if perpetual is not None else "has none of its kind"
        raise UsageError(f"{near.symbol} cannot be rolled into a perpetual: it {said}")
    later = next((way for way, _ in rung.ways if way.far.expiry), None)
    days = MONTH_DAYS if later is None else later.days
    return way_on(near, perpetual, rung.contracts, at.betas, at.market, days, halves=at.halves), later


def _capital(at: _Account, way: Way, ahead: Decimal | None, leverage: float) -> dict[str, str]:
    """Coins that a paper account wants: margin of all that it holds in that coin, and of the far leg as far as it is ahead."""
    from hedgerow.hedge.valuation import contract_price, price_of

    coin = way.far.settle
    dollars = (1.0 if ahead is None else float(ahead)) * abs(way.far_usd) / leverage
    price = price_of(at.market, coin)
    price = price if price > 0.0 else 1.0
    for row in at.rows.values():
        if row.instrument.settle == coin and row.entry is not None:
            count = float(contracts_of(row.instrument, row.quantity))
            now = contract_price(at.market, row.instrument)
            dollars += abs(count) * row.instrument.dollar_delta(now) / leverage
    return {coin: f"{dollars / price:.8f}"}
