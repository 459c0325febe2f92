"""A folder of facts with a fault is refused, and the sentence names file, column and value."""

import datetime as dt
import pickle
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from everybody import PLANS, RANKING, work_out, write_facts
from organisations import AS_OF

from recommender.errors import InputError
from recommender.exchange.parquet.facts import FactFolder
from recommender.exchange.parquet.parts import partition_of
from recommender.texts import LANGUAGES, explain

DAY = dt.timedelta(days=1)


def file_of(facts, kind):
    """Return the file of a kind that has most rows."""
    return max((facts / kind).rglob("*.parquet"), key=lambda file: pq.read_metadata(file).num_rows)


def change(file, column, value, kind=None):
    """Write a value into the first row, as a tool would that knows no rules."""
    table = pq.ParquetFile(file).read()
    values = [value, *(table[column] if kind is None else table[column].cast(kind)).to_pylist()[1:]]
    at = table.column_names.index(column)
    pq.write_table(table.set_column(at, column, pa.array(values, kind or table[column].type)), file)


def drop(file, column):
    pq.write_table(pq.ParquetFile(file).read().drop_columns([column]), file)


def say_twice(file):
    table = pq.ParquetFile(file).read()
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), file)


def say_in_two_branches(file):
    other = file.parent.parent / "branch=另一示例分公司" / "part-0.parquet"
    other.parent.mkdir()
    pq.write_table(pq.ParquetFile(file).read().slice(0, 1), other)


# what is done to a file of a kind; the code; what the sentence names beside the file
FAULTS = [
    ("people", lambda file: drop(file, "grade"), "column", ("grade",)),
    ("ratings", lambda file: drop(file, "rated_on"), "column", ("rated_on",)),
    ("people", lambda file: change(file, "org_unit", None), "empty", ("org_unit",)),
    ("exams", lambda file: change(file, "score", None), "empty", ("score",)),
    ("exams", lambda file: change(file, "score", float("nan")), "empty", ("score",)),
    ("exams", lambda file: change(file, "score", 101.5), "range", ("score", "101.5", "0", "100")),
    ("ratings", lambda file: change(file, "rating", -1.0), "range", ("rating", "-1", "0", "3")),
    (
        "ratings",
        lambda file: change(file, "rated_on", AS_OF + DAY),
        "future",
        ("rated_on", "2026-11-02", "2026-11-01"),
    ),
    (
        "ratings",
        lambda file: change(file, "rater_type", "boss"),
        "choice",
        ("rater_type", "boss", "manager"),
    ),
    ("people", say_twice, "twice", ()),
    ("people", say_in_two_branches, "twice", ()),
    ("people", lambda file: file.write_bytes(b"person_id,name\n"), "file", ()),
    ("exams", lambda file: file.write_bytes(file.read_bytes()[:200]), "file", ()),
    ("people", lambda file: change(file, "hired_on", "soon", kind=pa.string()), "file", ("soon",)),
]


def test_each_fault_has_its_sentence(staff, tmp_path):
    facts = write_facts(staff, tmp_path / "facts")
    for kind, spoil, code, named in FAULTS:
        file = file_of(facts, kind)
        before = file.read_bytes()
        spoil(file)
        with pytest.raises(InputError) as caught:
            work_out(staff, tmp_path / "results", facts=facts)
        error = caught.value
        assert error.code == f"batch.facts-{code}", (kind, code)
        for lang in LANGUAGES:
            sentence, advice = explain(error, lang)
            assert advice
            place = facts if code == "twice" else file
            for word in (str(place), *named):
                assert word in sentence, (lang, code, sentence)
        # it may come from another process
        assert explain(pickle.loads(pickle.dumps(error)), "en") == explain(error, "en")
        for other in facts.glob("people/branch=另一示例分公司/*"):
            other.unlink()
            other.parent.rmdir()
        file.write_bytes(before)
    # mended, it is taken
    assert work_out(staff, tmp_path / "results", facts=facts).people == 8


def test_no_people_and_no_folder_are_told_of(staff, tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError) as caught:
            work_out(staff, tmp_path / "results", facts=folder)
        assert caught.value.code == "batch.no-facts"
    # results where a file stands already
    (tmp_path / "a file").write_text("")
    with pytest.raises(InputError) as caught:
        work_out(staff, tmp_path / "a file")
    assert caught.value.code == "batch.io"


def test_facts_as_other_tools_write_them_are_read(staff, tmp_path):
    facts = write_facts(staff, tmp_path / "facts")
    work_out(staff, tmp_path / "ours", facts=facts)
    work_out(staff, tmp_path / "plans", PLANS, facts=facts)
    for file in facts.rglob("*.parquet"):
        frame = pq.ParquetFile(file).read().to_pandas()
        for name in frame.columns:
            if name.endswith("_on"):
                frame[name] = pd.to_datetime(frame[name])
            elif name in ("grade", "rater_type", "status"):
                frame[name] = frame[name].astype("category")
        # columns in another order, and one more
        frame = frame[frame.columns[::-1]].assign(note="示例")
        # pandas writes what has no value at all as a column without a type
        frame.sample(frac=1, random_state=1).to_parquet(file, index=False)
    # whole numbers instead of others
    exams = file_of(facts, "exams")
    frame = pd.read_parquet(exams)
    frame.assign(exam_level=frame["exam_level"].astype("int64")).to_parquet(exams, index=False)
    # kinds that nobody knows anything of may be missing
    for file in (facts / "assessments").rglob("*.parquet"):
        file.unlink()
    for request, ours in ((RANKING, "ours"), (PLANS, "plans")):
        work_out(staff, tmp_path / "theirs", request, facts=facts)
        for table in ("levels", "recommendations") if request is RANKING else ("plan_items",):
            theirs = sorted((tmp_path / "theirs" / table).rglob("*.parquet"))
            assert theirs
            for file in theirs:
                mine = tmp_path / ours / Path(file).relative_to(tmp_path / "theirs")
                assert pq.ParquetFile(file).read().equals(pq.ParquetFile(mine).read())


def test_names_of_branches_stand_in_names_of_folders(tmp_path):
    folder = FactFolder(tmp_path, AS_OF)
    for branch in ("东区分公司", "A=B", "50% off", "a b", "c:d*e?f", "x#y"):
        (tmp_path / "people" / partition_of(branch)).mkdir(parents=True)
        assert "/" not in partition_of(branch)
        assert branch in folder.branches()
