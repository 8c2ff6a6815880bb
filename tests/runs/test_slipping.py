"""Prices that no market makes: nothing is sent on them, in any mode, until somebody says that they are right."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.test_monitor import CALM
from tests.runs.watched import ACCOUNT, World

from hedgerow.model.market import Market
from hedgerow.runs.diary import decided_again


def slipped(whole: Market, moves: dict[str, float], bar: int) -> Market:
    """The market with what a price is multiplied by from a bar of the watched month on."""
    prices = whole.prices.copy()
    first = len(whole.times) - 30 * 6 - 1
    for coin, factor in moves.items():
        prices[first + bar :, whole.symbols.index(coin)] *= factor
    return replace(whole, prices=prices)


@pytest.mark.parametrize(
    "moves",
    [
        {"SOL": 10.0},
        {"SOL": 0.001},
        {"ETH": 100.0},
        {"BTC": 0.001},
        {"BTC": 0.1},
        {"USDT": 10.0},
        {"SOL": 10.0, "ETH": 0.1},
    ],
)
@pytest.mark.parametrize("mode", ["auto", "propose"])
def test_nothing_is_sent_or_proposed_on_a_price_that_slipped(moves: dict[str, float], mode: str) -> None:
    world = World(slipped(CALM, moves, 3), mode=mode)
    watching = world.monitor()
    before = world.watch(3, watching)[-1]
    held = world.held()
    looks = world.watch(4, watching)
    assert world.held() == held
    for look in looks:
        assert (look.act, look.orders, look.proposal, look.beta_usd) == ("stop", (), None, ())
        (row,) = (each for each in look.alarms if each.watch == "price jump")
        assert all(coin in row.text for coin in moves)
        assert (row.level, f"hedgerow approve {look.asks[-1].name[:8]}" in row.advice) == ("critical", True)
        assert "not hedged" not in {each.watch for each in look.alarms}
    assert len({look.asks for look in looks}) == 1
    assert before.beta_usd
    assert calls(world) == 1


def calls(world: World) -> int:
    """How often somebody was called about a price."""
    return sum(level == "critical" and title.startswith("price jump") for level, title, _ in world.alarms)


def test_a_slip_of_the_contract_that_would_be_bought_is_found_before_its_size_is_wrong() -> None:
    world = World(
        slipped(CALM, {"ETH": 0.001}, 0), instruments="ETHUSDT", book={"SOL": "500", "USDT": "50000"}
    )
    looks = world.watch(2)
    assert (world.held(), {look.act for look in looks}) == (Decimal(0), {"stop"})
    assert looks[0].asks == looks[1].asks
    assert "ETH is at" in looks[0].asks[0].what
    world.meant()
    assert world.watch(1)[0].slip_by == "Ann"


@pytest.mark.parametrize("fall", [0.4, 0.3])
def test_a_crash_is_hedged_without_a_question(fall: float) -> None:
    world = World(slipped(CALM, {"BTC": fall, "ETH": fall, "SOL": fall}, 3))
    looks = world.watch(6)
    assert all(not look.asks and look.beta_usd for look in looks)
    assert looks[-1].in_band
    assert calls(world) == 0


def test_who_says_that_it_is_right_is_told_and_it_is_traded_on_and_not_asked_again_by_a_later_process() -> (
    None
):
    world = World(slipped(CALM, {"SOL": 10.0}, 3))
    world.watch(4)
    first = world.looks[-1].asks
    world.watch(1)  # each call is another process
    assert world.looks[-1].asks == first
    world.meant()
    (look,) = world.watch(1)
    assert (look.slip, look.slip_by, look.in_band) == (None, "Ann", True)
    assert any(line.action == "accepted" and "by Ann" in line.text for line in world.lines)
    (look,) = world.watch(1)
    assert (look.asks, look.slip_by) == ((), "")
    assert calls(world) == 1


def test_a_price_that_is_put_right_ends_the_question_and_the_looks_are_decided_the_same_again() -> None:
    whole = slipped(slipped(CALM, {"SOL": 10.0}, 3), {"SOL": 0.1}, 5)
    world = World(whole)
    looks = world.watch(8)
    assert [bool(look.slip) for look in looks] == [False] * 3 + [True] * 2 + [False] * 3
    assert "price jump" not in {row.watch for row in looks[-1].alarms}
    assert looks[-1].in_band
    assert decided_again(world.looks, world, world.policy) == ()


def test_the_first_look_ever_holds_a_price_against_the_bar_before() -> None:
    world = World(slipped(CALM, {"SOL": 10.0}, 0))
    (look,) = world.watch(1)
    assert (look.act, world.held()) == ("stop", Decimal(0))
    assert "SOL is at" in look.reason
    later = world.watch(5)  # the bars after it agree with it, and that makes it no truer
    assert ({each.act for each in later}, {each.asks for each in later}) == ({"stop"}, {look.asks})


def test_a_whole_series_in_another_unit_is_asked_about_by_who_looked_before() -> None:
    world = World(CALM)
    world.watch(2)
    whole = world.whole
    prices = whole.prices.copy()
    prices[:, whole.symbols.index("SOL")] *= 1000.0
    world.whole = replace(whole, prices=prices)
    held = world.held()
    (look,) = world.watch(1)
    assert (look.act, world.held(), bool(look.slip)) == ("stop", held, True)


def test_what_is_left_out_or_dust_is_not_asked_about() -> None:
    world = World(slipped(CALM, {"SOL": 10.0}, 2), book={"ETH": "40", "SOL": "0.1", "USDT": "50000"})
    assert not any(look.asks for look in world.watch(4))


def test_where_positions_are_not_known_the_question_stays() -> None:
    world = World(slipped(CALM, {"SOL": 10.0}, 1))
    watching = world.monitor()
    (_, look) = world.watch(2, watching)
    world.down.add("positions")
    (blind,) = world.watch(1, watching)
    assert (blind.asks, blind.act) == (look.asks, "stop")


def test_another_slip_is_another_question_and_the_alarm_of_the_one_before_goes() -> None:
    world = World(slipped(slipped(CALM, {"SOL": 10.0}, 3), {"SOL": 0.001}, 4))
    looks = world.watch(6)
    names = [[row.about for row in look.alarms if row.watch == "price jump"] for look in looks]
    assert [len(each) for each in names] == [0, 0, 0, 1, 1, 1]
    assert names[3] != names[4] == names[5]
    assert calls(world) == 2


def test_the_last_bar_of_the_benchmark_has_to_be_right_whatever_price_was_given() -> None:
    world = World(slipped(CALM, {"BTC": 0.001}, 0))
    world.whole = replace(world.whole, given={"BTC": 60_000.0})
    (look, again) = world.watch(2)
    assert ({look.act, again.act}, look.asks == again.asks) == ({"stop"}, True)
    assert world.held() == 0


@pytest.mark.parametrize("factor", [10.0, 1000.0, 0.001])
def test_a_wild_price_of_weeks_ago_neither_widens_the_band_nor_silences_the_drift(factor: float) -> None:
    prices = CALM.prices.copy()
    prices[-30 * 6 - 60, CALM.symbols.index("ETH")] *= factor
    (calm,), (wild,) = (World(each).watch(1) for each in (CALM, replace(CALM, prices=prices)))
    assert wild.band_usd[0] == pytest.approx(calm.band_usd[0], rel=0.25)


def test_a_move_below_four_times_widens_the_band_to_a_quarter_of_the_book_at_most() -> None:
    prices = CALM.prices.copy()
    for bar in range(60, 500, 2):
        prices[-30 * 6 - bar, CALM.symbols.index("ETH")] *= 3.9
    (look,) = World(replace(CALM, prices=prices), book={"ETH": "40"}).watch(1)
    assert look.band_usd[0] == pytest.approx(0.25 * 40 * float(CALM.prices[-30 * 6 - 1, 1]), rel=1e-9)


def liquidated(world: World) -> bool:
    """Whether the venue closed something by itself."""
    return any(record.body.get("kind") == "liquidation" for record in world.store.read(ACCOUNT))


@pytest.mark.parametrize("instruments", ["BTCUSDT", "ETHUSDT"])
def test_a_paper_account_is_not_liquidated_on_a_price_that_is_doubted(instruments: str) -> None:
    coin = instruments.removesuffix("USDT")
    world = World(
        slipped(slipped(CALM, {coin: 10.0}, 3), {coin: 0.1}, 5), instruments=instruments, lease_ms=3600_000
    )
    world.watch(3)
    held, mark = world.held(), world.mark(f"paper:{instruments}")
    (first, _) = world.watch(2)
    assert (world.held(), liquidated(world)) == (held, False)
    assert world.mark(f"paper:{instruments}") == mark
    (row,) = (each for each in first.alarms if each.watch == "price jump")
    assert f"paper:{instruments} at {mark:,f}" in row.advice
    assert f"paper:{instruments}" not in {each.name for each in first.prices}
    assert "stale feed" not in {each.watch for each in first.alarms}
    (right,) = world.watch(1)
    # a bar of the benchmark that stays in its history stays the same question, and calls nobody again
    assert right.slip == (first.slip if coin == "BTC" else None)
    assert calls(world) == 1
    assert world.mark(f"paper:{instruments}") != mark
    assert not liquidated(world)


def test_who_says_that_a_price_is_right_lets_the_paper_account_have_it_with_what_comes_of_it() -> None:
    world = World(slipped(CALM, {"BTC": 10.0, "ETH": 10.0, "SOL": 10.0}, 3), lease_ms=3600_000)
    world.watch(4)
    assert not liquidated(world)
    world.meant()
    (look,) = world.watch(1)
    assert (look.slip_by, liquidated(world)) == ("Ann", True)
    (lost,) = (each for each in look.alarms if each.watch == "hedge lost")
    assert "The hedge is put back" in lost.advice
    assert sum(line.action == "put in" and "of paper margin" in line.text for line in world.lines) == 2
    assert look.traded_usd > 0


def test_a_hedge_that_was_taken_is_not_said_to_be_put_back_while_nothing_is_sent() -> None:
    world = World(slipped(CALM, {"BTC": 10.0}, 3), doubting=False, lease_ms=3600_000)
    world.watch(4)
    (look,) = world.looks[-1:]
    (lost,) = (each for each in look.alarms if each.watch == "hedge lost")
    assert "Nothing is put back meanwhile" in lost.advice
    assert "BTC is at" in lost.advice
    world = World(slipped(CALM, {"BTC": 3.0, "ETH": 3.0, "SOL": 3.0}, 3), lease_ms=3600_000)
    world.watch(3)
    world.mode = "propose"
    (look,) = world.watch(1)
    (lost,) = (each for each in look.alarms if each.watch == "hedge lost")
    assert "not put back by itself: proposal" in lost.advice


def test_a_move_that_a_market_makes_liquidates_a_paper_account_as_a_venue_would() -> None:
    world = World(slipped(CALM, {"BTC": 3.0, "ETH": 3.0, "SOL": 3.0}, 3))
    world.watch(4)
    assert liquidated(world)


def test_one_yes_for_several_prices_is_enough_also_in_later_lives() -> None:
    world = World(slipped(CALM, {"BTC": 10.0, "ETH": 10.0, "SOL": 10.0}, 3), lease_ms=3600_000)
    world.watch(4)
    world.meant()
    looks = [world.watch(1)[0] for _ in range(3)]
    assert [look.slip for look in looks] == [None] * 3
    assert [look.slip_by for look in looks] == ["Ann", "", ""]
    assert {row.coin for row in looks[-1].meant} == {"BTC", "ETH", "SOL"}
    assert calls(world) == 1
