"""db check, as it is typed: what is wrong in a database, and 1 at the end if anything is."""

import sqlite3
from contextlib import closing

import pytest


def change(call, *statements):
    """Change rows as no door of today would."""
    with closing(sqlite3.connect(call.file)) as database, database:
        for statement in statements:
            database.execute(statement)


NEW_PERSON = "INSERT INTO person (person_id, name, org_unit_id, grade) VALUES ('{}', 'n', 1, 'g')"


def test_a_database_with_rows_in_it_is_whole(call):
    done = call("db", "check", "--json")
    assert (done.code, done.json) == (0, {"findings": []})
    assert call("db", "check", "--lang", "en").out.startswith("the database is intact")


def test_ids_that_no_address_can_hold(call):
    change(
        call,
        NEW_PERSON.format("a/b"),
        NEW_PERSON.format(".."),
        NEW_PERSON.format("x" * 129),
        NEW_PERSON.format("一 号"),
        "INSERT INTO offering (offering_id, module_id, starts_on, ends_on) "
        "VALUES ('a' || char(10), 'm', '2026-11-01', '2026-11-02')",
    )
    done = call("db", "check", "--json", "--lang", "en")
    assert done.code == 1
    assert [(each["code"], each["table"], each["found"]) for each in done.json["findings"]] == [
        ("check.id", "person", ".."),
        ("check.id", "person", "a/b"),
        ("check.id", "person", "x" * 129),
        ("check.id", "offering", "a\n"),
    ]
    assert all(each["message"] and each["hint"] for each in done.json["findings"])
    told = call("db", "check", "--lang", "en")
    assert told.code == 1
    assert "'a/b'" in told.err
    assert "'a\\n'" in told.err
    # what names something that is there is looked up, not judged: so it can be mended
    assert call("privacy", "erase", "a/b", "--yes").code == 0
    assert len(call("db", "check", "--json").json["findings"]) == 3


def test_references_to_nothing(call):
    change(call, "DELETE FROM person WHERE manager_id IS NULL")
    done = call("db", "check", "--json")
    assert done.code == 1
    assert {each["code"] for each in done.json["findings"]} == {"check.reference"}
    assert "person" in {each["table"] for each in done.json["findings"]}


def test_damage(call):
    pages = call.file.read_bytes()
    middle = len(pages) // 2
    call.file.write_bytes(pages[:middle] + bytes(4096) + pages[middle + 4096 :])
    done = call("db", "check", "--json")
    assert done.code == 1
    assert "check.damage" in {each["code"] for each in done.json.get("findings", [])} or (
        done.json["error"]["code"] == "store.not-a-database"
    )


@pytest.mark.parametrize("missing", ["none.db"])
def test_no_database(call, missing):
    done = call("db", "check", "--database", f"sqlite:///{missing}", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "store.cannot-open")
