"""A plan in Word that comes back: what it changes, what it may not, and how it is known."""

from __future__ import annotations

import datetime as dt

import pytest
from organisations import AS_OF
from plan_office import ADMIN, EMPLOYEE, HR, LINE_MANAGER, ON_BOTH, STRANGERS, refused, rows
from word_desk import change_template, controls_of, fill_in, text_of, with_parts

from recommender.documents import read_returned
from recommender.errors import ForbiddenError, InputError, NotFoundError, StaleError
from recommender.service.plans.development.activities import ActivityChange
from recommender.service.plans.life import mark_activity
from recommender.service.plans.reading import comment_on_plan, read_comments
from recommender.service.plans.word.printing import write_plan_docx
from recommender.service.plans.word.returns import preview_return
from recommender.service.plans.word.taking import take_return
from recommender.service.plans.word.templates import (
    read_plan_template,
    replace_plan_template,
    restore_plan_template,
)
from recommender.store import schema

DAY = dt.date(2026, 12, 4)


@pytest.fixture
def plan_id(office):
    """A plan in force, some weeks after it was made."""
    made = office.bring_to("active")
    office.today = dt.date(2026, 12, 7)
    return made


def document_of(office, plan_id, who=LINE_MANAGER):
    return office.read(who, write_plan_docx, plan_id)


def preview(office, content, who=LINE_MANAGER):
    return office.read(who, preview_return, read_returned(content, file="plan.docx"))


def take(office, content, who=LINE_MANAGER, *, seen=None, only=None):
    returned = read_returned(content, file="plan.docx")
    return office.write(who, take_return, returned, seen=seen, only=only)


def changes_of(found):
    return {each.name: (each.kind, each.on or each.after, each.problem) for each in found.changes}


def test_what_nobody_has_changed_changes_nothing(office, plan_id):
    content = document_of(office, plan_id)
    assert content == document_of(office, plan_id)
    found = preview(office, content)
    assert (found.plan_id, found.made_of, found.is_older) == (plan_id, found.version, False)
    assert found.changes == ()
    held = controls_of(content)
    activities = office.look(plan_id).plan.activities
    assert [held[f"review:{a.activity_id}"] for a in activities] == [
        a.review_on.isoformat() for a in activities
    ]
    assert {text for tag, text in held.items() if tag.startswith("done:")} == {"☐"}
    assert held["comment:manager"] == held["done-on:a1"] == ""


@ON_BOTH
def test_ticks_dates_and_comments_are_taken_over(office, plan_id):
    content = fill_in(
        document_of(office, plan_id),
        {
            "done:a1": True,
            "done-on:a1": "2026年12月4日",
            "done:a2": True,
            "done:c1": True,
            "done-on:c1": "2026/12/3",
            "comment:manager": "做得很好",
            "comment:employee": "希望多一些实践",
        },
        margin={"赵敏": "这里请再看一下"},
    )
    version = office.look(plan_id).version
    expected = {
        "done:a1": ("done", DAY, ""),
        "done:a2": ("done", office.today, ""),
        "done:c1": ("course", dt.date(2026, 12, 3), ""),
        "comment:1": ("comment", "员工本人（Word 文档）：希望多一些实践", ""),
        "comment:2": ("comment", "做得很好", ""),
        "comment:3": ("comment", "赵敏（Word 文档）：这里请再看一下", ""),
    }
    found = preview(office, content)
    assert changes_of(found) == expected
    assert "今天" in {each.name: each.note for each in found.changes}["done:a2"]
    assert office.look(plan_id).version == version
    taken = take(office, content, seen=found.version)
    assert changes_of(taken) == expected
    after = office.look(plan_id)
    assert taken.version == after.version
    assert after.plan.status == "active"
    assert [a.done_on for a in after.plan.activities[:2]] == [DAY, office.today]
    assert after.progress.items_done == 3
    comments = office.read(HR, read_comments, plan_id, limit=9)
    assert [(c.party, c.text) for c in comments] == [
        ("manager", expected[f"comment:{n}"][1]) for n in (1, 2, 3)
    ]
    (entry,) = [e for e in rows(office, schema.audit_entry) if "document_of" in e["details"]]
    told = {"document_of": version, "done": 2, "course": 1, "reviews": 0, "comments": 3}
    assert told.items() <= entry["details"].items()
    # handed in again, it says nothing that is not there
    assert preview(office, content).changes == ()


@ON_BOTH
def test_a_course_that_somebody_is_enrolled_in_is_completed_there(office, plan_id):
    content = fill_in(document_of(office, plan_id), {"done:c1": True, "done-on:c1": "2026-12-04"})
    take(office, content)
    module_id = office.look(plan_id).plan.items[0].module_id
    (row,) = [r for r in rows(office, schema.enrolment) if r["module_id"] == module_id]
    assert (row["status"], row["completed_on"]) == ("completed", DAY)


def test_a_date_of_review_makes_the_plan_a_draft_and_says_so(office, plan_id):
    content = fill_in(
        document_of(office, plan_id),
        {"review:a1": "2027-02-01", "done:a2": True, "done-on:a2": "2026-12-04"},
    )
    notes = {each.name: each.note for each in preview(office, content).changes}
    assert "草稿" in notes["review:a1"]
    assert notes["done:a2"] == ""
    take(office, content)
    after = office.look(plan_id)
    assert after.plan.status == "draft"
    assert after.plan.activities[0].review_on == dt.date(2027, 2, 1)
    assert after.plan.activities[1].done_on == DAY


def test_only_what_is_chosen_is_taken(office, plan_id):
    content = fill_in(
        document_of(office, plan_id), {"review:a1": "2027-02-01", "comment:manager": "同意"}
    )
    taken = take(office, content, only={"comment:1"})
    assert list(changes_of(taken)) == ["comment:1"]
    assert office.look(plan_id).plan.status == "active"
    refused(InputError, "word.return.take", take, office, content, only={"done:zz"})


def test_what_changed_here_meanwhile_is_not_undone(office, plan_id):
    old = document_of(office, plan_id)
    office.write(LINE_MANAGER, mark_activity, plan_id, "a1", done_on=DAY, seen=None)
    # not ticked in the document, which was made before: nobody has taken the tick away
    assert preview(office, old).changes == ()
    content = fill_in(old, {"done:a1": True, "done-on:a1": "2026-12-01"})
    ((kind, on, problem),) = changes_of(preview(office, content)).values()
    assert (kind, on) == ("done", dt.date(2026, 12, 1))
    assert "之后" in problem
    assert take(office, content).changes == ()
    # in a document that knows it, the tick can be taken away, with or without its date
    new = document_of(office, plan_id)
    assert controls_of(new)["done-on:a1"] == "2026-12-04"
    take(office, fill_in(new, {"done:a1": False}))
    assert office.look(plan_id).plan.activities[0].done_on is None


def test_a_plan_that_says_something_else_by_now(office, plan_id):
    content = fill_in(document_of(office, plan_id), {"done:a1": True, "done-on:a1": "2026-12-04"})
    office.edit(plan_id, remove_activities=("a1",))
    found = preview(office, content)
    assert found.is_older
    assert [each.problem for each in found.changes] == ["计划中已没有这一项"]
    refused(StaleError, "request.stale", take, office, content, seen=found.version - 1)


def test_what_cannot_be_taken_says_why(office, plan_id):
    answers = {
        "done:a1": ({"done:a1": True, "done-on:a1": "下周"}, "“下周”不是日期"),
        "done:a2": ({"done:a2": True, "done-on:a2": "2099-01-01"}, "2099-01-01"),
        "done:c1": ({"done:c1": True, "done-on:c1": AS_OF.isoformat()}, AS_OF.isoformat()),
        "review:a1": ({"review:a1": "2020-01-01"}, "2020-01-01"),
        "review:a2": ({"review:a2": "13 月"}, "不是日期"),
        "comment:1": ({"comment:manager": "长" * 2001}, "2000"),
    }
    everything = {tag: value for given, _ in answers.values() for tag, value in given.items()}
    content = fill_in(document_of(office, plan_id), everything)
    problems = {each.name: each.problem for each in preview(office, content).changes}
    for name, (_, words) in answers.items():
        assert words in problems.pop(name), name
    assert problems == {}
    version = office.look(plan_id).version
    assert take(office, content).version == version


def test_employees_hand_in_what_they_say_themselves(office, plan_id):
    content = fill_in(
        document_of(office, plan_id, EMPLOYEE),
        {"done:a1": True, "done:c1": True, "review:a2": "2027-02-01"}
        | {"comment:employee": "我想先学这门", "comment:manager": "同意加薪"},
    )
    taken = take(office, content, EMPLOYEE)
    assert changes_of(taken) == {
        "done:a1": ("done", office.today, ""),
        "comment:1": ("comment", "我想先学这门", ""),
    }
    left = [each for each in preview(office, content, EMPLOYEE).changes if each.problem]
    assert [each.name for each in left] == ["done:c1", "review:a2", "comment:2"]


def test_a_comment_that_is_there_is_not_made_twice(office, plan_id):
    content = fill_in(document_of(office, plan_id), {"comment:manager": "同意"})
    office.write(HR, comment_on_plan, plan_id, "同意")
    assert preview(office, content).changes == ()


def test_documents_of_others_are_refused(office, plan_id):
    content = document_of(office, plan_id)
    for who in STRANGERS:
        with pytest.raises((NotFoundError, ForbiddenError)):
            preview(office, content, who)

    def forge(old, new):
        return with_parts(content, code=("docProps/custom.xml", lambda b: b.replace(old, new)))

    digest = read_returned(content, file="x").digest.encode()
    cases = {
        "word.return.other": [forge(digest, b"0123456789ab"), forge(b":5:", b":3:")],
        "plan.unknown": [forge(plan_id.encode(), b"P-20200101-0000")],
    }
    for code, forged in cases.items():
        for each in forged:
            refused((InputError, NotFoundError), code, preview, office, each)
    # without the property, the code at the foot of the page will do
    bare = forge(b"IDP:", b"gone:")
    assert preview(office, bare).plan_id == plan_id
    footer = ("word/footer1.xml", lambda b: b.replace(b"IDP:", b"gone:"))
    refused(InputError, "word.return.not-ours", read_returned, with_parts(bare, f=footer), file="x")


@ON_BOTH
def test_the_template_is_kept_with_who_and_when(office, plan_id):
    shipped = office.read(HR, read_plan_template, "zh-CN")
    assert (shipped.actor, shipped.stored_at) == (None, None)
    own = change_template(lambda document: document.add_paragraph("本单位说明"))
    refused(
        ForbiddenError,
        "word.template.one-unit",
        office.write,
        HR,
        replace_plan_template,
        "zh-CN",
        own,
    )
    office.write(ADMIN, replace_plan_template, "zh-CN", own)
    found = office.read(HR, read_plan_template, "zh-CN")
    assert (found.actor, found.content) == (ADMIN.actor, own)
    assert found.stored_at is not None
    assert "本单位说明" in text_of(document_of(office, plan_id))
    assert office.read(HR, read_plan_template, "en").actor is None
    refused(InputError, "word.not-docx", office.write, ADMIN, replace_plan_template, "zh-CN", b"PK")
    office.write(ADMIN, restore_plan_template, "zh-CN")
    assert office.read(HR, read_plan_template, "zh-CN").sha256 == shipped.sha256
    assert "本单位说明" not in text_of(document_of(office, plan_id))


def test_edits_of_activities_keep_their_names(office, plan_id):
    """The number of an activity names it in documents, also after others came and went."""
    office.edit(plan_id, change_activities=(ActivityChange("a1", title="另一个名称"),))
    assert {f"done:{a.activity_id}" for a in office.look(plan_id).plan.activities} <= set(
        controls_of(document_of(office, plan_id))
    )
