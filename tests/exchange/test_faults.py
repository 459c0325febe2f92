"""Every bad cell is found, at its place, and explained in both languages."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
import yaml

from recommender.errors import TableFaultsError
from recommender.exchange import describe_causes, describe_faults, read_import, read_table
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES

SCENARIOS = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"))


def rows_of(case):
    good = SCENARIOS["good"][case["kind"]]
    filled = [good | changes for changes in case["rows"]]
    filled = [
        {name: "长" * 201 if cell == "LONG" else cell for name, cell in row.items()}
        for row in filled
    ]
    return [list(good), *[list(row.values()) for row in filled]]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("case", SCENARIOS["cases"], ids=lambda case: case["title"])
def test_scenarios(case, form, known, latest, workbook, delimited):
    rows = rows_of(case)
    path = workbook(("表", rows)) if form == "xlsx" else delimited(rows)
    expected = case.get("faults", [])
    how = {"latest": latest, "clear": case.get("clear", False)}
    if not expected:
        read_import(path, KINDS[case["kind"]], known, **how)
        return
    with pytest.raises(TableFaultsError) as caught:
        read_import(path, KINDS[case["kind"]], known, **how)
    faults = caught.value.faults
    assert [f"{f.row} {f.column} {f.code}" for f in faults] == expected
    assert caught.value.values["count"] == len(expected)
    for fault in faults:
        assert fault.sheet == ("表" if form == "xlsx" else "")
        assert rows[0][fault.column_index] == fault.column
    if "suggestion" in case:
        assert faults[0].values["suggestion"] == case["suggestion"]
    for lang in LANGUAGES:
        for words in describe_faults(caught.value, lang):
            assert words["message"]
            assert words["expected"]
            assert words["hint"]
            assert case.get("suggestion", "") in words["hint"]


def test_list_is_capped_and_the_count_is_not(known, latest, delimited):
    rows = [["person_id", "competency_id", "level", "method", "assessed_on"]]
    rows += [["00000001", "resilience", 9, "评审", "soon"] for _ in range(3000)]
    with pytest.raises(TableFaultsError) as caught:
        read_table(delimited(rows), KINDS["assessments"], known, latest=latest)
    assert len(caught.value.faults) == 1000
    assert caught.value.values["count"] == 6000
    assert caught.value.faults[-1].row == 501


def test_faults_are_grouped_by_cause(known, latest, delimited):
    rows = [["person_id", "competency_id", "level", "method", "assessed_on"]]
    rows += [[f"9{n}", "resilience", 2, "评审", "2026-03-01"] for n in range(2000)]
    rows += [["00000001", "resilience", 9, "评审", "2026-03-01"]]
    with pytest.raises(TableFaultsError) as caught:
        read_table(delimited(rows), KINDS["assessments"], known, latest=latest)
    causes = [(c.code, c.column, c.count, c.example.row) for c in caught.value.causes]
    assert causes == [
        ("table.unknown_person", "person_id", 2000, 2),
        ("table.out_of_range", "level", 1, 2002),
    ]
    for lang in LANGUAGES:
        first, second = describe_causes(caught.value, lang)
        assert "…" in first["message"]  # which person differs from row to row
        assert (first["count"], first["example"]["found"]) == (2000, "90")
        assert second["hint"]


def test_same_column_twice(known, latest, workbook):
    rows = [["工号", "能力项", "能力级别", "评估方式", "评估日期", "员工编号"]]
    rows += [["00000001", "抗挫能力", 2, "评审", dt.date(2026, 3, 1), "00000002"]]
    with pytest.raises(TableFaultsError) as caught:
        read_table(workbook(("表", rows)), KINDS["assessments"], known, latest=latest)
    (fault,) = caught.value.faults
    assert (fault.code, fault.row, fault.column_index) == ("table.column_twice", 1, 5)
    assert describe_faults(caught.value, "zh-CN")[0]["message"]


def test_a_comma_too_many_in_a_csv(known, latest, delimited):
    rows = [["person_id", "competency_id", "level", "method", "assessed_on"]]
    rows += [["00000001", "resilience", 2, "评审", "2026-03-01", "more"]]
    with pytest.raises(TableFaultsError) as caught:
        read_table(delimited(rows), KINDS["assessments"], known, latest=latest)
    assert [fault.code for fault in caught.value.faults] == ["table.too_many_cells"]
    assert describe_faults(caught.value, "en")[0]["found"].endswith("more")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (1234567890123456789, "table.digits_lost"),
        (12.5, "table.not_text"),
        (dt.date(2026, 3, 1), "table.not_text"),
        (True, "table.unknown_person"),
    ],
)
def test_ids_that_excel_took_for_something_else(cell, code, known, latest, workbook):
    rows = [["person_id", "competency_id", "level", "method", "assessed_on"]]
    rows += [[cell, "resilience", 2, "评审", "2026-03-01"]]
    with pytest.raises(TableFaultsError) as caught:
        read_table(workbook(("表", rows)), KINDS["assessments"], known, latest=latest)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_truth_is_no_number(known, latest, workbook):
    rows = [["person_id", "competency_id", "level", "method", "assessed_on"]]
    rows += [
        ["00000001", "resilience", 1.0, "评审", "2026-03-01"],
        ["00000002", "resilience", True, "评审", "2026-03-01"],
    ]
    with pytest.raises(TableFaultsError) as caught:
        read_table(workbook(("表", rows)), KINDS["assessments"], known, latest=latest)
    assert [(f.row, f.code) for f in caught.value.faults] == [(3, "table.not_a_number")]


@pytest.mark.parametrize("letter", ["a", "é"])
@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("people", "person_id"),
        ("people", "manager_id"),
        ("ratings", "rater_id"),
        ("records", "person_id"),
        ("modules", "module_id"),
        ("offerings", "offering_id"),
    ],
)
def test_ids_longer_than_the_database_keeps(kind, column, letter, known, latest, delimited):
    def codes(length):
        path = delimited(rows_of({"kind": kind, "rows": [{column: letter * length}]}))
        try:
            read_table(path, KINDS[kind], known, latest=latest)
        except TableFaultsError as error:
            return [(f.code, f.values.get("maximum")) for f in error.faults]
        return []

    assert ("table.too_long", "80") not in codes(80)
    assert codes(81) == [("table.too_long", "80")]


def test_a_name_that_stands_for_an_id_may_be_long(known, latest, delimited):
    title = "拜访陪练" * 25
    longer = dataclasses.replace(known, modules={**known.modules, title: "visit-coaching"})
    path = delimited(rows_of({"kind": "offerings", "rows": [{"module_id": title}]}))
    frame = read_table(path, KINDS["offerings"], longer, latest=latest)
    assert frame["module_id"].tolist() == ["visit-coaching"]
