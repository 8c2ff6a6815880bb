"""Every verb answers in text and in JSON, with the exit code of what it found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from tests.cli.conftest import BOOK, ROOT, Run

SCHEMAS = ROOT / "src" / "hedgerow" / "reports" / "schema"
VERBS = ("value", "beta", "choose", "plan", "stress")


def validator(name: str) -> Draft202012Validator:
    """The committed schema of a verb, its references resolved among the committed files."""
    schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (file, Resource.from_contents(schema)) for file, schema in schemas.items()
    )
    return Draft202012Validator(schemas[f"{name}.schema.json"], registry=registry)


def numbers_of(document: Any) -> list[float]:
    if isinstance(document, dict):
        return [n for item in document.values() for n in numbers_of(item)]
    if isinstance(document, list):
        return [n for item in document for n in numbers_of(item)]
    return [document] if isinstance(document, float) else []


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_schemas_are_schemas(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("verb", VERBS)
def test_json_keeps_its_schema(run: Run, verb: str) -> None:
    done = run(verb, BOOK, "--json")
    assert done.status == 0
    assert done.err == ""
    assert list(validator(verb).iter_errors(done.json)) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--instruments", "auto", "--collateral", "20000USDT"),
        ("--instruments", "3", "--own"),
        ("--instruments", "BTCUSDT,ETHUSDT"),
        ("--factor", "BTC,ETH", "--target-beta", "0.5,0"),
        ("--target-vol", "0.3"),
        ("--target-beta-usd", "-50000"),
        ("--collateral", "book"),
        ("--currency", "USDC"),
        ("--exclude", "SOL"),
        ("--beta", "SOL=2:0.3"),
    ],
    ids=" ".join,
)
def test_plan_json_keeps_its_schema_whatever_is_asked(run: Run, words: tuple[str, ...]) -> None:
    done = run("plan", BOOK, "--json", *words)
    assert done.status in {0, 1}, done.err
    assert list(validator("plan").iter_errors(done.json)) == []


@pytest.mark.parametrize("name", ["long_short.csv", "treasury.toml"])
@pytest.mark.parametrize("verb", VERBS)
def test_other_books_keep_the_schema_too(run: Run, verb: str, name: str) -> None:
    done = run(verb, str(ROOT / "examples" / name), "--json")
    assert done.status in {0, 1}, done.err
    assert list(validator(verb).iter_errors(done.json)) == []


def test_the_schema_refuses_what_nobody_promised(run: Run) -> None:
    document = run("plan", BOOK, "--json").json
    document["plan"]["legs"][0]["contracts"] = -1
    document["surprise"] = 1
    assert len(list(validator("plan").iter_errors(document))) == 2


def test_plan_adds_up(run: Run) -> None:
    plan = run("plan", BOOK, "--json").json
    legs = sum(leg["beta_usd"] for leg in plan["plan"]["legs"])
    assert plan["plan"]["beta_after_usd"] == pytest.approx(plan["exposure"]["beta_usd"] + legs, abs=1e-6)
    assert plan["plan"]["residual_beta_usd"] == pytest.approx(plan["plan"]["beta_after_usd"], abs=1e-6)
    once = [plan["cost"][name] for name in ("fee_usd", "spread_usd", "impact_usd")]
    assert plan["cost"]["total_usd"] == pytest.approx(sum(once))
    values = [asset["value_usd"] for asset in plan["valuation"]["assets"]]
    assert plan["valuation"]["total_usd"] == pytest.approx(sum(values))
    (leg,) = plan["plan"]["legs"]
    assert float(leg["contracts_exact"]) == leg["contracts"]
    assert leg["side"] == "sell"
    assert leg["beta_usd"] < 0


def test_plan_id_names_the_content(run: Run) -> None:
    first, again, other = (
        run("plan", BOOK, "--json", *more).json["plan_id"] for more in ((), (), ("--target-beta", "0.5"))
    )
    assert first == again != other
    assert len(first) == 64


def test_the_target_is_a_share_of_net_value(run: Run) -> None:
    plan = run("plan", BOOK, "--json", "--target-beta", "0.5").json
    assert plan["exposure"]["target_beta_usd"] == pytest.approx(0.5 * plan["exposure"]["nav_usd"])
    assert plan["plan"]["beta_after"] == pytest.approx(0.5, abs=1e-3)


def test_two_factors_have_a_number_each(run: Run) -> None:
    found = run("beta", BOOK, "--json", "--factor", "BTC,ETH").json
    assert found["factors"] == ["BTC", "ETH"]
    sol = next(row for row in found["betas"] if row["symbol"] == "SOL")
    assert set(sol["beta_by_factor"]) == {"BTC", "ETH"}
    assert sol["beta"] == sol["beta_by_factor"]["BTC"]


def test_one_unit_of_bitcoin_has_beta_one(run: Run, book: Callable[[str], str]) -> None:
    found = run("beta", book("symbol,quantity\nBTC,2\n"), "--json").json
    assert found["exposure"]["beta"] == 1.0
    assert found["exposure"]["stderr"] == 0.0


def test_a_book_of_dollars_needs_no_hedge(run: Run, book: Callable[[str], str]) -> None:
    done = run("plan", book("symbol,quantity\nUSDT,1000\nUSDC,500\n"), "--json")
    assert done.status == 0, done.err
    assert done.json["plan"]["legs"] == []
    assert done.json["exposure"]["beta_usd"] == 0.0


def test_a_book_without_net_value_has_dollars_and_no_ratio(run: Run) -> None:
    path = str(ROOT / "examples" / "long_short.csv")
    plan = run("plan", path, "--json", "--target-beta-usd", "0").json
    assert plan["exposure"]["beta"] is None
    assert plan["plan"]["beta_after"] is None
    assert abs(plan["plan"]["residual_beta_usd"]) < 100
    refused = run("plan", path, "--target-beta", "0")
    assert refused.status == 2
    assert "--target-beta-usd" in refused.err


def test_unknown_price_is_named_and_in_no_total(run: Run, book: Callable[[str], str]) -> None:
    path = book("symbol,quantity\nETH,1\nQQQQ,5\n")
    for verb in VERBS:
        done = run(verb, path, "--json")
        assert done.status == 1
        assert done.json["unknown"] == ["QQQQ"]
        assert list(validator(verb).iter_errors(done.json)) == []
    known = run("value", path, "--json", "--price", "QQQQ=3")
    assert known.status == 0
    assert known.json["valuation"]["total_usd"] == pytest.approx(
        run("value", path, "--json").json["valuation"]["total_usd"] + 15.0
    )
    assert run("plan", path, "--json", "--price", "QQQQ=3").status == 1  # its beta is unknown still
    assert run("plan", path, "--json", "--price", "QQQQ=3", "--beta", "QQQQ=1.5:0.5").status == 0
    assert run("plan", path, "--json", "--exclude", "QQQQ").status == 0


def test_young_coins_rest_on_the_prior_or_are_unknown(run: Run, book: Callable[[str], str]) -> None:
    found = run("beta", book("symbol,quantity\nETH,1\nNEWX,500\nFRSH,500\n"), "--json")
    methods = {row["symbol"]: row["method"] for row in found.json["betas"]}
    assert methods["NEWX"] == "prior"
    assert methods["FRSH"] == "unknown"
    assert found.status == 1
    assert found.json["unknown"] == ["FRSH"]


def test_excluded_coins_stay_in_the_value(run: Run) -> None:
    whole, part = (run("beta", BOOK, "--json", *more).json for more in ((), ("--exclude", "sol")))
    assert part["valuation"]["total_usd"] == whole["valuation"]["total_usd"]
    assert part["exposure"]["beta_usd"] < whole["exposure"]["beta_usd"]
    assert "SOL" not in [row["symbol"] for row in part["exposure"]["assets"]]


def test_collateral_that_cannot_last_is_refused(run: Run) -> None:
    done = run("plan", BOOK, "--json", "--instruments", "BTCUSDT", "--collateral", "20000USDT")
    assert done.status == 1
    assert {refusal["rule"] for refusal in done.json["refusals"]} >= {"liquidation distance", "leverage"}
    (account,) = done.json["margin"]
    assert account["max_rally"] < account["required_rally"]
    assert not done.json["complete"]


def test_choose_keeps_every_candidate_and_both_baselines(run: Run) -> None:
    rows = run("choose", BOOK, "--json").json["ranking"]
    assert [row["name"] for row in rows if row["baseline"]] == ["do nothing", "sell spot"]
    assert all(row["reason"] for row in rows)
    assert {"BTCUSDT", "ETHUSDT", "BTCUSD_PERP"} <= {row["instrument"] for row in rows}


@pytest.mark.parametrize("verb", VERBS)
def test_numbers_are_finite_everywhere(run: Run, verb: str) -> None:
    out = run(verb, str(ROOT / "examples" / "long_short.csv"), "--json").out
    assert "NaN" not in out
    assert "Infinity" not in out
    assert numbers_of(json.loads(out))


def test_demo_needs_nothing_and_is_the_example_book(run: Run) -> None:
    done = run("demo")
    assert done.status == 0
    assert "no network" in done.out
    assert "SIMULATED" in done.out
    assert (ROOT / "src/hedgerow/cli/demo.csv").read_bytes() == (ROOT / "examples/book.csv").read_bytes()
    assert run("demo", "--json").json["plan"] == run("plan", BOOK, "--json").json["plan"]


def test_ticket_follows_the_order_of_the_work(run: Run) -> None:
    out = run("plan", BOOK).out
    steps = [" 1  Your book is worth", " 2  and moves like", " 3  Best contract", " 4  Sell"]
    rest = [
        "costs now",
        "a month",
        "volatility",
        "worst day replayed",
        "needs",
        "Nothing was traded. To trade it on paper:",
    ]
    places = [out.index(text) for text in (*steps, *rest)]
    assert places == sorted(places)
    assert out.startswith("SIMULATED market · as of 2026-06-30 24:00 UTC · factor BTC")
    assert not re.search(r"\x1b|\bnan\b|\bNone\b", out)


def test_verbose_shows_the_frontier(run: Run) -> None:
    assert "variance left" not in run("plan", BOOK).out
    assert "variance left" in run("plan", BOOK, "-v").out


def test_seed_and_as_of_change_the_simulated_market(run: Run) -> None:
    ids = [
        run("plan", BOOK, "--json", *more).json["plan_id"]
        for more in ((), ("--seed", "8"), ("--as-of", "2026-03-31"))
    ]
    assert len(set(ids)) == 3
    assert run("value", BOOK, "--json", "--as-of", "2026-03-31").json["as_of"] == "2026-04-01T00:00:00Z"


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_narrow_and_wide_terminals_lose_no_number(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    plan = run("plan", BOOK, "--json").json
    out = run("plan", BOOK).out
    assert f"{round(plan['valuation']['total_usd']):,}" in out
    assert not re.search(r"\w…|…\w", out)
    assert max(map(len, out.splitlines())) <= int(width)
