"""Seats for many people at once: worked out, drawn for, published, given on after a dropout."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
import sqlalchemy as sa
from asking import session_of
from openpyxl import load_workbook
from organisations import AS_OF, TINY
from plan_office import assess, enrol, offer

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError, StaleError
from recommender.service.cohorts.answers import digest_of, is_reproduced
from recommender.service.cohorts.asking import CohortLimits, CohortRequest, preview_cohort
from recommender.service.cohorts.dropping_out import drop_out
from recommender.service.cohorts.figures import read_figures
from recommender.service.cohorts.lists import print_lists
from recommender.service.cohorts.publishing import close_cohort, publish_cohort
from recommender.service.cohorts.reading import (
    get_cohort,
    get_cohorts,
    read_cohort_log,
    read_seats,
)
from recommender.service.cohorts.solving import solve_cohort
from recommender.service.cohorts.workbook import write_seats
from recommender.service.jobs import cohort_plans
from recommender.service.jobs.cohort_plans import plan_cohort, plan_cohort_again
from recommender.service.jobs.process import Ended, run_job
from recommender.service.learning.collecting import collect_records
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.service.privacy.personal_data import erase_person, export_person
from recommender.settings import Settings
from recommender.store import reading, schema, writing
from recommender.store.job_claims import claim_job

WEST, SOUTH = "西区示例分公司", "南区示例分公司"
HR = Principal("account:hr", Role.HR, PERMISSIONS[Role.HR], org_unit=WEST)
OTHER_HR = replace(HR, actor="account:other", org_unit=SOUTH)
ADMIN = Principal("account:admin", Role.ADMIN, PERMISSIONS[Role.ADMIN])
MANAGER = Principal("account:manager", Role.MANAGER, PERMISSIONS[Role.MANAGER], person_id="00001")
# the librarians, who all stand at the same level here, so that a seat adds the same for each
EQUALS = ("00001", "00005", "00006", "00007", "00008")
JUNE = CohortRequest("六月", dt.date(2027, 6, 1), dt.date(2027, 6, 30), applications=EQUALS)


@pytest.fixture
def room(library):
    """The library with a run of two seats in June that five people would gain the same by."""
    with writing(library.engine) as connection:
        connection.execute(schema.enrolment.delete())
    for person in EQUALS:
        assess(library, person, on=AS_OF, reference_desk=1.0)
    offer(library, "o1", "desk-basics", dt.date(2027, 6, 7), seats=2)
    return library


@pytest.fixture
def ask(room):
    """Ask a use case as somebody."""

    def ask(use, *args, who=ADMIN, **values):
        return use(session_of(room, who=who, lang="en"), *args, **values)

    return ask


def make(ask, request=JUNE, *, seed=7, **values):
    """Plan a cohort and return its id."""
    return ask(plan_cohort, request, seed=seed, **values).stored.cohort_id


def people(ask, cohort_id, status, **values):
    """Return who has a seat or waits, in the order of the list."""
    (run,) = ask(read_seats, cohort_id, **values)
    return [each.head.person_id for each in getattr(run, status)]


def enrolled(service):
    """Return who is enrolled in the run in June."""
    table = schema.enrolment.c
    query = sa.select(table.person_id).where(table.offering_id == "o1", table.status == "enrolled")
    with reading(service.engine) as connection:
        return set(connection.scalars(query))


def audit(service):
    """Return the details of the last entry of the audit trail."""
    entry = schema.audit_entry.c
    with reading(service.engine) as connection:
        query = sa.select(entry.details).order_by(entry.seq.desc()).limit(1)
        return connection.scalar(query)


def test_equals_are_drawn_for_by_a_seed_and_the_log_shows_it(ask, room):
    cohort = ask(plan_cohort, JUNE, seed=7)
    cohort_id, trail = cohort.stored.cohort_id, audit(room)
    assert (cohort.state, cohort.people, cohort.seated, cohort.waiting) == ("draft", 5, 2, 3)
    seated, waiting = (people(ask, cohort_id, status) for status in ("seated", "waiting"))
    assert set(seated) | set(waiting) == set(EQUALS)
    (lottery,) = ask(read_cohort_log, cohort_id)
    body = lottery.body
    assert (body["module_id"], body["offerings"], body["seats"], body["seed"]) == (
        "desk-basics",
        ["o1"],
        2,
        7,
    )
    # the smallest numbers win, and the others wait in the order of theirs
    drawn = sorted(body["people"], key=lambda each: each["number"])
    assert [each["person_id"] for each in drawn] == [*sorted(seated, key=_number(drawn)), *waiting]
    assert [each["won"] for each in drawn] == [True, True, False, False, False]
    (run,) = ask(read_seats, cohort_id)
    assert {each.seat.chance for each in (*run.seated, *run.waiting)} == {0.4}
    assert is_reproduced(body)
    assert not is_reproduced(body | {"seed": 8})
    # the trail, which nobody can change, knows what the log has to say
    assert trail["draws"] == [digest_of(body)] == [body["digest"]]
    assert digest_of(body | {"people": drawn[::-1]}) != body["digest"]
    # again, and by another cohort of that seed: the same; by other seeds not always
    assert ask(plan_cohort_again, cohort_id).stored.seed == 7
    assert people(ask, cohort_id, "seated") == seated
    assert [entry.body["digest"] for entry in ask(read_cohort_log, cohort_id)] == [
        body["digest"]
    ] * 2
    others = [people(ask, make(ask, seed=seed), "seated") for seed in range(3)]
    assert len({*map(tuple, others)}) > 1
    assert ask(plan_cohort, JUNE).stored.seed != ask(plan_cohort, JUNE).stored.seed


def _number(drawn):
    numbers = {each["person_id"]: each["number"] for each in drawn}
    return numbers.__getitem__


def test_what_the_seats_come_to_is_set_beside_other_ways(ask, room):
    offer(room, "o2", "children-and-shelves", dt.date(2027, 6, 7), seats=3)
    everybody = replace(JUNE, applications=None, limits=CohortLimits(cost=700.0, hours=8.0))
    cohort = ask(plan_cohort, everybody, seed=1)
    found = read_figures(cohort.stored.figures)
    assert found is not None
    ways = {each.policy: each for each in found.ways}
    exact = ways["exact"]
    assert exact.gap_closed >= max(each.gap_closed for each in found.ways) - 0.1
    assert (exact.seats, exact.cost, exact.gap_closed) == (
        cohort.seated,
        found.cost,
        pytest.approx(found.gap_closed),
    )
    assert all(each.cost <= 700.0 for each in found.ways)
    assert cohort.stored.value <= cohort.stored.bound
    # experts only: no model is in force, and no order of application was given
    assert (found.is_measured, found.size_known, found.applied) == (False, True, False)
    assert sum(each.seats for each in found.units) == cohort.seated
    assert {each.unit for each in found.units} >= {WEST, SOUTH}
    # a new run is worth something only of a course that somebody still lacks
    assert all(each.month == "2027-06" and each.wanted for each in found.demand)
    sheets = load_workbook(BytesIO(ask(write_seats, cohort.stored.cohort_id)), read_only=True)
    cells = {cell for row in sheets.worksheets[0].iter_rows(values_only=True) for cell in row}
    assert {
        each.head.name for run in ask(read_seats, cohort.stored.cohort_id) for each in run.seated
    } <= cells


def test_lists_with_made_up_people_say_so(ask, room):
    cohort_id = make(ask)

    def texts():
        sheets = load_workbook(BytesIO(ask(write_seats, cohort_id)), read_only=True)
        yield str([*sheets.worksheets[0].iter_rows(max_row=8, values_only=True)])
        for page in pypdfium2.PdfDocument(ask(print_lists, cohort_id).content):
            yield page.get_textpage().get_text_range()

    for synthetic in (True, False):
        with writing(room.engine) as connection:
            connection.execute(schema.person.update().values(synthetic=synthetic))
        assert {"Synthetic sample data" in text for text in texts()} == {synthetic}


def test_it_is_published_once_and_the_losers_are_controls(ask, room):
    cohort_id = make(ask)
    assert enrolled(room) == set()
    may_not = replace(ADMIN, permissions=ADMIN.permissions - {Permission.WRITE_ENROLMENTS})
    with pytest.raises(ForbiddenError):
        ask(publish_cohort, cohort_id, who=may_not)
    with pytest.raises(StaleError):
        ask(publish_cohort, cohort_id, seen=99)
    version = ask(get_cohort, cohort_id).stored.version
    made = ask(publish_cohort, cohort_id, seen=version)
    assert (made.enrolled, made.cohort.state) == (2, "published")
    seated = people(ask, cohort_id, "seated")
    assert enrolled(room) == set(seated)
    assert ask(publish_cohort, cohort_id, seen=version).enrolled == 0
    assert enrolled(room) == set(seated)
    with pytest.raises(ConflictError, match=r"cohort\.published"):
        ask(solve_cohort, cohort_id)
    # whoever lost is assessed twice without the course: a control row of the history
    later = dt.date(2027, 9, 1)
    with writing(room.engine) as connection:
        table = schema.enrolment
        connection.execute(
            table.update()
            .where(table.c.offering_id == "o1")
            .values(status="completed", completed_on=dt.date(2027, 6, 8))
        )
    for person in EQUALS:
        assess(room, person, on=later, reference_desk=1.5)
    with reading(room.engine) as connection:
        records = collect_records(connection, room.framework, as_of=later).frame
    after = records[(records["after_on"] == later) & (records["competency_id"] == "reference-desk")]
    learned = dict(zip(after["person_id"], after["module_id"], strict=True))
    assert learned == {person: "desk-basics" if person in seated else "" for person in EQUALS}


def test_when_somebody_drops_out_the_next_moves_up(ask, room):
    cohort_id = make(ask)
    gone, stays = people(ask, cohort_id, "seated")
    first, second, third = people(ask, cohort_id, "waiting")
    with pytest.raises(ConflictError, match="not-published"):
        ask(drop_out, cohort_id, gone)
    ask(publish_cohort, cohort_id)
    done = ask(drop_out, cohort_id, gone)
    assert (done.given_up, done.unfilled) == (("o1",), ())
    assert [each.person_id for each in done.moved_up] == [first]
    assert audit(room) | {"given_up": 1, "moved_up": 1} == audit(room)
    assert enrolled(room) == {stays, first}
    assert set(people(ask, cohort_id, "seated")) == {stays, first}
    assert people(ask, cohort_id, "waiting") == [second, third]
    assert people(ask, cohort_id, "dropped") == [gone]
    entry = ask(read_cohort_log, cohort_id)[-1]
    assert [(each["person_id"], each["became"]) for each in entry.body["people"]] == [
        (gone, "dropped"),
        (first, "seated"),
    ]
    with pytest.raises(ConflictError, match=r"cohort\.no-seat"):
        ask(drop_out, cohort_id, gone)
    # whoever waits and has taken the course elsewhere meanwhile is passed over
    enrol(room, second, "desk-basics", enrolled_on=AS_OF)
    assert [each.person_id for each in ask(drop_out, cohort_id, stays).moved_up] == [third]
    assert ask(drop_out, cohort_id, first).unfilled == ("o1",)
    assert enrolled(room) == {third}
    ask(close_cohort, cohort_id)
    with pytest.raises(ConflictError, match=r"cohort\.closed"):
        ask(drop_out, cohort_id, third)
    assert enrolled(room) == {third}


def test_what_has_changed_since_stops_all_of_it_or_is_worked_out_again(ask, room):
    cohort_id = make(ask)
    seated = people(ask, cohort_id, "seated")
    # a stranger takes one of the two seats
    enrol(room, "00002", "desk-basics", offering_id="o1")
    with pytest.raises(ConflictError, match=r"cohort\.full"):
        ask(publish_cohort, cohort_id)
    assert enrolled(room) == {"00002"}
    assert ask(plan_cohort_again, cohort_id).seated == 1
    enrol(room, people(ask, cohort_id, "seated")[0], "desk-basics")
    with pytest.raises(ConflictError, match=r"cohort\.people-changed"):
        ask(publish_cohort, cohort_id)
    assert ask(plan_cohort_again, cohort_id).seated == 1
    assert ask(publish_cohort, cohort_id).enrolled == 1
    assert len(enrolled(room)) == 2
    assert set(seated) != enrolled(room)


def test_a_request_that_makes_no_sense_is_refused(ask, room):
    days = {"starts_from": JUNE.starts_from, "starts_until": JUNE.starts_until}
    for change, error, code in (
        ({"name": " "}, InputError, "no-name"),
        ({"name": "x" * 101}, InputError, "long-name"),
        ({"starts_until": AS_OF}, InputError, "days"),
        ({"starts_from": AS_OF}, InputError, "past"),
        ({"starts_until": dt.date(2030, 1, 1)}, InputError, "too-long"),
        ({"limits": CohortLimits(cost=-1.0)}, InputError, "limit"),
        ({"limits": CohortLimits(floor_share=1.5)}, InputError, "share"),
        ({"limits": CohortLimits(floors={"x/ y": 1})}, InputError, "floor"),
        ({"offerings": {"no-such": None}}, InputError, "offering"),
        ({"offerings": {"o1": 3}}, InputError, "seats"),
        ({"applications": ("00001", "no-such")}, InputError, "applicants"),
        ({"applications": ("00001",), "left_out": frozenset({"00001"})}, ConflictError, "nobody"),
        ({"starts_from": dt.date(2027, 6, 8)}, ConflictError, "no-offerings"),
        ({"limits": CohortLimits(floors={WEST: 2})}, ConflictError, "floors"),
    ):
        with pytest.raises(error, match=rf"cohort\.{code}"):
            ask(plan_cohort, replace(JUNE, **(days | change)))
    with reading(room.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.cohort)) == 0
    seen = ask(preview_cohort, replace(JUNE, offerings={"o1": 1}))
    assert (seen.people, seen.seats) == (5, 1)


def test_hr_of_a_unit_seats_its_own_people_and_nobody_else_sees_it(ask, room):
    own = make(ask, replace(JUNE, applications=None), who=HR)
    found = ask(get_cohort, own, who=HR)
    assert found.stored.org_unit == WEST
    assert set(people(ask, own, "seated", who=HR)) <= {"00001", "00002", "00003"}
    with pytest.raises(NotFoundError, match="org-unit"):
        make(ask, replace(JUNE, org_unit=SOUTH), who=HR)
    with pytest.raises(InputError, match="applicants"):
        make(ask, replace(JUNE, applications=("00001", "00006")), who=HR)
    make(ask)
    assert [each.stored.cohort_id for each in ask(get_cohorts, limit=9, who=HR)] == [own]
    for use in (get_cohort, read_seats, read_cohort_log, publish_cohort, close_cohort):
        with pytest.raises(NotFoundError, match=r"cohort\.unknown"):
            ask(use, own, who=OTHER_HR)
        with pytest.raises(ForbiddenError):
            ask(use, own, who=MANAGER)
    assert ask(get_cohorts, limit=9, who=OTHER_HR) == []


def test_of_many_people_a_job_works_the_seats_out(ask, room, library_url, monkeypatch):
    monkeypatch.setattr(cohort_plans, "AT_ONCE", 1)
    cohort = ask(plan_cohort, JUNE, seed=7)
    cohort_id = cohort.stored.cohort_id
    assert (cohort.state, cohort.seated) == ("queued", 0)
    with pytest.raises(ConflictError, match="under-way"):
        ask(plan_cohort_again, cohort_id)
    with writing(room.engine) as connection:
        job = claim_job(connection, "w")
    assert job is not None
    settings = Settings(database=library_url, catalog=TINY, as_of=AS_OF)
    assert run_job(room, settings, job, "w") == Ended(done=True)
    assert ask(get_cohort, cohort_id).state == "draft"
    at_once = ask(plan_cohort, JUNE, seed=7, waits=True).stored.cohort_id
    assert people(ask, cohort_id, "seated") == people(ask, at_once, "seated")


def test_somebody_who_is_erased_leaves_it(ask, room):
    cohort_id = make(ask)
    ask(publish_cohort, cohort_id)
    first, *others = people(ask, cohort_id, "waiting")
    sections = {each["name"]: each["rows"] for each in ask(export_person, first)["sections"]}
    assert [row["place"] for row in sections["cohort_seat"]] == [1]
    (lottery,) = sections["cohort_log"]
    assert [each["won"] for each in lottery["body"]["people"]] == [False]
    ask(erase_person, first)
    assert people(ask, cohort_id, "waiting") == others
    (lottery,) = ask(read_cohort_log, cohort_id)
    assert sum("person_id" not in each for each in lottery.body["people"]) == 1
    assert digest_of(lottery.body) == lottery.body["digest"]
