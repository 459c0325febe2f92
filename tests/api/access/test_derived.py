"""What two answers of one caller tell together: as `authorisation.yaml` has it under `derived`."""

from __future__ import annotations

import datetime as dt
from functools import cache, partial

import pypdfium2
import pytest
from api_stage import PROPOSAL, TABLE
from disclosure import Span, cell, find_secrets
from serving import EMPLOYEE, MANAGER, OTHER_UNIT, UNIT

from recommender.service.groups.disclosure import SMALL_CELL
from recommender.service.permissions import PERMISSIONS, Permission, Role
from recommender.store import schema, writing

ROWS = TABLE["derived"]
GRADES = ("g1", "g2", "g3", "g4")
TODAY = "2026-11-01"
MODULE, COMPETENCY = "account-handover-visit-coaching", "interpersonal"
COUNTS = (
    *("people", "n_people", "n_assessed", "n_assess_first"),
    *("n_sampled", "n", "n_below", "n_reached"),
    *("moved", "assessed", "below_before", "below_after", "opened", "closed"),
)
# what rater types there may be beside the own one
FEW = ("peer", "customer")


class Asking:
    """The served organisation, asked by one caller."""

    def __init__(self, served, caller):
        self.served = served
        self.client = served.client("admin" if caller == "figures-only" else caller)
        if caller == "figures-only":
            # who may see everybody's figures, by a key that reads no people
            key = served.key("admin", permissions=[Permission.READ_STATISTICS])
            self.client.headers["Authorization"] = f"Bearer {key}"
        described = served.app.openapi()["paths"]
        self.paths = {
            about["operationId"]: path
            for path, methods in described.items()
            for about in methods.values()
        }

    def read(self, operation, client=None, **query):
        """Return all that an operation answers: of a list all items."""
        names = {"person_id": EMPLOYEE, "competency_id": COMPETENCY, "module_id": MODULE}
        names["proposal_id"] = find_proposal(self.served)
        path = self.paths[operation].format(**names)
        wanted = {name: str(value) for name, value in query.items()}
        client = client or self.client
        answer = client.get(path, params=wanted)
        assert answer.status_code == 200, answer.text
        if answer.headers["content-type"] == "application/pdf":
            pages = pypdfium2.PdfDocument(answer.content)
            return [page.get_textpage().get_text_range() for page in pages]
        whole = answer.json()
        items = whole.get("items")
        while whole.get("next"):
            whole = client.get(path, params=wanted | {"cursor": whole["next"]}).json()
            items += whole["items"]
        return whole if items is None else {**whole, "items": items}


def find_proposal(served):
    """Return a proposed standard; there is one from the first question on."""
    path, admin = "/v1/standard-proposals", served.client("admin")
    known = admin.get(path).json()["items"]
    return (known[0] if known else admin.post(path, json=PROPOSAL).json())["proposal_id"]


def test_every_aggregate_stands_in_the_table(served):
    asked = {row["asks"] for row in ROWS}
    for methods in served.app.openapi()["paths"].values():
        for about in methods.values():
            if about.get("x-permission") == Permission.READ_STATISTICS:
                assert about["operationId"] in asked


def test_what_two_answers_tell(served, subtests):
    assess_in_quarters(served)
    everybody = cache(partial(read_everybody, served))
    for row in ROWS:
        with subtests.test(**{name: str(value) for name, value in row.items()}):
            asking = Asking(served, row["caller"])
            if row["tells_of"] == "raters":
                check_raters(asking, row)
            elif "less" in row:
                check_records(asking, row)
            elif row["tells_of"] == "five":
                check_quarters(asking, everybody, row["first"]["as_of"], row["second"]["as_of"])
            else:
                first = asking.read(row["asks"], **row.get("first", {}))
                if "between" in row:
                    BETWEEN[row["between"]](served)
                second = asking.read(row["asks"], **row.get("second", {}))
                if row["tells_of"] == "steps":
                    check_steps(first, second)
                else:
                    assert second == first


def check_steps(first, second):
    """Two answers are alike, but that counts may be a step of five apart."""
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for name in first:
            if name in COUNTS:
                assert abs((second[name] or 0) - (first[name] or 0)) in (0, SMALL_CELL)
            else:
                check_steps(first[name], second[name])
    elif isinstance(first, list):
        for one, other in zip(first, second, strict=True):
            check_steps(one, other)
    else:
        assert first == second


# -- figures of groups --


def check_quarters(asking, everybody, *days):
    """What is shown on both days, in whatever unit and grade, says nothing of fewer than five."""
    shown = [read_shown(asking, day) for day in days]
    people = asking.served.sample.people.set_index("person_id")
    standing = [everybody(day) for day in days]
    units = sorted({unit for unit, _ in shown[0]})
    something = 0
    for k in range(len(standing[0][EMPLOYEE])):
        counts = {(unit, grade): 0 for unit in units for grade in GRADES}
        for name, person in people.iterrows():
            levels = [
                (found[name][k]["level"], found[name][k]["assessed_on"]) for found in standing
            ]
            # of one day everybody who is assessed, of two days who is assessed anew
            changed = levels[0] != levels[1] if days[0] != days[1] else levels[0][0] is not None
            counts[person["org_unit"], person["grade"]] += changed
        both = [key for key in shown[0] if shown[0][key][k] and shown[1][key][k]]
        something += sum(any(counts[g] for g in cell(counts, *key)) for key in both)
        told = Span(
            (cell(counts, *key) for key in both), [group for group in counts if counts[group]]
        )
        secrets = find_secrets(counts, units, GRADES, few=SMALL_CELL)
        assert not [secret for secret in secrets if secret in told]
    assert something


def read_everybody(served, day):
    """Return how each of the people stands on a day."""
    admin = served.client("admin")
    paths = {p: f"/v1/people/{p}/gaps?as_of={day}" for p in served.sample.people["person_id"]}
    return {person: admin.get(path).json()["competencies"] for person, path in paths.items()}


def read_shown(asking, day):
    """Return of each unit and grade which cells are shown; figures are as rounded as they must."""
    shown = {}
    for grade in (None, *GRADES):
        query = {"as_of": day} | ({"grade": grade} if grade else {})
        found = asking.read("read_heatmap", **query)
        assert found["as_of"] == str(day)
        for row in (*found["items"], found["total"]):
            counts = [row["n_people"], *(part["n_assessed"] for part in row["cells"])]
            assert all(count is None or count % SMALL_CELL == 0 < count for count in counts)
            for part in row["cells"]:
                means = (part["mean_level"], part["mean_gap"], part["share_below_target"])
                assert all(mean is None or mean == round(mean, 1) for mean in means)
            shown[row["org_unit"] or "", row["grade"]] = [
                not part["suppressed"] for part in row["cells"]
            ]
    return shown


def assess_in_quarters(served):
    """Have all be assessed in a competency in spring, and then many or few each quarter."""
    people = served.sample.people["person_id"].tolist()
    rounds = [
        ("coordination", dt.date(2025, 3, 10), people),
        ("coordination", dt.date(2026, 5, 10), people[:12]),
        ("coordination", dt.date(2026, 8, 10), people[10:13]),
        ("execution", dt.date(2026, 2, 10), people),
        ("execution", dt.date(2026, 8, 10), people),
    ]
    rows = [
        {
            "person_id": person,
            "competency_id": name,
            "level": 1.0 + i % 7 / 4,
            "method": "评审",
            "assessed_on": day,
        }
        for name, day, those in rounds
        for i, person in enumerate(those)
    ]
    with writing(served.app.state.server.installation.engine) as connection:
        connection.execute(schema.assessment.insert(), rows)


def assess_somebody(served):
    body = {
        "competency_id": "execution",
        "level": 4,
        "method": "评审",
        "assessed_on": TODAY,
    }
    path = f"/v1/people/{EMPLOYEE}/assessments"
    assert served.client("admin").post(path, json={"items": [body]}).status_code == 201


def let_somebody_join(served):
    number = len(served.client("admin").get("/v1/people?limit=200").json()["items"])
    person = {"person_id": f"N{number}", "name": "新人", "org_unit": UNIT, "grade": "g1"}
    assert served.client("admin").post("/v1/people", json=person).status_code == 201


BETWEEN = {"somebody is assessed": assess_somebody, "somebody joins": let_somebody_join}


# -- improvement --


@pytest.fixture(scope="module", autouse=True)
def records(served):
    """Six people of the unit that HR is there for, and one of another, took the same module."""
    people = served.sample.people
    own = people[people["org_unit"].str.startswith(UNIT)]["person_id"].tolist()[:6]
    other = people[people["org_unit"].str.startswith(OTHER_UNIT)]["person_id"].tolist()[:1]
    rows = [
        {
            "person_id": person,
            "competency_id": COMPETENCY,
            "module_id": MODULE,
            "level_before": 1.0 + i / 7,
            "level_after": 1.5 + i / 3,
            "before_on": dt.date(2020, 1, 1),
            "after_on": dt.date(2020, 7, 1),
            "completed_on": dt.date(2020, 3, 1),
        }
        for i, person in enumerate([*own, *other])
    ]
    with writing(served.app.state.server.installation.engine) as connection:
        connection.execute(schema.improvement_record.insert(), rows)


def check_records(asking, row):
    """The figures follow from the records of those whom the caller may read: no other's count."""
    pair = {"module_id": MODULE, "competency_id": COMPETENCY}
    (found,) = asking.read("list_improvement_statistics", **pair)["items"]
    admin = asking.served.client("admin")
    whole = asking.read("list_improvement_records", client=admin, **pair)["items"]
    if row["caller"] == "analyst":
        assert found["records"] == len(whole) - len(whole) % SMALL_CELL
        own = whole
    else:
        reach = admin if row["caller"] == "admin" else asking.client
        names = {p["person_id"] for p in asking.read("list_people", client=reach)["items"]}
        own = [record for record in whole if record["person_id"] in names]
        assert len(own) < len(whole)
        if len({record["person_id"] for record in own}) < SMALL_CELL:
            assert (found["records"], found["mean_gain"]) == (None, None)
            return
        assert found["records"] == len(own)
    gain = sum(r["level_after"] - r["level_before"] for r in own) / len(own)
    before = sum(r["level_before"] for r in own) / len(own)
    assert found["mean_gain"] == pytest.approx(gain, abs=0.00501)
    assert found["mean_level_before"] == pytest.approx(before, abs=0.00501)
    for name in ("mean_gain", "mean_level_before", "at_level"):
        assert found[name] == round(found[name], 2)


# -- raters --


def check_raters(asking, row):
    """Of few raters nothing is told, and never is one type alone what is left of the level."""
    own = {"employee": EMPLOYEE, "manager": MANAGER}[row["caller"]]
    hidden = 0
    for gap in asking.read("read_gaps")["competencies"]:
        if gap["method"] != "ratings":
            continue
        path = f"/v1/people/{EMPLOYEE}/levels/{gap['competency_id']}"
        level = asking.client.get(path).json()
        whole = asking.served.client("admin").get(path).json()
        untold = {part["rater_type"] for part in level["parts"] if part["level"] is None}
        for part in whole["parts"]:
            if part["rater_type"] in FEW and part["raters"] < 3:
                assert part["rater_type"] in untold
        others = {r["rater_type"] for r in whole["rows"] if r["rater_id"] != own}
        assert len(untold & others) != 1 or untold == others
        hidden += len(untold)
        if row["less"] == "list_ratings":
            rows = asking.read("list_ratings", competency_id=gap["competency_id"])["items"]
        else:
            sections = asking.read("export_person_data")["sections"]
            (rows,) = (part["rows"] for part in sections if part["name"] == "rating")
            days = {r["rated_on"] for r in whole["rows"]}
            rows = [r for r in rows if "rating" in r and r["rated_on"] in days]
            rows = [r for r in rows if r["competency_id"] == gap["competency_id"]]
            if row["caller"] == "manager":
                assert all(not p["rows"] for p in sections if p["name"] == "rating_given")
        days = {r["rated_on"] for r in whole["rows"]}
        told = {r["rater_type"] for r in rows if r["rated_on"] in days}
        assert not told & untold - {"self" if row["caller"] == "employee" else "manager"}
    assert hidden


def test_roles_that_see_no_people_are_told_coarse_figures():
    """The rules for analysts hang on what they may read, not on the name of the role."""
    for role, held in PERMISSIONS.items():
        may = {Permission.READ_PEOPLE, Permission.READ_ASSESSMENTS} <= held
        assert may == (role in (Role.EMPLOYEE, Role.MANAGER, Role.HR, Role.ADMIN))
