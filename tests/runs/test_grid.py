"""What may be varied, and how it is said."""

from __future__ import annotations

import pytest

from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import UsageError
from hedgerow.runs.grid import FIELDS, grid, parse_grid


def test_every_combination_is_a_policy_the_last_field_fastest() -> None:
    points = grid(Policy(), parse_grid(["rebalance=band,calendar:7", "target_beta=0,0.5"]))
    assert [tuple(p.setting.values()) for p in points] == [
        ("band", "0"),
        ("band", "0.5"),
        ("calendar:7", "0"),
        ("calendar:7", "0.5"),
    ]
    assert [(p.policy.rebalance, p.policy.target_beta) for p in points][3] == ("calendar:7", (0.5,))


@pytest.mark.parametrize(
    ("base", "word", "spec"),
    [
        ("default", "estimator.half_life=20", "shrink(huber:20d:300d)"),
        ("dimson:1(ewls:60:200)", "estimator.half_life=30", "dimson:1(ewls:30d:200)"),
        ("ols:90", "estimator.window=180", "ols:180d"),
        ("shrink(huber:60d:300d)", "estimator.window=400", "shrink(huber:60d:400d)"),
        ("ols:90@hac", "estimator.window=180", "ols:180d@hac"),
    ],
)
def test_parts_of_an_estimator_are_varied_where_they_stand(base: str, word: str, spec: str) -> None:
    assert grid(Policy(estimator=base), parse_grid([word]))[0].policy.estimator == spec


def test_a_part_is_varied_in_what_the_rule_of_the_same_grid_made() -> None:
    points = grid(Policy(), parse_grid(["rebalance.width=0.1", "rebalance=threshold,stderr"]))
    assert [p.policy.rebalance for p in points] == ["threshold:0.1", "stderr:0.1"]


def test_bands_in_dollars_limits_times_and_contracts() -> None:
    words = ["band_usd=5000", "limits.max_leverage=2", "choose_days=30", "instruments=BTCUSDT+ETHUSDT"]
    point = grid(Policy(), parse_grid(words))[0]
    assert point.policy.rebalance == "usd:5000"
    assert point.policy.limits.max_leverage == pytest.approx(2.0)
    assert point.policy.instruments == ("BTCUSDT", "ETHUSDT")
    assert point.times.choose_days == pytest.approx(30.0)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_of_the_policy_can_be_said(name: str) -> None:
    said = {"own": "true", "instruments": "auto", "factor": "ETH", "rebalance": "band", "estimator": "ols:90"}
    said |= {"errors": "hac", "collateral": "100USDT", "exclude": "SOL+staked"}
    base = Policy(estimator="ewls:60:200", rebalance="threshold:0.05")
    assert (
        grid(base, {name: [said.get(name, "0.5" if name != "estimator.window" else "300")]})[0].policy != base
    )


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("rebalance", "varies nothing"),
        ("rebalance=", "varies nothing"),
        ("rebalence=band", "Did you mean rebalance"),
        ("rebalance=bend", "no rule"),
        ("estimator=olss:90", "olss"),
        ("target_beta=x", "not a number"),
        ("estimate_days=0", "means nothing"),
        ("own=perhaps", "neither true nor false"),
    ],
)
def test_slips_are_named(word: str, why: str) -> None:
    with pytest.raises(UsageError) as raised:
        grid(Policy(), parse_grid([word]))
    assert why in f"{raised.value.message} {raised.value.advice}"


def test_a_field_twice_and_too_many_are_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_grid(["rebalance=band", "rebalance=stderr"])
    with pytest.raises(UsageError, match="too many"):
        grid(Policy(), {"risk_aversion": range(1, 400), "horizon_days": range(1, 400)})
    with pytest.raises(UsageError, match="no half-life"):
        grid(Policy(estimator="ols:90"), {"estimator.half_life": [20]})
