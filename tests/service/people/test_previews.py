"""What a dry run shows, and the report of an import says: changes, and what to look at."""

import asking
import pytest
from organisations import AS_OF, TINY, service_on

from recommender.errors import TableFaultsError
from recommender.service.people.imports import import_table
from recommender.service.people.look_alikes import find_look_alikes
from recommender.service.people.report_words import describe_report
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES

HEADER = "工号,姓名,部门,职级,直接上级,入职日期\n"
STORED = HEADER + "00001,孙雪梅,总馆,馆员,,\n00002,郭勇,总馆,馆员,00001,2022-07-01\n"


@pytest.fixture
def bring_in(upgraded_url, tmp_path):
    """Return a function that imports people from the text of a CSV, two of them being there."""
    with service_on(upgraded_url, catalog=TINY) as service:

        def work(text, **how):
            path = tmp_path / "人员.csv"
            path.write_text(text, encoding="utf-8")
            session = asking.session_of(service)
            return import_table(session, "people", path, latest=AS_OF, **how)

        work(STORED)
        yield work


def test_changes_are_shown_field_by_field(bring_in):
    text = HEADER + "00001,孙雪梅,分馆,馆员,,\n00002,郭永,总馆,馆员,,\n00003,胡超,总馆,馆员,,\n"
    report = bring_in(text, dry_run=True)
    assert (report.inserted, report.updated, report.unchanged) == (1, 2, 0)
    changes = {(c.row, c.key): [(f.column, f.old, f.new) for f in c.fields] for c in report.changes}
    assert changes == {
        (2, "00001"): [("org_unit", "总馆", "分馆")],
        (3, "00002"): [("name", "郭勇", "郭永")],
    }
    assert report.changed == {"org_unit": 1, "name": 1}
    assert report.kept == {"manager_id": 1, "hired_on": 1}
    assert report.blank == {"manager_id": 3, "hired_on": 3}
    assert report.absent_columns == ("left_on", "synthetic")
    assert bring_in(text) == report  # the import says what its dry run said


def test_empty_cells_clear_only_when_asked(bring_in):
    text = HEADER + "00002,郭勇,总馆,馆员,,\n"
    assert bring_in(text).unchanged == 1
    report = bring_in(text, clear=True, dry_run=True)
    assert report.cleared == {"manager_id": 1, "hired_on": 1}
    assert bring_in(text, clear=True) == report
    assert bring_in(text, clear=True).unchanged == 1
    # a column that is not there clears nothing
    bring_in(STORED)
    assert bring_in("工号,姓名,部门,职级\n00002,郭勇,总馆,馆员\n", clear=True).unchanged == 1


def test_ids_that_look_like_others_and_names_that_are_taken(bring_in):
    text = (
        HEADER
        + "2,张三,总馆,馆员,,\n00003,郭勇,总馆,馆员,,\nA1,李四,总馆,馆员,,\na1,王五,总馆,馆员,,\n"
    )
    report = bring_in(text, dry_run=True)
    assert [(a.row, a.id, a.like, a.difference) for a in report.look_alikes] == [
        (2, "2", "00002", "zeros"),
        (5, "a1", "A1", "case"),
    ]
    assert [(s.row, s.person_id, s.name, s.others) for s in report.same_names] == [
        (3, "00003", "郭勇", ("00002",))
    ]


def test_nobody_is_stored_twice(bring_in):
    for id_ in ("2", "0002", "00-002"):
        for dry_run in (True, False):
            with pytest.raises(TableFaultsError) as caught:
                bring_in(HEADER + f"{id_},郭勇,总馆,馆员,,\n", dry_run=dry_run)
            (fault,) = caught.value.faults
            assert (fault.row, fault.column, fault.code) == (2, "工号", "import.person-twice")
            assert fault.values["like"] == "00002"


def test_columns_that_are_not_read_are_named(bring_in):
    report = bring_in("工号,姓名,,部门,职级,备注\n00002,郭勇,x,总馆,馆员,好\n", dry_run=True)
    assert report.ignored_columns == ("C", "备注")


def test_the_report_in_words(bring_in):
    text = (
        "工号,姓名,部门,职级,直接上级,备注\n"
        "00002,郭永,总馆,馆员,,\n02,郭勇勇,总馆,馆员,,\n3,孙雪梅,总馆,馆员,,\n"
    )
    report = bring_in(text, dry_run=True)
    for lang, words in zip(
        LANGUAGES,
        (
            [
                "第 2 行 00002：姓名 郭勇 → 郭永",
                "主管工号 1 处",
                "备注",
                "开头的 0",
                "已有工号 00001",
            ],
            ["row 2, 00002: name 郭勇 → 郭永", "manager_id: 1", "备注", "zeros", "there as 00001"],
        ),
        strict=True,
    ):
        said = "\n".join(describe_report(report, KINDS["people"], lang))
        for word in words:
            assert word in said, (word, said)


def test_look_alikes():
    known = ["00012", "Ab-7", "\uff21\uff29\uff13", "X9"]
    for id_, like, difference in (
        ("12", "00012", "zeros"),
        ("0012", "00012", "zeros"),
        ("AB-7", "Ab-7", "case"),
        ("Ab7", "Ab-7", "marks"),
        ("AI3", "\uff21\uff29\uff13", "width"),
        ("OOO12", "00012", "letters"),
        ("\u04259", "X9", "letters"),
        ("X\u31649", "X9", "marks"),
    ):
        (found,) = find_look_alikes([id_], [5], known)
        assert (found.row, found.id, found.like, found.difference) == (5, id_, like, difference)
    assert find_look_alikes(["13", "X8", "120"], [2, 3, 4], known) == []
