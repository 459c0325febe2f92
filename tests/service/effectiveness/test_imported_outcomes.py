"""Satisfaction comes in without names; business figures are read within a scope."""

import datetime as dt

import asking
import pytest
from organisations import AS_OF

from recommender.store import (
    Scope,
    Written,
    read_business_figures,
    read_satisfaction,
    reading,
    schema,
)

ANSWERS = """课程,班次,答卷日期,序号,满意度（分）,姓名
desk-basics,,2026-10-30,1,5,诸葛青
desk-basics,,2026-10-30,2,3.5,诸葛青
desk-basics,,2026-10-01,1,4,诸葛青
"""
FIGURES = """工号,月份,业务指标,数值
00001,2026-09,借阅量,310
00002,2026年9月,借阅量,290
00001,2026-10-31,loans,350
"""


@pytest.fixture
def load(library, tmp_path):
    def load(kind, rows):
        path = tmp_path / f"{kind}.csv"
        path.write_text(rows, encoding="utf-8")
        return asking.import_table(library, kind, path, latest=AS_OF)

    return load


def test_satisfaction_is_held_without_names(library, load):
    assert load("satisfaction", ANSWERS) == Written(3, 0, 0)
    assert load("satisfaction", ANSWERS.replace("3.5", "2")) == Written(0, 1, 2)
    assert "person_id" not in schema.satisfaction.c
    with reading(library.engine) as connection:
        answers = read_satisfaction(connection, as_of=AS_OF)
        assert answers["satisfaction"].tolist() == [4, 5, 2]
        assert set(answers["offering_id"]) == {None}
        assert len(read_satisfaction(connection, as_of=dt.date(2026, 10, 29))) == 1
        assert read_satisfaction(connection, as_of=AS_OF, module_id="stories").empty


def test_figures_are_read_of_months_that_are_over_and_within_a_scope(library, load):
    assert load("business-figures", FIGURES) == Written(3, 0, 0)

    def read(as_of, **scope):
        with reading(library.engine) as connection:
            some = {"scope": Scope(**scope)} if scope else {}
            found = read_business_figures(connection, as_of=as_of, **some)
        return list(zip(found["person_id"], found["month"], found["value"], strict=True))

    september, october = dt.date(2026, 9, 1), dt.date(2026, 10, 1)
    everybody = [("00001", september, 310), ("00002", september, 290)]
    assert read(dt.date(2026, 10, 31)) == everybody
    assert ("00001", october, 350) in read(dt.date(2026, 11, 1))
    assert read(dt.date(2026, 10, 31), person_id="00002") == everybody[1:]
