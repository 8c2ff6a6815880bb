"""A pair that is held, look by look: the market's part, alpha, what came before it, and its stops."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.hedge.watch import Thresholds
from hedgerow.model.legs import Leg
from hedgerow.model.orders import Fill
from hedgerow.model.pairs import PairStanding
from hedgerow.model.ports import Record
from hedgerow.runs.ledger import Entry, fill_record, instrument_record
from hedgerow.runs.pairing import PairSums, entries_since, findings_of_pair, followed, standing_of_pair
from hedgerow.testing import beta_market

SOL, ETH = contract("SOLUSDT", "SOL"), contract("ETHUSDT", "ETH")
MARKET = beta_market(
    {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6}, {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}, days=400
)


def entry(what: object, units: str, at: str, **more: object) -> Entry:
    leg = Leg(what).traded(Decimal(units), Decimal(at))[0]  # type: ignore[arg-type]
    return Entry(leg, **more)  # type: ignore[arg-type]


def test_the_markets_part_is_each_move_on_the_beta_before_it_by_hand() -> None:
    sums = followed(PairSums(), (1_000.0,), (100.0,), (50_000.0,))
    assert (sums.market, sums.error) == (0.0, 0.0)
    sums = followed(sums, (-500.0,), (50.0,), (55_000.0,))
    assert sums.market == pytest.approx(100.0)
    sums = followed(sums, (0.0,), (50.0,), (49_500.0,))
    assert sums.market == pytest.approx(100.0 + 50.0)
    assert sums.error == pytest.approx(abs(100.0 * 0.1 - 50.0 * 0.1))


def test_what_is_not_known_waits_and_is_never_nothing() -> None:
    known = followed(PairSums(), (1_000.0,), (0.0,), (100.0,))
    for beta, prices in (((), ()), ((5.0,), (math.nan,)), ((math.nan,), (100.0,))):
        assert followed(known, beta, beta, prices) is known
    assert followed(known, (0.0,), (0.0,), (110.0,)).market == pytest.approx(100.0)


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(1.0, 1e5)), min_size=1, max_size=8))
def test_sums_in_two_lives_are_those_of_one(looks: list[tuple[float, float]]) -> None:
    whole = PairSums()
    for beta, price in looks:
        whole = followed(whole, (beta,), (1.0,), (price,))
    again = PairSums()
    for beta, price in looks:
        again = replace(followed(again, (beta,), (1.0,), (price,)))
    assert whole == again
    assert math.isfinite(whole.market)


def test_alpha_and_the_rest_add_up_to_what_the_legs_came_to() -> None:
    """Long 10 SOL from 140, short 1 ETH from 3,100: 100 dollars each, 5 of funding received, 3 paid, 2 of fees."""
    long = entry(SOL, "10", "140", funding={"USDT": Decimal(-3)}, fees={"USDT": Decimal(1)})
    short = entry(ETH, "-1", "3100", funding={"USDT": Decimal(5)}, fees={"USDT": Decimal(1)})
    sums = PairSums((30.0,), (4.0,), (12.0,), (80.0,), (60_000.0,))
    found = standing_of_pair(("SOL", "ETH"), (long, short), sums, ("BTC",), MARKET)
    assert [leg.dollars for leg in found.legs] == pytest.approx([1_500.0, -3_000.0])
    assert found.gained_usd == pytest.approx(200.0)
    assert found.alpha_usd == pytest.approx(170.0)
    assert found.market_error_usd == 4.0
    assert found.net_usd == pytest.approx(170.0 + 2.0 - 2.0)
    assert found.total_usd == pytest.approx(200.0)
    assert found.legs[1].funding_month_usd > 0.0 > found.legs[0].funding_month_usd


def test_what_the_contracts_did_before_the_pair_is_not_the_pairs() -> None:
    def fill(number: int, units: str, price: str) -> Fill:
        return Fill(
            "paper",
            "main",
            f"t{number}",
            "",
            "",
            SOL.name,
            Decimal(units),
            Decimal(price),
            Decimal(1),
            "USDT",
            number,
        )

    bodies = [instrument_record(SOL)]
    bodies += [fill_record(fill(*each)) for each in ((1, "1", "100"), (2, "-1", "130"), (3, "2", "150"))]
    records = [
        Record(seq, "paper:main", seq, kind, body, "") for seq, (kind, body) in enumerate(bodies, start=1)
    ]
    (mine,) = entries_since(records, 4).values()
    assert (mine.realised, mine.fees, mine.quantity) == (Decimal(0), {"USDT": Decimal(1)}, Decimal(2))
    (every,) = entries_since(records, 0).values()
    assert every.realised == Decimal(30)


@pytest.mark.parametrize(
    ("lost", "gap", "bad"), [(99.0, 1.0, set()), (151.0, 1.0, {"loss"}), (0.0, -4.5, {"gap"})]
)
def test_a_stop_cries_beyond_its_threshold_and_an_unknown_gap_does_not(
    lost: float, gap: float, bad: set[str]
) -> None:
    found = standing_of_pair(("SOL", "ETH"), (entry(SOL, "10", "150"),), PairSums(), ("BTC",), MARKET)
    leg = replace(found.legs[0], gained_usd=-lost)
    standing = replace(found, legs=(leg,), gap=gap)
    said = findings_of_pair(standing, Thresholds())
    assert {each.about.split()[1] for each in said if each.standing == "bad"} == bad
    unknown = findings_of_pair(replace(standing, gap=math.nan), Thresholds())
    assert unknown[1].standing == "unknown"
    assert isinstance(standing, PairStanding)
