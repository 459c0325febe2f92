"""The workbook of a team says what the pages say, about nobody else, and in both languages."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from organisations import AS_OF

from recommender.documents import figures
from recommender.documents.plan.totals import add_up_shown
from recommender.errors import ForbiddenError, InputError, NotFoundError
from recommender.service.exports.team_files import write_team_file
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import create_plans
from recommender.service.plans.life import activate_plan, decide_on_plan
from recommender.service.plans.reading import read_plan, read_with_document
from recommender.service.session import Session
from recommender.service.views.person import read_overview
from recommender.service.views.team import read_team
from recommender.store import reading, schema, writing

ADMIN = Principal("key:admin", Role.ADMIN, PERMISSIONS[Role.ADMIN])
WEST = "西区示例分公司"


def principal(role, **of):
    return Principal(f"key:{role}", role, PERMISSIONS[role], **of)


def session(service, who=ADMIN, lang="zh-CN"):
    return Session(service, who, "test", today=AS_OF, lang=lang)


def write(service, unit=None, who=ADMIN, lang="zh-CN", **how):
    asked = session(service, who, lang)
    return write_team_file(
        asked, unit, **({"read": read_with_document, "file_format": "xlsx"} | how)
    )


def table(page, header_row):
    """Return the rows of a table below its headers, as dicts."""
    lines = [[cell.value for cell in row] for row in page.iter_rows(min_row=header_row)]
    heads = [head for head in lines[0] if head is not None]
    rows = lines[1 : next((i for i, row in enumerate(lines) if row[0] is None), None)]
    return [dict(zip(heads, row, strict=False)) for row in rows]


def find_header(page, text):
    return next(row[0].row for row in page.iter_rows() if row[0].value == text)


def book_of(made):
    return load_workbook(io.BytesIO(made.content))


def person_ids(service, *conditions):
    query = sa.select(schema.person.c.person_id).where(*conditions)
    with reading(service.engine) as connection:
        return set(connection.scalars(query))


def agree(service, plan):
    """Let everybody approve a plan, and put it in force."""
    reports = sa.select(schema.person.c.manager_id).where(
        schema.person.c.person_id == plan.person_id
    )
    with reading(service.engine) as connection:
        manager = connection.scalar(reports)
    parties = {
        "employee": principal(Role.EMPLOYEE, person_id=plan.person_id),
        "manager": principal(Role.MANAGER, person_id=manager),
        "hr": ADMIN,
    }
    for party in read_plan(session(service), plan.plan_id).awaiting:
        who = session(service, parties[party])
        decide_on_plan(who, plan.plan_id, decision="approved", seen=None)
    activate_plan(session(service), plan.plan_id, seen=None)


def test_the_figures_are_those_of_the_pages(library):
    create_plans(session(library), PlanRequest(hours_budget=40), as_of=AS_OF, org_unit=WEST)
    made = write(library)
    book, team = book_of(made), read_team(session(library))
    summary = table(book["概览"], find_header(book["概览"], "姓名"))
    *lines, total = summary
    assert {line["工号"] for line in lines} == {each.head.person_id for each in team.members}
    by_id = {each.head.person_id: each for each in team.members}
    plans = {}
    for line in lines:
        places, plan = by_id[line["工号"]].places, by_id[line["工号"]].plan
        assert [line[name] for name in ("有差距", "接近达标", "达标", "待评估")] == [
            places.gap,
            places.near,
            places.met,
            places.assess_first,
        ]
        assert line["首要差距"] == (places.first or None)
        assert f"{line['差距（级）'] or 0:.2f}" == figures.gap(places.first_gap)
        assert (line["计划"] == "无") == (plan is None)
        if plan is not None:
            taken = add_up_shown(read_plan(session(library), plan.plan_id).plan)
            plans[line["姓名"]] = taken
            assert (line["学时"], line["费用（元）"]) == (taken.hours, taken.cost)
            assert line["预计缩小（级）"] == pytest.approx(taken.closed)
    # a plan's courses, the units and the people add up to the same
    assert plans
    cost, hours = total["费用（元）"], total["学时"]
    assert (cost, hours) == (
        sum(each.cost for each in plans.values()),
        sum(each.hours for each in plans.values()),
    )
    *courses, all_courses = table(book["课程需求"], find_header(book["课程需求"], "课程"))
    *units, all_units = table(book["单位预算"], find_header(book["单位预算"], "组织单元"))
    assert (all_courses["费用（元）"], all_courses["学时合计"]) == (cost, hours)
    assert (all_units["费用（元）"], all_units["学时"]) == (cost, hours)
    assert sum(each["人数"] for each in units) == len(lines) == all_units["人数"]
    assert all(len(each["人员"].split("、")) == each["人数"] for each in courses)
    # nothing is agreed yet
    assert (all_units["已批准或进行中：费用（元）"], all_courses["已批准或进行中"]) == (0, 0)
    # the sheet of a person has what the person's page has
    for place, line in enumerate(lines, start=3):
        page = book.worksheets[place]
        rows = table(page, find_header(page, "能力"))
        shown = read_overview(session(library), line["工号"]).competencies
        assert [(row["能力"], row["现有水平"], row["差距"]) for row in rows] == [
            (
                each.name,
                None if each.level is None else float(figures.level(each.level)),
                None if each.gap is None else float(figures.gap(each.gap)),
            )
            for each in shown
        ]
        assert (line["姓名"] in plans) == any(
            row[0].value == "课程或活动" for row in page.iter_rows()
        )


def test_a_plan_that_is_approved_and_what_is_done_count_as_such(library):
    made = create_plans(session(library), PlanRequest(hours_budget=40), as_of=AS_OF, org_unit=WEST)
    plan = next(each for each in made.plans if each.items)
    agree(library, plan)
    with writing(library.engine) as connection:
        connection.execute(
            schema.enrolment.insert().values(
                person_id=plan.person_id,
                module_id=plan.items[0].module_id,
                status="completed",
                enrolled_on=AS_OF,
                completed_on=AS_OF + dt.timedelta(days=2),
            )
        )
    later = session(library)
    later.today = AS_OF + dt.timedelta(days=3)
    book = book_of(write_team_file(later, WEST, read=read_with_document, file_format="xlsx"))
    courses = table(book["课程需求"], find_header(book["课程需求"], "课程"))
    total = table(book["单位预算"], find_header(book["单位预算"], "组织单元"))[-1]
    assert total["已批准或进行中：费用（元）"] == add_up_shown(plan).cost
    assert courses[-1]["已批准或进行中"] == len(plan.items)
    lines = table(book["概览"], find_header(book["概览"], "姓名"))
    (mine,) = [line for line in lines if line["工号"] == plan.person_id]
    state = read_team(later).members
    (member,) = [each for each in state if each.head.person_id == plan.person_id]
    assert mine["已完成"] == member.progress.items_done
    assert (mine["下次回顾"] and mine["下次回顾"].date()) == member.next_review


def test_nobody_else_is_in_it(library):
    managers = sa.select(schema.person.c.manager_id).where(schema.person.c.manager_id.is_not(None))
    with reading(library.engine) as connection:
        manager = connection.scalars(managers).first()
    team = person_ids(library, schema.person.c.manager_id == manager)
    of_manager = write(library, who=principal(Role.MANAGER, person_id=manager))
    assert {person_id for person_id, _ in of_manager.written} == team
    west = principal(Role.HR, org_unit=WEST)
    with pytest.raises(NotFoundError):
        write(library, "东区示例分公司", who=west)
    everybody = {person_id for person_id, _ in write(library).written}
    inside = {person_id for person_id, _ in write(library, who=west).written}
    assert inside < everybody
    for role in (Role.ANALYST, Role.SYSTEM_ADMIN, Role.AUDITOR):
        with pytest.raises(ForbiddenError):
            write(library, who=principal(role))
    blind = Principal("key:b", Role.HR, PERMISSIONS[Role.HR] - {Permission.READ_ASSESSMENTS})
    with pytest.raises(ForbiddenError):
        write(library, who=blind)
    # whoever is in it is in the audit trail
    asked = session(library)
    write_team_file(asked, read=read_with_document, file_format="xlsx")
    assert len(asked.subjects) == len(everybody)


def test_names_that_look_like_formulas_or_are_the_same_are_safe(library):
    names = ["=1+1", "+a", "@b", "-c", "王/敏:*?[]", "王/敏:*?[]", "'", "History"]
    ids = sorted(person_ids(library))
    with writing(library.engine) as connection:
        for person_id, name in zip(ids, names, strict=True):
            of = schema.person.update().where(schema.person.c.person_id == person_id)
            connection.execute(of.values(name=name))
    for lang in ("zh-CN", "en"):
        book = book_of(write(library, lang=lang))
        assert len(book.sheetnames) == len(names) + 3
        cells = [c for page in book.worksheets for row in page.iter_rows() for c in row]
        assert not any(cell.data_type == "f" for cell in cells)
        assert set(names) <= {cell.value for cell in book.worksheets[0]["A"]}
        for row in book.worksheets[0].iter_rows():
            if row[0].value in names:
                sheet = row[0].hyperlink.location.split("'")[1]
                assert book[sheet]["A1"].value == row[0].value


def test_plans_in_word_are_by_the_template_in_use_and_some_forms_do_not_exist(library):
    from zipfile import ZipFile

    from recommender.service.plans.word.printing import write_plan_docx

    made = create_plans(session(library), PlanRequest(hours_budget=40), as_of=AS_OF, org_unit=WEST)
    done = []
    files = write(
        library, WEST, file_format="docx", note_progress=lambda at, of: done.append((at, of))
    )
    with ZipFile(io.BytesIO(files.content)) as archive:
        contents = {name.split()[-1]: archive.read(name) for name in archive.namelist()}
    for plan in made.plans:
        single = write_plan_docx(session(library), plan.plan_id)
        assert contents[f"{plan.person_id}.docx"] == single
    assert done[-1] == (len(made.plans), len(made.plans))
    for file_format, bundle in (("docx", "one"), ("xlsx", "zip"), ("odt", None)):
        with pytest.raises(InputError, match="export"):
            write(library, file_format=file_format, bundle=bundle)
