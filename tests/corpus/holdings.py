"""Bad and odd holdings files, each with what is said about it or what is read all the same."""

from __future__ import annotations

import io
import zipfile

from tests.corpus.cases import Case

HEADER = "symbol,quantity\n"
PLAIN = f"{HEADER}ETH,1\n"
ETH = {"ETH": "1"}
FORTY = "0.1234567890123456789012345678901234567890"


def amount(name: str, cell: str, said: str) -> Case:
    """A cell that is no quantity, on line 2."""
    return Case(name, f"{HEADER}ETH,{cell}\n", said, 2, "quantity")


def reads(name: str, cell: str, value: str) -> Case:
    """A cell that is a quantity."""
    return Case(name, f"{HEADER}ETH,{cell}\n", reads={"ETH": value})


def ticker(name: str, symbol: str, said: str) -> Case:
    """A cell that is no ticker, on line 2."""
    return Case(name, f"{HEADER}{symbol},1\n", said, 2, "symbol")


def workbook() -> bytes:
    """The bytes of an archive such as a spreadsheet is, a gigabyte when unpacked if anyone did."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (1 << 20))
    return packed.getvalue()


AMOUNTS = (
    amount("NaN", "NaN", "Unknown is not a quantity"),
    amount("infinity", "inf", "Unknown is not a quantity"),
    amount("minus infinity", "-inf", "is not a number"),
    amount("not available", "N/A", "Unknown is not a quantity"),
    amount("empty cell", "", "The cell is empty"),
    amount("1e308", "1e308", "out of any range"),
    amount("exponent past any float", "1e400", "out of any range"),
    amount("vanishing exponent", "1e-400", "out of any range"),
    amount("exponent of nine digits", "1e999999999", "is not a number"),
    amount("5,000 digits", "9" * 5_000, "at most 100 characters"),
    amount("thousands separator", '"12,500.5"', "Thousands separators are not read"),
    amount("blank as thousands separator", "12 500", "Thousands separators are not read"),
    amount("no-break space inside", "12\u00a0500", "Thousands separators are not read"),
    amount("decimal comma", '"1,5"', "--decimal-comma"),
    amount("underscore", "1_000", "Underscores are not read"),
    amount("full-width digits", "１２", "Write the digits 0 to 9"),
    amount("Arabic digits", "١٢", "Write the digits 0 to 9"),
    amount("right-to-left mark", "\u200f1", "is not a number"),
    amount("zero-width space", "1\u200b", "is not a number"),
    amount("typographic minus", "\u22125", "is not a number"),
    amount("formula", "=1+1", "Formulas are not evaluated"),
    amount("command as formula", "=cmd|'/C calc'!A0", "Formulas are not evaluated"),
    amount("hexadecimal", "0x10", "is not a number"),
    amount("currency", "$5", "without currency"),
    amount("unit", "5 ETH", "without currency"),
    amount("per cent", "50%", "Write a fraction"),
    amount("accountant's minus", "(5)", "minus sign"),
    reads("no-break space outside", "\u00a01\u00a0", "1"),
    reads("1e-18", "1e-18", "0.000000000000000001"),
    reads("forty digits", FORTY, FORTY),
    reads("short sale", "-3", "-3"),
    reads("plus sign", "+1", "1"),
    Case("zero alone", f"{HEADER}ETH,0\n", "every quantity is 0"),
    Case("minus zero alone", f"{HEADER}ETH,-0\n", "every quantity is 0"),
    Case("minus zero beside another", f"{PLAIN}SOL,-0\n", reads=ETH),
    Case("comma without quotes", f"{HEADER}ETH,12,500\n", "has 3 cells, the header 2", 2),
)

SYMBOLS = (
    ticker("Cyrillic homoglyph", "ВTC", "U+0412 CYRILLIC CAPITAL LETTER VE"),
    ticker("zero-width space in a name", "BTC\u200b", "U+200B ZERO WIDTH SPACE"),
    ticker("right-to-left override", "\u202eCTB", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ticker("emoji", "🚀", "U+1F680 ROCKET"),
    ticker("path", "../../etc/passwd", "no path"),
    ticker("drive path", "C:\\BTC", "no path"),
    ticker("tag", "<script>alert(1)</script>", "piece of a page"),
    ticker("formula as name", "=HYPERLINK(A1)", "formulas are not evaluated"),
    ticker("pair", "BTC/USDT", "Give the coin alone"),
    ticker("address", "0xdAC17F958D2ee523a2206206994597C13D831ec7", "An address names no coin"),
    ticker("31 letters", "A" * 31, "30 at most"),
    ticker("no name", "", "the symbol is empty"),
    ticker("escape sequence", "\x1b[31mBTC", "U+001B"),
    Case("full-width letters", f"{HEADER}ＥＴＨ,1\n", reads=ETH),
    Case("small letters", f"{HEADER}eth,1\n", reads=ETH),
    Case("duplicate symbol", f"{HEADER}ETH,0.25\neth,0.75\n", reads={"ETH": "1.00"}),
    Case("renamed ticker", f"{HEADER}MATIC,1\n", reads={"MATIC": "1"}),
    Case("thousandfold ticker", f"{HEADER}1000SATS,1\n", reads={"1000SATS": "1"}),
    Case("all cash", f"{HEADER}USDT,5\nUSDC,7\n", reads={"USDT": "5", "USDC": "7"}),
    Case("short only", f"{HEADER}BTC,-1\nETH,-2\n", reads={"BTC": "-1", "ETH": "-2"}),
    Case("tag in an account", "symbol,quantity,account\nETH,1,<img src=x onerror=alert(1)>\n", reads=ETH),
    Case(
        "5,000 coins",
        lambda: HEADER.encode() + b"".join(b"C%d,1\n" % i for i in range(5_000)),
        reads={f"C{i}": "1" for i in range(5_000)},
    ),
)

BYTES = (
    Case("empty", b"", "is empty"),
    Case("blanks", b" \n\t\n", "is empty"),
    Case("header alone", HEADER, "holds no position"),
    Case("NUL", b"symbol,quantity\nE\0TH,1\n", "NUL", 2),
    Case("lone surrogate", b"symbol,quantity\n\xed\xa0\x80,1\n", "is not UTF-8", 2),
    Case("Latin-1", b"symbol,quantity,account\nETH,1,a\nETH,1,Z\xfcrich\n", "is not UTF-8", 3),
    Case("UTF-16 without mark", PLAIN.encode("utf-16-le"), "NUL"),
    Case("UTF-16 cut in half", b"\xff\xfea", "is not UTF-8"),
    Case("spreadsheet", workbook, "spreadsheet or an archive"),
    Case("old spreadsheet", b"\xd0\xcf\x11\xe0" + bytes(60), "spreadsheet or an archive"),
    Case("gzip", b"\x1f\x8b\x08" + bytes(20), "is compressed"),
    Case("random bytes", bytes(range(128, 256)) * 4, "is not UTF-8", 1),
    Case("UTF-8 with mark", b"\xef\xbb\xbf" + PLAIN.encode(), reads=ETH),
    Case("UTF-16 with mark", PLAIN.encode("utf-16"), reads=ETH),
    Case("CR LF", PLAIN.replace("\n", "\r\n"), reads=ETH),
    Case("CR", PLAIN.replace("\n", "\r"), reads=ETH),
    Case("no line end", PLAIN.strip(), reads=ETH),
)

TABLES = (
    Case("no header", "ETH,1\nBTC,2\n", "without a header line", 1),
    Case("names alone", "ETH\nBTC\n", "without quantities", 1),
    Case("other columns", "colour,shape\nred,round\n", "no columns symbol and quantity"),
    Case("duplicate header", "symbol,quantity,quantity\nETH,1,2\n", "more than once", 1),
    Case(
        "three columns Cur.",
        "Type,Buy,Cur.,Sell,Cur.,Fee,Cur.\nTrade,1,BTC,2,USD,0,USD\n",
        "list of trades",
        1,
    ),
    Case("cell too many", f"{PLAIN}SOL,1,2\n", "has 3 cells, the header 2", 3),
    Case("cell too few", "symbol,quantity,account\nETH,1,a\nSOL,1\n", "has 2 cells, the header 3", 3),
    Case("open quote", f'{PLAIN}"SOL,1\n', "quote", 3),
    Case("10 MB line", lambda: PLAIN.encode() + b"A" * 10_000_000 + b",1\n", "10,000,003 characters", 3),
    Case("20,000 letters in a cell", f"symbol,quantity,note\nETH,1,{'x' * 20_000}\n", "10,000 characters", 2),
    Case("10,000 columns", lambda: ",".join(f"c{i}" for i in range(10_000)).encode(), "10,000 columns", 1),
    Case("100,001 rows", lambda: HEADER.encode() + b"ETH,1\n" * 100_001, "100,000 rows", 100_002),
    Case("100,000 rows", lambda: HEADER.encode() + b"ETH,1\n" * 100_000, reads={"ETH": "100000"}),
)


def json_case(name: str, text: str, said: str = "", reads: object = None, column: str = "") -> Case:
    """A JSON file."""
    return Case(name, text, said, None, column, reads, "book.json")


def row(quantity: str) -> str:
    """A JSON list of one position."""
    return f'[{{"symbol": "ETH", "quantity": {quantity}}}]'


JSON = (
    json_case("deep list", "[" * 100_000, "nests too deeply"),
    json_case("deep object", '{"a":' * 100_000, "nests too deeply"),
    json_case("duplicate key", '[{"symbol": "ETH", "symbol": "BTC", "quantity": 1}]', "stands twice"),
    json_case("duplicate key by case", '[{"symbol": "ETH", "Symbol": "BTC", "quantity": 1}]', "twice"),
    json_case("NaN", row("NaN"), "NaN is no number"),
    json_case("infinity", row("-Infinity"), "-Infinity is no number"),
    json_case("null", row("null"), "The cell is empty", column="[0].quantity"),
    json_case("object as amount", row("{}"), "is not a number", column="[0].quantity"),
    json_case("true as amount", row("true"), "is not a number", column="[0].quantity"),
    json_case("10,000 digits", row("9" * 10_000), "at most 100 characters", column="[0].quantity"),
    json_case("1e308", row("1e308"), "out of any range", column="[0].quantity"),
    json_case("lone surrogate", '[{"symbol": "\\ud800", "quantity": 1}]', "U+D800", column="[0].symbol"),
    json_case("list of lists", '[["ETH", 1]]', "no list of positions"),
    json_case("list of names", '["ETH", "BTC"]', "without quantities"),
    json_case("number", "5", "no list of positions"),
    json_case("empty list", "[]", "holds no position"),
    json_case("empty object", "{}", "no list of positions"),
    json_case("other keys", '[{"colour": "red"}]', "no symbol and quantity"),
    Case("cut off", '[{"symbol": "ETH",\n "quantity": ', "is not JSON", 2, "", None, "book.json"),
    Case("CSV under another name", PLAIN, "is not JSON", 1, "1", None, "book.json"),
    json_case("forty digits", row(FORTY), reads={"ETH": FORTY}),
    json_case("1e-18", row("1e-18"), reads={"ETH": "0.000000000000000001"}),
    json_case("coin and amount", '{"ETH": 1}', reads=ETH),
)


def toml_case(name: str, text: str, said: str = "", reads: object = None, column: str = "") -> Case:
    """A TOML file."""
    return Case(name, text, said, None, column, reads, "book.toml")


TABLE = '[[positions]]\nsymbol = "ETH"\n'
TOML = (
    toml_case("redefinition", f'{TABLE}symbol = "BTC"\nquantity = 1\n', "at line 3"),
    toml_case("table twice", "[ETH]\nquantity = 1\n[ETH]\nquantity = 2\n", "is not TOML"),
    toml_case("nan", f"{TABLE}quantity = nan\n", "is not a number", column="[0].quantity"),
    toml_case("inf", f"{TABLE}quantity = -inf\n", "is not a number", column="[0].quantity"),
    toml_case("date", f"{TABLE}quantity = 2025-01-01\n", "is not a number", column="[0].quantity"),
    toml_case("deep list", "a = " + "[" * 50_000, "nests too deeply"),
    toml_case("dotted key of 50,000 parts", ".".join("a" * 50_000) + " = 1\n", "nests too deeply"),
    toml_case("header of 50,000 parts", "[" + ".".join("a" * 50_000) + "]\nb = 1\n", "nests too deeply"),
    toml_case("quoted parts", ".".join(['"a b"'] * 10_000) + " = 1\n", "nests too deeply"),
    toml_case("cut off", "[[positions", "is not TOML"),
    toml_case("10,000 digits", f"{TABLE}quantity = {'9' * 10_000}\n", "is not TOML"),
    toml_case("forty digits", f"{TABLE}quantity = {FORTY}\n", reads={"ETH": FORTY}),
    toml_case("TOML's own underscores", f"{TABLE}quantity = 1_000\n", reads={"ETH": "1000"}),
    toml_case("coin and amount", "ETH = 1\n", reads=ETH),
)

HOLDINGS = (*AMOUNTS, *SYMBOLS, *BYTES, *TABLES, *JSON, *TOML)
