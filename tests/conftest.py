"""What all tests share: the vectors, the market data, how properties are drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("hedgerow", derandomize=True, deadline=None, max_examples=60, print_blob=True)
settings.load_profile("hedgerow")


@pytest.fixture(scope="session", autouse=True)
def _state_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Plans that tests make are kept where nobody looks for their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """The golden vectors by name."""
    loaded: dict[str, Any] = json.loads((ROOT / "tests/golden/test_vectors.json").read_text())
    return loaded


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real market data; outsiders, who do not have it, skip what needs it."""
    where = Path(os.environ.get("HEDGEROW_DATA") or ROOT.parent / "shared" / "data")
    if (where / "daily_close.parquet").is_file():
        return where
    if os.environ.get("HEDGEROW_REQUIRE_DATA") == "1":
        pytest.fail(f"HEDGEROW_REQUIRE_DATA is set and there is no market data in {where}")
    pytest.skip("no market data: set HEDGEROW_DATA to a folder that holds daily_close.parquet")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's browser, which `.ci/run` installs; whoever has none skips what needs it."""
    where = Path("/usr/bin/chromium")
    if where.is_file():
        return where
    if os.environ.get("HEDGEROW_REQUIRE_DATA") == "1":
        pytest.fail("there is no /usr/bin/chromium: apt-get install chromium")
    pytest.skip("no browser: apt-get install chromium to test the page in one")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL of this run's own (`tests.store.servers.PostgreSQL`); whoever has none installed skips what needs it."""
    from tests.store.servers import programs, running

    if programs() is None:
        if os.environ.get("HEDGEROW_REQUIRE_DATA") == "1":
            pytest.fail("there is no PostgreSQL: apt-get install postgresql")
        pytest.skip("no PostgreSQL: apt-get install postgresql to test journals on a server")
    with running() as found:
        yield found
