"""Option chains: the last one of a coin, unknown kept unknown, dollars never taken for coins, synthetic never traded."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hedgerow.files.chains import read_chain
from hedgerow.hedge.options.smiles import smiles_of
from hedgerow.model.errors import BadPrices

FILE = "deribit_option_chains_2025-12-30_31.parquet"
HEAD = (
    "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,futures_price,index_price,"
    "underlying_name"
)
PUT = "2025-12-31T09:00Z,BTC-30JAN26-80000-P,put,80000,2026-01-30T08:00Z,0.015,0.0155,88000,87600,BTC-30JAN26"


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "chain.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_chain_in_coins(tmp_path: Path) -> None:
    chain = read_chain(written(tmp_path, PUT))
    (quote,) = chain.quotes
    assert (chain.underlying, chain.settle, chain.in_coin, chain.lot) == ("BTC", "BTC", True, Decimal("0.1"))
    assert (quote.bid, quote.ask, quote.strike, quote.call, quote.tradable) == (
        0.015,
        0.0155,
        80000.0,
        False,
        True,
    )
    assert chain.usd(quote.ask) == pytest.approx(0.0155 * 87600)
    assert chain.forward_price(quote, quote.ask) == pytest.approx(0.0155 * 88000)
    assert chain.years(quote.expiry) == pytest.approx((29 * 24 + 23) / 8760)
    assert np.isnan([quote.mark, quote.bid_size, quote.ask_size, quote.open_interest, quote.volume]).all()


def test_a_chain_in_dollars(tmp_path: Path) -> None:
    row = PUT.replace("BTC-30JAN26-80000-P", "BTC_USDC-30JAN26-80000-P").replace("0.015,0.0155", "1320,1360")
    chain = read_chain(written(tmp_path, row))
    assert (chain.settle, chain.in_coin) == ("USDC", False)
    assert chain.usd(1360.0) == chain.forward_price(chain.quotes[0], 1360.0) == 1360.0
    told = read_chain(written(tmp_path, PUT + ",USDT,0.01", head=HEAD + ",settle,lot"))
    assert (told.settle, told.lot) == ("USDT", Decimal("0.01"))


def test_dollars_are_not_taken_for_coins(tmp_path: Path) -> None:
    row = PUT.replace("-P,put", "-C,call").replace("0.015,0.0155", "9000,9100")
    with pytest.raises(BadPrices, match="these are dollars") as caught:
        read_chain(written(tmp_path, row))
    assert "settle" in caught.value.advice


def test_what_cannot_be_traded_or_known_is_told(tmp_path: Path) -> None:
    rows = (
        PUT,
        PUT.replace("80000", "75000").replace("0.015,0.0155", "0.009,0.008"),
        PUT.replace("80000", "70000").replace("0.015,0.0155", ",0.004"),
        PUT.replace("80000", "65000").replace("0.015,0.0155", "0,0.002"),
        PUT.replace("80000", "60000").removesuffix("BTC-30JAN26") + "SYN.BTC-30JAN26",
        PUT.replace("80000", "55000").replace("2026-01-30", "2025-12-30"),
    )
    chain = read_chain(written(tmp_path, *rows))
    by_strike = {quote.strike: quote for quote in chain.quotes}
    assert set(by_strike) == {80000.0, 75000.0, 70000.0, 65000.0, 60000.0}
    assert np.isnan([by_strike[75000.0].bid, by_strike[75000.0].ask]).all()
    assert np.isnan([by_strike[70000.0].bid, by_strike[65000.0].bid]).all()
    assert by_strike[65000.0].ask == 0.002
    assert [q.strike for q in chain.quotes if not q.tradable] == [60000.0]
    said = " ".join(chain.notes)
    for words in (
        "1 rows of options that have expired",
        "1 options have a bid above",
        "1 options are on a synthetic",
    ):
        assert words in said


def test_a_row_marked_synthetic_is_not_tradable(tmp_path: Path) -> None:
    chain = read_chain(
        written(tmp_path, PUT + ",true", PUT.replace("80000", "75000") + ",false", head=HEAD + ",synthetic")
    )
    assert {quote.strike: quote.tradable for quote in chain.quotes} == {80000.0: False, 75000.0: True}


def test_the_last_chain_at_or_before_a_time(tmp_path: Path) -> None:
    later = PUT.replace("2025-12-31T09:00Z", "2025-12-31T21:00Z").replace("0.0155", "0.0165")
    other = PUT.replace("2025-12-31T09:00Z", "2025-12-31T22:00Z").replace("BTC", "ETH")
    path = written(tmp_path, later, PUT, other)
    assert read_chain(path).quotes[0].ask == 0.0165
    assert read_chain(path, as_of="2025-12-31T12:00").quotes[0].ask == 0.0155
    assert read_chain(path, "eth").lot == Decimal(1)
    with pytest.raises(BadPrices, match="has no chain on BTC at or before 2025-12-30"):
        read_chain(path, as_of="2025-12-30")
    with pytest.raises(BadPrices, match="has no chain on SOL"):
        read_chain(path, "SOL")


@pytest.mark.parametrize(
    ("row", "head", "said"),
    [
        (PUT.replace("put", "straddle"), HEAD, "a row is no option"),
        (PUT.replace(",80000,", ",,"), HEAD, "a row is no option"),
        (PUT.replace("0.0155", "cheap"), HEAD, "is not a number"),
        (PUT.replace("2026-01-30T08:00Z", "soon"), HEAD, "is no time"),
        (PUT, HEAD.replace("ask_price", "offer"), "has no column ask_price"),
        (PUT, HEAD.replace("instrument_name", "name"), "does not tell the coin"),
        (PUT.replace("87600", "0"), HEAD, "has no index_price"),
        (PUT + ",SOL", HEAD + ",settle", "neither BTC nor a stablecoin"),
        (PUT + ",USDT\n" + PUT + ",USDC", HEAD + ",settle", "settles in USDC, USDT"),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path: Path, row: str, head: str, said: str) -> None:
    with pytest.raises(BadPrices, match=said):
        read_chain(written(tmp_path, row, head=head))


@pytest.mark.market_data
@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_real_chains_agree_with_the_venue(data_dir: Path, coin: str) -> None:
    """The smile is the venue's own marks within a volatility point where it trades, and free of arbitrage."""
    chain = read_chain(data_dir / FILE, coin)
    far = [expiry for expiry in chain.expiries if chain.years(expiry) > 20 / 365]
    smiles = smiles_of(chain, far)
    assert set(smiles.of) == set(far)
    assert smiles.notes == ()
    frame = pl.read_parquet(data_dir / FILE).filter(pl.col("snapshot") == "20251231T211843Z")
    marked = dict(zip(frame["instrument_name"], frame["implied_volatility"], strict=True))
    gaps = [
        float(smile.volatility(np.log(q.strike / q.forward_usd))) - marked[q.symbol]
        for expiry, smile in smiles.of.items()
        for q in chain.of(expiry)
        if abs(np.log(q.strike / q.forward_usd)) < 0.35
    ]
    assert len(gaps) > 150
    assert np.abs(gaps).max() < 0.015
    assert all(smile.free_of_arbitrage for smile in smiles.of.values())
    synthetic = [quote for quote in chain.quotes if not quote.tradable]
    assert synthetic
    assert {str(q.expiry)[:10] for q in synthetic}.isdisjoint(str(e)[:10] for e in far)
