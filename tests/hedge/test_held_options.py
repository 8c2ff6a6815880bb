"""What an option of the book is worth by its quotes, at which volatility, and when it is not known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import betas_of
from tests.hedge.chains import INDEX
from tests.hedge.test_book_options import BETAS, PUT, Row, chain, name_of, seen, the_book, the_market

from hedgerow.files.chains import read_chain
from hedgerow.hedge.exposure import expose
from hedgerow.hedge.options.held import cut_to, marked_by
from hedgerow.hedge.valuation import value
from hedgerow.model.option_chain import OptionChain
from hedgerow.model.option_names import option_named
from hedgerow.venues.simulated import simulated_market
from hedgerow.venues.simulated_chain import simulated_chain

Broken = Callable[[OptionChain], OptionChain | None]


def quoted(**more: Any) -> Broken:
    return lambda one: replace(one, quotes=tuple(replace(q, **more) for q in one.quotes))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda _: None, "no chain of options on BTC by then: give one with --chain"),
        (lambda one: replace(one, quotes=()), "not in the chain chains.csv"),
        (lambda one: replace(one, as_of=one.as_of - np.timedelta64(25, "h")), "more than a day apart"),
        (lambda one: replace(one, as_of=one.as_of + np.timedelta64(25, "h")), "more than a day apart"),
        (lambda one: replace(one, index_usd=1.06 * one.index_usd), "not of one moment"),
        (lambda one: replace(one, as_of=one.as_of + np.timedelta64(50, "D")), "it ended on"),
        (lambda one: replace(one, settle="FDUSD"), "pays in FDUSD, which has no price"),
        (quoted(bid=math.nan, mark=math.nan), "no bid and ask of it, and no mark"),
        (quoted(bid=math.nan, ask=math.nan, mark=math.nan), "no bid and ask of it, and no mark"),
        (quoted(forward_usd=math.nan), "no price of the future"),
        (quoted(bid=2.0, ask=2.0, mark=math.nan), "tells no volatility"),
    ],
)
def test_a_price_that_cannot_be_is_unknown_and_said(broken: Broken, said: str) -> None:
    """Never zero: such a row is in no number, and the book has it by name."""
    at = the_market((PUT,))
    mended = broken(at.options["BTC"])
    at = replace(at, options={} if mended is None else {"BTC": mended})
    worth = value(the_book((PUT,)), at)
    name = name_of(*PUT[:3]).upper()
    assert worth.unknown == (name,)
    (told,) = [line for line in worth.warnings if name in line]
    assert said in told
    bare = seen(())
    assert worth.total_usd == bare.total_usd
    found = expose(worth, betas_of(BETAS))
    assert found.unknown == (name,)
    assert found.options == ()
    assert found.beta_usd[0] == expose(bare, betas_of(BETAS)).beta_usd[0]


def test_one_side_alone_is_taken_at_the_mark() -> None:
    at = the_market((PUT,))
    one = at.options["BTC"]
    (held,) = value(
        the_book((PUT,), USDT=1.0),
        replace(
            at, options={"BTC": replace(one, quotes=tuple(replace(q, bid=math.nan) for q in one.quotes))}
        ),
    ).options
    assert "mark" in held.basis
    assert held.volatility == pytest.approx(PUT[4], rel=1e-6)


def test_a_chain_of_another_price_is_brought_to_the_books() -> None:
    """The coin has moved 3 % since the chain: the option is worth what QuantLib says there, at its volatility."""
    at = the_market((PUT,), 0.03)
    old = {"BTC": chain("BTC", (PUT,))}
    here, there = (
        value(the_book((PUT,)), replace(at, options=options)).options[0] for options in (at.options, old)
    )
    assert there.value_usd == pytest.approx(here.value_usd, rel=1e-6)
    assert there.greeks.delta_usd == pytest.approx(here.greeks.delta_usd, rel=1e-6)
    assert there.greeks.net_delta == pytest.approx(here.greeks.net_delta, rel=1e-6)


def test_deep_in_the_money_the_other_side_tells_the_volatility() -> None:
    deep: Row = ("BTC", 1.4, False, 1.0, 0.5)
    at = the_market((deep, ("BTC", 1.4, True, 1.0, 0.5)))
    one = at.options["BTC"]
    crossed = tuple(
        q if q.call else replace(q, bid=0.9 * q.bid, ask=0.95 * q.ask, mark=math.nan) for q in one.quotes
    )
    (held,) = value(the_book((deep,)), replace(at, options={"BTC": replace(one, quotes=crossed)})).options
    assert held.volatility == pytest.approx(0.5, rel=1e-5)


def quoted_as(one: OptionChain, bid: float, ask: float, mark: float, *, call: bool) -> OptionChain:
    """The chain with its puts, or calls, quoted at these shares of their price."""
    return replace(
        one,
        quotes=tuple(
            replace(q, bid=bid * q.mark, ask=ask * q.mark, mark=mark * q.mark) if q.call == call else q
            for q in one.quotes
        ),
    )


@pytest.mark.parametrize(
    ("bid", "ask", "mark", "paid", "said"),
    [
        (0.95, 1.15, 1.0, 1.05, "middle"),
        (0.5, 1.9, 1.0, 1.0, "far apart"),
        (0.5, 1.9, 2.0, 1.2, "middle"),  # a mark beyond the quotes is not believed
        (math.nan, 1.9, 1.0, 1.0, "one side"),
    ],
)
def test_where_the_quotes_are_far_apart_the_mark_is_taken(
    bid: float, ask: float, mark: float, paid: float, said: str
) -> None:
    at = the_market((PUT,))
    one = quoted_as(at.options["BTC"], bid, ask, mark, call=False)
    (held,) = value(the_book((PUT,)), replace(at, options={"BTC": one})).options
    (q,) = at.options["BTC"].quotes
    assert held.price_usd == pytest.approx(paid * q.mark * INDEX, rel=1e-9)
    assert said in held.basis
    if math.isfinite(bid):
        assert held.value_doubt == pytest.approx(2.0 * 0.5 * (ask - bid) * q.mark * INDEX, rel=1e-9)


def test_of_call_and_put_the_one_that_leaves_less_open_tells_the_volatility() -> None:
    """A put in the money is quoted wide; the call at its strike is not, and the two have one volatility."""
    deep: Row = ("BTC", 1.25, False, 1.0, 0.5)
    at = the_market((deep, ("BTC", 1.25, True, 1.0, 0.5)))
    one = quoted_as(at.options["BTC"], 0.93, 1.09, 1.0, call=False)
    (held,) = value(the_book((deep,)), replace(at, options={"BTC": one})).options
    assert held.volatility == pytest.approx(0.5, rel=1e-6)
    assert held.doubt == pytest.approx(0.0, abs=1e-6)
    wide = replace(one, quotes=tuple(q for q in one.quotes if not q.call))
    (alone,) = value(the_book((deep,)), replace(at, options={"BTC": wide})).options
    assert alone.doubt > 0.1


@pytest.mark.parametrize("at", [0.3, 0.7, 1.0, 1.6, 4.0])
def test_a_chain_that_is_cut_prices_what_it_is_cut_to_as_the_whole_one_does(at: float) -> None:
    whole = simulated_chain(simulated_market())
    near = sorted(whole.quotes, key=lambda q: abs(q.strike - at * whole.index_usd))[:12]
    names = [name for q in near if (name := option_named(q.symbol)) is not None]
    assert len(names) == 12
    one = cut_to(names[:1], whole)
    assert marked_by(names[0], one) == marked_by(names[0], whole)
    several = cut_to(names, whole)
    assert len(one.quotes) <= len(several.quotes) < len(whole.quotes)
    assert [marked_by(n, several) for n in names] == [marked_by(n, whole) for n in names]


@pytest.mark.market_data
def test_a_real_chain_that_is_cut(data_dir: Path) -> None:
    whole = read_chain(data_dir / "deribit_option_chains_2025-12-30_31.parquet", "BTC")
    names = [name for q in whole.quotes if (name := option_named(q.symbol)) is not None]
    assert len(names) == len(whole.quotes)
    for name in names[::7]:
        assert repr(marked_by(name, cut_to([name], whole))) == repr(marked_by(name, whole))
