"""Versions of a plan, its documents and words, and plans tried out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from organisations import AS_OF, count_rows
from plan_office import (
    EMPLOYEE,
    HR,
    LINE_MANAGER,
    ON_BOTH,
    PARTIES,
    PERSON,
    UNIT,
    modules_of,
    planned_in,
    refused,
    rows,
)

from recommender.errors import (
    ConflictError,
    NotFoundError,
)
from recommender.results import ExcludedModule
from recommender.service.framework import build_framework
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import create_plan, simulate_plan
from recommender.service.plans.reading import (
    comment_on_plan,
    read_comments,
    read_plan,
    read_plan_document,
    read_plan_versions,
)
from recommender.service.plans.reasons import name_competency, name_module, reword
from recommender.store import schema, writing

pytestmark = ON_BOTH

# ---- versions, comments, documents ---------------------------------------------------------------


def test_every_change_is_a_version_that_stays_as_it_was(office):
    plan_id = office.create(EMPLOYEE).plan.plan_id
    office.approve(plan_id, "employee")
    office.edit(
        plan_id,
        LINE_MANAGER,
        remove=("desk-interview",),
        add=("classes-online",),
        note="访谈明年再学",
    )
    office.reject(plan_id, "hr", "预算不足")
    office.approve(plan_id)
    office.activate(plan_id)
    before = rows(office, schema.plan_version, plan_id=plan_id)
    office.cancel(plan_id)
    assert rows(office, schema.plan_version, plan_id=plan_id)[:-1] == before
    entries = office.read(EMPLOYEE, read_plan_versions, plan_id, limit=20)
    assert [(e.version, e.change, e.party, e.status) for e in entries] == [
        (1, "created", "employee", "draft"),
        (2, "approved", "employee", "draft"),
        (3, "edited", "manager", "draft"),
        (4, "rejected", "hr", "draft"),
        (5, "approved", "employee", "draft"),
        (6, "approved", "manager", "draft"),
        (7, "approved", "hr", "approved"),
        (8, "activated", "hr", "active"),
        (9, "cancelled", "hr", "cancelled"),
    ]
    assert entries[2].note == "访谈明年再学"
    assert [(e.added, e.removed) for e in entries if e.added or e.removed] == [
        (("desk-basics", "children-and-shelves", "desk-interview"), ()),
        (("classes-online",), ("desk-interview",)),
    ]
    # page by page
    pages = [
        office.read(EMPLOYEE, read_plan_versions, plan_id, after=after, limit=1)
        for after in range(10)
    ]
    assert pages == [*([entry] for entry in entries), []]
    first = office.read(HR, read_plan, plan_id, version=2)
    assert modules_of(first)[2] == "desk-interview"
    assert (first.version, first.plan.status, first.head.version) == (2, "draft", 9)
    for version in (0, 10):
        refused(
            NotFoundError,
            "plan.unknown-version",
            office.read,
            HR,
            read_plan,
            plan_id,
            version=version,
        )


def test_comments_leave_the_plan_as_it_is(office):
    plan_id = office.create().plan.plan_id
    for party, who in PARTIES.items():
        assert office.write(who, comment_on_plan, plan_id, f"{party} 的意见").party == party
    comments = office.read(EMPLOYEE, read_comments, plan_id, limit=2)
    assert [(c.party, c.text) for c in comments] == [
        ("employee", "employee 的意见"),
        ("manager", "manager 的意见"),
    ]
    rest = office.read(EMPLOYEE, read_comments, plan_id, after=comments[-1].comment_id, limit=2)
    assert [c.party for c in rest] == ["hr"]
    assert office.look(plan_id).version == 1


def test_a_plan_reads_the_same_in_both_languages(office):
    plan_id = office.create(request=PlanRequest(path="first-desk-year")).plan.plan_id
    session = office.session(HR, "en")
    made = create_plan(session, PERSON, PlanRequest(path="first-desk-year"), as_of=AS_OF)
    # kept in Chinese, read in English: as if it had been made in English
    read = office.read(HR, read_plan, plan_id, lang="en").plan
    assert read.items == made.plan.items
    assert read.left_out == made.plan.left_out
    assert read.items[0].stage == "Finding"


def test_the_document_of_a_version_shows_it_as_it_was_decided(office):
    plan_id = planned_in(office)
    office.activate(plan_id)
    office.edit(plan_id, remove=("children-and-shelves",))
    active = office.read(HR, read_plan_document, plan_id, version=5)
    assert (active.status, len(active.items)) == ("active", 3)
    assert [approval.party for approval in active.approvals] == ["employee", "manager", "hr"]
    assert "二楼教室" in {item.place for item in active.items}
    assert (active.name, active.manager, active.org_unit) == ("欧阳春", "司马光远", UNIT)
    now = office.read(HR, read_plan_document, plan_id, lang="en")
    assert (now.status, len(now.items), now.approvals) == ("draft", 2, ())
    assert now.items[0].title == "The desk for beginners"
    assert now.grade == "Assistant"
    assert "not-wanted" not in str(now.left_out)
    assert ("Books and voices in the children's room", "left out on request") in [
        (module.title, module.reason) for module in now.left_out
    ]


def test_a_plan_of_an_earlier_release_is_read(office):
    """Such a body has neither gaps nor reasons; see the migration that moved it."""
    plan_id = office.create().plan.plan_id
    (row,) = rows(office, schema.plan_version)
    kept = row["body"]["plan"]
    for name in ("path_id", "left_out", "hour_price"):
        del kept[name]
    for item in kept["items"]:
        for name in ("stage", "reasons", "order_reasons", "needed_by", "fixed"):
            del item[name]
    with writing(office.service.engine) as connection:
        connection.execute(schema.plan_version.update().values(body={"plan": kept}, actor="system"))
    found = office.look(plan_id)
    assert (found.gaps, found.party, found.plan.left_out) == (None, None, ())
    assert found.plan.items[0].reasons
    document = office.read(HR, read_plan_document, plan_id)
    assert [row.level for row in document.competencies] == [1.0, 1.0, 0.5]
    # what it left out was not kept, so nothing is said of the rest of the catalogue
    assert document.left_out_count is None
    office.approve(plan_id)
    office.activate(plan_id)
    office.fulfil(plan_id)
    found = office.complete(plan_id)
    assert [part.level_before for part in found.outcome] == [1.0, 1.0, 0.5]
    assert office.read(HR, read_plan_versions, plan_id, limit=20)[0].party is None


def test_a_plan_that_did_not_tell_who_is_near_a_target_tells_it(office):
    plan_id = office.create().plan.plan_id
    (row,) = rows(office, schema.plan_version)
    body = row["body"]
    for item in body["gaps"]["competencies"]:
        del item["standing"]
    body["gaps"]["competencies"][0] |= {"level": 1.95, "gap": 0.05}
    with writing(office.service.engine) as connection:
        connection.execute(schema.plan_version.update().values(body=body))
    found = office.look(plan_id)
    assert [item.standing for item in found.gaps.competencies] == ["near", "gap", "gap"]
    document = office.read(HR, read_plan_document, plan_id)
    assert [row.standing for row in document.competencies] == ["near", "gap", "gap"]


# ---- what if -------------------------------------------------------------------------------------


def test_what_if_keeps_nothing(office):
    url = office.service.engine.url.render_as_string(hide_password=False)
    before = count_rows(url)
    session = office.session(EMPLOYEE)
    as_is = simulate_plan(session, PERSON, PlanRequest(), as_of=AS_OF)
    assert as_is.plan.plan_id == ""
    assert [i.module_id for i in as_is.plan.items] == [
        "desk-basics",
        "children-and-shelves",
        "desk-interview",
    ]
    short = simulate_plan(session, PERSON, PlanRequest(hours_budget=6.0), as_of=AS_OF)
    assert [i.module_id for i in short.plan.items] == ["desk-basics"]
    without = simulate_plan(session, PERSON, PlanRequest(without=("desk-basics",)), as_of=AS_OF)
    assert "desk-interview" not in [i.module_id for i in without.plan.items]
    later = simulate_plan(session, PERSON, PlanRequest(), as_of=dt.date(2028, 9, 1))
    assert later.plan.items == ()
    assert later.plan.assess_first == ("reference-desk", "reading-aloud", "cataloguing")
    assert count_rows(url) == before


# ---- words ---------------------------------------------------------------------------------------


def test_what_has_left_the_catalogue_keeps_its_words(office):
    found = office.create(request=PlanRequest(path="shelves-for-all"))
    catalog = office.service.framework.catalog
    smaller = build_framework(
        catalog.model_copy(
            update={
                "modules": tuple(m for m in catalog.modules if m.id != "classes-online"),
                "paths": (),
            }
        )
    )
    other = reword(smaller, found.plan, "en")
    before = {item.module_id: item for item in found.plan.items}
    assert [item.stage for item in other.items] == ["认架", "认架"]
    # the module is gone, but what it serves is there
    assert other.items[0].reasons != before[other.items[0].module_id].reasons
    assert name_module(smaller, "classes-online", "en") == "classes-online"
    gone = replace(
        found.plan.items[0],
        competencies=(replace(found.plan.items[0].competencies[0], competency_id="filing"),),
    )
    kept = reword(smaller, replace(found.plan, items=(gone,)), "en")
    assert kept.items[0].reasons == gone.reasons
    assert name_competency(smaller, "filing", "en") == "filing"
    old = ExcludedModule("children-and-shelves", "adds-nothing", "几乎不再增益")
    unknown = ExcludedModule("desk-basics", "no-such-reason", "别的原因")
    kept = reword(smaller, replace(found.plan, left_out=(old, unknown)), "en")
    assert kept.left_out == (old, unknown)


def test_the_document_of_a_plan_whose_modules_have_left_the_catalogue(office):
    plan_id = office.create(request=PlanRequest(path="shelves-for-all")).plan.plan_id
    catalog = office.service.framework.catalog
    office.service = replace(
        office.service,
        framework=build_framework(
            catalog.model_copy(
                update={
                    "modules": tuple(m for m in catalog.modules if m.id != "classes-online"),
                    "paths": (),
                }
            )
        ),
    )
    document = office.read(HR, read_plan_document, plan_id)
    assert document.path == "shelves-for-all"
    assert ("classes-online", "") in [(item.title, item.modality) for item in document.items]
    values = refused(ConflictError, "plan.path-gone", office.edit, plan_id, hours_budget=30.0)
    assert values == {"path_id": "shelves-for-all"}
    free = office.create().plan.plan_id
    office.service = replace(
        office.service,
        framework=build_framework(
            catalog.model_copy(
                update={"modules": tuple(m for m in catalog.modules if m.id != "desk-interview")}
            )
        ),
    )
    values = refused(ConflictError, "plan.cannot-take", office.edit, free, hours_budget=30.0)
    assert values == {"module_id": "desk-interview", "reason": "该课程已不在目录中"}
