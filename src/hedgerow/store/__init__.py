"""Memory: the lake of market history, one Parquet file for each coin and year."""
