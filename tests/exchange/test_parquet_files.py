"""Parquet files as tables: what is damaged, nested or made to fill the memory is refused, soon."""

import datetime as dt
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.errors import InputError
from recommender.exchange.tables.sheets.reading import read_sheets


def parquet(table):
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def test_cells_are_what_their_columns_hold(tmp_path):
    path = tmp_path / "a table.csv"  # its content says what it is
    table = {
        "员工编号": ["00012", None],
        "级别得分": [2, 3],
        "评估日期": [dt.date(2026, 3, 1), None],
        "合成数据": [True, False],
    }
    path.write_bytes(parquet(pa.table(table)))
    (sheet,) = read_sheets(path)
    assert sheet.rows == [
        list(table),
        ["00012", 2.0, dt.date(2026, 3, 1), True],
        ["", 3.0, "", False],
    ]


def test_what_is_refused(tmp_path):
    fine = parquet(pa.table({"a": ["x"] * 1000}))
    for content, code in (
        (fine[:-20], "file.broken"),
        (fine[:4] + b"\x00" * 20 + fine[24:], "file.broken"),
        (b"PAR1", "file.broken"),
        (parquet(pa.table({"a": [["x"]]})), "file.nested"),
        (parquet(pa.table({"a": [{"b": 1}]})), "file.nested"),
        (parquet(pa.table({f"c{n}": [1] for n in range(300)})), "file.too_many_cells"),
        # one value a million times
        (parquet(pa.table({"a": pa.repeat(1, 1_000_000)})), "file.too_many_cells"),
    ):
        path = tmp_path / "table.parquet"
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            list(read_sheets(path))
        assert caught.value.code == code, (len(content), code)


def test_a_long_text_that_is_often_there_is_held_once(tmp_path):
    """In the file it is; written out, these would be 2 GB."""
    path = tmp_path / "table.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 100_000])
    path.write_bytes(parquet(pa.table({"a": long})))
    (sheet,) = read_sheets(path)
    assert len({id(row[0]) for row in sheet.rows[1:]}) == 1
