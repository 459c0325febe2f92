"""Enrolments: made, changed, never more than there are seats."""

from functools import partial

import pytest
from at_once import at_once
from paging import items_of
from serving import EMPLOYEE, MANAGER, OUTSIDE
from sqlalchemy import select

from recommender.store import reading, schema

MODULE, OTHER = "account-handover-visit-coaching", "account-information-map-workshop"
TODAY = "2026-11-01"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: seats are kept by locks of the database."""
    return served_on_both


@pytest.fixture
def admin(served):
    return served.client("admin")


@pytest.fixture
def hr(served):
    return served.client("hr")


@pytest.fixture(scope="module")
def numbers():
    """Return numbers that were not used yet."""
    return iter(range(1, 10_000))


@pytest.fixture
def make_offering(admin, numbers):
    """Make an offering with so many seats."""

    def make(seats, module=MODULE):
        offering = f"run-{next(numbers)}"
        values = {"module_id": module, "starts_on": "2027-03-01", "ends_on": "2027-03-02"}
        answered = admin.put(f"/v1/offerings/{offering}", json=values | {"seats": seats})
        assert answered.status_code in (200, 201), answered.text
        return offering

    return make


@pytest.fixture
def make_person(admin, numbers):
    """Add somebody new to the unit of HR."""

    def make():
        person = f"8{next(numbers):04}"
        values = {"person_id": person, "name": "新人", "grade": "g1", "manager_id": MANAGER}
        unit = {"org_unit": "南区示例分公司/政企客户部/党政客户部"}
        assert admin.post("/v1/people", json=values | unit).status_code == 201
        return person

    return make


def enrol(client, person, **values):
    return client.post(f"/v1/people/{person}/enrolments", json={"module_id": MODULE} | values)


def change(client, enrolment, **values):
    return client.patch(
        enrolment.headers["location"], headers={"If-Match": enrolment.headers["etag"]}, json=values
    )


def code(answered):
    return answered.status_code, answered.json().get("type", "").rpartition(":")[2]


def pointers(answered):
    return [error["pointer"] for error in answered.json()["errors"]]


def seats_taken(client, offering):
    return client.get(f"/v1/offerings/{offering}").json()["seats_taken"]


# -- enrolling --


def test_an_enrolment_is_there_with_what_was_sent(hr, make_person, make_offering):
    person, offering = make_person(), make_offering(3)
    before = hr.get(f"/v1/people/{person}").headers["etag"]
    made = enrol(hr, person, offering_id=offering, enrolled_on="2026-10-15")
    assert made.status_code == 201
    assert made.json() == {
        "person_id": person,
        "module_id": MODULE,
        "offering_id": offering,
        "status": "enrolled",
        "enrolled_on": "2026-10-15",
        "completed_on": None,
    }
    assert made.headers["location"] == f"/v1/people/{person}/enrolments/{MODULE}/2026-10-15"
    found = hr.get(made.headers["location"])
    assert (found.json(), found.headers["etag"]) == (made.json(), made.headers["etag"])
    assert hr.get(f"/v1/people/{person}/enrolments").json()["items"] == [made.json()]
    assert seats_taken(hr, offering) == 1
    assert hr.get(f"/v1/people/{person}").headers["etag"] != before


def test_without_a_day_it_is_today_and_without_an_offering_none(hr, make_person):
    made = enrol(hr, make_person()).json()
    assert (made["enrolled_on"], made["offering_id"]) == (TODAY, None)


def test_what_is_no_enrolment(hr, make_person, subtests):
    for values, pointer in [
        ({"module_id": "no-such-module"}, "#/module_id"),
        ({"offering_id": "no-such-run"}, "#/offering_id"),
        ({"enrolled_on": "2026-11-02"}, "#/enrolled_on"),
        ({"status": "completed"}, "#/status"),
    ]:
        with subtests.test(values=values, pointer=pointer):
            person = make_person()
            refused = enrol(hr, person, **values)
            assert refused.status_code == 422
            assert pointers(refused) == [pointer]
            assert hr.get(f"/v1/people/{person}/enrolments").json()["items"] == []


def test_an_offering_of_another_module(hr, make_person, make_offering):
    refused = enrol(hr, make_person(), offering_id=make_offering(3, OTHER))
    assert code(refused) == (422, "enrolment.other-module")
    assert pointers(refused) == ["#/offering_id"]


def test_nobody_is_enrolled_twice(hr, make_person, make_offering):
    person, offering = make_person(), make_offering(9)
    first = enrol(hr, person)
    assert code(enrol(hr, person)) == (409, "enrolment.open")
    assert code(enrol(hr, person, enrolled_on="2026-10-01")) == (409, "enrolment.open")
    assert code(enrol(hr, person, offering_id=offering)) == (409, "enrolment.open")
    assert enrol(hr, person, module_id=OTHER).status_code == 201
    cancelled = change(hr, first, status="cancelled")
    assert cancelled.json()["status"] == "cancelled"
    # that day has its enrolment; it can be taken up again, and another day is free
    assert code(enrol(hr, person)) == (409, "enrolment.exists")
    assert enrol(hr, person, enrolled_on="2026-10-31").status_code == 201


def test_no_more_than_there_are_seats(hr, make_person, make_offering):
    offering = make_offering(2)
    first, second = (enrol(hr, make_person(), offering_id=offering) for _ in range(2))
    late = make_person()
    assert code(enrol(hr, late, offering_id=offering)) == (409, "enrolment.full")
    assert change(hr, first, status="cancelled").status_code == 200
    third = enrol(hr, late, offering_id=offering)
    assert third.status_code == 201
    again = hr.get(first.headers["location"])
    refused = hr.patch(
        first.headers["location"],
        headers={"If-Match": again.headers["etag"]},
        json={"status": "enrolled"},
    )
    assert code(refused) == (409, "enrolment.full")
    # a seat that was used is taken, one that stayed empty is not
    assert change(hr, second, status="completed", completed_on=TODAY).status_code == 200
    assert code(enrol(hr, make_person(), offering_id=offering)) == (409, "enrolment.full")
    assert change(hr, third, status="no-show").status_code == 200
    assert enrol(hr, make_person(), offering_id=offering).status_code == 201
    assert seats_taken(hr, offering) == 2


def test_an_offering_without_a_bound_is_never_full(hr, make_person, make_offering):
    offering = make_offering(None)
    assert [enrol(hr, make_person(), offering_id=offering).status_code for _ in range(3)] == [
        201
    ] * 3


def test_of_many_who_want_the_last_seat_one_gets_it(served, hr, make_person, make_offering):
    for _ in range(3):
        offering = make_offering(1)
        people = [make_person() for _ in range(4)]
        answers = at_once(
            *(
                partial(enrol, served.client("hr"), person, offering_id=offering)
                for person in people
            )
        )
        assert sorted(map(code, answers)) == [(201, ""), *[(409, "enrolment.full")] * 3]
        assert seats_taken(hr, offering) == 1


def test_one_who_asks_twice_at_once_is_enrolled_once(served, hr, make_person, make_offering):
    person, offerings = make_person(), [make_offering(5), make_offering(5)]
    answers = at_once(
        *(
            partial(enrol, served.client("hr"), person, offering_id=offering)
            for offering in offerings
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(hr.get(f"/v1/people/{person}/enrolments").json()["items"]) == 1


def test_a_request_sent_again_is_done_once(served, make_person, make_offering):
    person, offering = make_person(), make_offering(5)
    client = served.client("hr", Idempotency_Key=f"enrol-{person}")
    first, second = (enrol(client, person, offering_id=offering) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"


# -- what became of it --


def test_completion_has_a_day_and_goes_with_it(hr, make_person):
    made = enrol(hr, make_person(), enrolled_on="2026-10-10")
    assert pointers(change(hr, made, status="completed")) == ["#/completed_on"]
    assert pointers(change(hr, made, completed_on=TODAY)) == ["#/status"]
    for day in ("2026-10-09", "2026-11-02"):
        assert pointers(change(hr, made, status="completed", completed_on=day)) == [
            "#/completed_on"
        ]
    done = change(hr, made, status="completed", completed_on="2026-10-20")
    assert (done.json()["status"], done.json()["completed_on"]) == ("completed", "2026-10-20")
    moved = hr.patch(
        made.headers["location"],
        headers={"If-Match": done.headers["etag"]},
        json={"completed_on": "2026-10-21"},
    )
    assert (moved.json()["status"], moved.json()["completed_on"]) == ("completed", "2026-10-21")
    undone = hr.patch(
        made.headers["location"],
        headers={"If-Match": moved.headers["etag"]},
        json={"status": "no-show"},
    )
    assert (undone.json()["status"], undone.json()["completed_on"]) == ("no-show", None)


def test_what_was_completed_is_not_recommended_again(hr, make_person):
    person = make_person()
    row = {"level": 1.0, "method": "评审", "assessed_on": "2026-10-01"}
    competencies = hr.get(f"/v1/modules/{MODULE}").json()["competencies"]
    items = [row | {"competency_id": part["id"]} for part in competencies]
    assert hr.post(f"/v1/people/{person}/assessments", json={"items": items}).status_code == 201

    def candidates():
        found = hr.get(f"/v1/people/{person}/recommendations?top=500").json()
        return [item["module_id"] for item in found["recommendations"]]

    best = candidates()[0]
    made = enrol(hr, person, module_id=best)
    assert best in candidates()
    assert change(hr, made, status="completed", completed_on=TODAY).status_code == 200
    assert best not in candidates()


def test_no_update_is_lost(hr, make_person):
    made = enrol(hr, make_person())
    path = made.headers["location"]
    assert hr.patch(path, json={"status": "cancelled"}).status_code == 428
    assert change(hr, made, status="cancelled").status_code == 200
    assert change(hr, made, status="no-show").status_code == 412
    assert hr.get(path).json()["status"] == "cancelled"


def test_of_two_changes_at_once_one_wins(served, hr, make_person):
    made = enrol(hr, make_person())
    answers = at_once(
        *(
            partial(change, served.client("hr"), made, status=status)
            for status in ("cancelled", "no-show")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_one_module_at_a_time_also_when_taken_up_again(hr, make_person):
    person = make_person()
    first = change(hr, enrol(hr, person, enrolled_on="2026-10-01"), status="cancelled")
    assert enrol(hr, person).status_code == 201
    path = f"/v1/people/{person}/enrolments/{MODULE}/2026-10-01"
    again = hr.patch(path, headers={"If-Match": first.headers["etag"]}, json={"status": "enrolled"})
    assert code(again) == (409, "enrolment.open")


def test_what_is_no_change(hr, make_person, subtests):
    for values, pointer in [
        ({"status": "enroled"}, "#/status"),
        ({"status": None}, "#/status"),
        ({"offering_id": "x"}, "#/offering_id"),
    ]:
        with subtests.test(values=values, pointer=pointer):
            refused = change(hr, enrol(hr, make_person()), **values)
            assert refused.status_code == 422
            assert pointers(refused) == [pointer]


# -- lists --


def test_a_list_in_pages_newest_first(served, admin):
    person = "00001"
    whole = admin.get(f"/v1/people/{person}/enrolments?limit=200").json()["items"]
    rows = served.sample.enrolments
    assert {item["module_id"] for item in whole} >= set(
        rows["module_id"][rows["person_id"] == person]
    )
    assert [item["enrolled_on"] for item in whole] == sorted(
        (item["enrolled_on"] for item in whole), reverse=True
    )
    assert items_of(admin, f"/v1/people/{person}/enrolments", limit=1) == whole
    done = admin.get(f"/v1/people/{person}/enrolments?status=completed").json()["items"]
    assert done == [item for item in whole if item["status"] == "completed"]
    module = whole[0]["module_id"]
    assert admin.get(f"/v1/people/{person}/enrolments?module_id={module}").json()["items"] == [
        item for item in whole if item["module_id"] == module
    ]


def test_participants_within_the_scope(served, admin, make_offering):
    offering = make_offering(10, OTHER)
    for person in ("00001", EMPLOYEE, OUTSIDE):
        assert enrol(admin, person, module_id=OTHER, offering_id=offering).status_code == 201

    def participants(role, **query):
        answered = served.client(role).get(f"/v1/offerings/{offering}/enrolments", params=query)
        assert answered.status_code == 200
        return [item["person_id"] for item in answered.json()["items"]]

    assert participants("admin") == ["00001", EMPLOYEE, OUTSIDE]
    assert participants("hr") == ["00001", EMPLOYEE]
    assert participants("manager") == participants("employee") == [EMPLOYEE]
    first = admin.get(f"/v1/offerings/{offering}/enrolments?limit=2").json()
    assert participants("admin", cursor=first["next"]) == [OUTSIDE]
    assert admin.get("/v1/offerings/no-such-run/enrolments").status_code == 404
    assert served.client("analyst").get(f"/v1/offerings/{offering}/enrolments").status_code == 403


def test_whose_participation_was_read_is_in_the_trail(served, hr, make_person, make_offering):
    person, offering = make_person(), make_offering(1)
    assert enrol(hr, person, offering_id=offering).status_code == 201
    answered = hr.get(f"/v1/offerings/{offering}/enrolments")
    entry, people = schema.audit_entry, schema.person
    with reading(served.app.state.server.installation.engine) as connection:
        ref = connection.scalar(select(people.c.ref).where(people.c.person_id == person))
        subjects = connection.scalar(
            select(entry.c.subjects).where(entry.c.request_id == answered.headers["x-request-id"])
        )
    assert subjects == [ref]


# -- who may --


def test_what_is_not_there(hr):
    for path in (f"{MODULE}/2020-01-01", "no-such-module/2026-11-01"):
        assert code(hr.get(f"/v1/people/{EMPLOYEE}/enrolments/{path}")) == (
            404,
            "enrolment.unknown",
        )
    assert hr.get(f"/v1/people/{EMPLOYEE}/enrolments/{MODULE}/yesterday").status_code == 422
