"""Results for everybody, by parts that are worked out anywhere and written to Parquet."""
