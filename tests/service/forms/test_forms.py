"""Forms go out, are filled in as their users do it, and come in again without being mapped."""

import datetime as dt
import re

import asking
import openpyxl
import pytest
import sqlalchemy as sa
from organisations import AS_OF

from recommender.errors import ForbiddenError, InputError, NotFoundError, TableFaultsError
from recommender.exchange import recognise_form, write_marked_copy
from recommender.service.forms.questionnaires import write_questionnaires
from recommender.service.forms.sheets import write_attendance, write_scores_sheet
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.store import Written, reading, schema, writing
from recommender.store.people.people import list_people
from recommender.store.scope import EVERYONE

# what the library's people are asked about, by their grade's targets: levels at most one away
ASKED = re.compile(r"[a-z-]+ ([a-z-]+)\.(\d)\.\d+")


def people_of(service):
    with reading(service.engine) as connection:
        return {head.person_id: head for head in list_people(connection, EVERYONE, limit=None)}


def fill_in(path, answers, *, save_as=None):
    """Fill the tinted cells of each sheet, row by row, and save the workbook as Excel would."""
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        if sheet["A1"].value is None or sheet.sheet_state != "visible":
            continue
        tinted = [cell for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
        for cell, answer in zip(tinted, answers, strict=False):
            cell.value = answer
    book.save(save_as or path)


def rows_of(service, table, *columns):
    with reading(service.engine) as connection:
        return sorted(connection.execute(sa.select(*(table.c[name] for name in columns))).all())


@pytest.fixture
def unit(library):
    """The unit of most people."""
    units = [head.org_unit for head in people_of(library).values()]
    return max(sorted(set(units)), key=units.count)


@pytest.fixture
def forms(library, unit, tmp_path):
    """The forms of a round for this unit, with nobody rated before."""
    with writing(library.engine) as connection:
        connection.execute(schema.rating.delete())
    session = asking.session_of(library)
    return write_questionnaires(session, unit, tmp_path / "out", raters="self,manager,peer:1")


def test_everybody_is_asked_by_whom_the_rule_says(library, unit, forms):
    people = people_of(library)
    rated = [head for head in people.values() if f"{head.org_unit}/".startswith(f"{unit}/")]
    asked = {}
    for path in forms.forms:
        fill_in(path, ["总是"] * 99)
        for item in recognise_form(path).items:
            asked.setdefault(item["person_id"], set()).add((item["rater_type"], item["rater_id"]))
    assert asked.keys() == {head.person_id for head in rated}
    assert forms.rated == len(rated)
    for head in rated:
        found = dict(asked[head.person_id])
        assert found["self"] == head.person_id
        assert found.get("manager") == head.manager_id
        if "peer" in found:
            peer = people[found["peer"]]
            assert (peer.manager_id, peer.person_id != head.person_id) == (head.manager_id, True)


def test_asked_about_are_the_levels_around_the_target(library, forms):
    people = people_of(library)
    profiles = {profile.grade: profile for profile in library.framework.catalog.profiles}
    for path in forms.forms:
        for sheet in openpyxl.load_workbook(path).worksheets[1:]:
            person = re.search(r'"person_id": "(\w+)"', sheet["B1"].value)[1]
            targets = profiles[people[person].grade].targets
            found = {}
            for row in sheet.iter_rows(min_row=5, max_col=1, values_only=True):
                competency, level = ASKED.fullmatch(row[0]).groups()
                found.setdefault(competency, set()).add(int(level))
            assert found
            for competency, levels in found.items():
                target = targets[competency].level
                assert levels == {n for n in (1, 2, 3, 4) if abs(n - target) <= 1}


def test_only_the_answers_can_be_changed_and_what_identifies_is_out_of_sight(forms):
    for path in forms.forms:
        for sheet in openpyxl.load_workbook(path).worksheets:
            assert sheet.protection.sheet
            if sheet["A1"].value is not None and sheet["B1"].value is not None:
                assert sheet.row_dimensions[1].hidden
                assert sheet.column_dimensions["A"].hidden
                (rule,) = sheet.data_validations.dataValidation
                assert rule.formula1 == '"从不,有时,经常,总是,未观察到"'


def test_filled_in_they_are_the_ratings_of_the_round(library, forms, tmp_path):
    """Whatever was left out or not observed is no rating; sheets may be renamed and rows sorted."""
    path = next(path for path in forms.forms if len(openpyxl.load_workbook(path).worksheets) > 2)
    answers = ["总是", "未观察到", None, "从不", "有时", "经常"]
    fill_in(path, answers)
    book = openpyxl.load_workbook(path)
    for number, sheet in enumerate(book.worksheets):
        sheet.title = f"{number}"
    book.move_sheet(book.worksheets[-1], -2)
    book.save(path)
    expected = sum(
        min(n, 6) - 2
        for n in (
            len([row for row in sheet.iter_rows(min_row=5, max_col=1) if row[0].value])
            for sheet in book.worksheets
            if sheet["B1"].value
        )
    )
    written = asking.import_table(library, "ratings", path, latest=AS_OF)
    assert written == Written(expected, 0, 0)
    columns = ("rating", "rated_on")
    found = rows_of(library, schema.rating, *columns)
    assert {rating for rating, _ in found} == {0, 1, 2, 3}
    assert {day for _, day in found} == {AS_OF}
    assert asking.import_table(library, "ratings", path, latest=AS_OF) == Written(0, 0, expected)


def test_a_wrong_answer_is_found_at_its_place_and_in_the_marked_copy(library, forms, tmp_path):
    path = forms.forms[0]
    fill_in(path, ["总是", "大概吧"])
    with pytest.raises(TableFaultsError) as refused:
        asking.import_table(library, "ratings", path, latest=AS_OF)
    fault = refused.value.faults[0]
    assert fault.column == "评分"
    sheet = openpyxl.load_workbook(path)[fault.sheet]
    assert sheet.cell(fault.row, fault.column_index + 1).value == "大概吧" == fault.found
    marked = tmp_path / "marked.xlsx"
    write_marked_copy(path, refused.value, marked, lang="zh-CN")
    book = openpyxl.load_workbook(marked)
    for each in refused.value.faults:
        book[each.sheet].cell(each.row, each.column_index + 1).value = "有时"
    book.save(marked)
    assert asking.import_table(library, "ratings", marked, latest=AS_OF).inserted > 0


def test_a_folder_of_forms_is_one_import(library, forms, tmp_path):
    folder = forms.forms[0].parent
    with pytest.raises(InputError) as refused:
        asking.import_table(library, "ratings", folder, latest=AS_OF)
    assert refused.value.code == "form.empty"
    for path in forms.forms[1:]:
        fill_in(path, ["总是", "有时"])
    # whoever has it open has a file beside it
    (folder / f"~${forms.forms[1].name}").write_bytes(b"x")
    written = asking.import_table(library, "ratings", folder, latest=AS_OF)
    sheets = [len(openpyxl.load_workbook(path).worksheets) - 1 for path in forms.forms[1:]]
    assert written == Written(2 * sum(sheets), 0, 0)
    fill_in(forms.forms[1], ["大概吧"])
    with pytest.raises(TableFaultsError) as refused:
        asking.import_table(library, "ratings", folder, latest=AS_OF)
    assert refused.value.faults[0].sheet.startswith(f"{forms.forms[1].name} · ")
    openpyxl.Workbook().save(folder / "别的表.xlsx")
    with pytest.raises(InputError) as refused:
        asking.import_table(library, "ratings", folder, latest=AS_OF)
    assert refused.value.code == "form.stranger"


def test_an_empty_form_and_one_of_another_kind_are_refused(library, forms):
    for kind, code in (("ratings", "form.empty"), ("exams", "form.kind")):
        with pytest.raises(InputError) as refused:
            asking.import_table(library, kind, forms.forms[0], latest=AS_OF)
        assert refused.value.code == code


def test_a_table_says_who_rates(library, unit, tmp_path):
    table = tmp_path / "raters.csv"
    table.write_text(
        "工号,关系,评分人工号,评分人姓名\n00001,客户,K7,某公司采购部\n00001,同事,00002,\n",
        encoding="utf-8",
    )
    session = asking.session_of(library)
    top = people_of(library)["00001"].org_unit
    made = write_questionnaires(session, top, tmp_path / "out", raters=table)
    colleague = people_of(library)["00002"].name
    names = {"评分表-某公司采购部-K7.xlsx", f"评分表-{colleague}-00002.xlsx"}
    assert {path.name for path in made.forms} == names
    table.write_text("工号,关系,评分人工号\n00001,领导,00002\n9,同事,00002\n", encoding="utf-8")
    with pytest.raises(TableFaultsError) as refused:
        write_questionnaires(session, top, tmp_path / "other", raters=table)
    assert [fault.row for fault in refused.value.faults] == [2, 3]


def test_the_text_for_a_survey_has_every_indicator_once(library, forms):
    for path in forms.surveys:
        lines = path.read_text(encoding="utf-8").split("\n\n")
        questions = [block.strip().split("\n") for block in lines if re.match(r"\d+\. ", block)]
        numbers = [int(block[0].split(".")[0]) for block in questions]
        assert numbers == [*range(1, len(questions) + 1)]
        assert questions[0][1:]
        assert all(re.search("（\\w+）$", line) for line in questions[0][1:])
        for block in questions[3:]:
            assert block[0].endswith("[单选题]")
            assert block[1:] == ["从不", "有时", "经常", "总是", "未观察到"]
        texts = [block[0] for block in questions]
        assert len(set(texts)) == len(texts)


def test_scores_come_back(library, unit, tmp_path):
    path = tmp_path / "scores.xlsx"
    session = asking.session_of(library)
    n_people = write_scores_sheet(session, "cataloguing", 1, unit, path)
    subjects = library.framework.competencies["cataloguing"].exams[0].subjects
    with writing(library.engine) as connection:
        connection.execute(schema.exam_result.delete())
    day = dt.datetime(2026, 10, 9)  # noqa: DTZ001 (a cell has no zone)
    fill_in(path, [day, *([88] * len(subjects)), "缺考"])
    written = asking.import_table(library, "exams", path, latest=AS_OF)
    assert written == Written(len(subjects), 0, 0)
    assert n_people > 1
    assert rows_of(library, schema.exam_result, "subject", "score", "sat_on") == sorted(
        (subject.id, 88.0, day.date()) for subject in subjects
    )
    fill_in(path, [None, *([88] * len(subjects))])
    with pytest.raises(TableFaultsError, match=r"table\.faults"):
        asking.import_table(library, "exams", path, latest=AS_OF)


def test_attendance_closes_enrolments(library, unit, tmp_path):
    table = schema.enrolment
    with writing(library.engine) as connection:
        connection.execute(table.delete())
        run = {"offering_id": "run-1", "module_id": "desk-basics", "seats": 9}
        days = {"starts_on": dt.date(2026, 10, 8), "ends_on": dt.date(2026, 10, 9)}
        connection.execute(schema.offering.insert().values(**run, **days))
        taken = {"offering_id": "run-1", "module_id": "desk-basics", "status": "enrolled"}
        for person in ("00001", "00002", "00003"):
            row = {"person_id": person, "enrolled_on": dt.date(2026, 9, 1)}
            connection.execute(table.insert().values(**taken, **row))
    session = asking.session_of(library)
    path = tmp_path / "attendance.xlsx"
    assert write_attendance(session, path, offering_id="run-1") == 3
    # the day is that of the run's end already
    fill_in(path, [days["ends_on"], "√", "缺席"])
    assert asking.import_table(library, "enrolments", path, latest=AS_OF) == Written(0, 2, 0)
    assert rows_of(library, table, "person_id", "status", "offering_id") == [
        ("00001", "completed", "run-1"),
        ("00002", "no-show", "run-1"),
        ("00003", "enrolled", "run-1"),
    ]
    other = tmp_path / "other.xlsx"
    write_attendance(session, other, module_id="desk-basics", org_unit=unit)
    fill_in(other, [dt.date(2026, 10, 20), "√", "缺席"])
    written = asking.import_table(library, "enrolments", other, latest=AS_OF)
    assert written.inserted + written.updated == 1


def test_who_may(library, unit, tmp_path):
    """Forms name people and their raters: HR of the unit, and nobody without its rights."""
    elsewhere = Principal("key:x", Role.HR, PERMISSIONS[Role.HR], org_unit="另一个部")
    manager = Principal("key:y", Role.MANAGER, PERMISSIONS[Role.MANAGER], person_id="00001")
    for who, refusal in ((elsewhere, NotFoundError), (manager, ForbiddenError)):
        session = asking.session_of(library, who=who)
        for write in (
            lambda path, session=session: write_questionnaires(session, unit, path),
            lambda path, session=session: write_scores_sheet(session, "cataloguing", 1, unit, path),
            lambda path, session=session: write_attendance(
                session, path, module_id="desk-basics", org_unit=unit
            ),
        ):
            with pytest.raises(refusal):
                write(tmp_path / "out")
    session = asking.session_of(library)
    write_questionnaires(session, unit, tmp_path / "out")
    assert len(session.subjects) >= 2
