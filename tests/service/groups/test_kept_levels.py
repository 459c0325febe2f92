"""Levels that are kept: for how long they hold, who keeps them, and when they are used."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sqlalchemy as sa
from asking import session_of
from core_inputs import examples
from hypothesis import given
from hypothesis import strategies as st
from organisations import AS_OF, TINY

from recommender.arrays import last_day_within, months_before, to_date, to_day
from recommender.errors import StoreError
from recommender.scoring import AssessmentArrays, ExamArrays, RatingArrays, score_sittings
from recommender.service.framework import build_framework
from recommender.service.groups import kept_figures, kept_levels, levels
from recommender.service.groups.kept_levels import keep_levels, list_days
from recommender.service.groups.levels import read_levels
from recommender.service.groups.organisation import read_organisation
from recommender.service.groups.table import StatisticsRequest
from recommender.service.levels.periods import find_last_days
from recommender.service.levels.standing import FactArrays, assess, read_standing
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.store import EVERYONE, reading, schema, touch_people, writing
from recommender.store.people.levels import read_kept_levels
from recommender.store.people.people import list_people
from training_catalog import load_catalog

ANALYST = Principal("key:analyst", Role.ANALYST, PERMISSIONS[Role.ANALYST])
FRAMEWORK = build_framework(load_catalog(TINY))
SETTINGS = FRAMEWORK.catalog.settings
N_PEOPLE, N_COMPETENCIES = 2, len(FRAMEWORK.competency_ids)
# windows of ratings and both validities end within the days that facts are of
FIRST = dt.date(2023, 11, 20)
N_DAYS = 1300


@given(st.dates(dt.date(2019, 1, 1), dt.date(2030, 1, 1)), st.integers(1, 40))
def test_a_day_lies_within_so_many_months_until_the_last_day_and_no_longer(day, months):
    last = last_day_within(day, months)
    assert months_before(last, months) <= day < months_before(last + dt.timedelta(days=1), months)


# -- how long they hold --

codes = {"person": st.integers(0, N_PEOPLE - 1), "competency": st.integers(0, N_COMPETENCIES - 1)}
# few different ones, so that facts fall on the same day and just beside the end of a window
days = st.builds(
    lambda base, step: to_day(FIRST) + min(N_DAYS, base + step),
    st.sampled_from([0, 90, 181, 365, 366, 548, 730, 1096]),
    st.integers(-2, 2),
)


def columns(rows, **types):
    """Turn rows into arrays, a named column each."""
    return {
        name: np.array([row[at] for row in rows], dtype=kind)
        for at, (name, kind) in enumerate(types.items())
    }


ratings = st.lists(
    st.tuples(
        *codes.values(),
        st.integers(1, 4),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 3),
        days,
    ),
    max_size=14,
).map(
    lambda rows: RatingArrays(
        **columns(
            rows,
            person=int,
            competency=int,
            level=int,
            rater_type=int,
            rater=int,
            rating=float,
            day=int,
        )
    )
)
subjects_of = {}
for (competency, level, _), at in FRAMEWORK.subject_positions.items():
    of = FRAMEWORK.competency_ids.index(competency)
    subjects_of.setdefault((of, level), []).append(at)
# sittings as a whole, of which most have every subject
exams = st.lists(
    st.tuples(
        codes["person"],
        st.sampled_from([*subjects_of]),
        st.sampled_from([20, 59, 80, 100]),
        days,
        st.integers(0, 5),
    ),
    max_size=8,
    unique_by=lambda row: (row[0], row[1], row[3]),
).map(
    lambda rows: ExamArrays(
        **columns(
            [
                (person, *exam, subject, score, day)
                for person, exam, score, day, missing in rows
                for subject in subjects_of[exam]
                if subject != missing
            ],
            person=int,
            competency=int,
            level=int,
            subject=int,
            score=float,
            day=int,
        )
    )
)
imports = st.lists(
    st.tuples(
        *codes.values(), st.sampled_from([0.0, 1.5, 4.0]), st.just(0.3), days, st.just(False)
    ),
    max_size=6,
    unique_by=lambda row: (row[0], row[1], row[4]),
).map(
    lambda rows: AssessmentArrays(
        **columns(
            rows,
            person=int,
            competency=int,
            level=float,
            standard_error=float,
            day=int,
            disagreement=bool,
        )
    )
)


def taken(arrays, first, last):
    """The rows of a table of facts from a day to another, as the database would return them."""
    rows = (arrays.day >= first) & (arrays.day <= last)
    return type(arrays)(**{name: values[rows] for name, values in vars(arrays).items()})


def facts_of(ratings, exams, imports, first_day, last_day):
    """What is read of these facts to answer for a day, or for several."""
    valid = months_before(first_day, SETTINGS.assessment_validity_months)
    exams_from = months_before(first_day, SETTINGS.exam_validity_months)
    window = SETTINGS.rating_window_days
    return FactArrays(
        taken(ratings, to_day(valid) - window, to_day(last_day)),
        score_sittings(taken(exams, to_day(exams_from), to_day(last_day)), FRAMEWORK.exam_rules),
        taken(imports, to_day(valid), to_day(last_day)),
    )


def levels_on(tables, day):
    _, found = assess(facts_of(*tables, day, day), FRAMEWORK, day, n_people=N_PEOPLE)
    return found


@examples(150)
@given(ratings, exams, imports, st.integers(0, N_DAYS), st.data())
def test_levels_stay_the_same_until_the_last_day(ratings, exams, imports, start, data):
    tables, day = (ratings, exams, imports), FIRST + dt.timedelta(days=start)
    facts = facts_of(*tables, day, dt.date.max)
    _, now = assess(facts, FRAMEWORK, day, n_people=N_PEOPLE)
    last = find_last_days(facts, FRAMEWORK, now, day)
    assert (last >= to_day(day)).all()
    for person in range(N_PEOPLE):
        end = min(last[person], to_day(FIRST) + 3 * N_DAYS)
        for on in {end, data.draw(st.integers(to_day(day), int(end)))}:
            then = levels_on(tables, to_date(on))
            for name in ("level", "standard_error", "day", "source"):
                np.testing.assert_array_equal(
                    getattr(then, name)[person], getattr(now, name)[person], err_msg=name
                )


@examples(60)
@given(ratings, imports)
def test_of_ratings_and_imports_they_hold_no_shorter_than_they_do(ratings, imports):
    """The day after the last one something is new, or something that counted does not any more."""
    none = ExamArrays(*(np.zeros(0, dtype=int) for _ in range(6)))
    tables, day = (ratings, none, imports), FIRST + dt.timedelta(days=400)
    facts = facts_of(*tables, day, dt.date.max)
    _, now = assess(facts, FRAMEWORK, day, n_people=N_PEOPLE)
    last = find_last_days(facts, FRAMEWORK, now, day)
    for person in range(N_PEOPLE):
        if last[person] == to_day(dt.date.max):
            assert (now.day[person] < 0).all()
            continue
        new = any(
            ((table.person == person) & (table.day == last[person] + 1)).any()
            for table in (ratings, imports)
        )
        then = levels_on(tables, to_date(last[person] + 1))
        assert new or not np.array_equal(then.day[person], now.day[person])


# -- who keeps them, and when they are used --


@pytest.fixture
def few_at_once(monkeypatch):
    """Pieces that are smaller than the library."""
    monkeypatch.setattr(kept_levels, "_AT_ONCE", 3)


@pytest.fixture
def worked_out(monkeypatch):
    """Lists of the people whose levels were worked out for a question."""
    asked = []

    def spy(connection, framework, **named):
        asked.append(named["person_ids"])
        return read_standing(connection, framework, **named)

    monkeypatch.setattr(levels, "read_standing", spy)
    return asked


def keep(service, today=AS_OF):
    return keep_levels(service, list_days(service.framework, today), today=today)


def read_all(service, day):
    """Everybody's levels as a process says that has just begun."""
    with reading(service.engine) as connection:
        people = list_people(connection, EVERYONE, limit=None)
        cache = type(service.caches.levels)(1)
        found = read_levels(connection, service, people, as_of=day, scope=EVERYONE, cache=cache)
        fresh = read_standing(connection, service.framework, as_of=day).levels
    for name in ("level", "standard_error", "day"):
        np.testing.assert_array_equal(getattr(found, name), getattr(fresh, name), err_msg=name)
    return people


def kept_rows(service):
    with reading(service.engine) as connection:
        return connection.execute(sa.select(schema.person_levels)).all()


def test_what_is_kept_answers_for_every_day_that_groups_are_looked_at(
    library, few_at_once, worked_out
):
    with reading(library.engine) as connection:
        n_people = len(list_people(connection, EVERYONE, limit=None))
    assert keep(library) == n_people
    assert keep(library) == 0
    found = list_days(library.framework, AS_OF)
    assert len(found) > 3
    for day in found:
        read_all(library, day)
    assert worked_out == []
    # as long as they hold they are those of later days, and nothing is worked out anew
    row = max(kept_rows(library), key=lambda row: row.holds_from)
    assert row.holds_from <= AS_OF
    read_all(library, row.holds_until)
    assert [row.person_id] not in worked_out


@pytest.mark.parametrize("month", [2, 5, 8, 11])
def test_of_who_sees_no_people_they_are_read_once_for_each_round(
    library, worked_out, monkeypatch, month
):
    today = dt.date(2026, month, 1)
    keep(library, today)
    passes = []

    def spy(connection, person_ids, **named):
        passes.append((named["first"], named["last"]))
        return read_kept_levels(connection, person_ids, **named)

    monkeypatch.setattr(kept_figures, "read_kept_levels", spy)
    for _ in range(2):
        read_organisation(session_of(library, who=ANALYST, today=today), StatisticsRequest(today))
    assert worked_out == []
    # the quarters before two rounds are nearly the same
    assert 0 < len(passes) <= 4


def test_who_has_changed_is_worked_out_and_kept_anew(library, worked_out):
    keep(library)
    people = read_all(library, AS_OF)
    with writing(library.engine) as connection:
        connection.execute(
            schema.assessment.insert().values(
                person_id=people[2].person_id,
                competency_id="reading-aloud",
                level=3.25,
                method="面谈",
                assessed_on=AS_OF,
            )
        )
        touch_people(connection, [people[2].person_id])
    # what was kept may rest on what was to be forgotten: it goes with the change
    assert people[2].person_id not in {row.person_id for row in kept_rows(library)}
    read_all(library, AS_OF)
    assert worked_out == [[people[2].person_id]]
    assert keep_levels(library, [AS_OF], today=AS_OF) == 1
    assert keep(library) == 0  # those of the other days, too
    read_all(library, AS_OF)
    assert len(worked_out) == 1


def test_of_another_version_catalogue_or_release_nothing_is_used(library, worked_out, monkeypatch):
    keep(library)
    with writing(library.engine) as connection:
        connection.execute(schema.person.update().values(version=schema.person.c.version + 1))
    people = read_all(library, AS_OF)
    assert worked_out == [[head.person_id for head in people]]
    assert keep(library) == len(people)
    read_all(library, AS_OF)
    assert len(worked_out) == 1
    monkeypatch.setattr(kept_figures, "release", lambda: "0.0.0")
    read_all(library, AS_OF)
    assert len(worked_out) == 2
    assert keep(library) == len(people)
    assert {row.basis.split()[0] for row in kept_rows(library)} == {"0.0.0"}


def test_keeping_stops_when_told_to_and_goes_on_where_it_was(library, few_at_once):
    turns = iter([True, False])
    count = keep_levels(library, [AS_OF], today=AS_OF, go_on=lambda: next(turns))
    assert count in (2, 3)  # of eight people in pieces of three
    assert len({row.person_id for row in kept_rows(library)}) == count
    assert keep(library) == 8 - count


def test_kept_levels_go_with_the_person(library):
    keep(library)
    someone = kept_rows(library)[0].person_id
    person = schema.person
    with writing(library.engine) as connection:
        connection.execute(person.update().values(manager_id=None))
        for table in reversed(schema.metadata.sorted_tables):
            # as a server of the release before, which does not know that they are there
            if "person_id" in table.c and table not in (person, schema.person_levels):
                connection.execute(table.delete().where(table.c.person_id == someone))
        connection.execute(person.delete().where(person.c.person_id == someone))
    assert someone not in {row.person_id for row in kept_rows(library)}


def test_nobody_waits_for_long_while_somebody_else_works_levels_out(library, monkeypatch):
    monkeypatch.setattr(levels, "_AT_ONCE", 3)
    monkeypatch.setattr(levels, "_PATIENCE_SECONDS", 0.01)
    with reading(library.engine) as connection, ThreadPoolExecutor(1) as other:
        people = list_people(connection, EVERYONE, limit=None)
        other.submit(library.caches.levels.working.acquire).result()
        with pytest.raises(StoreError) as caught:
            read_levels(connection, library, people, as_of=AS_OF, scope=EVERYONE)
        # of few people they are worked out at once
        read_levels(connection, library, people[:3], as_of=AS_OF, scope=EVERYONE)
    assert caught.value.code == "levels.busy"
