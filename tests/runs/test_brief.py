"""The daily brief: lines that add up to what the net value did, and unknown where the journal does not know."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.runs.watched import ACCOUNT, DAY, HOUR, Script, World, market

from hedgerow.model.briefs import Brief
from hedgerow.model.ports import Record
from hedgerow.model.watched import AlarmRow, Look
from hedgerow.reports.brief_text import brief_json, brief_text
from hedgerow.runs.brief import brief_of
from hedgerow.runs.diary import LOOK, diary_of
from hedgerow.runs.wire import body_of, value_of

CALM = market(Script())


def watched(bars: int, **changes: Any) -> World:
    world = World(CALM, **changes)
    world.watch(bars)
    return world


def told(world: World, **changes: Any) -> Brief:
    """The brief of a world, its last look as changed."""
    rows = [row for row in world.store.read(diary_of(ACCOUNT, "book")) if row.kind == LOOK]
    if changes:
        last: Look = value_of(rows[-1].body)
        rows[-1] = replace(rows[-1], body=body_of(replace(last, **changes)))
    found = brief_of((ACCOUNT, "book"), rows, world.store.read(ACCOUNT), ("BTC",))
    assert found is not None
    return found


def test_without_a_look_there_is_no_brief() -> None:
    assert brief_of((ACCOUNT, "book"), (), ()) is None


def test_a_day_is_a_day_and_its_lines_add_up_to_what_the_net_value_did() -> None:
    world = watched(60)
    brief = told(world)
    assert brief.at - brief.since == DAY
    assert brief.nav_change_usd is not None
    assert brief.hedge_usd is not None
    assert brief.book_usd is not None
    assert brief.price is not None
    assert brief.put_in == {}
    assert brief.put_in_usd == 0.0
    assert brief.book_usd + brief.hedge_usd == pytest.approx(brief.nav_change_usd)
    begins, ends = (world.look(at).market for at in (brief.since, brief.at))
    coins = sum(
        float(units) * (ends.prices[-1, ends.column(c)] - begins.prices[-1, begins.column(c)])
        for c, units in world.book.items()
    )
    assert brief.book_usd == pytest.approx(coins, abs=1.0)
    assert set(brief.funding) == {"USDT"}
    assert brief.funding["USDT"] > 0  # the script's rate is positive: a short receives it
    assert brief.fees.get("USDT", Decimal(0)) >= 0


def test_what_was_put_in_is_no_gain() -> None:
    world = watched(30)
    world.lends = False  # a venue's account from here on: all of it is the owner's
    world.watch(8)
    world.venue.credit("USDT", Decimal(5_000))
    world.watch(3)
    brief = told(world)
    assert brief.put_in == {"USDT": Decimal(5_000)}
    assert brief.put_in_usd == 5_000.0
    assert brief.nav_change_usd is not None
    assert brief.book_usd is not None
    assert brief.hedge_usd is not None
    assert brief.book_usd + brief.hedge_usd + 5_000.0 == pytest.approx(brief.nav_change_usd)
    assert abs(brief.book_usd) < 30_000.0


def test_what_the_paper_venue_lends_is_put_in_by_nobody() -> None:
    brief = told(watched(5))
    assert brief.put_in == {}
    assert brief.nav_change_usd is not None
    assert brief.hedge_usd is not None
    assert brief.book_usd is not None
    assert brief.book_usd == pytest.approx(brief.nav_change_usd - brief.hedge_usd)
    assert abs(brief.book_usd) < 30_000.0


def test_a_watch_younger_than_a_day_says_since_when() -> None:
    brief = told(watched(3))
    assert brief.at - brief.since == 2 * 4 * HOUR
    assert brief.effect.realised is None
    assert "0 whole days are known" in brief.effect.why


def test_the_effectiveness_is_of_whole_days_beside_what_was_promised() -> None:
    brief = told(watched(150))
    assert brief.effect.days >= 20
    assert brief.effect.realised is not None
    assert brief.effect.promised is not None
    assert 0.5 < brief.effect.realised < 1.0
    assert abs(brief.effect.realised - brief.effect.promised) < 0.3
    assert "; promised " in brief_text([brief])


def test_the_effectiveness_is_what_its_days_say() -> None:
    """By hand: a hedge that takes half of each day's move leaves a quarter of the variance."""
    world = watched(150)
    rows = [row for row in world.store.read(diary_of(ACCOUNT, "book")) if row.kind == LOOK]
    halved = []
    for row in rows:
        look: Look = value_of(row.body)
        if look.day is None or look.day.plain_usd is None:
            halved.append(row)
            continue
        day = replace(look.day, hedge_usd=-look.day.plain_usd / 2.0, removed=0.6)
        halved.append(replace(row, body=body_of(replace(look, day=day))))
    found = brief_of((ACCOUNT, "book"), halved, world.store.read(ACCOUNT), ("BTC",))
    assert found is not None
    assert found.effect.realised == pytest.approx(0.75)


def test_coins_that_came_in_are_flows_and_no_result() -> None:
    world = World(CALM)
    watching = world.monitor()
    world.watch(12, watching)
    still = told(world)
    world.book |= {"SOL": "1500", "ETH": "0"}
    world.watch(1, watching)
    brief = told(world)
    assert brief.edited
    assert brief.flow_usd is not None
    assert brief.nav_change_usd is not None
    assert brief.hedge_usd is not None
    assert brief.book_usd == pytest.approx(brief.nav_change_usd - brief.hedge_usd - brief.flow_usd)
    market = world.look(brief.at).market
    price = {coin: market.prices[-1, market.column(coin)] for coin in ("SOL", "ETH")}
    assert brief.flow_usd == pytest.approx(1_000.0 * price["SOL"] - 40.0 * price["ETH"])
    assert still.flow_usd == 0.0
    assert "  flows" in brief_text([brief])


def test_what_was_changed_while_nobody_looked_is_said_to_be_in_the_result() -> None:
    world = watched(60)
    world.book["SOL"] = "100"
    world.watch(3)
    brief = told(world)
    assert (brief.edited, brief.flow_usd) == (True, None)
    assert "your coins, with what came in and went out" in brief_text([brief])


def test_what_is_not_known_is_said_and_never_0() -> None:
    world = watched(30)
    brief = told(
        world,
        nav_usd=math.nan,
        left_usd=(),
        left_stderr_usd=(),
        prices=(),
        coins=None,
        held=None,
        distance=math.nan,
        received_30d_usd=None,
        reason="the venue did not say what is held: that is not flat",
    )
    assert (brief.nav_usd, brief.nav_change_usd, brief.in_band, brief.distance) == (None, None, None, None)
    assert (brief.price, brief.put_in, brief.hedge_usd, brief.book_usd) == (None, None, None, None)
    text = brief_text([brief])
    assert text.count("unknown") >= 6
    assert "$0" not in text.replace("target $0", "")
    document = brief_json([brief])["briefs"][0]
    nulls = {name for name, value in document.items() if value is None}
    assert nulls >= {"nav_usd", "nav_change_usd", "in_band", "distance", "price", "hedge_usd", "book_usd"}


def test_a_stablecoin_off_its_peg_is_no_dollar() -> None:
    world = watched(30)
    alarm = AlarmRow("depeg", "USDT", "critical", 0, "USDT is at 0.95", "")
    brief = told(world, alarms=(alarm,))
    assert brief.price is not None
    assert (brief.hedge_usd, brief.book_usd) == (None, None)
    assert "critical depeg, USDT" in brief_text([brief])


def test_only_a_few_looks_of_a_long_diary_are_read() -> None:
    """The work is bounded by days, not by looks: every other record may be unreadable."""
    world = watched(150)
    rows = [row for row in world.store.read(diary_of(ACCOUNT, "book")) if row.kind == LOOK]
    whole = brief_of((ACCOUNT, "book"), rows, world.store.read(ACCOUNT), ("BTC",))
    needed = {row.seq for row in rows if row.body.get("day") is not None} | {rows[-1].seq}
    needed.add(max(row.seq for row in rows if row.at <= rows[-1].at - DAY))
    spoiled = [row if row.seq in needed else _spoiled(row) for row in rows]
    assert brief_of((ACCOUNT, "book"), spoiled, world.store.read(ACCOUNT), ("BTC",)) == whole
    assert len(needed) < len(rows) / 2


def _spoiled(row: Record) -> Record:
    return replace(row, body={"is": "nothing that is known", "day": None})


def test_the_text_has_units_and_the_words_of_the_ticket() -> None:
    text = brief_text([told(watched(60))])
    for word in (
        "worth",
        "beta",
        "to BTC, target $0, band ±",
        "result",
        "funding",
        "fees",
        "liquidation",
        "alarms",
    ):
        assert word in text
    assert brief_text([]) == "nothing is watched yet: `hedgerow watch BOOK` begins"


def test_coins_are_told_to_the_cent_with_true_signs_and_a_far_liquidation_as_far() -> None:
    brief = told(watched(12))
    changed = replace(
        brief,
        price={"USDT": Decimal("-5.61643"), "BTC": Decimal("0.00123456789")},
        funding={},
        distance=255.94,
    )
    text = brief_text([changed])
    assert "price +0.00123457 BTC, −5.62 USDT" in text
    assert "liquidation   more than 1,000 % away" in text
    assert "funding       none;" in text
    assert "liquidation   23 % away" in brief_text([replace(brief, distance=0.23)])


def test_what_a_fund_paid_after_a_liquidation_is_no_fee_and_the_lines_add_up() -> None:
    prices = CALM.prices.copy()
    prices[-30 * 6 + 5 :, :3] *= 3.0
    world = World(replace(CALM, prices=prices))
    world.watch(9)
    brief = told(world)
    assert brief.price is not None
    assert brief.insurance["USDT"] > 10_000
    assert 0 < brief.fees["USDT"] < 10_000
    assert brief.lent["USDT"] > 0
    assert (brief.nav_change_usd, brief.hedge_usd, brief.book_usd) != (None, None, None)
    assert brief.hedge_usd == pytest.approx(
        float(brief.price["USDT"] + brief.funding["USDT"] - brief.fees["USDT"] + brief.insurance["USDT"])
    )
    begins, ends = (world.look(at).market for at in (brief.since, brief.at))
    coins = sum(
        float(units) * (ends.prices[-1, ends.column(c)] - begins.prices[-1, begins.column(c)])
        for c, units in world.book.items()
    )
    assert brief.book_usd == pytest.approx(coins, abs=1.0)
    text = brief_text([brief])
    assert "  insurance" in text
    assert "funding, fees and insurance included" in text
    assert "  paper margin" in text
    assert brief_json([brief])["briefs"][0]["insurance"] == {"USDT": f"{brief.insurance['USDT']:f}"}


def test_a_brief_begins_at_the_look_nearest_to_a_day_ago_that_knew_the_worth() -> None:
    prices = CALM.prices.copy()
    prices[-30 * 6 + 1 : -30 * 6 + 3, CALM.symbols.index("SOL")] *= 10.0
    world = World(replace(CALM, prices=prices))
    world.watch(9)
    unknown = [look.at for look in world.looks if math.isnan(look.nav_usd)]
    assert world.looks[-1].at - DAY in unknown
    brief = told(world)
    assert brief.nav_change_usd is not None
    assert brief.since == unknown[0] - 4 * HOUR
