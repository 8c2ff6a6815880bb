"""A live watch of a book that holds options: priced by a chain of now, hedged with futures, and decided again as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Run
from tests.cli.test_watch_live import account_of, again, said, traded
from tests.cli.watching import There, filled, keys_of, opened, unhurried

from hedgerow.stats.black import black_greeks

pytestmark = pytest.mark.slow
Open = Callable[..., AbstractContextManager[There]]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    lake = filled(tmp_path / "lake", ("bybit",))
    unhurried(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, told in keys_of("bybit").items():
        monkeypatch.setenv(name, told)
    return lambda *tags, **more: opened(tags, lake, tmp_path, **more)


def chain(place: Path, at_ms: int, index: float) -> str:
    """Write a chain of that instant: a put and a call at the money in coins, and return the put's name."""
    at = np.datetime64(at_ms, "ms")
    expiry = at.astype("datetime64[D]") + 60
    strike = round(index, -3)
    day = expiry.item().strftime("%d%b%y").upper().lstrip("0")
    lines = [
        "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,futures_price,index_price"
    ]
    for side, letter in (("put", "P"), ("call", "C")):
        worth = float(black_greeks(index, strike, 60 / 365, 0.5, side == "call").price) / index
        name = f"BTC-{day}-{strike:.0f}-{letter}"
        lines.append(
            f"{at}Z,{name},{side},{strike},{expiry}T08:00Z,{worth - 5e-4:.4f},{worth + 5e-4:.4f},{index},{index}"
        )
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"BTC-{day}-{strike:.0f}-P"


def test_options_of_the_book_are_hedged_at_a_venue_by_a_chain_of_now(
    at: Open, run: Run, tmp_path: Path
) -> None:
    with at("bybit") as there:
        stand, file = there.stands["bybit"], tmp_path / "chain.csv"
        put = chain(file, stand.clock(), float(stand.prices["BTC"]))
        plain, bought = there.book("plain.csv", "ETH,10"), there.book("book.csv", f"ETH,10\n{put},0.1")
        blind = there.watch(run, bought, "--at", "bybit")
        assert "stop" in {line["action"] for line in said(blind)}  # no chain: unknown, and no zero
        assert put in blind.out
        given = ("--at", "bybit", "--chain", str(file))
        there.watch(run, plain, *given)
        account = account_of(there, run, bought, *given)
        (alone, *_), _ = again(there, tmp_path, account, "plain")
        traded(there, run, bought, *given, "--mode", "auto", "--yes-live", account)
        looks, differing = again(there, tmp_path, account, "book")
        hedged = next(look for look in looks if look.ground is not None and look.ground.chains)
        (told,) = hedged.ground.chains  # type: ignore[union-attr]
        delta = float(
            black_greeks(
                told.index_usd, told.quotes[0].strike, told.years(told.quotes[0].expiry), 0.5, False
            ).delta
        )
        assert hedged.beta_usd[0] - alone.beta_usd[0] == pytest.approx(0.1 * told.index_usd * delta, rel=0.01)
        assert len(told.quotes) == 2
        assert looks[-1].in_band
        assert differing == ()
