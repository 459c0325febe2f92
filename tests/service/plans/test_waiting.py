"""What waits: plans to approve and to look at again, people to assess, work, and failed imports."""

from __future__ import annotations

import datetime as dt

from organisations import AS_OF
from plan_office import ADMIN, ALONE, HR, LINE_MANAGER, ON_BOTH, PERSON, STRANGERS, UNIT, assess

from recommender.errors import InputError
from recommender.service.jobs.problems import pack_problem
from recommender.service.jobs.requests import submit_import, submit_plans
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.desk.overview import PlanFilter, overview_plans
from recommender.service.today.approvals import DAYS_TO_DECIDE, read_approvals, read_reviews
from recommender.service.today.assessing import read_assessing
from recommender.service.today.today import read_today
from recommender.service.today.work import list_failed_imports, list_running, seconds_left
from recommender.store import schema, touch_people, writing
from recommender.store.job_claims import claim_job, fail_job, finish_job
from recommender.working_days import count_working_days

pytestmark = ON_BOTH

DAY = dt.timedelta(days=1)


def test_a_draft_waits_for_each_party_until_it_has_approved(office):
    plan_id = office.create().plan.plan_id

    def waits(who, party):
        found = office.read(who, read_approvals)
        # the list of plans that Today leads to has as many
        listed = office.read(who, overview_plans, PlanFilter(awaiting=party), skip=0, limit=9)
        assert found.count == len(found.plans) == listed.count
        return found.count

    assert (waits(HR, "hr"), waits(LINE_MANAGER, "manager")) == (1, 1)
    assert [office.read(who, read_approvals).count for who in STRANGERS] == [0] * len(STRANGERS)
    office.approve(plan_id, "hr")
    assert (waits(HR, "hr"), waits(LINE_MANAGER, "manager")) == (0, 1)
    office.reject(plan_id, "hr")
    assert waits(HR, "hr") == 1
    office.approve(plan_id, "employee", "manager", "hr")
    assert (waits(HR, "hr"), waits(LINE_MANAGER, "manager")) == (0, 0)


def test_plans_that_wait_longest_come_first_and_say_how_much_too_long(office):
    made = [office.create(ADMIN, person).plan.plan_id for person in (PERSON, ALONE)]
    long_ago = dt.datetime(2026, 11, 2, 17, 0, tzinfo=dt.UTC)  # the 3rd in Shanghai
    with writing(office.service.engine) as connection:
        of_it = schema.plan.c.plan_id == made[1]
        connection.execute(schema.plan.update().where(of_it).values(created_at=long_ago))
    office.today = dt.date(2026, 11, 20)
    found = office.read(ADMIN, read_approvals, limit=1)
    (first,) = found.plans
    assert (found.count, first.plan.plan_id, first.since) == (2, made[1], dt.date(2026, 11, 3))
    country = office.service.framework.catalog.settings.country
    over = count_working_days(first.since, office.today, country) - DAYS_TO_DECIDE
    assert (over > 0, first.days_over, found.earliest) == (True, over, first.since)
    assert first.size.modules == len(office.look(made[1]).plan.items)


def test_unpublished_drafts_of_a_campaign_wait_there(office):
    plan_id = office.create().plan.plan_id
    now = dt.datetime.now(dt.UTC)
    with writing(office.service.engine) as connection:
        connection.execute(
            schema.campaign.insert().values(
                campaign_id="c1", name="试", as_of=AS_OF, people=1, budget={}, job_id="j",
                planned=1, refused=0, actor=HR.actor, org_unit=UNIT, created_at=now,
            )
        )  # fmt: skip
        connection.execute(schema.campaign_plan.insert().values(plan_id=plan_id, campaign_id="c1"))
    today = office.read(HR, read_today)
    assert (today.approvals.count, [each.unpublished for each in today.unpublished]) == (0, [1])
    assert office.read(HR, overview_plans, PlanFilter(awaiting="hr"), skip=0, limit=9).count == 0
    with writing(office.service.engine) as connection:
        connection.execute(schema.campaign_plan.update().values(published_at=now))
    today = office.read(HR, read_today)
    assert (today.approvals.count, list(today.unpublished)) == (1, [])


def test_reviews_wait_from_a_week_before_their_day(office):
    plan_id = office.create().plan.plan_id
    office.approve(plan_id)
    office.activate(plan_id)
    day = office.look(plan_id).plan.review_on
    for today, count in ((day - 8 * DAY, 0), (day - 7 * DAY, 1), (day + DAY, 1)):
        office.today = today
        assert office.read(HR, read_reviews).count == count
        assert [office.read(who, read_reviews).count for who in STRANGERS] == [0] * len(STRANGERS)


def test_whom_to_assess_first_in_what_and_why(office):
    """Of three people all are assessed in everything, until a level is too old to be used."""
    found = office.read(ADMIN, read_assessing)
    assert (found.people, found.to_assess, found.competencies) == (3, 0, ())
    (now, before) = found.rounds
    assert (now.assessed, before.assessed, before.round.as_of) == (1.0, 0.0, dt.date(2026, 6, 30))
    with writing(office.service.engine) as connection:
        gone = schema.assessment.c
        connection.execute(
            schema.assessment.delete().where(
                gone.competency_id == "reading-aloud", gone.person_id.in_([PERSON, ALONE])
            )
        )
        who = schema.person.c.person_id == ALONE
        connection.execute(schema.person.update().where(who).values(hired_on=AS_OF - 30 * DAY))
        touch_people(connection, [PERSON, ALONE])
    assess(office.service, PERSON, dt.date(2025, 3, 1), reading_aloud=1.0)
    found = office.read(ADMIN, read_assessing)
    (each,) = found.competencies
    assert (found.to_assess, found.n_competencies) == (2, 1)
    assert (each.competency_id, each.how, each.people) == ("reading-aloud", "ratings", 2)
    assert (each.expired, each.joined) == (1, 1)
    assert office.read(HR, read_assessing).people == 2


def test_a_failed_import_waits_until_the_file_is_imported(office):
    def end(job_id, **details):
        with writing(office.service.engine) as connection:
            job = claim_job(connection, "w")
            assert job is not None
            assert job.job_id == job_id
            if details:
                fail_job(connection, job_id, "w", **details)
            else:
                finish_job(connection, job_id, "w", result={})

    def submit():
        return office.write(ADMIN, submit_import, "people", b"x", file_name="a.csv").job_id

    submitted = submit()
    (running,) = office.read(ADMIN, list_running)
    assert (running.job.job_id, running.campaign) == (submitted, None)
    assert seconds_left(running.job, now=dt.datetime.now(dt.UTC)) is None
    end(submitted, problem=pack_problem(InputError("import.no-file")))
    assert office.read(ADMIN, list_running) == []
    assert [each.file_name for each in office.read(ADMIN, list_failed_imports, limit=5)] == [
        "a.csv"
    ]
    assert office.read(HR, list_failed_imports, limit=5) == []
    end(submit())
    assert office.read(ADMIN, list_failed_imports, limit=5) == []


def test_plans_being_made_are_named_by_their_unit(office):
    office.write(HR, submit_plans, PlanRequest(), org_unit=UNIT)
    (running,) = office.read(HR, list_running)
    assert (running.job.kind, running.job.request["org_unit"]) == ("plans", UNIT)
