"""Whatever people write is text: on every page, in PDF, Word and Excel."""

from __future__ import annotations

import io
import zipfile

import pypdfium2
import pytest
import sqlalchemy as sa
from console_pages import BY_ROLE, faults_of
from docx import Document

from recommender.documents import render_plan_pdf
from recommender.service.permissions import Role
from recommender.service.plans.desk.words import ItemWords
from recommender.service.plans.development.activities import NewActivity
from recommender.service.plans.editing import PlanEdit
from recommender.service.plans.life import decide_on_plan, edit_plan
from recommender.service.plans.reading import comment_on_plan, read_plan, read_plan_document
from recommender.service.plans.word.printing import write_plan_docx
from recommender.service.privacy.objections import answer_objection, create_objection
from recommender.service.session import open_session
from recommender.store import writing

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# a page runs it or shows it as an element, a template fills it in, Word reads it as XML
HOSTILE = """<img src=x onerror=alert(1)>'"></td>{{7*7}}{% x %}&lt;</w:t>"""
FIELDS = (
    ("person", "name"),
    ("org_unit", "name"),
    ("offering", "place"),
    ("assessment", "method"),
    ("import_batch", "file_name"),
    ("account", "name"),
    ("campaign", "name"),
    ("cohort", "name"),
    ("standard_proposal", "rationale"),
    ("standard_target", "note"),
    ("api_key", "label"),
)


@pytest.fixture(scope="module")
def hostile(office, values) -> dict[str, str]:
    """Write the text wherever somebody can write one."""
    with writing(office.app.state.server.installation.engine) as connection:
        for table, column in FIELDS:
            connection.execute(sa.text(f"UPDATE {table} SET {column} = :text"), {"text": HOSTILE})
    plan, person = values["plan"], values["person"]
    with open_session(office.settings, "test", who=office.cast[Role.MANAGER]) as session:
        stored = read_plan(session, plan)
        item = stored.plan.items[0]
        words = ItemWords(item.module_id, on_the_job=HOSTILE, companion=HOSTILE, measure=HOSTILE)
        activity = NewActivity(
            "mentoring",
            item.competencies[0].competency_id,
            title=HOSTILE,
            goal=HOSTILE,
            companion=HOSTILE,
            measure=HOSTILE,
        )
        edit = PlanEdit(words=(words,), add_activities=(activity,), note=HOSTILE)
        edit_plan(session, plan, edit, seen=None)
        comment_on_plan(session, plan, HOSTILE)
        decide_on_plan(session, plan, decision="rejected", comment=HOSTILE, seen=None)
    with open_session(office.settings, "test", who=office.cast[Role.EMPLOYEE]) as session:
        review = create_objection(session, person, reason=HOSTILE)
        create_objection(session, person, reason=HOSTILE)
    with open_session(office.settings, "test", who=office.cast[Role.HR]) as session:
        answer_objection(session, review.objection_id, HOSTILE)
    return values


def test_pages_show_it_as_it_was_written(office, hostile):
    shown = 0
    for role, rows in BY_ROLE.items():
        with office.open(role) as seen:
            for row in rows:
                where = row["page"]
                assert list(faults_of(seen, row, hostile, ours=False)) == [], where
                assert seen.page.locator("img[src=x]").count() == 0, where
                shown += (
                    HOSTILE in seen.page.content().replace("&lt;", "<") or "{{7*7}}" in seen.text
                )
                seen.complaints.clear()
    assert shown > 20


def test_documents_show_it_as_it_was_written(office, hostile):
    with open_session(office.settings, "test", who=office.cast[Role.HR]) as session:
        pdf = render_plan_pdf(read_plan_document(session, hostile["plan"]), lang="zh-CN").content
        word = write_plan_docx(session, hostile["plan"])
    pages = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert "onerror=alert(1)" in text.replace("\r\n", "").replace("\ufffe", "")
    assert zipfile.ZipFile(io.BytesIO(word)).testzip() is None
    told = Document(io.BytesIO(word))
    cells = [cell.text for table in told.tables for row in table.rows for cell in row.cells]
    assert any(HOSTILE in cell for cell in cells)
