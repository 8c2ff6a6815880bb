"""The journal's tables, as the migrations leave them. Money is text; instants are milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Table, Text

__all__ = ["DOCUMENTS", "FILLS", "LEASES", "LINES", "METADATA", "RECORDS", "SHARED"]

METADATA = MetaData()

RECORDS = Table(
    "records",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,  # one tree, so that a short record touches one page
)

FILLS = Table(
    "fills",
    METADATA,
    Column("venue", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("trade_id", Text, primary_key=True),
    Column("quantity", Text, nullable=False),
    Column("price", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index("fills_by_record", "stream", "seq"),
    sqlite_with_rowid=False,
)

LEASES = Table(
    "leases",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("ttl_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

SHARED = MetaData()
"""What a server has besides, and a file has beside it."""

LINES = Table(
    "lines",
    SHARED,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("line", Text, nullable=False),
)

DOCUMENTS = Table(
    "documents",
    SHARED,
    Column("folder", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)
