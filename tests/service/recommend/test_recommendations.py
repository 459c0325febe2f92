"""Gaps, recommendations, plans and explanations, end to end over a real database."""

import datetime as dt
import itertools
import json
import math
from statistics import fmean

import asking
import pytest
import sqlalchemy as sa
from asking import session_of
from organisations import AS_OF

from recommender.errors import ConflictError, NotFoundError
from recommender.ranking import Objective
from recommender.results import to_json
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import create_plans
from recommender.store import reading, schema
from recommender.working_days import is_working_day

GAP_KEYS = {
    "competency_id",
    "status",
    "level",
    "standard_error",
    "target",
    "gap",
    "weight",
    "confidence",
    "priority",
    "method",
    "assessed_on",
    "standing",
}
SERVED_KEYS = {
    "competency_id",
    "gap",
    "expected_improvement",
    "lower",
    "upper",
    "evidence_count",
    "basis",
}
PLAN_KEYS = {
    "plan_id",
    "person_id",
    "as_of",
    "objective",
    "hours_budget",
    "cost_budget",
    "items",
    "assess_first",
    "total_hours",
    "total_cost",
    "expected_gap_closed",
    "model_id",
    "catalog_digest",
}
CLOSE = {"rel": 0, "abs": 1e-9}


def stored(service, table, **where):
    query = sa.select(table).where(*(table.c[name] == value for name, value in where.items()))
    query = query.order_by(*table.primary_key)  # numbered, so in the order in which they came
    with reading(service.engine) as connection:
        return [row._mapping for row in connection.execute(query)]


def plain(result):
    """Return a result as JSON would carry it."""
    return json.loads(json.dumps(to_json(result), allow_nan=False))


@pytest.fixture
def everybody(service):
    return asking.person_ids(service)


# -- gaps --


def test_gaps_have_the_agreed_keys_in_framework_order(service, everybody):
    for person in everybody:
        found = plain(asking.gaps(service, person, as_of=AS_OF))
        assert {"person_id", "as_of", "grade", "competencies"} <= set(found)
        assert (found["person_id"], found["as_of"]) == (person, AS_OF.isoformat())
        names = [item["competency_id"] for item in found["competencies"]]
        assert names == list(service.framework.competency_ids)
        for item in found["competencies"]:
            assert set(item) >= GAP_KEYS
            if item["status"] == "assess-first":
                unknown = [
                    "level",
                    "standard_error",
                    "gap",
                    "confidence",
                    "priority",
                    "method",
                    "assessed_on",
                    "standing",
                ]
                assert [item[name] for name in unknown] == [None] * len(unknown)
                continue
            assert item["status"] == "assessed"
            assert item["gap"] == pytest.approx(max(0, item["target"] - item["level"]), **CLOSE)
            expected = "met" if item["gap"] == 0 else "near" if item["gap"] < 0.1 else "gap"
            assert item["standing"] == expected
            assert item["priority"] == pytest.approx(item["weight"] * item["gap"], **CLOSE)
            z = (item["target"] - item["level"]) / item["standard_error"]
            assert item["confidence"] == pytest.approx(
                (1 + math.erf(z / math.sqrt(2))) / 2, **CLOSE
            )


def test_targets_are_those_of_the_grade(service, everybody):
    profiles = {p.grade: p.targets for p in service.framework.catalog.profiles}
    for person in everybody:
        found = asking.gaps(service, person, as_of=AS_OF)
        for item in found.competencies:
            target = profiles[found.grade][item.competency_id]
            assert (item.target, item.weight) == (target.level, target.weight)


def test_nothing_later_than_the_day_counts(service, everybody):
    early = AS_OF - dt.timedelta(days=300)
    days = [
        item.assessed_on
        for person in everybody
        for item in asking.gaps(service, person, as_of=early).competencies
        if item.assessed_on
    ]
    assert days
    assert max(days) <= early


def test_old_assessments_are_no_gaps(service, everybody):
    later = AS_OF + dt.timedelta(days=365 * 4)
    for person in everybody[:3]:
        found = asking.gaps(service, person, as_of=later)
        assert {item.status for item in found.competencies} == {"assess-first"}
        plan, _ = asking.plan(service, person, PlanRequest(), as_of=later)
        assert plan.items == ()
        assert plan.assess_first == service.framework.competency_ids
        assert asking.recommend(service, person, as_of=later).recommendations == ()


def test_an_unknown_person(service):
    for ask in (asking.gaps, asking.recommend):
        with pytest.raises(NotFoundError) as caught:
            ask(service, "nobody", as_of=AS_OF)
        assert caught.value.code == "person.unknown"


# -- recommendations --


def test_recommendations_have_the_agreed_keys(service, everybody):
    for person in everybody:
        found = plain(asking.recommend(service, person, as_of=AS_OF, top=5))
        assert set(found) >= {"person_id", "as_of", "model_id", "catalog_digest"}
        assert found["model_id"] is None
        assert found["catalog_digest"] == service.framework.catalog.digest
        ranks = [item["rank"] for item in found["recommendations"]]
        assert ranks == list(range(1, len(ranks) + 1))
        for item in found["recommendations"]:
            assert {"rank", "module_id", "expected_gap_closed", "hours", "cost"} <= set(item)
            assert item["reasons"]
            for served in item["competencies"]:
                assert set(served) >= SERVED_KEYS
                assert served["basis"] == "expert"
                assert (served["lower"], served["upper"]) == (None, None)
                assert served["evidence_count"] == 0
        assert all({"module_id", "reason"} <= set(item) for item in found["excluded"])


def test_every_module_is_either_ranked_or_excluded(service, everybody):
    modules = set(service.framework.modules.ids)
    for person in everybody:
        found = asking.recommend(service, person, as_of=AS_OF, top=len(modules))
        ranked = [item.module_id for item in found.recommendations]
        excluded = [item.module_id for item in found.excluded]
        assert sorted(ranked + excluded) == sorted(modules)
        assert all(item.explanation for item in found.excluded)


@pytest.mark.parametrize("objective", list(Objective))
def test_ranking_by_objective(objective, service, everybody):
    for person in everybody[:5]:
        gaps = {i.competency_id: i for i in asking.gaps(service, person, as_of=AS_OF).competencies}
        found = asking.recommend(service, person, as_of=AS_OF, top=300, objective=objective)
        worth = []
        for item in found.recommendations:
            closed = sum(
                gaps[s.competency_id].weight * min(s.gap, max(0, s.expected_improvement))
                for s in item.competencies
            )
            assert item.expected_gap_closed == pytest.approx(closed, **CLOSE)
            per = {"gap": 1, "per_hour": item.hours, "per_cost": item.cost}[objective.value]
            worth.append(closed / per if per else math.inf)
        assert all(a >= b - 1e-9 for a, b in itertools.pairwise(worth))
        # the figure it is sorted by is told; beyond any price there is none
        told = [math.inf if item.value is None else item.value for item in found.recommendations]
        assert told == pytest.approx(worth, **CLOSE)


def test_shown_excluded_and_further_modules_are_the_whole_catalogue(service, everybody):
    n_modules = len(service.framework.modules.ids)
    for person in everybody:
        for limits in ({}, {"top": 3}, {"hours": 8.0}, {"top": 2, "budget": 500.0}):
            found = asking.recommend(service, person, as_of=AS_OF, **limits)
            counted = len(found.recommendations) + found.further + len(found.excluded)
            assert counted == n_modules
            assert found.further >= 0


def test_what_was_shown_is_kept_with_its_rank(service, everybody):
    person = everybody[-1]
    before = len(stored(service, schema.shown, person_id=person))
    found = asking.recommend(
        service, person, as_of=AS_OF, top=4, objective=Objective.PER_HOUR, lang="en"
    )
    (row,) = stored(service, schema.shown, person_id=person)[before:]
    assert row["modules"] == [
        {
            "module_id": item.module_id,
            "expected_gap_closed": pytest.approx(item.expected_gap_closed, **CLOSE),
        }
        for item in found.recommendations
    ]
    assert [item.rank for item in found.recommendations] == [1, 2, 3, 4]
    assert (row["objective"], row["as_of"], row["model_id"]) == ("per_hour", AS_OF, None)
    assert row["catalog_digest"] == found.catalog_digest


def test_completed_modules_are_not_recommended(organisation):
    service, sample = organisation
    done = sample.enrolments[sample.enrolments["status"] == "completed"]
    recent = done[done["completed_on"] > AS_OF - dt.timedelta(days=300)]
    assert len(recent)
    for person, rows in recent.groupby("person_id"):
        repeated = {
            name
            for name in rows["module_id"]
            if service.framework.module_of[name].repeat_months >= 12
        }
        found = asking.recommend(service, person, as_of=AS_OF, top=300)
        assert not repeated & {item.module_id for item in found.recommendations}
        reasons = {item.module_id: item.reason for item in found.excluded}
        allowed = {"completed-recently", "wrong-grade", "retired"}
        assert {reasons[name] for name in repeated} <= allowed
        plan, _ = asking.plan(service, person, PlanRequest(), as_of=AS_OF)
        assert not repeated & {item.module_id for item in plan.items}


def test_only_the_modalities_that_are_allowed(service, everybody):
    found = asking.recommend(service, everybody[0], as_of=AS_OF, top=300, modalities=["online"])
    kinds = {service.framework.module_of[i.module_id].modality for i in found.recommendations}
    assert kinds <= {"online"}


def test_languages_differ_in_words_only(service, everybody):
    zh, en = (
        plain(asking.recommend(service, everybody[1], as_of=AS_OF, lang=lang))
        for lang in ("zh-CN", "en")
    )
    assert [i["reasons"] for i in zh["recommendations"]] != [
        i["reasons"] for i in en["recommendations"]
    ]
    for found in (zh, en):
        for item in (*found["recommendations"], *found["excluded"]):
            item.pop("reasons", None)
            item.pop("explanation", None)
    assert zh == en


# -- plans --


def check_plan(service, plan, document):
    modules = service.framework.module_of
    found = plain(plan)
    assert set(found) >= PLAN_KEYS
    assert [item["order"] for item in found["items"]] == list(range(1, len(plan.items) + 1))
    seen = set()
    for item in plan.items:
        assert {"order", "module_id", "hours", "cost", "competencies"} <= set(to_json(item))
        assert all(set(to_json(served)) >= SERVED_KEYS for served in item.competencies)
        if item.offering_id:
            assert AS_OF < item.starts_on <= item.ends_on
            assert item.proposed_month is None
        else:
            assert (item.starts_on, item.ends_on) == (None, None)
            assert item.proposed_month >= f"{AS_OF:%Y-%m}"
        module = modules[item.module_id]
        assert (item.hours, item.cost) == (module.hours, module.cost)
        assert item.reasons
        assert item.order_reasons
        for before in module.prerequisites:
            planned = before in {i.module_id for i in plan.items}
            assert before in seen or not planned
        seen.add(item.module_id)
    assert plan.total_hours == pytest.approx(sum(i.hours for i in plan.items))
    assert plan.total_cost == pytest.approx(sum(i.cost for i in plan.items))
    assert plan.expected_gap_closed == pytest.approx(sum(i.adds for i in plan.items), abs=1e-9)
    if plan.hours_budget is not None:
        assert plan.total_hours <= plan.hours_budget + 1e-9
    if plan.cost_budget is not None:
        assert plan.total_cost <= plan.cost_budget + 1e-9
    left_out = [item.module_id for item in plan.left_out]
    assert sorted([*seen, *left_out]) == sorted(modules)
    assert [item.order for item in document.items] == [item.order for item in plan.items]


def check_kept(service, plan):
    (head,) = stored(service, schema.plan, plan_id=plan.plan_id)
    assert (head["person_id"], head["as_of"], head["status"]) == (plan.person_id, AS_OF, "draft")
    assert (head["catalog_digest"], head["model_id"]) == (plan.catalog_digest, plan.model_id)
    assert head["created_at"] is not None
    *earlier, last = stored(service, schema.plan_version, plan_id=plan.plan_id)
    # a draft that was there already is made anew
    assert (last["version"], last["actor"]) == (head["version"], "cli")
    assert last["change"] == ("remade" if earlier else "created")
    assert last["body"]["plan"] == to_json(plan)
    assert last["body"]["gaps"]["grade"] == asking.gaps(service, plan.person_id, as_of=AS_OF).grade


@pytest.mark.parametrize(
    "request_",
    [
        PlanRequest(),
        PlanRequest(hours_budget=12.0, cost_budget=800.0),
        PlanRequest(hours_budget=math.inf, cost_budget=math.inf),
        PlanRequest(hours_budget=0.0),
        PlanRequest(modalities=["online", "coaching"]),
    ],
    ids=["default", "tight", "no limit", "no hours", "modalities"],
)
def test_plans(request_, service, everybody):
    for person in everybody[:2]:
        plan, document = asking.plan(service, person, request_, as_of=AS_OF)
        check_plan(service, plan, document)
        check_kept(service, plan)
        assert plan.assess_first == tuple(
            item.competency_id
            for item in asking.gaps(service, person, as_of=AS_OF).competencies
            if item.status == "assess-first"
        )


def test_must_and_without(service, everybody):
    person = everybody[2]
    free, _ = asking.plan(service, person, PlanRequest(), as_of=AS_OF)
    unwanted = free.items[0].module_id
    plan, document = asking.plan(service, person, PlanRequest(without=(unwanted,)), as_of=AS_OF)
    check_plan(service, plan, document)
    assert unwanted not in {item.module_id for item in plan.items}
    assert {i.module_id: i.reason for i in plan.left_out}[unwanted] == "not-wanted"
    near = next(i.module_id for i in free.left_out if i.reason in ("over-hours", "adds-nothing"))
    wanted, document = asking.plan(service, person, PlanRequest(must=(near,)), as_of=AS_OF)
    check_plan(service, wanted, document)
    assert near in {item.module_id for item in wanted.items}
    assert wanted.expected_gap_closed <= free.expected_gap_closed + 0.002 * 40 + 1e-9


def refuse(service, person, error, **wishes):
    with pytest.raises(error) as caught:
        asking.plan(service, person, PlanRequest(**wishes), as_of=AS_OF)
    return caught.value.code


def test_wishes_that_cannot_be_met(service, everybody):
    person = everybody[2]
    versions = len(stored(service, schema.plan_version))
    free, _ = asking.plan(service, person, PlanRequest(), as_of=AS_OF)
    first = free.items[0].module_id
    excluded = next(item.module_id for item in free.left_out if item.reason == "no-gap")
    assert refuse(service, person, NotFoundError, must=("none",)) == "module.unknown"
    assert refuse(service, person, NotFoundError, without=("none",)) == "module.unknown"
    both = {"must": (first,), "without": (first,)}
    assert refuse(service, person, ConflictError, **both) == "plan.must-and-without"
    assert refuse(service, person, ConflictError, must=(excluded,)) == "plan.must-excluded"
    small = {"must": (first,), "hours_budget": 0.5}
    assert refuse(service, person, ConflictError, **small) == "plan.infeasible"
    assert len(stored(service, schema.plan_version)) == versions + 1


def test_offerings_give_the_dates(organisation):
    service, sample = organisation
    offerings = {row["offering_id"]: row for row in sample.offerings.to_dict("records")}
    dated = proposed = 0
    for person in asking.person_ids(service):
        plan, _ = asking.plan(service, person, PlanRequest(), as_of=AS_OF)
        for item in plan.items:
            if item.offering_id:
                run = offerings[item.offering_id]
                assert run["module_id"] == item.module_id
                assert (item.starts_on, item.ends_on) == (run["starts_on"], run["ends_on"])
                assert is_working_day(item.starts_on, "CN")
                assert is_working_day(item.ends_on, "CN")
                dated += 1
            else:
                assert (item.starts_on, item.ends_on) == (None, None)
                assert item.proposed_month
                proposed += 1
    assert dated
    assert proposed


def test_plans_of_everybody(service, everybody):
    before = len(stored(service, schema.plan_version))
    plans = list(asking.plan_all(service, PlanRequest(hours_budget=20.0), as_of=AS_OF))
    assert [plan.person_id for plan in plans] == everybody
    assert len(stored(service, schema.plan_version)) == before + len(everybody)
    drafts = [row["person_id"] for row in stored(service, schema.plan, status="draft")]
    assert sorted(drafts) == everybody
    alone, _ = asking.plan(service, everybody[4], PlanRequest(hours_budget=20.0), as_of=AS_OF)
    together = plans[4]
    assert [i.module_id for i in alone.items] == [i.module_id for i in together.items]
    assert alone.expected_gap_closed == together.expected_gap_closed


def test_plans_of_an_org_unit(organisation):
    service, sample = organisation
    path = sample.people["org_unit"].iloc[0]
    branch = path.split("/")[0]
    for unit, rows in (
        (path, sample.people[sample.people["org_unit"] == path]),
        (f" {branch}/ ", sample.people[sample.people["org_unit"].str.startswith(f"{branch}/")]),
    ):
        plans = list(asking.plan_all(service, PlanRequest(), as_of=AS_OF, org_unit=unit))
        assert [plan.person_id for plan in plans] == rows["person_id"].tolist()
    with pytest.raises(NotFoundError) as caught:
        list(asking.plan_all(service, PlanRequest(), as_of=AS_OF, org_unit=branch[:2]))
    assert caught.value.code == "org-unit.unknown"


def test_half_a_run_keeps_no_plan(service):
    before = len(stored(service, schema.plan))

    def break_off(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_plans(session_of(service), PlanRequest(), as_of=AS_OF, note_progress=break_off)
    assert len(stored(service, schema.plan)) == before


# -- explanations --


def level_of_ratings(framework, rows):
    """Compute the level of raw ratings again, after DESIGN section 4."""
    weights = framework.catalog.settings.rater_weights
    fulfilment = {}
    for level in (4, 3, 2, 1):
        by_type = {}
        for row in rows:
            if framework.indicator_levels[row["indicator_id"]] == level:
                by_type.setdefault(row["rater_type"], []).append(row["rating"])
        share = sum(weights[kind] for kind in by_type)
        fulfilled = sum(weights[k] * fmean(v) / 3 for k, v in by_type.items()) / (share or 1)
        # nobody was asked about it: as the level above, 0 above the highest
        fulfilment[level] = fulfilled if by_type else fulfilment.get(level + 1, 0.0)
    below, total = 1.0, 0.0
    for level in (1, 2, 3, 4):
        below = min(below, fulfilment[level])
        total += below
    return total


def test_levels_are_explained_down_to_the_raw_rows(organisation):
    service, _sample = organisation
    sources = set()
    for person in asking.person_ids(service)[:3]:
        for item in asking.gaps(service, person, as_of=AS_OF).competencies:
            found = asking.explain(service, person, item.competency_id, as_of=AS_OF)
            assert (found.level, found.standard_error) == (item.level, item.standard_error)
            assert found.assessed_on == item.assessed_on
            json.dumps(to_json(found), allow_nan=False)
            sources.add(found.source)
            if found.source is None:
                assert found.rows == found.parts == []
                continue
            assert all(row["person_id"] == person for row in found.rows)
            assert {row["competency_id"] for row in found.rows} == {item.competency_id}
            if found.source == "ratings":
                again = level_of_ratings(service.framework, found.rows)
                assert found.level == pytest.approx(again, **CLOSE)
                assert max(row["rated_on"] for row in found.rows) == found.assessed_on
                assert sum(part["weight"] for part in found.parts) == pytest.approx(1)
                assert sum(part["ratings"] for part in found.parts) == len(found.rows)
            elif found.source == "exams":
                passed = max((p["exam_level"] for p in found.parts if p["passed"]), default=0)
                above = [p for p in found.parts if p["exam_level"] > passed and p["complete"]]
                lowest = min((p["exam_level"] for p in above), default=passed)
                tries = [p for p in above if p["exam_level"] == lowest]
                share = tries[-1]["standard_score"] / tries[-1]["pass_mark"] if tries else 0
                level = min(4.0, passed + (lowest - passed) * share)
                assert found.level == pytest.approx(level, **CLOSE)
            else:
                (row,) = found.rows
                assert row["level"] == found.level
    assert sources >= {"ratings", "exams", None}


def test_no_such_competency(service, everybody):
    with pytest.raises(NotFoundError) as caught:
        asking.explain(service, everybody[0], "none", as_of=AS_OF)
    assert caught.value.code == "competency.unknown"
