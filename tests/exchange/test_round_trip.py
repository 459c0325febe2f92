"""What is written is what is read, in any form a table can take."""

import csv
import datetime as dt
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.exchange import read_table, write_xlsx
from recommender.table_kinds import ENROLMENT_STATUSES, KINDS, RATER_TYPES

quickly = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
days = st.dates(dt.date(1950, 1, 1), dt.date(2026, 11, 1))
# hired on, left on: in order where both are known
two_days = st.tuples(days, days).map(sorted) | st.tuples(days, st.none()) | st.just((None, None))
staff_numbers = st.from_regex(r"[0-9A-Za-z]{1,12}", fullmatch=True)
words = (
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
    # behind an apostrophe too: a reader takes that for the mark of a text, and looks at the rest
    .filter(lambda text: text.lstrip("'’＇")[:1] not in "=+-@＝＋－＠")
    .filter(lambda text: not text.lower().startswith("example"))
    .filter(lambda text: text not in {"–", "—", "——", "/", "无", "null", "n/a"})
)


def written_as(path, rows, kind, *, lang, title):
    if path.suffix == ".xlsx":
        write_xlsx(rows, path, kind=kind, lang=lang, title=title, notes=["说明"] if title else ())
        return
    names = [column.name for column in kind.columns]
    if path.suffix == ".parquet":
        columns = {column.headers[0]: [row[column.name] for row in rows] for column in kind.columns}
        pq.write_table(pa.table(columns), path)
        return
    with path.open("w", encoding="gb18030" if title else "utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([column.headers[0] for column in kind.columns])
        writer.writerows([["" if row[n] is None else row[n] for n in names] for row in rows])


def same(found, meant):
    if isinstance(found, float):
        return meant is None if math.isnan(found) else math.isclose(found, meant, rel_tol=1e-15)
    return found == meant


def assert_round_trip(path, rows, kind, known, *, lang="zh-CN", title=""):
    written_as(path, rows, kind, lang=lang, title=title)
    frame = read_table(path, kind, known, latest=dt.date(2026, 11, 1))
    found = frame.to_dict("records")
    assert len(found) == len(rows)
    for got, row in zip(found, rows, strict=True):
        for name, meant in row.items():
            assert same(got[name], meant), (name, got[name], meant)


forms = pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".parquet"])
looks = {"lang": st.sampled_from(["zh-CN", "en"]), "title": st.sampled_from(["", "二〇二六年"])}


@forms
@quickly
@given(data=st.data(), **looks)
def test_people(suffix, data, lang, title, known, tmp_path):
    ids = data.draw(st.lists(staff_numbers, min_size=1, max_size=8, unique=True))
    rows = []
    for n, person in enumerate(ids):
        name = " ".join(known_form(data.draw(words)).split())
        rows.append(
            {
                "person_id": person,
                "name": name,
                "org_unit": data.draw(
                    st.sampled_from(["甲/乙", "华东（一）部", "North/Key accounts"])
                ),
                "grade": data.draw(st.sampled_from(["g1", "g2"])),
                "manager_id": data.draw(st.sampled_from([None, *ids[:n], "00000001"]))
                if "00000001" not in ids
                else None,
                "synthetic": data.draw(st.sampled_from(["yes", "no"])),
                **dict(zip(("hired_on", "left_on"), data.draw(two_days), strict=True)),
            }
        )
    path = tmp_path / f"people{suffix}"
    assert_round_trip(path, rows, KINDS["people"], known, lang=lang, title=title)


def known_form(text):
    """Return a name as the reader keeps it: white space, width of letters and digits, NFC."""
    from recommender.exchange.tables.cells import read_text

    return read_text(text, KINDS["people"].column("name"))


@forms
@quickly
@given(data=st.data(), **looks)
def test_ratings(suffix, data, lang, title, known, tmp_path):
    keys = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(sorted(known.people)),
                st.sampled_from(sorted(known.indicators)),
                st.sampled_from(sorted(RATER_TYPES)),
                staff_numbers,
                days,
            ),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    rows = [
        {
            "person_id": person,
            "competency_id": known.indicators[indicator],
            "indicator_id": indicator,
            "rater_type": rater_type,
            "rater_id": rater,
            "rating": data.draw(st.integers(0, 3)),
            "rated_on": day,
        }
        for person, indicator, rater_type, rater, day in keys
    ]
    path = tmp_path / f"ratings{suffix}"
    assert_round_trip(path, rows, KINDS["ratings"], known, lang=lang, title=title)


@forms
@quickly
@given(data=st.data(), **looks)
def test_assessments(suffix, data, lang, title, known, tmp_path):
    dates = data.draw(st.lists(days, min_size=1, max_size=12, unique=True))
    rows = [
        {
            "person_id": "00000001",
            "competency_id": data.draw(st.sampled_from(["resilience", "job-knowledge"])),
            "level": data.draw(st.floats(0, 4)) + 0.0,
            "standard_error": data.draw(st.none() | st.floats(1e-6, 4)),
            "method": "评审",
            "assessed_on": day,
        }
        for day in dates
    ]
    path = tmp_path / f"assessments{suffix}"
    assert_round_trip(path, rows, KINDS["assessments"], known, lang=lang, title=title)


@forms
@quickly
@given(data=st.data(), **looks)
def test_enrolments(suffix, data, lang, title, known, tmp_path):
    rows = []
    for day in data.draw(st.lists(days, min_size=1, max_size=12, unique=True)):
        status = data.draw(st.sampled_from(sorted(ENROLMENT_STATUSES)))
        rows.append(
            {
                "person_id": "A17",
                "module_id": "stress-lab",
                "offering_id": data.draw(st.sampled_from([None, "2026-q4-01"])),
                "status": status,
                "enrolled_on": day,
                "completed_on": data.draw(st.dates(day, dt.date(2026, 11, 1)))
                if status == "completed"
                else None,
            }
        )
    path = tmp_path / f"enrolments{suffix}"
    assert_round_trip(path, rows, KINDS["enrolments"], known, lang=lang, title=title)


def test_a_frame_and_spellings(known, latest, tmp_path):
    first = tmp_path / "first.xlsx"
    row = {"person_id": "A17", "competency_id": "resilience", "level": 2.0, "method": "=1+1"}
    rows = [{**row, "assessed_on": dt.date(2026, 3, 1)}]
    spellings = {"competency_id": {"resilience": "抗挫能力"}}
    write_xlsx(rows, first, kind=KINDS["assessments"], title="评估结果", spellings=spellings)
    frame = read_table(first, KINDS["assessments"], known, latest=latest)
    assert frame.loc[0, "method"] == "=1+1"
    write_xlsx(frame, tmp_path / "second.xlsx", kind=KINDS["assessments"])
    again = read_table(tmp_path / "second.xlsx", KINDS["assessments"], known, latest=latest)
    assert again.equals(frame)
