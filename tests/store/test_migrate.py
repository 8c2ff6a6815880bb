"""The schema goes up and down, is what the tables say, and travels in the wheel."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from tests.store.servers import PostgreSQL

from hedgerow.model.errors import JournalFailed
from hedgerow.store import migrate
from hedgerow.store.journal import open_journal
from hedgerow.store.postgresql import engine_of
from hedgerow.store.server import Server
from hedgerow.store.sqlite import writing
from hedgerow.store.tables import METADATA, SHARED


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


def of(place: Server) -> dict[str, int]:
    """What a server's schema has: tables, and triggers and functions of ours."""
    with engine_of(place).connect() as connection:
        asked = {
            "tables": "SELECT count(*) FROM pg_tables WHERE schemaname = :name",
            "triggers": "SELECT count(DISTINCT trigger_name) FROM information_schema.triggers WHERE trigger_schema = :name",
            "functions": "SELECT count(*) FROM information_schema.routines WHERE routine_schema = :name",
        }
        return {
            what: int(connection.scalar(text(query), {"name": place.schema}) or 0)
            for what, query in asked.items()
        }


def test_on_a_server_up_is_what_the_tables_say_and_down_leaves_nothing(postgresql: PostgreSQL) -> None:
    place = postgresql.server()
    postgresql.execute(f"CREATE SCHEMA {place.schema}")
    both: Any = [METADATA, SHARED]  # alembic takes several
    for _ in range(2):
        with engine_of(place).begin() as connection:
            assert migrate.step_of(connection) is None
            migrate.upgrade(connection)
            assert migrate.step_of(connection) == migrate.HEAD
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, both) == []
        assert of(place) == {"tables": 6, "triggers": 3, "functions": 1}
        with engine_of(place).begin() as connection:
            migrate.downgrade(connection, "base")
        assert of(place) == {"tables": 1, "triggers": 0, "functions": 0}
    with engine_of(place).connect() as connection:
        migrate.upgrade(connection)
        connection.rollback()
    assert of(place)["tables"] == 1
    open_journal(place).close()
    with engine_of(place).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(JournalFailed, match="at step 9999"):
        open_journal(place)


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
