"""`hedgerow data pull` from each venue's stand-in through real ccxt: whole, killed, pulled again, planned on."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Run
from tests.testing.standin.served import sent_to, served

from hedgerow.app.lake import LakeSink
from hedgerow.store.lake import Stream, read_rows
from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.worlds import KEY, SECRET, stand_of

TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
DAY = 86_400_000
YEAR = ("--from", "2025-01-01", "--until", "2025-12-31")
EVER = (np.datetime64("2000-01-01"), np.datetime64("2100-01-01"))


def asked(tag: str, config: str, lake: Path, *more: str) -> list[str]:
    return ["data", "pull", tag, "--config", config, "--lake", str(lake), "--json", *more]


def there(lake: Path, tag: str, coin: str, kind: str) -> list[tuple[int, float]]:
    column = "rate" if kind == "funding" else "close"
    rows = read_rows(Stream(lake, kind, tag), coin, *EVER, (column,))
    return list(zip(rows["ts"].dt.epoch("ms").to_list(), rows[column].to_list(), strict=True))


def killed_in_the_middle(stand: Stand, words: list[str], lake: Path, tag: str) -> None:
    """Start a pull in a process of its own and kill it once it has bars, and funding was asked for."""
    process = subprocess.Popen([sys.executable, "-m", "hedgerow", *words], stdout=subprocess.DEVNULL)
    sink = LakeSink(lake, tag)
    for _ in range(1200):
        if sink.span("candles-1d", "BTC") and any("fund" in one.lower() for one in stand.heard):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
def test_a_pull_that_was_killed_goes_on_and_a_plan_reads_what_it_brought(
    tag: str, tmp_path: Path, run: Run, book: Callable[[str], str]
) -> None:
    stand, lake = stand_of(tag), tmp_path / "lake"
    until = stand.clock() // DAY * DAY
    since = until - 400 * DAY
    days = [str(np.datetime64(at, "ms").astype("datetime64[D]")) for at in (since, until - DAY)]
    kinds = ["--coins", "BTC,ETH", "--kinds", "candles,funding", "--from", days[0], "--until", days[1]]
    with served({tag: stand}) as base:
        words = asked(tag, sent_to(tmp_path, base, tag), lake, *kinds)
        killed_in_the_middle(stand, words, lake, tag)
        again = run(*words)
    assert again.status == 0, again.err
    assert again.json["whole"]
    assert again.json["written"]["candles-1d"] < 2 * 400
    later = [(one["kind"], one["coin"]) for one in again.json["begins_later"]]
    assert later == ([("funding", "BTC"), ("funding", "ETH")] if tag == "mexc" else [])
    for one in stand.instruments:
        if one.underlying in {"BTC", "ETH"} and one.is_perpetual and one.settle == "USDT":
            bars = [(bar.at, float(bar.close)) for bar in stand.candles(one, 1440, since, until)]
            kept = until - 88 * DAY if tag == "mexc" else since  # what the venue has at all
            paid = [(print_.at, float(print_.rate)) for print_ in stand.prints(one, kept, until)]
            assert there(lake, tag, one.underlying, "candles-1d") == bars
            assert there(lake, tag, one.underlying, "funding")[-len(paid) :] == paid
    holdings = book("symbol,quantity\nETH,10\n")
    plan = run("plan", holdings, "--market", tag, "--lake", str(lake), "--json")
    assert plan.status == 0, plan.err
    assert plan.json["plan"]["legs"][0]["side"] == "sell"


def test_what_a_venue_has_not_is_named_and_the_rest_comes(tmp_path: Path, run: Run) -> None:
    with served({"bingx": stand_of("bingx")}) as base:
        config = sent_to(tmp_path, base, "bingx")
        words = asked("bingx", config, tmp_path, "--kinds", "index,candles", "--coins", "BTC,ETH", *YEAR)
        done = run(*words)
        assert done.status == 1
        assert [(m["kind"], m["coin"]) for m in done.json["missing"]] == [
            ("index-1d", "BTC"),
            ("index-1d", "ETH"),
        ]
        assert done.json["written"] == {"candles-1d": 2 * 365}
        shown = run(*(word for word in words if word != "--json"))
    assert "not there: index-1d of BTC, ETH: bingx has no bars" in shown.out


def test_a_venue_out_of_reach_is_said_and_what_came_stays(tmp_path: Path, run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = run(*asked("binance", sent_to(tmp_path, base, "binance"), tmp_path))
    assert done.status == 5
    assert done.json["error"]["kind"] == "VenueUnreachable"


def test_a_venue_that_goes_away_in_the_middle_leaves_what_came_and_is_gone_on_with(
    tmp_path: Path, run: Run
) -> None:
    stand, lake = stand_of("bybit"), tmp_path / "lake"
    stand.faults.append(Fault("GET .*/funding/history", "instead", status=503, times=3))
    with served({"bybit": stand}) as base:
        words = asked("bybit", sent_to(tmp_path, base, "bybit"), lake, "--coins", "BTC", *YEAR)
        broken = run(*words)
        assert broken.status == 5
        assert LakeSink(lake, "bybit").span("candles-1d", "BTC") is not None
        assert LakeSink(lake, "bybit").span("funding", "BTC") is None
        again = run(*words)
    assert again.status == 0, again.err
    assert again.json["written"] == {"candles-1d": 0, "mark-1d": 0, "funding": 3 * 365, "contracts": 1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["binance", "--bar", "7m"], "no length"),
        (["binance", "--kinds", "candles,tulips"], "not understood"),
        (["binance", "--from", "soon"], "--from"),
        (["binance", "--from", "2025-02-01", "--until", "2025-01-01"], "nothing between"),
        (["kraken"], "kraken"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    words: list[str], said: str, tmp_path: Path, run: Run
) -> None:
    config = sent_to(tmp_path, "http://127.0.0.1:9", "binance")
    done = run("data", "pull", *words, "--config", config, "--lake", str(tmp_path))
    assert done.status in {2, 4}
    assert said in done.err


def test_a_stand_in_elsewhere_than_on_this_machine_is_refused(tmp_path: Path, run: Run) -> None:
    done = run(*asked("binance", sent_to(tmp_path, "http://192.0.2.1:80", "binance"), tmp_path))
    assert done.status == 4
    assert "no server on this machine" in done.err


def test_tiers_come_with_a_key_where_the_venue_shows_them_to_nobody_else(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEROW_KEY_BINANCE", KEY)
    monkeypatch.setenv("HEDGEROW_KEY_BINANCE_SECRET", SECRET)
    with served({"binance": stand_of("binance")}) as base:
        config = sent_to(tmp_path, base, "binance")
        words = asked("binance", config, tmp_path / "lake", "--kinds", "tiers", "--coins", "BTC")
        without, with_key = run(*words), run(*words, "--with-key")
    assert (without.status, with_key.status) == (1, 0)
    assert with_key.json["written"] == {"tiers": 1}
