"""Who gave a rating is told to HR alone, and of few raters of a kind nothing is told."""

import base64

from person_facts import RATING, add, all_of, in_order, stored
from serving import EMPLOYEE, MANAGER


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
