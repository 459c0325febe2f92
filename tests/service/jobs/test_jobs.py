"""Long work on somebody's behalf: what each kind does, for whom, and what is kept of it."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
from dataclasses import replace
from zipfile import ZipFile

import pypdfium2
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from organisations import AS_OF, TINY

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.jobs import requests as jobs
from recommender.service.jobs import results
from recommender.service.jobs.problems import Failure
from recommender.service.jobs.process import Ended, run_job
from recommender.service.people import imports
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import reading, schema, writing
from recommender.store.job_claims import claim_job, fail_job
from recommender.store.jobs import JobStatus

WEST = "西区示例分公司/政企客户部"  # 00001, 00002, 00003; the other five are elsewhere
INSIDE, OUTSIDE = "00001", "00004"
ADMIN = Principal("key:admin", Role.ADMIN, PERMISSIONS[Role.ADMIN])
ALL_HR = Principal("key:all-hr", Role.HR, PERMISSIONS[Role.HR])
HR = Principal("key:hr", Role.HR, PERMISSIONS[Role.HR], org_unit=WEST)
ANALYST = Principal("key:analyst", Role.ANALYST, PERMISSIONS[Role.ANALYST])
EMPLOYEE = Principal("key:e", Role.EMPLOYEE, PERMISSIONS[Role.EMPLOYEE], person_id=INSIDE)
HEADER = "person_id,name,org_unit,grade,manager_id\n"


class Desk:
    """Somebody at work with a service."""

    def __init__(self, service, who, settings):
        self.service, self.who, self.settings = service, who, settings

    def session(self, lang="en"):
        return Session(self.service, self.who, "test", today=AS_OF, lang=lang)

    def ask(self, use, *args, lang="en", **values):
        return use(self.session(lang), *args, **values)

    def upload(self, table, text, **values):
        return self.ask(jobs.submit_import, table, text.encode(), **values)

    def work(self):
        """Do the oldest job as a worker's process does; return it and its outcome."""
        with writing(self.service.engine) as connection:
            job = claim_job(connection, "w")
        assert job is not None
        outcome = run_job(self.service, self.settings, job, "w")
        if isinstance(outcome, Failure):
            with writing(self.service.engine) as connection:
                assert fail_job(
                    connection,
                    job.job_id,
                    "w",
                    problem=outcome.problem,
                    result=outcome.details,
                    report=outcome.report,
                )
        else:
            assert outcome == Ended(done=True)
        return self.ask(jobs.get_job, job.job_id)

    def result(self, job, **values):
        return self.ask(results.get_job_result, job.job_id, **values)


@pytest.fixture
def library(library, tmp_path):
    """The library, with a folder of models of its own."""
    return replace(library, models=replace(library.models, root=tmp_path / "models"))


@pytest.fixture
def desk(library, library_url, tmp_path):
    """Let somebody of one's choice work on the library."""
    settings = Settings(database=library_url, catalog=TINY, as_of=AS_OF, models=tmp_path / "models")
    return lambda who=ADMIN: Desk(library, who, settings)


def rows(service, query):
    with reading(service.engine) as connection:
        return connection.execute(query).all()


def ref_of(service, person_id):
    person = schema.person.c
    return rows(service, sa.select(person.ref).where(person.person_id == person_id))[0].ref


def entries(service, action):
    table = schema.audit_entry
    return rows(service, sa.select(table).where(table.c.action == action))


def ratings(person_id):
    return (
        "person_id,competency_id,indicator_id,rater_type,rater_id,rating,rated_on\n"
        f"{person_id},reference-desk,reference-desk.1.1,manager,B1,2,2026-10-02\n"
    )


def test_an_import_is_stored_noted_and_named_in_the_trail(desk, library):
    at = desk()
    job = at.upload("people", HEADER + "00001,黄敏,新部,assistant,\nN1,新人,新部,assistant,00001\n")
    assert (job.status, job.kind) == (JobStatus.QUEUED, "import")
    ended = at.work()
    assert (ended.status, ended.done, ended.total) == (JobStatus.DONE, 2, 2)
    assert (
        at.result(job).items()
        >= {
            "on_days_off": [],
            "inserted": 1,
            "updated": 1,
            "unchanged": 0,
            "dry_run": False,
        }.items()
    )
    (entry,) = entries(library, "job-import")
    assert entry.actor == "key:admin"
    assert entry.request_id == job.job_id
    assert sorted(entry.subjects) == sorted([ref_of(library, "00001"), ref_of(library, "N1")])
    assert entry.details == {
        "table": "people",
        "people": 2,
        "inserted": 1,
        "updated": 1,
        "unchanged": 0,
        "dry_run": False,
        "batch": 1,
    }
    (batch,) = rows(library, sa.select(schema.import_batch))
    assert (batch.kind, batch.file_name, batch.inserted) == ("people", "people", 1)


def test_the_file_is_not_kept(desk, library):
    at = desk()
    at.upload("people", HEADER + "N1,新人,新部,assistant,\n")
    at.work()
    at.upload("people", HEADER + "N1,新人,新部,nobody,\n")
    at.work()
    third = at.upload("people", HEADER)
    at.ask(jobs.cancel_job, third.job_id)
    assert [row.upload for row in rows(library, sa.select(schema.job.c.upload))] == [None] * 3


def test_a_dry_run_says_what_would_happen_and_stores_nothing(desk, library):
    at = desk()
    job = at.upload("people", HEADER + "N1,新人,新部,assistant,\n", dry_run=True)
    assert at.work().status is JobStatus.DONE
    assert (
        at.result(job).items()
        >= {
            "on_days_off": [],
            "inserted": 1,
            "updated": 0,
            "unchanged": 0,
            "dry_run": True,
        }.items()
    )
    assert len(rows(library, sa.select(schema.person.c.person_id))) == 8
    assert rows(library, sa.select(schema.import_batch)) == []
    assert rows(library, sa.select(schema.org_unit).where(schema.org_unit.c.path == "新部")) == []


def test_bad_rows_are_reported_as_the_command_line_does(desk, library):
    at = desk()
    text = HEADER + "N1,新人,新部,assistant,\nN2,新人,新部,chief,\n"
    at.upload("people", text, file_name="C:\\名单\\十月 人员.csv")
    job = at.work()
    assert (job.status, job.problem.code, job.has_report) == (
        JobStatus.FAILED,
        "table.faults",
        True,
    )
    assert job.problem.message.startswith("十月 人员.csv")
    assert [(f["row"], f["column"], f["found"]) for f in job.problem.faults] == [
        (3, "grade", "chief")
    ]
    assert job.problem.faults[0]["message"] == "there is no grade chief"
    chinese = at.ask(jobs.get_job, job.job_id, lang="zh-CN")
    assert chinese.problem.faults[0]["message"] == "没有职级“chief”"
    assert len(rows(library, sa.select(schema.person.c.person_id))) == 8
    content, name = at.ask(results.get_job_report, job.job_id)
    assert name == f"people-{job.job_id}.xlsx"
    sheets = load_workbook(io.BytesIO(content))
    assert sheets.worksheets[1]["D3"].value == "chief"
    assert sheets.worksheets[1]["D3"].comment is not None
    with pytest.raises(ConflictError, match=r"job\.no-result"):
        at.result(job)
    (listed,) = at.ask(jobs.get_jobs, limit=10)
    assert (listed.problem.code, listed.problem.faults) == ("table.faults", [])


def test_modules_that_do_not_fit_the_catalogue_are_named(desk, library):
    at = desk()
    at.upload(
        "modules",
        "module_id,title,competency_ids,from_level,to_level,modality,hours,cost,prerequisites\n"
        "desk-basics,一,reference-desk,1,2,online,8,0,desk-interview\n"
        "desk-interview,二,reference-desk,1,2,online,8,0,\n",
    )
    job = at.work()
    assert job.status is JobStatus.FAILED
    assert job.problem.code in ("catalog.faults", "table.faults")
    assert job.problem.faults
    assert rows(library, sa.select(schema.module)) == []


def test_a_file_that_is_none_is_a_problem_of_the_job(desk):
    at = desk()
    at.upload("people", "hello", file_name="x.csv")
    job = at.work()
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "file.no_header")
    assert job.problem.hint


def test_nothing_is_kept_where_storing_breaks_off(desk, library, monkeypatch):
    at = desk()
    job = at.upload("people", HEADER + "N1,新人,新部,assistant,\n")

    def fail(*_args, **_values):
        raise RuntimeError

    monkeypatch.setattr("recommender.service.jobs.process.finish_job", fail)
    with pytest.raises(RuntimeError):
        at.work()
    assert len(rows(library, sa.select(schema.person.c.person_id))) == 8
    assert entries(library, "job-import") == []
    assert at.ask(jobs.get_job, job.job_id).status is JobStatus.RUNNING


@pytest.mark.parametrize("table", ["modules", "records"])
def test_tables_of_the_whole_organisation_need_the_whole_of_it(desk, table):
    with pytest.raises(ForbiddenError, match=r"import\.whole-organisation"):
        desk(HR).upload(table, "x")
    assert desk(ALL_HR).upload(table, "x").status is JobStatus.QUEUED


@pytest.mark.parametrize("table", ["ratings", "exams", "assessments", "enrolments"])
def test_a_person_outside_looks_like_one_who_does_not_exist(desk, table):
    lines = {
        "ratings": ratings("{}"),
        "exams": "person_id,competency_id,exam_level,subject,score,sat_on\n"
        "{},cataloguing,1,classes,80,2026-10-01\n",
        "assessments": "person_id,competency_id,level,method,assessed_on\n"
        "{},reference-desk,1.5,x,2026-10-01\n",
        "enrolments": "person_id,module_id,status,completed_on\n"
        "{},desk-basics,completed,2026-10-01\n",
    }
    at = desk(HR)
    said = []
    for person_id in (OUTSIDE, "99999"):
        at.upload(table, lines[table].replace("{}", person_id))
        job = at.work()
        assert job.problem.code == "table.faults"
        (fault,) = [f for f in job.problem.faults if f["column"] == "person_id"]
        said.append(json.dumps(fault).replace(person_id, "?"))
    assert said[0] == said[1]
    assert "there is nobody with the staff number ?" in said[0]


def test_facts_about_people_of_the_unit_are_stored(desk, library):
    at = desk(HR)
    at.upload("ratings", ratings(INSIDE))
    assert at.work().status is JobStatus.DONE
    table = schema.rating
    assert rows(library, sa.select(table).where(table.c.rater_id == "B1"))
    assert entries(library, "job-import")[0].subjects == [ref_of(library, INSIDE)]


def test_hr_of_a_unit_imports_people_into_it(desk, library):
    at = desk(HR)
    at.upload("people", HEADER + f"N1,新人,{WEST}/新班,assistant,00002\n")
    assert at.work().status is JobStatus.DONE
    units = sa.select(schema.org_unit.c.path)
    assert f"{WEST}/新班" in [row.path for row in rows(library, units)]


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (
            f"{OUTSIDE},王,{WEST},assistant,",
            "person_id",
            "not one of the people you are responsible for",
        ),
        ("N1,新,南区示例分公司,assistant,", "org_unit", "outside the unit you are responsible for"),
        ("N1,新,西区示例分公司,assistant,", "org_unit", "outside the unit you are responsible for"),
        (f"N1,新,{WEST}二,assistant,", "org_unit", "outside the unit you are responsible for"),
        (f"{INSIDE},黄敏,南区示例分公司,assistant,", "org_unit", "outside the unit"),
        (
            f"N1,新,{WEST},assistant,{OUTSIDE}",
            "manager_id",
            f"nobody with the staff number {OUTSIDE}",
        ),
        (f"N1,新,{WEST},assistant,99999", "manager_id", "nobody with the staff number 99999"),
    ],
)
def test_hr_of_a_unit_changes_nobody_outside(desk, library, line, column, message):
    before = rows(library, sa.select(schema.person).order_by(schema.person.c.person_id))
    at = desk(HR)
    at.upload("people", HEADER + line + "\n")
    job = at.work()
    assert [(f["row"], f["column"]) for f in job.problem.faults] == [(2, column)]
    assert message in job.problem.faults[0]["message"]
    assert rows(library, sa.select(schema.person).order_by(schema.person.c.person_id)) == before


def manage(service, **managers):
    person = schema.person
    with writing(service.engine) as connection:
        for name, manager in managers.items():
            connection.execute(
                person.update()
                .where(person.c.person_id == name.removeprefix("p"))
                .values(manager_id=manager)
            )


def test_the_head_of_a_unit_keeps_a_manager_from_outside(desk, library):
    manage(library, p00001=OUTSIDE)
    at = desk(HR)
    at.upload("people", HEADER + f"{INSIDE},黄敏,{WEST},librarian,{OUTSIDE}\n")
    assert at.work().status is JobStatus.DONE


def test_a_circle_through_people_outside_is_found_and_does_not_name_them(desk, library):
    manage(library, p00001=OUTSIDE, p00004="00005", p00005="00002")
    at = desk(HR)
    at.upload("people", HEADER + f"00002,郭,{WEST},assistant,{INSIDE}\n")
    job = at.work()
    (fault,) = job.problem.faults
    assert fault["column"] == "manager_id"
    assert "circle" in fault["message"]
    assert "00001" in fault["message"]
    assert "00005" not in fault["message"]


def test_whoever_leaves_the_unit_while_the_table_is_checked_is_not_changed(
    desk, library, monkeypatch
):
    at = desk(HR)
    at.upload("ratings", ratings(INSIDE))
    check = imports.read_import

    def check_then_move(*args, **values):
        found = check(*args, **values)
        unit, person = schema.org_unit.c, schema.person
        with writing(library.engine) as connection:
            elsewhere = sa.select(unit.id).where(unit.path == "南区示例分公司").scalar_subquery()
            connection.execute(
                person.update().where(person.c.person_id == INSIDE).values(org_unit_id=elsewhere)
            )
        return found

    monkeypatch.setattr(imports, "read_import", check_then_move)
    job = at.work()
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "import.people-moved")
    table = schema.rating
    assert not rows(library, sa.select(table).where(table.c.rater_id == "B1"))


def test_offerings_may_come_from_hr_of_a_unit(desk):
    at = desk(HR)
    at.upload(
        "offerings",
        "offering_id,module_id,starts_on,ends_on,place,seats\n"
        "o-1,desk-basics,2027-03-01,2027-03-02,甲,9\n"
        "make-up-day,desk-basics,2026-09-20,2026-09-20,甲,9\n"
        "sunday,desk-basics,2027-03-07,2027-03-08,甲,9\n"
        "spring-festival,desk-basics,2027-02-04,2027-02-05,甲,9\n",
    )
    job = at.work()
    # taken as they are: a class on a Sunday may be meant
    assert job.status is JobStatus.DONE
    result = at.result(job)
    assert (result["inserted"], result["on_days_off"]) == (4, ["sunday", "spring-festival"])


def test_plans_for_a_unit(desk, library):
    at = desk(HR)
    job = at.ask(jobs.submit_plans, PlanRequest(hours_budget=30), org_unit=WEST)
    ended = at.work()
    assert (ended.status, ended.done, ended.total) == (JobStatus.DONE, 3, 3)
    result = at.result(job)
    assert [plan["person_id"] for plan in result["plans"]] == ["00001", "00002", "00003"]
    assert result["failed"] == []
    stored = {row.plan_id: row for row in rows(library, sa.select(schema.plan))}
    assert set(stored) == {plan["plan_id"] for plan in result["plans"]}
    versions = rows(library, sa.select(schema.plan_version))
    for plan in result["plans"]:
        (version,) = [v for v in versions if v.plan_id == plan["plan_id"]]
        assert version.actor == "key:hr"
        assert version.body["plan"]["total_hours"] == plan["total_hours"] <= 30
    (entry,) = entries(library, "job-plans")
    assert len(entry.subjects) == 3
    assert entry.details == {"plans": 3, "failed": 0, "people": 3}


def test_plans_without_a_unit_are_for_everybody_in_scope(desk):
    for who, count in ((HR, 3), (ALL_HR, 8)):
        at = desk(who)
        job = at.ask(jobs.submit_plans, PlanRequest())
        at.work()
        assert len(at.result(job)["plans"]) == count


def test_whoever_cannot_have_the_plan_is_named_with_the_reason(desk):
    at = desk()
    job = at.ask(
        jobs.submit_plans, PlanRequest(must=("rules-for-librarians",), hours_budget=float("inf"))
    )
    at.work()
    result = at.result(job)
    assert {len(result["plans"]), len(result["failed"])} != {0}
    assistants = {"00002", "00003", "00004"}
    assert assistants <= {each["person_id"] for each in result["failed"]}
    problem = result["failed"][0]["problem"]
    assert problem["code"] == "plan.must-excluded"
    assert "rules-for-librarians" in problem["message"]


def test_a_path_is_planned_for_those_it_is_for(desk):
    at = desk()
    job = at.ask(jobs.submit_plans, PlanRequest(path="first-desk-year"))
    at.work()
    result = at.result(job)
    found = [each["person_id"] for each in (*result["plans"], *result["failed"])]
    assert sorted(found) == ["00002", "00003", "00004"]


@pytest.mark.parametrize("unit", ["南区示例分公司", "西区示例分公司", "没有这个部门"])
def test_a_unit_outside_looks_like_one_that_is_not_there(desk, unit):
    with pytest.raises(NotFoundError, match=r"org-unit\.unknown"):
        desk(HR).ask(jobs.submit_plans, PlanRequest(), org_unit=unit)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (PlanRequest(must=("nothing",)), "module.unknown"),
        (PlanRequest(path="nowhere"), "path.unknown"),
        (PlanRequest(must=("desk-basics",), without=("desk-basics",)), "plan.must-and-without"),
    ],
)
def test_a_request_that_suits_nobody_is_refused_at_once(desk, request_, code):
    with pytest.raises((NotFoundError, ConflictError)) as caught:
        desk().ask(jobs.submit_plans, request_)
    assert caught.value.code == code


def improvement_records():
    chance = random.Random(7)
    lines = ["person_id,competency_id,module_id,level_before,level_after,before_on,after_on"]
    for number in range(120):
        module = chance.choice(["desk-basics", "desk-interview", ""])
        before = chance.uniform(0.5, 2.5)
        after = before + (0.4 if module else 0.1) + chance.gauss(0, 0.2)
        day = dt.date(2024, 1, 1) + dt.timedelta(days=6 * number)
        lines.append(
            f"P{number % 40},reference-desk,{module},{before:.2f},{after:.2f},"
            f"{day},{day + dt.timedelta(days=60)}"
        )
    return "\n".join(lines) + "\n"


def test_training_saves_a_model_that_is_not_in_force(desk, library, tmp_path):
    at = desk(ADMIN)
    at.upload("records", improvement_records())
    assert at.work().status is JobStatus.DONE
    job = desk(ANALYST).ask(jobs.submit_training, seed=3)
    assert at.work().status is JobStatus.DONE
    result = at.result(job, lang="zh-CN")
    assert result["counts"]["records"] >= 120
    card = library.models.card(result["model_id"])
    assert (card.created_by, card.seed) == ("key:analyst", 3)
    assert result["verdict"] == list(library.models.explain(card, "zh-CN"))
    assert library.models.active() is None
    assert entries(library, "job-training")[0].details["model_id"] == result["model_id"]


def test_a_history_too_small_is_told(desk):
    at = desk(ANALYST)
    at.ask(jobs.submit_training)
    job = at.work()
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "model.too-few-records")


@pytest.mark.parametrize(
    ("who", "submit"),
    [
        (EMPLOYEE, lambda at: at.upload("people", HEADER)),
        (ANALYST, lambda at: at.upload("people", HEADER)),
        (EMPLOYEE, lambda at: at.ask(jobs.submit_plans, PlanRequest())),
        (ANALYST, lambda at: at.ask(jobs.submit_plans, PlanRequest())),
        (HR, lambda at: at.ask(jobs.submit_training)),
        (EMPLOYEE, lambda at: at.ask(jobs.get_jobs, limit=1)),
        (EMPLOYEE, lambda at: at.ask(jobs.get_job, "job-1")),
    ],
)
def test_what_a_role_may_not(desk, who, submit):
    with pytest.raises(ForbiddenError, match=r"access\.forbidden"):
        submit(desk(who))


def test_a_key_without_the_right_to_run_jobs_submits_none(desk):
    few = Principal("key:few", Role.HR, frozenset({Permission.IMPORT}))
    with pytest.raises(ForbiddenError):
        desk(few).upload("people", HEADER)


def test_jobs_of_others_are_not_there(desk):
    mine = desk(HR).upload("people", HEADER)
    for use in (jobs.get_job, jobs.cancel_job, results.get_job_result, results.get_job_report):
        said = []
        for job_id in (mine.job_id, "job-" + "0" * 24):
            with pytest.raises(NotFoundError) as caught:
                desk(ALL_HR).ask(use, job_id)
            said.append((caught.value.code, str(caught.value).replace(job_id, "?")))
        assert said[0] == said[1]
    assert desk(ALL_HR).ask(jobs.get_jobs, limit=10) == []
    assert desk(ADMIN).ask(jobs.get_job, mine.job_id) == mine
    assert desk(HR).ask(jobs.get_job, mine.job_id) == mine


def test_jobs_are_listed_the_newest_first_in_pages(desk):
    at = desk()
    made = [at.upload("people", HEADER).job_id for _ in range(5)]
    at.ask(jobs.cancel_job, made[1])
    first = at.ask(jobs.get_jobs, limit=3)
    rest = at.ask(jobs.get_jobs, before=first[-1].job_id, limit=3)
    assert [job.job_id for job in (*first, *rest)] == made[::-1]
    waiting = at.ask(jobs.get_jobs, status=JobStatus.QUEUED, limit=10)
    assert [job.job_id for job in waiting] == [made[i] for i in (4, 3, 2, 0)]


def test_nobody_fills_the_queue(desk):
    at = desk(HR)
    for _ in range(jobs.MOST_OPEN):
        job = at.upload("people", HEADER)
    with pytest.raises(ConflictError, match=r"job\.too-many"):
        at.upload("people", HEADER)
    assert desk(ALL_HR).upload("people", HEADER)
    at.ask(jobs.cancel_job, job.job_id)
    assert at.upload("people", HEADER)


def test_a_result_is_there_once_the_job_is_done(desk):
    at = desk()
    job = at.upload("people", HEADER)
    with pytest.raises(ConflictError, match=r"job\.not-ended"):
        at.result(job)
    at.ask(jobs.cancel_job, job.job_id)
    with pytest.raises(ConflictError, match=r"job\.no-result"):
        at.result(job)
    with pytest.raises(NotFoundError, match=r"job\.no-report"):
        at.ask(results.get_job_report, job.job_id)


def test_no_file_and_no_such_table(desk):
    with pytest.raises(InputError, match=r"import\.no-file"):
        desk().upload("people", "")
    with pytest.raises(InputError, match=r"import\.kind"):
        desk().upload("courses", "x")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("十月.xlsx", "十月.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\a\\b.csv", "b.csv"),
        ("a\x00b\n?.csv", "ab.csv"),
        ("长" * 300 + ".xlsx", "长" * 60 + ".xlsx"),
        ("..", "table"),
        ("\udcff.csv", "table.csv"),
        ("", "people"),
    ],
)
def test_a_file_keeps_the_harmless_part_of_its_name(desk, given, kept):
    at = desk()
    job = at.upload("people", HEADER + "N1,新人,新部,assistant,\n", file_name=given)
    assert job.request["file_name"] == kept
    assert at.work().status is JobStatus.DONE


def test_the_plans_of_a_unit_are_one_file_or_many(desk):
    at = desk(HR)
    assert at.ask(jobs.submit_plans, PlanRequest(hours_budget=20.0), org_unit=WEST).kind == "plans"
    planned = [plan["person_id"] for plan in at.result(at.work())["plans"]]
    # somebody whose plan has ended is named as missing, and the others are written
    with writing(at.service.engine) as connection:
        plan = schema.plan
        of_last = plan.update().where(plan.c.person_id == planned[-1])
        connection.execute(of_last.values(status="cancelled"))
    for bundle in ("zip", "one"):
        at.ask(jobs.submit_plan_documents, org_unit=WEST, bundle=bundle)
        job = at.work()
        assert (job.done, job.total, job.has_file) == (2, 2, True)
        result = at.result(job)
        assert [each["person_id"] for each in result["written"]] == planned[:-1]
        ((person_id, problem),) = [each.values() for each in result["failed"]]
        assert (person_id, problem["code"]) == (planned[-1], "export.no-plan")
        content, name, _ = at.ask(results.get_job_file, job.job_id)
        names = [row.name for row in rows(at.service, sa.select(schema.person))]
        if bundle == "zip":
            assert name.endswith(".zip")
            files = ZipFile(io.BytesIO(content)).namelist()
            assert all(any(each in file for each in names) for file in files)
            assert [file.removesuffix(".pdf").split()[-1] for file in files] == planned[:-1]
        else:
            document = pypdfium2.PdfDocument(content)
            bookmarks = [mark.get_title() for mark in document.get_toc()]
            assert len(bookmarks) == 2
            # each plan begins on page 1 of its own
            text = "".join(page.get_textpage().get_text_range() for page in document)
            assert text.count("age 1 of") == 2
            document.close()
    # only for whoever asked, and not for long
    with pytest.raises(NotFoundError):
        desk(ALL_HR).ask(results.get_job_file, job.job_id)
    with writing(at.service.engine) as connection:
        aged = dt.datetime.now(dt.UTC) - dt.timedelta(days=8)
        connection.execute(schema.job.update().values(finished_at=aged))
    with pytest.raises(NotFoundError) as gone:
        at.ask(results.get_job_file, job.job_id)
    assert gone.value.code == "job.no-file"


def test_plans_are_not_had_in_every_form(desk):
    at = desk(HR)
    with pytest.raises(InputError) as wrong:
        at.ask(jobs.submit_plan_documents, file_format="odt")
    assert wrong.value.code == "export.format"
    with pytest.raises(NotFoundError):
        at.ask(jobs.submit_plan_documents, org_unit="东区示例分公司")
    with pytest.raises(ForbiddenError):
        desk(ANALYST).ask(jobs.submit_plan_documents)
