"""The schema goes up and down, is what the tables say, and travels in the wheel."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hedgerow.model.errors import JournalFailed
from hedgerow.store import migrate
from hedgerow.store.journal import open_journal
from hedgerow.store.sqlite import writing
from hedgerow.store.tables import METADATA


def tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    connection.close()
    return found


def test_the_newest_step_is_the_one_that_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_up_is_what_the_tables_say_and_down_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    engine = writing(path)
    for _ in range(2):
        with engine.begin() as connection:
            assert migrate.step_of(connection) is None
            migrate.upgrade(connection)
            assert migrate.step_of(connection) == migrate.HEAD
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA) == []
        assert {"records", "fills", "leases", "records_no_UPDATE", "fills_no_DELETE"} <= tables(path)
        with engine.begin() as connection:
            migrate.downgrade(connection, "base")
        assert tables(path) - {"alembic_version", "sqlite_autoindex_alembic_version_1"} == set()
    engine.dispose()


def test_a_step_that_is_not_committed_leaves_the_schema_as_it_was(tmp_path: Path) -> None:
    engine = writing(tmp_path / "journal.db")
    with engine.connect() as connection:
        migrate.upgrade(connection)
        assert migrate.step_of(connection) == migrate.HEAD
        connection.rollback()
    engine.dispose()
    assert tables(tmp_path / "journal.db") == set()


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_journal(path).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(JournalFailed, match="at step 9999"):
        open_journal(path)
