"""Heat maps and statistics over HTTP: whom they count, who sees whom, and what stays hidden."""

import datetime as dt
import statistics

import numpy as np
import pytest
from disclosure import Span, cell, find_secrets, size
from organisations import AS_OF
from paging import pages_of
from serving import EMPLOYEE, MANAGER, OTHER_UNIT, UNIT
from sqlalchemy import select

from recommender.service.groups.disclosure import SMALL_CELL
from recommender.service.permissions import Permission
from recommender.store import reading, schema, touch_people, writing

GRADES = ("g1", "g2", "g3", "g4")
REPORTS = {"00002", "00003", "00008", "00015", "00021", "00025"}
FIGURES = ("n_assessed", "n_assess_first", "mean_level", "mean_gap", "mean_priority")


def engine_of(served):
    return served.app.state.server.installation.engine


@pytest.fixture(scope="module")
def gaps(served):
    """Gaps of everybody, as asked for one by one."""
    client = served.client("admin")
    return {
        name: client.get(f"/v1/people/{name}/gaps").json()["competencies"]
        for name in served.sample.people["person_id"]
    }


def people_of(served, unit="", grade=None):
    people = served.sample.people
    inside = [f"{path}/".startswith(f"{unit}/") or not unit for path in people["org_unit"]]
    chosen = people[inside]
    return chosen[chosen["grade"] == grade] if grade else chosen


def walk(client, **wanted):
    """Return all rows of a heat map, page by page, and the last page."""
    pages = list(pages_of(client, "/v1/heatmap", **wanted))
    return [row for page in pages for row in page["items"]], pages[-1]


def test_a_group_is_the_sum_of_its_people(served, gaps):
    client = served.client("admin")
    for grade in (None, *GRADES):
        query = "" if grade is None else f"?grade={grade}"
        total = client.get(f"/v1/heatmap{query}").json()["total"]
        members = [gaps[name] for name in people_of(served, grade=grade)["person_id"]]
        assert total["n_people"] == len(members)
        for k, figures in enumerate(total["cells"]):
            known = [person[k] for person in members if person[k]["status"] == "assessed"]
            assert figures["competency_id"] == members[0][k]["competency_id"]
            if figures["suppressed"]:
                assert {figures[name] for name in FIGURES} == {None}
                continue
            assert figures["n_assessed"] == len(known) >= SMALL_CELL
            assert figures["n_assess_first"] == len(members) - len(known)
            for name, measure in (("level", "level"), ("gap", "gap"), ("priority", "priority")):
                expected = statistics.mean(person[measure] for person in known)
                assert figures[f"mean_{name}"] == pytest.approx(expected, abs=6e-4)
            below = sum(person["standing"] == "gap" for person in known) / len(known)
            assert figures["share_below_target"] == pytest.approx(below, abs=6e-4)


def test_who_is_near_a_target_is_not_told_as_below_it(served, gaps):
    rows, _ = walk(served.client("admin"), by="person")
    cells = {row["person_id"]: row["cells"] for row in rows}
    told = {name: [part["standing"] for part in person] for name, person in gaps.items()}
    assert {name: [part["standing"] for part in parts] for name, parts in cells.items()} == told
    assert {"met", "near", "gap", None} == {each for person in told.values() for each in person}
    near = [k for person in told.values() for k, each in enumerate(person) if each == "near"]
    total = served.client("admin").get("/v1/heatmap").json()["total"]["cells"]
    for k in set(near):
        if total[k]["suppressed"]:
            continue
        known = [person[k]["gap"] for person in gaps.values() if person[k]["gap"] is not None]
        lacking = sum(gap > 0 for gap in known) / len(known)
        assert total[k]["share_below_target"] < lacking


def test_quartiles_to_a_tenth(served, gaps):
    found = served.client("admin").get("/v1/gap-statistics").json()
    assert (found["org_unit"], found["grade"], found["n_people"]) == (None, None, 30)
    shown = [part for part in found["competencies"] if not part["suppressed"]]
    assert shown
    for k, part in enumerate(found["competencies"]):
        if part["suppressed"]:
            assert part["level_quartiles"] is None
            assert part["gap_quartiles"] is None
            continue
        for name in ("level", "gap"):
            values = [person[k][name] for person in gaps.values() if person[k]["level"] is not None]
            expected = np.percentile(values, [25, 50, 75])
            given = part[f"{name}_quartiles"]
            assert [given["lower"], given["median"], given["upper"]] == pytest.approx(
                expected.tolist(), abs=0.0501
            )


def test_units_take_in_those_below(served):
    rows, page = walk(served.client("admin"), by="org_unit")
    assert page["total"]["org_unit"] is None
    paths = [row["org_unit"] for row in rows]
    assert paths == sorted(paths)
    assert {UNIT, f"{UNIT}/政企客户部", f"{UNIT}/政企客户部/党政客户部"} <= set(paths)
    for row in rows:
        assert row["n_people"] == len(people_of(served, row["org_unit"]))
    below, page = walk(served.client("admin"), by="org_unit", org_unit=UNIT, grade="g1")
    assert page["total"]["n_people"] == len(people_of(served, UNIT, "g1"))
    assert all(row["org_unit"].startswith(f"{UNIT}/") for row in below)
    assert {row["grade"] for row in below} == {"g1"}


def test_grades_come_in_their_order(served):
    rows, page = walk(served.client("admin"), by="grade", limit=3)
    assert [row["grade"] for row in rows] == list(GRADES)
    assert [row["n_people"] for row in rows] == [len(people_of(served, "", g)) for g in GRADES]
    only, page = walk(served.client("admin"), by="grade", grade="g2")
    assert only == [rows[1]] == [page["total"]]


def test_people_are_shown_as_they_are_asked_for_one_by_one(served, gaps):
    rows, page = walk(served.client("admin"), by="person", limit=7)
    assert page["by"] == "person"
    assert [row["person_id"] for row in rows] == sorted(gaps)
    names = dict(served.sample.people[["person_id", "name"]].itertuples(index=False))
    for row in rows:
        assert row["name"] == names[row["person_id"]]
        for given, expected in zip(row["cells"], gaps[row["person_id"]], strict=True):
            assert given == {name: expected[name] for name in given}


def test_a_manager_maps_the_own_team(served):
    client = served.client("manager")
    rows, _ = walk(client, by="person")
    assert {row["person_id"] for row in rows} == REPORTS
    units, _ = walk(client, by="org_unit")
    # the unit above holds others, too: it is not shown as if these were all of it
    assert [row["org_unit"] for row in units] == [f"{UNIT}/政企客户部/党政客户部"]
    assert units[0]["n_people"] == len(REPORTS)


def test_who_may_see_nobody_singly_gets_no_team_map(served):
    assert served.client("employee").get("/v1/heatmap").status_code == 403
    assert served.client("employee").get("/v1/gap-statistics").status_code == 403
    refused = served.client("analyst").get("/v1/heatmap?by=person")
    assert refused.status_code == 403
    assert served.client("analyst").get("/v1/heatmap?by=grade").status_code == 200
    for missing in (Permission.READ_ASSESSMENTS, Permission.READ_PEOPLE):
        wanted = {Permission.READ_STATISTICS, Permission.READ_ASSESSMENTS, Permission.READ_PEOPLE}
        key = served.key("manager", person_id=MANAGER, permissions=[*(wanted - {missing})])
        client = served.client(None, Authorization=f"Bearer {key}")
        assert client.get("/v1/heatmap?by=person").status_code == 403
        assert client.get("/v1/heatmap").status_code == 200


@pytest.mark.parametrize("by", ["person", "org_unit", "grade"])
def test_a_unit_outside_looks_like_none(served, by):
    client = served.client("hr")
    problems = []
    for unit in (OTHER_UNIT, "没有这个单元"):
        answered = client.get("/v1/heatmap", params={"by": by, "org_unit": unit})
        assert answered.status_code == 404
        problem = answered.json()
        problems.append((problem["type"], problem["detail"].replace(unit, "…")))
    assert problems[0] == problems[1]
    assert client.get(f"/v1/heatmap?by={by}&org_unit=/{UNIT}//").status_code == 200


def test_what_cannot_be_asked(served):
    client = served.client("hr")
    assert client.get("/v1/heatmap?grade=g9").status_code == 404
    assert client.get("/v1/heatmap?grade=g9&by=person").status_code == 404
    assert client.get("/v1/gap-statistics?grade=g9").status_code == 404
    assert client.get("/v1/heatmap?by=name").status_code == 422
    assert client.get("/v1/heatmap?as_of=1990-01-01").status_code == 422
    assert client.get("/v1/heatmap?cursor=WyJhIl0").status_code == 422
    assert client.get("/v1/gap-statistics?fields=salary").status_code == 422
    assert client.get("/v1/gap-statistics?fields=n_people").json() == {"n_people": 12}


def test_the_trail_names_whom_a_page_shows(served):
    def last():
        with reading(engine_of(served)) as connection:
            entry = schema.audit_entry
            query = select(entry).where(entry.c.action == "read_heatmap")
            return connection.execute(query.order_by(entry.c.seq.desc())).first()

    client = served.client("hr")
    rows = client.get("/v1/heatmap?by=person&limit=4").json()["items"]
    with reading(engine_of(served)) as connection:
        person = schema.person.c
        query = select(person.ref).where(person.person_id.in_([r["person_id"] for r in rows]))
        refs = set(connection.scalars(query))
    noted = last()
    assert len(refs) == 4
    assert set(noted.subjects) == refs
    client.get("/v1/heatmap?by=grade")
    assert last().seq == noted.seq


def assess(served, person_id, competency_id, level):
    with writing(engine_of(served)) as connection:
        connection.execute(
            schema.assessment.insert().values(
                person_id=person_id,
                competency_id=competency_id,
                level=level,
                method="面谈",
                assessed_on=AS_OF,
            )
        )
        touch_people(connection, [person_id])


def forget(served, person_id, competency_id):
    table = schema.assessment
    with writing(engine_of(served)) as connection:
        connection.execute(
            table.delete().where(
                table.c.person_id == person_id,
                table.c.competency_id == competency_id,
                table.c.assessed_on == AS_OF,
            )
        )
        touch_people(connection, [person_id])


def test_a_new_assessment_is_seen_at_once(served, gaps):
    client = served.client("admin")
    k, before = next(
        (k, part)
        for k, part in enumerate(client.get("/v1/heatmap").json()["total"]["cells"])
        if not part["suppressed"] and gaps[EMPLOYEE][k]["status"] == "assess-first"
    )
    name = before["competency_id"]
    assess(served, EMPLOYEE, name, 4.0)
    try:
        after = client.get("/v1/heatmap").json()["total"]["cells"][k]
        own = next(row for row in walk(client, by="person")[0] if row["person_id"] == EMPLOYEE)[
            "cells"
        ][k]
    finally:
        forget(served, EMPLOYEE, name)
    assert after["n_assessed"] == before["n_assessed"] + 1
    assert after["mean_level"] > before["mean_level"]
    assert own["level"] == 4.0
    assert client.get("/v1/heatmap").json()["total"]["cells"][k] == before


def test_an_unchanged_map_is_not_sent_again(served):
    client = served.client("analyst")
    for path in ("/v1/heatmap", "/v1/heatmap?by=grade", "/v1/gap-statistics"):
        etag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("role", ["admin", "analyst"])
def test_all_that_can_be_asked_tells_nothing_of_a_small_group(served, role):
    """Every unit by every grade, whichever way it is asked for: one and the same table."""
    client, admin = served.client(role), served.client("admin")
    day = client.get("/v1/heatmap").json()["as_of"]
    assert day == {"admin": AS_OF.isoformat(), "analyst": "2026-09-30"}[role]
    gaps = {
        name: admin.get(f"/v1/people/{name}/gaps?as_of={day}").json()["competencies"]
        for name in served.sample.people["person_id"]
    }
    people = served.sample.people.set_index("person_id")
    shown = {}

    def note(row):
        key = row["org_unit"] or "", row["grade"]
        cells = [None if part["suppressed"] else part for part in row["cells"]]
        # what one question leaves out no other one tells
        assert shown.setdefault(key, cells) == cells

    for grade in (None, *GRADES):
        rows, page = walk(client, by="org_unit", **({"grade": grade} if grade else {}))
        for row in (*rows, page["total"]):
            note(row)
    units = sorted({unit for unit, _ in shown})
    for unit in units:
        rows, page = walk(client, by="grade", **({"org_unit": unit} if unit else {}))
        for row in (*rows, page["total"]):
            note(row)
    assert set(shown) == {(unit, grade) for unit in units for grade in (None, *GRADES)}

    hidden = 0
    for k in range(len(gaps[EMPLOYEE])):
        counts = {(path, grade): 0 for path in units for grade in GRADES}
        for name, person in people.iterrows():
            counts[person["org_unit"], person["grade"]] += gaps[name][k]["status"] == "assessed"
        told = []
        for (unit, grade), cells in shown.items():
            count = size(counts, cell(counts, unit, grade))
            if cells[k] is None:
                hidden += 1
                # of nobody there is nothing to hide, but beside an earlier quarter
                assert count or role == "analyst"
            else:
                if role == "analyst":
                    count = count - count % SMALL_CELL or None
                assert cells[k]["n_assessed"] == count
                told.append(cell(counts, unit, grade))
        span = Span(told, [group for group, count in counts.items() if count])
        secrets = find_secrets(counts, units, GRADES, few=SMALL_CELL)
        assert secrets
        assert not [secret for secret in secrets if secret in span]
    assert hidden


def test_who_sees_no_single_person_gets_coarse_figures(served):
    """The end of a quarter that is over, counts in steps of five, means in tenths."""
    key = served.key("admin", permissions=[Permission.READ_STATISTICS])
    figures_only = served.client(None, Authorization=f"Bearer {key}")
    exact = served.client("admin").get("/v1/heatmap?as_of=2026-09-30").json()
    for client in (served.client("analyst"), figures_only):
        for day, quarter in [
            ("2026-11-01", "2026-09-30"),
            ("2030-01-01", "2026-09-30"),
            ("2026-09-30", "2026-09-30"),
            ("2026-09-29", "2026-06-30"),
            ("2026-01-01", "2025-12-31"),
        ]:
            for path in ("/v1/heatmap", "/v1/gap-statistics"):
                assert client.get(f"{path}?as_of={day}").json()["as_of"] == quarter
        found = client.get("/v1/heatmap").json()
        few = [row["org_unit"] for row in exact["items"] if row["n_people"] < SMALL_CELL]
        assert few
        assert [row["org_unit"] for row in found["items"] if row["n_people"] is None] == few
        for part, whole in zip(found["total"]["cells"], exact["total"]["cells"], strict=True):
            if not part["suppressed"]:
                assert part["n_assessed"] == whole["n_assessed"] // SMALL_CELL * SMALL_CELL
                assert part["mean_level"] == pytest.approx(whole["mean_level"], abs=0.051)


def test_another_day_has_other_figures(served):
    client = served.client("admin")
    early = AS_OF - dt.timedelta(days=700)
    now, then = (client.get(f"/v1/gap-statistics?as_of={day}").json() for day in (AS_OF, early))
    assert then["as_of"] == early.isoformat()
    assert then["competencies"] != now["competencies"]
