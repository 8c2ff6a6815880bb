"""Holdings files: plain ones, the exports of other programs, contracts, wrapped tokens, exact amounts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from hedgerow.files.portfolio import parse_portfolio, read_portfolio
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import Portfolio, PositionKind


def book(text: str, file: str = "book.csv", decimal_comma: bool = False) -> Portfolio:
    return parse_portfolio(text.encode(), file, decimal_comma=decimal_comma)


def held(portfolio: Portfolio) -> dict[str, str]:
    return {position.symbol: f"{position.quantity:f}" for position in portfolio.positions}


def refused(text: str, file: str = "book.csv") -> BadPortfolio:
    with pytest.raises(BadPortfolio) as caught:
        book(text, file)
    return caught.value


EXPORTS = {
    "Binance balances": ("Asset,Free,Locked\nBTC,0.5,0.25\nETH,2,0\n", {"BTC": "0.75", "ETH": "2"}),
    "Binance wallet": ("Coin,Total,Available\nBTC,0.75,0.5\nETH,2,2\n", {"BTC": "0.75", "ETH": "2"}),
    "Bybit assets": (
        "Coin,Wallet Balance,Account Type\nBTC,0.75,UNIFIED\nETH,2,FUND\n",
        {"BTC": "0.75", "ETH": "2"},
    ),
    "Koinly holdings": (
        "Asset,Quantity,Cost (USD),Value (USD)\nBTC,0.75,30000,60000\nETH,2,4000,6000\n",
        {"BTC": "0.75", "ETH": "2"},
    ),
    "Koinly balances": (
        "Wallet,Currency,Balance\nLedger,BTC,0.75\nLedger,ETH,2\n",
        {"BTC": "0.75", "ETH": "2"},
    ),
    "CoinTracking current balance": (
        '"Ticker","Coin","Amount","Current Price in USD"\n"BTC","Bitcoin","0.75","80000"\n"ETH","Ether","2","3000"\n',
        {"BTC": "0.75", "ETH": "2"},
    ),
    "rotki balances": (
        "timestamp,category,asset_symbol,amount,usd_value\n1,asset,BTC,0.75,60000\n1,liability,DAI,500,500\n",
        {"BTC": "0.75", "DAI": "-500"},
    ),
    "Ghostfolio activities": (
        (
            "symbol,quantity,unitPrice,type,date\nbitcoin,1,50000,BUY,x\nbitcoin,0.25,60000,SELL,x\n"
            "ETH-USD,2,3000,BUY,x\nETH-USD,1,0,FEE,x\n"
        ),
        {"BTC": "0.75", "ETH": "2"},
    ),
    "Ghostfolio holdings": (
        "symbol,quantity,assetClass,dataSource\nbitcoin,0.75,LIQUIDITY,COINGECKO\nETHUSD,2,LIQUIDITY,YAHOO\n",
        {"BTC": "0.75", "ETH": "2"},
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_export_is_recognised_by_its_headers(name: str) -> None:
    text, expected = EXPORTS[name]
    found = book(text)
    assert held(found) == expected
    assert name in found.recognised


def test_plain_file_says_what_was_read() -> None:
    found = book("coin,amount,venue\nBTC,1,kraken\n")
    assert found.recognised == (
        "book.csv: plain holdings, 1 row (symbol from coin, quantity from amount, account from venue)"
    )
    assert found.positions[0].account == "kraken"
    assert found.positions[0].line == 2


@pytest.mark.parametrize(
    "text",
    [
        "SYMBOL, Quantity \nBTC,0.75\nETH,2\n",
        "symbol;quantity\nBTC;0.75\nETH;2\n",
        "symbol\tquantity\nBTC\t0.75\nETH\t2\n",
        "\n\nsymbol,quantity\n\nBTC,0.75\n\nETH,2\n\n",
        "symbol,quantity,,\nBTC,0.75,,\nETH,2,,\n",
        "My portfolio\n2025-01-01\nsymbol,quantity\nBTC,0.75\nETH,2\n",
        "quantity,note,symbol\n0.75,long,btc\n2,,eth\n",
        "symbol,quantity\nBTC,0.5\nETH,2\nBTC,0.25\n",
    ],
)
def test_csv_variants_are_one_book(text: str) -> None:
    assert held(book(text)) == {"BTC": "0.75", "ETH": "2"}


def test_decimal_commas_are_read_when_told() -> None:
    text = "symbol;quantity\nBTC;0,75\nETH;2\n"
    assert held(book(text, decimal_comma=True)) == {"BTC": "0.75", "ETH": "2"}
    assert "--decimal-comma" in refused(text).advice
    with pytest.raises(BadPortfolio, match=r"1\.000,5"):
        book("symbol;quantity\nBTC;1.000,5\n", decimal_comma=True)


JSON_BOOKS = [
    '[{"symbol": "BTC", "quantity": 0.75}, {"symbol": "ETH", "quantity": "2"}]',
    '{"BTC": 0.75, "ETH": 2}',
    '{"positions": [{"symbol": "BTC", "quantity": 0.75}, {"symbol": "ETH", "quantity": 2}]}',
    '{"BTC": {"quantity": 0.75}, "ETH": {"quantity": 2}}',
    '{"balances": [{"asset": "BTC", "free": "0.5", "locked": "0.25"}, {"asset": "ETH", "free": "2", "locked": "0"}]}',
    (
        '{"retCode": 0, "result": {"list": [{"accountType": "UNIFIED", "coin":'
        ' [{"coin": "BTC", "walletBalance": "0.75"}, {"coin": "ETH", "walletBalance": "2"}]}]}}'
    ),
]


@pytest.mark.parametrize("text", JSON_BOOKS)
def test_json_shapes_are_one_book(text: str) -> None:
    assert held(book(text, "book.json")) == {"BTC": "0.75", "ETH": "2"}


def test_toml_is_read_exactly() -> None:
    text = '[[positions]]\nsymbol = "BTC"\nquantity = 0.75\n[[positions]]\nsymbol = "ETH"\nquantity = 2\n'
    assert held(book(text, "book.toml")) == {"BTC": "0.75", "ETH": "2"}
    assert held(book("BTC = 0.75\nETH = 2\n", "book.toml")) == {"BTC": "0.75", "ETH": "2"}


def test_parquet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "book.parquet"
    pl.DataFrame({"symbol": ["BTC", "ETH"], "quantity": [Decimal("0.75"), Decimal(2)]}).write_parquet(path)
    assert {p.symbol: p.quantity for p in read_portfolio(path).positions} == {
        "BTC": Decimal("0.75"),
        "ETH": Decimal(2),
    }


@pytest.mark.parametrize(
    "amount", ["0.1234567890123456789012345678901234567890", "1e-18", "123456789012345678901234.5"]
)
def test_amounts_are_exact_in_every_format(amount: str) -> None:
    for text, file in (
        (f"symbol,quantity\nETH,{amount}\n", "b.csv"),
        (f'[{{"symbol": "ETH", "quantity": {amount}}}]', "b.json"),
        (f'[[positions]]\nsymbol = "ETH"\nquantity = {amount}\n', "b.toml"),
    ):
        assert book(text, file).positions[0].quantity == Decimal(amount)


def test_sums_do_not_round() -> None:
    found = book("symbol,quantity\nETH,123456789012345678901234567890\nETH,1e-20\n")
    assert f"{found.positions[0].quantity:f}" == "123456789012345678901234567890.00000000000000000001"
    assert found.notes == ("ETH stands in several rows of the book: they are summed.",)


def test_what_differs_in_account_or_lock_stays_apart() -> None:
    found = book("symbol,quantity,account,locked\nETH,1,a,no\nETH,1,b,no\nETH,1,b,yes\n")
    assert [(p.account, p.locked) for p in found.positions] == [("a", False), ("b", False), ("b", True)]


def test_what_is_held_short_is_negative() -> None:
    found = book("symbol,quantity,kind\nETH,-2,spot\nSOL,3,short\n")
    assert held(found) == {"ETH": "-2", "SOL": "-3"}


def test_zero_rows_are_left_out_and_named() -> None:
    found = book("symbol,quantity\nETH,1\nSOL,0\nADA,-0\n")
    assert held(found) == {"ETH": "1"}
    assert found.notes == ("left out, their quantity is 0: SOL, ADA.",)


def test_a_column_without_a_name_is_no_field() -> None:
    (row,) = book(",symbol,quantity\n7,ETH,1\n").positions
    assert (row.symbol, row.account, row.cost_basis, row.sector) == ("ETH", "", None, "")


def test_unused_columns_are_named() -> None:
    assert book("symbol,quantity,moon\nETH,1,full\n").notes == ("columns not used: moon.",)


def test_collateral_is_its_own_kind() -> None:
    assert book("symbol,quantity,kind\nUSDT,100,collateral\n").positions[0].kind is PositionKind.COLLATERAL


def test_wrapped_token_says_what_it_stands_for() -> None:
    (row,) = book("symbol,quantity,underlying,rate,discount\nXYZETH,2,ETH,1.05,0.02\n").positions
    assert (row.underlying, row.rate, row.discount) == ("ETH", Decimal("1.05"), Decimal("0.02"))


def test_renamed_and_thousandfold_tickers_bring_a_hint() -> None:
    notes = " ".join(book("symbol,quantity\nMATIC,1\nFTM,1\nLUNA,1\n1000SATS,1\n").notes)
    for said in (
        "MATIC was renamed POL",
        "FTM was renamed S",
        "LUNA was renamed LUNC",
        "1000SATS counts 1000 SATS",
    ):
        assert said in notes


CONTRACT = "symbol,quantity,kind,entry_price,multiplier,settle,instrument\n"


def test_contracts_are_described_by_their_row() -> None:
    found = book(
        CONTRACT + "BTC,-0.5,perp,90000,,,\nBTC,-300,inverse,90000,1,,\nETH,10,quanto,3000,0.000001,BTC,\n"
    )
    contracts = [position.instrument for position in found.positions]
    assert [c.payoff for c in contracts if c] == [Payoff.LINEAR, Payoff.INVERSE, Payoff.QUANTO]
    assert [c.settle for c in contracts if c] == ["USDT", "BTC", "BTC"]
    assert all(position.is_derivative for position in found.positions)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("BTC,-1,perp,,,,", "entry price"),
        ("BTC,-1,perp,0,,,", "entry price"),
        ("BTC,-1,inverse,90000,,,", "multiplier"),
        ("BTC,-1,inverse,90000,-1,,", "multiplier is above 0"),
        ("ETH,-1,quanto,3000,0.1,,", "settlement coin"),
        ("BTC,-1,future,90000,,,", "expiry"),
        ("BTC,-1,,90000,,,NOSUCH", '"NOSUCH" is no known contract'),
        ("BTC,-1,magic,90000,,,", '"magic" is no kind of position'),
    ],
)
def test_a_contract_that_is_not_described_is_refused(row: str, said: str) -> None:
    why = refused(CONTRACT + row + "\n")
    assert said in why.message
    assert (why.line, why.exit_code) == (2, 4)
    assert why.advice


def test_two_contracts_of_a_coin_keep_their_entry_prices() -> None:
    found = book(CONTRACT + "BTC,1,perp,90000,,,\nBTC,1,perp,95000,,,\n")
    assert [position.entry_price for position in found.positions] == [Decimal(90000), Decimal(95000)]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Type,Buy,Cur.,Sell,Cur.,Fee,Cur.,Exchange", "CoinTracking list of trades"),
        ("User_ID,UTC_Time,Account,Operation,Coin,Change,Remark", "Binance list of movements"),
        ("Date,Pair,Side,Price,Executed,Amount", "list of trades"),
        ("Date,Sent Amount,Sent Currency,Received Amount,Received Currency", "Koinly list of transactions"),
    ],
)
def test_lists_of_movements_are_refused_by_name(header: str, said: str) -> None:
    why = refused(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")
    assert said in why.message
    assert "instead" in why.advice


def test_json_place_is_named() -> None:
    rows = [{"symbol": "BTC", "quantity": 1}, {"symbol": "ETH", "quantity": "x"}]
    why = refused(json.dumps(rows), "book.json")
    assert (why.file, why.column) == ("book.json", "[1].quantity")


def test_a_name_on_disk_and_bytes_are_one_book(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("symbol,quantity\nBTC,0.75\n")
    assert read_portfolio(path) == parse_portfolio(path.read_bytes(), "book.csv")
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    assert held(read_portfolio(link)) == {"BTC": "0.75"}


def test_options_are_told_by_their_names() -> None:
    """Whatever column the name stands in; sold below zero, or of kind short."""
    found = book(
        "symbol,quantity,kind,instrument,account\n"
        "BTC-26DEC25-80000-P,2,,,deribit\n"
        "btc-26dec25-100000-c,-1.5,option,,deribit\n"
        "ETH,3,short,ETH-26DEC25-4000-C,deribit\n"
        "ETH_USDC-26DEC25-2500-P,4,put,,deribit\n"
    ).positions
    assert [(p.symbol, str(p.quantity), p.underlying) for p in found] == [
        ("BTC-26DEC25-80000-P", "2", "BTC"),
        ("BTC-26DEC25-100000-C", "-1.5", "BTC"),
        ("ETH-26DEC25-4000-C", "-3", "ETH"),
        ("ETH_USDC-26DEC25-2500-P", "4", "ETH"),
    ]
    assert all(p.is_derivative and p.option is not None and p.account == "deribit" for p in found)
    assert [p.option.settle for p in found if p.option] == ["", "", "", "USDC"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("BTC-31FEB26-80000-P,1,", "ends on no day"),
        ("BTC,1,option", "is no option's name"),
        ("BTC-26DEC25-80000-P,1,call", "its name says that it is a put"),
        ("BTC-26DEC25-80000-P,1,perp", "is an option, not of kind perp"),
        ("BTC-26DEC25-80000-P,1,collateral", "is an option, not of kind collateral"),
    ],
)
def test_an_option_that_its_row_contradicts_is_refused(row: str, said: str) -> None:
    why = refused(f"symbol,quantity,kind\n{row}\n")
    assert said in why.message
    assert (why.line, why.exit_code) == (2, 4)
    assert why.advice
