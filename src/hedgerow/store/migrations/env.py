"""What alembic runs: the steps that are asked for, on the connection it is given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from hedgerow.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
