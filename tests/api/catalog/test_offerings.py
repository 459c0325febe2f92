"""Offerings over HTTP: found, made, changed by who has seen them, kept where people enrolled."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from paging import items_of
from serving import COLLEAGUE, EMPLOYEE, OTHER_UNIT, UNIT
from sqlalchemy import select

from recommender.store import reading, schema, writing

MODULE = "account-handover-visit-coaching"
OTHER = "account-information-map-workshop"


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: seats are kept by locks of the database."""
    return served_on_both


def offering(**changed):
    """A body that can be put."""
    return {
        "module_id": MODULE,
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-02",
        "place": "南区示例培训中心",
        "seats": 12,
        "owner_unit": UNIT,
    } | changed


def engine_of(served):
    return served.app.state.server.installation.engine


def enrol(served, offering_id, person_id, *, status="enrolled", module_id=MODULE):
    with writing(engine_of(served)) as connection:
        connection.execute(
            schema.enrolment.insert().values(
                person_id=person_id,
                module_id=module_id,
                offering_id=offering_id,
                status=status,
                enrolled_on=dt.date(2026, 10, 30),
            )
        )


@pytest.fixture
def put(served):
    """Put an offering as HR and delete it afterwards, with who is enrolled in it."""
    client = served.client("hr")
    made = []

    def put_it(offering_id, body, **headers):
        answered = client.put(f"/v1/offerings/{offering_id}", json=body, headers=headers)
        made.append(offering_id)
        return answered

    yield put_it
    with writing(engine_of(served)) as connection:
        for table in (schema.enrolment, schema.offering):
            connection.execute(table.delete().where(table.c.offering_id.in_(made)))


def seen(answered):
    """The headers of a change of what was answered."""
    return {"If-Match": answered.headers["etag"]}


def test_offerings_come_in_the_order_of_their_days(served):
    client = served.client("employee")
    items = items_of(client, "/v1/offerings", limit=40)
    keys = [(item["starts_on"], item["offering_id"]) for item in items]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(served.sample.offerings)
    assert all(item["seats_taken"] == 0 for item in items)


def test_offerings_of_a_module_between_days(served):
    client = served.client("employee")
    runs = client.get(f"/v1/offerings?module_id={OTHER}").json()["items"]
    assert [run["module_id"] for run in runs] == [OTHER, OTHER]
    first, second = (run["starts_on"] for run in runs)
    for query, expected in (
        (f"starts_from={first}", runs),
        (f"starts_until={first}", runs[:1]),
        (f"starts_from={second}", runs[1:]),
        (f"starts_from={second}&starts_until={first}", []),
    ):
        found = client.get(f"/v1/offerings?module_id={OTHER}&{query}").json()["items"]
        assert found == expected
    assert client.get("/v1/offerings?module_id=nothing").json()["items"] == []


def test_seats_are_counted(served, put):
    assert put("few", offering(seats=2)).status_code == 201
    assert put("many", offering(seats=None)).status_code == 201
    enrol(served, "few", EMPLOYEE)
    enrol(served, "few", COLLEAGUE, status="cancelled")
    client = served.client("employee")
    assert client.get("/v1/offerings/few").json()["seats_taken"] == 1

    def with_seats(count):
        page = client.get(f"/v1/offerings?module_id={MODULE}&free_seats={count}").json()
        return [item["offering_id"] for item in page["items"]]

    assert with_seats(1) == ["few", "many"]
    assert with_seats(2) == ["many"]
    assert with_seats(100_000) == ["many"]


def test_an_offering_is_made_changed_and_deleted(served, put):
    name = "春季 班/一".replace("/", "-")
    made = put(name, offering())
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/offerings/{quote(name)}"
    client = served.client("hr")
    read = client.get(made.headers["location"])
    assert read.json() == made.json() == {"offering_id": name, "seats_taken": 0, **offering()}
    assert read.headers["etag"] == made.headers["etag"]

    changed = put(name, offering(seats=20, place=None), **seen(read))
    assert changed.status_code == 200
    assert (changed.json()["seats"], changed.json()["place"]) == (20, None)
    assert "location" not in changed.headers

    url = f"/v1/offerings/{name}"
    assert client.delete(url).status_code == 428
    assert client.delete(url, headers=seen(read)).status_code == 412
    assert client.delete(url, headers=seen(changed)).status_code == 204
    assert client.delete(url, headers=seen(changed)).status_code == 404
    assert client.get(url).status_code == 404


def test_no_change_is_lost(served, put):
    made = put("shared", offering())
    assert put("shared", offering(seats=1)).status_code == 428
    assert put("shared", offering(seats=1), **{"If-Match": '"another"'}).status_code == 412
    assert put("shared", offering(seats=30), **seen(made)).status_code == 200
    late = put("shared", offering(seats=1), **seen(made))
    assert late.status_code == 412
    assert served.client("hr").get("/v1/offerings/shared").json()["seats"] == 30


def test_an_etag_of_what_is_gone_makes_nothing(put):
    assert put("gone", offering(), **{"If-Match": '"1"'}).status_code == 404


def test_what_no_offering_can_be(put, subtests):
    for changed, pointer in [
        ({"module_id": "nothing"}, "#/module_id"),
        ({"ends_on": "2027-02-28"}, "#/ends_on"),
        ({"starts_on": "1900-01-01"}, "#/starts_on"),
        ({"seats": -1}, "#/seats"),
        ({"seats": 100_001}, "#/seats"),
        ({"seats": 1.5}, "#/seats"),
        ({"place": "a\x00b"}, "#/place"),
        ({"rooms": 1}, "#/rooms"),
    ]:
        with subtests.test(changed=changed, pointer=pointer):
            answered = put("wrong", offering(**changed))
            assert answered.status_code == 422
            assert [problem["pointer"] for problem in answered.json()["errors"]] == [pointer]


def test_hr_of_a_unit_changes_only_what_belongs_to_it(served, put, subtests):
    everything = served.client("admin")
    for owner in (None, OTHER_UNIT, f"{UNIT}二"):
        with subtests.test(owner=owner):
            made = everything.put("/v1/offerings/theirs", json=offering(owner_unit=owner))
            assert made.json()["owner_unit"] == owner
            # whoever may not change it may see it
            assert served.client("employee").get("/v1/offerings/theirs").json() == made.json()
            for answered in (
                put("theirs", offering(), **seen(made)),
                served.client("hr").delete("/v1/offerings/theirs", headers=seen(made)),
                # and whatever was seen of it
                put("theirs", offering(), **{"If-Match": '"99"'}),
            ):
                assert answered.status_code == 403
                assert answered.json()["type"].endswith(":offering.of-others")
            gone = everything.delete("/v1/offerings/theirs", headers=seen(made))
            assert gone.status_code == 204


def test_who_makes_an_offering_owns_it(served, put, subtests):
    unowned = {name: value for name, value in offering().items() if name != "owner_unit"}
    below = f"{UNIT}/政企客户部"
    for body, owner in (
        (unowned, UNIT),
        (offering(owner_unit=None), UNIT),
        (offering(owner_unit=f" {below}/"), below),
    ):
        with subtests.test(body=body):
            made = put("ours", body)
            assert made.json()["owner_unit"] == owner
            changed = put("ours", offering(seats=1), **seen(made))
            assert changed.json()["owner_unit"] == UNIT
            served.client("hr").delete("/v1/offerings/ours", headers=seen(changed))
    refused = put("ours", offering(owner_unit=OTHER_UNIT))
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["#/owner_unit"]
    made = put("ours", offering())
    assert put("ours", offering(owner_unit=OTHER_UNIT), **seen(made)).status_code == 422


def test_what_no_path_can_hold_is_no_id(put, subtests):
    for name in ["%2E", "%2E%2E", "a%0Ab", "%20a", "a%20", "%3Da", "x" * 81, "x" * 129]:
        with subtests.test(name=name):
            answered = put(name, offering())
            assert answered.status_code == 422
            assert [each["pointer"] for each in answered.json()["errors"]] == ["path:offering_id"]
    # a slash is decoded before the route is looked for
    assert put("a%2Fb", offering()).status_code == 404


def test_what_percent_encoding_carries_is_an_id(served, put, subtests):
    for name in ["a?b#c", "50%", "a\\b", "...", "一期 班"]:
        with subtests.test(name=name):
            made = put(quote(name, safe=""), offering())
            assert made.status_code == 201
            read = served.client("hr").get(made.headers["location"])
            assert read.json()["offering_id"] == name
            gone = served.client("hr").delete(made.headers["location"], headers=seen(read))
            assert gone.status_code == 204


def test_who_is_enrolled_keeps_the_offering(served, put):
    made = put("taken", offering(seats=5))
    enrol(served, "taken", EMPLOYEE)
    enrol(served, "taken", COLLEAGUE, status="completed")
    client = served.client("hr")
    refused = client.delete("/v1/offerings/taken", headers=seen(made))
    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":offering.enrolled")
    assert (
        put("taken", offering(seats=1), **seen(made))
        .json()["type"]
        .endswith(":offering.seats-taken")
    )
    assert put("taken", offering(module_id=OTHER), **seen(made)).status_code == 409
    assert put("taken", offering(seats=2), **seen(made)).status_code == 200


def test_an_enrolment_that_was_cancelled_keeps_it_too(served, put):
    made = put("left", offering())
    enrol(served, "left", EMPLOYEE, status="cancelled")
    refused = served.client("hr").delete("/v1/offerings/left", headers=seen(made))
    assert refused.status_code == 409


def test_a_request_sent_twice_under_one_name_is_done_once(put):
    first = put("again", offering(), **{"Idempotency-Key": "offering-again"})
    second = put("again", offering(), **{"Idempotency-Key": "offering-again"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()
    other = put("again", offering(seats=1), **{"Idempotency-Key": "offering-again"})
    assert other.status_code == 409


def test_two_who_make_the_same_offering_at_once(served, put):
    clients = [served.client("hr") for _ in range(6)]
    with ThreadPoolExecutor(len(clients)) as pool:
        statuses = pool.map(
            lambda client: client.put("/v1/offerings/race", json=offering()).status_code, clients
        )
    put("race", offering())  # to have it deleted afterwards
    assert sorted(statuses)[0] == 201
    assert set(sorted(statuses)[1:]) <= {412, 428}


def test_writes_are_in_the_trail(served, put):
    put("noted", offering())
    with reading(engine_of(served)) as connection:
        last = connection.execute(
            select(schema.audit_entry).order_by(schema.audit_entry.c.seq.desc()).limit(1)
        ).one()
    assert (last.action, last.resource, last.role) == (
        "put_offering",
        "/v1/offerings/noted",
        "hr",
    )
    assert last.subjects == []


def test_a_cursor_that_was_made_up(served, subtests):
    for cursor in ["WzAsIiJd", "WzIwMDAwMDAwMDAsImEiXQ", "WyJhIiwiYiJd", "bad"]:
        with subtests.test(cursor=cursor):
            assert served.client("hr").get(f"/v1/offerings?cursor={cursor}").status_code in (
                200,
                422,
            )
