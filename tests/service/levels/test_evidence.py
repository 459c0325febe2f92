"""Results of work stand beside a level, and never become one."""

import datetime as dt

import asking
import pytest
from organisations import AS_OF

from recommender.service.plans.choices import PlanRequest
from recommender.store import Written

PERSON, COMPETENCY = "00001", "reference-desk"
ROWS = """person_id,competency_id,achieved_on,result,figure,unit
00001,reference-desk,2026-10-01,解答读者咨询,31,次
00001,reference-desk,2026-09-01,读者满意度,95.5,%
00001,reference-desk,2026-08-01,查找失败率,-2.25,%
00001,reference-desk,2026-07-01,解答读者咨询,17,次
00001,cataloguing,2026-10-02,编目,1200,册
00002,reference-desk,2026-10-03,他人的成果,5,次
"""


@pytest.fixture
def load(library, tmp_path):
    def load():
        path = tmp_path / "evidence.csv"
        path.write_text(ROWS, encoding="utf-8")
        return asking.import_table(library, "evidence", path, latest=AS_OF)

    return load


def test_it_changes_no_level_no_gap_and_no_plan(library, load):
    before = asking.gaps(library, PERSON, as_of=AS_OF)
    level = asking.explain(library, PERSON, COMPETENCY, as_of=AS_OF)
    assert load() == Written(6, 0, 0)
    assert load() == Written(0, 0, 6)
    assert asking.gaps(library, PERSON, as_of=AS_OF) == before
    after = asking.explain(library, PERSON, COMPETENCY, as_of=AS_OF)
    assert (after.level, after.rows, level.evidence) == (level.level, level.rows, [])


def test_it_is_explained_newest_first_up_to_the_day(library, load):
    load()
    found = asking.explain(library, PERSON, COMPETENCY, as_of=dt.date(2026, 9, 30)).evidence
    assert [(each["result"], each["figure"], each["unit"]) for each in found] == [
        ("读者满意度", 95.5, "%"),
        ("查找失败率", -2.25, "%"),
        ("解答读者咨询", 17.0, "次"),
    ]
    # where nothing was assessed it is still told
    everything = asking.explain(library, PERSON, COMPETENCY, as_of=dt.date(2026, 8, 1))
    assert len(everything.evidence) == 2


def test_the_plan_shows_the_latest_three_of_each_competency(library, load):
    load()
    _, document = asking.plan(library, PERSON, PlanRequest(), as_of=AS_OF)
    names = [competency.name.zh_cn for competency in library.framework.catalog.competencies]
    found = [(each.competency, each.result, each.on.month) for each in document.evidence]
    of = {c.id: c.name.zh_cn for c in library.framework.catalog.competencies}
    assert found == sorted(
        [
            (of["reference-desk"], "解答读者咨询", 10),
            (of["reference-desk"], "读者满意度", 9),
            (of["reference-desk"], "查找失败率", 8),
            (of["cataloguing"], "编目", 10),
        ],
        key=lambda row: (names.index(row[0]), -row[2]),
    )
