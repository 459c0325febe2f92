"""Wherever two days are compared, a standard that changed between them is named."""

import datetime as dt
import io

import openpyxl
import pytest

from recommender.service.exports.organisation import write_organisation
from recommender.service.framework import word_changed_standards
from recommender.service.groups.cell import read_cell
from recommender.service.groups.organisation import read_organisation
from recommender.service.groups.table import StatisticsRequest
from recommender.service.standards.deciding import approve_standard, submit_standard
from recommender.service.standards.proposing import HandTarget, ProposalRequest, propose_standard
from recommender.service.today.assessing import read_assessing

from .conftest import AUTHOR, FIRST, NEXT_YEAR, SECOND

BEFORE, AFTER = dt.date(2026, 12, 20), dt.date(2027, 2, 1)
NOTE = {
    "zh-CN": "馆员（2027-01-01 起，1 项能力）",
    "en": "Assistant (from 2027-01-01; competencies: 1)",
}


@pytest.fixture
def changed(desk):
    """The desk, whose standard changes on new year's day."""
    request = ProposalRequest(
        "assistant",
        NEXT_YEAR,
        "by-hand",
        "问题更难",
        targets={"reference-desk": HandTarget(2.5)},
    )
    proposal_id = propose_standard(desk.as_(AUTHOR), request).stored.proposal_id
    submit_standard(desk.as_(AUTHOR), proposal_id)
    for who in (FIRST, SECOND):
        approve_standard(desk.as_(who), proposal_id)
    return desk


def test_rounds_with_a_change_between_them_are_not_compared_silently(changed):
    for day, told in ((BEFORE, False), (AFTER, True)):
        session, request = changed.as_(today=day), StatisticsRequest(day)
        found = (
            read_organisation(session, request).changed_standards,
            read_cell(session, request, "reference-desk").changed_standards,
            read_assessing(session).changed_standards,
        )
        assert [bool(each) for each in found] == [told] * 3, day
    # of another grade, and in a competency that it left alone, nothing has changed
    of_others = StatisticsRequest(AFTER, grade="librarian")
    assert read_organisation(session, of_others).changed_standards == ()
    assert read_cell(session, request, "reading-aloud").changed_standards == ()


def test_the_note_names_grade_and_day_in_both_languages_and_stands_in_the_workbook(changed):
    for lang, words in NOTE.items():
        session = changed.as_(today=AFTER, lang=lang)
        told = read_organisation(session, StatisticsRequest(AFTER)).changed_standards
        note = word_changed_standards(session.service.framework, told, lang)
        assert words in note
        content = write_organisation(session, StatisticsRequest(AFTER))
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        for sheet in book.worksheets:
            assert note in [row[0] for row in sheet.iter_rows(max_row=6, values_only=True)]
