"""A run that is given again works out only those about whom something has changed.

Each test changes something, brings the results up to date, and holds every byte to those of a run
into an empty folder.
"""

import datetime as dt
import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import asking
import pandas as pd
import pytest
from everybody import PLANS, RANKING, files_in, heads_in, rows_in, work_out, write_facts
from organisations import AS_OF, TINY, service_on

from recommender.errors import ConflictError
from recommender.exchange.parquet import parts
from recommender.exchange.parquet.parts import PartName
from recommender.ranking import Objective
from recommender.service.batch import tasks
from recommender.service.batch.sources import Head
from recommender.service.batch.tasks import Part, Task, digest_of
from recommender.service.batch.working import work_out_part
from recommender.service.people.imports import store_frame
from recommender.service.people.people import change_person, create_person
from recommender.service.privacy.personal_data import erase_person
from recommender.service.workers import Basis, Workers, hand_out
from recommender.settings import Settings
from recommender.store import writing
from recommender.table_kinds import KINDS

DAY = dt.timedelta(days=1)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def holds(service, results, tmp_path, *requests, **how):
    """Bring results up to date and say how many were worked out; a full run writes the same."""
    computed = [work_out(service, results, request, **how).computed for request in requests]
    full = tmp_path / "full"
    shutil.rmtree(full, ignore_errors=True)
    for request in requests:
        work_out(service, full, request, **how)
    assert files_in(results) == files_in(full)
    return computed


def store(service, kind, **row):
    with writing(service.engine) as connection:
        store_frame(connection, KINDS[kind], pd.DataFrame([row], dtype=object))


FACTS = {
    "assessments": {
        "competency_id": "cataloguing",
        "level": 3.2,
        "standard_error": None,
        "method": "面谈",
        "assessed_on": AS_OF,
    },
    "ratings": {
        "competency_id": "reading-aloud",
        "indicator_id": "reading-aloud.1.1",
        "rater_type": "manager",
        "rater_id": "someone",
        "rating": 0,
        "rated_on": AS_OF,
    },
    "exams": {
        "competency_id": "cataloguing",
        "exam_level": 1,
        "subject": "rules",
        "score": 12,
        "sat_on": AS_OF,
    },
    "enrolments": {
        "module_id": "classes-online",
        "offering_id": None,
        "status": "completed",
        "enrolled_on": AS_OF - DAY,
        "completed_on": AS_OF,
    },
}


def test_a_fact_changes_its_person_alone(library, results, tmp_path):
    assert work_out(library, results).computed == 8
    for kind, row in FACTS.items():
        store(library, kind, person_id="00003", **row)
        assert work_out(library, results).computed == 1, kind
        # the same again is no news
        store(library, kind, person_id="00003", **row)
    assert holds(library, results, tmp_path, RANKING) == [0]


def test_people_join_move_rise_leave_and_are_erased(staff, results, tmp_path):
    session = asking.session_of(staff)
    holds(staff, results, tmp_path, RANKING)
    before = heads_in(results)
    unit = before["00003"]["org_unit"]
    branch = unit.split("/")[0]
    others = {head["org_unit"].split("/")[0] for head in before.values()} - {branch}
    head = {"grade": "assistant", "synthetic": True, "manager_id": None, "hired_on": None}
    joined = {"person_id": "N1", "name": "示例新人", "org_unit": unit, "left_on": None}
    create_person(session, head | joined)
    assert holds(staff, results, tmp_path, RANKING) == [1]
    for change in (
        {"org_unit": f"{branch}/示例新部门"},
        # everybody else of the branch that was left, and of the one that was joined, is kept
        {"org_unit": f"{min(others)}/示例新部门"},
        {"org_unit": "全新示例分公司"},
        {"grade": "librarian"},
        # whoever leaves tomorrow is there today
        {"left_on": AS_OF + DAY},
    ):
        change_person(session, "N1", change, seen=None)
        assert holds(staff, results, tmp_path, RANKING) == [1], change
    change_person(session, "N1", {"left_on": AS_OF}, seen=None)
    assert holds(staff, results, tmp_path, RANKING) == [0]
    assert heads_in(results) == before
    # a branch without people has no files
    assert not list(results.glob("*/branch=全新示例分公司/*"))

    erase_person(session, "00003")
    # those whom the person led have changed as well
    assert holds(staff, results, tmp_path, RANKING)[0] < 4
    assert b"00003" not in b"".join(files_in(results).values())
    assert heads_in(results).keys() == before.keys() - {"00003"}


def test_another_request_or_language_works_everybody_out(staff, results, tmp_path):
    work_out(staff, results)
    for request in (replace(RANKING, top=2), replace(RANKING, objective=Objective.PER_HOUR)):
        assert holds(staff, results, tmp_path, request) == [8]
    assert work_out(staff, results, request, lang="en").computed == 8


def test_another_catalogue_works_everybody_out(staff, results, tmp_path):
    work_out(staff, results)
    changed = tmp_path / "catalogue"
    shutil.copytree(TINY, changed)
    profile = changed / "profiles" / "assistant.yaml"
    profile.write_text(profile.read_text("utf-8").replace("level: 1.5", "level: 1.8"), "utf-8")
    url = staff.engine.url.render_as_string(hide_password=False)
    with service_on(url, catalog=changed) as service:
        assert holds(service, results, tmp_path, RANKING, catalog=changed) == [8]


def test_results_rest_on_model_catalogue_release_request_and_person(tmp_path, monkeypatch):
    task = Task(tmp_path, None, AS_OF, AS_OF, "zh-CN", RANKING, Basis("m1", "c1"))
    head = Head("P1", "东区示例分公司/示例部门", "assistant", True, "1")

    def digest(task, person=head, offerings=None):
        return digest_of(task.describe_basis(offerings), person)

    offerings = pd.DataFrame({"offering_id": ["o1"]})
    found = [
        digest(task),
        digest(replace(task, basis=Basis(None, "c1"))),
        digest(replace(task, basis=Basis("m2", "c1"))),
        digest(replace(task, basis=Basis("m1", "c2"))),
        digest(replace(task, lang="en")),
        digest(replace(task, request=replace(RANKING, target_grade="librarian"))),
        digest(replace(task, request=PLANS)),
        digest(task, head._replace(version="2")),
        digest(task, head._replace(org_unit="东区示例分公司")),
        digest(task, head._replace(grade="librarian")),
        digest(replace(task, request=PLANS), offerings=offerings),
        digest(replace(task, request=PLANS), offerings=offerings[:0]),
        digest(replace(task, request=PLANS, as_of=AS_OF + DAY), offerings=offerings),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "release", lambda: "0.0.0")
        found.append(digest(task))
    assert len(set(found)) == len(found)
    # where the results go and what day it is changes nothing
    same = replace(task, folder=tmp_path / "x", as_of=AS_OF + DAY, today=AS_OF + DAY)
    assert digest(same) == digest(task)


def test_a_worker_with_another_catalogue_or_model_refuses(staff, tmp_path):
    url = staff.engine.url.render_as_string(hide_password=False)
    settings = Settings(database=url, catalog=TINY, as_of=AS_OF)
    basis = Basis(None, staff.framework.catalog.digest)
    for wrong in (replace(basis, catalog_digest="c2"), replace(basis, model_id="m2")):
        task = Task(tmp_path, None, AS_OF, AS_OF, "zh-CN", RANKING, wrong)
        part = Part(PartName("东区示例分公司", 0, 1), ("00003",))
        with pytest.raises(ConflictError) as caught:
            list(hand_out(Workers(settings), wrong, partial(work_out_part, task), [part]))
        assert caught.value.code == "batch.worker-differs"
    assert not list(tmp_path.glob("people/**/*"))


def test_time_that_passes_works_out_those_whose_facts_grow_old(staff, results, tmp_path):
    assert holds(staff, results, tmp_path, RANKING) == [8]
    until = {name: head["holds_until"] for name, head in heads_in(results).items()}
    assert all(day >= AS_OF for day in until.values())
    assert len(set(until.values())) > 1
    # to each day after which the results of somebody hold no more, and on to the next
    passed = AS_OF
    for last in sorted(set(until.values()))[:3]:
        assert holds(staff, results, tmp_path, RANKING, as_of=max(last, passed)) == [0]
        passed = last + DAY
        old = sum(head["holds_until"] < passed for head in heads_in(results).values())
        assert old
        assert holds(staff, results, tmp_path, RANKING, as_of=passed) == [old]
    # everybody has been assessed too long ago by then
    far = AS_OF + 4000 * DAY
    holds(staff, results, tmp_path, RANKING, as_of=far)
    assert all(level is None for level in rows_in(results, "levels")["level"].to_pylist())
    # an earlier day: how long before they were found results held is not known
    assert holds(staff, results, tmp_path, RANKING) == [8]


def test_plans_begin_tomorrow_and_so_are_made_each_day(staff, results, tmp_path):
    assert work_out(staff, results, PLANS).computed == 8
    assert work_out(staff, results, PLANS, as_of=AS_OF + DAY).computed == 8
    store(staff, "assessments", person_id="00003", **FACTS["assessments"])
    assert holds(staff, results, tmp_path, PLANS, as_of=AS_OF + DAY) == [1]


def test_of_a_past_day_nothing_is_known_of_the_day_after(staff, results, tmp_path):
    past = AS_OF - DAY
    assert holds(staff, results, tmp_path, RANKING, as_of=past, today=AS_OF) == [8]
    assert {head["holds_until"] for head in heads_in(results).values()} == {past}
    assert holds(staff, results, tmp_path, RANKING, as_of=past, today=AS_OF) == [0]
    # a fact of that day may have been known all along
    assert holds(staff, results, tmp_path, RANKING) == [8]


def damage(results, tmp_path):
    """Yield after each kind of damage to the files of one part, with its name."""
    whole = tmp_path / "whole"
    shutil.copytree(results, whole)
    for table in ("people", "levels", "recommendations"):
        file = sorted((results / table).glob("branch=*/*.parquet"))[0]
        content = file.read_bytes()
        for name, left in (
            ("deleted", None),
            ("empty", b""),
            ("cut off", content[: len(content) // 2]),
            ("without its end", content[:-1]),
            ("not Parquet", b"PAR1 nothing PAR1"),
        ):
            file.unlink()
            if left is not None:
                file.write_bytes(left)
            yield f"{table} {name}"
            assert files_in(results) == files_in(whole)
        # what a worker that was killed leaves beside
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_bytes(content[:99])
        yield f"{table} half written"
        assert files_in(results) == files_in(whole), table


def test_a_damaged_part_is_worked_out_anew_and_the_others_are_left(staff, results, tmp_path):
    work_out(staff, results)
    store(staff, "assessments", person_id="00003", **FACTS["assessments"])
    work_out(staff, results)
    first = sorted((results / "people").glob("branch=*/*.parquet"))[0]
    of_part = sum(
        head["org_unit"].split("/")[0] == Path(first).parent.name.removeprefix("branch=")
        for head in heads_in(results).values()
    )
    assert 0 < of_part < 8
    for name in damage(results, tmp_path):
        computed = work_out(staff, results).computed
        assert computed == (0 if name.endswith("half written") else of_part), name


def test_what_a_killed_worker_left_is_gone_when_the_run_ends(staff, results):
    work_out(staff, results)
    whole = files_in(results)
    file = sorted((results / "levels").glob("branch=*/*.parquet"))[0]

    def leave_something(_done, _total):
        file.with_name(f".{file.name}.1").write_bytes(b"PAR1")

    store(staff, "assessments", person_id="00003", **FACTS["assessments"])
    assert work_out(staff, results, note_progress=leave_something).computed == 1
    assert files_in(results).keys() == whole.keys()


def test_a_worker_thought_dead_writes_its_part_whole(staff, results, monkeypatch):
    """The run has ended without it, and taken its files away before they had their names."""
    write, taken = parts._write_whole, set()

    def write_and_lose(path, table, mark):
        write(path, table, mark)
        if path not in taken:
            taken.add(path)
            path.unlink()

    monkeypatch.setattr(parts, "_write_whole", write_and_lose)
    assert work_out(staff, results).computed == 8
    assert len(taken) == len(files_in(results)) - 1  # the note of the day is no part
    monkeypatch.undo()
    assert work_out(staff, results).computed == 0


def test_facts_of_a_folder_change_by_branch(staff, results, tmp_path):
    facts = write_facts(staff, tmp_path / "facts")
    assert holds(staff, results, tmp_path, RANKING, facts=facts) == [8]
    assert holds(staff, results, tmp_path, RANKING, facts=facts) == [0]
    store(staff, "assessments", person_id="00003", **FACTS["assessments"])
    write_facts(staff, facts)
    unit = heads_in(results)["00003"]["org_unit"]
    of_branch = [head for head in heads_in(results).values() if head["org_unit"][:2] == unit[:2]]
    assert holds(staff, results, tmp_path, RANKING, facts=facts) == [len(of_branch)]
