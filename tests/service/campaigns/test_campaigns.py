"""Plans for many people at once: chosen, tried, drafted by a job, reviewed, published."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from asking import session_of
from organisations import AS_OF, TINY

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.campaigns.asking import (
    Budget,
    Choice,
    choose_people,
    preview_campaign,
    start_campaign,
    stop_campaign,
)
from recommender.service.campaigns.publishing import publish_plans
from recommender.service.campaigns.reading import (
    get_campaign,
    get_campaigns,
    list_unpublished,
    read_drafts,
    read_failures,
    read_totals,
)
from recommender.service.jobs.process import Ended, run_job
from recommender.service.jobs.requests import get_job
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.desk.overview import PlanFilter, overview_plans
from recommender.service.plans.drafts.one import create_plan
from recommender.service.plans.editing import PlanEdit
from recommender.service.plans.life import cancel_plan, decide_on_plan, edit_plan
from recommender.service.plans.reading import comment_on_plan
from recommender.service.privacy.personal_data import erase_person, export_person
from recommender.settings import Settings
from recommender.store import reading, schema, writing
from recommender.store.job_claims import claim_job

WEST, SOUTH = "西区示例分公司/政企客户部", "南区示例分公司"
ALL = Choice(AS_OF)
PLENTY = Budget(hours=400)
HR = Principal("account:hr", Role.HR, PERMISSIONS[Role.HR], org_unit=WEST)
OTHER_HR = replace(HR, actor="account:other", org_unit=SOUTH)
COLLEAGUE = replace(HR, actor="account:colleague")
ADMIN = Principal("account:admin", Role.ADMIN, PERMISSIONS[Role.ADMIN])
MANAGER = Principal("account:manager", Role.MANAGER, PERMISSIONS[Role.MANAGER], person_id="00001")


@pytest.fixture
def ask(library):
    """Ask a use case as somebody."""

    def ask(use, *args, who=ADMIN, **values):
        return use(session_of(library, who=who, lang="en"), *args, **values)

    return ask


@pytest.fixture
def work(library, library_url):
    """Do the job that waits longest."""

    def work():
        settings = Settings(database=library_url, catalog=TINY, as_of=AS_OF)
        with writing(library.engine) as connection:
            job = claim_job(connection, "w")
        assert job is not None
        assert run_job(library, settings, job, "w") == Ended(done=True)

    return work


def ids(people):
    return {each.head.person_id for each in people}


def drafts_of(ask, campaign, **values):
    return [each.plan for each in ask(read_drafts, campaign.stored.campaign_id, **values)]


def test_it_is_for_those_below_target_within_the_own_unit(ask, library):
    everybody = ask(choose_people, ALL)
    assert everybody
    assert all(each.gap > 0 for each in everybody)
    own = ask(choose_people, ALL, who=HR)
    assert ids(own) == ids(ask(choose_people, Choice(AS_OF, WEST)))
    assert ids(own) < ids(everybody)
    for unit in (SOUTH, "no-such"):
        with pytest.raises(NotFoundError, match="org-unit"):
            ask(choose_people, Choice(AS_OF, unit), who=HR)
        with pytest.raises(NotFoundError, match="org-unit"):
            ask(start_campaign, "x", Choice(AS_OF, unit), Budget(), who=HR)
    competency = everybody[0].competency_id
    of_one = ask(choose_people, Choice(AS_OF, competency_id=competency))
    gaps = [each.gap for each in of_one]
    assert gaps == sorted(gaps, reverse=True)
    assert {each.competency_id for each in of_one} == {competency}
    grade = everybody[0].head.grade
    assert {each.head.grade for each in ask(choose_people, Choice(AS_OF, grade=grade))} == {grade}
    first = ask(choose_people, Choice(AS_OF, first=2))
    assert ids(first) == {each.head.person_id for each in everybody[:2]}
    left_out = frozenset({first[0].head.person_id})
    assert ids(ask(choose_people, Choice(AS_OF, first=2, left_out=left_out))) == ids(first[1:])
    for choice, code in (
        (Choice(AS_OF, competency_id="no-such"), "competency"),
        (Choice(AS_OF, grade="no-such"), "grade"),
    ):
        with pytest.raises((NotFoundError, InputError), match=code):
            ask(choose_people, choice)
    with pytest.raises(ForbiddenError):
        ask(choose_people, ALL, who=replace(ADMIN, permissions=frozenset()))


def test_a_preview_says_what_it_would_come_to_and_keeps_nothing(ask, library):
    free = ask(preview_campaign, ALL, PLENTY)
    assert (free.concerned, len(free.listed)) == (len(free.people), len(free.people))
    assert (free.tried, free.is_estimate) == (len(free.people), False)
    assert free.planned
    assert free.expected_cost > 0
    half = ask(preview_campaign, ALL, Budget(400, total_cost=free.expected_cost / 2))
    assert 0 < half.expected_cost <= free.expected_cost / 2
    out = frozenset({free.listed[0].head.person_id})
    less = ask(preview_campaign, Choice(AS_OF, first=3, left_out=out), PLENTY)
    assert (less.concerned, len(less.listed), len(less.people)) == (free.concerned, 3, 2)
    nobody = ask(preview_campaign, Choice(AS_OF, first=1, left_out=out), PLENTY)
    assert (len(nobody.people), nobody.expected_cost) == (0, 0)
    for budget in (Budget(hours=-1), Budget(cost=-1), Budget(total_cost=float("nan"))):
        with pytest.raises(InputError, match=r"campaign\.limit"):
            ask(preview_campaign, ALL, budget)
    with reading(library.engine) as connection:
        for table in (schema.plan, schema.campaign, schema.job):
            assert not connection.scalar(sa.select(sa.func.count()).select_from(table))


def test_drafts_are_made_by_a_job_and_wait_until_they_are_published(ask, work, library):
    for name, choice, error in (
        (" ", ALL, "no-name"),
        ("x" * 101, ALL, "long-name"),
        ("x", Choice(AS_OF, first=0), "nobody"),
    ):
        with pytest.raises((InputError, ConflictError), match=error):
            ask(start_campaign, name, choice, Budget())
    with pytest.raises(ForbiddenError):
        ask(start_campaign, "x", ALL, Budget(), who=MANAGER)
    # somebody has a draft already that others have worked on
    person = ask(choose_people, ALL)[0].head.person_id
    touched = ask(create_plan, person, PlanRequest(), as_of=AS_OF).plan.plan_id
    ask(comment_on_plan, touched, "请先看看")
    campaign = ask(start_campaign, "  秋季   提升 ", ALL, PLENTY)
    campaign_id = campaign.stored.campaign_id
    assert (campaign.stored.name, campaign.state) == ("秋季 提升", "queued")
    assert "person_ids" not in ask(get_job, campaign.stored.job_id).request
    assert ask(read_drafts, campaign_id, limit=50) == []
    work()
    campaign = ask(get_campaign, campaign_id)
    made, failed = drafts_of(ask, campaign, limit=50), ask(read_failures, campaign_id)
    assert (campaign.state, campaign.unpublished) == ("review", len(made))
    assert (campaign.stored.planned, campaign.stored.refused) == (len(made), len(failed))
    assert len(made) + len(failed) == campaign.stored.people
    reasons = {each.person_id: each for each in failed}
    assert touched in reasons[person].problem.message + reasons[person].problem.hint
    assert reasons[person].name
    after = made[0].head.person_id
    assert drafts_of(ask, campaign, after=after, limit=50) == made[1:]
    assert [each.stored.campaign_id for each in ask(list_unpublished, limit=5)] == [campaign_id]

    # reviewed one by one: nobody else is asked before
    def waiting():
        found = ask(overview_plans, PlanFilter(awaiting="employee"), skip=0, limit=99)
        return {each.head.plan_id for each in found.plans}

    assert waiting() == {touched}
    first, second, third, *_ = made
    published = ask(publish_plans, campaign_id, {first.head.plan_id: first.head.version})
    assert (published.count, published.refused) == (1, ())
    assert waiting() == {touched, first.head.plan_id}
    # what was changed after it was read is not published unseen
    ask(edit_plan, second.head.plan_id, PlanEdit(hours_budget=500), seen=None)
    seen = {plan.head.plan_id: plan.head.version for plan in (first, second)}
    late = ask(publish_plans, campaign_id, seen)
    assert late.count == 0
    codes = {each.plan_id: each.error.code for each in late.refused}
    assert codes == {
        first.head.plan_id: "plan.approved-already",
        second.head.plan_id: "request.stale",
    }
    assert all(each.name for each in late.refused)
    # approved on its own page is published as well; cancelled there it waits no longer
    ask(decide_on_plan, third.head.plan_id, decision="approved", seen=None)
    left = ask(get_campaign, campaign_id).unpublished
    assert left == len(made) - 2
    ask(cancel_plan, second.head.plan_id, seen=None)
    assert ask(publish_plans, campaign_id).count == left - 1
    assert (ask(get_campaign, campaign_id).state, ask(list_unpublished, limit=5)) == (
        "published",
        [],
    )
    with pytest.raises(NotFoundError, match="plan"):
        ask(publish_plans, campaign_id, {touched: None})


def test_it_is_seen_by_those_of_its_unit_and_unknown_to_others(ask, work):
    own = ask(start_campaign, "own", ALL, PLENTY, who=HR)
    ask(start_campaign, "all", ALL, PLENTY)
    work()
    work()
    campaign_id = own.stored.campaign_id
    assert own.stored.org_unit == WEST
    for who, names in (
        (HR, ["own"]),
        (COLLEAGUE, ["own"]),
        (OTHER_HR, []),
        (ADMIN, ["all", "own"]),
    ):
        campaigns = ask(get_campaigns, limit=9, who=who)
        assert [each.stored.name for each in campaigns] == names, who
    assert [each.stored.name for each in ask(get_campaigns, limit=1)] == ["all"]
    made = drafts_of(ask, own, limit=50, who=COLLEAGUE)
    assert all(f"{plan.org_unit}/".startswith(f"{WEST}/") for plan in made)
    for use in (get_campaign, publish_plans, stop_campaign, read_failures):
        with pytest.raises(NotFoundError, match=r"campaign\.unknown"):
            ask(use, campaign_id, who=OTHER_HR)
    with pytest.raises(NotFoundError, match=r"campaign\.unknown"):
        ask(read_drafts, campaign_id, limit=5, who=OTHER_HR)
    for use in (get_campaign, publish_plans):
        with pytest.raises(ForbiddenError):
            ask(use, campaign_id, who=MANAGER)
    may_not = replace(HR, permissions=HR.permissions - {Permission.APPROVE_PLANS})
    with pytest.raises(ForbiddenError):
        ask(publish_plans, campaign_id, who=may_not)
    assert ask(list_unpublished, limit=9, who=MANAGER) == []
    assert ask(publish_plans, campaign_id, who=COLLEAGUE).count == len(made)


def test_who_lacks_most_is_served_first_while_there_is_money(ask, work):
    all_of_it = ask(preview_campaign, ALL, PLENTY).expected_cost
    budget = Budget(400, total_cost=all_of_it / 2)
    campaign = ask(start_campaign, "x", ALL, budget)
    work()
    campaign_id = campaign.stored.campaign_id
    totals = ask(read_totals, campaign_id)
    assert 0 < totals.cost <= all_of_it / 2
    failures = {each.person_id: each.problem for each in ask(read_failures, campaign_id)}
    assert {problem.code for problem in failures.values()} == {"plan.money-gone"}
    # nobody is given an empty plan instead
    drafts = ask(read_drafts, campaign_id, limit=50)
    assert all(draft.size.modules for draft in drafts)
    assert totals.plans == len(drafts)
    ranked = [each.head.person_id for each in ask(choose_people, ALL)]
    assert ranked[0] not in failures


def test_it_is_stopped_and_nothing_of_it_is_kept(ask, library):
    campaign = ask(start_campaign, "x", ALL, PLENTY, who=HR)
    campaign_id = campaign.stored.campaign_id
    assert ask(stop_campaign, campaign_id, who=COLLEAGUE).state == "cancelled"
    assert ask(read_drafts, campaign_id, limit=5) == []
    assert ask(read_failures, campaign_id) == []
    assert not ask(list_unpublished, limit=5)
    # the job is deleted after a while
    with writing(library.engine) as connection:
        connection.execute(schema.job.delete())
    assert ask(get_campaign, campaign_id).state == "failed"


def test_a_plan_that_a_later_campaign_makes_anew_is_there(ask, work):
    first = ask(start_campaign, "first", ALL, PLENTY)
    work()
    made = {each.head.plan_id for each in drafts_of(ask, first, limit=50)}
    later = ask(start_campaign, "later", ALL, Budget(300))
    work()
    assert {each.head.plan_id for each in drafts_of(ask, later, limit=50)} == made
    assert drafts_of(ask, first, limit=50) == []
    assert ask(get_campaign, first.stored.campaign_id).state == "empty"


def test_somebody_who_is_erased_leaves_it(ask, work):
    campaign = ask(start_campaign, "x", ALL, PLENTY)
    work()
    plan, *others = drafts_of(ask, campaign, limit=50)
    person_id = plan.head.person_id
    held = ask(export_person, person_id)
    rows = {section["name"]: section["rows"] for section in held["sections"]}
    assert [row["campaign_id"] for row in rows["campaign_plan"]] == [campaign.stored.campaign_id]
    ask(erase_person, person_id)
    assert drafts_of(ask, campaign, limit=50) == others
    assert ask(get_campaign, campaign.stored.campaign_id).unpublished == len(others)
