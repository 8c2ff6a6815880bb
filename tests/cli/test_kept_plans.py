"""`plan`, `demo` and `pair` keep what can be traded, and say how."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run

from hedgerow.app.plans import planned
from hedgerow.config import settings_from
from hedgerow.model.errors import BadInput
from hedgerow.reports.wire import fingerprint
from hedgerow.store.plans import keep_plan

KEPT = "To trade it on paper:  hedgerow trade"


def plans(state: Path) -> list[Path]:
    return sorted(state.glob("*/plans/*.json"))


@pytest.mark.parametrize("words", [("plan", BOOK), ("demo",), ("pair", "SOL", "ETH")])
def test_a_plan_is_kept_under_its_id(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    state = str(tmp_path / "mine")
    shown = run(*words, "--state", state)
    (path,) = plans(tmp_path / "mine")
    assert path.parent.parent.name == "paper"
    assert f"{KEPT} {path.stem[:6]}" in shown.out
    told = json.loads(path.read_text(encoding="utf-8"))["plan"]
    again = run(*words, "--state", state, "--json").json
    assert again["plan_id"] == path.stem == told["plan_id"]
    again.pop("backtest", None)
    told["document"].pop("backtest", None)
    assert told["document"] == again
    assert plans(tmp_path / "mine") == [path]


def test_a_plan_rests_on_the_book_and_what_it_holds(run: Run, tmp_path: Path) -> None:
    run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT")
    told = json.loads(plans(tmp_path / "state" / "hedgerow")[0].read_text(encoding="utf-8"))["plan"]
    assert told["book"]["path"] == BOOK
    assert list(told["held"].values()) == ["0"]
    assert float(told["capital"]["USDT"]) >= 200_000.0


def test_real_money_has_its_own_folder_and_never_a_simulated_plan(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEROW__TRADE__LIVE", "true")
    run("plan", BOOK)
    assert {path.parent.parent.name for path in plans(tmp_path / "state" / "hedgerow")} == {"paper"}


def test_what_cannot_be_traded_is_not_kept(run: Run, tmp_path: Path) -> None:
    done = run("plan", BOOK, "--collateral", "100USDT")
    assert done.status == 1
    assert "refused" in done.out
    assert KEPT not in done.out
    assert plans(tmp_path) == []


def test_a_folder_that_cannot_be_written_does_not_hide_the_plan(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run("plan", BOOK, "--state", str(tmp_path / "file"))
    assert done.status == 0
    assert "is not kept for trading" in done.out
    assert "Not a directory" in done.out


@pytest.mark.parametrize(
    ("words", "field", "wrong"),
    [
        (("plan", BOOK), "document", {"plan": {"legs": []}}),
        (("plan", BOOK), "held", []),
        (("plan", BOOK), "held", {}),
        (("pair", "SOL", "ETH"), "capital", {"USDT": "abc"}),
    ],
)
def test_a_plan_edited_by_hand_is_refused_though_its_digest_was_made_anew(
    run: Run, tmp_path: Path, words: tuple[str, ...], field: str, wrong: object
) -> None:
    state = tmp_path / "mine"
    run(*words, "--state", str(state))
    (path,) = plans(state)
    settings = settings_from({"trade": {"state": str(state)}}, "words")
    assert planned(settings, "paper", path.stem[:6]).plan_id == path.stem
    told = json.loads(path.read_text(encoding="utf-8"))["plan"] | {field: wrong}
    digest = sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    path.write_text(json.dumps({"digest": digest, "plan": told}), encoding="utf-8")
    with pytest.raises(BadInput, match="not the plan that was written"):
        planned(settings, "paper", path.stem[:6])


def test_contracts_that_are_no_number_are_refused_under_an_id_of_their_own(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "mine"
    run("pair", "SOL", "ETH", "--state", str(state))
    (path,) = plans(state)
    kept = planned(settings_from({"trade": {"state": str(state)}}, "words"), "paper", path.stem)
    document = {key: each for key, each in kept.document.items() if key not in {"plan_id", "backtest"}}
    document["legs"] = [leg | {"contracts_exact": "abc"} for leg in document["legs"]]
    name = fingerprint(document)
    keep_plan(path.parent, replace(kept, plan_id=name, document=document))
    with pytest.raises(BadInput, match="not the plan that was written"):
        planned(settings_from({"trade": {"state": str(state)}}, "words"), "paper", name)
