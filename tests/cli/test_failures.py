"""What goes wrong ends in one line that says so, one that says what to do, and the right exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import BOOK, ROOT, Run

from hedgerow import app as steps
from hedgerow.model.errors import BrokenPromise, MissingExtra


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("plan",), 2, "BOOK"),
        (("plam", BOOK), 2, "plan"),
        (("plan", BOOK, "--targt-beta", "1"), 2, "--target-beta"),
        (("plan", BOOK, "--estimator", "olss:3"), 2, "ols"),
        (("plan", BOOK, "--stderr", "white"), 2, "sandwich"),
        (("plan", BOOK, "--target-beta", "much"), 2, "not a number"),
        (("plan", BOOK, "--target-beta", "nan"), 2, "finite"),
        (("plan", BOOK, "--target-beta", "0.5,0"), 2, "factor"),
        (("plan", BOOK, "--target-beta", "0", "--target-beta-usd", "0"), 2, "two targets"),
        (("plan", BOOK, "--instruments", "0"), 2, "1 or more"),
        (("plan", BOOK, "--instruments", "BTCUST"), 4, "BTCUSDT"),
        (("plan", BOOK, "--instruments", ","), 2, "auto"),
        (("plan", BOOK, "--collateral", "lots"), 2, "20000USDT"),
        (("plan", BOOK, "--horizon", "-1"), 2, "above 0"),
        (("plan", BOOK, "--horizon", "inf"), 2, "finite"),
        (("plan", BOOK, "--target-vol", "0"), 2, "above 0"),
        (("plan", BOOK, "--price", "ETH"), 2, "COIN=1.25"),
        (("plan", BOOK, "--price", "ETH=-1"), 2, "above 0"),
        (("plan", BOOK, "--beta", "ETH=x"), 2, "not a number"),
        (("plan", BOOK, "--beta", "ETH=1:-1"), 2, "COIN=1.4:0.3"),
        (("plan", BOOK, "--beta", "ETH=1,2"), 2, "factors"),
        (("plan", BOOK, "--factor", "QQQQ"), 4, "QQQQ"),
        (("plan", BOOK, "--factor", "index:absent.csv"), 4, "absent.csv"),
        (("plan", BOOK, "--source", "bybit_perp"), 2, "--prices"),
        (("plan", BOOK, "--as-of", "yesterday"), 2, "--as-of"),
        (("plan", BOOK, "--as-of", "1999-01-01"), 4, "begins"),
        (("plan", BOOK, "--currency", "XYZ"), 4, "--currency"),
        (("plan", BOOK, "--prices", "absent.parquet"), 4, "absent.parquet"),
        (("plan", BOOK, "--funding", "absent.parquet"), 4, "absent.parquet"),
        (("plan", BOOK, "--books", "absent"), 4, "absent"),
        (("plan", BOOK, "--sectors", "absent.toml"), 4, "absent.toml"),
        (("plan", BOOK, "--config", "absent.toml"), 4, "absent.toml"),
        (("plan", BOOK, "--html", "/absent/folder/ticket.html"), 4, "cannot be written"),
        (("value", "absent.csv"), 4, "absent.csv"),
    ],
    ids=lambda value: " ".join(value).replace(BOOK, "book") if isinstance(value, tuple) else "",
)
def test_error_says_what_and_what_to_do(run: Run, words: tuple[str, ...], status: int, said: str) -> None:
    done = run(*words)
    assert done.status == status, done.err
    first, *rest = [line for line in done.err.splitlines() if not line.startswith("wrote")]
    assert first.startswith("error: ")
    assert said in done.err
    assert all(line.startswith("  ") for line in rest)
    assert rest, "no advice"
    assert "Traceback" not in done.err


def test_file_line_and_column_are_named(run: Run, book: Callable[[str], str]) -> None:
    done = run("plan", book('symbol,quantity\nETH,1\nSOL,"1,5"\n'))
    assert done.status == 4
    assert 'error: book.csv line 3, column quantity: "1,5"' in done.err
    assert "--decimal-comma" in done.err
    assert run("value", book("symbol;quantity\nETH;1\nSOL;1,5\n"), "--decimal-comma").status == 0


def test_with_json_the_error_is_json_on_stdout_and_words_on_stderr(
    run: Run, book: Callable[[str], str]
) -> None:
    done = run("plan", book("symbol,quantity\nETH,many\n"), "--json")
    told = done.json["error"]
    assert (told["code"], told["kind"], told["file"], told["line"], told["column"]) == (
        4,
        "BadPortfolio",
        "book.csv",
        2,
        "quantity",
    )
    assert done.err.startswith("error: book.csv line 2")
    schema = json.loads((ROOT / "src/hedgerow/reports/schema/error.schema.json").read_text())
    for document in (done.json, run("plan", "--json").json, run("plan", BOOK, "--json", "--no").json):
        assert list(Draft202012Validator(schema).iter_errors(document)) == []


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (RuntimeError("boom\nand more"), 10),
        (BrokenPromise("prices went backwards"), 10),
        (MissingExtra("the lake needs duckdb", advice="pip install hedgerow[x]"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_nobody_foresaw_is_a_defect_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, status: int
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(steps, "open_desk", fail)
    done = run("plan", BOOK)
    assert done.status == status
    assert "Traceback" not in done.err
    assert ("a defect" in done.err) == (status == 10)
    assert ("Traceback" in run("plan", BOOK, "-v").err) == (status == 10)
    if status == 130:
        assert done.err == ""


HOSTILE = "\x1b[31m<script>alert(1)</script>[bold]\u202e\x07"


def test_hostile_names_reach_no_terminal(run: Run, book: Callable[[str], str]) -> None:
    rows = f'symbol,quantity,account,sector,tags\nETH,1,"{HOSTILE}","{HOSTILE}","{HOSTILE}"\nSOL,1,a,b,c\n'
    for verb in ("value", "beta", "choose", "plan", "stress"):
        done = run(verb, book(rows))
        seen = done.out + done.err
        assert done.status in {0, 1, 4}
        assert not {"\x1b", "\x07", "\u202e"} & set(seen)
    symbol = run("value", book(f"symbol,quantity\n{HOSTILE},1\n"))
    assert not {"\x1b", "\x07", "\u202e"} & set(symbol.out + symbol.err)
    raw = run("plan", book(rows), "--json").out
    assert raw.isascii()


def test_markup_in_a_name_is_text(run: Run, book: Callable[[str], str]) -> None:
    done = run("plan", book("symbol,quantity\nETH,1\n"), "--beta", "ETH=1.5:0.1", "--exclude", "[red]x[/red]")
    assert done.status == 0, done.err
    assert "1.50" in done.out


def test_html_is_written_beside_the_ticket(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "ticket.html"
    done = run("plan", BOOK, "--json", "--html", str(page))
    assert done.status == 0
    assert done.json["plan_id"]
    assert done.err == f"wrote {page}\n"
    assert "<html" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("price", ["ETH=3,500", "ETH=3.500,00", "ETH=0", "ETH=", "ETH"])
def test_a_price_with_a_separator_is_no_price(run: Run, price: str) -> None:
    done = run("value", BOOK, "--price", price)
    assert done.status == 2
    assert "--price" in done.err
