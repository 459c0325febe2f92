"""Something of everything that the API can be asked about, and requests for each operation.

::

    stage = build_stage(served)
    stage.ask("manager", "read_plan", "report")
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from httpx2 import Client, Response
from improvement.registry_models import KEY, facts, train
from serving import COLLEAGUE, EMPLOYEE, MANAGER, OTHER_UNIT, OUTSIDE, UNIT, Served

from recommender.documents import make_template
from recommender.documents.word.package import pack, unpack
from recommender.documents.word.parts import add_code
from recommender.improvement.registry import save_model
from recommender.service.permissions import Permission, Role
from recommender.store import Written, writing
from recommender.store.imports.batches import add_batch
from recommender.store.job_claims import claim_job, fail_job
from recommender.store.job_files import keep_file
from recommender.store.jobs import insert_job

TABLE = yaml.safe_load(
    (Path(__file__).parents[1] / "api" / "access" / "authorisation.yaml").read_text(
        encoding="utf-8"
    )
)
ROLES = tuple(role.value for role in Role)
NEIGHBOUR, NEIGHBOURS_MANAGER, OUTSIDERS_MANAGER = "00001", "00005", "00028"
TEAM = f"{UNIT}/政企客户部/党政客户部"
PEOPLE = {"own": EMPLOYEE, "report": COLLEAGUE, "neighbour": NEIGHBOUR, "elsewhere": OUTSIDE}
UNITS = {"top": UNIT, "below": TEAM, "elsewhere": OTHER_UNIT, "absent": "火星分公司"}
# of each kind that is not about people: one that is there, and the path parameter that names it
THINGS = {
    "offering": ("offering_id", "account-information-map-workshop-261116-1"),
    "competency": ("competency_id", "resilience"),
    "grade": ("grade", "g2"),
    "module": ("module_id", "account-handover-visit-coaching"),
    "path": ("path_id", ""),
    "model": ("model_id", ""),
    "key": ("key_id", ""),
    "proposal": ("proposal_id", ""),
}
# a standard that is proposed
PROPOSAL = {
    "grade": "g1",
    "effective_on": "2027-03-01",
    "method": "by-hand",
    "rationale": "达标率高",
    "targets": {"resilience": {"level": 2.5}},
}
_ROSTER = f"工号,姓名,单位,职级\nU1,新人,{UNIT},初级\n".encode()
# a job looks at its table later; an uploaded file is looked at at once
_FILES: dict[str, Callable[[Stage, dict[str, str]], bytes]] = {
    "create_import": lambda stage, names: _ROSTER,
    "put_template_of_plans": lambda stage, names: make_template("zh-CN"),
    "import_plan_document": lambda stage, names: _document_of(stage, names["plan_id"]),
}
NO_VERSION = '"999999"'


@dataclass
class Stage:
    """What the requests are about.

    Parameters
    ----------
    served : Served
        The application.
    operations : mapping
        Method, path and description of each operation, by its id.
    plans : dict of str to str
        A plan of each person.
    enrolments : dict of str to dict
        An enrolment of each person.
    objections : dict of str to str
        An objection of each person.
    jobs : dict of str to str
        A job of each role that may have one, which failed and has a report.
    uploads : dict of str to str
        An uploaded file of each role that may import.
    batches : dict of str to str
        An import of the HR of each of two units.
    campaigns, cohorts : dict of str to str
        A campaign and a cohort for each of two units.
    things : dict of str to str
        One of each of `THINGS`.
    asked : dict of str to str
        The ids in the last request.
    """

    served: Served
    operations: Mapping[str, tuple[str, str, dict[str, Any]]]
    plans: dict[str, str] = field(default_factory=dict)
    enrolments: dict[str, dict[str, str]] = field(default_factory=dict)
    objections: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    batches: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)
    cohorts: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    clients: dict[tuple[str | None, str], Client] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def client(self, role: str | None, also: str = "") -> Client:
        """Return the client of a role; None has no key. `also` is a permission granted by name."""
        if (role, also) not in self.clients:
            client = self.served.client(role)
            if also:
                unit = UNIT if role == "hr" else None
                key = self.served.key(role or "", org_unit=unit, also=[Permission(also)])
                client.headers["Authorization"] = f"Bearer {key}"
            self.clients[role, also] = client
        return self.clients[role, also]

    def targets(self, about: str, role: str | None) -> list[str]:
        """Return what an operation can be asked about, by what it is about."""
        if about in ("person", "plan", "enrolment", "objector", "objection"):
            # the others have no person behind them
            own = ["own"] if role in ("employee", "manager", None) else []
            return [*own, "report", "neighbour", "elsewhere", "absent"]
        if about == "unit":
            return list(UNITS)
        if about in ("job", "upload"):
            return ["own", "another's", "absent"]
        if about in ("batch", "campaign", "cohort"):
            return ["top", "elsewhere", "absent"]
        return ["there", "absent"] if about in THINGS else ["it"]

    def names(self, about: str, role: str | None, target: str) -> dict[str, str]:
        """Return the ids of a target."""
        if about in ("person", "objector"):
            return {"person_id": self._person(role, target)}
        if about == "plan":
            plan_id = self.plans.get(self._person(role, target), "P-20261101-000000000000")
            return {"plan_id": plan_id, "version": "1"}
        if about == "objection":
            return {"objection_id": self.objections.get(self._person(role, target), "1000000")}
        if about == "enrolment":
            found = self.enrolments.get(self._person(role, target))
            return found or self.enrolments[EMPLOYEE] | {"person_id": "no-such"}
        if about == "unit":
            return {"org_unit": UNITS[target]}
        if about == "job":
            mine = self.jobs.get(role or "")
            others = next(job for owner, job in self.jobs.items() if owner != role)
            found = {"own": mine or others, "another's": others}
            return {"job_id": found.get(target, "job-000000000000000000000000")}
        if about == "upload":
            mine = self.uploads.get(role or "")
            others = next(upload for owner, upload in self.uploads.items() if owner != role)
            found = {"own": mine or others, "another's": others}
            return {"import_id": found.get(target, "up-0000000000000000")}
        if about == "batch":
            return {"batch_id": self.batches.get(target, "1000000")}
        if about == "campaign":
            return {"campaign_id": self.campaigns.get(target, "campaign-00000000")}
        if about == "cohort":
            return {"cohort_id": self.cohorts.get(target, "cohort-00000000")}
        if about in THINGS:
            name = THINGS[about][0]
            return {name: self.things[about] if target == "there" else "0123456789ab"}
        return {}

    def ask(
        self,
        role: str | None,
        operation: str,
        about: str,
        target: str,
        *,
        make: bool = False,
        version: str = "",
        also: str = "",
    ) -> Response:
        """Ask for an operation, with a body that is as it has to be.

        Parameters
        ----------
        role : str or None
            Whose key to use.
        operation : str
            Its id.
        about : str
            What it is about, as the table has it.
        target : str
            Which of these.
        make : bool
            Whether to make what the operation is to delete first.
        version : str
            For ``If-Match``; one that never was unless given, so that nothing is changed.
        also : str
            A permission that the key was granted by name.
        """
        method, path, told = self.operations[operation]
        names = self.names(about, role, target)
        if make and operation in _MAKE_FIRST:
            names = _MAKE_FIRST[operation](self, names, target)
        self.asked = names
        values = {**told.get("x-example", {}), **names}
        in_path = {name for name in values if "{" + name + "}" in path}
        declared = {each["name"]: each["in"] for each in told.get("parameters", [])}
        query = {
            name: value
            for name, value in values.items()
            if name not in in_path and declared.get(name) == "query"
        }
        content = told.get("requestBody", {}).get("content", {})
        body = copy.deepcopy(content.get("application/json", {}).get("example"))
        if isinstance(body, dict):
            body |= {name: value for name, value in names.items() if name in body}
            if "confirm" in body:
                body["confirm"] = names["person_id"]
        headers = {"If-Match": version or NO_VERSION} if "If-Match" in declared else {}
        return self.client(role, also).request(
            method,
            path.format(**values),
            params=query,
            headers=headers,
            json=body if "application/json" in content else None,
            content=_FILES[operation](self, names)
            if operation in _FILES
            else b"person_id\n"
            if "text/csv" in content
            else None,
        )

    def admin(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """Ask as an administrator; it has to be granted."""
        answer = self.client("admin").request(method, path, **given)
        assert answer.is_success, answer.text
        return answer.json()

    def _person(self, role: str | None, target: str) -> str:
        if target == "own" and role == "manager":
            return MANAGER
        return PEOPLE.get(target, "no-such")


def _document_of(stage: Stage, plan_id: str) -> bytes:
    """Return a plan as a Word document; of one that is not there, what might be one."""
    found = stage.client("admin").get(f"/v1/plans/{plan_id}.docx")
    if found.is_success:
        return found.content
    parts = unpack(make_template("zh-CN"), file="absent.docx")
    add_code(parts, f"IDP:{plan_id}:1:0123456789ab")
    return pack(parts)


def build_stage(served: Served) -> Stage:
    """Make something of everything."""
    # nobody works on the jobs: what they would do is not looked at here
    served.app.state.server.jobs.stop()
    operations = {
        about["operationId"]: (method.upper(), path, about)
        for path, methods in served.app.openapi()["paths"].items()
        for method, about in methods.items()
    }
    stage = Stage(served, operations)
    there = f"/v1/people/{NEIGHBOUR}"
    seen = stage.client("admin").get(there).headers["ETag"]
    stage.admin("PATCH", there, headers={"If-Match": seen}, json={"org_unit": TEAM})
    for person in (*PEOPLE.values(), MANAGER):
        plan = stage.admin("POST", f"/v1/people/{person}/plans", json={"hours_budget": 20.0})
        stage.plans[person] = plan["plan_id"]
        given = {"plan_id": plan["plan_id"], "reason": "另有安排"}
        made = stage.admin("POST", f"/v1/people/{person}/objections", json=given)
        stage.objections[person] = str(made["objection_id"])
        (found,) = stage.admin("GET", f"/v1/people/{person}/enrolments?limit=1")["items"]
        stage.enrolments[person] = {
            name: found[name] for name in ("person_id", "module_id", "enrolled_on")
        }
    for role in ("manager", "hr", "analyst", "system-admin", "admin"):
        actor = stage.client(role).get("/v1/me").json()["actor"]
        stage.jobs[role] = _make_failed_job(served, actor)
    for role in ("hr", "admin"):
        given = {"content": _ROSTER, "headers": {"content-type": "text/csv"}}
        made = stage.client(role).post("/v1/imports", **given)
        stage.uploads[role] = made.json()["import_id"]
    stage.batches = {name: _make_batch(served, UNITS[name]) for name in ("top", "elsewhere")}
    for name in ("top", "elsewhere"):
        given = {"name": name, "org_unit": UNITS[name]}
        stage.campaigns[name] = stage.admin("POST", "/v1/campaigns", json=given)["campaign_id"]
        days = {"starts_from": "2026-11-02", "starts_until": "2026-12-31"}
        made = stage.admin("POST", "/v1/cohorts", json=given | days)
        stage.cohorts[name] = made["cohort_id"]
    model = save_model(served.settings.models, train(), facts(metrics={}), by="test", key=KEY)
    stage.things = {
        **{kind: name for kind, (_, name) in THINGS.items()},
        "model": model.model_id,
        "key": stage.admin("POST", "/v1/api-keys", json={"label": "a", "role": "hr"})["key_id"],
        "proposal": stage.admin("POST", "/v1/standard-proposals", json=PROPOSAL)["proposal_id"],
        "path": stage.admin("GET", "/v1/learning-paths?limit=1")["items"][0]["id"],
    }
    return stage


def _make_batch(served: Served, unit: str) -> str:
    with writing(served.app.state.server.installation.engine) as connection:
        batch = add_batch(
            connection,
            Written(0, 0, 1),
            kind="people",
            file_name="people.csv",
            sha256="0" * 64,
            actor="cli",
            org_unit=unit,
            new_units=[],
        )
    return str(batch)


def _make_failed_job(served: Served, actor: str) -> str:
    engine = served.app.state.server.installation.engine
    request = {"table": "people", "file_name": "people.csv", "dry_run": False, "lang": "en"}
    request |= {"format": "pdf", "bundle": "one"}
    with writing(engine) as connection:
        job_id = insert_job(connection, "import", request, actor=actor, principal={}, upload=b"x")
    with writing(engine) as connection:
        assert claim_job(connection, "test")
    problem = {"code": "file.empty", "values": {"file": "people.csv"}}
    with writing(engine) as connection:
        fail_job(connection, job_id, "test", problem=problem, result=None, report=b"report")
        keep_file(connection, job_id, b"file")
    return job_id


def _make_rating(stage: Stage, names: dict[str, str], target: str) -> dict[str, str]:
    fact = {
        "competency_id": "resilience",
        "indicator_id": "resilience.1.1",
        "rater_type": "manager",
        "rater_id": MANAGER,
        "rated_on": "2026-10-29",
    }
    _add(stage, "ratings", names, fact | {"rating": 1}, target)
    return names | fact


def _make_exam_result(stage: Stage, names: dict[str, str], target: str) -> dict[str, str]:
    fact: dict[str, Any] = {
        "competency_id": "job-knowledge",
        "exam_level": 1,
        "subject": "crm",
        "sat_on": "2026-10-19",
    }
    _add(stage, "exam-results", names, fact | {"score": 50}, target)
    return names | fact


def _make_assessment(stage: Stage, names: dict[str, str], target: str) -> dict[str, str]:
    fact = {"competency_id": "coordination", "assessed_on": "2026-10-20"}
    _add(stage, "assessments", names, fact | {"level": 1.0, "method": "面谈"}, target)
    return names | fact


def _add(stage: Stage, kind: str, names: dict[str, str], fact: dict[str, Any], target: str) -> None:
    if target != "absent":
        path = f"/v1/people/{names['person_id']}/{kind}"
        stage.admin("POST", path, json={"items": [fact]})


def _make_person(stage: Stage, names: dict[str, str], target: str) -> dict[str, str]:
    """Somebody who can be erased, in the same place as the one who was asked for."""
    places = {
        "report": (TEAM, MANAGER),
        "neighbour": (TEAM, NEIGHBOURS_MANAGER),
        "elsewhere": (f"{OTHER_UNIT}/政企客户部/党政客户部", OUTSIDERS_MANAGER),
    }
    if target not in places:
        return names
    unit, manager = places[target]
    person = f"T{next(stage.numbers):04}"
    given = {"person_id": person, "name": "临时", "org_unit": unit, "grade": "g1"}
    stage.admin("POST", "/v1/people", json=given | {"manager_id": manager})
    return {"person_id": person}


def _make_key(stage: Stage, names: dict[str, str], target: str) -> dict[str, str]:
    if target != "there":
        return names
    return {"key_id": stage.served.key(Role.ANALYST)[4:16]}


def _make_waiting_key(stage: Stage, names: dict[str, str], target: str) -> dict[str, str]:
    """A key that takes two people and was made by one who is not asked here."""
    if target != "there":
        return names
    asking = stage.served.client(None)
    asking.headers["Authorization"] = f"Bearer {stage.served.key(Role.ACCESS_ADMIN)}"
    made = asking.post("/v1/api-keys", json={"label": "a", "role": "analyst"})
    assert made.status_code == 201, made.text
    return {"key_id": made.json()["key_id"]}


_MAKE_FIRST = {
    "delete_rating": _make_rating,
    "delete_exam_result": _make_exam_result,
    "delete_assessment": _make_assessment,
    "erase_person": _make_person,
    "confirm_api_key": _make_waiting_key,
    "revoke_api_key": _make_key,
    "rotate_api_key": _make_key,
}
