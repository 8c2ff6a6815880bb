"""`hedgerow options` as a user runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run

CHAIN = "deribit_option_chains_2025-12-30_31.parquet"


def test_a_floor_on_the_simulated_market(run: Run) -> None:
    words = ("options", BOOK, "--floor", "15%", "--crash", "40%")
    done = run(*words, "--json")
    found = done.json
    assert done.status == 0
    assert found["simulated"]
    assert (found["wanted"]["floor"], found["wanted"]["crash"]) == (0.15, 0.40)
    allowed = 0.15 * found["nav_usd"]
    leads = [c for c in found["candidates"] if c["lead"]]
    assert {c["kind"] for c in leads} == {"protective put", "put spread", "zero-cost collar"}
    for each in leads:
        assert each["floor_met"] == (each["crash"]["betas_risen_usd"] >= -allowed - 0.01)
        assert all(leg["contracts"] > 0 and leg["side"] in {"buy", "sell"} for leg in each["legs"])
        assert each["premium_usd"] == pytest.approx(each["premium"] * found["chain"]["index_usd"])
        assert len(each["crash_usd"]) == len(found["curve"]["moves"])
    assert found["unprotected"]["crash_usd"] < -allowed
    assert found["perpetual"]["floor_met"]
    text = " ".join(run(*words).out.split())
    for told in (
        "SIMULATED",
        "if betas rise as on 2025-10-10",
        "protective put, by floor",
        "perpetual",
        "dollars of beta left after",
        "a vol point",
        "of the quoted size",
        "the other coins stand still",
        "Nothing was traded",
    ):
        assert told in text


def test_by_beta_with_a_budget_a_page_and_a_picture(run: Run, tmp_path: Path) -> None:
    page, drawn, picture = (tmp_path / name for name in ("o.html", "o.svg", "o.png"))
    words = ("options", BOOK, "--budget", "0.5%", "--horizon", "45", "--strike", "85%")
    done = run(*words, "--html", str(page), "--chart", str(drawn), "--json")
    found = done.json
    assert found["wanted"]["budget_usd"] == pytest.approx(0.005 * found["nav_usd"])
    assert min(c["days"] for c in found["candidates"]) >= 45
    (collar,) = [c for c in found["candidates"] if c["lead"] and c["kind"] == "budgeted collar"]
    assert collar["premium_usd"] + collar["fee_usd"] <= found["wanted"]["budget_usd"]
    assert {c["sizing"] for c in found["candidates"]} == {"beta"}
    html = page.read_text()
    assert "no figure here is real" in html
    assert "://" not in html.replace("http://www.w3.org", "")
    assert drawn.read_text().startswith("<svg")
    run(*words, "--chart", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--floor", "15"), 2, "--floor 15%, or --floor 0.15"),
        (("--floor", "much"), 2, "is no share"),
        (("--crash", "120%"), 2, "is no share"),
        (("--budget", "-5"), 2, "is no amount"),
        (("--currency", "ETH"), 2, "counted in dollars, not in ETH"),
        (("--horizon", "0"), 2, "no number of days"),
        (("--chart", "payoff.gif"), 2, "payoff.svg or payoff.png"),
        (("--chain", "nowhere.parquet"), 4, "nowhere.parquet"),
        (("--with-futures",), 2, "Add --floor 15%"),
        (("--floor", "15%", "--with-futures", "--keep", "120%"), 2, "--keep"),
        (("--factor", "BTC,ETH"), 2, "Measure it to one coin"),
    ],
)
def test_mistakes_are_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], status: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("options", BOOK, *words)
    assert done.status == status
    assert said in done.err
    assert done.out == ""


def test_real_prices_need_a_real_chain(run: Run, tmp_path: Path) -> None:
    closes = tmp_path / "closes.csv"
    rows = [
        f"2025-{m:02d}-{d:02d},{60000 + 50 * d + m},{3000 + 9 * d - m}"
        for m in range(1, 13)
        for d in range(1, 29)
    ]
    closes.write_text("\n".join(("date,BTC,ETH", *rows)) + "\n")
    done = run("options", BOOK, "--prices", str(closes))
    assert done.status == 2
    assert "--chain" in done.err


def test_a_book_that_falls_with_nothing_is_told(run: Run, book: Callable[[str], str]) -> None:
    done = run("options", book("symbol,quantity\nUSDT,1000\n"))
    assert done.status == 2
    assert "there is nothing of it to protect" in done.err


def test_a_book_that_a_rise_hurts_is_told_what_bounds_it(run: Run, book: Callable[[str], str]) -> None:
    done = run("options", book("symbol,quantity\nBTC,-2\nUSDT,300000\n"))
    assert done.status == 2
    assert "A rise hurts it, and a put pays in a fall" in " ".join(done.err.split())
    assert "2.0 of them by beta" in " ".join(done.err.split())


@pytest.mark.market_data
def test_a_real_chain(run: Run, data_dir: Path) -> None:
    """Deribit's options of 2025-12-31 for the example book at that day's closes."""
    words = (
        "options",
        BOOK,
        "--floor",
        "15%",
        "--crash",
        "40%",
        "--chain",
        str(data_dir / CHAIN),
        "--prices",
        str(data_dir / "daily_close.parquet"),
        "--source",
        "binance_spot",
        "--quote",
        "USDT",
    )
    done = run(*words, "--json")
    found = done.json
    assert done.status == 0
    assert not found["simulated"]
    assert found["chain"]["settle"] == "BTC"
    leads = [c for c in found["candidates"] if c["lead"]]
    assert all(c["floor_met"] for c in leads if c["sizing"] == "floor")
    names = {leg["instrument"] for c in found["candidates"] for leg in c.get("legs", [])}
    assert names
    assert not any(day in name for name in names for day in ("1JAN26", "3JAN26", "4JAN26", "-16JAN26"))
    put = next(c for c in leads if c["kind"] == "protective put")
    assert 0.001 * found["nav_usd"] < put["cost_usd_per_month"] < 0.05 * found["nav_usd"]
    assert all(smile["free_of_arbitrage"] for smile in found["smiles"])
    text = " ".join(run(*words).out.split())
    assert "quoted size unknown" in text
    assert "on a synthetic future" in text


def test_options_and_futures_together(run: Run, tmp_path: Path) -> None:
    page, book = tmp_path / "o.html", tmp_path / "mine.csv"
    book.write_text(Path(BOOK).read_text(encoding="utf-8").replace("USDT,70000", "USDT,140000"))
    words = ("options", str(book), "--floor", "15%", "--with-futures", "--keep", "10%")
    found = run(*words, "--json", "--html", str(page)).json
    (lead,) = [m for m in found["mixes"] if m["lead"]]
    assert lead["crash"]["worst_on_the_way_usd"] >= -0.15 * found["nav_usd"] - 0.01
    assert lead["kept"] >= 0.1 - 1e-9
    assert lead["cost_usd_per_month"] == min(m["cost_usd_per_month"] for m in found["mixes"] if m["usable"])
    assert lead["futures"]["side"] == "sell"
    text = " ".join(run(*words).out.split())
    for told in ("together, until", "The cheapest that holds the floor at every move", "in two accounts"):
        assert told in text
    assert "together" in page.read_text()
    poor = ("options", BOOK, *words[2:])  # it has not the margin of any
    assert not any(m["lead"] for m in run(*poor, "--json").json["mixes"])
    assert "the cheapest, not recommended: it takes" in " ".join(run(*poor).out.split())
    assert "mixes" not in run("options", BOOK, "--floor", "15%", "--json").json
