"""Memory: the journal of what touches a venue, and the lake of market history.

open_journal(path)     the operational journal in SQLite, a `model.ports.Store`
MemoryStore()          its twin in memory
Stream, read_rows …    the lake, one Parquet file for each coin and year
"""
