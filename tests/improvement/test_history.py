"""Improvement records against an obvious slow loop; histories, the report, pseudonyms."""

import datetime as dt
import hashlib
import hmac
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_tables import to_frames

from recommender.errors import InputError
from recommender.improvement.history import (
    RECORD_COLUMNS,
    HistoryRecords,
    build_records,
    code_history,
    describe_history,
    merge_records,
    pairs_of_table,
    pseudonymise,
    read_records,
)
from recommender.improvement.simulation.synthetic import SimulationSettings, simulate

KEY = bytes(range(32))
ZERO = dt.date(2024, 1, 1)
MODULES = {"m1": ("a", "b"), "m2": ("a",), "m3": ("b", "c"), "m4": ("a",)}
PAIRS = pd.DataFrame(
    [(m, k) for m, ks in MODULES.items() for k in ks], columns=["module_id", "competency_id"]
)
WINDOWS = {"before_window_days": 30, "after_window_days": 20}


def day(n):
    return ZERO + dt.timedelta(days=n)


def assessment_table(rows):
    columns = ["person_id", "competency_id", "level", "assessed_on"]
    return pd.DataFrame([(*row[:3], day(row[3])) for row in rows], columns=columns)


def completion_table(rows):
    columns = ["person_id", "module_id", "completed_on"]
    return pd.DataFrame([(*row[:2], day(row[2])) for row in rows], columns=columns)


def build(assessments, completions, **windows):
    return build_records(
        assessment_table(assessments),
        completion_table(completions),
        PAIRS,
        **(WINDOWS | windows),
    )


def slow_records(assessments, completions, *, before_window_days, after_window_days):
    """The rule of `building`, word by word, for one interval after the other."""
    levels = {}
    for person, competency, level, on in assessments:
        levels.setdefault((person, competency), {}).setdefault(on, level)
    records, notes = {}, Counter()
    notes["no-assessment-before"] = sum(
        (p, k) not in levels for p, m, _ in set(completions) for k in MODULES.get(m, ())
    )
    for (person, competency), by_day in levels.items():
        own = [
            (m, on)
            for m, on in dict.fromkeys((m, on) for p, m, on in completions if p == person)
            if competency in MODULES.get(m, ())
        ]
        unknown = [on for p, m, on in completions if p == person and m not in MODULES]
        first, last = min(by_day), max(by_day)
        notes["no-assessment-before"] += sum(on < first for _, on in own)
        notes["no-assessment-after"] += sum(on >= last for _, on in own)
        for before in by_day:
            later = [on for on in by_day if on > before]
            if not later:
                continue
            after = min(later)
            done = {}
            for m, on in own:
                if before <= on < after:
                    done.setdefault(m, []).append(on)
            low, high = by_day[before], by_day[after]
            if any(before <= on < after for on in unknown):
                notes["unclear-interval"] += 1
                continue
            if not done:
                records[person, competency, "", before, after] = (low, high, None, 0)
                continue
            outside = {
                m: "before-too-old" if max(days) - before > before_window_days
                else "after-too-late" if after - max(days) > after_window_days
                else None
                for m, days in done.items()
            }  # fmt: skip
            if all(outside.values()):
                notes.update(outside.values())
                continue
            for m, days in done.items():
                records[person, competency, m, before, after] = (low, high, max(days), len(done))
    return records, {code: n for code, n in notes.items() if n}


def as_days(frame):
    """Records by key, with days in place of dates."""
    found = {}
    for row in frame.to_dict("records"):
        before, after = ((row[name] - ZERO).days for name in ("before_on", "after_on"))
        done = None if row["completed_on"] is None else (row["completed_on"] - ZERO).days
        key = (row["person_id"], row["competency_id"], row["module_id"], before, after)
        assert key not in found
        found[key] = (row["level_before"], row["level_after"], done, row["shared"])
    return found


people = st.sampled_from(["p2", "p1", "p3"])
days = st.integers(0, 80)
assessment_rows = st.lists(
    st.tuples(people, st.sampled_from("bac"), st.sampled_from([0.0, 0.7, 1.3, 2.5, 4.0]), days),
    max_size=25,
)
completion_rows = st.lists(
    st.tuples(people | st.just("nobody"), st.sampled_from([*MODULES, "gone"]), days), max_size=20
)


@given(assessment_rows, completion_rows)
def test_records_are_those_of_the_slow_loop(assessments, completions):
    built = build(assessments, completions)
    expected, notes = slow_records(assessments, completions, **WINDOWS)
    found = as_days(built.frame)
    assert found.keys() == expected.keys()
    for key, (low, high, done, shared) in expected.items():
        assert found[key] == (low, high, done, shared)
    assert {note.code: note.count for note in built.notes} == notes
    assert list(built.frame) == list(RECORD_COLUMNS)


@given(assessment_rows, completion_rows, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(assessments, completions, random):
    assessments = list({(p, k, on): (p, k, level, on) for p, k, level, on in assessments}.values())
    first = build(assessments, completions)
    random.shuffle(assessments)
    random.shuffle(completions)
    again = build(assessments, completions)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert first.notes == again.notes


def test_a_worked_example():
    assessments = [
        *(("p1", "a", 1.0, 0), ("p1", "a", 2.0, 30), ("p1", "a", 2.2, 50)),
        *(("p1", "b", 1.0, 0), ("p1", "b", 1.5, 30)),
    ]
    completions = [("p1", "m1", 10), ("p1", "m2", 20)]
    assert as_days(build(assessments, completions).frame) == {
        ("p1", "a", "m1", 0, 30): (1.0, 2.0, 10, 2),
        ("p1", "a", "m2", 0, 30): (1.0, 2.0, 20, 2),
        ("p1", "a", "", 30, 50): (2.0, 2.2, None, 0),
        ("p1", "b", "m1", 0, 30): (1.0, 1.5, 10, 1),
    }


@pytest.mark.parametrize(
    ("before", "done", "after", "note"),
    [
        (0, 0, 20, None),
        (0, 30, 50, None),
        (0, 31, 50, "before-too-old"),
        (0, 29, 50, "after-too-late"),
        (0, 20, 20, "no-assessment-after"),
        (1, 0, 20, "no-assessment-before"),
    ],
)
def test_windows_to_the_day(before, done, after, note):
    built = build([("p", "a", 1.0, before), ("p", "a", 2.0, after)], [("p", "m2", done)])
    assert [n.code for n in built.notes] == ([note] if note else [])
    assert ("m2" in set(built.frame["module_id"])) == (note is None)


def test_an_interval_keeps_a_module_outside_the_windows_beside_one_inside():
    assessments = [("p", "a", 1.0, 0), ("p", "a", 2.0, 50)]
    built = build(assessments, [("p", "m4", 5), ("p", "m2", 30)])
    assert as_days(built.frame) == {
        ("p", "a", "m4", 0, 50): (1.0, 2.0, 5, 2),
        ("p", "a", "m2", 0, 50): (1.0, 2.0, 30, 2),
    }
    assert built.notes == ()
    late = build(assessments, [("p", "m4", 5), ("p", "m2", 29)])
    assert len(late.frame) == 0
    assert [(note.code, note.count) for note in late.notes] == [("after-too-late", 2)]


def test_an_interval_with_an_unknown_module_is_left_out_trained_or_not():
    assessments = [("p", "a", 1.0, 0), ("p", "a", 2.0, 40), ("p", "a", 2.0, 60)]
    built = build(assessments, [("p", "m2", 30), ("p", "gone", 31)])
    assert built.frame["module_id"].tolist() == [""]
    assert [(note.code, note.count) for note in built.notes] == [("unclear-interval", 1)]


def test_nothing_makes_no_records():
    built = build([], [])
    assert list(built.frame) == list(RECORD_COLUMNS)
    assert (len(built.frame), built.notes) == (0, ())


def records(rows):
    """Rows of person, competency, module, before, after, day before, day after, completed."""
    columns = [c for c in RECORD_COLUMNS if c not in ("org_unit", "shared", "source")]
    return pd.DataFrame(
        [(*r[:5], day(r[5]), day(r[6]), None if r[7] is None else day(r[7])) for r in rows],
        columns=columns,
    )


def derived(rows):
    frame = read_records(records(rows)).frame
    return HistoryRecords(frame.assign(source="derived"))


def test_an_imported_record_wins_over_a_derived_one():
    own = derived([("p", "a", "m1", 1.0, 2.0, 0, 30, 10), ("p", "a", "", 2.0, 2.1, 30, 60, None)])
    other = read_records(records([("p", "a", "m1", 1.0, 1.7, 0, 30, 11)]))
    merged = merge_records(own, other).frame
    assert merged["level_after"].tolist() == [1.7, 2.1]
    assert merged["source"].tolist() == ["imported", "derived"]


def test_the_levels_of_an_import_count_for_the_whole_interval():
    own = derived([("p", "a", "m1", 1.0, 2.0, 0, 30, 10), ("p", "a", "m2", 1.0, 2.0, 0, 30, 12)])
    other = read_records(records([("p", "a", "m1", 1.1, 1.7, 0, 30, 11)]))
    merged = merge_records(own, other).frame
    assert merged["level_before"].tolist() == [1.1, 1.1]
    assert merged["level_after"].tolist() == [1.7, 1.7]
    assert merged["source"].tolist() == ["imported", "derived"]


def test_modules_of_one_interval_are_flagged_wherever_they_come_from():
    own = derived([("p", "a", "m1", 1.0, 1.5, 0, 30, 10)])
    other = read_records(records([("p", "a", "m2", 1.0, 1.5, 0, 30, 11)]))
    assert merge_records(own, other).frame["shared"].tolist() == [2, 2]
    said = read_records(other.frame.assign(shared=3)).frame
    assert said["shared"].tolist() == [3]


@pytest.mark.parametrize(
    ("imported", "stays"),
    [
        (("p", "a", "m1", 1.0, 2.0, 5, 40, 10), False),
        (("p", "a", "m1", 1.0, 2.0, 5, 40, 30), True),
        (("p", "a", "m1", 1.0, 2.0, 5, 40, None), False),
        (("p", "a", "m1", 1.0, 2.0, 30, 40, None), True),
        (("p", "a", "", 1.0, 2.0, 5, 40, None), True),
        (("p", "b", "m1", 1.0, 2.0, 5, 40, 10), True),
        (("q", "a", "m1", 1.0, 2.0, 5, 40, 10), True),
    ],
)
def test_a_control_row_is_dropped_where_an_import_knows_of_training(imported, stays):
    merged = merge_records(
        derived([("p", "a", "", 1.0, 1.1, 0, 30, None)]), read_records(records([imported]))
    )
    assert ("derived" in set(merged.frame["source"])) == stays
    assert [note.code for note in merged.notes] == ([] if stays else ["control-refuted"])


@given(assessment_rows, completion_rows)
def test_merging_what_was_derived_changes_nothing(assessments, completions):
    own = build(assessments, completions)
    merged = merge_records(own, read_records(own.frame))
    same = [name for name in RECORD_COLUMNS if name != "source"]
    alone = merge_records(own, read_records(own.frame.iloc[:0]))
    pd.testing.assert_frame_equal(merged.frame[same], alone.frame[same])
    pd.testing.assert_frame_equal(alone.frame, own.frame.reset_index(drop=True))


TABLE = pd.DataFrame(
    {
        "module_id": ["m2", "m1", "m9"],
        "title": ["二", "一", "九"],
        "competency_ids": ["b; a", "a", "zz"],
        "from_level": [1.0, 2.0, 0.0],
        "to_level": [2.0, 3.0, 1.0],
        "modality": ["online", "classroom", None],
        "hours": [8.0, np.nan, 2.0],
        "cost": [100.0, 0.0, 0.0],
    }
)


def test_a_history_without_a_catalogue():
    rows = records(
        [
            ("p2", "c", None, 1.0, 1.1, 0, 30, None),
            ("p1", "a", "m1", 1.0, 2.0, 0, 30, 10),
            ("p1", "a", "m1", 1.0, 2.0, 30, 60, 40),
            ("p1", "a", "mx", 1.0, 2.0, 30, 60, 40),
            ("p1", "b", "m2", np.nan, 2.0, 0, 30, 10),
        ]
    ).assign(org_unit=["东/一", None, "西", "西", "西"])
    history = code_history(read_records(rows), pairs_of_table(TABLE))
    assert history.ids.competency_ids == ("b", "a", "zz", "c")
    assert history.ids.module_ids == ("m2", "m1", "m9")
    assert history.ids.org_units == ("东/一",)
    assert history.intervals["person_id"].tolist() == ["p1", "p2"]
    assert history.intervals["modules"].tolist() == [("m1",), ()]
    assert history.level_after.tolist() == [2.0, 1.1]
    assert history.frame.index.tolist() == [0, 1]
    assert [(n.code, n.count, n.examples) for n in history.notes] == [
        ("unknown-module", 1, ("mx",)),
        ("no-level", 1, ()),
        ("unclear-interval", 1, ()),
    ]


def test_what_a_framework_does_not_know_is_left_out_and_counted():
    rows = records([("p", "a", "m1", 1.0, 2.0, 0, 9, 1), ("p", "c", "", 1.0, 2.0, 0, 9, None)])
    pairs = pairs_of_table(TABLE)
    history = code_history(read_records(rows), pairs, competency_ids=["a", "b"])
    assert history.intervals["competency_id"].tolist() == ["a"]
    assert history.ids.competency_ids == ("a", "b")
    assert [(n.code, n.examples) for n in history.notes] == [
        ("unknown-competency", ("c",)),
        ("unknown-pair-competency", ("zz",)),
    ]


def test_a_simulated_history_survives_the_way_over_tables():
    simulation = simulate(SimulationSettings(n_people=200, n_trained=300, n_untrained=500), seed=3)
    table, modules = to_frames(simulation)
    history = code_history(read_records(table), pairs_of_table(modules))
    assert history.notes == ()
    drawn = simulation.intervals.assign(y=simulation.level_after)
    drawn["before"] = (drawn["assessed_on"].astype("int64") // 86400) - drawn["months"] * 30.4375
    drawn = drawn.sort_values(["person_id", "competency_id", "assessed_on", "before"])
    X = history.intervals
    for name in ("person_id", "competency_id", "modules", "level_before"):
        assert X[name].tolist() == drawn[name].tolist()
    np.testing.assert_array_equal(history.level_after, drawn["y"])
    np.testing.assert_allclose(X["months"], drawn["months"])
    assert (X["assessed_on"].to_numpy() == drawn["assessed_on"].to_numpy()).all()


def coded(rows):
    return code_history(read_records(records(rows)), pairs_of_table(TABLE))


def test_the_report_counts():
    controls = [(f"p{i}", "a", "", 1.0 + i / 20, 1.1 + i / 20, 0, 100, None) for i in range(21)]
    trained = [
        ("p1", "a", "m1", 1.5, 2.0, 0, 60, 10),
        ("p1", "a", "m2", 1.5, 2.0, 0, 60, 20),
        ("p2", "a", "m1", 3.75, 4.0, 0, 80, 10),
        ("p3", "b", "m2", 1.5, 2.0, 0, 90, 10),
    ]
    report = describe_history(coded([*controls, *trained]))
    # Two modules in one interval are one observation.
    assert (report.records, report.trained, report.controls, report.people) == (24, 3, 21, 21)
    assert [(m.module_id, m.records, m.people, m.by_competency) for m in report.modules] == [
        ("m2", 2, 2, {"b": 1, "a": 1}),
        ("m1", 2, 2, {"a": 2}),
    ]
    assert report.modules_without_records == ("m9",)
    by_id = {c.competency_id: c for c in report.competencies}
    assert (by_id["a"].trained, by_id["a"].controls) == (2, 21)
    assert by_id["a"].control_share == 21 / 23
    assert (by_id["a"].control_low, by_id["a"].control_high) == pytest.approx((1.05, 1.95))
    assert by_id["a"].overlap == report.overlap == 1 / 2
    assert (by_id["b"].control_low, by_id["b"].overlap) == (None, None)
    assert by_id["zz"].control_share is None
    assert report.ceiling_share == 1 / 24
    assert (report.shared, report.shared_share) == (1, 1 / 3)
    assert (report.days_between_trained.lowest, report.days_between_trained.highest) == (60, 90)
    assert report.days_between_controls.median == 100
    assert (report.first_on, report.last_on) == (day(60), day(100))
    assert sum(report.suspicious.values()) == 0
    assert {"no-controls", "few-records", "shared-intervals"} <= {w.code for w in report.warnings}


def test_the_report_points_at_suspicious_rows():
    rows = [
        ("p0", "a", "m1", 1.0, 2.0, 0, 60, 10),
        ("p1", "a", "m1", 1.0, 3.1, 0, 60, 10),
        ("p2", "a", "m1", 3.0, 1.0, 0, 60, 10),
        ("p3", "a", "", 1.0, 1.0, 60, 60, None),
        ("p4", "a", "", 1.0, 1.0, 60, 59, None),
        ("p5", "a", "", 1.0, 4.2, 0, 60, None),
        ("p0", "a", "m2", 1.0, 2.0, 0, 60, 61),
    ]
    history = code_history(
        read_records(records(rows).set_axis(np.arange(100, 107))), pairs_of_table(TABLE)
    )
    report = describe_history(history)
    assert report.suspicious == {
        "off-scale": 1,
        "reversed": 1,
        "same-day": 1,
        "completed-outside": 1,
        "gain-too-large": 2,
    }
    assert [(row.code, row.row) for row in report.suspicious_rows] == [
        ("off-scale", 105),
        ("reversed", 104),
        ("same-day", 103),
        ("completed-outside", 106),
        ("gain-too-large", 101),
        ("gain-too-large", 105),
    ]
    outside = report.suspicious_rows[3]
    assert (outside.person_id, outside.module_id, outside.before_on) == ("p0", "m2", day(0))
    on_ten = describe_history(history, scale=(0.0, 10.0))
    assert on_ten.suspicious["gain-too-large"] == on_ten.suspicious["off-scale"] == 0


def test_the_report_of_an_empty_or_dateless_history():
    empty = describe_history(coded([]))
    assert (empty.records, empty.control_share, empty.reliability) == (0, None, None)
    assert empty.modules_without_records == ("m2", "m1", "m9")
    one = records([("p", "a", "m1", 1.0, 2.0, 0, 9, 1)])
    dateless = one.drop(columns=["before_on", "after_on", "completed_on"])
    report = describe_history(code_history(read_records(dateless), pairs_of_table(TABLE)))
    assert (report.first_on, report.days_between_trained.unknown) == (None, 1)


def test_the_report_of_a_simulated_history():
    settings = SimulationSettings(n_people=2000, n_trained=1000, n_untrained=6000)
    table, modules = to_frames(simulate(settings, seed=1))
    report = describe_history(code_history(read_records(table), pairs_of_table(modules)))
    assert report.reliability == pytest.approx(settings.reliability, abs=0.12)
    assert sum(m.records for m in report.modules) == report.trained == 1000
    assert sum(c.controls for c in report.competencies) == report.controls == 6000
    assert len(report.modules) + len(report.modules_without_records) == settings.n_modules
    assert 0.5 < report.overlap <= 1


def test_pseudonyms_are_keyed_and_intervals_stay():
    rows = records(
        [
            ("00012345", "a", "m1", 1.0, 2.0, 0, 60, 10),
            ("00012345", "b", "", 1.0, 1.2, 5, 65, None),
            ("00000007", "a", "m1", 1.5, 2.0, 3, 50, 10),
        ]
    ).assign(org_unit="东区/政企/一组", name="王伟", note="x")
    hidden = pseudonymise(rows, KEY)
    expected = hmac.new(KEY, b"00012345", hashlib.sha256).hexdigest()[:16]
    assert hidden["person_id"].tolist().count(expected) == 2
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in hidden["person_id"])
    assert "name" not in hidden
    assert "note" not in hidden
    assert "王伟" not in hidden.to_csv()
    assert set(hidden["org_unit"]) == {"东区"}
    assert pseudonymise(rows, KEY, org_depth=0)["org_unit"].isna().all()
    mine = hidden[hidden["person_id"] == expected].sort_values("competency_id")
    shift = (mine["before_on"].iloc[0] - day(0)).days
    assert -30 <= shift <= 30
    assert [(d - day(0)).days - shift for d in mine["before_on"]] == [0, 5]
    assert [(d - day(0)).days - shift for d in mine["after_on"]] == [60, 65]
    assert mine["completed_on"].tolist() == [day(10 + shift), None]
    assert set(pseudonymise(rows, KEY[::-1])["person_id"]).isdisjoint(hidden["person_id"])
    pd.testing.assert_frame_equal(hidden, pseudonymise(rows.iloc[::-1], KEY))
    with pytest.raises(InputError, match="key-too-short"):
        pseudonymise(rows, b"short")


def test_shifts_use_the_whole_range_and_no_more():
    rows = records([(f"p{i}", "a", "", 1.0, 1.0, 0, 60, None) for i in range(4000)])
    days_on = [(d - day(0)).days for d in pseudonymise(rows, KEY)["before_on"]]
    assert set(days_on) == set(range(-30, 31))
    back = [(d - day(0)).days for d in pseudonymise(rows, KEY, earlier_by_days=30)["before_on"]]
    assert (min(back), max(back)) == (-60, 0)


def test_the_input_is_left_as_it_was():
    rows = records([("p", "a", None, 1.0, 2.0, 0, 60, None)]).assign(org_unit=None)
    before = rows.copy(deep=True)
    read_records(rows)
    pseudonymise(rows, KEY)
    pd.testing.assert_frame_equal(rows, before)
