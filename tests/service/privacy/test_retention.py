"""What is past its period goes; levels, and what was learned, stay as they are."""

import datetime as dt
import random

import asking
import pandas as pd
import pytest
import sqlalchemy as sa
from asking import session_of
from hypothesis import given
from hypothesis import strategies as st
from organisations import AS_OF
from somebody import DIGEST

from recommender.arrays import months_before
from recommender.service.learning.history import read_history
from recommender.service.people.imports import store_frame
from recommender.service.permissions import PERMISSIONS, ForbiddenError, Principal, Role
from recommender.service.privacy.retention import (
    clear_traces,
    find_limits,
    first_day_kept,
    report_retention,
    retire_facts,
)
from recommender.settings import Settings
from recommender.store import reading, schema, verify_trail, writing
from recommender.table_kinds import KINDS

WINDOW = 90
FIRST = dt.date(2020, 1, 1)


def run(service, **periods):
    """Delete what is due, and return how many rows of which table."""
    session, settings = session_of(service), Settings(**periods)
    counts = retire_facts(session, settings)
    return counts | clear_traces(session, settings)


def due(service, **periods):
    session, settings = session_of(service), Settings(**periods)
    return report_retention(session, settings).due


def rows_of(service, table):
    with reading(service.engine) as connection:
        return connection.execute(sa.select(table)).all()


# -- which ratings go --


@given(
    st.lists(st.integers(0, 900), max_size=12),
    st.integers(0, 900),
    st.sampled_from([0, 30, 90, 400]),
)
def test_ratings_of_one_assessment_go_or_stay_together(offsets, cut, window_days):
    days = [FIRST + dt.timedelta(days=offset) for offset in offsets]
    before = FIRST + dt.timedelta(days=cut)
    first = first_day_kept(days, before=before, window_days=window_days)
    assert first <= before
    left = sorted(set(days), reverse=True)
    while left:
        latest = left[0]
        together = {day for day in left if (latest - day).days <= window_days}
        assert {day >= first for day in together} == {latest >= before}
        left = [day for day in left if day not in together]


# -- levels and records stay --


def random_rows(service, seed):
    """Make six years of facts, dense enough that many lie around any limit."""
    draw = random.Random(seed)
    framework = service.framework
    day = lambda: AS_OF - dt.timedelta(days=draw.randrange(1, 2200))  # noqa: E731
    indicators = sorted(framework.indicator_levels)
    competency_of = {name: name.rsplit(".", 2)[0] for name in indicators}
    subjects = sorted(framework.subject_positions)
    ratings, exams, assessments, enrolments = [], [], [], []
    for person in asking.person_ids(service):
        for _ in range(25):
            on = day()
            raters = draw.sample(["manager", "self", "peer"], draw.randint(1, 3))
            for name in draw.sample(indicators, 6):
                ratings += [
                    (person, competency_of[name], name, kind, f"R-{kind}", draw.randint(0, 3), on)
                    for kind in raters
                ]
        for _ in range(12):
            on, score = day(), draw.choice([55.0, 81.0, 95.0])
            competency, level, _ = draw.choice(subjects)
            exams += [
                (person, competency, level, subject, score, on)
                for k, at, subject in subjects
                if (k, at) == (competency, level)
            ]
        for _ in range(8):
            competency = draw.choice(framework.competency_ids)
            level = round(draw.uniform(0, 4), 2)
            assessments.append((person, competency, level, None, "中心", day()))
        for module in framework.catalog.modules:
            on = day()
            enrolments.append((person, module.id, None, "completed", on, on))
    tables = {
        "ratings": ratings,
        "exams": exams,
        "assessments": assessments,
        "enrolments": enrolments,
    }
    with writing(service.engine) as connection:
        for kind, rows in tables.items():
            names = [column.name for column in KINDS[kind].columns]
            frame = pd.DataFrame(rows, columns=names, dtype=object)
            store_frame(connection, KINDS[kind], frame.drop_duplicates(list(KINDS[kind].key)))


def records_of(service):
    frame = read_history(session_of(service), as_of=AS_OF).frame
    return frame.drop(columns=["source", "shared"])


def gaps_of(service):
    return [
        asking.gaps(service, person_id, as_of=AS_OF) for person_id in asking.person_ids(service)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_neither_history_nor_levels_change(library, seed):
    random_rows(library, seed)
    history, gaps = records_of(library), gaps_of(library)
    deleted = []
    for months in (60, 40, 24):
        deleted.append(run(library, keep_assessments_months=months))
        pd.testing.assert_frame_equal(records_of(library), history)
        assert gaps_of(library) == gaps
    for table in ("rating", "exam_result", "assessment"):
        assert all(counts[table] > 0 for counts in deleted)
    again = run(library, keep_assessments_months=24)
    assert not any(again.values())
    limit = months_before(AS_OF, 24)
    for table, day in (("exam_result", "sat_on"), ("assessment", "assessed_on")):
        column = schema.metadata.tables[table].c[day]
        assert min(row._mapping[column.name] for row in rows_of(library, column.table)) >= limit
    oldest = min(row.rated_on for row in rows_of(library, schema.rating))
    assert limit - dt.timedelta(days=WINDOW) <= oldest < limit
    with reading(library.engine) as connection:
        assert verify_trail(connection).broken_at is None


def test_ratings_of_indicators_that_are_gone_go_by_their_own_day(library):
    limit = months_before(AS_OF, 24)
    gone = "reading-aloud.9.9"
    days = [limit - dt.timedelta(days=1), limit]
    rows = pd.DataFrame(
        [("00001", "reading-aloud", gone, "manager", "R", 2, day) for day in days],
        columns=[column.name for column in KINDS["ratings"].columns],
    )
    with writing(library.engine) as connection:
        store_frame(connection, KINDS["ratings"], rows)
    run(library, keep_assessments_months=24)
    left = [row.rated_on for row in rows_of(library, schema.rating) if row.indicator_id == gone]
    assert left == [limit]


def test_what_levels_may_rest_on_stays_whatever_the_settings_say(library):
    validity = library.framework.catalog.settings
    longest = max(validity.assessment_validity_months, validity.exam_validity_months)
    limits = find_limits(session_of(library), Settings(keep_assessments_months=1))
    assert limits.facts == months_before(AS_OF, longest)


def test_a_question_as_of_a_later_day_makes_nothing_due(library):
    later = session_of(library, today=dt.date(2150, 1, 1))
    assert find_limits(later, Settings()).facts <= dt.datetime.now(dt.UTC).date()


# -- what else goes --

NOW = dt.datetime.now(dt.UTC)


def months_ago(months, *, days=0):
    day = months_before(min(AS_OF, NOW.date()), months) - dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


@pytest.fixture
def old(library):
    """A service with traces on both sides of each period."""
    plans = [
        ("old-draft", "draft", months_ago(60, days=1)),
        ("old-done", "done", months_ago(60, days=1)),
        ("old-active", "active", months_ago(60, days=1)),
        ("old-approved", "approved", months_ago(60, days=1)),
        ("new-draft", "draft", months_ago(60)),
        ("edited", "draft", months_ago(60, days=1)),
    ]
    job = {"kind": "x", "request": {}, "actor": "cli", "principal": {}, "created_at": NOW}
    answer = {"actor": "cli", "request_sha256": DIGEST, "status": 200, "headers": {}, "body": b""}
    with writing(library.engine) as connection:
        for plan_id, status, made_at in plans:
            connection.execute(
                schema.plan.insert().values(
                    plan_id=plan_id,
                    person_id="00001",
                    as_of=AS_OF,
                    status=status,
                    catalog_digest=DIGEST,
                    created_at=made_at,
                )
            )
            for version, at in enumerate([made_at, NOW] if plan_id == "edited" else [made_at], 1):
                connection.execute(
                    schema.plan_version.insert().values(
                        plan_id=plan_id,
                        version=version,
                        change="edited",
                        body={},
                        actor="cli",
                        made_at=at,
                    )
                )
            connection.execute(
                schema.plan_comment.insert().values(
                    plan_id=plan_id, party="hr", text="好", actor="cli", made_at=made_at
                )
            )
        for at in (months_ago(36, days=1), months_ago(36)):
            connection.execute(
                schema.shown.insert().values(
                    person_id="00001",
                    objective="gap",
                    modules=[{"module_id": "x", "expected_gap_closed": 0.1}],
                    as_of=AS_OF,
                    catalog_digest=DIGEST,
                    shown_at=at,
                )
            )
        for number, at in enumerate((months_ago(60, days=1), months_ago(60))):
            cohort = {"cohort_id": f"cohort-{number}", "name": "x", "limits": {}, "seed": 1}
            cohort |= dict.fromkeys(("as_of", "starts_from", "starts_until"), AS_OF)
            cohort |= {"status": "published", "catalog_digest": DIGEST, "actor": "cli"}
            connection.execute(schema.cohort.insert().values(**cohort, created_at=at))
            part = {"cohort_id": f"cohort-{number}", "person_id": "00001"}
            connection.execute(schema.cohort_person.insert().values(**part))
        for job_id, status, ended in (
            ("old", "done", NOW - dt.timedelta(days=91)),
            ("new", "failed", NOW - dt.timedelta(days=89)),
            ("fresh", "done", NOW - dt.timedelta(days=6)),
            ("open", "queued", None),
        ):
            row = job | {"job_id": job_id, "status": status, "finished_at": ended}
            row |= {"file": b"plans" if ended else None}
            connection.execute(schema.job.insert().values(**row))
        for number, days in ((1, 91), (2, 89)):
            ended = NOW - dt.timedelta(days=days)
            link = {"person_id": "00001", "token_sha256": f"{number}", "created_by": "cli"}
            link |= {"created_at": ended, "revoked_at": ended}
            connection.execute(schema.calendar_link.insert().values(**link))
        for number, days in ((901, 91), (902, 89)):
            batch = {"id": number, "kind": "people", "file_name": "x", "sha256": DIGEST}
            batch |= dict.fromkeys(("inserted", "updated", "unchanged"), 1)
            at = NOW - dt.timedelta(days=days)
            connection.execute(schema.import_batch.insert().values(**batch, imported_at=at))
            change = {"batch_id": number, "part": 0, "rows": []}
            connection.execute(schema.import_change.insert().values(**change))
        for key, hours in (("old", 25), ("new", 23)):
            at = NOW - dt.timedelta(hours=hours)
            row = answer | {"key": key, "answered_at": at}
            connection.execute(schema.idempotent_answer.insert().values(**row))
            waiting = {"upload_id": key, "file_name": "a.csv", "content": b"x", "kind": ""}
            waiting |= {"answers": {}, "actor": "key:1", "uploaded_at": at}
            connection.execute(schema.import_upload.insert().values(**waiting))
    return library


def test_plans_that_are_in_use_or_were_changed_of_late_stay(old):
    expected = {"plan": 2, "objection": 0, "shown": 1, "job": 1, "idempotent_answer": 1}
    expected |= {
        "rating": 0,
        "exam_result": 0,
        "assessment": 0,
        "evidence": 0,
        "business_figure": 0,
        "cohort": 1,
    }
    expected |= {"import_change": 1, "import_upload": 1, "calendar_link": 1, "job_file": 2}
    assert due(old) == expected
    assert run(old) == expected
    assert {row.plan_id for row in rows_of(old, schema.plan)} == {
        "old-active",
        "old-approved",
        "new-draft",
        "edited",
    }
    assert {row.job_id for row in rows_of(old, schema.job)} == {"new", "fresh", "open"}
    assert [row.job_id for row in rows_of(old, schema.job) if row.file] == ["fresh"]
    assert [row.key for row in rows_of(old, schema.idempotent_answer)] == ["new"]
    assert [row.upload_id for row in rows_of(old, schema.import_upload)] == ["new"]
    assert len(rows_of(old, schema.shown)) == 1
    assert not any(due(old).values())


def test_the_report_deletes_nothing(old):
    before = [rows_of(old, table) for table in schema.metadata.sorted_tables]
    due(old, keep_assessments_months=1, keep_jobs_days=1)
    assert [rows_of(old, table) for table in schema.metadata.sorted_tables] == before


def test_only_an_administrator_may(library):
    for role in set(Role) - {Role.ADMIN, Role.SYSTEM_ADMIN}:
        who = Principal("key:x", role, PERMISSIONS[role], person_id="00001")
        session = session_of(library, who=who)
        with pytest.raises(ForbiddenError):
            retire_facts(session, Settings())
        for use in (clear_traces, report_retention):
            with pytest.raises(ForbiddenError):
                use(session, Settings())


def test_the_trail_says_whose_facts_went(library):
    random_rows(library, 1)
    run(library, keep_assessments_months=24)
    refs = {row.ref for row in rows_of(library, schema.person)}
    entries = rows_of(library, schema.audit_entry)
    assert set(entries[0].subjects) == refs
    assert entries[0].details["rows"] > 0
