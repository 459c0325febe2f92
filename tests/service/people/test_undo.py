"""Imports are undone: everything is as it was before, or nothing happens and it is said why."""

import asking
import pytest
import sqlalchemy as sa
from made_rows import read_all
from organisations import AS_OF, TINY, service_on

from recommender.errors import ConflictError, NotFoundError
from recommender.service.groups.kept_levels import keep_levels
from recommender.service.people.batches import list_batches, undo_import
from recommender.service.people.imports import import_table
from recommender.service.people.people import change_person, list_units, read_person
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.plans.choices import PlanRequest
from recommender.store import reading, schema, writing
from recommender.store.history import read_history_state

# what an undone import leaves: its own row, and that something happened
TRACES = {"import_batch", "audit_entry", "audit_head", "change_counter"}
PEOPLE = "person_id,name,org_unit,grade,manager_id,hired_on,left_on,synthetic"
NEW = "N1,诸葛青,阅览部/新组,assistant,N2,2026-01-05,,yes"
HEAD = "N2,司马宁,阅览部/新组/小组,librarian,00001,2020-01-05,,yes"
ASSESSED = "person_id,competency_id,level,method,assessed_on"
# of every kind a table with a new row and one that changes what the table before has stored
TABLES = {
    "people": [
        PEOPLE,
        NEW,
        HEAD,
        "00002,改过的名字,另一个部,librarian,N1,2021-03-01,2026-10-20,yes",
    ],
    "modules": [
        "module_id,title,competency_ids,from_level,to_level,modality,hours,cost",
        "new-module,新课程,reference-desk,1,2,online,3,10",
        "desk-basics,改过的课程,reference-desk,0,2,online,5,20",
    ],
    "offerings": [
        "offering_id,module_id,starts_on,ends_on,place,seats",
        "run-1,desk-basics,2026-11-09,2026-11-10,东楼,3",
    ],
    "enrolments": [
        "person_id,module_id,offering_id,status,enrolled_on,completed_on",
        "00001,desk-basics,,completed,2026-01-10,2026-02-10",
    ],
    "ratings": [
        "person_id,competency_id,indicator_id,rater_type,rater_id,rating,rated_on",
        "00001,reference-desk,reference-desk.1.1,peer,00002,3,2026-10-11",
    ],
    "exams": [
        "person_id,competency_id,exam_level,subject,score,sat_on",
        "00001,cataloguing,1,rules,91,2026-10-11",
    ],
    "assessments": [ASSESSED, "00001,reference-desk,2.5,面谈,2026-10-11"],
    "evidence": [
        "person_id,competency_id,achieved_on,result,figure,unit",
        "00001,reference-desk,2026-10-11,解答读者咨询,31,次",
    ],
    "satisfaction": [
        "module_id,offering_id,answered_on,answer_id,satisfaction",
        "desk-basics,,2026-10-11,1,4",
        "desk-basics,,2026-10-11,2,5",
    ],
    "business-figures": [
        "person_id,month,figure_id,value",
        "00001,2026-09,loans,310",
    ],
    "records": [
        "person_id,competency_id,module_id,level_before,level_after,before_on,after_on",
        "00001,reference-desk,,1.0,1.5,2026-01-10,2026-06-10",
        "gone,reference-desk,desk-basics,1.0,1.5,2026-01-10,2026-06-10",
    ],
}
CHANGED = {
    "people": ("诸葛青", "诸葛清"),
    "modules": ("online,3", "classroom,4"),
    "offerings": ("东楼,3", "西楼,"),
    "enrolments": ("2026-02-10", "2026-02-11"),
    "ratings": (",3,", ",1,"),
    "exams": (",91,", ",78.5,"),
    "assessments": ("2.5", "1.25"),
    "evidence": (",31,", ",31.5,"),
    "satisfaction": (",2,5", ",2,3.5"),
    "business-figures": (",310", ",-12.5"),
    "records": ("1.5", "1.75"),
}


@pytest.fixture
def load(library_url, tmp_path):
    """Import lines of CSV; return the number of the import."""

    def load(kind, lines, **options):
        path = tmp_path / f"{kind}.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        # opened anew, as every command is: with the modules imported by now
        with service_on(library_url, catalog=TINY) as service:
            return asking.import_table(service, kind, path, latest=AS_OF, **options).batch_id

    return load


def undo(service, batch_id, **changes):
    return undo_import(asking.session_of(service, **changes), batch_id)


def refusal(service, batch_id, **changes):
    with pytest.raises(ConflictError) as refused:
        undo(service, batch_id, **changes)
    return refused.value


def rows_of(url):
    """All rows, but for the numbers of their versions, and what people are called in the trail."""
    return {
        name: [{column: row[column] for column in row.keys() - {"version", "ref"}} for row in rows]
        for name, rows in read_all(url, schema.metadata).items()
        if name not in TRACES
    }


def test_every_kind_new_and_changed(library, library_url, load, subtests):
    undone, empty = [], rows_of(library_url)
    for kind, lines in TABLES.items():
        with subtests.test(kind=kind):
            first = load(kind, lines)
            filled = rows_of(library_url)
            second = load(kind, [line.replace(*CHANGED[kind]) for line in lines])
            assert rows_of(library_url) != filled
            undo(library, second)
            now = rows_of(library_url)
            assert now[schema_name(kind)] == filled[schema_name(kind)]
            assert all(row["batch_id"] == first for row in now["import_change"])
            undo(library, first)
            assert rows_of(library_url) == empty
            undone += [first, second]
    for batch in list_batches(asking.session_of(library), limit=99):
        assert (batch.undone_by, batch.can_be_undone, batch.actor) == ("cli", False, "cli")
        undone.remove(batch.batch_id)
    assert not undone


def schema_name(kind):
    return "person" if kind == "people" else schema.TABLE_OF_KIND[kind].name


def test_levels_and_catalogue_are_those_of_before(library, load):
    """What was computed from the rows that went is held no longer."""
    before = asking.gaps(library, "00001", as_of=AS_OF)
    batch = load("assessments", [ASSESSED, "00001,reference-desk,3.5,面谈,2026-10-31"])
    assert asking.gaps(library, "00001", as_of=AS_OF) != before
    undo(library, batch)
    assert asking.gaps(library, "00001", as_of=AS_OF) == before


def test_levels_that_were_kept_of_new_people_go_with_them(library, load):
    batch = load("people", TABLES["people"])
    keep_levels(library, [AS_OF], today=AS_OF)
    new = {"N1", "N2"}
    query = sa.select(schema.person_levels.c.person_id)
    with reading(library.engine) as connection:
        assert new <= set(connection.scalars(query))
    undo(library, batch)
    with reading(library.engine) as connection:
        assert not new & set(connection.scalars(query))


def test_what_changed_nothing_or_is_undone_cannot_be_undone(library, load):
    first = load("people", TABLES["people"])
    again = load("people", TABLES["people"])
    assert refusal(library, again).code == "import-batch.not-kept"
    undo(library, first)
    assert refusal(library, first).code == "import-batch.undone"
    with pytest.raises(NotFoundError):
        undo(library, 9999)
    assert load("people", TABLES["people"], dry_run=True) is None


def test_rows_that_were_changed_since(library, library_url, load, subtests):
    first = load("people", TABLES["people"])
    session = asking.session_of(library)
    change_person(session, "N1", {"name": "又改过"}, seen=None)
    later = load("assessments", [ASSESSED, "00001,reference-desk,2.5,面谈,2026-10-11"])
    again = load("assessments", [ASSESSED, "00001,reference-desk,2.75,面谈,2026-10-11"])
    before = rows_of(library_url)
    for batch, name in ((first, "N1"), (later, "00001 reference-desk 2026-10-11")):
        with subtests.test(batch=batch):
            refused = refusal(library, batch)
            assert (refused.code, refused.values["names"]) == ("import-batch.changed", name)
            assert refused.values["count"] == 1
    assert rows_of(library_url) == before
    # one after the other, the last one first
    undo(library, again)
    undo(library, later)


def test_what_others_refer_to(library, load, subtests):
    """New people with facts or reports, and modules and offerings that people take."""
    people = load("people", TABLES["people"])
    module = load("modules", TABLES["modules"])
    run = load(
        "offerings", [line.replace("desk-basics", "new-module") for line in TABLES["offerings"]]
    )
    taken = load(
        "enrolments",
        [TABLES["enrolments"][0], "N1,new-module,run-1,enrolled,2026-10-10,"],
    )
    for batch, name in ((people, "N1"), (module, "new-module"), (run, "run-1")):
        with subtests.test(batch=batch):
            refused = refusal(library, batch)
            assert (refused.code, refused.values["names"]) == ("import-batch.needed", name)
    for batch in (taken, run, module, people):
        undo(library, batch)


def test_plans_that_are_decided(library, load):
    batch = load("assessments", [ASSESSED, "00001,reference-desk,0.5,面谈,2026-10-31"])
    made, _ = asking.plan(library, "00001", PlanRequest(), as_of=AS_OF)
    plan = schema.plan
    for status, refused in (("approved", True), ("active", True), ("draft", False)):
        with writing(library.engine) as connection:
            connection.execute(plan.update().values(status=status))
        if refused:
            found = refusal(library, batch)
            assert (found.code, found.values["names"]) == ("import-batch.planned", made.plan_id)
        else:
            undo(library, batch)


def test_a_plan_names_an_id_as_it_is_written(library, load):
    made, _ = asking.plan(library, "00001", PlanRequest(), as_of=AS_OF)
    (module_id, *_) = [item.module_id for item in made.items]
    head, row = TABLES["offerings"]
    for name, refused in ((module_id, True), (module_id.upper(), False)):
        batch = load("offerings", [head, row.replace("run-1", name)])
        asking.plan(library, "00001", PlanRequest(), as_of=AS_OF)
        with writing(library.engine) as connection:
            connection.execute(schema.plan.update().values(status="approved"))
        if refused:
            assert refusal(library, batch).code == "import-batch.planned"
        else:
            undo(library, batch)


def test_a_unit_that_went_meanwhile_comes_back_and_a_manager_does_not(library, load):
    """Each import moves the same two people on; the first one brought in unit and manager."""
    first = load("people", [PEOPLE, "B1,上级,新部,librarian,,2020-01-05,,yes"])
    row = "{person},人,{unit},assistant,{manager},2020-01-05,,yes"
    there = [row.format(person=name, unit="新部", manager="B1") for name in ("M1", "M2")]
    load("people", [PEOPLE, *there])
    away = [row.format(person=name, unit="阅览部", manager="") for name in ("M1", "M2")]
    moved = load("people", [PEOPLE, *away], clear=True)
    undo(library, first)
    assert "新部" not in [unit.path for unit in list_units(asking.session_of(library))]
    refused = refusal(library, moved)
    assert (refused.code, refused.values["names"]) == ("import-batch.missing", "B1")
    assert "新部" not in [unit.path for unit in list_units(asking.session_of(library))]
    load("people", [PEOPLE, "B1,上级,阅览部,librarian,,2020-01-05,,yes"])
    undo(library, moved)
    head = read_person(asking.session_of(library), "M1")
    assert (head.org_unit, head.manager_id) == ("新部", "B1")


def test_the_history_that_is_held_is_read_again(library, load):
    load("records", TABLES["records"])
    second = load("records", [line.replace("1.5", "1.75") for line in TABLES["records"]])
    with reading(library.engine) as connection:
        before = read_history_state(connection)
    undo(library, second)
    with reading(library.engine) as connection:
        assert read_history_state(connection) != before


def test_hr_of_a_unit_undoes_its_own(library, load, tmp_path):
    units = [row.path for row in _units(library)]
    mine, other = (
        Principal(f"key:{number}", Role.HR, PERMISSIONS[Role.HR], org_unit=unit)
        for number, unit in enumerate(units[:2])
    )
    whole = load("people", TABLES["people"])
    path = tmp_path / "mine.csv"
    path.write_text(f"{PEOPLE}\nN9,东方,{units[0]},assistant,,2026-01-05,,yes\n", encoding="utf-8")
    session = asking.session_of(library, who=mine)
    own = import_table(session, "people", path, latest=AS_OF).batch_id
    assert [each.batch_id for each in list_batches(session, limit=9)] == [own]
    for batch, who in ((whole, mine), (own, other)):
        with pytest.raises(NotFoundError):
            undo(library, batch, who=who)
    change_person(asking.session_of(library), "N9", {"org_unit": units[1]}, seen=None)
    assert refusal(library, own, who=mine).code == "import.people-moved"
    change_person(asking.session_of(library), "N9", {"org_unit": units[0]}, seen=None)
    assert undo(library, own, who=mine).undone_by == "key:0"


def _units(service):
    with reading(service.engine) as connection:
        unit = schema.org_unit.c
        inhabited = sa.select(schema.person.c.org_unit_id)
        return connection.execute(
            sa.select(unit.path).where(unit.id.in_(inhabited)).order_by(unit.path)
        ).all()
