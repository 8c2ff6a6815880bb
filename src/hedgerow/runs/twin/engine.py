"""From the plain engine's question to the compiled walk and back to the plain engine's answer."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.attribution import LINES
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import find
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import BrokenPromise, UsageError
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.journal import Estimated, Happened, RunResult
from hedgerow.model.market import Market
from hedgerow.model.portfolio import BookPath, Portfolio
from hedgerow.runs.learning import estimated
from hedgerow.runs.past import Catalogue, Past, notes_of, past_of, shareless
from hedgerow.runs.settings import BacktestSettings
from hedgerow.runs.twin.staging import Learned, knobs_of, learned, stage_of
from hedgerow.runs.twin.tape import EVENT, OUT_BAR, OUT_BETA, Knobs, Log, Out, Stage

__all__ = ["inexpressible", "twin", "walked"]

_KINDS = ("trade", "funding", "liquidation", "deposit", "refused")
_SHORT_OF_MARGIN = "not enough margin"
_MOST_GAP = 3
_TOLERANCE = 1e-9


def twin(
    policy: Policy,
    book: Portfolio | BookPath,
    market: Market,
    catalogue: Catalogue,
    hedge_market: Market | None = None,
    settings: BacktestSettings | None = None,
    marks: Market | None = None,
) -> RunResult:
    """Return what `backtest` returns, from compiled code. Arguments and errors are its own.

    Raises besides `UsageError` for a policy this engine cannot express, naming what it is.
    """
    past = past_of(policy, book, market, catalogue, hedge_market, settings or BacktestSettings(), marks)
    why = inexpressible(policy, past)
    if why:
        raise UsageError(
            f"the compiled engine cannot run {why}", advice="Use the plain engine: --engine plain."
        )
    found = learned(policy, past)
    stage = stage_of(past, found)
    knobs = knobs_of(policy, found, past.settings.choose_days)
    out, log = walked(stage, knobs)
    return _result(policy, past, found, stage, out, log)


def inexpressible(policy: Policy, past: Past) -> str:
    """Return what of `policy` on `past` the compiled engine cannot express, or nothing."""
    if not isinstance(policy.instruments, tuple):
        return "a choice of contracts: name one on each factor (--instruments)"
    if past.panel.changes.any():
        return "a book that changes on the way"
    if policy.target_vol is not None:
        return "a volatility target"
    if past.settings.deleveraged:
        return "a script of what the venue takes"
    given = policy.rules.collateral
    if given is not None and (given.from_book or not is_stablecoin(given.coin)):
        return "collateral out of the book or in a coin"
    _, hedge = past.views(past.panel.first)
    legs = [find(past.catalogue(hedge), name) for name in policy.instruments]
    nothing = "a share of a book without net value" if shareless(policy, past) else ""
    return nothing or _unfit_contracts(policy, legs) or _unfit_prices(past, legs)


def _unfit_contracts(policy: Policy, legs: list[Instrument]) -> str:
    if sorted(c.underlying for c in legs) != sorted(policy.factors):
        return "other than one contract on each factor"
    if any(c.payoff is not Payoff.LINEAR or not c.is_perpetual for c in legs):
        return "contracts other than linear perpetuals"
    if len({(c.venue, c.settle) for c in legs}) > 1:
        return "contracts of several margin accounts"
    given = policy.rules.collateral
    if given is not None and given.coin != legs[0].settle:
        return f"collateral in {given.coin} for contracts that settle in {legs[0].settle}"
    if any({c.symbol, c.name} & set(policy.exclude) for c in legs):
        return "a hedge that is itself excluded"
    return ""


def _unfit_prices(past: Past, legs: list[Instrument]) -> str:
    first = past.panel.first
    if past.hedge.books:
        return "order books"
    if _longest(past.panel.missing[first:]) > _MOST_GAP:
        return "a book with a price missing for more than three bars"
    series = [s[first - 1 :] for c in legs for s in (past.prices.last(c), past.prices.coin(c.settle))]
    raw = [past.hedge.prices[:, past.hedge.column(c.underlying)] for c in legs]
    gaps = max(_longest(~np.isfinite(r[np.flatnonzero(np.isfinite(r))[0] :])[:, None]) for r in raw)
    if gaps > _MOST_GAP or not all(np.isfinite(s).all() for s in series):
        return "contracts with a price missing for more than three bars"
    return ""


def _longest(missing: np.ndarray) -> int:
    """The longest run of missing bars in any column."""
    longest, length = 0, np.zeros(missing.shape[1], dtype=int)
    for row in missing:
        length = (length + 1) * row
        longest = max(longest, int(length.max()))
    return longest


def walked(stage: Stage, knobs: Knobs) -> tuple[Out, Log]:
    """Return what the compiled walk leaves, its attribution checked on every bar; raises `BrokenPromise`."""
    from hedgerow.runs.twin.account import nothing_held
    from hedgerow.runs.twin.kernel import walk

    rows, factors = stage.lead.shape
    out = Out(np.zeros(rows, OUT_BAR), np.zeros((rows, factors), OUT_BETA), np.zeros((rows, len(LINES))))
    room = len(stage.due) + 6 * rows * factors + 64
    log = Log(np.zeros(6, np.int64), np.empty(room, EVENT))
    walk(stage, knobs, nothing_held(factors), out, log)
    bar = out.bar
    missed = np.abs(out.lines[1:].sum(axis=1) - (np.diff(bar["nav"]) - bar["deposit"][1:]))
    allowed = _TOLERANCE * np.maximum(np.maximum(np.abs(bar["nav"]), bar["gross"]), 1.0)[1:]
    if not (missed <= allowed).all():
        raise BrokenPromise(f"the compiled attribution misses {np.nanmax(missed):g} dollars in a bar")
    return out, log


def _result(policy: Policy, past: Past, found: Learned, stage: Stage, out: Out, log: Log) -> RunResult:
    panel, first = past.panel, past.panel.first
    events = _events(past, found, log)
    if len(found.legs) > 1 and any(e.note == _SHORT_OF_MARGIN for e in events):
        raise UsageError(
            "the compiled engine cannot run several contracts on too little margin: which is refused depends on their turn",
            advice="Use the plain engine (--engine plain), or give more collateral.",
        )
    spot, bar, beta = stage.bar["spot"].copy(), out.bar, out.beta
    return RunResult(
        times=panel.times[first:],
        factors=policy.factors,
        nav_usd=bar["nav"],
        spot_usd=spot,
        gross_usd=stage.bar["gross"].copy(),
        grown_usd=panel.grown_usd[first:],
        unhedged_usd=spot - spot[0],
        gained_usd=bar["nav"] - spot[0] - np.cumsum(bar["deposit"]),
        deposits_usd=bar["deposit"],
        flows_usd=panel.flow_usd[first:],
        before_usd=beta["before"],
        after_usd=beta["after"],
        target_usd=beta["target"],
        band_usd=beta["band"],
        book_beta_usd=stage.lead["book_beta"],
        factor_change=panel.factor[first:],
        distance=bar["distance"],
        traded_usd=bar["traded"],
        lines=out.lines,
        line_names=LINES,
        events=events,
        notes=(*panel.notes, *notes_of(past, events)),
        source=past.market.source,
        simulated=past.market.simulated,
        currency=past.market.currency,
        policy=policy.rebalance,
        betas=_betas(past, found, events),
    )


def _betas(past: Past, found: Learned, events: tuple[Happened, ...]) -> tuple[Estimated, ...]:
    ordered = {e.instrument for e in events if e.kind in {"trade", "refused"}}
    coins = {*past.panel.symbols, *(c.underlying for c in found.legs if c.symbol in ordered)}
    times = past.panel.times[past.panel.first :]
    return tuple(
        row
        for epoch, known in enumerate(found.known)
        for row in estimated(times[int(np.argmax(found.epoch == epoch))], known.betas)
        if row.coin in coins
    )


def _events(past: Past, found: Learned, log: Log) -> tuple[Happened, ...]:
    count = int(log.used[0])
    if count > len(log.event):
        raise BrokenPromise(f"{count} events in a run, and room for {len(log.event)}")
    times, events = past.panel.times[past.panel.first :], []
    for contracts, price, usd, bar, kind, leg, note in log.event[:count].tolist():
        contract = found.legs[max(leg, 0)]
        name = contract.symbol if leg >= 0 else contract.settle
        events.append(
            Happened(times[bar], _KINDS[kind], name, contracts, price, usd, _reason(note, contract))
        )
    return tuple(events)


def _reason(note: int, contract: Instrument) -> str:
    """Why an order was refused, in the words of the exchange."""
    return (
        "",
        f"below the minimum of {contract.min_contracts}",
        f"above the maximum of {contract.max_contracts}",
        f"worth less than {contract.min_notional}",
        _SHORT_OF_MARGIN,
    )[note]
