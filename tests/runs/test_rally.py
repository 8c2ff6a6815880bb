"""The collateral plan: what it asks for is just enough, in dollars and in coins, and no account is helped by spot elsewhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.test_alarms_of_venue import BTC, CALM
from tests.runs.watched import World

from hedgerow.exchange.venue import Marked
from hedgerow.hedge.margin import Stake, survivable_move
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.model.watched import Look, NumberRow, PositionRow
from hedgerow.reports.collateral_text import collateral_json
from hedgerow.runs.rally import rally_plan


def looked() -> tuple[World, Look]:
    world = World(CALM)
    return world, world.watch_often(2)[-1]


def test_what_is_brought_survives_the_rally_and_keeps_the_distance_after_it() -> None:
    world, look = looked()
    (need,) = rally_plan("book", look, 0.3, 0.4).needs
    assert need.account == "paper/USDT"
    assert need.net_usd < 0.0
    assert need.lacking_usd > 0.0
    assert need.distance == pytest.approx(look.distance, abs=2e-3)  # the venue's own
    world.venue.credit("USDT", Decimal(f"{need.lacking_coins:.4f}"))
    enough = rally_plan("book", world.watch_often(1)[0], 0.3, 0.4)
    assert enough.needs[0].lacking_usd < 0.01
    world.venue.happen(Marked(0, {BTC: world.mark() * Decimal("1.3")}))
    assert world.watch_often(1)[0].distance > 0.3


def test_more_is_needed_for_more_and_nothing_where_there_is_enough() -> None:
    _, look = looked()
    needed = [rally_plan("book", look, rally, 0.4).needs[0].lacking_usd for rally in (0.1, 0.3, 1.0)]
    assert needed == sorted(needed)
    assert rally_plan("book", look, 0.01, 0.05).needs[0].lacking_usd == 0.0


def inverse(look: Look, dollars: str, coins: str) -> Look:
    (contract,) = (
        c
        for c in World(CALM).contracts
        if c.payoff is Payoff.INVERSE and c.underlying == "BTC" and not c.expiry
    )
    return replace(
        look,
        held=(PositionRow(contract, Decimal(dollars), Decimal(60_000)),),
        coins=(NumberRow("BTC", Decimal(coins)),),
        prices=(NumberRow(contract.name, Decimal(60_000)),),
    )


def test_a_coin_margined_account_is_asked_for_coins_that_grow_with_the_rally() -> None:
    _, look = looked()
    (need,) = rally_plan("book", inverse(look, "-60000", "0.3"), 0.5, 0.4).needs
    assert need.settle == "BTC"
    assert need.settle_usd == 60_000.0
    stake = Stake((inverse(look, "-60000", "0.3").held or ())[0].instrument, -60_000.0, 60_000.0, 60_000.0)
    reach = survivable_move((stake,), 60_000.0 * (0.3 + need.lacking_coins), in_coin=True)
    assert reach == pytest.approx(1.5 * 1.4 - 1.0)
    (whole,) = rally_plan("book", inverse(look, "-60000", "1.2"), 5.0, 0.4).needs
    assert (whole.distance, whole.lacking_usd) == (None, 0.0)  # all the coin: no rally liquidates it


def test_where_free_coins_are_is_told_and_what_is_locked_or_there_already_is_not() -> None:
    _, look = looked()
    book = Portfolio(
        (
            Position("USDT", Decimal(50_000), account="kraken"),
            Position("USDT", Decimal(7), account="kraken", locked=True),
            Position("USDT", Decimal(9), PositionKind.COLLATERAL, "paper"),
            Position("ETH", Decimal(40), account="kraken"),
        )
    )
    plan = rally_plan("book", look, 0.3, 0.4, book)
    assert plan.needs[0].sources == (("kraken", Decimal(50_000)),)
    assert collateral_json([plan])["plans"][0]["accounts"][0]["sources"] == [
        {"account": "kraken", "coins_exact": "50000"}
    ]


def test_what_is_not_known_is_said_and_never_zero() -> None:
    _, look = looked()
    assert rally_plan("book", replace(look, held=None, trouble="no answer"), 0.3, 0.4).unknown == "no answer"
    assert "no price" in rally_plan("book", replace(look, prices=()), 0.3, 0.4).unknown
    assert rally_plan("book", replace(look, held=()), 0.3, 0.4).needs == ()
    assert "it traded" in rally_plan("book", replace(look, traded_usd=1.0), 0.3, 0.4).unknown
