"""`hedgerow support-bundle`: what others may see, and nothing else."""

from __future__ import annotations

import json
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK, Run

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.model.errors import BadConfig
from hedgerow.store.journal import look_into

CANARY = "canarysecret7f3a"
HIDDEN = (
    "HEDGEROW_KEY_BINANCE",
    "HEDGEROW_KEY_BINANCE_SECRET",
    "HEDGEROW_KEY_BYBIT_PASSWORD",
    "HEDGEROW_NOTIFY_PHONE",
)


def held(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as packed:
        return {name: json.loads(packed.read(name)) for name in packed.namelist()}


@pytest.mark.slow
def test_incident_46_a_support_bundle_is_clean_by_construction(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in HIDDEN:
        monkeypatch.setenv(name, CANARY)
    book = tmp_path / f"{CANARY}.csv"
    book.write_bytes(Path(BOOK).read_bytes())
    config = tmp_path / f"{CANARY}.toml"
    config.write_text(
        f'[hedge]\nexclude = ["{CANARY}"]\n[betas.{CANARY.upper()}]\nbeta = 1.257913\nnote = "{CANARY}"\n'
        "[limits]\nmax_leverage = 2.4375\n[venues.bybit]\nlive = false\n"
    )
    words = ("--config", str(config), "--state", str(tmp_path / CANARY))
    plan = run(
        "plan", str(book), "--instruments", "BTCUSDT", "--collateral", "300000USDT", *words, "--json"
    ).json
    assert run("trade", plan["plan_id"], *words).status == 0
    assert run("halt", "--why", CANARY, *words).status == 0
    out = tmp_path / "shown.zip"
    assert run("support-bundle", "--out", str(out), *words).status == 0

    found = held(out)
    with look_into(tmp_path / CANARY / "paper" / "journal.db") as journal:
        bodies = [one.body for one in journal.read(PAPER_ACCOUNT)]
    private = {
        CANARY,
        str(tmp_path),
        tmp_path.name,
        socket.gethostname(),
        PAPER_ACCOUNT,
        plan["plan_id"][:12],
    }
    private |= {"BTCUSDT", "2.4375", "1.257913", plan["plan"]["legs"][0]["contracts_exact"]}
    private |= {
        str(body[name]) for body in bodies for name in ("client_id", "trade_id", "price") if body.get(name)
    }
    private = {word for word in private if len(word) > 4}  # "2" is a trade's id, and a count
    assert len(private) >= 10
    text = json.dumps(found).lower()
    assert {word for word in private if word.lower() in text} == set()

    assert found["journals.json"]["paper"]["streams"][0]["kinds"]["sent"] == 2
    assert found["journals.json"]["paper"]["halts"] == 1
    assert found["journals.json"]["live"] == {"exists": False} or found["journals.json"]["live"]["halts"] == 1
    assert found["doctor.json"]["paper journal"] == "verified"
    assert found["settings.json"]["hedge.exclude"] == found["settings.json"]["limits.max_leverage"] == "set"
    assert found["settings.json"]["betas"] == found["settings.json"]["venues"] == 1
    assert found["versions.json"]["libraries"]["numpy"]


def test_settings_that_cannot_be_read_are_said_and_not_shown(tmp_path: Path, run: Run) -> None:
    config = tmp_path / "broken.toml"
    config.write_text(f'api_secret = "{CANARY}"\n')
    out = tmp_path / "shown.zip"
    done = run("support-bundle", "--out", str(out), "--config", str(config), "--json")
    assert (done.status, done.json["file"]) == (0, str(out))
    assert run("plan", BOOK, "--config", str(config)).status == BadConfig.exit_code
    assert held(out)["settings.json"] == {"readable": False}
    assert CANARY not in json.dumps(held(out))
    assert run("support-bundle", "--out", str(tmp_path / "no" / "folder.zip")).status == 4
