"""Records put together to intervals: whatever their order, and however often they are repeated."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.improvement.history import (
    build_records,
    code_history,
    pairs_of_table,
    read_records,
    to_intervals,
)

ZERO = dt.date(2024, 1, 1)
MONTH = 365.25 / 12
COLUMNS = [
    *("person_id", "competency_id", "module_id", "level_before", "level_after"),
    *("before_on", "after_on", "completed_on", "org_unit"),
]
MODULES = {"m1": ("a", "b"), "m2": ("a",), "m3": ("b", "c"), "m4": ("a",)}
TABLE = pd.DataFrame(
    [
        {"module_id": m, "competency_ids": ";".join(k), "from_level": 1.0, "to_level": 2.0,
         "modality": "online", "hours": 8.0, "cost": 0.0}
        for m, k in MODULES.items()
    ]
)  # fmt: skip


def day(n):
    return None if n is None else ZERO + dt.timedelta(days=n)


def table(rows):
    """Rows of person, competency, module, before, after, day before, day after, completed, unit."""
    return pd.DataFrame(
        [(*row[:5], *map(day, row[5:8]), row[8] if len(row) > 8 else None) for row in rows],
        columns=COLUMNS,
    )


def frame(rows):
    return read_records(table(rows)).frame


def history(rows):
    return code_history(read_records(table(rows)), pairs_of_table(TABLE))


def assert_same(one, other):
    pd.testing.assert_frame_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_two_modules_of_one_interval_are_one_observation_with_the_whole_gain():
    X, level_after = to_intervals(
        frame(
            [
                ("p2", "a", None, 2.0, 2.1, 0, 61, None, "北"),
                ("p1", "a", "m2", 1.0, 1.8, 0, 120, 60, "东"),
                ("p1", "a", "m1", 1.0, 1.8, 0, 120, 30, "东"),
                ("p1", "b", "m1", 1.5, 1.9, 0, 120, 30, None),
            ]
        )
    )
    assert list(X) == [
        *("person_id", "competency_id", "modules", "since"),
        *("level_before", "months", "org_unit", "assessed_on"),
    ]
    assert X["person_id"].tolist() == ["p1", "p1", "p2"]
    assert X["modules"].tolist() == [("m1", "m2"), ("m1",), ()]
    assert X["since"].tolist()[0] == pytest.approx((90 / MONTH, 60 / MONTH))
    assert X["since"].tolist()[1:] == [(90 / MONTH,), ()]
    assert X["level_before"].tolist() == [1.0, 1.5, 2.0]
    assert level_after.tolist() == [1.8, 1.9, 2.1]
    np.testing.assert_allclose(X["months"], np.array([120, 120, 61]) / MONTH)
    assert X["org_unit"].tolist() == ["东", None, "北"]
    assert X["assessed_on"].tolist() == [pd.Timestamp(day(n)) for n in (120, 120, 61)]


def test_what_is_unknown_stays_unknown():
    X, _ = to_intervals(frame([("p", "a", "m1", 1.0, 1.8, None, None, None)]))
    assert math.isnan(X["since"].iloc[0][0])
    assert math.isnan(X["months"].iloc[0])
    assert X["assessed_on"].isna().all()
    assert X["org_unit"].tolist() == [None]


def test_modules_without_a_day_come_last_and_those_of_one_day_in_order():
    rows = [(m, done) for m, done in (("m4", None), ("m2", 20), ("m1", 20), ("m3", 5))]
    X, _ = to_intervals(frame([("p", "a", m, 1.0, 2.0, 0, 30, done) for m, done in rows]))
    assert X["modules"].tolist() == [("m3", "m1", "m2", "m4")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Without days, records belong together if both levels agree.
        ([("m1", 1.0, 1.8, None), ("m2", 1.0, 1.8, None)], [("m1", "m2")]),
        ([("m1", 1.0, 1.8, None), ("m2", 1.0, 1.9, None)], [("m1",), ("m2",)]),
        ([("m1", 1.0, 1.8, 30), ("m2", 1.0, 1.8, 31)], [("m1",), ("m2",)]),
    ],
)
def test_what_belongs_together(rows, expected):
    X, _ = to_intervals(frame([("p", "a", m, low, high, n and 0, n, None)
                               for m, low, high, n in rows]))  # fmt: skip
    assert X["modules"].tolist() == expected


def noted(found):
    return {note.code: note.count for note in found.notes}


def test_repeated_records_are_dropped_and_counted():
    rows = [
        ("p1", "a", "m1", 1.0, 1.8, 0, 120, 30),
        ("p1", "a", "m1", 1.0, 1.8, 0, 120, 30),
        ("p1", "a", "m1", 1.0, 1.8, 0, 120, 60),  # completed again: the last time counts
        ("p1", "a", "m1", 1.0, 1.8, 0, 120, None),
        ("p2", "a", None, 1.0, 1.1, 0, 120, None),
        ("p2", "a", None, 1.0, 1.1, 0, 120, None),
    ]
    found = history(rows)
    assert found.intervals["modules"].tolist() == [("m1",), ()]
    assert found.intervals["since"].tolist() == [(60 / MONTH,), ()]
    assert found.frame.index.tolist() == [2, 4]
    assert noted(found) == {"duplicates": 4}


def test_records_of_one_interval_that_contradict_each_other_are_left_out():
    # As our own exports once were: the gain of .8 divided between the two.
    divided = [("p1", "a", "m1", 1.0, 1.2, 0, 90, 30), ("p1", "a", "m2", 1.0, 1.6, 0, 90, 40)]
    rounded = [("p2", "a", "m1", 1.0, 1.204, 0, 90, 30), ("p2", "a", "m2", 1.0, 1.2, 0, 90, 40)]
    found = history([*divided, *rounded])
    assert found.intervals["person_id"].tolist() == ["p2"]
    assert found.level_after.tolist() == [1.202]
    assert [(n.code, n.count, n.examples) for n in found.notes] == [
        ("levels-differ", 1, ("p1 / a",))
    ]


def test_a_control_row_of_a_trained_interval_is_none():
    rows = [("p", "a", "m1", 1.0, 1.5, 0, 90, 30), ("p", "a", None, 1.0, 1.5, 0, 90, None)]
    found = history(rows)
    assert found.intervals["modules"].tolist() == [("m1",)]
    assert noted(found) == {"control-refuted": 1}


def test_an_empty_history():
    found = history([])
    assert (len(found.intervals), found.level_after.size, found.notes) == (0, 0, ())


people, days = st.sampled_from(["p1", "p2", "p3"]), st.integers(0, 80)
record_rows = st.lists(
    st.builds(
        lambda *row: (*row[:4], row[3] + 0.5, row[4], row[4] and row[4] + row[5], *row[6:]),
        people,
        st.sampled_from("ab"),
        st.sampled_from(["m1", "m2", "m4", None]),
        st.sampled_from([1.0, 1.004, 2.0]),
        st.sampled_from([None, 1, 1, 1, 2]),
        st.sampled_from([30, 30, 40]),
        st.sampled_from([None, 10, 20]),
        st.sampled_from([None, "东", "西"]),
    ),
    max_size=20,
)


@given(record_rows, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_intervals(rows, random):
    once = to_intervals(frame(rows))
    again = [*rows, *random.choices(rows, k=10)] if rows else []
    random.shuffle(again)
    assert_same(to_intervals(frame(again)), once)
    assert_same(to_intervals(frame(rows * 4)), once)


assessment_rows = st.lists(
    st.tuples(people, st.sampled_from("abc"), st.sampled_from([0.0, 0.7, 2.5, 4.0]), days),
    max_size=25,
    unique_by=lambda row: (row[0], row[1], row[3]),
)
completion_rows = st.lists(st.tuples(people, st.sampled_from(list(MODULES)), days), max_size=20)


@given(assessment_rows, completion_rows)
def test_the_modules_of_an_interval_are_those_completed_in_it(assessments, completions):
    pairs = pairs_of_table(TABLE)
    assessed = pd.DataFrame(
        [(p, k, level, day(on)) for p, k, level, on in assessments],
        columns=["person_id", "competency_id", "level", "assessed_on"],
    )
    done = pd.DataFrame(
        [(p, m, day(on)) for p, m, on in completions],
        columns=["person_id", "module_id", "completed_on"],
    )
    built = build_records(assessed, done, pairs)
    found = code_history(built, pairs)
    expected = {}
    for p, k, low, before in assessments:
        later = [(on, high) for q, c, high, on in assessments if (q, c) == (p, k) and on > before]
        if later:
            after, high = min(later)
            last = {}
            for q, m, on in completions:
                if q == p and k in MODULES[m] and before <= on < after:
                    last[m] = max(on, last.get(m, on))
            in_order = sorted(last, key=lambda m: (last[m], m))
            since = tuple((after - last[m]) / MONTH for m in in_order)
            expected[p, k, pd.Timestamp(day(after))] = (tuple(in_order), since, low, high)
    rows = zip(found.intervals.to_dict("records"), found.level_after.tolist(), strict=True)
    assert {
        (row["person_id"], row["competency_id"], row["assessed_on"]): (
            row["modules"], row["since"], row["level_before"], high,
        )
        for row, high in rows
    } == expected  # fmt: skip
    # A file of the same records makes the same intervals.
    columns = [name for name in COLUMNS if name != "org_unit"]
    as_file = code_history(read_records(built.frame[columns].astype(str).replace("None", None)
                                        .astype({"level_before": float, "level_after": float})),
                           pairs)  # fmt: skip
    assert_same((as_file.intervals, as_file.level_after), (found.intervals, found.level_after))
