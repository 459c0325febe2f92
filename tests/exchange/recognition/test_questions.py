"""What is asked about a file, and what becomes of the answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from exchange.conftest import write_workbook
from exchange.recognition.corpus.shapes import C_NAMES
from exchange.recognition.corpus.world import (
    COMPETENCIES,
    DAY,
    INDICATORS,
    LATEST,
    PEOPLE,
    UNIT,
    known,
    vocabulary,
)

from recommender.errors import InputError, TableFaultsError
from recommender.exchange.recognition.answers.files import load_mapping, propose_mapping
from recommender.exchange.recognition.answers.mapping import Mapping, read_mapping
from recommender.exchange.recognition.recognise import recognise
from recommender.exchange.recognition.unfolded import check_reading
from recommender.exchange.recognition.vocabulary import Staff
from recommender.exchange.tables.sheets.reading import read_sheets

WORDS, KNOWN = vocabulary(), known()
FIRST, SECOND = PEOPLE[0], PEOPLE[1]


@pytest.fixture
def look(tmp_path):
    """Recognise rows as the sheet of a workbook."""

    def recognise_rows(*rows, answers=None, file="表.xlsx", kind="", words=WORDS):
        path = write_workbook(tmp_path / file, ("表", rows))
        answers = answers or Mapping()
        return recognise(path.name, list(read_sheets(path)), words, answers, kind=kind)

    return recognise_rows


def rows_of(reading):
    return check_reading(reading, KNOWN, latest=LATEST).frame


def asked(reading):
    return [(q.section, q.subject, q.suggestion, q.places) for q in reading.open_questions]


def test_a_header_that_is_nearly_known_is_asked_about_once(look):
    rows = [["工号", "执行力", "抗挫能力", "评估日期"], *([p.person_id, 2, 3, DAY] for p in PEOPLE)]
    reading = look(*rows)
    assert asked(reading) == [("columns", "执行力", "execution", 8)]
    # a second look, with the answer
    reading = look(*rows, answers=Mapping(columns={"执行力": "execution"}))
    assert set(rows_of(reading)["competency_id"]) == {"execution", "resilience"}
    reading = look(*rows, answers=Mapping(columns={"执行力": "ignore"}))
    assert set(rows_of(reading)["competency_id"]) == {"resilience"}


def test_a_value_that_is_nearly_known_is_asked_about_once(look):
    rows = [["工号", "能力", "等级", "日期"], *([p.person_id, "执行力", 2, DAY] for p in PEOPLE)]
    assert asked(look(*rows)) == [("values", "执行力", "execution", 8)]
    answers = Mapping(values={"competency_id": {"执行力": "execution"}})
    assert set(rows_of(look(*rows, answers=answers))["competency_id"]) == {"execution"}


def test_met_and_not_met(look):
    """达标 is the target of the person's grade; how far below 未达标 is has to be said."""
    rows = [
        ["工号", *C_NAMES[:2], "评估日期"],
        [FIRST.person_id, "达标", "未达标", DAY],
        [SECOND.person_id, "达标", "未评", DAY],
    ]
    assert asked(look(*rows)) == [("values", "未达标", "target-1", 1)]
    answers = Mapping(values={"level": {"未达标": "target-1"}})
    frame = rows_of(look(*rows, answers=answers))
    ids = [c.id for c in COMPETENCIES[:2]]
    first, second = WORDS.targets["g1", ids[0]], WORDS.targets["g1", ids[1]]
    assert frame["level"].tolist() == [first, max(0, second - 1), WORDS.targets["g2", ids[0]]]


def test_what_has_no_suggestion_waits(look):
    rows = [["工号", *C_NAMES[:2]], [FIRST.person_id, 1, 2]]
    reading = look(*rows)
    assert asked(reading) == [("given", "assessed_on", "", 1)]
    with pytest.raises(InputError) as caught:
        rows_of(reading)
    assert caught.value.code == "recognition.open"


def test_two_of_one_name_are_told_by_their_unit_or_asked_about(look):
    twin = Staff("90099", FIRST.name, f"{UNIT}/{SECOND.team}", "g1")
    words = replace(WORDS, people=(*WORDS.people, twin))
    head = [*C_NAMES[:2], "评估日期"]
    told = look(
        ["姓名", "部门", *head],
        [FIRST.name, FIRST.team, 1, 2, DAY],
        [FIRST.name, SECOND.team, 3, 4, DAY],
        words=words,
    )
    assert not told.open_questions
    assert set(told.table.cells["person_id"].values()) == {FIRST.person_id, twin.person_id}
    # which of two rows is whose nobody can tell from a name: each is asked about
    rows = [["姓名", *head], [FIRST.name, 1, 2, DAY], [FIRST.name, 3, 4, DAY]]
    asked_about = look(*rows, words=words).open_questions
    assert [q.subject for q in asked_about] == [f"{FIRST.name}@2", f"{FIRST.name}@3"]
    assert [o.value for o in asked_about[0].options] == [FIRST.person_id, twin.person_id, "ignore"]


def test_people_who_are_not_where_the_file_has_them_are_asked_about(look):
    rows = [
        ["姓名", "单位", "部门", *C_NAMES[:2], "评估日期"],
        [FIRST.name, UNIT, FIRST.team, 1, 2, DAY],
        ["查无此人", UNIT, FIRST.team, 1, 2, DAY],
        [SECOND.name, UNIT, "别的部门", 1, 2, DAY],
    ]
    reading = look(*rows)
    assert [(q.code, q.subject, [o.value for o in q.options]) for q in reading.open_questions] == [
        ("unknown_person", "查无此人", ["ignore"]),
        ("other_unit", SECOND.name, [SECOND.person_id, "ignore"]),
    ]
    answers = Mapping(people={"查无此人": "ignore", SECOND.name: SECOND.person_id})
    frame = rows_of(look(*rows, answers=answers))
    assert set(frame["person_id"]) == {FIRST.person_id, SECOND.person_id}


def test_a_name_may_carry_a_number_or_a_unit(look):
    named = [
        f"{SECOND.name}（{SECOND.person_id}）",
        f"{SECOND.person_id} {SECOND.name}",
        f"{SECOND.name}（{SECOND.team}）",
    ]
    for name in named:
        reading = look(["姓名", *C_NAMES[:2], "评估日期"], [name, 1, 2, DAY])
        assert set(rows_of(reading)["person_id"]) == {SECOND.person_id}
    # not where number and name are of two people
    wrong = look(["姓名", *C_NAMES[:2], "日期"], [f"{FIRST.name}（{SECOND.person_id}）", 1, 2, DAY])
    assert wrong.open_questions


def test_a_scale_of_numbers_that_is_not_ours_is_asked_about(look):
    texts = [indicator.text.zh_cn for indicator in INDICATORS[:4]]
    head = ["被评价人", "与被评价人的关系", "您的姓名", "提交时间", *texts]
    for answer_given, scale in (([1, 2, 4, 5], "1-5=0,1,1,2,3"), ([1, 2, 3, 4], "1-4=0,1,2,3")):
        rows = [head, [FIRST.name, "上级", SECOND.name, DAY, *answer_given]]
        (question,) = look(*rows).open_questions
        assert (question.code, question.suggestion) == ("scale", scale)
    # with a 0 it is ours; 1 to 3 may be either, and nothing is suggested
    assert not look(head, [FIRST.name, "上级", SECOND.name, DAY, 0, 1, 2, 3]).open_questions
    (question,) = look(head, [FIRST.name, "上级", SECOND.name, DAY, 1, 1, 2, 3]).open_questions
    assert (question.code, question.suggestion) == ("scale", "")


def test_faults_name_the_cell_of_the_file(look):
    """Row and column are those of the matrix, not of the table that comes out of it."""
    rows = [
        ["能力矩阵（2026年6月30日）", None, None, None],
        ["工号", "姓名", *C_NAMES[:2]],
        [FIRST.person_id, FIRST.name, 1, 2],
        ["99999", "某人", 1, 2],
        [SECOND.person_id, SECOND.name, 1, 9],
    ]
    with pytest.raises(TableFaultsError) as caught:
        rows_of(look(*rows))
    found = {
        (f.code, f.sheet, f.row, f.column_index, f.column, f.found) for f in caught.value.faults
    }
    assert found == {
        ("table.unknown_person", "表", 4, 0, "工号", "99999"),
        ("table.out_of_range", "表", 5, 3, C_NAMES[1], "9"),
    }


def test_a_turned_matrix_names_its_cells_too(look):
    turned = zip(
        ["工号", *C_NAMES[:3], "评估日期"], [FIRST.person_id, 1, 9, 2, DAY],
        [SECOND.person_id, 1, 2, 2, DAY], strict=True,
    )  # fmt: skip
    with pytest.raises(TableFaultsError) as caught:
        rows_of(look(*turned))
    (fault,) = caught.value.faults
    assert (fault.row, fault.column_index, fault.found) == (3, 1, "9")


def test_a_unit_that_cannot_be_converted_is_refused(look):
    rows = [["工号", "考试日期", "企业概况（十分制）", "法律法规"], [FIRST.person_id, DAY, 8, 80]]
    with pytest.raises(InputError) as caught:
        look(*rows)
    assert caught.value.code == "recognition.unit"


def test_a_file_of_no_kind_is_refused_with_its_headers(look):
    with pytest.raises(InputError) as caught:
        look(["苹果", "梨"], [1, 2])
    assert caught.value.code == "recognition.unknown"
    assert "苹果" in str(caught.value.values["headers"])


def test_a_proposed_mapping_comes_back_as_it_went(look, tmp_path):
    rows = [["工号", "执行力", "抗挫能力"], [FIRST.person_id, 2, 3]]
    reading = look(*rows)
    for lang in ("zh-CN", "en"):
        (tmp_path / "m.yaml").write_text(propose_mapping(reading, lang), encoding="utf-8")
        assert load_mapping(tmp_path / "m.yaml").to_dict() == {
            "kind": "assessments",
            "columns": {"执行力": "execution"},
            "given": {"method": "能力矩阵"},
        }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- 1", "mapping.not-pairs"),
        ("columns: 3", "mapping.not-pairs"),
        ("columns: {a: [1]}", "mapping.not-text"),
        ("colums: {a: b}", "mapping.unknown-part"),
        ("kind: {a: b}", "mapping.not-text"),
        ("values: {level: 3}", "mapping.not-pairs"),
        ("columns: {a: 'b", "mapping.not-yaml"),
    ],
)
def test_a_mapping_that_cannot_be_read_says_where(text, code, tmp_path):
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_mapping(tmp_path / "m.yaml")
    assert caught.value.code == code


def test_an_answer_that_is_none_of_the_options_is_refused(look):
    rows = [["工号", "执行力", "抗挫能力", "日期"], [FIRST.person_id, 2, 3, DAY]]
    with pytest.raises(InputError) as caught:
        look(*rows, answers=Mapping(columns={"执行力": "no-such"}))
    assert caught.value.code == "mapping.unknown-answer"


def test_ids_stay_texts_in_a_mapping():
    assert read_mapping({"people": {"甲": "00012"}}).people == {"甲": "00012"}
