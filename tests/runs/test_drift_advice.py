"""What the watch advises of a book outside its band: by what holds it back, and nothing that does not help there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.runs.watched import ACCOUNT, Script, World, market

from hedgerow.hedge.watch import Bounds, Thresholds
from hedgerow.runs.alarming import Facts, Looked, links
from hedgerow.runs.changing import Changes
from hedgerow.runs.watching import Sight, judge

CALM = market(Script())


def advised(world: World) -> str:
    """What the last look advises of its drift."""
    world.watch_often(1)
    return next(row.advice for row in world.looks[-1].alarms if row.watch == "drift")


@pytest.mark.parametrize(
    ("mode", "bounds", "said", "silent"),
    [
        ("observe", Bounds(), "--mode propose", "approve"),
        ("propose", Bounds(), "hedgerow approve", "observes"),
        ("auto", Bounds(max_order_usd=10.0), "allow more in [watch]", "hedgerow approve` with"),
    ],
)
def test_drift_is_answered_by_what_holds_the_order_back(
    mode: str, bounds: Bounds, said: str, silent: str
) -> None:
    world = World(CALM, mode=mode, bounds=bounds)
    told = advised(world)
    assert said in told
    assert silent not in told


def test_a_halted_account_is_told_to_be_lifted() -> None:
    world = World(CALM)
    world.store.halt(ACCOUNT, world.clock.now(), "a person said so")
    assert "hedgerow halt --lift" in advised(world)


def test_holdings_that_changed_are_to_be_answered_for_by_their_own_name() -> None:
    world = World(CALM)
    world.watch_often(1)
    world.book = {coin: str(10 * float(units)) for coin, units in world.book.items()}
    told = advised(world)
    name = next(ask.name[:8] for ask in world.looks[-1].asks)
    assert f"hedgerow approve {name}" in told
    assert "Put the holdings right" in told


def test_less_than_the_smallest_order_asks_for_no_approval() -> None:
    world = World(CALM)
    at = world.clock.now()
    view = world.look(at)
    sight = Sight(at, view.book, view.market, view.hedge, view.contracts, (), {}, None)
    verdict = replace(judge(None, None, sight, world.policy), act="hold", orders={})
    (found,) = links.drift(Looked(sight, verdict, Facts(at), Changes()), Thresholds())
    assert "smaller lot" in found.advice
    assert "approve" not in found.advice


def test_an_option_that_is_not_known_asks_for_a_chain_and_no_price() -> None:
    world = World(CALM)
    world.book |= {"BTC-27DEC30-90000-P": "1"}
    world.watch_often(1)
    (told,) = (row for row in world.looks[-1].alarms if row.watch == "not hedged")
    assert "--chain, --exclude" in told.advice
    assert "Give the price" not in told.advice
