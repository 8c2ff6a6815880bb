"""`--chain venue:NAME`, as a user runs it: compared, taken and traded on paper on the quotes of now, at a stand-in on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from hedgerow.testing.standin.option_quotes import quoting
from hedgerow.venues.live_chains import LIVE_CHAINS
from hedgerow.venues.simulated import simulated_market
from hedgerow.venues.simulated_chain import simulated_chain

BOOK = "symbol,quantity\nBTC,2\nETH,10\nSOL,200\nUSDT,20000\n"


@contextmanager
def quoted() -> Iterator[str]:
    """Serve the simulated market's options as the venues tell theirs, in a thread of its own."""
    loop, ready, over, said = asyncio.new_event_loop(), threading.Event(), asyncio.Event(), list[str]()

    async def run() -> None:
        async with quoting(simulated_chain(simulated_market())) as base:
            said.append(base)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield said[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[str]:
    with quoted() as base:
        path = tmp_path / "venues.toml"
        path.write_text("".join(f'[venues.{name}]\nstand_in = "{base}"\n' for name in LIVE_CHAINS))
        yield str(path)


@pytest.mark.parametrize("name", LIVE_CHAINS)
def test_options_of_now_are_compared(run: Run, book: Callable[[str], str], settings: str, name: str) -> None:
    words = ("options", book(BOOK), "--floor", "15%", "--chain", f"venue:{name}", "--config", settings)
    found = run(*words, "--json")
    assert found.status == 0, found.err
    assert found.json["chain"]["source"] == f"{name} now"
    assert found.json["chain"]["settle"] == ("BTC" if name == "deribit" else "USDT")
    put = next(c for c in found.json["candidates"] if c["lead"])
    own = run("options", book(BOOK), "--floor", "15%", "--json").json
    same = next(c for c in own["candidates"] if c["lead"])
    assert put["strikes"] == same["strikes"]
    assert put["cost_usd_per_month"] == pytest.approx(same["cost_usd_per_month"], rel=0.05)


def test_a_put_of_now_is_taken_and_traded_on_paper(
    run: Run, book: Callable[[str], str], settings: str
) -> None:
    words = ("--chain", "venue:deribit", "--config", settings)
    taken = run("options", book(BOOK), "--take", "put", *words, "--json").json["taken"]
    done = run("trade", taken["plan_id"][:8], "--config", settings, "--json")
    assert done.status == 0, done.err
    assert done.json["outcome"] == "complete"


def test_the_past_is_not_asked_of_a_venue(run: Run, book: Callable[[str], str]) -> None:
    done = run("options", book(BOOK), "--chain", "venue:deribit", "--as-of", "2026-06-01")
    assert done.status == 2
    assert "Give a file of then" in done.err
    done = run("options", book(BOOK), "--chain", "venue:kraken")
    assert done.status == 4
    assert "deribit, binance, bybit" in done.err
