"""Options as hedges: every put, spread and collar that does what is asked, beside the perpetual (domain §3.5).

    protect(exposure, chain, wanted, market, catalogue) -> OptionsPlan

Bought at the ask and sold at the bid, in whole lots, on the venue's own quotes. Profits are those of holding to expiry; the
greeks and what is left at once come from the smile of the expiry.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

import numpy as np

from hedgerow.hedge.crash import book_by_beta, book_in_crash, crash_powers
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.beside import perp_beside, perp_terms, verdict_of
from hedgerow.hedge.options.legs import DERIBIT, DOLLARS, OptionLeg, OptionPosition
from hedgerow.hedge.options.mix import mix
from hedgerow.hedge.options.plan import (
    Kind,
    LegLiquidity,
    Mix,
    OptionsPlan,
    Protection,
    Sizing,
    Wanted,
    units_by_beta,
    units_for_floor,
)
from hedgerow.hedge.options.scene import Scene
from hedgerow.hedge.options.smiles import Smiles, smiles_of
from hedgerow.hedge.options.unwind import unwinds
from hedgerow.hedge.terms import daily_volatility
from hedgerow.model.amounts import to_lots
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.stats.margin import distance_rule
from hedgerow.stats.smile import Smile

__all__ = ["protect"]

_STRIKES = (1.0, 0.95, 0.9, 0.85, 0.8)
_EXPIRIES = 3
_FURTHEST_UP, _STEP = 0.6, 0.01
_LEAST_RALLY = 0.40
_MOST_BETAS = 3


@dataclass(frozen=True, slots=True)
class _Draft:
    """Legs a unit: each option with +1 where it is bought, −1 where it is sold."""

    kind: Kind
    sizing: Sizing
    expiry: np.datetime64
    legs: tuple[tuple[OptionQuote, int], ...]

    @property
    def strikes(self) -> tuple[float, ...]:
        return tuple(quote.strike for quote, _ in self.legs)


def protect(
    exposure: Exposure,
    chain: OptionChain,
    wanted: Wanted,
    market: Market,
    catalogue: tuple[Instrument, ...] = (),
) -> OptionsPlan:
    """Return the candidates on `chain` for a book whose one factor is the chain's coin.

    Sized by the floor where one is wanted, and by beta besides; by beta alone without. Raises `UsageError` for another factor,
    for a book that does not fall with it, and for a floor of no net value.
    """
    _refuse(exposure, chain, wanted)
    expiries, late = _expiries(chain, wanted)
    smiles = smiles_of(chain, expiries)
    scene = _scene(exposure, chain, wanted, market, smiles)
    drafts = [draft for expiry in expiries if expiry in smiles.of for draft in _drafts(scene, expiry)]
    found = [_candidate(draft, scene) for draft in drafts]
    first = min((c.days for c in found if c.usable), default=wanted.horizon_days)
    perp = perp_beside(scene, market, catalogue, first)
    led = _with_leads(found, scene)
    judged = [replace(c, verdict=verdict_of(c, perp, scene)) if c.lead else c for c in led]
    return OptionsPlan(
        wanted,
        exposure,
        chain,
        smiles.of,
        scene.moves,
        scene.by_beta_usd,
        scene.crash_usd,
        scene.rally,
        tuple(judged),
        perp,
        tuple((move, scene.book_beta_after(move)) for move in scene.shown_moves),
        (*chain.notes, *smiles.notes, *late),
        _mixes(scene, market, catalogue, expiries),
        unwinds(exposure, chain, _smiles_held(exposure, smiles, chain), wanted),
    )


def _smiles_held(exposure: Exposure, smiles: Smiles, chain: OptionChain) -> dict[np.datetime64, Smile]:
    """The smiles of the expiries that are looked at, and of those that the book holds options of."""
    days = {option.name.ends.astype("datetime64[D]") for option in exposure.options}
    more = [e for e in chain.expiries if e not in smiles.of and e.astype("datetime64[D]") in days]
    return {**smiles.of, **(smiles_of(chain, more).of if more else {})}


def _mixes(
    scene: Scene, market: Market, catalogue: tuple[Instrument, ...], expiries: tuple[np.datetime64, ...]
) -> tuple[Mix, ...]:
    """Options and futures in one solve, one for each expiry that has a smile; none where it was not asked for."""
    if scene.wanted.keep is None or scene.wanted.floor is None:
        return ()
    terms = perp_terms(scene, market, catalogue)
    return tuple(mix(scene, terms, expiry) for expiry in expiries if expiry in scene.smiles)


def _refuse(exposure: Exposure, chain: OptionChain, wanted: Wanted) -> None:
    if exposure.factors != (chain.underlying,):
        said = f"the chain is on {chain.underlying}, the beta to {', '.join(exposure.factors)}"
        raise UsageError(said, advice=f"Measure it to one coin: --factor {chain.underlying}.")
    if not exposure.beta_usd[0] > 0.0:
        said = (
            f"the book's dollar beta is {exposure.beta_usd[0]:,.0f}: it gains when {chain.underlying} falls"
        )
        raise UsageError(said, advice=_short_advice(float(exposure.beta_usd[0]), chain))
    if wanted.floor is not None and not exposure.nav_usd > 0.0:
        raise UsageError("the floor is a share of net value, and there is none", advice="Leave --floor out.")


def _short_advice(beta_usd: float, chain: OptionChain) -> str:
    """What to do about a book that a rise hurts: puts would add to what it has."""
    coin = chain.underlying
    if not beta_usd < 0.0:
        return f"It moves with {coin} neither way: there is nothing of it to protect."
    units = abs(units_by_beta(beta_usd, chain.index_usd))
    return (
        f"A rise hurts it, and a put pays in a fall: it would add to the bet. `hedgerow plan` buys the perpetual against"
        f" the rise. Calls on {coin} bound it too, {units:,.1f} of them by beta; calls are not compared here yet, because floor"
        " and crash are counted downwards."
    )


def _expiries(chain: OptionChain, wanted: Wanted) -> tuple[tuple[np.datetime64, ...], tuple[str, ...]]:
    """Return the first three tradable expiries that last as long as is wanted, else the last one and a note."""
    tradable = [e for e in chain.expiries if any(q.tradable for q in chain.of(e))]
    lasting = [e for e in tradable if chain.years(e) * 365.0 >= wanted.horizon_days]
    if lasting:
        return tuple(lasting[:_EXPIRIES]), ()
    said = f"No option of this chain lasts {wanted.horizon_days:g} days: the last expiry is shown."
    return tuple(tradable[-1:]), (said,)


def _scene(exposure: Exposure, chain: OptionChain, wanted: Wanted, market: Market, smiles: Smiles) -> Scene:
    deepest = max(wanted.crash, 0.5)
    grid = [step * _STEP for step in range(-round(deepest / _STEP), round(_FURTHEST_UP / _STEP) + 1)]
    moves = np.unique(np.array([*grid, -wanted.crash]))
    symbols = tuple(row.symbol for row in exposure.rows)
    powers = crash_powers(exposure.factors[0], symbols, market)
    volatility = daily_volatility(market, chain.underlying) * math.sqrt(365.0)
    rally = distance_rule(volatility) if math.isfinite(volatility) else _LEAST_RALLY
    by_beta, crash = book_by_beta(exposure, moves), book_in_crash(exposure, moves, powers)
    return Scene(exposure, chain, wanted, smiles.of, moves, by_beta, crash, powers, rally)


def _drafts(scene: Scene, expiry: np.datetime64) -> Iterator[_Draft]:
    """Every combination that is looked at for one expiry."""
    chain, wanted = scene.chain, scene.wanted
    quotes = [q for q in chain.of(expiry) if q.tradable]
    bought = [q for q in quotes if not q.call and math.isfinite(q.ask)]
    sold = [q for q in quotes if not q.call and math.isfinite(q.bid)]
    calls = sorted((q for q in quotes if q.call and math.isfinite(q.bid)), key=lambda q: -q.strike)
    sizings: tuple[Sizing, ...] = ("beta",) if wanted.floor is None else ("floor", "beta")
    for put in _nearest(bought, chain.index_usd, (*_STRIKES, wanted.strike)):
        for sizing in sizings:
            yield _Draft("protective put", sizing, expiry, ((put, 1),))
        lower = [q for q in sold if q.strike < put.strike]
        for short in _nearest(lower, chain.index_usd, (1.0 - wanted.crash,)):
            yield _Draft("put spread", sizings[0], expiry, ((put, 1), (short, -1)))
        yield from _collars(put, calls, scene, expiry)


def _nearest(quotes: list[OptionQuote], spot: float, shares: tuple[float, ...]) -> list[OptionQuote]:
    """Return the options whose strikes are nearest to these shares of the spot, each once, highest first."""
    chosen = (
        {min(quotes, key=lambda q: abs(q.strike - share * spot)) for share in shares} if quotes else set()
    )
    return sorted(chosen, key=lambda q: -q.strike)


def _collars(
    put: OptionQuote, calls: list[OptionQuote], scene: Scene, expiry: np.datetime64
) -> Iterator[_Draft]:
    """The collar of each budget: the highest call that brings the cost, fees in, within it; without one, none."""
    sizing: Sizing = "beta" if scene.wanted.floor is None else "floor"
    budgets: list[tuple[Kind, float]] = [("zero-cost collar", 0.0)]
    if scene.wanted.budget_usd is not None:
        budgets.append(("budgeted collar", scene.wanted.budget_usd))
    for kind, budget in budgets:
        for call in calls:
            if call.strike <= max(put.strike, call.forward_usd):
                break
            draft = _Draft(kind, sizing, expiry, ((put, 1), (call, -1)))
            held = _sized(draft, scene)
            if isinstance(held, OptionPosition) and held.premium_usd + held.fee_usd <= budget:
                yield draft
                break


def _position(draft: _Draft, units: tuple[Decimal, ...], scene: Scene) -> OptionPosition:
    """Return so many `units` of each leg of a draft, bought at the ask, sold at the bid."""
    smile = scene.smiles[draft.expiry]
    legs = tuple(
        OptionLeg(
            quote,
            sign * count,
            quote.ask if sign > 0 else quote.bid,
            float(smile.volatility(math.log(quote.strike / quote.forward_usd))),
        )
        for (quote, sign), count in zip(draft.legs, units, strict=True)
    )
    return OptionPosition(scene.chain, legs, DERIBIT if scene.chain.in_coin else DOLLARS)


def _sized(draft: _Draft, scene: Scene) -> OptionPosition | str:
    """Return the position in whole lots, nearest for a beta, upwards for a floor; or why no number of them will do.

    Calls are never sold on more than the book's own beta: beyond it a rally would cost more than the book gains.
    """
    lot, one = scene.chain.lot, Decimal(1)
    by_beta = to_lots(units_by_beta(float(scene.exposure.beta_usd[0]), scene.chain.index_usd), lot)
    if draft.sizing == "beta":
        return _position(draft, (by_beta,) * len(draft.legs), scene) if by_beta else "less than half a lot"
    crash = np.array([-scene.wanted.crash])
    gains = [
        float(_position(replace(draft, legs=(leg,)), (one,), scene).profit_usd(crash)[0])
        for leg in draft.legs
    ]
    lost, allowed = -scene.at_crash(scene.crash_usd), scene.allowed_usd
    units = units_for_floor(lost, allowed, sum(gains))
    called = draft.legs[-1][0].call
    capped = called and units > by_beta
    if capped:
        units = units_for_floor(lost, allowed + float(by_beta) * gains[1], gains[0])
    if not units:
        return "the floor holds without it"
    if not math.isfinite(units):
        return "in the crash it pays less than it costs"
    bought = (Decimal(repr(units)) / lot).to_integral_value(ROUND_CEILING) * lot
    if bought > _MOST_BETAS * by_beta:
        return f"it takes {bought} of them, more than {_MOST_BETAS} times the book's beta: a bet on a fall"
    return _position(draft, (bought, min(bought, by_beta) if called else bought)[: len(draft.legs)], scene)


def _candidate(draft: _Draft, scene: Scene) -> Protection:
    """Size one draft and say what it does to the book."""
    days = scene.chain.years(draft.expiry) * 365.0
    bare = Protection(draft.kind, draft.sizing, draft.expiry, days, draft.strikes)
    held = _sized(draft, scene)
    if isinstance(held, str):
        return replace(bare, reason=held)
    profit = held.profit_usd(scene.moves)
    crash = scene.crash_usd + profit
    worst, where = scene.worst(crash)
    at = np.array([-scene.wanted.crash])
    at_once = float((held.worth_usd(at) - held.premium_usd)[0]) - held.fee_usd
    left = tuple(
        (move, scene.book_beta_after(move) + float(held.delta_usd(np.array([move]))[0]))
        for move in scene.shown_moves
    )
    return replace(
        bare,
        position=held,
        cost_usd_per_month=(held.premium_usd + held.fee_usd) / days * 30.0,
        by_beta_usd=scene.by_beta_usd + profit,
        crash_usd=crash,
        worst_usd=worst,
        worst_move=where,
        now_usd=scene.at_crash(scene.crash_usd) + at_once,
        beta_left=left,
        greeks=held.greeks(),
        margin_usd=held.initial_margin_usd(),
        rally_needed_usd=max(held.needed_usd(scene.rally), held.needed_usd(-scene.wanted.crash)),
        flat_rally_usd=scene.flat_rally_usd + float(held.profit_usd(np.array([scene.rally]))[0]),
        liquidity=tuple(_liquidity(leg) for leg in held.legs),
        floor_met=scene.meets(crash),
    )


def _liquidity(leg: OptionLeg) -> LegLiquidity:
    quote, count = leg.quote, abs(leg.count)
    size = quote.ask_size if leg.count > 0 else quote.bid_size

    def share(of: float) -> float:
        return count / of if of > 0.0 else math.nan

    half = 0.5 * (quote.ask - quote.bid) / quote.mid
    return LegLiquidity(quote.symbol, half, share(size), share(quote.open_interest), share(quote.volume))


def _with_leads(found: list[Protection], scene: Scene) -> list[Protection]:
    """Mark of each kind and sizing the candidate that leads: the first expiry, and the strike nearest to what was asked."""
    leads = set()
    wanted = scene.wanted.strike * scene.chain.index_usd
    for key in dict.fromkeys((c.kind, c.sizing) for c in found):
        mine = [i for i, c in enumerate(found) if (c.kind, c.sizing) == key and c.usable]
        if mine:
            leads.add(min(mine, key=lambda i: (found[i].expiry, abs(found[i].strikes[0] - wanted))))
    return [replace(c, lead=i in leads) for i, c in enumerate(found)]
