"""From settings to answers: what files say reaches the plan, with what the readers had to choose."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.app import beta, choose, numbers, open_desk, parse_instruments, plan, policy_of, value
from hedgerow.config import BetaSettings, DataSettings, HedgeSettings, Settings
from hedgerow.model.errors import BadPortfolio, UsageError

DAYS = np.datetime64("2025-01-01") + np.arange(400)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A wide file: BTC, and SOL that moves 1.5 times as much and a little by itself."""
    rng = np.random.default_rng(1)
    moves = 0.03 * rng.standard_normal(400)
    bitcoin = 60_000 * np.cumprod(1 + moves)
    solana = 150 * np.cumprod(1 + 1.5 * moves + 0.01 * rng.standard_normal(400))
    lines = [f"{day},{b:.6f},{s:.6f}" for day, b, s in zip(DAYS, bitcoin, solana, strict=True)]
    path = tmp_path / "closes.csv"
    path.write_text("ts,BTC,SOL\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def holdings(tmp_path: Path) -> Path:
    path = tmp_path / "book.csv"
    path.write_text("symbol,quantity\nSOL,100\n")
    return path


def funding(path: Path, rate: float, source: str = "a", other: float | None = None) -> Path:
    rows = [f"{day}T{hour:02}:00:00Z,BTC,{rate},{source}" for day in DAYS for hour in (0, 8, 16)]
    if other is not None:
        rows += [f"{DAYS[-1]}T{hour:02}:00:00Z,BTC,{other},b" for hour in (0, 8)]
    path.write_text("ts,symbol,rate,source\n" + "\n".join(rows) + "\n")
    return path


def settings(prices: Path, paid: Path | None = None) -> Settings:
    return Settings(data=DataSettings(prices=str(prices), quote="USDT", funding=str(paid) if paid else None))


def test_a_desk_answers_every_step(prices: Path, holdings: Path) -> None:
    desk = open_desk(settings(prices), holdings)
    assert value(desk).total_usd > 0
    exposure, _ = beta(desk)
    ticket = plan(desk)
    assert float(exposure.beta[0]) == pytest.approx(1.5, abs=0.1)
    assert ticket.plan.before_usd == pytest.approx(exposure.beta_usd)
    assert ticket.plan.legs[0].side == "sell"
    _, ranking, _ = choose(desk)
    assert ranking.best is not None
    assert ticket.ranking.best is not None
    assert ranking.best.name == ticket.ranking.best.name


@pytest.mark.parametrize(("rate", "earns"), [(0.0001, True), (-0.0001, False)])
def test_a_short_hedge_earns_positive_funding_of_a_file(
    prices: Path, holdings: Path, tmp_path: Path, rate: float, earns: bool
) -> None:
    paid = funding(tmp_path / "funding.csv", rate)
    asked = settings(prices, paid)
    asked = replace(asked, hedge=replace(asked.hedge, instruments="BTCUSDT"))
    ticket = plan(open_desk(asked, holdings))
    line = next(line for line in ticket.plan.costs if line.name == "funding")
    short = sum(leg.notional_usd for leg in ticket.plan.legs)
    assert (line.usd < 0) == earns
    assert line.basis == "measured"
    assert abs(line.usd) == pytest.approx(short * 0.0001 * 90, rel=0.25)  # ten days of the prior count


def test_sources_of_funding_that_disagree_are_said(prices: Path, holdings: Path, tmp_path: Path) -> None:
    paid = funding(tmp_path / "funding.csv", 0.0001, other=0.0009)
    ticket = plan(open_desk(settings(prices, paid), holdings))
    assert any(note.startswith("Funding of BTC: 2 prints differ") for note in ticket.warnings)


def test_what_is_being_read_is_told(prices: Path, holdings: Path) -> None:
    told: list[str] = []
    open_desk(settings(prices), holdings, told.append)
    assert told == ["reading prices", "reading holdings"]


@pytest.mark.parametrize(
    "given", [{"horizon_days": 0.0}, {"target_vol": float("nan")}, {"risk_aversion": -1.0}]
)
def test_numbers_that_mean_nothing_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="means nothing"):
        policy_of(Settings(hedge=HedgeSettings(**given)))  # type: ignore[arg-type]


def test_one_beta_a_factor() -> None:
    betas = {"SOL": BetaSettings(beta=1.4)}
    assert policy_of(Settings(betas=betas)).overrides["SOL"].beta == (1.4,)
    with pytest.raises(UsageError, match="1 numbers for 2 factors"):
        policy_of(Settings(hedge=HedgeSettings(factor="BTC,ETH"), betas=betas))


def test_instruments_are_a_count_auto_or_names() -> None:
    assert parse_instruments(" Auto ") == "auto"
    assert parse_instruments("3") == 3
    assert parse_instruments("BTCUSDT, ETHUSDT,") == ("BTCUSDT", "ETHUSDT")
    with pytest.raises(UsageError, match="empty"):
        parse_instruments(" , ")
    assert numbers("0.5,0", "--target-beta") == (0.5, 0.0)
    with pytest.raises(UsageError, match="--target-beta"):
        numbers("half", "--target-beta")


def test_order_books_of_another_day_are_said_and_not_used(
    prices: Path, holdings: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    shown = {"bids": [[60_000.0, 5.0]], "asks": [[60_010.0, 5.0]]}
    (folder / "a.json").write_text(
        json.dumps({"venue": "binance_usdm", "symbol": "BTCUSDT", "ts": 1588291200.0, **shown})
    )
    asked = settings(prices)
    ticket = plan(open_desk(replace(asked, data=replace(asked.data, books=str(folder))), holdings))
    assert any("more than a day from the plan's date" in note for note in ticket.warnings)
    assert {line.basis for line in ticket.plan.costs if line.name == "spread"} == {"assumed"}  # no volume


def test_two_targets_are_refused_and_a_percent_is_caught() -> None:
    with pytest.raises(UsageError, match="two targets"):
        policy_of(Settings(hedge=HedgeSettings(target_vol=0.35, target_beta=0.5)))
    with pytest.raises(UsageError, match="3500 % a year") as caught:
        policy_of(Settings(hedge=HedgeSettings(target_vol=35.0)))
    assert "0.35" in caught.value.advice


def test_names_that_are_nowhere_in_the_book_are_said(prices: Path, holdings: Path) -> None:
    asked = settings(prices)
    asked = replace(
        asked,
        data=replace(asked.data, given={"SLO": 1.5}),
        hedge=replace(asked.hedge, exclude=("PEPE",)),
        betas={"SLO": BetaSettings(beta=1.4)},
    )
    told = " ".join(open_desk(asked, holdings).remarks)
    for words in ("--price SLO", "--beta SLO", "--exclude PEPE"):
        assert words in told


def test_a_contract_may_be_named_as_the_symbol(prices: Path, tmp_path: Path) -> None:
    path = tmp_path / "perp.csv"
    path.write_text("symbol,quantity,kind,account,entry_price\nSOL,100,,,\nBTCUSDT,-0.3,perp,paper,60000\n")
    worth = value(open_desk(settings(prices), path))
    assert worth.unknown == ()
    assert "BTC" in worth.assets


def test_a_multiplier_that_contradicts_the_catalogue_is_refused(prices: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(
        "symbol,quantity,kind,account,instrument,entry_price,multiplier\nBTC,-1,perp,paper,BTCUSDT,60000,10\n"
    )
    with pytest.raises(BadPortfolio, match="a multiplier of 10, and BTCUSDT has 1"):
        open_desk(settings(prices), path)


def test_estimators_are_under_hr_beta() -> None:
    assert "Huber" in dir(hr.beta)
