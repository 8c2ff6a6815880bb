"""The book changed on the page: written whole with what was there before kept, or nothing written and each row's error told."""

from __future__ import annotations

import io
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.web.asking import HOSTILE, Answer, Page, page_of

from hedgerow.app.holdings import backups, example, put_in, take_back
from hedgerow.cli import main
from hedgerow.config import Settings, load_settings
from hedgerow.files.portfolio import read_portfolio
from hedgerow.model.errors import UsageError

CSV = "symbol,quantity,account,note\nETH,10,ledger,old\nSOL,5,kraken,=2+2\nUSDT,1000,,\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "mine" / "book.csv"
    path.parent.mkdir()
    path.write_text(CSV)
    return path


@pytest.fixture
def page(book: Path, tmp_path: Path) -> Page:
    return page_of(str(book), tmp_path / "state", config=tmp_path / "config.toml")


def held(path: Path) -> dict[str, str]:
    return {row.symbol: f"{row.quantity:f}" for row in read_portfolio(path).positions}


def seen(page: Page) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page.get("/").text)
    assert found is not None
    return found[1]


def edit(page: Page, **fields: str) -> Answer:
    form = {name.replace("_", "-"): text for name, text in fields.items()}
    return page.press("/holdings", {"seen": seen(page), **form})


def test_a_quantity_is_set_and_the_old_file_is_kept(page: Page, book: Path) -> None:
    done = edit(page, row_0="12.5", row_1="5", row_2="1000")
    assert (done.status, done.headers["location"]) == (303, "/?done=written")
    assert held(book) == {"ETH": "12.5", "SOL": "5", "USDT": "1000"}
    (kept,) = backups(str(book))
    assert kept.read_text() == CSV
    html = page.get("/?done=written").text
    assert ">12.5<" in html
    assert "kept beside it" in html
    assert kept.name in html
    assert "'=2+2" in book.read_text()  # a spreadsheet takes it for text
    assert sorted(each.name for each in book.parent.iterdir()) == ["book.csv", kept.name]


def test_a_coin_is_added_and_one_is_left_out(page: Page, book: Path) -> None:
    assert edit(page, row_1="0", new_symbol="LINK", new_quantity="7").status == 303
    assert held(book) == {"ETH": "10", "USDT": "1000", "LINK": "7"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"row_0": "1,5"}, "A decimal point was expected"),
        ({"row_0": ""}, "The cell is empty"),
        ({"row_0": "=1+1"}, "Formulas are not evaluated"),
        ({"row_0": "NaN"}, "Unknown is not a quantity"),
        ({"row_0": "1e99"}, "Amounts lie between"),
        ({"new_symbol": "<script>alert(1)</script>", "new_quantity": "1"}, "piece of a page"),
        ({"new_symbol": "../../etc/passwd", "new_quantity": "1"}, "no path"),
        ({"new_symbol": "=cmd|'/c calc'!A0", "new_quantity": "1"}, "no ticker"),
        ({"new_symbol": "XRP"}, "The cell is empty"),
        ({"new_quantity": "4"}, "the symbol is empty"),
    ],
)
def test_a_bad_row_is_told_beside_it_and_nothing_is_written(
    page: Page, book: Path, fields: dict[str, str], said: str
) -> None:
    answer = edit(page, row_2="2000", **fields)
    assert answer.status == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="2000"' in answer.text  # what was typed well is not lost
    assert "<script>alert" not in answer.text
    assert book.read_text() == CSV
    assert backups(str(book)) == ()


def test_each_bad_row_has_its_own_error(page: Page, book: Path) -> None:
    answer = edit(page, row_0="x", row_1="1,5", row_2="7")
    assert answer.text.count('class="fault"') == 2
    assert book.read_text() == CSV


def test_a_file_that_changed_meanwhile_is_not_overwritten(page: Page, book: Path) -> None:
    before = seen(page)
    book.write_text("symbol,quantity\nETH,99\n")
    answer = page.press("/holdings", {"seen": before, "row-0": "1"})
    assert answer.status == 422
    assert "was changed since" in answer.text
    assert held(book) == {"ETH": "99"}


def test_nothing_changed_is_said(page: Page, book: Path) -> None:
    assert edit(page, row_0="10").status == 400
    assert book.read_text() == CSV


def parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"symbol": ["BTC", "ETH"], "quantity": ["0.5", "3"]}).write_parquet(out)
    return out.getvalue()


FILES = (
    ("new.csv", b"symbol,quantity\r\nBTC,0.5\r\nETH,3\r\n"),
    ("new.json", b'[{"symbol": "BTC", "quantity": 0.5}, {"symbol": "ETH", "quantity": "3"}]'),
    ("new.toml", b"[holdings]\nBTC = 0.5\nETH = 3\n"),
    ("new.parquet", parquet()),
    ("../../../new.csv", b"symbol,quantity\nBTC,0.5\nETH,3\n"),
    ("C:\\fakepath\\new.json", b'{"BTC": 0.5, "ETH": 3}'),
)


@pytest.mark.parametrize(("name", "data"), FILES)
@pytest.mark.parametrize("own", ["book.csv", "book.json", "book.toml", "book.parquet"])
def test_an_import_takes_the_place_of_the_book(tmp_path: Path, own: str, name: str, data: bytes) -> None:
    book = tmp_path / own
    made = {
        ".csv": CSV.encode(),
        ".json": b'[{"symbol": "SOL", "quantity": 1}]',
        ".toml": b"[holdings]\nSOL = 1\n",
    }
    book.write_bytes(made.get(book.suffix, parquet()))
    before = book.read_bytes()
    page = page_of(str(book), tmp_path / "state")
    assert page.send("/import", name, data).status == 303
    assert held(book) == {"BTC": "0.5", "ETH": "3"}
    (kept,) = backups(str(book))
    assert kept.read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} <= {own, kept.name, "state"}


def test_lines_that_are_pasted_are_a_file_too(page: Page, book: Path) -> None:
    assert page.press("/import", {"text": "symbol,quantity\nBTC,2\n"}).status == 303
    assert held(book) == {"BTC": "2"}
    assert page.press("/import", {"text": " "}).status == 400


BAD = (
    ("x.csv", b""),
    ("x.csv", b"\xff\xfe\x00"),
    ("x.csv", b"symbol,quantity\n"),
    ("x.csv", b"symbol,quantity\nETH,\n"),
    ("x.csv", b"name,size\nETH,1\n"),
    ("x.csv", b'symbol,quantity\n"ETH,1\n'),
    ("x.json", b"[" * 5_000),
    ("x.json", b'{"a": NaN}'),
    ("x.json", b"null"),
    ("x.toml", b"a = = 1"),
    ("x.parquet", b"PAR1 nothing"),
    ("x.csv.exe", b"MZ\x00\x00"),
    ("\x00", b"symbol"),
    ("x.csv", b"symbol,quantity\n" + b"ETH,1,2\n" * 3),
    *((f"{name}.csv", f"symbol,quantity\n{name},1\n".encode()) for name in HOSTILE),
)


@pytest.mark.parametrize(("name", "data"), BAD, ids=range(len(BAD)))
def test_a_bad_file_changes_nothing_and_is_told_in_words(
    page: Page, book: Path, name: str, data: bytes
) -> None:
    answer = page.send("/import", name, data)
    assert answer.status in {400, 422}
    for bad in ("<script>alert", "<img", "<svg onload", "Traceback"):
        assert bad not in answer.text
    assert book.read_text() == CSV
    assert [each.name for each in book.parent.iterdir()] == ["book.csv"]


def test_every_bad_row_of_an_import_is_named_with_its_line(page: Page, book: Path) -> None:
    answer = page.send("/import", "x.csv", b"symbol,quantity\nETH,1\nSOL,x\n<b>,1\nADA,2\nXRP,1 000\n")
    assert answer.status == 422
    for line in (3, 4, 6):
        assert f"line {line}, column" in answer.text
    assert "x.csv was not taken" in answer.text
    assert book.read_text() == CSV


def test_a_formula_in_a_note_is_no_formula_in_the_book(page: Page, book: Path) -> None:
    rows = [
        {"symbol": "ETH", "quantity": "-3", "note": text} for text in ("=1+1", "@SUM(A1)", "+x", "-x", "\tx")
    ]
    assert page.send("/import", "x.json", json.dumps(rows).encode()).status == 303
    cells = [line.split(",", 2)[2] for line in book.read_text().splitlines()[1:]]
    assert all(cell.strip('"').startswith("'") for cell in cells)
    assert held(book) == {"ETH": "-15"}


def test_a_tag_that_is_a_formula_is_refused_and_not_changed_unsaid(page: Page, book: Path) -> None:
    rows = [{"symbol": "ETH", "quantity": "3", "tags": "=1+1"}]
    answer = page.send("/import", "x.json", json.dumps(rows).encode())
    assert answer.status == 422
    assert "would read otherwise" in answer.text
    assert book.read_text() == CSV


def test_a_change_is_taken_back(page: Page, book: Path) -> None:
    assert page.press("/take-back", {}).status == 400
    edit(page, row_0="12.5")
    assert page.press("/take-back", {}).headers["location"] == "/?done=back"
    assert book.read_text() == CSV
    assert len(backups(str(book))) == 1  # the change, should it have been right
    take_back(str(book))
    assert held(book)["ETH"] == "12.5"


def test_at_most_twenty_are_kept(book: Path) -> None:
    for count in range(1, 25):
        put_in(Settings(), str(book), f"symbol,quantity\nETH,{count}\n".encode(), "x.csv")
    kept = backups(str(book))
    assert len(kept) == 20
    assert held(kept[-1]) == {"ETH": "23"}


def test_a_link_is_followed_and_a_private_file_stays_private(tmp_path: Path, book: Path) -> None:
    book.chmod(0o600)
    link = tmp_path / "link.csv"
    link.symlink_to(book)
    put_in(Settings(), str(link), b"symbol,quantity\nETH,1\n", "x.csv")
    assert link.is_symlink()
    assert held(book) == {"ETH": "1"}
    for each in (book, *backups(str(book))):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_an_account_is_not_edited() -> None:
    with pytest.raises(UsageError, match="what the account holds"):
        put_in(Settings(), "venue:paper", b"symbol,quantity\nETH,1\n", "x.csv")


def test_an_export_that_splits_its_quantities_is_imported_and_not_edited(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("asset,free,locked\nETH,1,2\n")
    page = page_of(str(book), tmp_path / "state")
    html = page.get("/").text
    assert "cannot be set one by one here" in html
    assert page.press("/holdings", {"seen": "", "row-0": "5"}).status in {400, 422}
    assert book.read_text() == "asset,free,locked\nETH,1,2\n"


def test_a_book_that_cannot_be_read_can_be_mended_where_it_says_so(page: Page, book: Path) -> None:
    book.write_text("symbol,quantity\nETH,x\nSOL,2\n")
    answer = page.get("/")
    assert answer.status == 422
    assert answer.text.count('class="fault"') == 1
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', answer.text)
    assert found is not None
    assert page.press("/holdings", {"seen": found[1], "row-0": "3"}).status == 303
    assert held(book) == {"ETH": "3", "SOL": "2"}


def test_the_example_is_made_once_and_is_ones_own(tmp_path: Path, book: Path) -> None:
    from dataclasses import replace

    settings = replace(Settings(), trade=replace(Settings().trade, state=str(tmp_path / "state")))
    first = Path(example(settings, book))
    assert first.read_text() == CSV
    first.write_text("symbol,quantity\nETH,1\n")
    assert Path(example(settings, book)).read_text() == "symbol,quantity\nETH,1\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def call(*words: str) -> Any:
        capsys.readouterr()
        assert main([*words, "--json"]) in {0, 1}
        return json.loads(capsys.readouterr().out)

    return call


def test_a_beta_by_hand_is_in_the_settings_for_every_command(
    page: Page, book: Path, tmp_path: Path, run: Callable[..., Any]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("# mine\n[hedge]\nhorizon_days = 20 # short\n")
    form = {"coin": "SOL", "beta": "2.5", "error": "0.4", "note": HOSTILE[0]}
    assert page.press("/beta", form).headers["location"] == "/?done=beta"
    assert "# mine" in config.read_text()
    assert "# short" in config.read_text()
    given = load_settings(config).settings.betas["SOL"]
    assert (given.beta, given.stderr, given.note) == (2.5, 0.4, HOSTILE[0])
    rows = page.get("/api/exposure").json["betas"]
    (sol,) = [row for row in rows if row["symbol"] == "SOL"]
    assert (sol["beta"], sol["stderr"], sol["note"]) == (2.5, 0.4, HOSTILE[0])
    assert rows == run("beta", str(book), "--config", str(config))["betas"]
    html = page.get("/").text
    assert "has a beta by hand: 2.50 ± 0.40" in html
    assert "<img" not in html
    assert page.press("/beta", {"coin": "SOL", "remove": "yes"}).status == 303
    assert not load_settings(config).settings.betas
    assert "beta by hand" not in page.get("/").text.replace("Give a beta by hand", "")


@pytest.mark.parametrize(
    "form",
    [
        {"coin": "SOL", "beta": "x", "error": "0", "note": "why"},
        {"coin": "SOL", "beta": "nan", "error": "0", "note": "why"},
        {"coin": "SOL", "beta": "1", "error": "-1", "note": "why"},
        {"coin": "SOL", "beta": "1,2", "error": "0", "note": "why"},
        {"coin": "SOL", "beta": "1", "error": "0", "note": " "},
        {"coin": "SOL", "beta": "1e9", "error": "0", "note": "why"},
        {"coin": "WHAT", "beta": "1", "error": "0", "note": "why"},
        {"coin": "a]\n[trade", "beta": "1", "error": "0", "note": "why"},
        {"coin": "../x", "remove": "yes"},
    ],
    ids=str,
)
def test_a_beta_that_means_nothing_is_refused(page: Page, tmp_path: Path, form: dict[str, str]) -> None:
    assert page.press("/beta", form).status == 400
    assert not (tmp_path / "config.toml").exists()


def test_settings_that_cannot_be_read_are_left_as_they_are(page: Page, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[hedge\n")
    assert page.press("/beta", {"coin": "SOL", "beta": "1", "error": "0", "note": "why"}).status == 422
    assert config.read_text() == "[hedge\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"--\r\n\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n--a--"),
        (
            "multipart/form-data; boundary=a",
            b"--a\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--a--",
        ),
        (
            "multipart/form-data; boundary=a",
            b"--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--a--",
        ),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\nx\r\n" * 50),
        ("multipart/form-data; boundary=\xff\xfe", b"--a--"),
        (
            "multipart/form-data; boundary=a; charset=nothing",
            b"--a\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--a--",
        ),
    ],
)
def test_misshapen_forms_with_files_are_refused(page: Page, book: Path, kind: str, body: bytes) -> None:
    assert page.ask("POST", "/import", {"content-type": kind}, body).status in {400, 403, 415}
    assert page.ask("POST", "/import", {"content-length": str(5 << 20)}, b"x").status == 413
    assert page.ask("POST", "/import", {"content-length": "1_0"}, b"x").status == 413
    assert book.read_text() == CSV
