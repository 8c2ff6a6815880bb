"""What a watch says of a trade: its cost, what an earlier life had begun, at what dollar coins count, and advice that is a sentence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.runs.test_monitor import CALM
from tests.runs.watched import ACCOUNT, World

from hedgerow.hedge.watch import Bounds
from hedgerow.runs.brief import brief_of
from hedgerow.runs.diary import LOOK, View, diary_of
from hedgerow.runs.ledger import Entry, Ledger
from hedgerow.runs.narrate import finished_line


def said(world: World, action: str) -> list[str]:
    """What was said under a verb."""
    return [line.text for line in world.lines if line.action == action]


def test_the_line_and_the_proposal_say_what_a_trade_is_to_cost() -> None:
    world = World(CALM, mode="propose")
    world.watch(1)
    (line,), (proposal,) = said(world, "rebalance"), said(world, "proposal")
    assert "BTCUSDT · costs about $" in line
    assert "waits, costs about $" in proposal
    assert line.partition("costs about ")[2] == proposal.partition("costs about ")[2].partition(":")[0]


def test_who_only_observes_is_told_so_once() -> None:
    world = World(CALM, mode="observe")
    (look,) = world.watch(1)
    (drift,) = (row for row in look.alarms if row.watch == "drift")
    assert drift.text.endswith("it only observes")
    assert "only observes" not in drift.advice
    assert drift.advice.startswith("With `--mode propose`")


def test_advice_begins_as_a_sentence_does() -> None:
    world = World(CALM, bounds=Bounds(max_order_usd=1.0))
    (look,) = world.watch(1)
    advice = [row.advice for row in look.alarms if row.watch in {"limits", "drift"}]
    assert len(advice) == 2
    assert all(text.startswith("Let it ask") for text in advice)


class _Assuming(World):
    """A world where nobody prices the dollar coin."""

    def look(self, at: int) -> View:
        return replace(super().look(at), assumed=("USDC", "USDT"))


def test_a_dollar_coin_without_a_price_is_said_once_and_stands_in_the_look_and_the_brief() -> None:
    world = _Assuming(CALM)
    looks = world.watch(3)
    (line,) = said(world, "assumed")
    assert line.startswith("USDT at one dollar")
    assert "--price USDT=…" in line
    assert {look.assumed for look in looks} == {("USDT",)}
    records = [row for row in world.store.read(diary_of(ACCOUNT, "book")) if row.kind == LOOK]
    brief = brief_of((ACCOUNT, "book"), records, world.store.read(ACCOUNT), ("BTC",))
    assert brief is not None
    assert brief.assumed == ("USDT",)


def test_what_an_earlier_life_had_begun_is_said_with_what_was_traded_for_it() -> None:
    world = World(CALM)
    world.watch(1)
    contract = next(c for c in world.contracts if c.symbol == "BTCUSDT")
    entry = Entry(world.venue.state.account("paper").legs[f"{contract.name}/net"])
    none, after = (
        Ledger(instruments={contract.name: contract}),
        Ledger({contract.name: entry}, {contract.name: contract}),
    )
    line = finished_line(7, "watch-1", none, after)
    assert (line.at, line.action) == (7, "finished")
    assert f"{entry.quantity:+f} BTCUSDT" in line.text
    assert "nothing more was traded" in finished_line(7, "watch-1", after, after).text
    assert entry.quantity < Decimal(0)
