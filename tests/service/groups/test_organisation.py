"""The heat map of units, what stands behind a cell of it, and its workbook."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from openpyxl import load_workbook
from organisations import AS_OF, TINY, service_on

from recommender.errors import NotFoundError
from recommender.service.exports.organisation import write_organisation
from recommender.service.groups.cell import read_cell
from recommender.service.groups.concerned import find_concerned
from recommender.service.groups.heat import METRICS, find_step
from recommender.service.groups.organisation import read_organisation
from recommender.service.groups.rounds import list_rounds, round_before, round_of
from recommender.service.groups.table import StatisticsRequest
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.session import Session
from recommender.store import schema, writing

TOP, LENDING, READING = "馆", "馆/借阅部", "馆/阅览部"
SMALL, OTHER_SMALL = "馆/古籍部", "馆/善本部"
DESK = "reference-desk"
ALL = StatisticsRequest(AS_OF)
SPRING, AUTUMN = dt.date(2026, 5, 4), dt.date(2026, 10, 12)
# the target of an assistant at the desk is 2.0
LEVELS = {
    LENDING: [0.5, 1.0, 1.0, 1.5, 2.0, 2.0, 2.5, 2.5],
    READING: [1.0, 1.0, 1.0, 1.0, 1.0, None, None],
    SMALL: [0.0, 0.0, 0.0],
    OTHER_SMALL: [1.0, 1.0, 2.0],
}
EARLIER = {LENDING: 1.0, READING: 1.5}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Assistants of four departments, two of them small, assessed in spring and in autumn."""
    url = f"sqlite:///{tmp_path_factory.mktemp('heat') / 'hr.db'}"
    with service_on(url, catalog=TINY) as service:
        with writing(service.engine) as connection:
            for unit in (TOP, *LEVELS):
                added = schema.org_unit.insert().values(path=unit, name=unit.split("/")[-1])
                unit_id = connection.execute(added).inserted_primary_key[0]
                for number, level in enumerate(LEVELS.get(unit, ())):
                    person_id = f"{unit[-3]}{number}"
                    connection.execute(
                        schema.person.insert().values(
                            person_id=person_id,
                            name=f"测试{person_id}",
                            org_unit_id=unit_id,
                            grade="assistant",
                        )
                    )
                    known = [(SPRING, EARLIER.get(unit))] if unit in EARLIER else []
                    for day, value in [*known, (AUTUMN, level)]:
                        if level is not None:
                            connection.execute(
                                schema.assessment.insert().values(
                                    person_id=person_id,
                                    competency_id=DESK,
                                    level=value,
                                    method="面谈",
                                    assessed_on=day,
                                )
                            )
        yield service


def ask(library, use, *given, role=Role.HR, unit=None, **options):
    who = Principal(f"key:{role}", role, PERMISSIONS[role], None, unit)
    return use(Session(library, who, "test", AS_OF, "zh-CN"), *given, **options)


def desk(row):
    return next(cell for cell in row.cells if cell.competency_id == DESK)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def test_each_measure_is_that_of_the_people_of_a_unit(library):
    """Worked out again from the levels, whoever is not assessed left out."""
    assessed = {unit: [x for x in levels if x is not None] for unit, levels in LEVELS.items()}
    expected = {
        "gap": {unit: mean(max(0, 2.0 - x) for x in found) for unit, found in assessed.items()},
        "below": {unit: mean(x < 1.9 for x in found) for unit, found in assessed.items()},
        "assessed": {unit: len(assessed[unit]) / len(LEVELS[unit]) for unit in LEVELS},
        "change": {unit: mean(assessed[unit]) - was for unit, was in EARLIER.items()},
    }
    for metric in METRICS:
        found = ask(library, read_organisation, StatisticsRequest(AS_OF, TOP), metric)
        rows = {row.org_unit: row for row in found.rows}
        for unit in (LENDING, READING):
            cell = desk(rows[unit])
            assert cell.value == pytest.approx(expected[metric][unit], abs=6e-4), (metric, unit)
            assert cell.step == find_step(metric, cell.value)
        for small in (rows[SMALL], rows[OTHER_SMALL]):
            assert (small.is_small, small.n_people, desk(small).value) == (True, None, None)
            assert desk(small).suppressed
        # the figures are of everybody, and tell of the two small units together at most
        assert desk(found.total).value is not None
        assert found.total.n_people == len(LEVELS[LENDING]) + len(LEVELS[READING])


def test_the_largest_gap_and_the_largest_changes(library):
    found = ask(library, read_organisation, StatisticsRequest(AS_OF, TOP))
    assert found.largest is not None
    assert (found.largest.org_unit, found.largest.competency_id) == (READING, DESK)
    assert (found.largest.n_assessed, found.largest.n_below) == (5, 5)
    assert [(each.org_unit, round(each.levels, 3)) for each in found.changes] == [
        (LENDING, 0.625),
        (READING, -0.5),
    ]
    assert [each.as_of for each in found.rounds[:2]] == [AS_OF, dt.date(2026, 6, 30)]
    assert found.before == found.rounds[1]


def test_one_goes_down_from_everybody_to_the_last_unit(library):
    everybody = ask(library, read_organisation, ALL)
    assert [(row.org_unit, row.goes_on) for row in everybody.rows] == [(TOP, True)]
    leaf = ask(library, read_organisation, StatisticsRequest(AS_OF, READING))
    assert (leaf.rows, leaf.total.org_unit, leaf.largest) == ((), READING, None)
    own = ask(library, read_organisation, ALL, unit=READING)
    assert own.total.org_unit == READING
    for use in (read_organisation, write_organisation):
        with pytest.raises(NotFoundError):
            ask(library, use, StatisticsRequest(AS_OF, LENDING), unit=READING)


def test_a_cell_shows_its_people_to_whoever_may_see_them(library):
    request = StatisticsRequest(AS_OF, LENDING)
    cell = ask(library, read_cell, request, DESK)
    assert cell.histogram == (0, 1, 2, 1, 2, 2, 0, 0)
    assert (cell.targets, cell.below, cell.n_people, cell.share_assessed) == ((2.0, 2.0), 4, 8, 1.0)
    assert [person.level for person in cell.people] == [0.5, 1.0, 1.0, 1.5]
    assert [person.gap for person in cell.people] == [1.5, 1.0, 1.0, 0.5]
    # from spring on; nobody was assessed before
    assert [point.mean_gap for point in cell.trend][-2:] == [1.0, cell.figures.mean_gap]
    assert all(course.people <= cell.below for course in cell.courses)
    everybody = ask(library, read_cell, StatisticsRequest(AS_OF, TOP), DESK, everybody=True)
    assert len(everybody.people) == everybody.below == 4 + 5 + 3 + 2
    hidden = ask(library, read_cell, StatisticsRequest(AS_OF, SMALL), DESK)
    assert (hidden.figures.suppressed, hidden.targets, hidden.people) == (True, None, None)
    assert all(point.mean_gap is None for point in hidden.trend)
    with pytest.raises(NotFoundError):
        ask(library, read_cell, request, "no-such")


def test_whoever_sees_no_single_person_gets_the_ends_of_quarters_and_no_people(library):
    cell = ask(library, read_cell, StatisticsRequest(AS_OF, LENDING), DESK, role=Role.ANALYST)
    assert (cell.as_of, cell.histogram, cell.people, cell.below) == (
        dt.date(2026, 9, 30),
        None,
        None,
        None,
    )
    assert (cell.n_people, cell.courses) == (5, ())
    found = ask(library, read_organisation, StatisticsRequest(AS_OF, TOP), role=Role.ANALYST)
    assert {row.n_people for row in found.rows} <= {None, 5}


def test_whom_a_cell_concerns_in_any_competency(library):
    found = ask(library, find_concerned, StatisticsRequest(AS_OF, TOP))
    assert [person.competency_id for person in found] == [DESK] * len(found)
    assert len(found) == 4 + 5 + 3 + 2
    assert [person.gap for person in found] == sorted((p.gap for p in found), reverse=True)


def test_the_workbook_leaves_the_same_cells_out(library):
    content = ask(library, write_organisation, StatisticsRequest(AS_OF, TOP))
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["平均差距", "未达标率", "评估覆盖率", "较上一轮"]
    for metric, sheet in zip(METRICS, book.worksheets, strict=True):
        found = ask(library, read_organisation, StatisticsRequest(AS_OF, TOP), metric)
        rows = {str(row[0]): row[1:] for row in sheet.iter_rows(values_only=True) if row[0]}
        heads = rows["单位"]
        at = heads.index("参考咨询")
        for row in found.rows:
            written = rows[(row.org_unit or "").split("/")[-1]]
            value = desk(row).value
            assert written[0] == ("<5" if row.is_small else row.n_people)
            assert written[at] == ("·" if value is None else pytest.approx(value, abs=6e-3))


def test_steps_are_fixed_and_follow_the_printed_figure():
    for metric, value, step in [
        ("gap", 0.0, 0), ("gap", 0.149, 0), ("gap", 0.151, 1), ("gap", 0.4, 2), ("gap", 3.0, 6),
        ("below", 0.0, 0), ("below", 0.07, 0), ("below", 0.15, 1), ("below", 1.0, 6),
        ("assessed", 0.45, 3), ("change", 0.0, 3), ("change", 0.044, 3), ("change", 0.05, 4),
        ("change", -0.15, 1), ("change", 0.3, 6), ("change", -2.0, 0),
    ]:  # fmt: skip
        assert find_step(metric, value) == step, (metric, value)


def test_rounds_are_halves_of_years_while_there_are_targets(library):
    assert round_before(dt.date(2026, 11, 1)) == round_of(dt.date(2026, 6, 30))
    assert round_before(dt.date(2026, 3, 1)).as_of == dt.date(2025, 12, 31)
    # the profiles of the tiny framework begin with 2024
    rounds = list_rounds(library.framework, AS_OF, 99)
    assert [(each.year, each.half) for each in (rounds[0], rounds[-1])] == [(2026, 2), (2024, 1)]
