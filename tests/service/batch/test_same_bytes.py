"""The files of results are the same, wherever they are worked out and wherever the facts are."""

import pytest
from asking import gaps, plan, recommend
from everybody import PLANS, RANKING, files_in, rows_in, work_out, write_facts
from organisations import AS_OF

from recommender.exchange.parquet.schemas import RESULTS

FIGURES = ("level", "standard_error", "target", "weight", "gap", "priority")


def test_one_process_and_several_write_the_same_bytes(staff, tmp_path):
    assert work_out(staff, tmp_path / "one").computed == 8
    assert work_out(staff, tmp_path / "two", jobs=2).computed == 8
    written = files_in(tmp_path / "one")
    assert files_in(tmp_path / "two") == written
    assert {name.split("/")[0] for name in written} == {
        "people",
        "levels",
        "recommendations",
        "people.json",
    }
    # nothing else is left beside them
    assert all(name.endswith((".parquet", "people.json")) for name in written)


def test_facts_of_a_folder_give_what_the_database_gives(library, tmp_path):
    facts = write_facts(library, tmp_path / "facts")
    for request, head, others in (
        (RANKING, "people", ("levels", "recommendations")),
        (PLANS, "plans", ("plan_items",)),
    ):
        database, folder = tmp_path / f"{head}-1", tmp_path / f"{head}-2"
        work_out(library, database, request)
        work_out(library, folder, request, facts=facts)
        for table in others:
            rows = rows_in(database, table)
            assert rows.num_rows
            assert rows_in(folder, table).equals(rows)
        # the one rests on versions of rows, the other on files
        ours, theirs = (rows_in(place, head, without=("rests_on",)) for place in (database, folder))
        assert ours.equals(theirs)


def test_facts_that_are_exported_again_replace_those_before(staff, tmp_path):
    facts = write_facts(staff, tmp_path / "facts")
    before = files_in(facts)
    stale = facts / "people" / "branch=撤销的分公司" / "part-0.parquet"
    stale.parent.mkdir()
    stale.write_bytes(before["people/branch=东区示例分公司/part-0.parquet"])
    write_facts(staff, facts)
    assert files_in(facts) == before


def test_the_figures_are_those_that_a_person_is_shown(staff, tmp_path):
    work_out(staff, tmp_path / "ranking")
    work_out(staff, tmp_path / "plans", PLANS)
    levels = rows_in(tmp_path / "ranking", "levels").to_pylist()
    ranking = rows_in(tmp_path / "ranking", "recommendations").to_pylist()
    plans = {row["person_id"]: row for row in rows_in(tmp_path / "plans", "plans").to_pylist()}
    items = rows_in(tmp_path / "plans", "plan_items").to_pylist()
    assert {row["person_id"] for row in levels} == plans.keys()
    for person_id in plans:
        shown = gaps(staff, person_id, as_of=AS_OF).competencies
        mine = {row["competency_id"]: row for row in levels if row["person_id"] == person_id}
        assert len(shown) == len(mine)
        for gap in shown:
            row = mine[gap.competency_id]
            for name in FIGURES:
                # the files are rounded, so that every machine writes the same
                assert row[name] == pytest.approx(getattr(gap, name), abs=1e-9), (person_id, name)
        best = recommend(staff, person_id, as_of=AS_OF, top=3).recommendations
        assert [
            (row["module_id"], row["hours"], row["cost"])
            for row in ranking
            if row["person_id"] == person_id
        ] == [(item.module_id, item.hours, item.cost) for item in best]
        made, _ = plan(staff, person_id, PLANS, as_of=AS_OF)
        assert plans[person_id]["total_hours"] == made.total_hours
        assert [
            (row["order"], row["module_id"], row["starts_on"], row["offering_id"])
            for row in items
            if row["person_id"] == person_id
        ] == [(item.order, item.module_id, item.starts_on, item.offering_id) for item in made.items]


def test_every_file_has_the_columns_of_its_table(staff, tmp_path):
    work_out(staff, tmp_path)
    work_out(staff, tmp_path, PLANS)
    for table, schema in RESULTS.items():
        assert rows_in(tmp_path, table).schema.equals(schema)
    # both kinds of results may stand in one folder
    assert work_out(staff, tmp_path).computed == work_out(staff, tmp_path, PLANS).computed == 0
