"""Where the journals and lakes of tests lie: in files, and on real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from tests.store.buckets import BUCKET, serving
from tests.store.servers import PostgreSQL

from hedgerow.store.bucket import root_of
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


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server of the S3 dialect with a bucket, and the file in which it says what it was asked."""
    log = tmp_path_factory.mktemp("storage") / "asked"
    with serving(log):
        yield log


@pytest.fixture(params=["folder", "bucket"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a lake can lie."""
    if request.param == "folder":
        return tmp_path / "lake"
    request.getfixturevalue("storage")
    return root_of(f"s3://{BUCKET}/{uuid4()}")
