"""xAPI statements: what is completed goes in once a day, all else is left out."""

from __future__ import annotations

import json

import pytest
from exchange.recognition.corpus.world import LATEST, MODULE, PEOPLE, known, vocabulary

from recommender.errors import InputError, TableFaultsError
from recommender.exchange.recognition.answers.mapping import Mapping
from recommender.exchange.recognition.kinds.statements import read_statements
from recommender.exchange.recognition.recognise import recognise
from recommender.exchange.recognition.unfolded import check_reading

WORDS, KNOWN = vocabulary(), known()
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"


def statement(person=PEOPLE[0].person_id, verb=COMPLETED, at="2026-06-30T10:30:00+08:00", **more):
    account = {"homePage": "https://lms.example.cn", "name": person}
    course = {
        "id": "https://lms.example.cn/c/17",
        "definition": {"name": {"zh-CN": MODULE.title.zh_cn}},
    }
    return {
        "actor": {"account": account},
        "verb": {"id": verb},
        "object": course,
        "timestamp": at,
        **more,
    }  # fmt: skip


def rows_of(path):
    sheet = read_statements(path, WORDS.modules)
    reading = recognise(path.name, [sheet], WORDS, Mapping())
    assert (reading.kind, reading.form) == ("enrolments", "statements")
    frame = check_reading(reading, KNOWN, latest=LATEST).frame
    return [
        tuple(row) for row in frame[["person_id", "module_id", "status"]].itertuples(index=False)
    ]


@pytest.mark.parametrize(
    "wrap", [list, lambda s: {"statements": s}, None], ids=["list", "page", "lines"]
)
def test_what_is_completed_goes_in_once(tmp_path, wrap):
    statements = [
        statement(),
        statement(verb="http://adlnet.gov/expapi/verbs/passed"),  # says the same again
        statement(PEOPLE[1].person_id, "https://w3id.org/xapi/tla/verbs/initialized"),
        statement(PEOPLE[2].person_id, result={"completion": False}),
        # the other spelling of the verb, and a course known by the end of its address
        statement(PEOPLE[3].person_id, "http://tincanapi.com/verb/completed")
        | {"object": {"id": f"https://lms.example.cn/{MODULE.id}"}},
    ]
    path = tmp_path / "x.json"
    lines = "\n".join(json.dumps(each) for each in statements)
    path.write_text(lines if wrap is None else json.dumps(wrap(statements)), encoding="utf-8")
    assert rows_of(path) == [
        (PEOPLE[0].person_id, MODULE.id, "completed"),
        (PEOPLE[3].person_id, MODULE.id, "completed"),
    ]


def test_faults_name_the_statement(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps([statement(), statement("99999")]), encoding="utf-8")
    with pytest.raises(TableFaultsError) as caught:
        rows_of(path)
    assert [(fault.row, fault.found) for fault in caught.value.faults] == [(2, "99999")]


@pytest.mark.parametrize(
    "text", ["{", '{"a": 1}', "[1]", "[[[[", '{"statements": 3}', "[" * 100_000]
)
def test_other_json_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_statements(path, WORDS.modules)
