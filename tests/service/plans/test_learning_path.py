"""Plans within a learning path."""

import datetime as dt
import json
import math
from dataclasses import replace
from itertools import pairwise

import asking
import pandas as pd
import pytest
import sqlalchemy as sa
from organisations import AS_OF, TINY, service_on, someone

from recommender.documents import render_plan_page
from recommender.errors import ConflictError, NotFoundError
from recommender.exchange import write_xlsx
from recommender.results import to_json
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.dates import dates_of
from recommender.service.plans.document import PlanReader, build_plan_document
from recommender.store import reading, schema, writing
from recommender.table_kinds import KINDS

PATH = "first-desk-year"


def reasons(plan):
    return {item.module_id: item.reason for item in plan.left_out}


def refused(service, person, error, **wishes):
    with pytest.raises(error) as caught:
        asking.plan(service, person, PlanRequest(**wishes), as_of=AS_OF)
    return caught.value


@pytest.fixture
def person(library):
    """An assistant with gaps in everything."""
    return someone(library, reference_desk=1.0, reading_aloud=1.0, cataloguing=0.5)


def test_a_plan_within_a_path(library, person):
    free, _ = asking.plan(library, person, PlanRequest(), as_of=AS_OF)
    assert free.path_id is None
    assert {item.stage for item in free.items} == {None}
    # by what each adds per hour; the module of two competencies is not on the path
    assert [i.module_id for i in free.items] == [
        "desk-basics",
        "children-and-shelves",
        "desk-interview",
    ]
    plan, _ = asking.plan(library, person, PlanRequest(path=PATH), as_of=AS_OF, lang="en")
    assert plan.path_id == PATH
    assert [(i.module_id, i.stage) for i in plan.items] == [
        ("classes-online", "Finding"),
        ("desk-basics", "Asking"),
        ("desk-interview", "Asking"),
    ]
    assert plan.expected_gap_closed == pytest.approx(1.0 * 0.4 + 1.5 * 1.0)
    assert reasons(plan) == {
        "card-catalogue": "outside-path",
        "children-and-shelves": "outside-path",
        "rules-for-librarians": "outside-path",
    }
    for earlier, later in pairwise(plan.items):
        assert dates_of(earlier).can_come_before(dates_of(later))
    assert json.loads(json.dumps(to_json(plan)))["path_id"] == PATH


def test_budgets_hold_within_a_path(library, person):
    plan, _ = asking.plan(library, person, PlanRequest(path=PATH, hours_budget=9), as_of=AS_OF)
    assert [i.module_id for i in plan.items] == ["desk-basics"]
    assert reasons(plan)["classes-online"] == "over-hours"
    assert reasons(plan)["desk-interview"] == "over-hours"


def test_what_is_not_wanted_on_a_path(library, person):
    asked = PlanRequest(path=PATH, without=("desk-basics", "children-and-shelves"))
    plan, _ = asking.plan(library, person, asked, as_of=AS_OF)
    assert [i.module_id for i in plan.items] == ["classes-online"]
    assert reasons(plan) == {
        "children-and-shelves": "not-wanted",
        "desk-basics": "not-wanted",
        "desk-interview": "needs-unwanted",
        "rules-for-librarians": "outside-path",
        "card-catalogue": "outside-path",
    }


def test_what_has_to_be_in_has_to_be_on_the_path(library, person):
    allowed = PlanRequest(path=PATH, must=("desk-basics",), hours_budget=6)
    plan, _ = asking.plan(library, person, allowed, as_of=AS_OF)
    assert [i.module_id for i in plan.items] == ["desk-basics"]
    for name in ("children-and-shelves", "card-catalogue"):
        problem = refused(library, person, ConflictError, path=PATH, must=(name,))
        assert problem.code == "plan.must-excluded"
        assert problem.values["reason"] == "不在所选学习路径之内"


def test_a_module_of_the_path_keeps_its_own_reason(library):
    person = someone(library, reference_desk=1.0, cataloguing=3.0)
    plan, _ = asking.plan(library, person, PlanRequest(path=PATH), as_of=AS_OF)
    assert reasons(plan)["classes-online"] == "no-gap"
    problem = refused(library, person, ConflictError, path=PATH, must=("classes-online",))
    assert problem.values["reason"] == "对应能力项已达标"


def test_what_has_to_be_in_may_not_need_what_is_unwanted(library, person):
    problem = refused(
        library, person, ConflictError, must=("desk-interview",), without=("desk-basics",)
    )
    assert problem.code == "plan.must-excluded"
    assert problem.values["reason"] == "其先修课程按要求不列入"


def test_paths_that_cannot_be_taken(library):
    librarian = someone(library, grade="librarian", cataloguing=1.0)
    problem = refused(library, librarian, ConflictError, path=PATH)
    assert problem.code == "plan.path-for-other-grade"
    assert problem.values["grade_en"] == "Librarian"
    assert problem.values["grades_zh"] == "馆员"
    for name in ("none", ""):
        problem = refused(library, librarian, NotFoundError, path=name)
        assert problem.code == "path.unknown"
        assert problem.values["paths"] == "first-desk-year, shelves-for-all"
        with pytest.raises(NotFoundError):
            next(asking.plan_all(library, PlanRequest(path=name), as_of=AS_OF))
    # a path that names no grade is for everybody
    plan, _ = asking.plan(library, librarian, PlanRequest(path="shelves-for-all"), as_of=AS_OF)
    assert [i.module_id for i in plan.items] == ["classes-online", "children-and-shelves"]


def test_plans_of_all_whom_a_path_is_for(library):
    with reading(library.engine) as connection:
        grade_of = dict(
            connection.execute(sa.select(schema.person.c.person_id, schema.person.c.grade)).all()
        )
    assert set(grade_of.values()) == {"assistant", "librarian"}
    plans = list(asking.plan_all(library, PlanRequest(path=PATH), as_of=AS_OF))
    assert [p.person_id for p in plans] == [
        p for p in asking.person_ids(library) if grade_of[p] == "assistant"
    ]
    assert {plan.path_id for plan in plans} == {PATH}
    everybody = list(asking.plan_all(library, PlanRequest(path="shelves-for-all"), as_of=AS_OF))
    assert [plan.person_id for plan in everybody] == asking.person_ids(library)


def test_what_a_module_of_the_path_needs_comes_with_it(library, tmp_path):
    """As when an imported module names a prerequisite that the path does not have."""
    row = {
        "module_id": "classes-online",
        "title": "分类法在线课",
        "competency_ids": "cataloguing",
        "from_level": 0,
        "to_level": 3,
        "modality": "online",
        "hours": 4,
        "cost": 100,
        "prerequisites": "children-and-shelves",
        "expert_improvement": 0.6,
    }
    write_xlsx(pd.DataFrame([row]), tmp_path / "modules.xlsx", kind=KINDS["modules"])
    asking.import_table(library, "modules", tmp_path / "modules.xlsx", latest=AS_OF)
    person = someone(library, reference_desk=1.0, cataloguing=0.0)
    url = library.engine.url.render_as_string(hide_password=False)
    with service_on(url, catalog=TINY) as service:
        asked = PlanRequest(path=PATH, hours_budget=20)
        plan, document = asking.plan(service, person, asked, as_of=AS_OF)
        assert [(i.module_id, i.stage) for i in plan.items] == [
            ("children-and-shelves", "会查"),
            ("classes-online", "会查"),
            ("desk-basics", "会问"),
        ]
        assert [module.title for module in document.left_out] == ["咨询访谈"]


def test_the_document_names_path_and_stages_and_says_of_each_module_why(library, person):
    asked = PlanRequest(path=PATH, hours_budget=9)
    _, document = asking.plan(library, person, asked, as_of=AS_OF)
    assert document.path == "咨询台第一年"
    assert [item.stage for item in document.items] == ["会问"]
    # those of the path, in its order
    assert [module.title for module in document.left_out] == ["分类法在线课", "咨询访谈"]
    page = render_plan_page(document, lang="zh-CN")
    assert "学习路径：咨询台第一年。" in page
    assert page.count(">会问</th>") == 1
    _, without = asking.plan(library, person, PlanRequest(), as_of=AS_OF)
    assert 'class="stage"' not in render_plan_page(without, lang="zh-CN")


def test_a_plan_that_takes_longer_than_its_path_says_so(library, person):
    with writing(library.engine) as connection:
        connection.execute(schema.offering.delete())
    # 4 h, 6 h and 8 h, and 12 h a month
    plan, document = asking.plan(library, person, PlanRequest(path=PATH), as_of=AS_OF)
    assert [i.proposed_month for i in plan.items] == ["2026-11", "2026-11", "2026-12"]
    assert document.notes == ()
    run = {"offering_id": "late", "module_id": "desk-interview", "place": "二楼", "seats": 9}
    day = AS_OF + dt.timedelta(weeks=20, days=1)
    with writing(library.engine) as connection:
        connection.execute(
            schema.offering.insert().values(run | {"starts_on": day, "ends_on": day})
        )
    _, document = asking.plan(library, person, PlanRequest(path=PATH), as_of=AS_OF)
    due = AS_OF + dt.timedelta(weeks=20)
    assert document.notes == (
        f"学习路径应在第 20 周前完成（{due}）；按已开班次和每月学时，本计划要到 {day} 才完成",
    )


def test_a_plan_is_as_late_as_its_latest_item(library, person):
    with writing(library.engine) as connection:
        connection.execute(schema.offering.delete())
    plan, _ = asking.plan(library, person, PlanRequest(path=PATH), as_of=AS_OF)
    gaps = asking.gaps(library, person, as_of=AS_OF)
    reader = PlanReader("某人", "阅览部", "", synthetic=True)
    due = AS_OF + dt.timedelta(weeks=20)
    # 20 weeks from 1 November end on 21 March: what is proposed for that month can be done by then
    for month, is_late in (("2027-03", False), ("2027-04", True)):
        first = replace(plan.items[0], proposed_month="2026-12", proposed_until=month)
        late = replace(plan, items=(first, *plan.items[1:]))
        document = build_plan_document(
            library.framework, reader, gaps, late, places={}, lang="zh-CN"
        )
        said = [note for note in document.notes if f"（{due}）" in note]
        assert len(said) == is_late
        assert not is_late or said[0].endswith(f"本计划要到 {month} 才完成")


def test_a_path_that_has_nothing_for_a_person(library):
    someone(library, reference_desk=0.5, reading_aloud=0.5, cataloguing=3.0)
    plan, document = asking.plan(library, "L1", PlanRequest(path=PATH, hours_budget=5), as_of=AS_OF)
    assert plan.items == ()
    assert reasons(plan)["classes-online"] == "no-gap"
    for lang, wanted in (
        ("zh-CN", "该学习路径中没有适合安排的课程"),
        ("en", "no course of this learning path"),
    ):
        assert wanted in render_plan_page(document, lang=lang)


def test_the_paths_that_ship(organisation):
    """For everybody of the right grade: only the path's modules, its stages in order."""
    service, _ = organisation
    catalog = service.framework.catalog
    for path in catalog.paths:
        stages = [stage.name.en for stage in path.stages]
        planned = 0
        for plan in asking.plan_all(
            service, PlanRequest(path=path.id, hours_budget=math.inf), as_of=AS_OF, lang="en"
        ):
            assert {item.module_id for item in plan.items} <= set(path.module_ids)
            places = [stages.index(item.stage) for item in plan.items]
            assert places == sorted(places)
            outside = {i.module_id for i in plan.left_out if i.reason == "outside-path"}
            assert outside == set(service.framework.modules.ids) - set(path.module_ids)
            planned += len(plan.items)
        assert planned, path.id
