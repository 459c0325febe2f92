"""rank-all, plan-all --to and export facts, as they are typed."""

import sqlalchemy as sa
from everybody import heads_in

from recommender.store import schema

N_PEOPLE = 10


def test_results_and_facts_go_to_folders_and_come_from_them(call, tmp_path):
    # one process: there is nothing to share
    said = call("rank-all", "results", "--top", "2", "--jobs", "1")
    assert said.code == 0
    assert said.out.strip() == "results：10 人，本次计算 10 人，0 人没有变化"
    again = call("rank-all", "results", "--top", "2", "--jobs", "1", "--json").json
    assert (again["people"], again["computed"], again["kept"]) == (N_PEOPLE, 0, N_PEOPLE)
    rows = call("export", "facts", "facts", "--json").json["rows"]
    assert rows["people"] == N_PEOPLE
    assert rows["offerings"]
    made = call("plan-all", "--to", "plans", "--from", "facts", "--jobs", "1", "--json").json
    assert made["computed"] == N_PEOPLE
    # nothing is kept as a draft, and each run says whom it read about
    assert call.counts()["plan"] == 0
    assert heads_in(tmp_path / "plans", "plans").keys() == heads_in(tmp_path / "results").keys()
    trail = call("audit", "export").out
    assert "command rank-all" in trail
    assert "command export" in trail


def test_who_gets_nothing_is_named_and_the_exit_code_tells(call):
    engine = sa.create_engine(call.url)
    with engine.begin() as connection:
        people = schema.person
        connection.execute(
            people.update().where(people.c.person_id == "00003").values(grade="curator", version=9)
        )
    engine.dispose()
    said = call("rank-all", "results", "--jobs", "1", "--lang", "en")
    assert said.code == 1
    assert said.err.startswith("00003: ")
    assert "curator" in said.err
    assert "00003" not in said.out


def test_options_that_do_not_go_together_are_told(call):
    call("export", "facts", "facts")
    for words, told in (
        (("plan-all", "--from", "facts"), "--to"),
        (("plan-all", "--cluster", "tcp://x:1"), "--to"),
        (("plan-all", "--to", "plans", "--org-unit", "东区示例分公司"), "--org-unit, --to"),
        (("rank-all", "facts", "--from", "facts"), "facts"),
        (("rank-all", "results", "--from", "nowhere"), "nowhere"),
        (("export", "facts", "facts", "--pseudonymise"), "--pseudonymise"),
        (("export", "everything", "facts"), "history, facts"),
    ):
        said = call(*words)
        assert said.code == 1, words
        assert told in said.err, (words, said.err)
