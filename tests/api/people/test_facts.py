"""Ratings, exam results and assessments: read within the scope, added whole or not at all."""

import csv

import asking
import pytest
from person_facts import KINDS, RATING, add, all_of, in_order, stored
from serving import ABSENT, COLLEAGUE, EMPLOYEE, MANAGER, OUTSIDE
from sqlalchemy import select

from api.problems import fields_of
from recommender.errors import TableFaultsError
from recommender.store import reading, schema

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


def pointers(answered):
    return [error["pointer"] for error in answered.json()["errors"]]


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
