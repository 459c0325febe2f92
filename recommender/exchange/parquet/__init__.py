"""Folders of Parquet files, a partition for each branch: facts that come in, results that go out.

The layout is that of Hive, which pandas, DuckDB and Spark read as one table. A branch is the
highest of a person's org units; the whole path stands in the column `org_unit`.
"""
