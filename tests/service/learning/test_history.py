"""The history of the database: levels over time, records, export and the way back in."""

import csv
import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import asking
import numpy as np
import pandas as pd
import pytest
from asking import session_of
from core_inputs import exam_arrays, exam_rules
from hypothesis import given
from hypothesis import strategies as st
from oracle import Score
from organisations import AS_OF, TINY, service_on

import recommender.improvement.history as history_code
from recommender.arrays import months_before, to_date, to_day
from recommender.errors import InputError
from recommender.exchange import read_table
from recommender.exchange.tables.csv_writing import write_csv
from recommender.improvement import history_checks
from recommender.improvement.history import (
    RECORD_COLUMNS,
    code_history,
    pairs_of_modules,
    pairs_of_table,
    read_records,
)
from recommender.scoring import assess_exams, score_sittings
from recommender.service.learning.collecting import (
    assess_every_sitting,
    list_assessments,
    report_history,
)
from recommender.service.learning.history import export_history, read_history
from recommender.service.people.imports import list_known, store_frame
from recommender.store import FirstDays, read_snapshot, reading, schema, writing
from recommender.store import read_table as read_stored
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES, all_texts, say

KEY = b"a key that is secret enough"
EXAMS_OF = {
    0: {
        1: (80.0, {"theory": 0.6, "practice": 0.4}),
        2: (80.0, {"theory": 1.0}),
        3: (75.0, {"theory": 0.5, "case": 0.5}),
    },
    2: {1: (60.0, {"theory": 1.0}), 2: (80.0, {"theory": 1.0})},
}
RULES = exam_rules(EXAMS_OF, n_competencies=3)


@st.composite
def exam_rows(draw):
    sitting_days = st.sampled_from([0, 1, 90, 180, 181, 365, 729, 730, 731, 732, 1100])
    rows = {}
    for _ in range(draw(st.integers(0, 25))):
        competency = draw(st.sampled_from([0, 2]))
        level = draw(st.sampled_from(sorted(EXAMS_OF[competency])))
        subject = draw(st.sampled_from(sorted(EXAMS_OF[competency][level][1])))
        on = dt.date(2023, 1, 31) + dt.timedelta(days=draw(sitting_days))
        key = (draw(st.integers(0, 2)), competency, level, subject, on)
        rows[key] = draw(st.sampled_from([40.0, 75.0, 80.0, 95.0]))
    return [
        (person, competency, Score(level, subject, score, on))
        for (person, competency, level, subject, on), score in rows.items()
    ]


@given(exam_rows(), st.sampled_from([1, 6, 24]), st.sampled_from([100, 800, 2000]))
def test_every_sitting_is_assessed_as_on_its_day(rows, months, latest):
    sittings = score_sittings(exam_arrays(rows, EXAMS_OF), RULES)
    as_of_day = to_day(dt.date(2023, 1, 31)) + latest
    found = assess_every_sitting(
        sittings,
        RULES,
        exam_standard_error=0.15,
        validity_months=months,
        as_of_day=as_of_day,
    )
    expected = set()
    for on in {int(d) for d in sittings.day if d <= as_of_day}:
        then = assess_exams(
            sittings,
            RULES,
            exam_standard_error=0.15,
            as_of_day=on,
            valid_from_day=to_day(months_before(to_date(on), months)),
        )
        expected |= {
            (p, k, d, level)
            for p, k, d, level in zip(
                then.person, then.competency, then.day, then.level, strict=True
            )
            if d == on
        }
    listed = list(zip(found.person, found.competency, found.day, found.level, strict=True))
    assert len(listed) == len(set(listed))
    assert set(listed) == expected


def snapshot_of(service):
    beginning = dt.date(1900, 1, 1)
    with reading(service.engine) as connection:
        return read_snapshot(
            connection,
            as_of=AS_OF,
            first_days=FirstDays(beginning, beginning, beginning),
        )


def history_of(service):
    return read_history(session_of(service), as_of=AS_OF)


def test_the_latest_assessment_over_time_is_the_current_level(service):
    listed = list_assessments(snapshot_of(service), service.framework, as_of=AS_OF)
    assert not listed.duplicated(["person_id", "competency_id", "assessed_on"]).any()
    latest = listed.sort_values("assessed_on").groupby(["person_id", "competency_id"]).last()
    n_compared = 0
    for person_id in asking.person_ids(service):
        for gap in asking.gaps(service, person_id, as_of=AS_OF).competencies:
            if gap.status == "assessed":
                row = latest.loc[person_id, gap.competency_id]
                assert row["assessed_on"] == gap.assessed_on
                n_compared += 1
                # a level passed before may have expired since the sitting
                if gap.method != "exams":
                    assert row["level"] == gap.level
    assert n_compared > 50


@pytest.fixture
def small(library):
    """The library organisation with two rounds of assessments around a completed module."""
    framework = library.framework
    module = framework.catalog.modules[0]
    step = module.competencies[0]
    person = asking.person_ids(library)[0]
    day = dt.date(2026, 1, 1)
    clear_people(library)
    other = next(
        k for k in framework.competency_ids if k not in {c.id for c in module.competencies}
    )
    assessments = pd.DataFrame(
        [
            (person, step.id, 1.0, np.nan, "中心", day),
            (person, step.id, 1.6, np.nan, "中心", day + dt.timedelta(200)),
            (person, other, 2.0, np.nan, "中心", day),
            (person, other, 2.1, np.nan, "中心", day + dt.timedelta(200)),
        ],
        columns=["person_id", "competency_id", "level", "standard_error", "method", "assessed_on"],
    )
    done = pd.DataFrame(
        [(person, module.id, None, "completed", day, day + dt.timedelta(60))],
        columns=[column.name for column in KINDS["enrolments"].columns],
    )
    with writing(library.engine) as connection:
        store_frame(connection, KINDS["assessments"], assessments)
        store_frame(connection, KINDS["enrolments"], done)
    return library


def clear_people(service):
    with writing(service.engine) as connection:
        for table in (schema.rating, schema.exam_result, schema.assessment, schema.enrolment):
            connection.execute(table.delete())


def imported_row(service, **values):
    module = service.framework.catalog.modules[0]
    row = {
        "person_id": asking.person_ids(service)[0],
        "competency_id": module.competencies[0].id,
        "module_id": module.id,
        "level_before": 1.0,
        "level_after": 1.9,
        "before_on": dt.date(2026, 1, 1),
        "after_on": dt.date(2026, 7, 20),
        "completed_on": dt.date(2026, 3, 2),
        "org_unit": "某分公司",
    } | values
    return pd.DataFrame([row])


def test_records_come_from_assessments_and_enrolments(small):
    history = history_of(small)
    module = small.framework.catalog.modules[0]
    trained = history.frame[history.frame["module_id"] == module.id]
    assert trained["level_after"].tolist() == [1.6]
    assert trained["org_unit"].iloc[0] == snapshot_of(small).people["org_unit"].iloc[0]
    control = history.frame[history.frame["module_id"] == ""]
    assert control["level_after"].tolist() == [2.1]
    ids = history.ids
    assert ids.competency_ids == small.framework.competency_ids
    assert ids.module_ids == tuple(m.id for m in small.framework.catalog.modules)
    intervals = history.intervals.sort_values("level_before")
    assert intervals["modules"].tolist() == [(module.id,), ()]
    assert intervals["since"].iloc[0] == pytest.approx((140 / (365.25 / 12),))
    assert sorted(history.level_after) == [1.6, 2.1]


def test_an_imported_record_of_the_same_days_counts(small):
    with writing(small.engine) as connection:
        store_frame(connection, KINDS["records"], imported_row(small))
        later = imported_row(small, person_id="gone", after_on=AS_OF + dt.timedelta(1))
        store_frame(connection, KINDS["records"], later)
    frame = history_of(small).frame
    trained = frame[frame["module_id"] != ""]
    assert trained["level_after"].tolist() == [1.9]
    assert trained["source"].tolist() == ["imported"]
    assert "gone" not in set(frame["person_id"])


def test_what_the_catalogue_no_longer_has_is_left_out_with_a_note(small):
    with writing(small.engine) as connection:
        for name in ("module_id", "competency_id"):
            store_frame(connection, KINDS["records"], imported_row(small, **{name: "old-one"}))
    history = history_of(small)
    assert {note.code: note.examples for note in history.notes} == {
        "unknown-competency": ("old-one",),
        "unknown-module": ("old-one",),
        "unclear-interval": (),
    }
    assert "old-one" not in history.frame.to_csv()


def test_raw_forms_win_over_an_import_of_the_same_day(service):
    snapshot = snapshot_of(service)
    listed = list_assessments(snapshot, service.framework, as_of=AS_OF)
    raw = list_assessments(
        replace(snapshot, assessments=snapshot.assessments.iloc[:0]),
        service.framework,
        as_of=AS_OF,
    )
    again = raw.assign(level=0.123, standard_error=np.nan, method="x")
    mixed = replace(snapshot, assessments=again.astype(object))
    columns = ["person_id", "competency_id", "assessed_on"]
    found = list_assessments(mixed, service.framework, as_of=AS_OF)
    pd.testing.assert_frame_equal(
        found.sort_values(columns, ignore_index=True), raw.sort_values(columns, ignore_index=True)
    )
    assert len(listed) > len(raw) > 0


def test_an_export_can_be_imported_and_changes_nothing(small, tmp_path):
    path = tmp_path / "history.csv"
    before = history_of(small).frame
    n = export_history(session_of(small), path, pseudonymise=False, as_of=AS_OF)
    assert n == len(before) == 2
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    written = asking.import_table(small, "records", path, latest=AS_OF)
    assert written.inserted == n
    after = history_of(small).frame
    assert set(after["source"]) == {"imported"}
    same = [name for name in RECORD_COLUMNS if name != "source"]
    pd.testing.assert_frame_equal(after[same], before[same])
    assert not list(tmp_path.glob(".*"))


def test_a_pseudonymised_export_can_be_read_by_the_import(service, tmp_path):
    path = tmp_path / "history.csv"
    n = export_history(session_of(service), path, pseudonymise=True, as_of=AS_OF, key=KEY)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert len(frame) == n > 0
    names = set(frame["person_id"])
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)
    people = snapshot_of(service).people
    text = path.read_text(encoding="utf-8-sig")
    assert not any(f"{name}," in text for name in (*people["person_id"], *people["name"]))
    assert not any(unit in text for unit in people["org_unit"])
    with reading(service.engine) as connection:
        known = list_known(service.framework, connection, KINDS["records"])
    known = replace(known, people=frozenset(names))
    again = read_table(path, KINDS["records"], known, latest=AS_OF)
    assert len(again) == n
    days = [(b - a).days for a, b in zip(again["before_on"], again["after_on"], strict=True)]
    mine = history_of(service).frame
    assert sorted(days) == sorted((mine["after_on"] - mine["before_on"]).map(lambda d: d.days))


def test_without_a_key_every_export_has_its_own_pseudonyms(service, tmp_path):
    names = []
    for path in (tmp_path / "1.csv", tmp_path / "2.csv"):
        export_history(session_of(service), path, pseudonymise=True, as_of=AS_OF)
        names.append(set(pd.read_csv(path, dtype=str)["person_id"]))
    assert names[0].isdisjoint(names[1])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "＝1", "='a'!b,\"c\"\n"])
def test_no_cell_is_a_formula(service, tmp_path, text):
    frame = history_of(service).frame.head(1).assign(org_unit=text)
    write_csv(frame, tmp_path / "h.csv")
    with (tmp_path / "h.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, row = csv.reader(stream)
    assert header == list(RECORD_COLUMNS)
    assert row[header.index("org_unit")] == f"'{text}"


def test_a_file_that_cannot_be_written(service, tmp_path):
    with pytest.raises(InputError, match="cannot_write"):
        export_history(
            session_of(service), tmp_path / "no" / "h.csv", pseudonymise=False, as_of=AS_OF
        )
    target = tmp_path / "h.csv"
    target.write_text("old")
    with pytest.raises(InputError, match="key-too-short"):
        export_history(session_of(service), target, pseudonymise=True, as_of=AS_OF, key=b"x")
    assert target.read_text() == "old"


def test_files_alone_say_the_same_as_the_database(service, tmp_path):
    path = tmp_path / "history.csv"
    export_history(session_of(service), path, pseudonymise=False, as_of=AS_OF)
    modules = pd.DataFrame(
        [
            {
                "module_id": m.id,
                "competency_ids": ";".join(c.id for c in m.competencies),
                "from_level": m.competencies[0].from_level,
                "to_level": m.competencies[0].to_level,
                "modality": m.modality.value,
                "hours": m.hours,
                "cost": m.cost,
            }
            for m in service.framework.catalog.modules
        ]
    )
    records = pd.read_csv(path, dtype={"person_id": str})
    pairs = pairs_of_table(modules)
    stored, alone = history_of(service), code_history(read_records(records), pairs)
    same = [name for name in RECORD_COLUMNS if name != "source"]
    pd.testing.assert_frame_equal(stored.frame[same], alone.frame[same])
    pd.testing.assert_frame_equal(stored.intervals, alone.intervals)
    np.testing.assert_array_equal(stored.level_after, alone.level_after)
    assert alone.ids.module_ids == stored.ids.module_ids


def test_the_report_of_the_database(service):
    history = history_of(service)
    report = report_history(history)
    assert report.records == len(history.intervals) > 0
    assert report.notes == history.notes
    assert len(report.competencies) == len(service.framework.competency_ids)
    counted = len(report.modules) + len(report.modules_without_records)
    assert counted == len(service.framework.catalog.modules)
    for row in report.suspicious_rows:
        assert history.frame.loc[row.row, "person_id"] == row.person_id


def test_an_empty_database_has_an_empty_history(upgraded_url, tmp_path):
    with service_on(upgraded_url, catalog=TINY) as service:
        history = history_of(service)
        assert report_history(history).records == 0
        path = tmp_path / "h.csv"
        assert export_history(session_of(service), path, pseudonymise=True, as_of=AS_OF) == 0
        with reading(service.engine) as connection:
            assert not len(read_stored(connection, schema.improvement_record))


def test_pairs_name_the_main_competency_first(service):
    pairs = pairs_of_modules(service.framework.catalog.modules)
    main = pairs[pairs["main"]]
    assert main["module_id"].tolist() == [m.id for m in service.framework.catalog.modules]
    assert main["competency_id"].tolist() == [
        m.competencies[0].id for m in service.framework.catalog.modules
    ]


def test_every_code_has_words():
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(history_code.__file__).parent.glob("*.py")
    )
    codes = {f"history.suspicious.{code}" for code in history_code.report.SUSPICIOUS}
    noted = {key for key in all_texts() if key.startswith("history.note.")}
    assert {key for key in all_texts() if key.startswith("history.suspicious.")} == codes
    warned = {key for key in all_texts() if key.startswith("history.warning.")}
    checks = Path(history_checks.__file__).read_text(encoding="utf-8")
    found = set(re.findall(r'HistoryWarning\(\s*"([a-z-]+)"', checks))
    assert warned == {f"history.warning.{code}" for code in found}
    assert {f"registry.limit.{code}" for code in found} <= set(all_texts())
    for key in noted:
        assert f'"{key.removeprefix("history.note.")}"' in source
    for code in re.findall(r'Note\("([a-z-]+)"', source):
        assert f"history.note.{code}" in noted
    for key in noted:
        for lang in LANGUAGES:
            assert "7" in say(key, lang, count=7, examples="x")
