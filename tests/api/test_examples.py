"""Every example of the description works, in the order in which the operations stand there."""

from __future__ import annotations

import time

import pytest
from improvement.registry_models import KEY, facts, train, varied, whole_metrics
from jsonschema import Draft202012Validator, FormatChecker
from serving import COLLEAGUE, EMPLOYEE, UNIT

from api.operations import DOCX
from recommender.documents import make_template
from recommender.improvement.registry import save_model
from recommender.service.permissions import Role

JSON = "application/json"


class Ground:
    """Makes what an example names by a word in braces, in the state that the operation needs."""

    def __init__(self, served):
        self.served = served
        self.admin = served.client("admin")
        self.model = train()
        self.models = 0
        self.proposals = 0

    def make(self, name, operation):
        """Return a value for a path parameter of an operation."""
        special = getattr(self, f"for_{operation}", None)
        return special() if special else getattr(self, name)()

    def ask(self, method, path, role="admin", **given):
        answer = self.served.client(role).request(method, path, **given)
        assert answer.is_success, answer.text
        return answer

    # plans

    def plan_id(self):
        return self.new_plan(hours_budget=12.0)["plan_id"]

    def new_plan(self, **given):
        """Make a plan; a draft that an example has worked on is in the way of another."""
        drafts = self.ask("GET", f"/v1/plans?person_id={EMPLOYEE}&status=draft&limit=200").json()
        for draft in drafts["items"]:
            plan = f"/v1/plans/{draft['plan_id']}"
            note = {"note": "另做一份"}
            self.ask("POST", f"{plan}/cancellation", json=note, headers=self.seen(plan))
        return self.ask("POST", f"/v1/people/{EMPLOYEE}/plans", json=given).json()

    def version(self):
        return "1"

    def objection_id(self):
        given = {"plan_id": self.plan_id(), "reason": "另有安排"}
        made = self.ask("POST", f"/v1/people/{EMPLOYEE}/objections", json=given)
        return str(made.json()["objection_id"])

    def for_activate_plan(self):
        return self.approve(self.plan_id())

    def active_plan(self, assessed_on):
        self.assess(["resilience", "coordination"], 1.0, assessed_on)
        made = self.new_plan(as_of="2026-05-01", hours_budget=12.0)
        plan = f"/v1/plans/{self.approve(made['plan_id'])}"
        self.ask("POST", f"{plan}/activation", headers=self.seen(plan))
        return made

    def for_complete_activity(self):
        return self.active_plan("2026-04-14")["plan_id"]

    def for_complete_plan(self):
        made = self.active_plan("2026-04-15")
        person = f"/v1/people/{EMPLOYEE}"
        competencies = set()
        for item in made["items"]:
            place = self.enrol(person, item["module_id"], "2026-06-01")
            done = {"status": "completed", "completed_on": "2026-07-01"}
            self.ask("PATCH", place, json=done, headers=self.seen(place))
            competencies |= {served["competency_id"] for served in item["competencies"]}
        self.assess(sorted(competencies), 3.5, "2026-10-31")
        return made["plan_id"]

    def enrol(self, person, module_id, day):
        """Enrol the person as of a day, in place of the enrolment that activating a plan makes."""
        for enrolment in self.ask("GET", f"{person}/enrolments?limit=200").json()["items"]:
            if (enrolment["module_id"], enrolment["status"]) == (module_id, "enrolled"):
                place = f"{person}/enrolments/{module_id}/{enrolment['enrolled_on']}"
                left = {"status": "cancelled"}
                self.ask("PATCH", place, json=left, headers=self.seen(place))
        given = {"module_id": module_id, "enrolled_on": day}
        self.ask("POST", f"{person}/enrolments", json=given)
        return f"{person}/enrolments/{module_id}/{day}"

    def assess(self, competencies, level, day):
        assessed = {"level": level, "method": "面谈", "assessed_on": day}
        items = [{"competency_id": name, **assessed} for name in competencies]
        self.ask("POST", f"/v1/people/{EMPLOYEE}/assessments", json={"items": items})

    def approve(self, plan_id):
        plan = f"/v1/plans/{plan_id}"
        for party in ("employee", "manager", "hr"):
            given = {"json": {"decision": "approved"}, "headers": self.seen(plan)}
            self.ask("POST", f"{plan}/approvals", party, **given)
        return plan_id

    def seen(self, path):
        """Return the header that names the present version of something."""
        return {"If-Match": self.ask("GET", path).headers["etag"]}

    # jobs

    def job_id(self):
        return self.ask("POST", "/v1/plan-batches", json={"org_unit": UNIT}).json()["job_id"]

    def campaign_id(self):
        given = {"name": "秋季提升", "org_unit": UNIT, "first": 1}
        return self.ask("POST", "/v1/campaigns", json=given).json()["campaign_id"]

    # standards: one a question, for the grade has one standard a day at most

    def proposal_id(self, author=None, **given):
        self.proposals += 1
        day = f"2028-{1 + self.proposals // 28:02}-{1 + self.proposals % 28:02}"
        wanted = {"grade": "g3", "effective_on": day, "method": "by-hand", "rationale": "达标率高"}
        wanted |= {"targets": {"resilience": {"level": 1.5}}} | given
        author = author or self.served.client("admin")
        return author.post("/v1/standard-proposals", json=wanted).json()["proposal_id"]

    def for_record_standard_round(self):
        return self.proposal_id(method="angoff", targets={})

    def for_approve_standard(self):
        # nobody approves what is their own
        author = self.served.client(None)
        author.headers["Authorization"] = f"Bearer {self.served.key(Role.HR)}"
        return self.submitted(self.proposal_id(author))

    def for_reject_standard(self):
        return self.submitted(self.proposal_id())

    def submitted(self, proposal_id):
        path = f"/v1/standard-proposals/{proposal_id}"
        self.ask("POST", f"{path}/submission", headers=self.seen(path))
        return proposal_id

    def cohort_id(self, person=EMPLOYEE):
        given = {"name": "一季度", "applications": [person]}
        given |= {"starts_from": "2026-11-02", "starts_until": "2027-03-31"}
        return self.ask("POST", "/v1/cohorts", json=given).json()["cohort_id"]

    def for_add_dropout(self):
        # somebody whom the examples before have enrolled in nothing
        cohort_id = self.cohort_id(COLLEAGUE)
        self.ask("POST", f"/v1/cohorts/{cohort_id}/publication", json={})
        return cohort_id

    def import_id(self):
        given = {"content": f"工号,姓名,单位,职级\nU1,新人,{UNIT},初级\n".encode()}
        given |= {"headers": {"content-type": "text/csv"}}
        return self.ask("POST", "/v1/imports", **given).json()["import_id"]

    def for_confirm_api_key(self):
        given = {"label": "x", "role": "analyst"}
        return self.ask("POST", "/v1/api-keys", "access-admin", json=given).json()["key_id"]

    def for_cancel_job(self):
        return self.ask("POST", "/v1/trainings", json={}).json()["job_id"]

    def for_read_job_result(self):
        return self.send_table(f"person_id,name,org_unit,grade\nJ1,新人,{UNIT},g1\n", "done")

    def for_read_job_file(self):
        given = {"org_unit": f"{UNIT}/政企客户部/党政客户部", "bundle": "one"}
        self.new_plan(hours_budget=12.0)
        return self.end("/v1/plan-documents", "done", json=given)

    def for_read_job_report(self):
        return self.send_table(f"person_id,name,org_unit,grade\nJ1,新人,{UNIT},g9\n", "failed")

    def batch_id(self):
        text = f"person_id,name,org_unit,grade\nJ2,新人,{UNIT},g1\n"
        return str(
            self.ask("GET", f"/v1/jobs/{self.send_table(text, 'done')}/result").json()["batch_id"]
        )

    def document(self, operation):
        """Return a Word document: the template, or that of a plan."""
        if operation == "put_template_of_plans":
            return make_template("zh-CN")
        return self.ask("GET", f"/v1/plans/{self.make('plan_id', operation)}.docx").content

    def send_table(self, text, status):
        given = {"content": text.encode(), "headers": {"content-type": "text/csv"}}
        return self.end("/v1/imports/people", status, **given)

    def end(self, path, status, **given):
        """Ask for a job and wait until it has ended."""
        for job in self.ask("GET", "/v1/jobs?limit=200").json()["items"]:
            if job["finished_at"] is None:  # made for an example before, and still in the queue
                self.ask("POST", f"/v1/jobs/{job['job_id']}/cancellation")
        job = self.ask("POST", path, **given).json()
        ends = time.monotonic() + 600
        while job["finished_at"] is None:
            assert time.monotonic() < ends
            job = self.ask("GET", f"/v1/jobs/{job['job_id']}?wait=5").json()
        assert job["status"] == status
        return job["job_id"]

    # others

    def key_id(self):
        given = {"label": "一把密钥", "role": "analyst"}
        return self.ask("POST", "/v1/api-keys", json=given).json()["key_id"]

    def model_id(self):
        self.models += 1
        model = varied(self.model, self.models)
        folder = self.served.settings.models
        known = facts(metrics=whole_metrics(own=0.9))
        return save_model(folder, model, known, by="test", key=KEY).model_id

    def before_roll_back_model(self):
        for _ in range(2):
            path = f"/v1/models/{self.model_id()}/promotion"
            self.ask("POST", path, json={"override_reason": "试点"})


def etag_of(ground, description, method, path, values):
    """Return the ETag of the thing that an operation changes, or that it is posted below."""
    parts = path.split("/")
    for end in range(len(parts) - (method == "POST"), 2, -1):
        place = "/".join(parts[:end])
        if "get" in description["paths"].get(place, {}):
            answer = ground.admin.get(place.format(**values))
            return answer.headers["etag"] if answer.is_success else None
    return None


def send_example(ground, description, method, path, operation):
    """Send the example of an operation and return the answer."""
    name = operation["operationId"]
    getattr(ground, f"before_{name}", lambda: None)()
    values = {
        key: ground.make(key, name) if value == f"{{{key}}}" else value
        for key, value in operation.get("x-example", {}).items()
    }
    places = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", [])}
    headers = {}
    if "If-Match" in places:
        etag = etag_of(ground, description, method, path, values)
        headers = {"If-Match": etag} if etag else {}
    content = operation.get("requestBody", {}).get("content", {})
    body = {}
    if JSON in content:
        body = {"json": content[JSON]["example"]}
    elif DOCX in content:
        headers["content-type"] = DOCX
        body = {"content": ground.document(name)}
    elif content:
        headers["content-type"], example = next(
            (media, about["example"]) for media, about in content.items() if "example" in about
        )
        body = {"content": example.encode()}
    # a calendar link is of the person behind a key; an administrator's has none
    role = "employee" if name == "create_calendar_link" else "admin"
    return ground.served.client(role).request(
        method,
        path.format(**values),
        params={key: value for key, value in values.items() if places[key] == "query"},
        headers=headers,
        **body,
    )


def faults_of(answer, description, operation):
    """Return what is wrong with the answer to an example."""
    declared = operation["responses"].get(str(answer.status_code))
    if not answer.is_success or declared is None:
        return [f"{answer.status_code} {answer.text}"]
    content = declared.get("content", {})
    media = answer.headers.get("content-type", "").partition(";")[0]
    if not content:
        return [f"{len(answer.content)} bytes"] if answer.content else []
    if media not in content or not answer.content:
        return [f"{len(answer.content)} bytes of {media}"]
    if media != JSON:
        return []
    schema = {**content[JSON]["schema"], "components": description["components"]}
    checker = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(answer.json())]


def test_every_example_works(served):
    description = served.app.openapi()
    ground = Ground(served)
    faults = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            answer = send_example(ground, description, method.upper(), path, operation)
            found = faults_of(answer, description, operation)
            if found:
                faults[operation["operationId"]] = found
    assert faults == {}


@pytest.mark.parametrize(("status", "body"), [(200, {"a": 1}), (500, {}), (200, {"b": 1})])
def test_a_wrong_answer_would_be_seen(status, body):
    class Answer:
        status_code, is_success = status, status < 400
        text, content, headers = "", b"{}", {"content-type": JSON}

        def json(self):
            return body

    schema = {"type": "object", "required": ["a"]}
    operation = {"responses": {"200": {"content": {JSON: {"schema": schema}}}}}
    found = faults_of(Answer(), {"components": {}}, operation)
    assert bool(found) == (body != {"a": 1})
