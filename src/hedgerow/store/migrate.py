"""The journal's schema: which step a file is at, and the way up and down.

upgrade(connection)                 to the newest step
downgrade(connection, "base")       back, for tests and for going back to an older version
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from hedgerow.model.errors import JournalFailed

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["HEAD", "downgrade", "step_of", "upgrade"]

HEAD = "0001"
"""The newest step; a test compares it with the files."""

_STEPS = Path(__file__).with_name("migrations")


def step_of(connection: Connection) -> str | None:
    """Return the step that the schema is at, None where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest step, in the connection's transaction; without alembic where it is there already.

    Raises `JournalFailed` for a journal that a newer version wrote.
    """
    step = step_of(connection)
    if step == HEAD:
        return
    if step is not None and step > HEAD:
        raise JournalFailed(
            f"this journal is at step {step}, and this version of Hedgerow knows {HEAD}",
            advice="Use the version that wrote it, or a newer one.",
        )
    from alembic import command

    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection, step: str) -> None:
    """Take the schema back to `step` ("base": nothing left), in the connection's transaction."""
    from alembic import command

    command.downgrade(_config(connection), step)


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
