"""Inputs for every reader: some grow from a grammar of plausible files, some are mutated from good ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random

import polars as pl

from hedgerow.files.books import parse_book
from hedgerow.files.deleveraged import parse_deleveraged
from hedgerow.files.portfolio import parse_portfolio
from hedgerow.files.prices import parse_market
from hedgerow.files.weights import parse_weights

__all__ = ["TARGETS", "Target"]

NUMBERS = (
    "0", "-0", "1", "-1.5", "1e308", "1e-18", "1e400", "1e-400", "NaN", "inf", "-Infinity", "1,5", "1_000",
    "１２", "0x10", "=1+1", "", " ", "null", "true", "9" * 50, "0." + "1" * 40, "1\u00a0000", "\u200f1", "5 %", "(5)",
)  # fmt: skip
SYMBOLS = (
    "BTC", "ETH", "USDT", "btc", "ВTC", "🚀", "../../x", "<b>", "=cmd", "", "1000SATS", "MATIC", "ＢＴＣ", "A" * 40,
    "WBTC", "BTC/USDT", "\u202eX", "\ufdfa" * 20,
)  # fmt: skip
HEADERS = (
    "symbol", "quantity", "asset", "amount", "coin", "free", "locked", "total", "available", "currency", "balance",
    "wallet", "kind", "type", "account", "entry_price", "multiplier", "settle", "expiry", "instrument", "underlying",
    "rate", "discount", "tags", "cost (usd)", "category", "usd_value", "unitprice", "cur.", "date", "",
)  # fmt: skip
KINDS = (
    "spot",
    "perp",
    "inverse",
    "quanto",
    "future",
    "short",
    "collateral",
    "asset",
    "liability",
    "BUY",
    "?",
    "",
)
TIMES = (
    "2025-01-01", "2025-01-02", "2025-01-03", "2025-01-03T08:00Z", "2025-01-03T08:00:00+02:00", "1735689600",
    "1735776000000", "2025-02-30", "0001-01-01", "9999-12-31", "Tuesday", "", "-1", "2025-01-01 00:00:00.5",
)  # fmt: skip
PRICE_HEADERS = (
    "date", "ts", "timestamp", "symbol", "close", "price", "source", "kind", "venue", "quote_volume_usd",
    "volume_base", "BTC", "ETH", "open", "",
)  # fmt: skip
ODD = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n", b'"', b"'", b",", b";", b"\t", b"[",
    b"{", b"}", b"]", b"=", b".", b"#", b"\\", b"\\u", b"1e9", b"-", b"\xe2\x80\x8b", b"\xc2\xa0", b"PK\x03\x04",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, how its next input is drawn, and how many of a thousand inputs it gets."""

    read: Callable[[bytes], object]
    draw: Callable[[Random], bytes]
    share: int


def drawn(seeds: tuple[bytes, ...], grow: Callable[[Random], bytes]) -> Callable[[Random], bytes]:
    """Return a drawer: one input in two grows, the other is one of the good files with up to six faults."""

    def draw(chance: Random) -> bytes:
        data = grow(chance) if chance.random() < 0.5 else chance.choice(seeds)
        for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
            data = mutated(data, chance)
        return data

    return draw


def mutated(data: bytes, chance: Random) -> bytes:
    """Return `data` with one fault: a byte, a cut, a repeat, a swap of lines, an odd piece."""
    place = chance.randrange(len(data) + 1)
    end = min(len(data), place + chance.choice((1, 2, 8, 40)))
    match chance.randrange(6):
        case 0:
            return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
        case 1:
            return data[:place] + data[end:]
        case 2:
            return data[:end] + data[place:end] * chance.choice((1, 2, 50)) + data[end:]
        case 3:
            lines = data.split(b"\n")
            chance.shuffle(lines)
            return b"\n".join(lines)
        case 4:
            return data[:place]
        case _:
            return data[:place] + chance.choice(ODD) * chance.choice((1, 1, 1, 100)) + data[place:]


def cell(header: str, chance: Random) -> str:
    """Return a cell such as stands under `header`, or any other."""
    if chance.random() < 0.1:
        return chance.choice((*NUMBERS, *SYMBOLS, *KINDS, *TIMES))
    if header in {"symbol", "asset", "coin", "currency", "settle", "underlying", "cur.", "instrument"}:
        return chance.choice(SYMBOLS[:3] if chance.random() < 0.7 else SYMBOLS)
    if header in {"kind", "type", "category"}:
        return chance.choice(KINDS)
    if header in {"date", "ts", "timestamp", "expiry"}:
        return chance.choice(TIMES)
    return chance.choice(NUMBERS) if chance.random() < 0.4 else f"{chance.uniform(-9, 99):.4g}"


def table(headers: tuple[str, ...], needed: tuple[str, ...], chance: Random) -> bytes:
    """Return a table with the needed columns, mostly, and some others."""
    chosen = [
        *(needed if chance.random() < 0.8 else ()),
        *chance.sample(headers, chance.randrange(min(5, len(headers) + 1))),
    ]
    chance.shuffle(chosen)
    separator = chance.choice(",,,,;\t")
    rows = [[cell(header, chance) for header in chosen] for _ in range(chance.randrange(8))]
    end = chance.choice(("\n", "\n", "\n", "\r\n", "\r"))
    lines = [separator.join(row) for row in [chosen, *rows]]
    return end.join(lines).encode("utf-8", "surrogatepass")


def grown_csv(chance: Random) -> bytes:
    """Return a holdings table."""
    return table(HEADERS, ("symbol", "quantity"), chance)


def grown_prices(chance: Random) -> bytes:
    """Return a price table."""
    return table(PRICE_HEADERS, chance.choice((("date", "symbol", "close"), ("ts", "BTC", "ETH"))), chance)


def grown_weights(chance: Random) -> bytes:
    """Return a table of an index's weights."""
    return table(("weight", "account", ""), ("date", "symbol", "weight"), chance)


def grown_script(chance: Random) -> bytes:
    """Return a table of what a venue takes."""
    return table(("symbol", "price", ""), ("time", "share", "symbol"), chance)


def value(chance: Random, depth: int = 0) -> object:
    """Return any JSON value."""
    match chance.randrange(8 if depth < 4 else 5):
        case 0:
            return chance.choice((None, True, False, [], {}))
        case 1:
            return chance.choice(SYMBOLS)
        case 2:
            return chance.choice(NUMBERS)
        case 3 | 4:
            return chance.choice((0, 1, -1, 10**40, 1e308, 1e-18, float("nan"), float("inf"), 0.1, 2.5))
        case 5:
            return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case _:
            return position(chance, depth + 1)


def position(chance: Random, depth: int = 1) -> dict[str, object]:
    """Return a position, mostly."""
    sound: dict[str, object] = {"symbol": chance.choice(SYMBOLS[:3]), "quantity": cell("quantity", chance)}
    more = {chance.choice(HEADERS): value(chance, depth + 1) for _ in range(chance.randrange(4))}
    return {**(sound if chance.random() < 0.8 else {}), **more}


def grown_json(chance: Random) -> bytes:
    """Return a JSON file of positions, in one of the envelopes exports have, or of anything."""
    rows: object = [position(chance) for _ in range(chance.randrange(5))]
    match chance.randrange(6):
        case 0:
            rows = {chance.choice(("positions", "holdings", "result", "list", "x")): rows}
        case 1:
            rows = {"result": {"list": [{"coin": rows}]}}
        case 2:
            rows = {chance.choice(SYMBOLS): value(chance) for _ in range(3)}
        case 3:
            rows = value(chance)
    return json.dumps(rows, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def grown_toml(chance: Random) -> bytes:
    """Return a TOML file of positions."""
    heads = (
        "[[positions]]",
        "[[positions]]",
        "[[positions]]",
        "[positions]",
        "[ETH]",
        "[a.b.c]",
        "[[x]]",
        "",
    )
    lines: list[str] = []
    for _ in range(chance.randrange(5)):
        lines.append(chance.choice(heads))
        for header in ("symbol", "quantity", *chance.sample(HEADERS, chance.randrange(3))):
            text = cell(header, chance)
            quoted = header != "quantity" or chance.random() < 0.3
            lines.append(f"{header.partition(' ')[0]} = {json.dumps(text) if quoted else text}")
    return "\n".join(lines).encode("utf-8", "surrogatepass")


CSV_SEEDS = (
    b"symbol,quantity\nBTC,0.5\nETH,2\n",
    b"Asset,Free,Locked\nBTC,0.5,0.25\nETH,2,0\n",
    b'"Ticker","Amount","Current Price in USD"\n"BTC","0.75","80000"\n',
    b"symbol,quantity,kind,entry_price,multiplier,settle\nBTC,-300,inverse,90000,1,BTC\nETH,1,perp,3000,,\n",
    b"symbol;quantity\nBTC;0,5\n",
    b"symbol,quantity,kind,entry_price,expiry\nBTC,-1,future,90000,2025-12-26\n",
    b"category,asset_symbol,amount,usd_value\nasset,BTC,1,1\nliability,DAI,5,5\n",
)
JSON_SEEDS = (
    b'[{"symbol": "BTC", "quantity": 0.5}, {"symbol": "ETH", "quantity": "2"}]',
    b'{"BTC": 0.5, "ETH": "2"}',
    b'{"result": {"list": [{"accountType": "UNIFIED", "coin": [{"coin": "BTC", "walletBalance": "1"}]}]}}',
)
TOML_SEEDS = (
    b'[[positions]]\nsymbol = "BTC"\nquantity = 0.5\ntags = ["a", "b"]\n',
    b"BTC = 0.5\nETH = 2\n",
    b'positions = [{symbol = "BTC", quantity = "1"}]\n',
)
PRICE_SEEDS = (
    b"date,symbol,close\n2025-01-01,BTC,100\n2025-01-02,BTC,101\n2025-01-03,BTC,102\n2025-01-01,ETH,9\n",
    b"ts,BTC,ETH\n2025-01-01T00:00Z,100,9\n2025-01-01T01:00Z,101,8\n2025-01-01T02:00Z,,7\n",
    b"timestamp,symbol,price,source,kind\n1735689600,BTC,1,x,perp\n1735693200,BTC,2,x,perp\n",
)

BOOK_SEEDS = (
    b'{"venue": "bitstamp", "symbol": "ethusd", "ts": 1735689600.5, "bids": [[99, 5], [98, 1]], "asks": [[100, 2]]}',
    b'{"venue": "bitmex", "symbol": "XBTUSD", "ts": 1735689600, "bids": [["99", "5"]], "asks": [["100", "2"]]}',
)
WEIGHT_SEEDS = (
    b"date,symbol,weight\n2025-01-01,BTC,0.7\n2025-01-01,ETH,0.3\n2025-01-02T08:00Z,BTC,1\n",
    b"date,symbol,weight\n2025-01-01,BTC,1\n",
)
SCRIPT_SEEDS = (
    b"time,share,symbol,price\n2025-10-10T21:15,0.5,BTCUSDT,105000.5\n2025-10-11,1,,\n",
    b"share,time\n1,2025-10-11\n",
)


@cache
def parquet_seeds() -> tuple[bytes, ...]:
    """Return the seeds of prices and of holdings again, as Parquet."""
    files = []
    for text in (*PRICE_SEEDS, CSV_SEEDS[0]):
        held = BytesIO()
        pl.read_csv(text, try_parse_dates=True).write_parquet(held)
        files.append(held.getvalue())
    return tuple(files)


def cut(chance: Random) -> bytes:
    """Return a Parquet file, whole or cut short at either end.

    Bytes altered inside one are left out: the library that decodes it prints its own panics, and may end the process.
    """
    data = chance.choice(parquet_seeds())
    match chance.randrange(4):
        case 0:
            return data
        case 1:
            return data[chance.randrange(len(data)) :]
        case _:
            return data[: chance.randrange(len(data))]


TARGETS: dict[str, Target] = {
    "csv": Target(lambda data: parse_portfolio(data, "book.csv"), drawn(CSV_SEEDS, grown_csv), 310),
    "comma": Target(
        lambda data: parse_portfolio(data, "book.csv", decimal_comma=True), drawn(CSV_SEEDS, grown_csv), 60
    ),
    "json": Target(lambda data: parse_portfolio(data, "book.json"), drawn(JSON_SEEDS, grown_json), 300),
    "toml": Target(lambda data: parse_portfolio(data, "book.toml"), drawn(TOML_SEEDS, grown_toml), 240),
    "book": Target(lambda data: parse_book(data, "depth.json"), drawn(BOOK_SEEDS, grown_json), 20),
    "weights": Target(lambda data: parse_weights(data, "index.csv"), drawn(WEIGHT_SEEDS, grown_weights), 20),
    "script": Target(lambda data: parse_deleveraged(data, "adl.csv"), drawn(SCRIPT_SEEDS, grown_script), 20),
    "prices": Target(lambda data: parse_market(data, "closes.csv"), drawn(PRICE_SEEDS, grown_prices), 20),
    "market": Target(lambda data: parse_market(data, "closes.parquet"), cut, 5),
    "parquet": Target(lambda data: parse_portfolio(data, "book.parquet"), cut, 5),
}
"""Every reader by the name of what it reads; `market` and `parquet` are prices and holdings in Parquet."""
