"""Where the journals of tests lie: in files, and on a real server."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from tests.store.servers import PostgreSQL

from hedgerow.store.server import Where

Fresh = Callable[[], Where]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Make places for journals in which nothing is yet: files for one half of the tests, a server's schemas for the other."""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return lambda: server.server(here=tmp_path / "here")
    numbers = count()
    return lambda: tmp_path / f"{next(numbers)}" / "journal.db"
