"""Ratings, exam results and assessments: read within the scope, added whole or not at all."""

import base64
import csv

import asking
import pytest
from serving import ABSENT, COLLEAGUE, EMPLOYEE, MANAGER, OUTSIDE
from sqlalchemy import select

from api.problems import fields_of
from recommender.errors import TableFaultsError
from recommender.store import reading, schema

KINDS = {
    "ratings": (schema.rating, "rated_on"),
    "exam-results": (schema.exam_result, "sat_on"),
    "assessments": (schema.assessment, "assessed_on"),
}
RATING = {
    "competency_id": "resilience",
    "indicator_id": "resilience.1.1",
    "rater_type": "manager",
    "rater_id": MANAGER,
    "rating": 2,
    "rated_on": "2026-10-30",
}
RESULT = {
    "competency_id": "job-knowledge",
    "exam_level": 1,
    "subject": "crm",
    "score": 86.5,
    "sat_on": "2026-10-20",
}
ASSESSMENT = {
    "competency_id": "coordination",
    "level": 2.25,
    "standard_error": None,
    "method": "评价中心",
    "assessed_on": "2026-10-21",
}


def all_of(client, person, kind, **query):
    """Return all rows that a list shows, page by page."""
    found, cursor = [], None
    while True:
        given = query | ({"cursor": cursor} if cursor else {})
        page = client.get(f"/v1/people/{person}/{kind}", params=given)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next"]
        if cursor is None:
            return found


def stored(served, kind, person):
    table, _ = KINDS[kind]
    with reading(served.app.state.server.installation.engine) as connection:
        rows = connection.execute(select(table).where(table.c.person_id == person)).mappings()
        return [
            {k: v.isoformat() if k.endswith("_on") else v for k, v in row.items()} for row in rows
        ]


def add(client, person, kind, *items):
    return client.post(f"/v1/people/{person}/{kind}", json={"items": list(items)})


def pointers(answered):
    return [error["pointer"] for error in answered.json()["errors"]]


def in_order(rows):
    return sorted(repr(sorted(row.items())) for row in rows)


# -- reading --


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_listed_once_newest_first(served, kind):
    admin = served.client("admin")
    person = "00009"  # of whom there is something of each kind
    _, day = KINDS[kind]
    whole = all_of(admin, person, kind, limit=200)
    assert in_order(whole) == in_order(stored(served, kind, person))
    assert [row[day] for row in whole] == sorted((row[day] for row in whole), reverse=True)
    assert all_of(admin, person, kind, limit=max(1, len(whole) // 7)) == whole


@pytest.mark.parametrize("kind", KINDS)
def test_filters(served, kind):
    admin = served.client("admin")
    _, day = KINDS[kind]
    whole = all_of(admin, "00009", kind, limit=200)
    middle, competency = whole[len(whole) // 2][day], whole[0]["competency_id"]
    assert all_of(admin, "00009", kind, since=middle) == [r for r in whole if r[day] >= middle]
    assert all_of(admin, "00009", kind, until=middle) == [r for r in whole if r[day] <= middle]
    assert all_of(admin, "00009", kind, competency_id=competency) == [
        r for r in whole if r["competency_id"] == competency
    ]
    assert all_of(admin, "00009", kind, since=middle, until="1999-01-01") == []


# -- who rated whom --


def rate_in_company(served, competency_id):
    """Have three peers and three customers rate the employee beside all who did already."""
    rows = [r for r in stored(served, "ratings", EMPLOYEE) if r["competency_id"] == competency_id]
    latest = max(rows, key=lambda row: row["rated_on"])
    raters = [("peer", n) for n in ("00001", "00003", "00015")]
    raters += [("customer", n) for n in ("K1", "K2", "K3")]
    given = {name: latest[name] for name in ("competency_id", "indicator_id", "rated_on")}
    items = [
        {**given, "rater_type": kind, "rater_id": rater, "rating": 2} for kind, rater in raters
    ]
    assert add(served.client("hr"), EMPLOYEE, "ratings", *items).status_code == 201


def test_a_rater_is_known_to_hr_alone(served, subtests):
    rate_in_company(served, "execution")
    for role, own in [("employee", EMPLOYEE), ("manager", MANAGER), ("hr", None), ("admin", None)]:
        with subtests.test(role=role, own=own):
            whole = [
                row
                for row in stored(served, "ratings", EMPLOYEE)
                if row["competency_id"] == "execution"
            ]
            seen = all_of(
                served.client(role), EMPLOYEE, "ratings", limit=200, competency_id="execution"
            )
            if own is not None:
                assert {row["rater_id"] for row in seen} == {own, None}
                whole = [
                    row | {"rater_id": own if row["rater_id"] == own else None} for row in whole
                ]
            assert in_order(seen) == in_order(whole)


def test_the_derivation_hides_them_too(served):
    rate_in_company(served, "information-gathering")
    path = f"/v1/people/{EMPLOYEE}/levels/information-gathering"
    hr = served.client("hr").get(path).json()
    assert len({row["rater_id"] for row in hr["rows"]}) > 3
    for role, own in (("employee", EMPLOYEE), ("manager", MANAGER)):
        seen = served.client(role).get(path).json()
        assert {row["rater_id"] for row in seen["rows"]} == {own, None}
        assert in_order(seen["rows"]) == in_order(
            row | {"rater_id": own if row["rater_id"] == own else None} for row in hr["rows"]
        )
        assert seen["parts"] == hr["parts"]


def test_few_raters_are_not_told_of(served, subtests):
    """One customer and one or two peers: that they counted is told, and nothing else."""
    path = f"/v1/people/{EMPLOYEE}/levels/resilience"
    hr = served.client("hr").get(path).json()
    raters = {part["rater_type"]: part["raters"] for part in hr["parts"]}
    assert raters == {"self": 1, "manager": 1, "peer": raters["peer"], "customer": 1}
    assert raters["peer"] < 3
    for role in ("employee", "manager"):
        with subtests.test(role=role):
            seen = served.client(role).get(path).json()
            assert (seen["level"], seen["standard_error"]) == (hr["level"], hr["standard_error"])
            for part, whole in zip(seen["parts"], hr["parts"], strict=True):
                few = part["rater_type"] in ("peer", "customer")
                nothing = dict.fromkeys(("raters", "ratings", "fulfilment", "level"))
                assert part == (whole | nothing if few else whole)
            assert {row["rater_type"] for row in seen["rows"]} == {"self", "manager"}
            listed = all_of(served.client(role), EMPLOYEE, "ratings", competency_id="resilience")
            assert in_order(listed) == in_order(seen["rows"])


def test_no_day_makes_raters_known(served):
    """Three peers on three days: asked for one day, each is there, as nobody says which it was."""
    days = ("2026-09-21", "2026-09-22", "2026-09-23")
    rows = [
        RATING
        | {"competency_id": "interpersonal", "indicator_id": "interpersonal.1.1"}
        | {"rater_type": "peer", "rater_id": rater, "rated_on": day}
        for rater, day in zip(("00001", "00003", "00021"), days, strict=True)
    ]
    employee = served.client("employee")
    for n, row in enumerate(rows, start=1):
        assert add(served.client("hr"), "00002", "ratings", row).status_code == 201
        seen = all_of(employee, EMPLOYEE, "ratings", since=days[0], until=days[-1])
        peers = [r for r in seen if r["rater_type"] == "peer"]
        assert len(peers) == (n if n == 3 else 0)
    (one,) = all_of(employee, EMPLOYEE, "ratings", since=days[1], until=days[1])
    assert one["rater_id"] is None


def test_hr_reads_of_itself_as_an_employee_does(served):
    key = served.key("hr", person_id=EMPLOYEE)
    client = served.client(None, Authorization=f"Bearer {key}")
    path = f"/v1/people/{EMPLOYEE}/levels/resilience"
    assert client.get(path).json() == served.client("employee").get(path).json()


def test_the_order_does_not_tell_them_apart(served):
    """Three peers who rate in the order of their ids, the first low and then high."""
    day = {"rated_on": "2026-10-28", "rater_type": "peer", "competency_id": "coordination"}
    rows = [
        day | {"indicator_id": f"coordination.1.{n}", "rater_id": rater, "rating": rating}
        for n, ratings in ((1, (0, 3, 2)), (2, (3, 0, 2)))
        for rater, rating in zip(("00001", "00003", "00015"), ratings, strict=True)
    ]
    assert add(served.client("hr"), EMPLOYEE, "ratings", *rows).status_code == 201
    query = {"since": "2026-10-28", "until": "2026-10-28"}
    for role in ("employee", "manager"):
        for limit in (1, 3, 200):
            seen = all_of(served.client(role), EMPLOYEE, "ratings", limit=limit, **query)
            assert [(row["indicator_id"][-1], row["rating"]) for row in seen] == [
                *(("1", rating) for rating in (0, 2, 3)),
                *(("2", rating) for rating in (0, 2, 3)),
            ]
            assert "00003" not in str(seen)


def test_a_cursor_does_not_name_a_rater(served):
    cursor = served.client("employee").get(f"/v1/people/{EMPLOYEE}/ratings?limit=1").json()["next"]
    raters = {row["rater_id"] for row in stored(served, "ratings", EMPLOYEE)} - {EMPLOYEE}
    text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert not any(rater in text for rater in raters)


# -- adding --


@pytest.mark.parametrize(
    ("kind", "row"),
    [("ratings", RATING), ("exam-results", RESULT), ("assessments", ASSESSMENT)],
)
def test_rows_are_stored_and_may_be_sent_again(served, kind, row):
    hr, person = served.client("hr"), "00021"
    day = KINDS[kind][1]
    value = next(name for name in ("rating", "score", "level") if name in row)
    other = row | {day: "2026-10-19"}
    first = add(hr, person, kind, row, other)
    assert first.status_code == 201
    assert first.json() == {"inserted": 2, "updated": 0, "unchanged": 0}
    assert first.headers["location"] == f"/v1/people/{person}/{kind}"
    seen = all_of(hr, person, kind, since="2026-10-19")
    for sent in (row, other):
        assert sent | {"person_id": person} in seen
    again = add(hr, person, kind, row, other | {value: 1})
    assert again.json() == {"inserted": 0, "updated": 1, "unchanged": 1}
    assert other | {"person_id": person, value: 1} in all_of(hr, person, kind, until="2026-10-19")


def test_what_an_item_leaves_out_stays_and_null_takes_it_away(served):
    hr, person = served.client("hr"), "00021"
    row = ASSESSMENT | {"assessed_on": "2026-10-18", "standard_error": 0.5}
    assert add(hr, person, "assessments", row).json()["inserted"] == 1
    brief = {name: value for name, value in row.items() if name != "standard_error"}
    assert add(hr, person, "assessments", brief).json()["unchanged"] == 1
    assert add(hr, person, "assessments", brief | {"level": 3}).json()["updated"] == 1
    for sent, error in ((brief, 0.5), (row | {"standard_error": None}, None)):
        add(hr, person, "assessments", sent)
        (seen,) = all_of(hr, person, "assessments", since="2026-10-18", until="2026-10-18")
        assert seen["standard_error"] == error


def test_what_is_added_counts_at_once(served):
    hr, person = served.client("hr"), "00018"
    before = hr.get(f"/v1/people/{person}/recommendations").json()
    row = ASSESSMENT | {"competency_id": "needs-analysis", "assessed_on": "2026-11-01", "level": 0}
    assert add(hr, person, "assessments", row).status_code == 201
    gaps = hr.get(f"/v1/people/{person}/gaps").json()["competencies"]
    (gap,) = [g for g in gaps if g["competency_id"] == "needs-analysis"]
    assert (gap["level"], gap["method"]) == (0.0, "评价中心")
    assert hr.get(f"/v1/people/{person}/recommendations").json() != before


BAD = [
    ("ratings", RATING, {"rating": 4}, "rating"),
    ("ratings", RATING, {"rating": -1}, "rating"),
    ("ratings", RATING, {"indicator_id": "resilience.9.9"}, "indicator_id"),
    ("ratings", RATING, {"indicator_id": "coordination.1.1"}, "indicator_id"),
    ("ratings", RATING, {"competency_id": "juggling"}, "competency_id"),
    ("ratings", RATING, {"rated_on": "2026-11-02"}, "rated_on"),
    ("ratings", RATING, {"rater_id": "=1+1"}, "rater_id"),
    ("exam-results", RESULT, {"exam_level": 5}, "exam_level"),
    ("exam-results", RESULT, {"subject": "alchemy"}, "subject"),
    ("exam-results", RESULT, {"score": 100.5}, "score"),
    ("exam-results", RESULT, {"competency_id": "resilience"}, "competency_id"),
    ("exam-results", RESULT, {"sat_on": "2026-11-02"}, "sat_on"),
    ("assessments", ASSESSMENT, {"level": 4.5}, "level"),
    ("assessments", ASSESSMENT, {"standard_error": 0}, "standard_error"),
    ("assessments", ASSESSMENT, {"competency_id": "juggling"}, "competency_id"),
    ("assessments", ASSESSMENT, {"assessed_on": "2026-11-02"}, "assessed_on"),
]


def test_a_bad_row_is_named_and_nothing_is_stored(served, subtests):
    for kind, row, change, column in BAD:
        with subtests.test(kind=kind, row=row, change=change, column=column):
            hr, before = served.client("hr"), stored(served, kind, COLLEAGUE)
            good = row | {KINDS[kind][1]: "2026-08-08"}
            refused = add(hr, COLLEAGUE, kind, good, row | change)
            assert refused.status_code == 422
            assert refused.json()["type"].endswith(":request.faults")
            assert pointers(refused) == [f"#/items/1/{column}"]
            assert in_order(stored(served, kind, COLLEAGUE)) == in_order(before)


def test_the_import_says_the_same(served, tmp_path, subtests):
    """The same row in a file is refused for the same reason, in the same words."""
    for kind, row, change, column in BAD:
        with subtests.test(kind=kind, row=row, change=change, column=column):
            refused = add(served.client("hr"), COLLEAGUE, kind, row | change)
            path = tmp_path / "rows.csv"
            with path.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, ["person_id", *row])
                writer.writeheader()
                writer.writerow({"person_id": COLLEAGUE} | row | change)
            service = served.app.state.server.installation.current(0)
            with pytest.raises(TableFaultsError) as caught:
                asking.import_table(
                    service,
                    {"exam-results": "exams"}.get(kind, kind),
                    path,
                    latest=served.settings.as_of,
                    dry_run=True,
                )
            (fault,) = caught.value.faults
            assert fault.column == column
            (said,) = fields_of(caught.value, "", "en")
            assert said.detail == refused.json()["errors"][0]["detail"]


def test_a_row_twice_is_a_mistake(served):
    refused = add(served.client("hr"), COLLEAGUE, "ratings", RATING, RATING)
    assert refused.status_code == 422
    assert pointers(refused) == ["#/items/1"]
    assert "row 1" in refused.json()["errors"][0]["detail"]


def test_every_bad_row_is_named(served):
    rows = [RATING | {"rating": 9, "rated_on": f"2026-{month:02}-01"} for month in range(1, 13)]
    refused = add(served.client("hr"), COLLEAGUE, "ratings", *rows)
    expected = [f"#/items/{n}/rating" for n in range(12)] + ["#/items/11/rated_on"]
    assert sorted(pointers(refused)) == sorted(expected)


def test_what_is_no_list_of_ratings(served, subtests):
    for body, pointer in [
        ({"items": []}, "#/items"),
        ({"items": [RATING] * 1001}, "#/items"),
        ({"items": [RATING | {"rating": "2"}]}, "#/items/0/rating"),
        ({"items": [RATING | {"rating": True}]}, "#/items/0/rating"),
        ({"items": [RATING | {"rating": 10**400}]}, "#/items/0/rating"),
        ({"items": [RATING | {"rating": None}]}, "#/items/0/rating"),
        ({"items": [RATING | {"rated_on": 20201}]}, "#/items/0/rated_on"),
        ({"items": [RATING | {"rater_type": "friend"}]}, "#/items/0/rater_type"),
        ({"items": [RATING | {"person_id": OUTSIDE}]}, "#/items/0/person_id"),
        ({"items": [RATING | {"rater_id": "a\x00b"}]}, "#/items/0/rater_id"),
    ]:
        with subtests.test(body=body, pointer=pointer):
            refused = served.client("hr").post(f"/v1/people/{COLLEAGUE}/ratings", json=body)
            assert refused.status_code == 422
            assert pointers(refused)[0] == pointer


# -- who may add --


def test_a_manager_adds_own_ratings_of_reports(served):
    manager = served.client("manager")
    assert add(manager, "00015", "ratings", RATING).status_code == 201
    seen = all_of(manager, "00015", "ratings", since="2026-10-30")
    assert RATING | {"person_id": "00015"} in seen


def test_a_manager_adds_nothing_else(served, subtests):
    for person, rows, status in [
        ("00015", [RATING | {"rater_type": "peer"}], 403),
        ("00015", [RATING | {"rater_id": "00005"}], 403),
        ("00015", [RATING, RATING | {"rater_type": "self", "rater_id": "00015"}], 403),
        (ABSENT, [RATING | {"rater_type": "peer"}], 403),
        (OUTSIDE, [RATING | {"rater_type": "peer"}], 403),
        (MANAGER, [RATING], 403),
        (OUTSIDE, [RATING], 404),
        (ABSENT, [RATING], 404),
    ]:
        with subtests.test(person=person, rows=rows, status=status):
            assert add(served.client("manager"), person, "ratings", *rows).status_code == status


@pytest.mark.parametrize(("kind", "row"), [("exam-results", RESULT), ("assessments", ASSESSMENT)])
def test_levels_and_exams_are_added_by_hr(served, kind, row):
    for person in (EMPLOYEE, OUTSIDE, ABSENT):
        assert add(served.client("manager"), person, kind, row).status_code == 403
    assert add(served.client("hr"), "00025", kind, row).status_code == 201
    assert add(served.client("hr"), OUTSIDE, kind, row).status_code == 404
    assert add(served.client("hr"), ABSENT, kind, row).status_code == 404


def test_the_trail_tells_what_was_done_and_no_figure(served):
    hr = served.client("hr")
    answered = add(hr, "00029", "ratings", RATING)
    with reading(served.app.state.server.installation.engine) as connection:
        entry = (
            connection.execute(
                select(schema.audit_entry).where(
                    schema.audit_entry.c.request_id == answered.headers["x-request-id"]
                )
            )
            .mappings()
            .one()
        )
    assert entry["details"] == {"kind": "ratings", "rows": 1}
    assert (entry["action"], len(entry["subjects"])) == ("add_ratings", 1)
