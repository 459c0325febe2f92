"""People and org units: found within the caller's scope, added, corrected."""

import threading

import pytest
from paging import items_of
from serving import ABSENT, COLLEAGUE, MANAGER, OTHER_UNIT, OUTSIDE, UNIT

from recommender.service.permissions import Permission

SECTION = f"{UNIT}/政企客户部/党政客户部"
REPORTS = ["00002", "00003", "00015", "00021", "00025"]


@pytest.fixture(scope="module")
def served(served_on_both):
    """On both databases: of two corrections at once the database lets one win."""
    return served_on_both


@pytest.fixture
def admin(served):
    return served.client("admin")


@pytest.fixture
def hr(served):
    return served.client("hr")


@pytest.fixture(scope="module")
def numbers():
    """Return staff numbers that nobody has yet."""
    return iter(range(70001, 80000))


@pytest.fixture
def add(admin, numbers):
    """Add somebody new, and return the id and the ETag."""

    def make(**values):
        person = {
            "person_id": str(next(numbers)),
            "name": "诸葛新",
            "org_unit": SECTION,
            "grade": "g1",
        }
        answered = admin.post("/v1/people", json=person | values)
        assert answered.status_code == 201, answered.text
        return answered.json()["person_id"], answered.headers["etag"]

    return make


def ids(client, **query):
    """Return the ids of all people that a list shows, page by page."""
    return [person["person_id"] for person in items_of(client, "/v1/people", **query)]


def change(client, person, etag, **values):
    return client.patch(f"/v1/people/{person}", headers={"If-Match": etag}, json=values)


def pointers(answered):
    return [error["pointer"] for error in answered.json()["errors"]]


# -- finding --


def test_pages_hold_everybody_once_in_order(admin):
    whole = ids(admin, limit=200)
    assert ids(admin, limit=7) == whole == sorted(whole)


def test_filters(served, admin):
    people = served.sample.people.set_index("person_id")

    def expected(chosen):
        return sorted(people.index[chosen])

    def found(**query):
        return [name for name in ids(admin, **query) if name in people.index]

    assert found(grade="g2") == expected(people["grade"] == "g2")
    assert found(manager_id=MANAGER) == REPORTS
    assert found(org_unit=SECTION) == expected(people["org_unit"] == SECTION)
    below = people["org_unit"].str.startswith(OTHER_UNIT)
    assert found(org_unit=OTHER_UNIT) == found(org_unit=f" {OTHER_UNIT} /") == expected(below)
    assert found(org_unit=OTHER_UNIT[:-1]) == []
    assert found(org_unit=UNIT, grade="g1", manager_id=MANAGER) == ["00002", "00003", "00021"]
    assert found(q="晓燕") == expected(people["name"].str.contains("晓燕"))
    assert found(q="0002") == ["00002", *(f"0002{digit}" for digit in range(10))]


def test_text_is_looked_for_as_it_stands(admin, add):
    percent, _ = add(name="100% 王_O'Neill")
    for text in ("100%", "王_o'n", "O'NEILL", "% 王"):
        assert ids(admin, q=text) == [percent]
    for text in ("王%", "0%王", "\\", "' OR 1=1 --"):
        assert ids(admin, q=text) == []


def test_fields(admin):
    page = admin.get("/v1/people?limit=1&fields=grade,name").json()
    assert [list(item) for item in page["items"]] == [["grade", "name"]]
    assert admin.get("/v1/people?fields=salary").status_code == 422


def test_a_person(served, hr):
    row = served.sample.people.set_index("person_id").loc[COLLEAGUE]
    found = hr.get(f"/v1/people/{COLLEAGUE}").json()
    assert found == {
        "person_id": COLLEAGUE,
        "name": row["name"],
        "org_unit": row["org_unit"],
        "grade": row["grade"],
        "manager_id": row["manager_id"],
        "hired_on": row["hired_on"].isoformat(),
        "left_on": None,
        "synthetic": True,
    }


def test_whoever_has_left_is_shown_with_the_day(admin, add):
    person, etag = add()
    address = f"/v1/people/{person}"
    left = admin.patch(address, headers={"If-Match": etag}, json={"left_on": "2026-03-01"})
    for answer in (left, admin.get(address)):
        assert (answer.status_code, answer.json()["left_on"]) == (200, "2026-03-01")
    # the tests below count who is here
    etag = left.headers["etag"]
    admin.patch(address, headers={"If-Match": etag}, json={"left_on": None})


def test_the_etag_moves_with_the_facts_about_a_person(admin, add):
    person, first = add()
    assert admin.get(f"/v1/people/{person}").headers["etag"] == first
    rows = [
        {
            "competency_id": "resilience",
            "level": 1.5,
            "method": "评审",
            "assessed_on": "2026-10-01",
        }
    ]
    assert admin.post(f"/v1/people/{person}/assessments", json={"items": rows}).status_code == 201
    assert admin.get(f"/v1/people/{person}").headers["etag"] != first
    assert change(admin, person, first, grade="g2").status_code == 412


# -- adding --


def test_a_new_person_is_there_with_all_that_was_sent(hr, numbers):
    values = {
        "person_id": str(next(numbers)),
        "name": "皇甫 𠮷",
        "org_unit": f"{UNIT}/新成立部/一组",
        "grade": "g3",
        "manager_id": MANAGER,
        "hired_on": "2026-09-01",
        "left_on": None,
    }
    made = hr.post("/v1/people", json=values)
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/people/{values['person_id']}"
    assert made.json() == values | {"synthetic": False}
    again = hr.get(made.headers["location"])
    assert (again.json(), again.headers["etag"]) == (made.json(), made.headers["etag"])
    paths = [unit["path"] for unit in hr.get("/v1/org-units?limit=200").json()["items"]]
    assert {f"{UNIT}/新成立部", f"{UNIT}/新成立部/一组"} <= set(paths)


def test_an_id_is_given_once(admin, add):
    person, etag = add()
    again = {"person_id": person, "name": "另一人", "org_unit": SECTION, "grade": "g2"}
    refused = admin.post("/v1/people", json=again)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":person.exists")
    assert admin.get(f"/v1/people/{person}").headers["etag"] == etag


def test_a_taken_id_outside_is_told_to_whoever_adds_the_person_only(hr, numbers, subtests):
    """And in the words for one that is taken inside; all else is told as of a free one."""
    free = str(next(numbers))
    person = {"name": "另一人", "org_unit": SECTION, "grade": "g2"}
    for wrong in ({"grade": "g9"}, {"org_unit": OTHER_UNIT}, {"manager_id": ABSENT}):
        with subtests.test(wrong=wrong):
            said = []
            for name in (OUTSIDE, free):
                answered = hr.post("/v1/people", json=person | wrong | {"person_id": name})
                said.append((answered.status_code, answered.json()["errors"]))
            assert said[0] == said[1]
            assert said[0][0] == 422
    said = []
    for name in (OUTSIDE, COLLEAGUE):
        answered = hr.post("/v1/people", json=person | {"person_id": name})
        said.append((answered.status_code, answered.json()["detail"].replace(name, "?")))
    assert said[0] == said[1]
    assert said[0][0] == 409


def test_what_the_import_would_refuse(hr, numbers, subtests):
    for values, pointer in [
        ({"grade": "g9"}, "#/grade"),
        ({"manager_id": ABSENT}, "#/manager_id"),
        ({"manager_id": OUTSIDE}, "#/manager_id"),
        ({"hired_on": "2027-01-01"}, "#/hired_on"),
        ({"org_unit": "/"}, "#/org_unit"),
        ({"org_unit": OTHER_UNIT}, "#/org_unit"),
        ({"org_unit": f"{UNIT}二部"}, "#/org_unit"),
        ({"name": "=cmd()"}, "#/name"),
        ({"name": ""}, "#/name"),
        ({"salary": 1}, "#/salary"),
    ]:
        with subtests.test(values=values, pointer=pointer):
            person = {
                "person_id": str(next(numbers)),
                "name": "某",
                "org_unit": SECTION,
                "grade": "g1",
            }
            refused = hr.post("/v1/people", json=person | values)
            assert refused.status_code == 422
            assert pointers(refused) == [pointer]
            assert hr.get(f"/v1/people/{person['person_id']}").status_code == 404


def test_all_that_is_wrong_is_said_at_once(hr, numbers):
    person = {"person_id": str(next(numbers)), "name": "某", "org_unit": OTHER_UNIT, "grade": "g7"}
    refused = hr.post("/v1/people", json=person | {"manager_id": ABSENT})
    assert pointers(refused) == ["#/org_unit", "#/grade", "#/manager_id"]


def test_a_manager_outside_looks_like_nobody(hr):
    said = []
    for manager in (OUTSIDE, "99999"):
        person = {"person_id": "70000", "name": "某", "org_unit": SECTION, "grade": "g1"}
        problem = hr.post("/v1/people", json=person | {"manager_id": manager}).json()
        del problem["request_id"]
        said.append(str(problem).replace(manager, "…"))
    assert said[0] == said[1]


# -- correcting --


def test_a_correction_changes_what_is_sent_and_nothing_else(hr, add):
    person, etag = add(manager_id=MANAGER, hired_on="2020-01-01")
    before = hr.get(f"/v1/people/{person}").json()
    changed = change(hr, person, etag, grade="g4", manager_id=None)
    assert changed.status_code == 200
    assert changed.json() == before | {"grade": "g4", "manager_id": None}
    moved = change(hr, person, changed.headers["etag"], org_unit=f"{UNIT}/政企客户部")
    assert moved.json() == before | {
        "grade": "g4",
        "manager_id": None,
        "org_unit": f"{UNIT}/政企客户部",
    }


def test_no_update_is_lost(admin, add):
    person, etag = add()
    path = f"/v1/people/{person}"
    assert admin.patch(path, json={"grade": "g2"}).status_code == 428
    assert change(admin, person, "g2", grade="g2").status_code == 412
    assert change(admin, person, etag, grade="g2").status_code == 200
    stale = change(admin, person, etag, grade="g3")
    assert stale.status_code == 412
    assert admin.get(path).json()["grade"] == "g2"


def test_of_two_corrections_at_once_one_wins(served, add):
    person, etag = add()
    answers, start = [], threading.Barrier(2)

    def correct(grade):
        client = served.client("admin")
        start.wait()
        answers.append((change(client, person, etag, grade=grade).status_code, grade))

    threads = [threading.Thread(target=correct, args=(grade,)) for grade in ("g2", "g3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200, 412]
    (winner,) = [grade for status, grade in answers if status == 200]
    assert served.client("admin").get(f"/v1/people/{person}").json()["grade"] == winner


def test_hr_moves_nobody_out_of_its_unit_and_touches_nobody_outside(served, hr, add):
    person, etag = add()
    refused = change(hr, person, etag, org_unit=OTHER_UNIT)
    assert refused.status_code == 422
    assert pointers(refused) == ["#/org_unit"]
    outside = served.client("admin").get(f"/v1/people/{OUTSIDE}").headers["etag"]
    assert change(hr, OUTSIDE, outside, org_unit=SECTION).status_code == 404
    assert change(hr, ABSENT, outside, org_unit=SECTION).status_code == 404
    assert change(served.client("admin"), person, etag, org_unit=OTHER_UNIT).status_code == 200


def test_a_correction_is_checked(admin, add, subtests):
    for values, pointer in [
        ({"grade": "g9"}, "#/grade"),
        ({"manager_id": ABSENT}, "#/manager_id"),
        ({"hired_on": "2027-01-01"}, "#/hired_on"),
        ({"name": None}, "#/name"),
        ({"grade": None}, "#/grade"),
        ({"person_id": "1"}, "#/person_id"),
    ]:
        with subtests.test(values=values, pointer=pointer):
            person, etag = add()
            refused = change(admin, person, etag, **values)
            assert refused.status_code == 422
            assert pointers(refused) == [pointer]


def test_nobody_reports_to_himself_by_any_way_round(admin, add):
    top, top_etag = add()
    middle, _ = add(manager_id=top)
    bottom, _ = add(manager_id=middle)
    for above in (top, middle, bottom):
        refused = change(admin, top, top_etag, manager_id=above)
        assert refused.status_code == 422
        assert pointers(refused) == ["#/manager_id"]
        assert above in refused.json()["errors"][0]["detail"]
    assert admin.get(f"/v1/people/{top}").json()["manager_id"] is None


def test_a_circle_through_others_does_not_name_them(hr, admin, add):
    own, etag = add()
    # somebody of another unit between the two
    stranger, _ = add(org_unit=OTHER_UNIT, manager_id=own)
    below, _ = add(manager_id=stranger)
    refused = change(hr, own, etag, manager_id=below)
    assert refused.status_code == 422
    assert stranger not in refused.text
    assert below in refused.text


def test_a_manager_who_is_outside_stays(hr, admin, add):
    boss, _ = add(org_unit=OTHER_UNIT)
    person, etag = add(manager_id=boss)
    assert change(hr, person, etag, grade="g2").json()["manager_id"] == boss


# -- org units --


def units(client):
    answered = client.get("/v1/org-units?limit=200")
    assert answered.status_code == 200
    return {unit["path"]: unit for unit in answered.json()["items"]}


def test_units_count_the_people_within_the_scope(served, admin):
    people = admin.get("/v1/people?limit=200").json()["items"]
    for path, unit in units(admin).items():
        below = [p for p in people if f"{p['org_unit']}/".startswith(f"{path}/")]
        assert unit["people"] == len(below)
        assert unit["parent"] == (path.rpartition("/")[0] or None)
        assert unit["name"] == path.rpartition("/")[2]
    of_hr = units(served.client("hr"))
    assert set(of_hr) == {path for path in units(admin) if path.startswith(UNIT)}
    assert of_hr[SECTION] == units(admin)[SECTION]
    assert {path: unit["people"] for path, unit in units(served.client("employee")).items()} == {
        SECTION: 1
    }
    seen = set(ids(served.client("manager")))
    shown = units(served.client("manager"))
    assert set(shown) == {p["org_unit"] for p in people if p["person_id"] in seen}


def test_an_analyst_sees_no_small_count_and_no_difference(served, admin):
    whole, seen = units(admin), units(served.client("analyst"))
    assert set(seen) == set(whole)
    for path, unit in seen.items():
        exact = whole[path]["people"]
        assert unit["people"] == (exact // 5 * 5 or None)


def test_counts_need_more_than_the_catalogue(served):
    key = served.key("hr", org_unit=UNIT, permissions=[Permission.READ_CATALOG])
    client = served.client(None, Authorization=f"Bearer {key}")
    assert {unit["people"] for unit in units(client).values()} == {None}


def test_units_in_pages(admin):
    whole = list(units(admin))
    page = admin.get("/v1/org-units?limit=3").json()
    rest = admin.get(f"/v1/org-units?limit=200&cursor={page['next']}").json()
    assert [unit["path"] for unit in page["items"] + rest["items"]] == whole
