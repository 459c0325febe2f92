"""What HR of a unit may import, and what it is told of ids that are taken outside of the unit."""

from functools import partial

import asking
import pandas as pd
import pytest
import sqlalchemy as sa
from organisations import AS_OF

from recommender.errors import TableFaultsError
from recommender.exchange import describe_faults, write_xlsx
from recommender.service.people.imports import import_table, write_table_template
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.store import Written, reading, schema
from recommender.table_kinds import KINDS

WEST = "西区示例分公司/政企客户部"  # 00001, 00002, 00003; the other five are elsewhere
INSIDE, OUTSIDE, FREE = "00001", "00004", "99999"
HR = Principal("key:hr", Role.HR, PERMISSIONS[Role.HR], org_unit=WEST)
ALL_HR = Principal("key:all-hr", Role.HR, PERMISSIONS[Role.HR])


@pytest.fixture
def bring_in(library, tmp_path):
    """Import rows on behalf of somebody."""

    def run(kind, *rows, who=HR, dry_run=False):
        path = tmp_path / f"{kind}.xlsx"
        write_xlsx(pd.DataFrame(rows, dtype=object), path, kind=KINDS[kind])
        session = asking.session_of(library, who=who, lang="en")
        return import_table(session, kind, path, latest=AS_OF, dry_run=dry_run)

    return run


def faults_of(attempt):
    with pytest.raises(TableFaultsError) as caught:
        attempt()
    return describe_faults(caught.value, "en")


def person(person_id, **changed):
    row = {"person_id": person_id, "name": "欧阳", "org_unit": WEST, "grade": "assistant"}
    return row | changed


def offering(offering_id, **changed):
    row = {"offering_id": offering_id, "module_id": "desk-basics"}
    return row | {"starts_on": "2026-12-01", "ends_on": "2026-12-02"} | changed


def rows_of(service, query):
    with reading(service.engine) as connection:
        return connection.execute(query).all()


# -- people --


def test_a_trial_says_of_a_taken_id_what_it_says_of_a_free_one(bring_in, subtests):
    for changed in ({}, {"org_unit": "东区示例分公司"}, {"grade": "g9"}, {"manager_id": "99998"}):
        with subtests.test(changed=changed):
            said = []
            for person_id in (OUTSIDE, FREE):
                rows = person(INSIDE), person(person_id, **changed)
                try:
                    said.append(bring_in("people", *rows, dry_run=True))
                except TableFaultsError as error:
                    faults = describe_faults(error, "en")
                    said.append([str(fault).replace(person_id, "?") for fault in faults])
            assert said[0] == said[1]
    assert bring_in("people", person(OUTSIDE), person(FREE), dry_run=True).written == Written(
        2, 0, 0
    )


def test_other_faults_are_told_before_a_taken_id_is(bring_in):
    """So nobody learns of it who would not store the person, which the audit trail notes."""
    faults = faults_of(lambda: bring_in("people", person(OUTSIDE), person(FREE, grade="g9")))
    assert [(fault["row"], fault["column"]) for fault in faults] == [(3, "职级")]
    (fault,) = faults_of(lambda: bring_in("people", person(FREE), person(OUTSIDE)))
    assert (fault["row"], fault["column"]) == (3, "工号")
    assert "not one of the people you are responsible for" in fault["message"]


# -- offerings --


def owners(service):
    table = schema.offering.c
    found = rows_of(service, sa.select(table.offering_id, table.owner_unit))
    return {name: owner for name, owner in found if name.startswith("o-")}


def test_offerings_belong_to_whoever_brings_them_in(bring_in, library):
    bring_in("offerings", offering("o-all"), who=ALL_HR)
    bring_in("offerings", offering("o-given", owner_unit=f" {WEST} / 一班 "), who=ALL_HR)
    bring_in("offerings", offering("o-west"), offering("o-below", owner_unit=f"{WEST}/一班"))
    expected = {"o-all": None, "o-given": f"{WEST}/一班", "o-west": WEST, "o-below": f"{WEST}/一班"}
    assert owners(library) == expected
    # a table without the column leaves the owners as they are
    again = [offering(name, seats=9) for name in expected]
    assert bring_in("offerings", *again, who=ALL_HR).written == Written(0, 4, 0)
    assert bring_in("offerings", *again[1:]).written == Written(0, 0, 3)
    assert owners(library) == expected


def test_hr_of_a_unit_changes_offerings_of_its_own_only(bring_in, library, subtests):
    for name, owner in (
        ("o-all", None),
        ("o-east", "东区示例分公司"),
        ("o-above", "西区示例分公司"),
        ("o-namesake", f"{WEST}二"),
    ):
        bring_in("offerings", offering(name, owner_unit=owner), who=ALL_HR)
        before = owners(library)
        for dry_run in (True, False):
            with subtests.test(name=name, dry_run=dry_run):
                rows = offering("o-new"), offering(name, seats=1)
                (fault,) = faults_of(partial(bring_in, "offerings", *rows, dry_run=dry_run))
                assert (fault["row"], fault["column"]) == (3, "班次")
                assert "is owned by a unit you are not responsible for" in fault["message"]
                assert owners(library) == before


def test_hr_of_a_unit_gives_offerings_to_no_other(bring_in):
    row = offering("o-new", owner_unit="东区示例分公司")
    (fault,) = faults_of(lambda: bring_in("offerings", row))
    assert (fault["column"], fault["expected"]) == ("主办部门", f"{WEST} or a unit below it")


def test_the_template_has_the_column(library, tmp_path):
    path = tmp_path / "offerings.xlsx"
    write_table_template(asking.session_of(library), "offerings", path)
    assert "主办部门" in pd.read_excel(path, engine="calamine", header=None).to_string()
