"""How far somebody is from another grade, and the plans that lead there."""

from dataclasses import replace

import asking
import pytest
from organisations import AS_OF, TINY, service_on, someone
from plan_office import EMPLOYEE, HR, ON_BOTH, PERSON, assess

from recommender.documents import render_plan_page, render_plan_pdf
from recommender.errors import InputError
from recommender.results import to_json
from recommender.service.framework import build_framework
from recommender.service.levels.questions import read_gaps
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import simulate_plan
from recommender.service.plans.reading import read_plan_document
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from recommender.store import schema, writing

TO_LIBRARIAN = PlanRequest(target_grade="librarian")


def aimed_gaps(office, target_grade, lang="zh-CN"):
    session = office.session(HR, lang)
    return read_gaps(session, PERSON, as_of=AS_OF, target_grade=target_grade)


def path_leading_to(service, grade):
    """The tiny catalogue, the path of which leads to a grade."""
    catalog = service.framework.catalog
    first, *others = catalog.paths
    paths = (first.model_copy(update={"target_grade": grade}), *others)
    return replace(service, framework=build_framework(catalog.model_copy(update={"paths": paths})))


# ---- gaps ----------------------------------------------------------------------------------------


def test_gaps_to_another_grade(office):
    own, found = aimed_gaps(office, None), aimed_gaps(office, "librarian")
    assert (own.grade, own.target_grade, own.headline) == ("assistant", None, None)
    assert (found.grade, found.target_grade) == ("assistant", "librarian")
    assert [(item.target, item.gap) for item in found.competencies] == [
        (3.0, 2.0),
        (2.0, 1.0),
        (3.0, 2.5),
    ]
    for gaps in (own, found):
        for item in gaps.competencies:
            assert item.probability_met == pytest.approx(1 - item.confidence, abs=1e-12)
    # levels are what they are, whatever they are compared with
    assert [item.level for item in own.competencies] == [item.level for item in found.competencies]


def test_how_far_it_is_in_a_sentence(office):
    assert aimed_gaps(office, "librarian").headline == (
        "3 项已评估的能力中，0 项达到副研究馆员的目标；"
        "差距最大的是编目知识（差 2.50 级）、参考咨询（差 2.00 级）、朗读指导（差 1.00 级）"
    )
    assess(office.service, PERSON, AS_OF, reference_desk=3.5)
    assert aimed_gaps(office, "librarian", "en").headline == (
        "targets of Librarian met in 1 of 3 assessed competencies; "
        "furthest off: Cataloguing (2.50 levels), Reading aloud (1.00 levels)"
    )
    with writing(office.service.engine) as connection:
        connection.execute(schema.assessment.delete())
    assert aimed_gaps(office, "librarian").headline == (
        "尚无有效评估，还不能判断距副研究馆员的目标有多远"
    )


def test_an_unknown_grade_is_named_with_those_there_are(office):
    session = office.session(HR)
    ranking = RecommendationRequest(target_grade="director")
    for ask, field in (
        (lambda: aimed_gaps(office, "director"), "query:target_grade"),
        (
            lambda: recommend_modules(session, PERSON, ranking, as_of=AS_OF, render=as_it_is),
            "query:target_grade",
        ),
        (lambda: office.create(request=PlanRequest(target_grade="director")), "#/target_grade"),
        (
            lambda: simulate_plan(
                session, PERSON, PlanRequest(target_grade="director"), as_of=AS_OF
            ),
            "#/target_grade",
        ),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.code == "target-grade.unknown"
        assert caught.value.values["field"] == field
        assert caught.value.values["grades_zh"] == "assistant（馆员）、librarian（副研究馆员）"


# ---- recommendations -----------------------------------------------------------------------------


@ON_BOTH
def test_what_was_ranked_for_one_grade_is_not_held_for_another(office):
    session = office.session(HR)

    def rank(target_grade):
        asked = RecommendationRequest(target_grade=target_grade)
        return recommend_modules(session, PERSON, asked, as_of=AS_OF, render=as_it_is)

    own = rank(None)
    found = rank("librarian")
    assert (own.target_grade, found.target_grade) == (None, "librarian")
    assert rank(None) == own
    reason = {item.module_id: item.reason for item in own.excluded}
    assert reason["rules-for-librarians"] == "wrong-grade"
    # open to the grade that is aimed at, and now kept away by its level alone
    reason = {item.module_id: item.reason for item in found.excluded}
    assert reason["rules-for-librarians"] == "not-ready"
    assert all(
        a.expected_gap_closed <= b.expected_gap_closed
        for a in own.recommendations
        for b in found.recommendations
        if a.module_id == b.module_id
    )


# ---- plans ---------------------------------------------------------------------------------------


def test_a_plan_to_another_grade(office):
    found = office.create(request=TO_LIBRARIAN)
    assert found.plan.target_grade == "librarian"
    assert found.gaps is not None
    assert (found.gaps.grade, found.gaps.target_grade) == ("assistant", "librarian")
    left = {item.competency_id: item.remaining for item in found.plan.remaining}
    closed = {
        gap.competency_id: gap.gap
        - min(
            gap.gap,
            sum(
                part.expected_improvement
                for item in found.plan.items
                for part in item.competencies
                if part.competency_id == gap.competency_id
            ),
        )
        for gap in found.gaps.competencies
    }
    assert left == pytest.approx({name: rest for name, rest in closed.items() if rest > 0})
    remaining = [item.remaining for item in found.plan.remaining]
    assert remaining == sorted(remaining, reverse=True)
    # the same draft as a simulation, and in JSON
    tried = simulate_plan(office.session(EMPLOYEE), PERSON, TO_LIBRARIAN, as_of=AS_OF)
    # but for the name of the manager, which only a kept plan is told with
    assert [replace(item, companion="") for item in tried.plan.items] == [
        replace(item, companion="") for item in found.plan.items
    ]
    assert tried.gaps == found.gaps
    assert to_json(found.plan)["target_grade"] == "librarian"


def test_a_plan_to_the_own_grade_is_the_plan_without_one(office):
    session = office.session(EMPLOYEE)
    own = simulate_plan(session, PERSON, PlanRequest(target_grade="assistant"), as_of=AS_OF)
    plain = simulate_plan(session, PERSON, PlanRequest(), as_of=AS_OF)
    assert own.plan.items == plain.plan.items
    assert (own.plan.target_grade, plain.plan.target_grade) == ("assistant", None)
    assert plain.plan.outlook is None


@ON_BOTH
def test_an_edited_plan_keeps_its_target_grade(office):
    plan_id = office.create(request=TO_LIBRARIAN).plan.plan_id
    with writing(office.service.engine) as connection:
        connection.execute(
            schema.person.update()
            .where(schema.person.c.person_id == PERSON)
            .values(grade="librarian")
        )
    found = office.edit(plan_id, remove=("children-and-shelves",), hours_budget=40.0)
    assert found.plan.target_grade == "librarian"
    assert found.gaps is not None
    assert (found.gaps.grade, found.gaps.target_grade) == ("assistant", "librarian")


def test_the_shortest_plan_has_no_bound_of_hours_and_says_what_it_takes(office):
    found = office.create(request=PlanRequest(shortest=True)).plan
    assert (found.objective, found.hours_budget, found.hour_price) == ("shortest", None, 0.0)
    assert found.total_hours == 6 + 8 + 5 + 4
    assert found.remaining == ()
    assert found.outlook == "最短安排共需 23 学时；已评估的能力预计都能达到本职级的目标"
    found = office.create(request=replace(TO_LIBRARIAN, shortest=True)).plan
    assert found.outlook == (
        "最短安排共需 23 学时；完成后预计仍未达到副研究馆员目标的有："
        "编目知识（差 1.80 级）、参考咨询（差 0.90 级）、朗读指导（差 0.50 级）"
    )


def test_the_shortest_plan_stays_so_until_people_choose(office):
    plan_id = office.create(request=PlanRequest(shortest=True)).plan.plan_id
    assert office.edit(plan_id, hours_budget=40.0).plan.objective == "by-hand"
    assert office.look(plan_id).plan.outlook is None


def test_a_path_leads_to_its_grade_unless_another_is_asked_for(office):
    office.service = path_leading_to(office.service, "librarian")
    path = PlanRequest(path="first-desk-year")
    found = office.create(request=path).plan
    assert (found.target_grade, found.path_id) == ("librarian", "first-desk-year")
    # its stages say how long it takes, so there is no bound of hours unless one is given
    assert found.hours_budget is None
    assert office.create(request=replace(path, hours_budget=9.0)).plan.hours_budget == 9.0
    own = office.create(request=replace(path, target_grade="assistant")).plan
    assert own.target_grade == "assistant"
    other = office.create(request=PlanRequest(path="shelves-for-all")).plan
    assert other.target_grade is None


def test_a_plan_keeps_its_target_when_its_path_gets_another(office):
    plan_id = office.create(request=PlanRequest(path="first-desk-year")).plan.plan_id
    office.service = path_leading_to(office.service, "librarian")
    found = office.edit(plan_id, remove=("classes-online",))
    assert found.plan.target_grade is None
    assert found.gaps is not None
    assert [item.target for item in found.gaps.competencies] == [2.0, 1.5, 1.0]


def test_plans_of_all_lead_to_the_target_grade(library):
    plans = asking.plan_all(library, TO_LIBRARIAN, as_of=AS_OF)
    assert {plan.target_grade for plan in plans} == {"librarian"}


def test_the_document_says_it(office):
    plan_id = office.create(request=replace(TO_LIBRARIAN, shortest=True)).plan.plan_id
    document = read_plan_document(office.session(HR), plan_id)
    assert (document.grade, document.target_grade) == ("馆员", "副研究馆员")
    page = render_plan_page(document, lang="zh-CN")
    for wanted in ("目标职级", *document.outlook):
        assert wanted in page
    assert len(document.outlook) == 2
    assert render_plan_pdf(document, lang="zh-CN").content.startswith(b"%PDF")


def test_a_document_shows_what_became_of_each_module_of_the_path(organisation):
    """However many they are: whoever follows a path asks after each of its modules."""
    service, _ = organisation
    request = PlanRequest(path="from-g2-to-g3", hours_budget=10.0)
    plan = asking.plan_all(service, request, as_of=AS_OF)[0]
    assert plan.target_grade == "g3"
    path = service.framework.path_of["from-g2-to-g3"]
    planned = {item.module_id for item in plan.items}
    reasons = {item.module_id: item.explanation for item in plan.left_out}
    assert all(reasons[name] for name in path.module_ids if name not in planned)
    document = read_plan_document(asking.session_of(service), plan.plan_id)
    page = render_plan_page(document, lang="zh-CN")
    for name in set(path.module_ids) - planned:
        assert service.framework.module_of[name].title.zh_cn in page


def test_a_plan_of_an_earlier_release_has_no_target_grade(library_url):
    with service_on(library_url, catalog=TINY) as service:
        person = someone(service, reference_desk=1.0)
        plan, _ = asking.plan(service, person, PlanRequest(), as_of=AS_OF)
        assert (plan.target_grade, plan.outlook) == (None, None)
