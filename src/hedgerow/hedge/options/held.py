"""Options that the book holds: what one is worth by its quote, what it moves with, and the book's options together.

    hold_option(position, market, price_of) -> HeldOption, or why it is not known

The value is the middle of the quotes, where one is missing or they are far apart the venue's mark; the volatility is the one that this price implies, kept while the
coin moves. A chain that is of another moment than the book's prices, within a day and five per cent of them, is brought to
the book's price of the coin that way; what is further off is not known.

The dollars that an option moves with are Δ·S a unit. One that is paid in coins is in two parts, as inverse futures are: its net
transaction delta, Δ − P/F (TV19), and its worth P/F in coins, which moves as every coin does. Coins in the account are the
balance that is there without the options' worth: Deribit's balance, not its equity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.options.legs import FREE, OptionGreeks, OptionLeg, OptionPosition
from hedgerow.model.arrays import FloatArray
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_names import OptionName
from hedgerow.model.portfolio import Position
from hedgerow.stats.black import ImpliedVolatility, Solved, implied_volatility

__all__ = [
    "HeldOption",
    "Marked",
    "beyond_first_order",
    "cut_to",
    "doubts_of",
    "hold_option",
    "marked_by",
    "quote_of",
]

_OLD = np.timedelta64(24, "h")
_APART = 0.05
_UNQUOTED_DOUBT = 0.05
"""Volatility by which a price without a quote on either side may be wrong."""
_LEAST_LEFT = 1e-6
_FAR = 0.1
"""Half a spread, as a share of its middle, beyond which the middle says little."""
_HERE = np.zeros(1)
_NO_TIME_VALUE = {Solved.AT_INTRINSIC, Solved.BELOW_INTRINSIC}


@dataclass(frozen=True, slots=True)
class HeldOption:
    """An option of the book at the book's price of its coin. Amounts are in the market's currency.

    `position` has its one leg; `basis` says what the price is; `doubt` is half the spread of the volatility, a year's; `unit` is
    what a dollar of the chain is worth.
    """

    name: OptionName
    account: str
    position: OptionPosition
    basis: str
    doubt: float
    unit: float

    @property
    def coin(self) -> str:
        """What it is on."""
        return self.name.underlying

    @property
    def quantity(self) -> float:
        """Signed units of the coin."""
        return self.position.legs[0].count

    @property
    def volatility(self) -> float:
        """A year's, as its price implies."""
        return self.position.legs[0].volatility

    @property
    def price_usd(self) -> float:
        """What one unit is worth."""
        return self.position.chain.usd(self.position.legs[0].price) * self.unit

    @property
    def value_usd(self) -> float:
        """What the row is worth: below zero for one that was sold."""
        return self.quantity * self.price_usd

    @property
    def settle(self) -> str:
        """The coin that it pays in."""
        return self.position.chain.settle

    @property
    def greeks(self) -> OptionGreeks:
        """Its sensitivities now; `net_delta` in coins."""
        g, unit = self.position.greeks(), self.unit
        return OptionGreeks(
            g.delta_usd * unit, g.gamma_usd * unit, g.vega_usd * unit, g.theta_usd * unit, g.net_delta
        )

    @property
    def deltas(self) -> tuple[tuple[str, float], ...]:
        """Dollars moved per 100 % of each coin: the contract's own, then its worth in the coin it is paid in."""
        own = self.greeks.delta_usd - (self.value_usd if self.position.chain.in_coin else 0.0)
        return (self.coin, own), (self.settle, self.value_usd)

    @property
    def delta_doubt(self) -> float:
        """Dollars by which the delta may be wrong: what half the spread of the volatility makes of it."""
        up, down = (_at(self.position, self.volatility + side * self.doubt) for side in (1.0, -1.0))
        return abs(float(up.delta_usd(_HERE)[0] - down.delta_usd(_HERE)[0])) / 2.0 * self.unit

    @property
    def value_doubt(self) -> float:
        """Dollars by which the value may be wrong: half the spread, else what the doubt of the volatility makes of it."""
        quote = self.position.legs[0].quote
        half = self.position.chain.usd(0.5 * (quote.ask - quote.bid))
        if math.isfinite(half):
            return abs(self.quantity) * half * self.unit
        up, down = (_at(self.position, self.volatility + side * self.doubt) for side in (1.0, -1.0))
        return abs(float(up.worth_usd(_HERE)[0] - down.worth_usd(_HERE)[0])) / 2.0 * self.unit

    def kept_usd(self, move: float) -> float:
        """Return the maintenance that it needs at once after a `move` of its coin, nothing where it was bought."""
        return self.position.kept_usd(move) * self.unit

    def profit_usd(self, moves: FloatArray) -> FloatArray:
        """Return what it gains at once when its coin moves by `moves`, (N,)."""
        there = self.position.worth_usd(_above(moves))
        return np.asarray((there - self.position.worth_usd(_HERE)) * self.unit)

    def delta_usd(self, moves: FloatArray) -> FloatArray:
        """Return the dollars it moves with per 100 % of its coin at once after `moves`, (N,)."""
        return self.position.delta_usd(_above(moves)) * self.unit


@dataclass(frozen=True, slots=True)
class Marked:
    """A quote with its price in the chain's unit, what that is, and the volatility in it."""

    quote: OptionQuote
    price: float
    basis: str
    volatility: float
    doubt: float


def hold_option(position: Position, market: Market, price_of: Callable[[str], float]) -> HeldOption | str:
    """Return what an option of the book is at market, or in words why it is not known; `price_of` a coin in its currency."""
    name = position.option
    chain = None if name is None else market.options.get(name.underlying)
    if name is not None and name.ends <= market.as_of:
        return _over(name)
    if name is None or chain is None:
        return (
            f"no chain of options on {position.underlying or position.symbol} by then: give one with --chain"
        )
    dollar = price_of("USD") if market.currency != "USD" else 1.0
    spot, settle = price_of(name.underlying) / dollar, price_of(chain.settle)
    marked = _unfit(name, chain, market, spot, settle) or marked_by(name, chain)
    if isinstance(marked, str):
        return marked
    leg = OptionLeg(marked.quote, position.quantity, marked.price, marked.volatility)
    held = _brought(OptionPosition(chain, (leg,), FREE), spot)
    unit = dollar if chain.in_coin else settle
    return HeldOption(name, position.account, held, marked.basis, marked.doubt, unit)


def doubts_of(options: Iterable[HeldOption]) -> dict[str, float]:
    """Return by coin the dollars by which the options' delta may be wrong: their spreads widen together."""
    total: dict[str, float] = {}
    for held in options:
        total[held.coin] = total.get(held.coin, 0.0) + held.delta_doubt
    return total


def beyond_first_order(options: Iterable[HeldOption], coin: str, moves: FloatArray) -> FloatArray:
    """Return what the options on `coin` gain at once beyond their delta when it moves by `moves`, (N,)."""
    total = np.zeros(len(moves))
    for held in options:
        if held.coin == coin:
            total += held.profit_usd(moves) - held.greeks.delta_usd * moves
    return total


def _above(moves: FloatArray) -> FloatArray:
    """Moves that leave something of the coin: an option has no price on nothing."""
    return np.maximum(moves, _LEAST_LEFT - 1.0)


def _at(position: OptionPosition, volatility: float) -> OptionPosition:
    leg = replace(position.legs[0], volatility=max(volatility, 1e-4))
    return replace(position, legs=(leg,))


def _over(name: OptionName) -> str:
    """What is said of an option that has ended: no chain tells its price any more."""
    return f"it ended on {str(name.ends)[:10]}: take the row out, what it paid is in the account"


def _unfit(name: OptionName, chain: OptionChain, market: Market, spot: float, settle: float) -> str:
    """Say why a chain cannot tell the option's price now; "" where it can."""
    source = chain.source
    whys = (
        (
            name.ends <= max(market.as_of, chain.as_of),
            _over(name),
        ),
        (
            not name.settles_in(chain.settle),
            f"it pays in {name.settle}, and the options of {source} in {chain.settle}",
        ),
        (
            abs(chain.as_of - market.as_of) > _OLD,
            f"the chain is of {str(chain.as_of)[:16]}, the prices of {str(market.as_of)[:16]}: more than a day apart",
        ),
        (not math.isfinite(spot), f"{name.underlying} has no price"),
        (not math.isfinite(settle), f"it pays in {chain.settle}, which has no price"),
        (
            not abs(chain.index_usd / spot - 1.0) <= _APART,
            f"{name.underlying} is {chain.index_usd:,.0f} in the chain and {spot:,.0f} in the prices: not of one moment",
        ),
    )
    return next((why for unfit, why in whys if unfit), "")


def quote_of(name: OptionName, chain: OptionChain) -> OptionQuote | None:
    """Return what a chain quotes of an option: by its day, strike and side, whatever it is called there."""
    day = name.ends.astype("datetime64[D]")
    return next(
        (
            q
            for q in chain.quotes
            if q.call == name.call
            and q.expiry.astype("datetime64[D]") == day
            and math.isclose(q.strike, name.strike)
        ),
        None,
    )


def marked_by(name: OptionName, chain: OptionChain) -> Marked | str:
    """Price an option by its quote, or say why it has no price."""
    quote = quote_of(name, chain)
    if quote is None:
        return f"not in the chain {chain.source}"
    if not math.isfinite(quote.forward_usd):
        return f"{chain.source} has no price of the future that ends with it"
    price, basis = _price(quote)
    if not math.isfinite(price):
        return f"{chain.source} has no bid and ask of it, and no mark"
    volatility, doubt = _volatility(quote, chain, price)
    if not math.isfinite(volatility):
        return f"its price tells no volatility: {_implied(quote, chain, price).why()[0]}"
    return Marked(quote, price, basis, volatility, doubt)


def cut_to(names: Iterable[OptionName], chain: OptionChain) -> OptionChain:
    """Return the chain with no more quotes than price the options `names` as the whole one does."""
    kept: set[str] = set()
    for name in names:
        quote = quote_of(name, chain)
        if quote is None:
            continue
        beside = tuple(q for q in chain.quotes if q.expiry == quote.expiry)
        twins = tuple(q for q in beside if q.strike == quote.strike)
        enough = marked_by(name, replace(chain, quotes=twins)) == marked_by(name, chain)
        kept |= {q.symbol for q in (twins if enough else beside)}
    return replace(chain, quotes=tuple(q for q in chain.quotes if q.symbol in kept), notes=())


def _price(quote: OptionQuote) -> tuple[float, str]:
    """The middle of the quotes, else, or where they are far apart and it lies between them, the venue's mark; and which it is."""
    if not math.isfinite(quote.mid):
        return quote.mark, "the venue's mark: one side is not quoted"
    far = 0.5 * (quote.ask - quote.bid) > _FAR * quote.mid
    if far and quote.bid <= quote.mark <= quote.ask:
        return quote.mark, "the venue's mark: bid and ask are far apart"
    return quote.mid, "middle of the quotes"


def _volatility(quote: OptionQuote, chain: OptionChain, price: float) -> tuple[float, float]:
    """The volatility at the option's strike and half its spread, NaN where its price cannot be.

    By parity it is one for call and put: of the two the one whose quotes leave less open tells it, which is that out of the
    money. Where neither price has a time value that its digits show, the nearest strike of the expiry tells it; the delta
    hardly depends on it there.
    """
    own = _implied(quote, chain, price)
    if not own.found.all() and int(own.outcome) not in _NO_TIME_VALUE:
        return math.nan, math.nan
    others = sorted(
        (q for q in chain.quotes if q.expiry == quote.expiry and q is not quote),
        key=lambda q: abs(math.log(q.strike / quote.strike)),
    )
    twins = [q for q in others if q.strike == quote.strike]
    told = [(quote, price), (quote, quote.mark), *((q, p) for q in twins for p in (q.mid, q.mark))]
    known = [(v, _doubt(q, chain, v)) for q, p in told if math.isfinite(v := _at_price(q, chain, p))]
    if known:
        return min(known, key=lambda each: each[1])
    near = (_at_price(q, chain, p) for q in others for p in (q.mid, q.mark))
    return next((v for v in near if math.isfinite(v)), math.nan), _UNQUOTED_DOUBT


def _at_price(quote: OptionQuote, chain: OptionChain, price: float) -> float:
    return float(_implied(quote, chain, price).volatility)


def _doubt(quote: OptionQuote, chain: OptionChain, volatility: float) -> float:
    """Half the spread in volatility, by the sides that are quoted and tell one; a side that tells none widens it."""
    sides = [_at_price(quote, chain, side) for side in (quote.bid, quote.ask)]
    known = [abs(side - volatility) for side in sides if math.isfinite(side)]
    if not known:
        return _UNQUOTED_DOUBT
    return sum(known) / len(known) if len(known) == 2 else max(*known, _UNQUOTED_DOUBT)


def _implied(quote: OptionQuote, chain: OptionChain, price: float) -> ImpliedVolatility:
    return implied_volatility(
        chain.forward_price(quote, price),
        quote.forward_usd,
        quote.strike,
        chain.years(quote.expiry),
        quote.call,
    )


def _brought(held: OptionPosition, spot: float) -> OptionPosition:
    """The position where its coin costs `spot`: the future in step, the price by what the move makes of it."""
    ratio = spot / held.chain.index_usd
    if ratio == 1.0:
        return held
    (leg,) = held.legs
    one = replace(held, legs=(replace(leg, contracts=type(leg.contracts)(1)),))
    gained = float((one.worth_usd(np.array([ratio - 1.0])) - one.worth_usd(_HERE))[0])
    dollars = max(held.chain.usd(leg.price) + gained, 0.0)
    chain = replace(held.chain, index_usd=spot)
    price = dollars / spot if chain.in_coin else dollars
    quote = replace(leg.quote, forward_usd=leg.quote.forward_usd * ratio)
    return OptionPosition(chain, (replace(leg, quote=quote, price=price),), FREE)
