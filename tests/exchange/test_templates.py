"""Templates open in Excel, guide the person who fills them in, and import what they show."""

import datetime as dt
import time

import openpyxl
import pytest

from recommender.errors import InputError
from recommender.exchange import read_table, write_template
from recommender.exchange.tables.templates import spelled
from recommender.table_kinds import KINDS, Known
from recommender.texts import LANGUAGES


@pytest.fixture(params=LANGUAGES)
def lang(request):
    return request.param


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_template(kind, lang, known, latest, tmp_path):
    path = tmp_path / "template.xlsx"
    write_template(kind, known, path, lang=lang)
    with pytest.raises(InputError) as caught:
        read_table(path, kind, known, latest=latest)
    assert caught.value.code == "file.no_rows"  # the example row is none
    book = openpyxl.load_workbook(path)
    sheet, notes, lists = book.worksheets
    assert lists.sheet_state == "hidden"
    assert notes.max_row >= len(kind.columns) + 4
    for cell, column in zip(sheet[1], kind.columns, strict=True):
        assert cell.value.endswith("*") != column.nullable
        assert cell.value.rstrip("*") == (column.name if lang == "en" else column.headers[0])
        look = next(
            group.number_format
            for group in sheet.column_dimensions.values()
            if group.min <= cell.column <= group.max
        )
        assert (look == "@") == (column.type not in ("number", "date"))
    rules = {
        str(rule.sqref).rstrip("0123456789:").split(":")[0]: rule
        for rule in sheet.data_validations.dataValidation
    }
    assert len(rules) == len(kind.columns)
    for rule in rules.values():
        if rule.type == "list" and rule.formula1.startswith("list_"):
            assert rule.formula1 in book.defined_names
        assert len(rule.formula1 or "") <= 257

    # freed of its mark, the example is accepted
    first = sheet["A2"]
    mark, _, person = first.value.partition(":" if lang == "en" else "：")
    assert mark == ("example" if lang == "en" else "示例")
    first.value = person.strip()
    book.save(path)
    people = known.people | {"00012345"}
    with_person = Known(**{**vars(known), "people": people})
    late = dt.date(2026, 12, 31)
    assert len(read_table(path, kind, with_person, latest=late)) == 1


def test_long_lists_are_on_a_hidden_sheet(lang, known, tmp_path):
    write_template(KINDS["ratings"], known, tmp_path / "t.xlsx", lang=lang)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    sheet = book.worksheets[0]
    by_column = {str(rule.sqref)[0]: rule for rule in sheet.data_validations.dataValidation}
    assert by_column["C"].formula1 == "list_indicator_id"
    name = book.defined_names["list_indicator_id"]
    ((sheet_name, cells),) = name.destinations
    listed = [row[0].value for row in book[sheet_name][cells]]
    assert listed == list(known.indicators)
    assert ("抗挫能力" in by_column["B"].formula1) == (lang != "en")


def test_no_person_is_listed(lang, known, tmp_path):
    for kind in KINDS.values():
        write_template(kind, known, tmp_path / "t.xlsx", lang=lang)
        book = openpyxl.load_workbook(tmp_path / "t.xlsx")
        cells = {cell.value for sheet in book for row in sheet for cell in row}
        assert not cells & known.people


def test_an_empty_world(lang, tmp_path):
    nobody = Known(frozenset(), {}, {}, {}, {}, {}, {}, {}, {})
    for kind in KINDS.values():
        write_template(kind, nobody, tmp_path / "t.xlsx", lang=lang)


def test_a_large_world_is_quick(known, tmp_path):
    modules = {f"module-{n}": f"module-{n}" for n in range(5000)}
    start = time.process_time()  # others on this machine do not count
    write_template(
        KINDS["enrolments"],
        Known(**{**vars(known), "modules": modules}),
        tmp_path / "t.xlsx",
        lang="en",
    )
    assert time.process_time() - start < 5


def test_spelled():
    names = {"a": "a", "甲": "a", "A name": "a", "b": "b", "Only English": "b"}
    assert spelled(names, "zh-CN") == {"a": "甲", "b": "b"}
    assert spelled(names, "en") == {"a": "A name", "b": "Only English"}


def test_nothing_half_written(known, tmp_path):
    with pytest.raises(InputError) as caught:
        write_template(KINDS["people"], known, tmp_path / "none" / "t.xlsx", lang="en")
    assert caught.value.code == "file.cannot_write"
    (tmp_path / "t.xlsx").mkdir()
    with pytest.raises(InputError):
        write_template(KINDS["people"], known, tmp_path / "t.xlsx", lang="en")
    assert [path.name for path in tmp_path.iterdir()] == ["t.xlsx"]
