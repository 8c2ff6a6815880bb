"""Bad and odd price files, each with what is said about it or how many prices are read all the same.

What is `reads` is the number of finite prices of every coin; a bad price is a gap, and a flag says so.
"""

from __future__ import annotations

from tests.corpus.cases import Case

HEADER = "date,symbol,close\n"
DAYS = 6
BTC = "".join(f"2025-01-0{day + 1},BTC,{100 + day}\n" for day in range(DAYS))
ALONE = {"BTC": DAYS}
LAST = DAYS + 2


def case(name: str, make: bytes | str, said: str = "", line: int | None = None, column: str = "") -> Case:
    """A file that is refused."""
    return Case(name, make, said, line, column, None, "closes.csv")


def price(name: str, cell: str, said: str) -> Case:
    """A cell that is no price, on the last line."""
    return case(name, f"{HEADER}{BTC}2025-01-03,ETH,{cell}\n", said, LAST, "price")


def symbol(name: str, text: str, said: str) -> Case:
    """A cell that is no ticker, on the last line."""
    return case(name, f"{HEADER}{BTC}2025-01-03,{text},5\n", said, LAST, "symbol")


def reads(name: str, make: bytes | str, counts: dict[str, int]) -> Case:
    """A file that is read: so many prices of each coin."""
    return Case(name, make, reads=counts, file="closes.csv")


def gap(name: str, cell: str) -> Case:
    """A number that cannot be a price: a gap."""
    return reads(name, f"{HEADER}{BTC}2025-01-03,ETH,{cell}\n", {"BTC": DAYS, "ETH": 0})


def moment(name: str, cell: str) -> Case:
    """A cell that is no time, on the last line."""
    return case(name, f"{HEADER}{BTC}{cell},BTC,5\n", "is no time", LAST, "time")


def wide(coins: int, days: int) -> bytes:
    """A wide file."""
    head = ",".join(["date", *(f"C{i}" for i in range(coins))])
    rows = (",".join([f"2025-01-{d + 1:02d}", *([str(1.5 + d)] * coins)]) for d in range(days))
    return "\n".join([head, *rows]).encode()


def many_rows() -> bytes:
    """A hundred thousand hourly bars."""
    rows = "".join(f"{1_600_000_000 + 3_600 * i},BTC,{1 + i % 97}\n" for i in range(100_000))
    return ("ts,symbol,close\n" + rows).encode()


CELLS = (
    gap("NaN", "NaN"),
    gap("infinity", "inf"),
    gap("minus infinity", "-inf"),
    gap("zero", "0"),
    gap("minus zero", "-0"),
    gap("negative", "-5"),
    gap("exponent past any float", "1e400"),
    gap("5,000 digits", "9" * 5_000),
    reads("1e-18", f"{HEADER}{BTC}2025-01-03,ETH,1e-18\n", {"BTC": DAYS, "ETH": 1}),
    reads("1e308", f"{HEADER}{BTC}2025-01-03,ETH,1e308\n", {"BTC": DAYS, "ETH": 1}),
    reads("empty cell", f"{HEADER}{BTC}2025-01-03,ETH,\n", ALONE),
    reads("no-break space outside", f"{HEADER}{BTC}2025-01-03,ETH,\u00a05\n", {"BTC": DAYS, "ETH": 1}),
    price("thousands separator", '"1,000.5"', "Thousands separators are not read"),
    price("decimal comma", '"1,5"', "decimal point"),
    price("underscore", "1_000", "Underscores are not read"),
    price("full-width digits", "１２", "Write the digits 0 to 9"),
    price("right-to-left mark", "\u200f1", "is not a number"),
    price("zero-width space", "1\u200b", "is not a number"),
    price("formula", "=1+1", "Formulas are not evaluated"),
    price("hexadecimal", "0x10", "is not a number"),
    price("word", "abc", "is not a number"),
    symbol("Cyrillic homoglyph", "ВTC", "U+0412"),
    symbol("emoji", "🚀", "ROCKET"),
    symbol("path", "../../x", "no path"),
    symbol("tag", "<b>", "piece of a page"),
    symbol("formula as name", "=cmd", "formulas are not evaluated"),
    symbol("31 letters", "X" * 31, "30 at most"),
    symbol("no name", "", "Name the coin"),
    moment("30 February", "2025-02-30"),
    moment("word as time", "Tuesday"),
    moment("far past", "0001-01-01"),
    moment("far future", "2199-01-01"),
    moment("day first", "03/01/2025"),
    reads("naive times", "ts,symbol,close\n" + BTC.replace(",BTC", "T00:00,BTC"), ALONE),
)

FILES = (
    case("empty", b"", "is empty"),
    case("header alone", HEADER, "no price in it"),
    case("one point", f"{HEADER}2025-01-01,BTC,5\n", "fewer than two bars"),
    case("NUL", f"{HEADER}{BTC}2025-01-03,A\0,5\n", "NUL", LAST),
    case("lone surrogate", f"{HEADER}{BTC}".encode() + b"2025-01-03,\xed\xa0\x80,5\n", "is not UTF-8", LAST),
    case("spreadsheet", b"PK\x03\x04" + bytes(40), "spreadsheet or an archive"),
    case("no header", BTC, "no time column"),
    case("no price column", "date,symbol,colour\n2025-01-01,BTC,red\n", "no price column"),
    case("duplicate header", "date,symbol,close,close\n2025-01-01,BTC,1,2\n", "more than once", 1),
    case("cell too many", f"{HEADER}{BTC}2025-01-07,BTC,1,2\n", ""),
    case("open quote", f'{HEADER}{BTC}"2025-01-07,BTC,1\n', ""),
    case("two prices for a bar", f"{HEADER}{BTC}2025-01-03,BTC,99\n", "two prices", LAST),
    Case("10 MB line", f"{HEADER}{BTC}{'A' * 10_000_000},BTC,1\n".encode, file="closes.csv"),
    Case("30,000 columns", lambda: wide(30_000, 1), "20,000 columns", 1, file="closes.csv"),
    reads("identical rows", f"{HEADER}{BTC}{BTC}", ALONE),
    reads("UTF-8 with mark", b"\xef\xbb\xbf" + (HEADER + BTC).encode(), ALONE),
    reads("UTF-16 with mark", (HEADER + BTC).encode("utf-16"), ALONE),
    reads("CR LF", (HEADER + BTC).replace("\n", "\r\n"), ALONE),
    reads("CR", (HEADER + BTC).replace("\n", "\r"), ALONE),
    reads("gap", HEADER + BTC.replace("2025-01-03,BTC,102\n", ""), {"BTC": DAYS - 1}),
    reads("constant", HEADER + "".join(f"2025-01-{d:02d},BTC,5\n" for d in range(1, 29)), {"BTC": 28}),
    Case("5,000 coins", lambda: wide(5_000, 3), reads={f"C{i}": 3 for i in range(5_000)}, file="closes.csv"),
    Case("100,000 rows", many_rows, reads={"BTC": 100_000}, file="closes.csv"),
    Case("Parquet without a foot", b"PAR1" + bytes(100), "cannot be read", file="closes.parquet"),
    Case("empty Parquet", b"", "cannot be read", file="closes.parquet"),
)

PRICES = (*CELLS, *FILES)
