"""Protection that is held: what it brings now against held to its end, and into what it can be rolled.

    unwinds(exposure, chain, smiles, wanted) -> one for each option of the book on the chain's coin

Sold at the bid, bought back at the ask, fees off. A day costs what the option is worth less by its end, if the coin stands still,
over the days that are left; to roll pays where the later one, at a strike that does as much, costs less a day. The chance that holding brings more is the
option market's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.beside import chance_between
from hedgerow.hedge.options.held import HeldOption, quote_of
from hedgerow.hedge.options.legs import DERIBIT, DOLLARS, OptionLeg, OptionPosition
from hedgerow.hedge.options.plan import Roll, Unwind, Wanted
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.stats.smile import Smile

__all__ = ["unwinds"]

_HERE = np.zeros(1)
_EXPIRIES = 3


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every option is judged on."""

    chain: OptionChain
    smiles: Mapping[np.datetime64, Smile]
    wanted: Wanted

    def position(self, quote: OptionQuote, units: Decimal, price: float) -> OptionPosition:
        fees = DERIBIT if self.chain.in_coin else DOLLARS
        return OptionPosition(self.chain, (OptionLeg(quote, units, price, math.nan),), fees)

    def still_usd(self, quote: OptionQuote, units: Decimal) -> float:
        """What it pays at its end if the coin stands still, delivery off."""
        return float(self.position(quote, units, 0.0).payoff_usd(_HERE)[0])


def unwinds(
    exposure: Exposure, chain: OptionChain, smiles: Mapping[np.datetime64, Smile], wanted: Wanted
) -> tuple[Unwind, ...]:
    """Return what each option of the book on the chain's coin brings now and at its end, and its rolls."""
    desk = _Desk(chain, smiles, wanted)
    return tuple(_unwind(desk, held) for held in exposure.options if held.coin == chain.underlying)


def _unwind(desk: _Desk, held: HeldOption) -> Unwind:
    chain, units = desk.chain, held.position.legs[0].contracts
    quote = quote_of(held.name, chain)
    bare = Unwind(held.name.text, units, held.name.call)
    price = math.nan if quote is None else (quote.bid if units > 0 else quote.ask)
    if quote is None or not math.isfinite(price):
        what = "bid to sell it to" if units > 0 else "ask to buy it back from"
        return replace(bare, reason=f"there is no {what} now: it can only be held")
    out = desk.position(quote, -units, price)
    now = -(out.premium_usd + out.fee_usd)
    days = chain.years(quote.expiry) * 365.0
    still = desk.still_usd(quote, units)
    crash = float(desk.position(quote, units, 0.0).payoff_usd(np.array([-desk.wanted.crash]))[0])
    edge = _edge(desk, quote, units, now)
    told = replace(
        bare,
        price=price,
        now_usd=now,
        exercise_usd=float(units) * max((1 if quote.call else -1) * (chain.index_usd - quote.strike), 0.0),
        days=days,
        still_usd=still,
        crash_usd=crash,
        a_day_usd=(now - still) / days,
        edge_usd=edge,
        chance=_chance(desk, quote, units, edge),
    )
    return replace(told, rolls=tuple(_rolls(desk, quote, told)))


def _edge(desk: _Desk, quote: OptionQuote, units: Decimal, now: float) -> float:
    """The coin's price at the end at which holding brings what unwinding brings now: strike ∓ that for one unit, fees off."""
    one = now / float(units)
    fee = min(
        desk.position(quote, Decimal(1), 0.0).fees.delivery * desk.chain.index_usd,
        desk.position(quote, Decimal(1), 0.0).fees.cap * abs(one),
    )
    paid = one + fee if units > 0 else one - fee
    return quote.strike + (paid if quote.call else -paid)


def _chance(desk: _Desk, quote: OptionQuote, units: Decimal, edge: float) -> float:
    """The chance, by the market's own prices, that holding brings more than unwinding now; NaN without a smile."""
    smile = desk.smiles.get(quote.expiry)
    if smile is None or not math.isfinite(edge):
        return math.nan
    low, high = (edge, math.inf) if quote.call == (units > 0) else (0.0, edge)
    return chance_between(smile, quote.forward_usd, low, high)


def _rolls(desk: _Desk, held: OptionQuote, now: Unwind) -> Iterator[Roll]:
    """The same side at the same strike, and where protection is wanted, at each of the next expiries."""
    chain = desk.chain
    later = [e for e in chain.expiries if e > held.expiry]
    later = [e for e in later if any(q.tradable for q in chain.of(e))][:_EXPIRIES]
    bought = now.units > 0
    for expiry in later:
        quotes = [
            q
            for q in chain.of(expiry)
            if q.tradable and q.call == held.call and math.isfinite(q.ask if bought else q.bid)
        ]
        aims = (held.strike, desk.wanted.strike * chain.index_usd) if not held.call else (held.strike,)
        for quote in {min(quotes, key=lambda q: abs(q.strike - aim)) for aim in aims} if quotes else ():
            new = desk.position(quote, now.units, quote.ask if bought else quote.bid)
            days = chain.years(expiry) * 365.0
            paid = new.premium_usd + new.fee_usd
            a_day = (paid - desk.still_usd(quote, now.units)) / days
            yield Roll(
                quote.symbol,
                expiry,
                quote.strike,
                days,
                paid - now.now_usd,
                a_day,
                now.a_day_usd - a_day,
                quote.strike >= held.strike if held.call != bought else quote.strike <= held.strike,
            )
