"""Fill the lake from a venue: what is missing, page by page, each page kept before the next is asked for.

    await pull(market, sink, asked) -> Pulled        candles, marks, index, funding, contracts, tiers, books

A pull that is interrupted is called again and goes on where it stopped; the same pull twice writes nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from hedgerow.model.errors import StateUnknown, UnknownSymbol, UsageError, VenueRefused
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.ports import Candle, CandleOf, Depth, FundingPrint, MarketData

__all__ = [
    "KINDS",
    "Asked",
    "Kind",
    "Missing",
    "Pulled",
    "Sink",
    "contracts_for",
    "kind_name",
    "pages",
    "pull",
]

Kind = Literal["candles", "mark", "index", "funding", "contracts", "tiers", "books"]
KINDS: tuple[Kind, ...] = ("candles", "mark", "index", "funding", "contracts", "tiers", "books")
Row = dict[str, object]

_CANDLES: dict[Kind, CandleOf] = {"candles": "last", "mark": "mark", "index": "index"}
_MINUTE = 60_000
_PAGE_BARS = 1_000
_PAGE_FUNDING = 90 * 86_400_000
_LEVELS = 50
_LONGEST_STEP = 86_400_000
_QUOTES = ("USDT", "USDC", "USD")


class Sink(Protocol):
    """Where rows go: the lake."""

    def span(self, kind: str, coin: str) -> tuple[int, int] | None:
        """Return the first and the last instant that is there, or None."""

    def write(self, kind: str, coin: str, rows: Sequence[Row]) -> None:
        """Keep rows with `ts`, in place of those of the same instant; durable when it returns."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to pull: `coins` of the default contract of each, or contracts by their own symbol; none: every coin.

    Instants are milliseconds of UTC, `since` included, `until` not; `minutes` the length of a bar. `at` is now, the instant
    of what is told only as it is: contracts, tiers, books; None: `until`.
    """

    kinds: tuple[Kind, ...]
    coins: tuple[str, ...]
    since: int
    until: int
    minutes: int = 60
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """What the venue did not give of a coin, and why."""

    kind: str
    coin: str
    why: str


@dataclass(slots=True)
class Pulled:
    """What came of it: the coins asked for, rows written by kind, and what the venue would not give.

    `later` are series that begin after what was asked for: listed since, or the venue keeps no more.
    """

    coins: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    later: list[tuple[str, str, int]] = field(default_factory=list)


def kind_name(kind: Kind, minutes: int) -> str:
    """Return the lake's name of a kind: candles of different bars are different kinds."""
    return f"{kind}-{_length(minutes)}" if kind in _CANDLES else kind


def _length(minutes: int) -> str:
    for size, letter in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{letter}"
    return f"{minutes}m"


async def pull(
    market: MarketData, sink: Sink, asked: Asked, report: Callable[[str, float], None] = lambda _, __: None
) -> Pulled:
    """Write what the lake lacks of `asked`, oldest first, and return what was written.

    A kind that the venue does not keep for a contract, or answers so that nothing can be concluded, is named in `missing`
    and the rest goes on; a venue that no longer answers raises, and what came before stays. `report` is told what is pulled and the share that is done.
    Raises `UnknownSymbol` for a coin without a contract, `UsageError` for an empty interval.
    """
    if asked.until <= asked.since:
        raise UsageError("there is nothing between these dates", advice="Give --from before --until.")
    chosen = contracts_for(await market.instruments(), asked.coins)
    pulled = Pulled(tuple(chosen))
    tasks = [(kind, coin) for coin in chosen for kind in asked.kinds]
    for done, (kind, coin) in enumerate(tasks):
        name = kind_name(kind, asked.minutes)
        report(f"{coin} {name}", done / len(tasks))
        try:
            written = await _one(market, sink, asked, kind, coin, chosen[coin])
        except (VenueRefused, StateUnknown) as why:
            pulled.missing.append(Missing(name, coin, why.message))
            continue
        pulled.rows[name] = pulled.rows.get(name, 0) + written
        if kind in _CANDLES or kind == "funding":
            _look(sink, asked, name, coin, pulled)
    return pulled


def _look(sink: Sink, asked: Asked, name: str, coin: str, pulled: Pulled) -> None:
    """Notice a series that begins late, or that is not there at all."""
    span = sink.span(name, coin)
    if span is None:
        pulled.missing.append(Missing(name, coin, "the venue has no row"))
    elif span[0] >= asked.since + max(asked.minutes * _MINUTE, _LONGEST_STEP):
        pulled.later.append((name, coin, span[0]))


def contracts_for(listed: Sequence[Instrument], coins: Sequence[str]) -> dict[str, Instrument]:
    """Return the contract of each coin: its linear perpetual, in USDT before USDC before USD; or one by its own symbol."""
    perps: dict[str, Instrument] = {}
    for quote in reversed(_QUOTES):
        for contract in listed:
            if contract.is_perpetual and contract.payoff is Payoff.LINEAR and contract.quote == quote:
                perps[contract.underlying] = contract
    if not coins:
        return dict(sorted(perps.items()))
    by_symbol = {contract.symbol: contract for contract in listed}
    found = {coin: perps.get(coin) or by_symbol.get(coin) for coin in coins}
    missing = [coin for coin, contract in found.items() if contract is None]
    if missing:
        raise UnknownSymbol(
            f"the venue has no perpetual of {', '.join(missing)}",
            advice="Give coins such as BTC, or a contract by the venue's own symbol.",
        )
    return {coin: contract for coin, contract in found.items() if contract is not None}


async def _one(
    market: MarketData, sink: Sink, asked: Asked, kind: Kind, coin: str, contract: Instrument
) -> int:
    name = kind_name(kind, asked.minutes)
    if kind in {"contracts", "tiers", "books"}:
        row = await _snapshot(market, kind, contract)
        sink.write(name, coin, [{"ts": asked.until if asked.at is None else asked.at, **row}])
        return 1
    step = asked.minutes * _MINUTE if kind in _CANDLES else 1
    page = asked.minutes * _MINUTE * _PAGE_BARS if kind in _CANDLES else _PAGE_FUNDING
    written = 0
    for start, end in pages(sink.span(name, coin), asked.since, asked.until, step, page):
        rows = await _rows(market, kind, contract, asked.minutes, start, end)
        if rows:
            sink.write(name, coin, rows)
        written += len(rows)
    return written


def pages(
    span: tuple[int, int] | None, since: int, until: int, step: int, page: int
) -> Iterator[tuple[int, int]]:
    """Yield the intervals of [since, until) to ask for, given the rows from `span[0]` to `span[1]` that are there.

    Every page joins on to the rows before it: forwards after them, backwards before them. A pull that is interrupted
    leaves no hole behind.
    """
    first, begin = (until, since) if span is None else (min(span[0], until), max(span[1] + step, since))
    for start in range(begin, until, page):
        yield start, min(start + page, until)
    if span is not None:
        for end in range(first, since, -page):
            yield max(end - page, since), end


async def _rows(
    market: MarketData, kind: Kind, contract: Instrument, minutes: int, since: int, until: int
) -> list[Row]:
    if kind == "funding":
        return [_funding(print_, contract) for print_ in await market.funding(contract, since, until)]
    bars = await market.candles(contract, minutes, since, until, _CANDLES[kind])
    return [_bar(bar, contract) for bar in bars]


def _bar(bar: Candle, contract: Instrument) -> Row:
    """A bar as the lake has it: prices in the quote coin, volume in coins or in dollars of face."""
    volume = None if bar.volume is None else float(bar.volume)
    unit = "quote_volume_usd" if contract.payoff is Payoff.INVERSE else "volume_base"
    return {
        "ts": bar.at,
        "symbol": contract.symbol,
        "open": float(bar.open),
        "high": float(bar.high),
        "low": float(bar.low),
        "close": float(bar.close),
        unit: volume,
    }


def _funding(print_: FundingPrint, contract: Instrument) -> Row:
    hours = None if print_.interval_hours is None else float(print_.interval_hours)
    return {
        "ts": print_.at,
        "symbol": contract.symbol,
        "rate": float(print_.rate),
        "interval_hours": hours,
    }


async def _snapshot(market: MarketData, kind: Kind, contract: Instrument) -> Row:
    if kind == "books":
        return _depth(await market.depth(contract, _LEVELS))
    if kind == "tiers":
        tiers = await market.tiers(contract)
        return {
            "symbol": contract.symbol,
            "floor": [tier.floor for tier in tiers],
            "mmr": [tier.mmr for tier in tiers],
            "max_leverage": [tier.max_leverage for tier in tiers],
        }
    return {
        "symbol": contract.symbol,
        "payoff": contract.payoff.value,
        "quote": contract.quote,
        "settle": contract.settle,
        "multiplier": str(contract.multiplier),
        "lot": str(contract.lot),
        "min_contracts": str(contract.min_contracts),
        "min_notional": str(contract.min_notional),
        "tick": str(contract.tick),
        "taker_fee": str(contract.taker_fee),
        "maker_fee": str(contract.maker_fee),
        "expiry": None if contract.expiry is None else contract.expiry.isoformat(),
        "funding_interval_hours": contract.funding_interval_hours,
    }


def _depth(book: Depth) -> Row:
    return {
        "symbol": book.instrument,
        "bid_price": [float(price) for price, _ in book.bids],
        "bid_size": [float(size) for _, size in book.bids],
        "ask_price": [float(price) for price, _ in book.asks],
        "ask_size": [float(size) for _, size in book.asks],
    }
